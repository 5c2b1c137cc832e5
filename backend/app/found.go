package app

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"

	"tongzhou/backend/durable"
	"tongzhou/backend/vault"
	"tongzhou/sync/replica"
)

// pendingTeam is the setting that holds the name and the founder's profile of a team until they are written.
const pendingTeam = "pending_team"

type teamNames struct {
	Name    string       `json:"name"`
	Profile ProfileInput `json:"profile"`
}

// found makes a team: genesis and keys, then the identity, then the names in the directory. A crash before the identity is
// saved leaves no team, a crash after it a team that gets its names at the next start.
func (a *App) found(ctx context.Context, in FoundInput) error {
	name, err := a.directory.CheckTeamName(in.TeamName)
	if err != nil {
		return err
	}
	if err := a.directory.CheckProfile(in.Profile); err != nil {
		return err
	}
	if err := a.strong(in.Passphrase, vault.Person{StaffNo: in.Profile.StaffNo, Name: in.Profile.Name}); err != nil {
		return err
	}
	if err := councilSize(in.Council); err != nil {
		return err
	}
	<-a.started
	a.setupMu.Lock()
	defer a.setupMu.Unlock()
	if err := a.mayBegin(); err != nil {
		return err
	}
	t, err := a.makeTeam(ctx, in.DeviceName, in.Passphrase, in.Council, teamNames{name, in.Profile})
	if err != nil {
		if left := errors.Join(a.unprotect(false), a.openDB()); left != nil { // the next start or attempt does it
			a.log.Warn("tidy up after founding", "err", left)
		}
		return storeFault(err)
	}
	t.run(nil)
	a.bus.Publish("state", nil)
	return a.writeNames(ctx)
}

// makeTeam writes a team's first ops and saves the founder's identity.
func (a *App) makeTeam(ctx context.Context, deviceName, passphrase string, councilKeys int, names teamNames) (*team, error) {
	id, err := newIdentity(deviceName)
	if err != nil {
		return nil, err
	}
	_, _ = rand.Read(id.Team[:])
	_, _ = rand.Read(id.TeamSecret[:])
	v, err := vault.New(a.vaultOptions(), names.Profile.StaffNo, passphrase, id.Root, vaultFound)
	if err != nil {
		return nil, err
	}
	if err := a.protect(v); err != nil {
		return nil, err
	}
	council, err := a.newCouncil(v, councilKeys)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(names)
	if err != nil {
		return nil, fmt.Errorf("encode names: %w", err)
	}
	if err := a.setSetting(ctx, pendingTeam, string(text)); err != nil {
		return nil, err
	}
	mark, err := newMark(a.path(markFile))
	if err != nil {
		return nil, err
	}
	t, err := a.newTeam(id, mark)
	if err != nil {
		return nil, err
	}
	if id.Genesis, err = t.replica.FoundWithCouncil(ctx, council); err == nil {
		err = a.admitted(ctx, t)
	}
	if err != nil {
		_ = t.discard()
		return nil, err
	}
	return t, nil
}

// admitted makes a founded or joined team this device's: from the moment its identity is saved, every start opens it.
func (a *App) admitted(ctx context.Context, t *team) error {
	if err := a.upgradeProjections(ctx, t.replica); err != nil {
		return err
	}
	v, _ := a.theVault()
	if err := a.saveSealed(v, identityFile, t.id); err != nil {
		return err
	}
	if err := a.settled(ctx); err != nil { // the next start does the rest
		a.log.Warn("tidy up after joining", "err", err)
	}
	return nil
}

// settled removes the traces of getting into the team that its identity makes needless. A key of an attempt to join that
// stayed would, should the identity ever be lost, be taken for the reason.
func (a *App) settled(ctx context.Context) error {
	if err := errors.Join(durable.Remove(a.path(joiningFile)), a.dropRequest()); err != nil {
		return err
	}
	if v, _ := a.theVault(); v != nil {
		if err := v.Settle(); err != nil {
			return err
		}
	}
	if a.setting(setupKey) == "" {
		return nil
	}
	return a.write(ctx, func(tx replica.Tx) error {
		if _, err := tx.Exec(`DELETE FROM app_setting WHERE key = ?`, setupKey); err != nil {
			return fmt.Errorf("forget setup: %w", err)
		}
		return nil
	})
}

// writeNames writes the name of a team that was founded here, and the founder's profile, unless that was done.
func (a *App) writeNames(ctx context.Context) error {
	a.introducing.Lock()
	defer a.introducing.Unlock()
	text := a.setting(pendingTeam)
	if text == "" {
		return nil
	}
	var names teamNames
	if err := json.Unmarshal([]byte(text), &names); err != nil {
		return fmt.Errorf("read the names of the team: %w", err)
	}
	if err := a.directory.NameTeam(ctx, names.Name); err != nil {
		return err
	}
	if err := a.introduce(ctx, names.Profile); err != nil && !leftOut(err) {
		return err
	}
	if err := a.setSetting(ctx, pendingTeam, ""); err != nil {
		return err
	}
	a.bus.Publish("state", nil)
	return nil
}

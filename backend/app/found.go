package app

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"

	"tongzhou/backend/fault"
	"tongzhou/sync/op"
)

// found makes a team: identity, genesis and keys, then the names in the directory. The identity is saved last of what is
// needed to open the team again, so a crash leaves either no team or a whole one.
func (a *App) found(ctx context.Context, in FoundInput) error {
	<-a.started
	if a.hasTeam() {
		return fault.New("team.exists")
	}
	name, err := a.directory.CheckTeamName(in.TeamName)
	if err != nil {
		return err
	}
	if err := a.checkProfile(in.Profile); err != nil {
		return err
	}
	id, err := newIdentity(in.DeviceName)
	if err != nil {
		return err
	}
	_, _ = rand.Read(id.Team[:])
	_, _ = rand.Read(id.TeamSecret[:])
	if err := a.removeDBKeepSettings(); err != nil {
		return err
	}
	mark, err := openMark(a.path("writes.mark"))
	if err != nil {
		return err
	}
	r, err := a.openReplica(a.db, id, op.ID{}, mark)
	if err != nil {
		return fmt.Errorf("open replica: %w", err)
	}
	if _, err := r.Found(ctx); err != nil {
		r.Close()
		return storeFault(err)
	}
	if err := a.upgradeProjections(ctx, r); err != nil {
		r.Close()
		return err
	}
	if err := id.Save(a.path("identity.key")); err != nil {
		r.Close()
		return fmt.Errorf("save identity: %w", err)
	}
	if err := a.run(ctx, id, r, mark, nil); err != nil {
		return err
	}
	if err := a.directory.NameTeam(ctx, name); err != nil {
		return err
	}
	if err := a.introduce(ctx, in.Profile); err != nil {
		return err
	}
	a.bus.Publish("state", nil)
	return nil
}

// removeDBKeepSettings starts with an empty log when an earlier attempt to found was cut off.
func (a *App) removeDBKeepSettings() error {
	var feeds int
	if err := a.db.Read().QueryRow(`SELECT count(*) FROM feed`).Scan(&feeds); err != nil {
		return fmt.Errorf("read database: %w", err)
	}
	if feeds == 0 {
		return nil
	}
	s := a.settings()
	if err := a.emptyDB(); err != nil {
		return err
	}
	_, err := a.api.SaveSettings(s)
	return err
}

// checkProfile refuses a profile before anything is written.
func (a *App) checkProfile(p ProfileInput) error { return a.directory.CheckProfile(p) }

// pendingProfile is the setting that holds a newcomer's profile until it is written: that takes the key of the company scope,
// which arrives with the history, and the departments, to find the one meant.
const pendingProfile = "pending_profile"

// keepProfile makes sure that the profile is written, now or after the next start.
func (a *App) keepProfile(p ProfileInput) error {
	text, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode profile: %w", err)
	}
	return a.setSetting(pendingProfile, string(text))
}

// introducePending writes the kept profile, if there is one and the history is here.
func (a *App) introducePending(ctx context.Context) {
	var text string
	if err := a.db.Read().QueryRow(`SELECT value FROM app_setting WHERE key = ?`, pendingProfile).Scan(&text); err != nil || text == "" {
		return
	}
	var p ProfileInput
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		a.log.Error("read the kept profile", "err", err)
		return
	}
	if err := a.introduce(ctx, p); err != nil {
		a.log.Info("own profile is not written yet", "err", err)
		return
	}
	if err := a.setSetting(pendingProfile, ""); err != nil {
		a.log.Error("forget the kept profile", "err", err)
	}
	a.bus.Publish("state", nil)
}

// introduce writes this person's profile.
func (a *App) introduce(ctx context.Context, p ProfileInput) error {
	return a.directory.SaveOwnProfile(ctx, p)
}

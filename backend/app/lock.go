package app

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"tongzhou/backend/durable"
	"tongzhou/backend/fault"
	"tongzhou/backend/store"
	"tongzhou/backend/vault"
	"tongzhou/sync/keys"
)

// This file opens and closes what lies encrypted in the data folder. While it is locked, the database is closed and nothing of
// the team runs; refusal tells every caller.
//
// Order of what is written, so that a crash at any point leaves a folder that the next start understands: the vault (which says
// what it is made for), the database under its key, the identity sealed under it, and then that the vault is settled. A vault
// that is not settled and has no identity beside it is worth nothing.

// What a vault is made for, until its identity is saved.
const (
	vaultFound    = "founding"
	vaultJoining  = "joining"
	vaultTakeover = "takeover" // of a folder from before there were vaults
)

// Unlock is what opens the vault without a person, for a program that runs as a service.
type Unlock struct {
	StaffNo    string
	Passphrase string
}

// String says nothing of the passphrase.
func (Unlock) String() string { return "unlock" }

func (a *App) vaultOptions() vault.Options {
	return vault.Options{Dir: a.opts.Data, Params: a.tune.passphrase, Now: a.opts.Now, Keychain: a.opts.Keychain}
}

// loadVault loads the vault of this device, closed. It is nil where there is none: no team yet, or a folder from before there
// were vaults. What a founding or joining left that was cut off is removed. Faults: identity.missing, identity.damaged,
// identity.newer.
func (a *App) loadVault() (*vault.Vault, error) {
	path := a.path(vault.FileName)
	v, err := vault.Load(a.vaultOptions())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if exists(a.path(identityFile)) {
			return nil, fault.New("identity.missing", "path", path)
		}
		return nil, nil
	case errors.Is(err, vault.ErrVersion):
		return nil, fault.Wrap("identity.newer", err, "path", path)
	case errors.Is(err, vault.ErrDamaged):
		return nil, fault.Wrap("identity.damaged", err, "path", path)
	case err != nil:
		return nil, err
	case exists(a.path(identityFile)):
		return v, nil
	case v.Setup() == "":
		return nil, fault.New("identity.missing", "path", a.path(identityFile))
	case v.Setup() == vaultTakeover:
		return nil, vault.Remove(a.opts.Data)
	}
	return nil, a.unprotect(exists(a.path(joiningFile)))
}

// unlocked opens what the vault, which is open, holds the keys of. setupMu is held, or Start is not over.
func (a *App) unlocked(ctx context.Context, v *vault.Vault) error {
	id, err := a.loadSealed(v, identityFile)
	if err != nil {
		return err
	}
	if id.Team.IsZero() || id.Genesis.IsZero() {
		return fault.New("identity.damaged", "path", a.path(identityFile))
	}
	// From here on they are not needed, whatever was cut off.
	if err := errors.Join(durable.Remove(a.path(plainIdentityFile)), v.Settle()); err != nil {
		return err
	}
	if err := a.takeKey(ctx, v); err != nil {
		return err
	}
	return a.open(ctx, id)
}

// takeKey uses the vault's key for the database. One from before there was a key is encrypted first. Fault: store.no_cipher.
func (a *App) takeKey(ctx context.Context, v *vault.Vault) error {
	a.key = nil
	c := v.Contents()
	if !a.encrypts() {
		if c.DatabaseReady {
			return fault.New("store.no_cipher")
		}
		return nil
	}
	key := store.Key(c.DatabaseKey)
	if !c.DatabaseReady {
		err := store.Encrypt(ctx, a.path("tongzhou.db"), &key)
		if errors.Is(err, store.ErrDamaged) {
			err = a.noteDamage()
		}
		if err == nil {
			err = v.Update(func(c *vault.Contents) { c.DatabaseReady = true })
		}
		if err != nil {
			return err
		}
	}
	a.key = &key
	return nil
}

// encrypts tells whether databases are to be encrypted: always, where this build can.
func (a *App) encrypts() bool {
	_, can := store.Encrypts()
	return can && !a.tune.plain
}

// protect makes the vault of somebody who is getting into a team, and an empty database under its key. setupMu is held.
func (a *App) protect(v *vault.Vault) error {
	if err := v.Save(); err != nil {
		return err
	}
	return a.useVault(v)
}

// useVault opens an empty database under the key of a vault.
func (a *App) useVault(v *vault.Vault) error {
	if err := a.dropDB(); err != nil {
		return err
	}
	a.setVault(v, false)
	if a.encrypts() {
		key := store.Key(v.Contents().DatabaseKey)
		a.key = &key
		if err := v.Update(func(c *vault.Contents) { c.DatabaseReady = true }); err != nil {
			return err
		}
	}
	return a.openDB()
}

// unprotect is the reverse of protect, after getting into a team failed or was cut off; keep leaves the vault for the next
// attempt. The caller opens a database.
func (a *App) unprotect(keep bool) error {
	err := errors.Join(a.dropDB(), a.forgetTeam(), durable.Remove(a.path(councilFile)))
	a.setVault(nil, false)
	a.key = nil
	if !keep {
		err = errors.Join(err, vault.Remove(a.opts.Data))
	}
	return err
}

// dropDB closes the database and removes it.
func (a *App) dropDB() error {
	err := a.closeDB()
	for _, file := range dbFiles {
		err = errors.Join(err, durable.Remove(a.path(file)))
	}
	return err
}

func (a *App) setVault(v *vault.Vault, locked bool) {
	a.mu.Lock()
	a.vault, a.locked = v, locked
	a.mu.Unlock()
}

// theVault is nil where there is none.
func (a *App) theVault() (v *vault.Vault, locked bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.vault, a.locked
}

// unlock opens the vault by one of the ways to do that, and then everything. open says which. Faults: vault.none where there
// is nothing to unlock, those of open and of Start.
func (a *App) unlock(open func(v *vault.Vault) error) error {
	<-a.started
	a.setupMu.Lock()
	defer a.setupMu.Unlock()
	v, locked := a.theVault()
	switch {
	case a.closed:
		return fault.New("app.start")
	case v == nil:
		return fault.New("vault.none")
	case !locked:
		return nil // a second click
	}
	if err := open(v); err != nil {
		return vaultFault(err)
	}
	a.setVault(v, false)
	err := storeFault(a.unlocked(context.Background(), v))
	if err != nil {
		a.log.Error("open what was locked", "err", err)
		if e := a.shutVault(v, false); e != nil {
			a.log.Error("lock again", "err", e)
		}
	}
	a.bus.Publish("state", nil)
	return err
}

// lock closes everything that the passphrase protects. setupMu is held. It does nothing where there is no team.
func (a *App) lock() error {
	v, locked := a.theVault()
	a.mu.RLock()
	t := a.team
	a.mu.RUnlock()
	if v == nil || locked || t == nil {
		return nil
	}
	a.log.Info("locked")
	err := a.shutVault(v, true)
	a.bus.Publish("state", nil)
	return err
}

// shutVault ends what runs and forgets the keys.
func (a *App) shutVault(v *vault.Vault, ask bool) error {
	a.setVault(v, true) // first, so that callers are told, and not that a database is closed
	err := errors.Join(a.closeTeam(), a.closeDB(), v.Lock(ask))
	a.key = nil
	a.setEnded(ended{})
	a.forget()
	return err
}

// forget lets features drop what they keep in memory of the database and the team.
func (a *App) forget() {
	for _, m := range a.modules {
		if m.Committed != nil {
			m.Committed("state")
		}
	}
}

// vaultFault gives the errors of the vault their codes: vault.wrong {wait}, vault.wait {wait}, vault.words {word}.
func vaultFault(err error) error {
	if wrong, ok := errors.AsType[*vault.WrongError](err); ok {
		return fault.Wrap("vault.wrong", err, "wait", seconds(wrong.Wait))
	}
	if early, ok := errors.AsType[*vault.WaitError](err); ok {
		return fault.Wrap("vault.wait", err, "wait", seconds(early.Wait))
	}
	if wrong, ok := errors.AsType[*keys.WordError](err); ok {
		return fault.Wrap("vault.words", err, "word", wrong.Position)
	}
	switch {
	case errors.Is(err, keys.ErrWordCount), errors.Is(err, keys.ErrWordChecksum), errors.Is(err, keys.ErrBox):
		return fault.Wrap("vault.words", err, "word", 0) // no single one can be named
	case errors.Is(err, vault.ErrDamaged):
		return fault.Wrap("identity.damaged", err, "path", vault.FileName)
	default:
		return err
	}
}

// seconds rounds up, so that who waits so long has waited enough.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

package app

import (
	"context"
	"errors"
	"fmt"
	"os"

	"tongzhou/backend/store"
	"tongzhou/backend/vault"
	"tongzhou/sync/keys"
)

func (a *App) start(ctx context.Context) error {
	if err := os.MkdirAll(a.opts.Data, 0o700); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	if err := errors.Join(a.sweep(), a.sweepTest(), a.finishRestore()); err != nil {
		return err
	}
	v, err := a.loadVault()
	if err != nil {
		return err
	}
	if v == nil {
		v, err = a.startWithoutVault(ctx)
		if v == nil || err != nil {
			return errors.Join(err, a.findRequest())
		}
	} else {
		a.setVault(v, true)
		a.openAlone(v)
		if !v.Open() {
			return nil // until Unlock
		}
	}
	a.setVault(v, false)
	return a.unlocked(ctx, v)
}

// startWithoutVault opens a folder without a team, or one from before there were vaults, as it is; until a passphrase is set for
// it, nothing can be written. If one is given, it is set, and the vault for it returned instead.
func (a *App) startWithoutVault(ctx context.Context) (*vault.Vault, error) {
	id, err := a.loadIdentity()
	if err != nil {
		return nil, err
	}
	if u := a.opts.Unlock; id != nil && u != nil {
		return a.takeOver(id, u.StaffNo, u.Passphrase)
	}
	return nil, a.open(ctx, id)
}

// openAlone opens the vault without a person where that is wanted and works.
func (a *App) openAlone(v *vault.Vault) {
	if ok, err := v.UnlockKeychain(); err != nil {
		a.log.Warn("ask the keychain", "err", err)
	} else if ok {
		return
	}
	if u := a.opts.Unlock; u != nil {
		if err := v.Unlock(u.StaffNo, u.Passphrase); err != nil {
			a.log.Error("the passphrase from the environment does not open the data", "err", err)
		}
	}
}

// open opens the database and, with an identity, the team. A database that turns out to be damaged is put aside first; then
// there is a new one.
func (a *App) open(ctx context.Context, id *keys.Identity) error {
	err := store.Classify(a.openOnce(ctx, id))
	if !errors.Is(err, store.ErrDamaged) {
		return err
	}
	a.log.Error("the database is damaged", "err", err)
	if err := errors.Join(a.closeDB(), a.noteDamage()); err != nil {
		return err
	}
	return a.openOnce(ctx, id)
}

func (a *App) openOnce(ctx context.Context, id *keys.Identity) error {
	kept, err := a.putAside()
	if err != nil {
		return err
	}
	if err := a.openDB(); err != nil {
		return err
	}
	if kept != "" {
		if err := a.salvageLocal(ctx, kept, id); err != nil {
			return err
		}
	}
	if id == nil {
		return errors.Join(a.discardHalfJoined(ctx), a.endRepair(kept))
	}
	t, err := a.openTeam(ctx, id, kept)
	if err != nil {
		return err
	}
	if err := errors.Join(a.settled(ctx), a.endRepair(kept)); err != nil {
		return errors.Join(err, t.discard())
	}
	t.run(nil)
	return nil
}

// openTeam opens the team's replica and brings its tables up to date. kept is where a damaged database was put, "" if there
// was none.
func (a *App) openTeam(ctx context.Context, id *keys.Identity, kept string) (*team, error) {
	mark, err := openMark(a.path(markFile))
	if err != nil {
		return nil, err
	}
	t, err := a.newTeam(id, mark)
	if err != nil {
		return nil, err
	}
	if kept != "" {
		err = a.salvageNow(ctx, t.replica, kept)
	}
	if err == nil {
		err = a.upgradeProjections(ctx, t.replica)
	}
	if err != nil {
		return nil, errors.Join(err, t.discard())
	}
	return t, nil
}

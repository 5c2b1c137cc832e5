package app

import (
	"errors"

	"tongzhou/backend/durable"
	"tongzhou/backend/fault"
	"tongzhou/backend/vault"
	"tongzhou/sync/keys"
)

// This file keeps the identity of an attempt to get into a team. It is sealed under a vault that is made for the attempt and
// becomes the device's when that succeeds. After an attempt that was cut off when a member may have let it in, both stay: the
// same identity comes again then, opened by the same passphrase.

// identify finds the identity to ask with: that of an earlier attempt of the same way, or a new one. setupMu is held.
func (t *attempt) identify(deviceName string) error {
	id, err := t.earlier()
	if err != nil {
		t.app.log.Warn("the identity of an earlier attempt to join cannot be read", "err", err)
	}
	if id != nil {
		t.id, t.known = id, true
		return nil
	}
	if t.id, err = newDevice(deviceName); err != nil {
		return err
	}
	if err := t.way.complete(t.id); err != nil {
		return err
	}
	if t.id.Root.ID.IsZero() {
		return nil // kept once it is known whose device it becomes
	}
	return t.keep()
}

// earlier opens what an earlier attempt left; nil when there is nothing of this way, or another passphrase was chosen then.
func (t *attempt) earlier() (*keys.Identity, error) {
	a := t.app
	if !exists(a.path(joiningFile)) {
		return nil, nil
	}
	v, err := vault.Load(a.vaultOptions())
	if err != nil {
		return nil, err
	}
	if err := v.Unlock(t.staffNo, t.passphrase); err != nil {
		return nil, err
	}
	id, err := a.loadSealed(v, joiningFile)
	if err != nil || !t.way.fits(id) {
		return nil, err
	}
	return id, a.useVault(v)
}

// keep saves the identity of the attempt, in a vault that is made for it. setupMu is held.
func (t *attempt) keep() error {
	a := t.app
	v, _ := a.theVault()
	if v == nil {
		var err error
		if err := a.dropRequest(); err != nil { // only the vault before this one opened it
			return err
		}
		if v, err = vault.New(a.vaultOptions(), t.staffNo, t.passphrase, t.id.Root, vaultJoining); err != nil {
			return err
		}
		if err := a.protect(v); err != nil {
			return err
		}
	}
	return a.saveSealed(v, joiningFile, t.id)
}

// keepLater is keep for a way that learns only from a member whose device this becomes.
func (t *attempt) keepLater() error {
	a := t.app
	a.setupMu.Lock()
	defer a.setupMu.Unlock()
	if a.closed {
		return fault.New("app.start")
	}
	return t.keep()
}

// putBack leaves the folder as it was before the attempt; keep leaves the identity and what opens it.
func (t *attempt) putBack(keep bool) error {
	a := t.app
	errs := []error{a.unprotect(keep), a.openDB()}
	if !keep {
		errs = append(errs, durable.Remove(a.path(joiningFile)), a.dropRequest())
	}
	return errors.Join(errs...)
}

package app

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"os"

	"tongzhou/backend/durable"
	"tongzhou/backend/fault"
	"tongzhou/backend/vault"
	"tongzhou/sync/keys"
)

// identityPurpose is what identities are sealed for.
const identityPurpose = "identity"

// saveSealed writes an identity that only the open vault can read.
func (a *App) saveSealed(v *vault.Vault, name string, id *keys.Identity) error {
	plain, err := id.Marshal()
	if err != nil {
		return fmt.Errorf("save identity: %w", err)
	}
	sealed, err := v.Seal(identityPurpose, plain)
	if err != nil {
		return fmt.Errorf("save identity: %w", err)
	}
	return durable.Write(a.path(name), sealed)
}

// maxSealed is the most that is read of a sealed identity, in bytes.
const maxSealed = 16 << 10

// loadSealed is the reverse of saveSealed. Faults: identity.damaged, identity.newer.
func (a *App) loadSealed(v *vault.Vault, name string) (*keys.Identity, error) {
	path := a.path(name)
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("load identity: %w", err)
	}
	if info.Size() > maxSealed {
		return nil, fault.New("identity.damaged", "path", path)
	}
	sealed, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("load identity: %w", err)
	}
	plain, err := v.Unseal(identityPurpose, sealed)
	if err != nil {
		return nil, fault.Wrap("identity.damaged", err, "path", path)
	}
	id, err := keys.ParseIdentity(plain)
	switch {
	case errors.Is(err, keys.ErrIdentityVersion):
		return nil, fault.Wrap("identity.newer", err, "path", path)
	case err != nil:
		return nil, fault.Wrap("identity.damaged", err, "path", path)
	}
	return &id, nil
}

// takeOver puts the identity of a folder from before there were vaults under one. The database is encrypted when it is opened
// next. setupMu is held, or Start is not over, and the database is closed.
func (a *App) takeOver(id *keys.Identity, staffNo, passphrase string) (*vault.Vault, error) {
	v, err := vault.New(a.vaultOptions(), staffNo, passphrase, id.Root, vaultTakeover)
	if err != nil {
		return nil, err
	}
	if err := v.Save(); err != nil {
		return nil, err
	}
	if err := a.saveSealed(v, identityFile, id); err != nil {
		return nil, errors.Join(err, vault.Remove(a.opts.Data))
	}
	return v, nil
}

// sameSeed compares without telling by its time how much is the same.
func sameSeed(a, b [32]byte) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }

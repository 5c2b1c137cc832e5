package vault

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
)

// ErrKeychain is returned where the operating system's keychain does not take a key.
var ErrKeychain = errors.New("the keychain of the system cannot be used")

// Keychain is the operating system's store for secrets, by account.
type Keychain interface {
	Get(account string) (secret string, ok bool, err error)
	Set(account, secret string) error
	Delete(account string) error
}

// noKeychain is where there is none.
type noKeychain struct{}

func (noKeychain) Get(string) (string, bool, error) { return "", false, nil }
func (noKeychain) Set(string, string) error         { return errors.New("none here") }
func (noKeychain) Delete(string) error              { return nil }

// passphraseSlot returns the file with a new passphrase.
func (v *Vault) passphraseSlot(f *file, passphrase string) (*file, error) {
	s := slot{Kind: slotPassphrase, Params: v.opts.Params, Salt: make([]byte, saltSize)}
	_, _ = rand.Read(s.Salt)
	bound, err := f.bound(s)
	if err != nil {
		return nil, err
	}
	s.Box = seal(s.Params.stretch(passphrase, s.Salt), bound, v.key[:])
	return f.with(s), nil
}

// Verify tells whether this is the passphrase of an open vault, as slowly as Unlock does. Errors: *WaitError, *WrongError.
func (v *Vault) Verify(passphrase string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.open {
		return errors.New("the vault is closed")
	}
	return v.tryPassphrase(passphrase, func(key [32]byte) (bool, error) { return key == v.key, nil })
}

// SetPassphrase replaces the passphrase of an open vault, in one step: after a crash the old or the new one opens it. Whoever
// could open it through a keychain entry or a rescue secret cannot any more: those slots go too.
func (v *Vault) SetPassphrase(passphrase string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.open {
		return errors.New("the vault is closed")
	}
	c := v.contents
	c.Set, c.Rescue, c.RescueOf = v.opts.Now().UnixMilli(), [RescueSize]byte{}, [32]byte{}
	next, err := v.passphraseSlot(v.file.with(slot{Kind: slotKeychain}).with(slot{Kind: slotRescue}), passphrase)
	if err != nil {
		return err
	}
	if err := v.sealContents(next, c); err != nil {
		return err
	}
	_, remembered := v.file.slot(slotKeychain)
	if err := v.write(next); err != nil {
		return err
	}
	v.contents = c
	v.tries = tries{}
	if remembered {
		// The entry opens nothing any more.
		_ = v.opts.Keychain.Delete(v.account())
	}
	return nil
}

// account is the name of the vault in the keychain.
func (v *Vault) account() string { return fmt.Sprintf("vault-%x", v.file.ID) }

// Remembered tells whether the keychain opens the vault.
func (v *Vault) Remembered() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, ok := v.file.slot(slotKeychain)
	return ok
}

// Remember gives the keychain of the system a key that opens the vault, or takes it away. Error: ErrKeychain.
func (v *Vault) Remember(on bool) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, has := v.file.slot(slotKeychain)
	if !on {
		if !has {
			return nil
		}
		if err := v.write(v.file.with(slot{Kind: slotKeychain})); err != nil {
			return err
		}
		_ = v.opts.Keychain.Delete(v.account()) // it opens nothing any more
		return nil
	}
	if !v.open {
		return errors.New("the vault is closed")
	}
	if has {
		return nil
	}
	var secret [32]byte
	_, _ = rand.Read(secret[:])
	s := slot{Kind: slotKeychain}
	bound, err := v.file.bound(s)
	if err != nil {
		return err
	}
	s.Box = seal(derive(secret, "keychain"), bound, v.key[:])
	if err := v.opts.Keychain.Set(v.account(), hex.EncodeToString(secret[:])); err != nil {
		return fmt.Errorf("%w: %w", ErrKeychain, err)
	}
	return v.write(v.file.with(s))
}

// UnlockKeychain opens the vault with what the keychain holds. ok is false where the person is to be asked: nothing is
// remembered, the person locked, or the keychain does not have it (any more).
func (v *Vault) UnlockKeychain() (ok bool, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	s, has := v.file.slot(slotKeychain)
	if !has || v.file.Ask {
		return false, nil
	}
	text, found, err := v.opts.Keychain.Get(v.account())
	if err != nil || !found {
		return false, err
	}
	secret, err := hex.DecodeString(text)
	if err != nil || len(secret) != 32 {
		return false, nil // an entry that is not ours opens nothing
	}
	bound, err := v.file.bound(s)
	if err != nil {
		return false, err
	}
	plain, ok := unseal(derive([32]byte(secret), "keychain"), bound, s.Box)
	if !ok || len(plain) != 32 {
		return false, nil
	}
	c, err := v.unsealContents([32]byte(plain))
	if err != nil {
		return false, err
	}
	v.opened([32]byte(plain), c)
	return true, nil
}

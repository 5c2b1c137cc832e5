package vault

import (
	"crypto/rand"
	"errors"
	"fmt"
)

// RescueSize is how long a rescue secret is, in bytes.
const RescueSize = 16

// Rescue returns the secret that opens the vault where the passphrase is forgotten; of tells who is to have it. It is made anew
// where it is for others than before, and after every new passphrase. A zero of: nobody, and none opens it from then on.
func (v *Vault) Rescue(of [32]byte) (secret [RescueSize]byte, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.open {
		return secret, errors.New("the vault is closed")
	}
	if _, has := v.file.slot(slotRescue); has == (of != [32]byte{}) && v.contents.RescueOf == of {
		return v.contents.Rescue, nil
	}
	s, c := slot{Kind: slotRescue}, v.contents
	c.Rescue, c.RescueOf = secret, of
	if of != [32]byte{} {
		_, _ = rand.Read(c.Rescue[:])
		bound, err := v.file.bound(s)
		if err != nil {
			return secret, err
		}
		s.Box = seal(deriveFrom(c.Rescue[:], "rescue"), bound, v.key[:])
	}
	next := v.file.with(s)
	if err := v.sealContents(next, c); err != nil {
		return secret, err
	}
	if err := v.write(next); err != nil {
		return secret, err
	}
	v.contents = c
	return c.Rescue, nil
}

// UnlockRescue opens the vault with the rescue secret, as slowly as Unlock does. Errors: *WaitError, *WrongError, ErrNoSlot,
// ErrDamaged.
func (v *Vault) UnlockRescue(secret [RescueSize]byte) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	s, ok := v.file.slot(slotRescue)
	if !ok {
		return fmt.Errorf("%w: rescue", ErrNoSlot)
	}
	key := func() [32]byte { return deriveFrom(secret[:], "rescue") }
	return v.try(s, key, func(key [32]byte) (bool, error) {
		c, err := v.unsealContents(key)
		if err != nil {
			return false, err
		}
		v.opened(key, c)
		return true, nil
	})
}

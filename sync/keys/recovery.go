package keys

import (
	"crypto/hpke"
	"fmt"
)

func recoveryInfo(of [16]byte) []byte {
	return append([]byte("tongzhou/recovery/1\x00"), of[:]...)
}

// SealRecovery encrypts a key so that the person's recovery words open it, also on a device that never held the seed. of tells
// what the key is for; it must be the same when opening.
func SealRecovery(root Root, of [16]byte, key [32]byte) ([]byte, error) {
	pub, err := boxKEM().NewPublicKey(root.BoxPub())
	if err != nil {
		return nil, fmt.Errorf("seal for recovery: %w", err)
	}
	sealed, err := hpke.Seal(pub, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), recoveryInfo(of), key[:])
	if err != nil {
		return nil, fmt.Errorf("seal for recovery: %w", err)
	}
	return sealed, nil
}

// OpenRecovery is the reverse of SealRecovery. The error wraps ErrBox, or ErrNoRoot where the root has no secrets.
func OpenRecovery(root Root, of [16]byte, sealed []byte) ([32]byte, error) {
	if !root.Whole() {
		return [32]byte{}, ErrNoRoot
	}
	key, err := hpke.Open(root.Box, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), recoveryInfo(of), sealed)
	if err != nil || len(key) != 32 {
		return [32]byte{}, ErrBox
	}
	return [32]byte(key), nil
}

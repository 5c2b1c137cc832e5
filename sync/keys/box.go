package keys

import (
	"crypto/hpke"
	"errors"
	"fmt"

	"tongzhou/sync/op"
)

// BoxSize is the length of a sealed key in bytes: encapsulation 1120, key 32, tag 16.
const BoxSize = 1168

// ErrBox is returned for a box that does not open with this key for this purpose.
var ErrBox = errors.New("box does not open")

// boxInfo is what a box is for and bound to: a label and the ids, all of fixed length.
func boxInfo(team op.TeamID, scope op.ScopeID, epoch op.EpochRef, device op.DeviceID) []byte {
	b := []byte("tongzhou/box/1\x00")
	b = append(b, team[:]...)
	b = append(b, scope[:]...)
	b = append(b, epoch[:]...)
	return append(b, device[:]...)
}

// Seal encrypts the key of an epoch to the device that owns boxPub.
func Seal(boxPub []byte, team op.TeamID, scope op.ScopeID, epoch op.EpochRef, device op.DeviceID, key [32]byte) ([]byte, error) {
	pub, err := boxKEM().NewPublicKey(boxPub)
	if err != nil {
		return nil, fmt.Errorf("seal box: %w", err)
	}
	info := boxInfo(team, scope, epoch, device)
	sealed, err := hpke.Seal(pub, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), info, key[:])
	if err != nil {
		return nil, fmt.Errorf("seal box: %w", err)
	}
	return sealed, nil
}

// Open is the reverse of Seal. The error wraps ErrBox.
func Open(priv hpke.PrivateKey, team op.TeamID, scope op.ScopeID, epoch op.EpochRef, device op.DeviceID, sealed []byte) ([32]byte, error) {
	info := boxInfo(team, scope, epoch, device)
	key, err := hpke.Open(priv, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), info, sealed)
	if err != nil || len(key) != 32 {
		return [32]byte{}, ErrBox
	}
	return [32]byte(key), nil
}

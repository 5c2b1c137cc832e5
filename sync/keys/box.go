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

// BoxInfo is what a box is for. It is bound to the encryption.
type BoxInfo struct {
	Team   op.TeamID
	Scope  op.ScopeID
	Epoch  op.EpochRef
	Device op.DeviceID
}

// Bytes is the HPKE info: a label and the four ids, all of fixed length.
func (i BoxInfo) Bytes() []byte {
	b := []byte("tongzhou/box/1\x00")
	b = append(b, i.Team[:]...)
	b = append(b, i.Scope[:]...)
	b = append(b, i.Epoch[:]...)
	return append(b, i.Device[:]...)
}

// SealBox encrypts an epoch key to the device that owns boxPub.
func SealBox(boxPub []byte, info BoxInfo, key [32]byte) ([]byte, error) {
	pub, err := boxKEM().NewPublicKey(boxPub)
	if err != nil {
		return nil, fmt.Errorf("seal box: %w", err)
	}
	sealed, err := hpke.Seal(pub, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), info.Bytes(), key[:])
	if err != nil {
		return nil, fmt.Errorf("seal box: %w", err)
	}
	return sealed, nil
}

// OpenBox is the reverse of SealBox. The error wraps ErrBox.
func OpenBox(priv hpke.PrivateKey, info BoxInfo, sealed []byte) ([32]byte, error) {
	if len(sealed) != BoxSize {
		return [32]byte{}, fmt.Errorf("%w: %d bytes", ErrBox, len(sealed))
	}
	key, err := hpke.Open(priv, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), info.Bytes(), sealed)
	if err != nil || len(key) != 32 {
		return [32]byte{}, ErrBox
	}
	return [32]byte(key), nil
}

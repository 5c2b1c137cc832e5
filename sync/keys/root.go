package keys

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hpke"
	"errors"
	"fmt"

	"tongzhou/sync/op"
)

// ErrNoRoot is returned where the person's own secret keys are needed and only their public halves are here.
var ErrNoRoot = errors.New("the person's root key is not on this device")

// Root is a person's own keys, all from Seed. On a device that does not hold the seed, because the person
// keeps it as recovery words or because the device was linked by another one, only ID and the public
// halves are there, and Seed, Sign and Box are zero.
type Root struct {
	ID   op.UserID
	Seed [32]byte
	Sign ed25519.PrivateKey // certifies devices
	Box  hpke.PrivateKey    // opens every epoch box of the person after all devices are lost

	signPub ed25519.PublicKey
	boxPub  []byte
}

// NewRoot derives the keys from a seed, which is random or comes from the recovery words.
func NewRoot(seed [32]byte) (Root, error) {
	box, err := boxKey(seed[:], "box")
	if err != nil {
		return Root{}, fmt.Errorf("new root: %w", err)
	}
	sign := signKey(seed[:], "sign")
	pub := publicKey(sign)
	return Root{
		ID: op.UserIDOf(pub), Seed: seed, Sign: sign, Box: box, signPub: pub, boxPub: box.PublicKey().Bytes(),
	}, nil
}

// PublicRoot makes the root of a device without the seed from the public halves.
func PublicRoot(signPub ed25519.PublicKey, boxPub []byte) (Root, error) {
	if len(signPub) != ed25519.PublicKeySize {
		return Root{}, fmt.Errorf("public root: signing key of %d bytes", len(signPub))
	}
	if _, err := boxKEM().NewPublicKey(boxPub); err != nil {
		return Root{}, fmt.Errorf("public root: box key: %w", err)
	}
	return Root{ID: op.UserIDOf(signPub), signPub: bytes.Clone(signPub), boxPub: bytes.Clone(boxPub)}, nil
}

// Whole tells whether the secret keys are here.
func (r Root) Whole() bool { return r.Sign != nil && r.Box != nil }

// Public is the root without its secrets.
func (r Root) Public() Root { return Root{ID: r.ID, signPub: r.signPub, boxPub: r.boxPub} }

// SignPub is the public key that a person is known by.
func (r Root) SignPub() ed25519.PublicKey { return r.signPub }

// BoxPub is the public key under which epochs are sealed to the root.
func (r Root) BoxPub() []byte { return r.boxPub }

// Device is the id of the pseudo-device under which the root receives epoch keys.
func (r Root) Device() op.DeviceID { return op.DeviceID(r.ID) }

// String names the person and nothing secret.
func (r Root) String() string { return "root " + r.ID.String() }

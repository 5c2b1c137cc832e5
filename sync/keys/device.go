package keys

import (
	"crypto/ed25519"
	"crypto/hpke"
	"fmt"
	"io"

	"tongzhou/sync/op"
)

// Device is a device's secret keys.
type Device struct {
	ID   op.DeviceID
	Sign ed25519.PrivateKey // ops and registers
	Box  hpke.PrivateKey    // receives epoch keys
	Peer ed25519.PrivateKey // the network identity
}

// NewDevice makes a device from 96 random bytes.
func NewDevice(random io.Reader) (Device, error) {
	var seeds [3][32]byte
	for i := range seeds {
		var err error
		if seeds[i], err = read32(random); err != nil {
			return Device{}, fmt.Errorf("new device: %w", err)
		}
	}
	return deviceFromSeeds(seeds[0][:], seeds[1][:], seeds[2][:])
}

// deviceFromSeeds wants three seeds of 32 bytes.
func deviceFromSeeds(sign, box, peer []byte) (Device, error) {
	if len(sign) != ed25519.SeedSize || len(peer) != ed25519.SeedSize {
		return Device{}, fmt.Errorf("device: signing seeds of %d and %d bytes", len(sign), len(peer))
	}
	boxKey, err := boxKEM().NewPrivateKey(box)
	if err != nil {
		return Device{}, fmt.Errorf("device: box key: %w", err)
	}
	signKey := ed25519.NewKeyFromSeed(sign)
	return Device{
		ID:   op.DeviceIDOf(publicKey(signKey)),
		Sign: signKey,
		Box:  boxKey,
		Peer: ed25519.NewKeyFromSeed(peer),
	}, nil
}

// String names the device and nothing secret.
func (d Device) String() string { return "device " + d.ID.String() }

// Public is the device's part of a certificate: no user and no signatures yet. See Certify.
func (d Device) Public(name string) DeviceCert {
	return DeviceCert{
		SignPub: publicKey(d.Sign),
		BoxPub:  d.Box.PublicKey().Bytes(),
		PeerPub: publicKey(d.Peer),
		Name:    name,
	}
}

// Root is a person's secret keys, all from Seed.
type Root struct {
	ID   op.UserID
	Seed [32]byte
	Sign ed25519.PrivateKey // certifies devices
	Box  hpke.PrivateKey    // opens every epoch box of the person after all devices are lost
}

// NewRoot derives the keys from a seed, which is random or comes from the recovery words.
func NewRoot(seed [32]byte) (Root, error) {
	box, err := boxKey(seed[:], "box")
	if err != nil {
		return Root{}, fmt.Errorf("new root: %w", err)
	}
	sign := signKey(seed[:], "sign")
	return Root{ID: op.UserIDOf(publicKey(sign)), Seed: seed, Sign: sign, Box: box}, nil
}

// SignPub is the public key that a person is known by.
func (r Root) SignPub() ed25519.PublicKey { return publicKey(r.Sign) }

// BoxPub is the public key under which epochs are sealed to the root.
func (r Root) BoxPub() []byte { return r.Box.PublicKey().Bytes() }

// Device is the id of the pseudo-device under which the root receives epoch keys.
func (r Root) Device() op.DeviceID { return op.DeviceID(r.ID) }

// String names the person and nothing secret.
func (r Root) String() string { return "root " + r.ID.String() }

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

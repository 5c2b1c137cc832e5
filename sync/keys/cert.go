package keys

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"

	"tongzhou/sync/op"
)

const certDomain = "teamdev1"

// MaxDeviceName is the most bytes in the name of a device.
const MaxDeviceName = 128

// BoxPubSize is the length of a public box key in bytes.
const BoxPubSize = 1216

// ErrCert is returned for a device certificate that is malformed or not rightly signed.
var ErrCert = errors.New("invalid device certificate")

// DeviceCert is a root's public statement that a device belongs to its person. Device and peer key sign
// too: otherwise a member could claim the device of a colleague and leave in doubt whose it is.
type DeviceCert struct {
	User      op.UserID `cbor:"1,keyasint"`
	SignPub   []byte    `cbor:"2,keyasint"`
	BoxPub    []byte    `cbor:"3,keyasint"`
	PeerPub   []byte    `cbor:"4,keyasint"`
	Name      string    `cbor:"5,keyasint"`
	Sig       []byte    `cbor:"6,keyasint,omitempty"` // by the root
	DeviceSig []byte    `cbor:"7,keyasint,omitempty"` // by SignPub
	PeerSig   []byte    `cbor:"8,keyasint,omitempty"` // by PeerPub
}

// Certify makes the complete certificate where root and device are in one place.
func Certify(r Root, d Device, name string) (DeviceCert, error) {
	c := d.Public(name)
	c.User = r.ID
	if err := errors.Join(d.Consent(&c), r.Certify(&c)); err != nil {
		return DeviceCert{}, err
	}
	if err := c.Verify(r.SignPub()); err != nil {
		return DeviceCert{}, err
	}
	return c, nil
}

// Consent adds the device's own signatures. User must be set.
func (d Device) Consent(c *DeviceCert) error {
	msg, err := c.signed()
	if err != nil {
		return fmt.Errorf("consent to certificate: %w", err)
	}
	c.DeviceSig = ed25519.Sign(d.Sign, msg)
	c.PeerSig = ed25519.Sign(d.Peer, msg)
	return nil
}

// Certify adds the root's signature. User must be set. The error wraps ErrNoRoot where the root has no secrets.
func (r Root) Certify(c *DeviceCert) error {
	if !r.Whole() {
		return fmt.Errorf("certify device: %w", ErrNoRoot)
	}
	msg, err := c.signed()
	if err != nil {
		return fmt.Errorf("certify device: %w", err)
	}
	c.Sig = ed25519.Sign(r.Sign, msg)
	return nil
}

// signed is what all three signatures cover.
func (c DeviceCert) signed() ([]byte, error) {
	c.Sig, c.DeviceSig, c.PeerSig = nil, nil, nil
	b, err := op.Marshal(c)
	if err != nil {
		return nil, err
	}
	return append([]byte(certDomain), b...), nil
}

// DeviceID is the id of the certified device.
func (c DeviceCert) DeviceID() op.DeviceID { return op.DeviceIDOf(c.SignPub) }

// Verify checks form and signatures. The error wraps ErrCert.
func (c DeviceCert) Verify(rootPub ed25519.PublicKey) error {
	if err := c.VerifyConsent(); err != nil {
		return err
	}
	if len(rootPub) != ed25519.PublicKeySize || c.User != op.UserIDOf(rootPub) {
		return fmt.Errorf("%w: not of this person", ErrCert)
	}
	msg, err := c.signed()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCert, err)
	}
	if !ed25519.Verify(rootPub, msg, c.Sig) {
		return fmt.Errorf("%w: signature of the person", ErrCert)
	}
	return nil
}

// VerifyConsent checks form and the device's own signatures: it wants to belong to the person, who need not have signed. The
// error wraps ErrCert.
func (c DeviceCert) VerifyConsent() error {
	if err := c.check(); err != nil {
		return err
	}
	if _, err := boxKEM().NewPublicKey(c.BoxPub); err != nil {
		return fmt.Errorf("%w: box key: %w", ErrCert, err)
	}
	msg, err := c.signed()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCert, err)
	}
	switch {
	case !ed25519.Verify(c.SignPub, msg, c.DeviceSig):
		return fmt.Errorf("%w: signature of the device", ErrCert)
	case !ed25519.Verify(c.PeerPub, msg, c.PeerSig):
		return fmt.Errorf("%w: signature of the peer key", ErrCert)
	}
	return nil
}

func (c *DeviceCert) check() error {
	switch {
	case len(c.SignPub) != ed25519.PublicKeySize, len(c.PeerPub) != ed25519.PublicKeySize, len(c.BoxPub) != BoxPubSize:
		return fmt.Errorf("%w: length of a key", ErrCert)
	case c.DeviceID() == op.DeviceID(c.User):
		return fmt.Errorf("%w: a root is not a device", ErrCert)
	case !validName(c.Name):
		return fmt.Errorf("%w: name of %d bytes", ErrCert, len(c.Name))
	}
	return nil
}

// validName keeps line breaks and direction marks out of what other people's screens show.
func validName(name string) bool {
	if len(name) > MaxDeviceName || !utf8.ValidString(name) {
		return false
	}
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// Marshal returns the deterministic encoding.
func (c DeviceCert) Marshal() ([]byte, error) { return op.Marshal(c) }

// ParseDeviceCert reads a certificate. It is not verified.
func ParseDeviceCert(b []byte) (DeviceCert, error) {
	var c DeviceCert
	if err := op.Unmarshal(b, &c); err != nil {
		return DeviceCert{}, fmt.Errorf("%w: %w", ErrCert, err)
	}
	if err := c.check(); err != nil {
		return DeviceCert{}, err
	}
	return c, nil
}

package keys

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"tongzhou/sync/op"
)

func TestDeviceIsNamedByItsSigningKey(t *testing.T) {
	d := newDevice(t, 1)
	if d.ID != op.DeviceIDOf(publicKey(d.Sign)) {
		t.Errorf("device %s does not follow from its key", d.ID)
	}
	if publicKey(d.Sign).Equal(publicKey(d.Peer)) {
		t.Error("signing and peer key are the same")
	}
	if newDevice(t, 1).ID != d.ID || newDevice(t, 2).ID == d.ID {
		t.Error("a device does not follow from its randomness")
	}
	broken := errors.New("no entropy")
	if _, err := NewDevice(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("no randomness: %v", err)
	}
	if _, err := NewDevice(bytes.NewReader(make([]byte, 95))); err == nil {
		t.Error("95 bytes of randomness were enough")
	}
}

func TestRootFollowsFromItsSeed(t *testing.T) {
	a, b := newRoot(t, 1), newRoot(t, 2)
	if again := newRoot(t, 1); again.ID != a.ID || !again.Sign.Equal(a.Sign) || !bytes.Equal(again.BoxPub(), a.BoxPub()) {
		t.Error("one seed gave two roots")
	}
	if a.ID == b.ID || bytes.Equal(a.BoxPub(), b.BoxPub()) {
		t.Error("two seeds gave one root")
	}
	if a.ID != op.UserIDOf(a.SignPub()) || a.Device() != op.DeviceIDOf(a.SignPub()) {
		t.Error("the ids do not follow from the key")
	}
}

func TestCertify(t *testing.T) {
	root, dev := newRoot(t, 1), newDevice(t, 1)
	c, err := Certify(root, dev, "李四的笔记本")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(root.SignPub()); err != nil {
		t.Errorf("Verify: %v", err)
	}
	if c.User != root.ID || c.DeviceID() != dev.ID || c.Name != "李四的笔记本" {
		t.Errorf("certificate %+v", c)
	}
	encoded, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := ParseDeviceCert(encoded)
	if err != nil {
		t.Fatal(err)
	}
	if err := parsed.Verify(root.SignPub()); err != nil {
		t.Errorf("Verify after decoding: %v", err)
	}
	if again, err := parsed.Marshal(); err != nil || !bytes.Equal(again, encoded) {
		t.Errorf("encoded again as %x, %v; want %x", again, err, encoded)
	}
}

// R14: what is done is bound to a person and a device, so nobody may claim another's keys.
func TestCertificateBindsEveryField(t *testing.T) {
	root, other := newRoot(t, 1), newRoot(t, 2)
	dev, strange := newDevice(t, 1), newDevice(t, 2)
	for name, change := range map[string]func(c *DeviceCert){
		"user":             func(c *DeviceCert) { c.User = other.ID },
		"signing key":      func(c *DeviceCert) { c.SignPub = publicKey(strange.Sign) },
		"box key":          func(c *DeviceCert) { c.BoxPub = strange.Box.PublicKey().Bytes() },
		"peer key":         func(c *DeviceCert) { c.PeerPub = publicKey(strange.Peer) },
		"name":             func(c *DeviceCert) { c.Name = "other" },
		"no root sig":      func(c *DeviceCert) { c.Sig = nil },
		"no device sig":    func(c *DeviceCert) { c.DeviceSig = nil },
		"no peer sig":      func(c *DeviceCert) { c.PeerSig = nil },
		"sigs swapped":     func(c *DeviceCert) { c.Sig, c.DeviceSig = c.DeviceSig, c.Sig },
		"short key":        func(c *DeviceCert) { c.SignPub = c.SignPub[1:] },
		"short peer key":   func(c *DeviceCert) { c.PeerPub = c.PeerPub[1:] },
		"short box key":    func(c *DeviceCert) { c.BoxPub = c.BoxPub[1:] },
		"long name":        func(c *DeviceCert) { resign(root, dev, c, strings.Repeat("n", MaxDeviceName+1)) },
		"line break":       func(c *DeviceCert) { resign(root, dev, c, "a\nb") },
		"direction marks":  func(c *DeviceCert) { resign(root, dev, c, "a\u202eb") },
		"not UTF-8":        func(c *DeviceCert) { resign(root, dev, c, "a\xff") },
		"in other's name":  func(c *DeviceCert) { c.User = other.ID; ignore(dev.Consent(c)); ignore(root.Certify(c)) },
		"claimed by other": func(c *DeviceCert) { c.User = other.ID; ignore(other.Certify(c)) },
		"claimed sign key": func(c *DeviceCert) {
			c.SignPub = publicKey(strange.Sign)
			ignore(dev.Consent(c))
			ignore(root.Certify(c))
		},
		"claimed peer key": func(c *DeviceCert) {
			c.PeerPub = publicKey(strange.Peer)
			ignore(dev.Consent(c))
			ignore(root.Certify(c))
		},
		"bad box key": func(c *DeviceCert) {
			c.BoxPub = bytes.Repeat([]byte{0xff}, BoxPubSize) // no ML-KEM key: coefficients out of range
			ignore(dev.Consent(c))
			ignore(root.Certify(c))
		},
		"root as device": func(c *DeviceCert) {
			asDevice := dev
			asDevice.Sign = root.Sign
			c.SignPub = root.SignPub()
			ignore(asDevice.Consent(c))
			ignore(root.Certify(c))
		},
	} {
		c, err := Certify(root, dev, "name")
		if err != nil {
			t.Fatal(err)
		}
		change(&c)
		for who, pub := range map[string]ed25519.PublicKey{"person": root.SignPub(), "other person": other.SignPub(), "nobody": nil} {
			if err := c.Verify(pub); !errors.Is(err, ErrCert) {
				t.Errorf("%s changed, verified for %s: %v, want %v", name, who, err, ErrCert)
			}
		}
	}
}

// resign makes a certificate that is rightly signed but has this name.
func resign(root Root, dev Device, c *DeviceCert, name string) {
	c.Name = name
	ignore(dev.Consent(c))
	ignore(root.Certify(c))
}

// ignore is for signing what the encoder refuses: the certificate then stays unsigned and is refused for
// that.
func ignore(error) {}

func TestCertifyRefusesABadName(t *testing.T) {
	if _, err := Certify(newRoot(t, 1), newDevice(t, 1), "a\tb"); !errors.Is(err, ErrCert) {
		t.Errorf("Certify: %v", err)
	}
}

func TestNothingSecretIsPrinted(t *testing.T) {
	id := newIdentity(t)
	inv := InviteFromSecret([16]byte{7, 7, 7})
	epoch := newEpoch(t, scope)
	box, err := id.Device.Box.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	secrets := [][]byte{
		id.Root.Seed[:], id.Root.Sign.Seed(), id.Device.Sign.Seed(), id.Device.Peer.Seed(), box,
		id.TeamSecret[:], inv.Secret[:], inv.Sign.Seed(), epoch.Key[:],
	}
	for _, value := range []any{id, &id, id.Root, id.Device, id.TeamSecret, inv, epoch, &epoch} {
		for _, verb := range []string{"%v", "%+v", "%s"} {
			text := fmt.Sprintf(verb, value)
			for _, s := range secrets {
				if strings.Contains(text, hex.EncodeToString(s[:8])) || strings.Contains(text, strings.Trim(fmt.Sprint(s[:8]), "[]")) {
					t.Errorf("%s of %T prints a secret: %s", verb, value, text)
				}
			}
		}
	}
}

func FuzzParseDeviceCert(f *testing.F) {
	root := newRoot(f, 1)
	c, err := Certify(root, newDevice(f, 1), "name")
	if err != nil {
		f.Fatal(err)
	}
	b, err := c.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		var (
			got DeviceCert
			err error
		)
		checkAllocated(t, len(b), func() { got, err = ParseDeviceCert(b) })
		if err != nil {
			return
		}
		if got.Verify(root.SignPub()) == nil && (got.DeviceID() != c.DeviceID() || got.Name != c.Name) {
			t.Errorf("a forged certificate is valid: %+v", got)
		}
	})
}

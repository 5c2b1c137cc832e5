package op_test

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tongzhou/sync/op"
)

func signedRegister(t fatal, dev signer, value string) op.Register {
	t.Helper()
	r := op.Register{Scope: op.ScopeTag{1}, Device: dev.id, Key: "read/abc", Version: 3, Epoch: op.EpochRef{9}}
	if err := r.Seal(rand.Reader, bodyKey(t, 1), []byte(value)); err != nil {
		t.Fatalf("Seal: %v", err)
	}
	if err := r.Sign(dev.priv); err != nil {
		t.Fatalf("Sign: %v", err)
	}
	return r
}

func TestRegisterRoundTrip(t *testing.T) {
	dev := newSigner(1)
	rapid.Check(t, func(t *rapid.T) {
		r := op.Register{
			Scope:   op.ScopeTag(drawBytes(t, "scope", 16)),
			Device:  dev.id,
			Key:     rapid.StringMatching(`[!-~]{1,64}`).Draw(t, "key"),
			Version: rapid.Uint64Range(1, math.MaxInt64).Draw(t, "version"),
			Epoch:   op.EpochRef(drawBytes(t, "epoch", 8)),
		}
		value := drawText(t, "value", 8<<10)
		if err := r.Seal(rand.Reader, bodyKey(t, 1), value); err != nil {
			t.Fatalf("Seal: %v", err)
		}
		if err := r.Sign(dev.priv); err != nil {
			t.Fatalf("Sign: %v", err)
		}
		wire := r.AppendTo(nil)
		if len(wire) != r.Size() {
			t.Fatalf("%d bytes on the wire, Size() = %d", len(wire), r.Size())
		}
		got, rest, err := op.ParseRegister(append(wire, "tail"...))
		if err != nil || string(rest) != "tail" {
			t.Fatalf("ParseRegister: rest %q, %v", rest, err)
		}
		if cap(got.Ciphertext) != len(got.Ciphertext) {
			t.Fatalf("appending to the ciphertext would overwrite the signature")
		}
		if err := got.Verify(dev.pub); err != nil {
			t.Fatalf("Verify: %v", err)
		}
		if !bytes.Equal(got.AppendTo(nil), wire) {
			t.Fatalf("encoded again as %x, want %x", got.AppendTo(nil), wire)
		}
		opened, err := got.Open(bodyKey(t, 1))
		if err != nil || !bytes.Equal(opened, value) {
			t.Fatalf("Open = %q, %v; want %q", opened, err, value)
		}
	})
}

func TestRegisterAnyFlippedBitIsNoticed(t *testing.T) {
	dev := newSigner(1)
	r := signedRegister(t, dev, "42")
	wire := r.AppendTo(nil)
	for bit := range 8 * len(wire) {
		flipped := bytes.Clone(wire)
		flipped[bit/8] ^= 1 << (bit % 8)
		got, rest, err := op.ParseRegister(flipped)
		if err == nil && len(rest) == 0 && got.Verify(dev.pub) == nil {
			t.Errorf("bit %d of byte %d can be flipped unnoticed", bit%8, bit/8)
		}
	}
}

func TestRegisterOpensOnlyInItsPlace(t *testing.T) {
	r := signedRegister(t, newSigner(1), "42")
	for name, change := range map[string]func(r *op.Register){
		"scope":   func(r *op.Register) { r.Scope[0]++ },
		"device":  func(r *op.Register) { r.Device[0]++ },
		"key":     func(r *op.Register) { r.Key = "read/abd" },
		"version": func(r *op.Register) { r.Version++ },
		"epoch":   func(r *op.Register) { r.Epoch[0]++ },
	} {
		moved := r
		change(&moved)
		if _, err := moved.Open(bodyKey(t, 1)); !errors.Is(err, op.ErrOpen) {
			t.Errorf("another %s: %v, want %v", name, err, op.ErrOpen)
		}
	}
	if _, err := r.Open(bodyKey(t, 2)); !errors.Is(err, op.ErrOpen) {
		t.Errorf("another key: %v", err)
	}
}

func TestRegisterVerifyWantsTheDevicesKey(t *testing.T) {
	dev, other := newSigner(1), newSigner(2)
	r := signedRegister(t, dev, "42")
	if err := r.Verify(other.pub); !errors.Is(err, op.ErrSignature) {
		t.Errorf("key of another device: %v", err)
	}
	if err := r.Sign(other.priv); err != nil {
		t.Fatal(err)
	}
	if err := r.Verify(other.pub); !errors.Is(err, op.ErrSignature) {
		t.Errorf("signed in the name of another device: %v", err)
	}
}

func TestRegisterLimits(t *testing.T) {
	dev := newSigner(1)
	for name, change := range map[string]func(r *op.Register){
		"no key":       func(r *op.Register) { r.Key = "" },
		"long key":     func(r *op.Register) { r.Key = strings.Repeat("k", op.MaxRegisterKey+1) },
		"control key":  func(r *op.Register) { r.Key = "a\nb" },
		"version 0":    func(r *op.Register) { r.Version = 0 },
		"version 2^63": func(r *op.Register) { r.Version = 1 << 63 },
		"large value":  func(r *op.Register) { r.Ciphertext = make([]byte, op.MaxRegisterCiphertext+1) },
	} {
		r := signedRegister(t, dev, "42")
		change(&r)
		if err := r.Sign(dev.priv); !errors.Is(err, op.ErrRegister) {
			t.Errorf("%s: Sign: %v", name, err)
		}
		if err := r.Verify(dev.pub); !errors.Is(err, op.ErrRegister) {
			t.Errorf("%s: Verify: %v", name, err)
		}
		_, _, err := op.ParseRegister(r.AppendTo(nil))
		if !errors.Is(err, op.ErrRegister) && !errors.Is(err, op.ErrTooLarge) {
			t.Errorf("%s: ParseRegister: %v", name, err)
		}
	}
	r := op.Register{Key: "k", Version: 1}
	if err := r.Seal(rand.Reader, bodyKey(t, 1), bytes.Repeat([]byte("k"), op.MaxPlain+1)); !errors.Is(err, op.ErrTooLarge) {
		t.Errorf("Seal of a huge value: %v", err)
	}
}

func TestParseRegisterChecksLengthsFirst(t *testing.T) {
	r := signedRegister(t, newSigner(1), "42")
	wire := r.AppendTo(nil)
	for n := range len(wire) {
		if _, _, err := op.ParseRegister(wire[:n]); !errors.Is(err, op.ErrTruncated) {
			t.Fatalf("cut to %d bytes: %v", n, err)
		}
	}
	huge := bytes.Clone(wire)
	binary.BigEndian.PutUint32(huge[50:], math.MaxUint32)
	if _, _, err := op.ParseRegister(huge); !errors.Is(err, op.ErrTooLarge) {
		t.Errorf("claims 4 GiB: %v", err)
	}
	newer := bytes.Clone(wire)
	newer[0] = 2
	if _, _, err := op.ParseRegister(newer); !errors.Is(err, op.ErrVersion) {
		t.Errorf("version 2: %v", err)
	}
}

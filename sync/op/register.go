package op

import (
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// registerDomain starts both what the signature of a register covers and its associated data.
const registerDomain = "teamreg1"

// Limits of a register.
const (
	MaxRegisterKey        = 64       // bytes
	MaxRegisterCiphertext = 16 << 10 // bytes
)

// registerHead is the fixed part of the wire form: version, scope, device, epoch, register version,
// length of the key, length of the ciphertext.
const registerHead = 1 + 16 + 16 + 8 + 8 + 1 + 4

// ErrRegister is returned for a register that no correct device writes.
var ErrRegister = errors.New("malformed register")

// Register is the latest value of something that changes constantly, such as a read mark or a draft.
// The one with the highest Version per (scope, device, key) is kept, others are dropped. The key is in
// the clear; what it must not tell goes into it as a hash. On the wire:
// head ‖ key ‖ ciphertext ‖ signature.
type Register struct {
	Scope      ScopeTag
	Device     DeviceID
	Key        string
	Version    uint64 // from 1
	Epoch      EpochRef
	Ciphertext []byte
	Sig        [SigSize]byte
}

// Seal encrypts plain as the value. Scope, Device, Key, Version and Epoch must be final.
func (r *Register) Seal(random io.Reader, key BodyKey, plain []byte) error {
	ct, err := seal(random, key, r.appendAAD(nil), plain, MaxRegisterCiphertext)
	if err != nil {
		return fmt.Errorf("seal register: %w", err)
	}
	r.Ciphertext = ct
	return nil
}

// Open decrypts the value. The error wraps ErrOpen when key, place or ciphertext are not the right ones.
func (r *Register) Open(key BodyKey) ([]byte, error) {
	plain, err := open(key, r.appendAAD(nil), r.Ciphertext)
	if err != nil {
		return nil, fmt.Errorf("open register: %w", err)
	}
	return plain, nil
}

// appendAAD binds the value to its place, like the header of an op does.
func (r *Register) appendAAD(b []byte) []byte {
	b = append(b, registerDomain...)
	return append(r.appendHead(b, 0), r.Key...)
}

func (r *Register) appendHead(b []byte, ctLen int) []byte {
	b = append(b, Version)
	b = append(b, r.Scope[:]...)
	b = append(b, r.Device[:]...)
	b = append(b, r.Epoch[:]...)
	b = binary.BigEndian.AppendUint64(b, r.Version)
	b = append(b, byte(len(r.Key)))
	return binary.BigEndian.AppendUint32(b, uint32(ctLen))
}

func (r *Register) appendUnsigned(b []byte) []byte {
	b = r.appendHead(b, len(r.Ciphertext))
	b = append(b, r.Key...)
	return append(b, r.Ciphertext...)
}

// Sign signs the register. The error wraps ErrRegister when it exceeds a limit.
func (r *Register) Sign(priv ed25519.PrivateKey) error {
	if err := r.check(); err != nil {
		return fmt.Errorf("sign register: %w", err)
	}
	r.Sig = [SigSize]byte(ed25519.Sign(priv, r.appendUnsigned([]byte(registerDomain))))
	return nil
}

// Verify checks that the register's device has the key pub and signed it.
func (r *Register) Verify(pub ed25519.PublicKey) error {
	if err := r.check(); err != nil {
		return fmt.Errorf("verify register: %w", err)
	}
	if r.Device != DeviceIDOf(pub) || !ed25519.Verify(pub, r.appendUnsigned([]byte(registerDomain)), r.Sig[:]) {
		return fmt.Errorf("verify register: %w", ErrSignature)
	}
	return nil
}

func (r *Register) check() error {
	switch {
	case r.Key == "" || len(r.Key) > MaxRegisterKey || !printable(r.Key):
		return fmt.Errorf("%w: key of %d bytes", ErrRegister, len(r.Key))
	case r.Version == 0 || r.Version > math.MaxInt64:
		return fmt.Errorf("%w: version %d", ErrRegister, r.Version)
	case len(r.Ciphertext) > MaxRegisterCiphertext:
		return fmt.Errorf("%w: %d bytes of ciphertext", ErrRegister, len(r.Ciphertext))
	}
	return nil
}

// Size is the length of the wire form in bytes.
func (r *Register) Size() int { return registerHead + len(r.Key) + len(r.Ciphertext) + SigSize }

// AppendTo appends the wire form.
func (r *Register) AppendTo(b []byte) []byte {
	return append(r.appendUnsigned(b), r.Sig[:]...)
}

// ParseRegister reads one register from the front of b and returns what follows it. The ciphertext
// aliases b. Only the form is checked, not the signature.
func ParseRegister(b []byte) (r Register, rest []byte, err error) {
	if len(b) < registerHead {
		return Register{}, nil, fmt.Errorf("parse register: %w: %d bytes", ErrTruncated, len(b))
	}
	if b[0] != Version {
		return Register{}, nil, fmt.Errorf("parse register: %w: %d", ErrVersion, b[0])
	}
	keyLen, ctLen := int(b[49]), int64(binary.BigEndian.Uint32(b[50:]))
	if ctLen > MaxRegisterCiphertext {
		return Register{}, nil, fmt.Errorf("parse register: %w: %d bytes", ErrTooLarge, ctLen)
	}
	keyEnd := registerHead + keyLen
	ctEnd := keyEnd + int(ctLen)
	if len(b) < ctEnd+SigSize {
		return Register{}, nil, fmt.Errorf("parse register: %w: %d bytes, want %d", ErrTruncated, len(b), ctEnd+SigSize)
	}
	r = Register{
		Scope:      ScopeTag(b[1:17]),
		Device:     DeviceID(b[17:33]),
		Epoch:      EpochRef(b[33:41]),
		Version:    binary.BigEndian.Uint64(b[41:49]),
		Key:        string(b[registerHead:keyEnd]),
		Ciphertext: b[keyEnd:ctEnd:ctEnd],
		Sig:        [SigSize]byte(b[ctEnd:]),
	}
	if err := r.check(); err != nil {
		return Register{}, nil, fmt.Errorf("parse register: %w", err)
	}
	return r, b[ctEnd+SigSize:], nil
}

package vault

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/text/unicode/norm"
)

// Params are the cost of Argon2id.
type Params struct {
	Memory  uint32 `cbor:"1,keyasint"` // KiB
	Time    uint32 `cbor:"2,keyasint"` // passes
	Threads uint8  `cbor:"3,keyasint"`
}

// DefaultParams cost half a second on a machine with two cores.
func DefaultParams() Params { return Params{Memory: 128 << 10, Time: 8, Threads: 4} }

// Bounds of what a file may ask for: more than anybody needs, and less than hurts.
const (
	maxMemory  = 512 << 10 // KiB
	maxTime    = 16
	maxThreads = 16
)

func (p Params) check() error {
	if p.Memory == 0 || p.Memory > maxMemory || p.Time == 0 || p.Time > maxTime || p.Threads == 0 || p.Threads > maxThreads {
		return fmt.Errorf("%w: cost of the passphrase out of bounds", ErrDamaged)
	}
	return nil
}

const saltSize = 16

// stretch derives a key from what the person types, in the one form of Unicode, so that the same key presses give the same key
// on every system.
func (p Params) stretch(passphrase string, salt []byte) [32]byte {
	return [32]byte(argon2.IDKey([]byte(norm.NFKC.String(passphrase)), salt, p.Time, p.Memory, p.Threads, 32))
}

// Stretch derives a key from a passphrase for something that is sealed outside of the vault. The error says that the cost is out
// of bounds, as a hostile file may ask for.
func (p Params) Stretch(passphrase string, salt []byte) ([32]byte, error) {
	if err := p.check(); err != nil {
		return [32]byte{}, err
	}
	return p.stretch(passphrase, salt), nil
}

func plainStaffNo(s string) string { return strings.ToLower(strings.TrimSpace(norm.NFKC.String(s))) }

// derive makes a key for one purpose from the vault key.
func derive(key [32]byte, label string) [32]byte { return deriveFrom(key[:], label) }

// deriveFrom makes a key for one purpose from a random secret.
func deriveFrom(secret []byte, label string) [32]byte {
	out, err := hkdf.Key(sha256.New, secret, nil, "tongzhou/vault/1/"+label, 32)
	if err != nil {
		panic(fmt.Sprintf("vault: derive %s: %v", label, err)) // only for impossible lengths
	}
	return [32]byte(out)
}

// seal encrypts; what is also protected, but not hidden, is in also.
func seal(key [32]byte, also, plain []byte) []byte {
	aead := newAEAD(key)
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
	_, _ = rand.Read(nonce) // never fails
	return aead.Seal(nonce, nonce, plain, also)
}

// unseal is the reverse of seal. ok is false for another key, and for anything that was changed.
func unseal(key [32]byte, also, sealed []byte) (plain []byte, ok bool) {
	aead := newAEAD(key)
	if len(sealed) < aead.NonceSize() {
		return nil, false
	}
	plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], also)
	return plain, err == nil
}

func newAEAD(key [32]byte) cipher.AEAD {
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		panic(fmt.Sprintf("vault: %v", err)) // only for keys of another length
	}
	return aead
}

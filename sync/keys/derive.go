package keys

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/sha256"
	"fmt"
	"io"
)

// derive is HKDF-SHA256 without salt; info is label ‖ 0 ‖ context. The context of one label always has
// the same length.
func derive(secret []byte, label string, context ...byte) [32]byte {
	key, err := hkdf.Key(sha256.New, secret, nil, label+"\x00"+string(context), 32)
	if err != nil {
		panic(fmt.Sprintf("keys: derive %s: %v", label, err)) // only for impossible lengths
	}
	return [32]byte(key)
}

// hash is SHA-256(label ‖ 0 ‖ parts). The parts of one label always have the same lengths, except for the last.
func hash(label string, parts ...[]byte) [32]byte {
	h := sha256.New()
	h.Write([]byte(label + "\x00"))
	for _, p := range parts {
		h.Write(p)
	}
	return [32]byte(h.Sum(nil))
}

// boxKEM is the key encapsulation of every box: hybrid, so that traffic recorded today stays closed
// to a quantum computer.
func boxKEM() hpke.KEM { return hpke.MLKEM768X25519() }

func signKey(secret []byte, label string) ed25519.PrivateKey {
	seed := derive(secret, label)
	return ed25519.NewKeyFromSeed(seed[:])
}

func boxKey(secret []byte, label string) (hpke.PrivateKey, error) {
	seed := derive(secret, label)
	key, err := boxKEM().NewPrivateKey(seed[:])
	if err != nil {
		return nil, fmt.Errorf("derive box key: %w", err)
	}
	return key, nil
}

func read32(random io.Reader) (b [32]byte, err error) {
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return b, fmt.Errorf("read randomness: %w", err)
	}
	return b, nil
}

func publicKey(priv ed25519.PrivateKey) ed25519.PublicKey {
	return priv.Public().(ed25519.PublicKey)
}

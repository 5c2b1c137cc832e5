package keys

import (
	"crypto/ed25519"
	"crypto/hpke"
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/chacha20poly1305"
)

// ErrLetter is returned for a letter that does not open with this key.
var ErrLetter = errors.New("letter does not open")

// LetterKey closes the letters in an invitation's mailbox: every member derives it, the link carries it, and the relay in
// whose box they lie has it not.
type LetterKey [16]byte

// LetterKey derives the key of the invitation with a public key.
func (s TeamSecret) LetterKey(invite ed25519.PublicKey) LetterKey {
	key := derive(s[:], "invite-letter", invite...)
	return LetterKey(key[:16])
}

// String hides the key.
func (LetterKey) String() string { return "letter key" }

// Seal closes a letter.
func (k LetterKey) Seal(random io.Reader, plain []byte) ([]byte, error) {
	key := derive(k[:], "letter")
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		return nil, fmt.Errorf("seal letter: %w", err)
	}
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
	if _, err := io.ReadFull(random, nonce); err != nil {
		return nil, fmt.Errorf("seal letter: %w", err)
	}
	return aead.Seal(nonce, nonce, plain, nil), nil
}

// Open is the reverse of Seal. The error wraps ErrLetter.
func (k LetterKey) Open(sealed []byte) ([]byte, error) {
	key := derive(k[:], "letter")
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		return nil, fmt.Errorf("open letter: %w", err)
	}
	if len(sealed) < aead.NonceSize() {
		return nil, ErrLetter
	}
	plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], nil)
	if err != nil {
		return nil, ErrLetter
	}
	return plain, nil
}

// letterInfo keeps what is sealed to a device by letter from being taken for the key of an epoch.
const letterInfo = "tongzhou/letter/1\x00"

// SealTo closes a letter so that only the device that owns boxPub opens it. about is what it is for.
func SealTo(boxPub, about, plain []byte) ([]byte, error) {
	pub, err := boxKEM().NewPublicKey(boxPub)
	if err != nil {
		return nil, fmt.Errorf("seal letter: %w", err)
	}
	sealed, err := hpke.Seal(pub, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), append([]byte(letterInfo), about...), plain)
	if err != nil {
		return nil, fmt.Errorf("seal letter: %w", err)
	}
	return sealed, nil
}

// OpenLetter is the reverse of SealTo. The error wraps ErrLetter.
func (d Device) OpenLetter(about, sealed []byte) ([]byte, error) {
	plain, err := hpke.Open(d.Box, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), append([]byte(letterInfo), about...), sealed)
	if err != nil {
		return nil, ErrLetter
	}
	return plain, nil
}

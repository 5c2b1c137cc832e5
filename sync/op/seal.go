package op

import (
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/chacha20poly1305"
)

// BodyKey encrypts the bodies of one epoch: XChaCha20-Poly1305, built by package keys and cached there.
type BodyKey = cipher.AEAD

// sealOverhead is the nonce in front and the tag behind.
const sealOverhead = chacha20poly1305.NonceSizeX + chacha20poly1305.Overhead

// Errors of sealing and opening.
var (
	ErrOpen  = errors.New("body does not open with this key at this place")
	ErrFlags = errors.New("op uses flags of a newer version")
)

// SealBody encrypts plain for the place that h describes. Version, Kind, Scope, Device, Incarnation,
// Seq, Prev and Epoch of h must be final; Sign fills in the rest. The error wraps ErrTooLarge when the
// result exceeds the limit of the kind.
func SealBody(key BodyKey, h Header, plain []byte) ([]byte, error) {
	return SealBodyFrom(rand.Reader, key, h, plain)
}

// SealBodyFrom is SealBody with the nonce read from random. A nonce must never repeat under one key.
func SealBodyFrom(random io.Reader, key BodyKey, h Header, plain []byte) ([]byte, error) {
	if h.Flags != 0 && !h.Expires() {
		return nil, fmt.Errorf("seal body: %w", ErrFlags)
	}
	h.CiphertextLen = 0
	if err := h.check(); err != nil {
		return nil, fmt.Errorf("seal body: %w", err)
	}
	ct, err := seal(random, key, h.appendAAD(make([]byte, 0, aadSize)), plain, h.maxCiphertext())
	if err != nil {
		return nil, fmt.Errorf("seal body: %w", err)
	}
	return ct, nil
}

// OpenBody decrypts what SealBody sealed for the place that h describes. ct is not changed. The error
// wraps ErrOpen when key, place or ciphertext are not the right ones.
func OpenBody(key BodyKey, h Header, ct []byte) ([]byte, error) {
	if h.Flags != 0 && !h.Expires() {
		return nil, fmt.Errorf("open body: %w", ErrFlags)
	}
	// One buffer for associated data and plaintext: this runs once per op of a whole history.
	buf := make([]byte, aadSize, aadSize+max(len(ct)-sealOverhead, 0))
	h.appendAAD(buf[:0])
	plain, err := open(key, buf, ct)
	if err != nil {
		return nil, fmt.Errorf("open body: %w", err)
	}
	return plain, nil
}

// seal packs and encrypts; the result is at most limit bytes.
func seal(random io.Reader, key cipher.AEAD, aad, plain []byte, limit int) ([]byte, error) {
	if key.NonceSize() != chacha20poly1305.NonceSizeX || key.Overhead() != chacha20poly1305.Overhead {
		return nil, errors.New("key is not XChaCha20-Poly1305")
	}
	out := make([]byte, chacha20poly1305.NonceSizeX, chacha20poly1305.NonceSizeX+padded(len(plain)+packOverhead)+chacha20poly1305.Overhead)
	nonce := out[:chacha20poly1305.NonceSizeX]
	if _, err := io.ReadFull(random, nonce); err != nil {
		return nil, fmt.Errorf("read nonce: %w", err)
	}
	out, err := pack(out, plain, limit-sealOverhead)
	if err != nil {
		return nil, err
	}
	return key.Seal(out[:len(nonce)], nonce, out[len(nonce):], aad), nil
}

// open decrypts into the room behind aad and unpacks.
func open(key cipher.AEAD, aad, ct []byte) ([]byte, error) {
	if len(ct) < sealOverhead || key.NonceSize() != chacha20poly1305.NonceSizeX {
		return nil, ErrOpen
	}
	nonce, sealed := ct[:chacha20poly1305.NonceSizeX], ct[chacha20poly1305.NonceSizeX:]
	packed, err := key.Open(aad[len(aad):], nonce, sealed, aad)
	if err != nil {
		return nil, ErrOpen
	}
	return unpack(packed)
}

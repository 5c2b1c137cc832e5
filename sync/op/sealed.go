package op

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
)

// domain keeps a signature over an op from being mistaken for one over something else.
const domain = "teamop1"

// minSealed is the least that Parse needs: header and signature.
const minSealed = HeaderSize + SigSize

// Errors of ops that are well formed but not what was signed.
var (
	ErrSignature  = errors.New("signature does not match")
	ErrCiphertext = errors.New("ciphertext does not match the header")
)

// Sealed is a signed op with its encrypted body, or the stub of one. On the wire and on disk it is
// header ‖ signature ‖ ciphertext, without the last for a stub, which has a bit of its own in the first byte.
type Sealed struct {
	Header
	Sig        [SigSize]byte
	Ciphertext []byte
	Stub       bool // Ciphertext is gone for good; the rest proves what it proved
}

// Sign completes h with the length and hash of ct and signs it. The Sealed keeps ct.
func Sign(h Header, ct []byte, priv ed25519.PrivateKey) Sealed {
	h.CiphertextLen = uint32(len(ct))
	h.CiphertextHash = sha256.Sum256(ct)
	s := Sealed{Header: h, Ciphertext: ct}
	var buf [len(domain) + HeaderSize]byte
	s.Sig = [SigSize]byte(ed25519.Sign(priv, s.signed(&buf)))
	return s
}

// signed writes what the signature covers into buf.
func (s *Sealed) signed(buf *[len(domain) + HeaderSize]byte) []byte {
	return s.Header.AppendTo(append(buf[:0], domain...))
}

// ID is the opid, SHA-256(header ‖ signature).
func (s *Sealed) ID() ID {
	var buf [minSealed]byte
	return sha256.Sum256(append(s.Header.AppendTo(buf[:0]), s.Sig[:]...))
}

// Size is the length of the wire form in bytes.
func (s *Sealed) Size() int { return minSealed + len(s.Ciphertext) }

// AppendTo appends the wire form.
func (s *Sealed) AppendTo(b []byte) []byte {
	at := len(b)
	b = s.Header.AppendTo(b)
	if s.Stub {
		b[at] |= stubBit
	}
	b = append(b, s.Sig[:]...)
	return append(b, s.Ciphertext...)
}

// Parse reads one op from the front of b and returns what follows it. The ciphertext aliases b. Only
// the form is checked, not hash and signature. It allocates nothing.
func Parse(b []byte) (s Sealed, rest []byte, err error) {
	if err := s.parse(b); err != nil {
		return Sealed{}, nil, fmt.Errorf("parse op: %w", err)
	}
	if s.Stub {
		return s, b[minSealed:], nil
	}
	end := minSealed + int(s.CiphertextLen)
	s.Ciphertext = b[minSealed:end:end]
	return s, b[end:], nil
}

func (s *Sealed) parse(b []byte) error {
	if err := s.read(b); err != nil {
		return err
	}
	if s.Version == Version|stubBit {
		s.Version, s.Stub = Version, true
	}
	if err := s.Header.check(); err != nil {
		return err
	}
	want := int(s.CiphertextLen)
	if s.Stub {
		if err := s.checkStub(); err != nil {
			return err
		}
		want = 0
	}
	if have := len(b) - minSealed; have < want {
		return fmt.Errorf("%w: %d bytes of ciphertext, want %d", ErrTruncated, max(have, 0), want)
	}
	s.Sig = [SigSize]byte(b[HeaderSize:])
	return nil
}

// VerifySig reports whether pub signed the header.
func (s *Sealed) VerifySig(pub ed25519.PublicKey) bool {
	var buf [len(domain) + HeaderSize]byte
	return len(pub) == ed25519.PublicKeySize && ed25519.Verify(pub, s.signed(&buf), s.Sig[:])
}

// CheckBody compares the ciphertext with length and hash in the header. A stub has none to compare.
func (s *Sealed) CheckBody() error {
	if s.Stub {
		return s.checkStub()
	}
	if len(s.Ciphertext) != int(s.CiphertextLen) || sha256.Sum256(s.Ciphertext) != s.CiphertextHash {
		return fmt.Errorf("%w: seq %d", ErrCiphertext, s.Seq)
	}
	return nil
}

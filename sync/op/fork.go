package op

import (
	"crypto/ed25519"
	"errors"
	"fmt"
)

// ErrNoFork is returned for a pair of ops that proves nothing.
var ErrNoFork = errors.New("ops do not prove a fork")

// ForkProof is two signed ops of one feed at one seq: the device's database was copied or rolled back,
// or its owner lies. Every replica freezes the feed before that seq and keeps the proof; the device goes
// on under a new incarnation. Ciphertexts are not part of the proof.
type ForkProof struct{ A, B Sealed }

// Verify checks that the device with this key signed both.
func (p *ForkProof) Verify(pub ed25519.PublicKey) error {
	a, b := &p.A, &p.B
	switch {
	case !a.sameFeed(&b.Header) || a.Seq != b.Seq:
		return fmt.Errorf("%w: different places", ErrNoFork)
	case a.ID() == b.ID():
		return fmt.Errorf("%w: the same op twice", ErrNoFork)
	case a.Device != DeviceIDOf(pub):
		return fmt.Errorf("%w: device %s does not sign with this key", ErrNoFork, a.Device)
	case !a.VerifySig(pub) || !b.VerifySig(pub):
		return fmt.Errorf("%w: %w", ErrNoFork, ErrSignature)
	}
	return nil
}

// AppendTo appends header ‖ signature of both ops, 376 bytes.
func (p *ForkProof) AppendTo(b []byte) []byte {
	for _, s := range []*Sealed{&p.A, &p.B} {
		b = s.Header.AppendTo(b)
		b = append(b, s.Sig[:]...)
	}
	return b
}

// ParseForkProof reads exactly one proof. The ops come without their ciphertexts.
func ParseForkProof(b []byte) (ForkProof, error) {
	if len(b) != 2*minSealed {
		return ForkProof{}, fmt.Errorf("parse fork proof: %w: %d bytes", ErrTruncated, len(b))
	}
	var p ForkProof
	for i, s := range []*Sealed{&p.A, &p.B} {
		part := b[i*minSealed:]
		if err := s.Header.parse(part); err != nil {
			return ForkProof{}, fmt.Errorf("parse fork proof: %w", err)
		}
		s.Sig = [SigSize]byte(part[HeaderSize:])
	}
	return p, nil
}

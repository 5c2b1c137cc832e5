package op

import (
	"crypto/ed25519"
	"errors"
	"fmt"
)

// ErrChain is returned for ops that do not follow each other in one feed.
var ErrChain = errors.New("ops do not form a chain")

// VerifyChain checks a run of consecutive ops of one feed, of which the first has sequence number
// firstSeq and follows the op prev (zero at the start of a feed). It hashes the chain and every
// ciphertext but verifies only the last signature: that one covers all the others, because each Prev
// covers its predecessor's signature. Stubs are links like others: whether one may stand in its place is
// for the caller to say. A run fetched newest first is checked with prev = ops[0].Prev; the run before it
// then has to end in exactly that op.
//
// The error wraps ErrChain, ErrCiphertext or ErrSignature. Nothing of the run may be kept then: which
// op is the bad one cannot be told.
func VerifyChain(prev ID, firstSeq uint64, ops []Sealed, pub ed25519.PublicKey) error {
	if len(ops) == 0 {
		return fmt.Errorf("%w: no ops", ErrChain)
	}
	first := &ops[0].Header
	if first.Device != DeviceIDOf(pub) {
		return fmt.Errorf("%w: device %s does not sign with this key", ErrChain, first.Device)
	}
	for i := range ops {
		s := &ops[i]
		if err := s.Header.check(); err != nil {
			return fmt.Errorf("verify chain: %w", err)
		}
		if !s.Header.sameFeed(first) {
			return fmt.Errorf("%w: op %d is of another feed", ErrChain, i)
		}
		if s.Seq != firstSeq+uint64(i) || s.Prev != prev {
			return fmt.Errorf("%w: op %d (seq %d) does not follow seq %d", ErrChain, i, s.Seq, firstSeq+uint64(i)-1)
		}
		if err := s.CheckBody(); err != nil {
			return fmt.Errorf("verify chain: %w", err)
		}
		prev = s.ID()
	}
	if !ops[len(ops)-1].VerifySig(pub) {
		return fmt.Errorf("verify chain: %w: head at seq %d", ErrSignature, ops[len(ops)-1].Seq)
	}
	return nil
}

func (h *Header) sameFeed(o *Header) bool {
	return h.Scope == o.Scope && h.Device == o.Device && h.Incarnation == o.Incarnation
}

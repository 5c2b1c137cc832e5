package op

import (
	"errors"
	"fmt"
	"time"

	"tongzhou/sync/hlc"
)

// This file says how long an op lives, as far as its clear header tells (SPEC H1, H4, H7).

// expires is the flag of an op whose kind expires; the bits below it are the week of its clock.
const expires = 1 << 15

const weekMillis = 7 * 24 * int64(time.Hour/time.Millisecond)

// stubBit stands in the version byte of an op that is stored without its ciphertext. It is not signed: the header is as it was.
const stubBit = 0x80

// ErrStub is returned for a stub of an op that never expires.
var ErrStub = errors.New("op may not be without its body")

// ExpiryFlags are the flags of an op that expires, written at t.
func ExpiryFlags(t hlc.Time) uint16 { return expires | uint16(t.Millis()/weekMillis)&(expires-1) }

// Expires tells whether the op says that it expires.
func (h *Header) Expires() bool { return h.Kind == Content && h.Flags&expires != 0 }

// Week is when the week begins, and when it is over, in which an op that expires says that it was written, ms since 1970.
func (h *Header) Week() (from, over int64) {
	from = int64(h.Flags&(expires-1)) * weekMillis
	return from, from + weekMillis
}

// Pruned is the op's stub.
func (s Sealed) Pruned() Sealed {
	s.Stub, s.Ciphertext = true, nil
	return s
}

func (s *Sealed) checkStub() error {
	if !s.Header.Expires() {
		return fmt.Errorf("%w: seq %d", ErrStub, s.Seq)
	}
	return nil
}

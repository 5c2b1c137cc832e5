package keys

import (
	"crypto/rand"
	mathrand "math/rand/v2"

	"tongzhou/sync/op"
)

// fatal is what testing.T, testing.B, testing.F and rapid.T have in common.
type fatal interface {
	Helper()
	Fatalf(format string, args ...any)
}

// fixed is a reproducible source of bytes for everything that takes its randomness from outside.
func fixed(seed byte) *mathrand.ChaCha8 { return mathrand.NewChaCha8([32]byte{seed}) }

func newRoot(t fatal, seed byte) Root {
	t.Helper()
	r, err := NewRoot([32]byte{seed})
	if err != nil {
		t.Fatalf("NewRoot: %v", err)
	}
	return r
}

func newDevice(t fatal, seed byte) Device {
	t.Helper()
	d, err := NewDevice(fixed(seed))
	if err != nil {
		t.Fatalf("NewDevice: %v", err)
	}
	return d
}

func newEpoch(t fatal, scope op.ScopeID, parents ...Epoch) Epoch {
	t.Helper()
	e, err := NewEpoch(rand.Reader, scope, parents...)
	if err != nil {
		t.Fatalf("NewEpoch: %v", err)
	}
	return e
}

func announce(t fatal, e Epoch, history History, parents []Epoch, to ...Recipient) EpochNew {
	t.Helper()
	n, adds, err := e.Announce(rand.Reader, team, history, parents, Digest{1}, to)
	if err != nil || len(adds) != 0 {
		t.Fatalf("Announce: %d adds, %v", len(adds), err)
	}
	return n
}

func (d Device) recipient() Recipient {
	return Recipient{Device: d.ID, BoxPub: d.Box.PublicKey().Bytes()}
}

var (
	team  = op.TeamID{1}
	scope = op.ScopeID{2}
)

// flip returns b with one bit changed.
func flip(b []byte, bit int) []byte {
	changed := make([]byte, len(b))
	copy(changed, b)
	changed[bit/8] ^= 1 << (bit % 8)
	return changed
}

package store

import (
	"bytes"
	"testing"

	"tongzhou/sync/op"
)

// runsContract: what is read does not depend on how ops came together, nor on where a question begins and ends in what did.
func runsContract(t *testing.T, s Store) {
	ctx := t.Context()
	team := addTeam(t, s, 1)
	kinds := make([]op.Kind, 90)
	for i := range kinds {
		kinds[i] = op.Content
		if i%20 == 7 || i == 8 {
			kinds[i] = op.Epoch
		}
	}
	ops := chain(op.ScopeTag{1}, 1, op.ID{}, len(kinds), kinds...)
	var f Feed
	at := map[int]int64{} // when each came
	for from, n := range []int{1, 2, 40, 1, 6, 40} {
		first := len(at)
		for i := range n {
			at[first+i] = int64(from)
		}
		f = appendOps(t, s, team, int64(from), ops[first:first+n]...)
	}
	for from := range ops {
		for _, n := range []int{1, 2, 31, 32, 33, 90} {
			to := min(from+n, len(ops))
			b, got, err := s.Ops(ctx, f.No, uint64(from+1), uint64(from+n), 1<<20, 100)
			if err != nil || got != to-from || !bytes.Equal(b, raw(ops[from:to])) {
				t.Fatalf("%d from %d: %d ops, %v", n, from+1, got, err)
			}
		}
	}
	for arrival := range int64(6) {
		if oldest, err := s.OldestAhead(ctx, team.No, arrival); err != nil || oldest != arrival {
			t.Errorf("ahead of %d: %d, %v", arrival, oldest, err)
		}
	}
	update(t, s, func(tx Tx) error { // those of the first three arrivals
		_, n, err := tx.Collect(ctx, team.No, f, 3, 100, 1000)
		if n != 43 {
			t.Errorf("%d ops are collected", n)
		}
		return err
	})
	for _, from := range []uint64{1, 9, 40} {
		if b, n, err := s.Ops(ctx, f.No, from, 90, 1<<20, 100); n > 1 || err != nil || n == 1 && !bytes.Equal(b, raw(ops[from-1:from])) {
			t.Errorf("from %d, which is gone or alone: %d ops, %v", from, n, err)
		}
	}
	if b, n, err := s.Ops(ctx, f.No, 44, 90, 1<<20, 100); n != 47 || err != nil || !bytes.Equal(b, raw(ops[43:])) {
		t.Errorf("what is left: %d ops, %v", n, err)
	}
}

// A run is of one kind and bounded, and every op is in one.
func TestFirstRun(t *testing.T) {
	large := op.Sealed{Header: op.Header{Kind: op.Content}, Ciphertext: make([]byte, maxRunBytes)}
	small := chain(op.ScopeTag{1}, 1, op.ID{}, maxRunOps+1, op.Content)
	epochs := chain(op.ScopeTag{1}, 1, op.ID{}, 2, op.Epoch)
	control := chain(op.ScopeTag{1}, 1, op.ID{}, 1, op.Control)
	for name, c := range map[string]struct {
		ops  []op.Sealed
		want int
	}{
		"as many as there are": {small[:3], 3},
		"as many as allowed":   {small, maxRunOps},
		"epoch ops alone":      {epochs, 1},
		"before an epoch op":   {append(small[:2:2], epochs...), 2},
		"of one kind":          {append(small[:4:4], control...), 4},
		"no more than fits":    {append(small[:1:1], large), 1},
		"one at least":         {[]op.Sealed{large, small[0]}, 1},
	} {
		size := 0
		for i := range c.ops[:c.want] {
			size += c.ops[i].Size()
		}
		if n, got := firstRun(c.ops); n != c.want || got != size {
			t.Errorf("%s: %d ops of %d bytes, want %d of %d", name, n, got, c.want, size)
		}
	}
}

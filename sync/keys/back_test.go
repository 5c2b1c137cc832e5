package keys

import (
	"crypto/rand"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"tongzhou/sync/op"
)

// book is a scope's announcements by ref.
type book map[op.EpochRef]EpochNew

func (b book) find(ref op.EpochRef) (EpochNew, bool) { n, ok := b[ref]; return n, ok }

func (b book) rotate(t fatal, history History, parents ...Epoch) Epoch {
	t.Helper()
	e := newEpoch(t, scope, parents...)
	b[e.Ref] = announce(t, e, history, parents)
	return e
}

// A newcomer who gets the newest key can read everything before it (R57), through any history of
// concurrent rotations.
func TestAncestorsOpensTheWholeHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := book{}
		all := []Epoch{b.rotate(t, FullHistory)}
		heads := []Epoch{all[0]}
		for range rapid.IntRange(0, 8).Draw(t, "rotations") {
			var e Epoch
			if rapid.Bool().Draw(t, "merge") {
				e = b.rotate(t, FullHistory, heads...)
				heads = nil
			} else { // concurrent: by somebody who knows only one head
				i := rapid.IntRange(0, len(heads)-1).Draw(t, "after")
				e = b.rotate(t, FullHistory, heads[i])
				if rapid.Bool().Draw(t, "known to all") {
					heads = append(heads[:i:i], heads[i+1:]...)
				}
			}
			heads = append(heads, e)
			all = append(all, e)
		}
		newest := b.rotate(t, FullHistory, heads...)
		got, err := newest.Ancestors(b.find)
		if err != nil || len(got) != len(all) {
			t.Fatalf("opened %d of %d epochs, %v", len(got), len(all), err)
		}
		keys := map[op.EpochRef][32]byte{}
		for _, e := range got {
			keys[e.Ref] = e.Key
		}
		for _, e := range all {
			if keys[e.Ref] != e.Key {
				t.Fatalf("%v was opened to another key", e)
			}
		}
	})
}

func TestAncestorsStopsAtJoining(t *testing.T) {
	b := book{}
	first := b.rotate(t, FullHistory)
	second := b.rotate(t, FromJoining, first)
	third := b.rotate(t, FullHistory, second)
	got, err := third.Ancestors(b.find)
	if err != nil || len(got) != 1 || got[0].Key != second.Key {
		t.Errorf("opened %v, %v; want %v only", got, err, second)
	}
}

func TestAncestorsWaitsForMissingAnnouncements(t *testing.T) {
	b := book{}
	first := b.rotate(t, FullHistory)
	second := b.rotate(t, FullHistory, first)
	third := b.rotate(t, FullHistory, second)
	missing := b[second.Ref]
	delete(b, second.Ref)
	if got, err := third.Ancestors(b.find); err != nil || len(got) != 0 {
		t.Errorf("opened %v, %v; want none for now", got, err)
	}
	b[second.Ref] = missing
	if got, err := third.Ancestors(b.find); err != nil || len(got) != 2 || got[0].Ref != second.Ref || got[1].Ref != first.Ref {
		t.Errorf("opened %v, %v; want second and first", got, err)
	}
}

func TestAncestorsNoticesFalseKeys(t *testing.T) {
	setUp := func() (b book, honest, newest Epoch) {
		b = book{}
		honest, other := b.rotate(t, FullHistory), b.rotate(t, FullHistory)
		return b, honest, b.rotate(t, FullHistory, honest, other)
	}
	indexOf := func(n EpochNew, ref op.EpochRef) int {
		if n.Parents[0] == ref {
			return 0
		}
		return 1
	}
	t.Run("flipped bits", func(t *testing.T) {
		b, honest, newest := setUp()
		n := b[newest.Ref]
		i := 1 - indexOf(n, honest.Ref)
		original := n.Back[i]
		for bit := 0; bit < 8*backSize; bit += 11 {
			n.Back[i] = flip(original, bit)
			got, err := newest.Ancestors(b.find)
			if !errors.Is(err, ErrBack) || len(got) != 1 || got[0].Key != honest.Key {
				t.Fatalf("bit %d: opened %v, %v; want the other parent and %v", bit, got, err, ErrBack)
			}
		}
	})
	t.Run("keys swapped", func(t *testing.T) {
		b, _, newest := setUp()
		n := b[newest.Ref]
		n.Back[0], n.Back[1] = n.Back[1], n.Back[0]
		if got, err := newest.Ancestors(b.find); !errors.Is(err, ErrBack) || len(got) != 0 {
			t.Errorf("opened %v, %v", got, err)
		}
	})
	t.Run("another key than the parent's", func(t *testing.T) {
		b, honest, newest := setUp()
		n := b[newest.Ref]
		forged := honest
		forged.Key = [32]byte{66}
		other := newEpoch(t, scope) // stands for the second parent's key
		other.Ref = n.Parents[1-indexOf(n, honest.Ref)]
		back, err := newest.sealBack(rand.Reader, []Epoch{forged, other})
		if err != nil {
			t.Fatal(err)
		}
		n.Back = back
		b[newest.Ref] = n
		if got, err := newest.Ancestors(b.find); !errors.Is(err, ErrCommit) || len(got) != 0 {
			t.Errorf("opened %v, %v; want %v", got, err, ErrCommit)
		}
	})
	t.Run("parent of another scope", func(t *testing.T) {
		b, honest, newest := setUp()
		n := b[honest.Ref]
		n.Scope = op.ScopeID{9}
		b[honest.Ref] = n
		if got, err := newest.Ancestors(b.find); err != nil || len(got) != 1 {
			t.Errorf("opened %v, %v; want the other parent only", got, err)
		}
	})
	t.Run("announcement of another scope", func(t *testing.T) {
		b, _, newest := setUp()
		n := b[newest.Ref]
		n.Scope = op.ScopeID{9}
		b[newest.Ref] = n
		if got, err := newest.Ancestors(b.find); err != nil || len(got) != 0 {
			t.Errorf("opened %v, %v; want none", got, err)
		}
	})
	t.Run("a circle of announcements", func(t *testing.T) {
		b, honest, newest := setUp()
		n := b[honest.Ref]
		n.Parents, n.Back = b[newest.Ref].Parents, b[newest.Ref].Back
		b[honest.Ref] = n
		if got, _ := newest.Ancestors(b.find); len(got) != 2 {
			t.Errorf("opened %v; want both parents once", got)
		}
	})
}

func TestAnnounceWantsTheParentsKeys(t *testing.T) {
	first := newEpoch(t, scope)
	second := newEpoch(t, scope, first)
	if _, _, err := second.Announce(rand.Reader, team, FullHistory, nil, Digest{}, nil); !errors.Is(err, ErrEpoch) {
		t.Errorf("no parent: %v", err)
	}
	if n, _, err := second.Announce(rand.Reader, team, FromJoining, nil, Digest{}, nil); err != nil || len(n.Back) != 0 {
		t.Errorf("from joining on: %d keys back, %v", len(n.Back), err)
	}
}

package keys

import (
	"sync"
	"testing"

	"pgregory.net/rapid"

	"tongzhou/sync/op"
)

func TestRingFindsKeys(t *testing.T) {
	r := NewRing()
	a, b := newEpoch(t, scope), newEpoch(t, op.ScopeID{3})
	for _, e := range []Epoch{a, b, a} {
		if err := r.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	own, ok := r.BodyKey(scope, a.Ref)
	if !ok {
		t.Fatal("the key is not there")
	}
	fresh, err := a.BodyKey()
	if err != nil {
		t.Fatal(err)
	}
	h := op.Header{Version: op.Version, Kind: op.Content, Seq: 1, Epoch: a.Ref}
	ct, err := op.SealBody(own, h, []byte("text"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := op.OpenBody(fresh, h, ct); err != nil || string(got) != "text" {
		t.Errorf("the ring has another key: %q, %v", got, err)
	}
	if _, ok := r.BodyKey(scope, b.Ref); ok {
		t.Error("an epoch of another scope was found")
	}
	if e, ok := r.Epoch(scope, a.Ref); !ok || e.Key != a.Key {
		t.Errorf("Epoch = %v, %v", e, ok)
	}
	forged := a // of one name, which takes 2^64 attempts, or a fault
	forged.Key = [32]byte{66}
	if err := r.Add(forged); err != nil {
		t.Fatal(err)
	}
	if e, ok := r.Epoch(scope, a.Ref); !ok || e.Key != a.Key {
		t.Errorf("a second epoch of one name took the place of the first: %v", ok)
	}
	if _, ok := r.Newest(op.ScopeID{4}); ok {
		t.Error("an unknown scope has an epoch")
	}
	if n := testing.AllocsPerRun(100, func() { r.BodyKey(scope, a.Ref) }); n != 0 {
		t.Errorf("looking up a key allocates %v times", n)
	}
}

// All members that know the same epochs write under the same one, in whatever order these arrived.
func TestRingNewestDoesNotDependOnOrder(t *testing.T) {
	a := newEpoch(t, scope)
	epochs := []Epoch{a, newEpoch(t, scope), newEpoch(t, scope, a), newEpoch(t, scope, a), newEpoch(t, scope, a)}
	want := epochs[2]
	for _, e := range epochs[3:] {
		if compareRefs(e.Ref, want.Ref) < 0 {
			want = e
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		r := NewRing()
		for _, e := range rapid.Permutation(epochs).Draw(t, "order") {
			if err := r.Add(e); err != nil {
				t.Fatal(err)
			}
		}
		if got, ok := r.Newest(scope); !ok || got.Ref != want.Ref {
			t.Fatalf("Newest = %v, %v; want %v", got, ok, want)
		}
	})
}

func TestRingIsSafeForConcurrentUse(t *testing.T) {
	r := NewRing()
	e := newEpoch(t, scope)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 100 {
				if err := r.Add(e); err != nil {
					t.Error(err)
				}
				r.BodyKey(scope, e.Ref)
				r.Newest(scope)
			}
		})
	}
	group.Wait()
}

func BenchmarkRingBodyKey(b *testing.B) {
	r := NewRing()
	e := newEpoch(b, scope)
	if err := r.Add(e); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := r.BodyKey(scope, e.Ref); !ok {
			b.Fatal("no key")
		}
	}
}

func BenchmarkEpochBodyKey(b *testing.B) {
	e := newEpoch(b, scope)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.BodyKey(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkScopeTag(b *testing.B) {
	secret := TeamSecret{1}
	b.ReportAllocs()
	for b.Loop() {
		secret.ScopeTag(scope)
	}
}

func BenchmarkBoxSeal(b *testing.B) {
	dev := newDevice(b, 1)
	to := dev.recipient()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Seal(to.BoxPub, team, scope, op.EpochRef{}, dev.ID, [32]byte{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBoxOpen(b *testing.B) {
	dev := newDevice(b, 1)
	sealed, err := Seal(dev.recipient().BoxPub, team, scope, op.EpochRef{}, dev.ID, [32]byte{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Open(dev.Box, team, scope, op.EpochRef{}, dev.ID, sealed); err != nil {
			b.Fatal(err)
		}
	}
}

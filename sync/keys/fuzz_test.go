package keys

import (
	"runtime"
	"testing"
)

// checkAllocated fails if decoding n bytes from a stranger allocates out of proportion: an array element
// of one byte can claim a struct of 40.
func checkAllocated(t *testing.T, n int, decode func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	decode()
	runtime.ReadMemStats(&after)
	if got, limit := after.TotalAlloc-before.TotalAlloc, uint64(96*n+16<<10); got > limit {
		t.Errorf("%d bytes made the decoder allocate %d, limit %d", n, got, limit)
	}
}

func FuzzDecodeEpochNew(f *testing.F) {
	a := newEpoch(f, scope)
	b := newEpoch(f, scope, a)
	for _, n := range []EpochNew{announce(f, a, FullHistory, nil), announce(f, b, FullHistory, []Epoch{a}, newDevice(f, 1).recipient())} {
		encoded, err := n.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(encoded)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var (
			n   EpochNew
			err error
		)
		checkAllocated(t, len(b), func() { n, err = DecodeEpochNew(b) })
		if err != nil {
			return
		}
		again, err := n.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := DecodeEpochNew(again); err != nil {
			t.Errorf("decoded, then encoded to something malformed: %v", err)
		}
	})
}

func FuzzDecodeEpochAdd(f *testing.F) {
	e := newEpoch(f, scope)
	adds, err := e.Add(team, []Recipient{newDevice(f, 1).recipient()})
	if err != nil {
		f.Fatal(err)
	}
	encoded, err := adds[0].Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(encoded)
	f.Fuzz(func(t *testing.T, b []byte) {
		checkAllocated(t, len(b), func() {
			if a, err := DecodeEpochAdd(b); err == nil && len(a.Boxes) > MaxBoxes {
				t.Errorf("%d boxes", len(a.Boxes))
			}
		})
	})
}

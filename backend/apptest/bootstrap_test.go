package apptest

import (
	"context"
	"testing"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
)

// K1: of all that a team writes, only epoch ops, what certifies a device, and registers that ask for keys stand under the key
// that every member derives.
func TestWhatStandsUnderTheBootstrapKey(t *testing.T) {
	a := Found(t, "a")
	b, c := a.Join("b"), a.Join("c")
	Exchange(a, b, c)
	group := a.Group(b)
	if _, err := b.R.EnsureDirect(context.Background(), a.user()); err != nil {
		t.Fatal(err)
	}
	a.Grant(b, authority.Admin)
	a.Copy(b)
	for _, m := range []*Member{a, b} {
		m.Note(group, "note")
		m.Note(m.R.CompanyScope(), "note")
		m.SetMark(group, 1)
	}
	a.Remove(c, authority.Removed)
	b.Copy(a)
	sealed := 0
	for _, f := range a.R.Feeds().Feeds() {
		for from := uint64(1); from <= f.Len; {
			ops := Parse(t, a.Frame(&f, from, f.Len))
			from += uint64(len(ops))
			for _, o := range ops {
				certifies := f.Tag == a.Tag(controlOf(a)) && o.Seq == 1 && o.Kind == op.Control
				switch {
				case !o.Epoch.IsZero():
					sealed++
				case o.Kind != op.Epoch && !certifies:
					t.Errorf("op %d of %s in %s, kind %d", o.Seq, f.Device, f.Tag, o.Kind)
				}
			}
		}
	}
	if sealed == 0 {
		t.Fatal("nothing stands under an epoch key")
	}
	raws, err := a.R.RegistersFor(b.Device(), 0)
	if err != nil || len(raws) == 0 {
		t.Fatal(len(raws), err)
	}
	for _, raw := range raws {
		if g, _, err := op.ParseRegister(raw); err != nil || g.Epoch.IsZero() != (g.Key == "need") {
			t.Errorf("register %q: %v", g.Key, err)
		}
	}
}

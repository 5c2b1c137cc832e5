package authority_test

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
)

// answers is everything that a state says, in a form that compares.
func answers(s *sim, st *authority.State) map[string]any {
	out := map[string]any{
		"digest": st.Digest(), "roles": st.Roles(), "users": st.Users(), "former": st.Former(), "removals": st.Removals(),
		"revocations": st.Revocations(), "depts": st.Depts(), "keys": st.RuleKeys(), "entries": st.Entries(),
		"frontier": st.Frontier(), "missing": st.Missing(), "invites": st.Invites(),
	}
	for _, key := range []string{"a", "b"} {
		out["rule "+key] = st.RuleHistory(key)
	}
	for _, dept := range depts {
		out["members "+dept] = st.DeptMembers([]byte(dept))
	}
	for _, p := range people() {
		removal, _ := st.Removal(p.id())
		out["person "+p.name] = []any{st.Standing(p.id()), removal, st.Grants(p.id()), st.AllDevices(p.id()), st.DeptOf(p.id())}
		for d, device := range p.devices {
			by, _ := st.DeviceByPeer(p.certs[d].PeerPub)
			former, _ := st.FormerByPeer(p.certs[d].PeerPub)
			out[fmt.Sprintf("device %s/%d", p.name, d)] = []any{by, former, st.ActiveDevice(device.ID)}
			for scope := range 3 {
				for inc := range uint32(3) {
					seq, cut := st.Cut(op.ScopeTag{byte(scope)}, device.ID, inc)
					out[fmt.Sprintf("cut %d %s/%d.%d", scope, p.name, d, inc)] = []any{seq, cut}
				}
			}
		}
	}
	for _, o := range s.all {
		out[fmt.Sprintf("status %x", o.ID[:4])] = st.Status(o.ID)
	}
	return out
}

func compareAnswers(t *rapid.T, got, want map[string]any) {
	t.Helper()
	for _, k := range slices.Sorted(maps.Keys(want)) {
		if !reflect.DeepEqual(got[k], want[k]) {
			t.Fatalf("%s: op by op\n%+v\nfrom scratch\n%+v", k, got[k], want[k])
		}
	}
}

// Rule 5: a log that evaluates after every op says what one says that evaluates once, whatever the order of arrival, and
// earlier states keep what they said.
func TestRule5OpByOpIsFromScratch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := genHistory(t, rapid.IntRange(0, 3).Draw(t, "forks") == 0)
		l := authority.NewLog(team, s.all[0].ID)
		arrival := slices.Clone(s.ops)
		switch rapid.IntRange(0, 2).Draw(t, "arrival") {
		case 1: // as from many peers: every feed in its order
			slices.SortStableFunc(arrival, func(a, b authority.Op) int { return int(a.Device[0]) - int(b.Device[0]) })
		case 2:
			arrival = rapid.Permutation(arrival).Draw(t, "order")
		}
		half := rapid.IntRange(0, len(arrival)).Draw(t, "half")
		l.Add(arrival[:half]...)
		middle := l.State()
		said := answers(s, middle)
		for _, o := range arrival[half:] {
			if l.Add(o) != 1 {
				t.Fatal("a new op is not new")
			}
			l.State()
		}
		compareAnswers(t, answers(s, l.State()), answers(s, s.state()))
		compareAnswers(t, answers(s, middle), said)
		compareAnswers(t, said, answers(s, authority.Eval(team, s.all[0].ID, arrival[:half])))
	})
}

// stepwise checks a story: told feed by feed, in either order of the devices, it ends as told at once. Of two concurrent ops
// each is thereby evaluated before the other is known.
func (o *office) stepwise() {
	o.t.Helper()
	want := o.eval()
	for _, sign := range []int{1, -1} {
		arrival := slices.Clone(o.ops)
		slices.SortStableFunc(arrival, func(a, b authority.Op) int {
			return sign * cmp.Or(bytes.Compare(a.Device[:], b.Device[:]), cmp.Compare(a.Ref.Incarnation, b.Ref.Incarnation)*sign)
		})
		l := authority.NewLog(team, o.genesis)
		for _, x := range arrival {
			l.Add(x)
			l.State()
		}
		got := l.State()
		for _, x := range o.ops {
			if got.Status(x.ID) != want.Status(x.ID) {
				o.t.Fatalf("%s: %v step by step, %v at once", x.Type, got.Status(x.ID), want.Status(x.ID))
			}
		}
		if got.Digest() != want.Digest() || !maps.Equal(got.Roles(), want.Roles()) {
			o.t.Fatalf("step by step the roles are %v, at once %v", got.Roles(), want.Roles())
		}
	}
}

package crdt_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tongzhou/sync/crdt"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// stamped is a tree op with its place in the order, as a reducer gets them.
type stamped struct {
	crdt.Stamp
	crdt.Op
}

func fold(ops []stamped) *crdt.Tree {
	sorted := slices.Clone(ops)
	slices.SortFunc(sorted, func(a, b stamped) int { return crdt.Compare(a.Stamp, b.Stamp) })
	t := &crdt.Tree{}
	for _, o := range sorted {
		t.Apply(o.Op)
	}
	return t
}

// show writes the view as one line per node, indented.
func show(v *crdt.View) string {
	var b strings.Builder
	v.Walk(func(n crdt.NodeID, depth int) {
		fmt.Fprintf(&b, "%s%s=%s\n", strings.Repeat(" ", depth), n, v.Name(n))
	})
	return b.String()
}

var names = []string{"Sales", "Sales (2)", "Sales (3)", "IT", ""}

// genOps draws ops by three devices with colliding clocks on a handful of nodes, valid and senseless ones alike.
func genOps(t *rapid.T) []stamped {
	ids := []crdt.NodeID{"a", "b", "c", "d", "e", "f", "unknown", crdt.Root}
	node := rapid.SampledFrom(ids)
	var ops []stamped
	for i, id := range ids[:6] { // some exist from the beginning, so that moves have something to do
		if rapid.IntRange(0, 3).Draw(t, "early") > 0 {
			ops = append(ops, stamped{stamp(1, 1, uint64(i+1)), crdt.Op{Kind: crdt.Create, Node: id, Name: "Sales"}})
		}
	}
	for i := range rapid.IntRange(0, 40).Draw(t, "n") {
		ops = append(ops, stamped{
			stamp(rapid.Uint64Range(2, 20).Draw(t, "hlc"), byte(rapid.IntRange(1, 3).Draw(t, "device")), uint64(i+100)),
			crdt.Op{
				Kind:   rapid.SampledFrom([]crdt.Kind{crdt.Create, crdt.Move, crdt.Move, crdt.Move, crdt.Rename, crdt.Remove, 99}).Draw(t, "kind"),
				Node:   node.Draw(t, "node"),
				Parent: node.Draw(t, "parent"),
				Name:   rapid.SampledFrom(names).Draw(t, "name"),
			},
		})
	}
	return ops
}

func stamp(clock uint64, device byte, seq uint64) crdt.Stamp {
	return crdt.Stamp{HLC: hlc.Time(clock), Ref: op.Ref{Device: op.DeviceID{device}, Seq: seq}}
}

// model is the tree in its plainest form: parent pointers and a full walk for every question.
type model struct{ parent, name map[crdt.NodeID]string }

func (m model) below(n, top string) bool {
	for n != "" && n != "trash" {
		if n == top {
			return true
		}
		n = strings.TrimPrefix(m.parent[crdt.NodeID(n)], "-")
	}
	return false
}

func (m model) apply(o crdt.Op) {
	p, exists := m.parent[o.Node]
	_, parentExists := m.parent[o.Parent]
	fits := (parentExists || o.Parent == "") && !m.below(string(o.Parent), string(o.Node))
	switch {
	case o.Node == "":
	case o.Kind == crdt.Create && !exists && fits:
		m.parent[o.Node], m.name[o.Node] = string(o.Parent), o.Name
	case o.Kind == crdt.Move && exists && fits:
		m.parent[o.Node] = string(o.Parent)
	case o.Kind == crdt.Rename && exists:
		m.name[o.Node] = o.Name
	case o.Kind == crdt.Remove && exists:
		m.parent[o.Node] = "-" + strings.TrimPrefix(p, "-")
	}
}

// R25, R29: the departments are the same wherever the same ops are.
func TestTreeAgreesWithTheModelInEveryOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ops := genOps(t)
		tree := fold(ops)

		m := model{map[crdt.NodeID]string{}, map[crdt.NodeID]string{}}
		sorted := slices.Clone(ops)
		slices.SortFunc(sorted, func(a, b stamped) int { return crdt.Compare(a.Stamp, b.Stamp) })
		for _, o := range sorted {
			m.apply(o.Op)
		}
		for n, p := range m.parent {
			got, ok := tree.Parent(n)
			if removed := strings.HasPrefix(p, "-"); ok == removed || ok && string(got) != p || tree.Name(n) != m.name[n] {
				t.Fatalf("node %s: parent %q %v name %q, model %q %q", n, got, ok, tree.Name(n), p, m.name[n])
			}
		}
		if len(tree.Parents()) > len(m.parent) {
			t.Fatalf("more nodes than created: %v", tree.Parents())
		}
		if a, b := show(tree.View()), show(fold(rapid.Permutation(ops).Draw(t, "arrival")).View()); a != b {
			t.Fatalf("arrival order shows:\n%s\n%s", a, b)
		}
	})
}

func TestTreeHasNoCycleAndLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tree := fold(genOps(t))
		v := tree.View()
		for n, p := range tree.Parents() {
			hidden := false
			for steps := 0; p != crdt.Root && !hidden; steps++ {
				if steps > 10 {
					t.Fatalf("cycle above %s", n)
				}
				var ok bool
				n2 := p
				if p, ok = tree.Parent(n2); !ok {
					hidden = true
				}
			}
			if v.Has(n) == hidden {
				t.Fatalf("node %s: shown %v, below a removed node %v", n, v.Has(n), hidden)
			}
		}
	})
}

func TestSiblingsHaveDistinctNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tree := fold(genOps(t))
		v := tree.View()
		parents := []crdt.NodeID{crdt.Root}
		v.Walk(func(n crdt.NodeID, _ int) { parents = append(parents, n) })
		for _, p := range parents {
			shown := map[string]bool{}
			written := map[string]bool{}
			for _, n := range v.Children(p) {
				if shown[v.Name(n)] {
					t.Fatalf("two of %v are shown as %q", v.Children(p), v.Name(n))
				}
				shown[v.Name(n)] = true
				written[tree.Name(n)] = true
				if !strings.HasPrefix(v.Name(n), tree.Name(n)) {
					t.Fatalf("%q is shown as %q", tree.Name(n), v.Name(n))
				}
			}
			for name := range written {
				if !shown[name] {
					t.Fatalf("nobody keeps %q among %v", name, v.Children(p))
				}
			}
		}
	})
}

func TestConcurrentMovesThatMakeACycle(t *testing.T) {
	create := func(seq uint64, n crdt.NodeID) stamped {
		return stamped{stamp(1, 1, seq), crdt.Op{Kind: crdt.Create, Node: n, Name: string(n)}}
	}
	move := func(clock uint64, device byte, n, p crdt.NodeID) stamped {
		return stamped{stamp(clock, device, 1), crdt.Op{Kind: crdt.Move, Node: n, Parent: p}}
	}
	got := show(fold([]stamped{create(1, "sales"), create(2, "it"), move(6, 2, "it", "sales"), move(5, 3, "sales", "it")}).View())
	if want := "it=it\n sales=sales\n"; got != want {
		t.Fatalf("got\n%swant the earlier move only\n%s", got, want)
	}
}

func TestMoveBringsBackWhatWasRemoved(t *testing.T) {
	ops := []crdt.Op{
		{Kind: crdt.Create, Node: "a", Name: "A"},
		{Kind: crdt.Create, Node: "b", Parent: "a", Name: "B"},
		{Kind: crdt.Remove, Node: "a"},
		{Kind: crdt.Create, Node: "c", Parent: "a", Name: "C"}, // concurrent with the removal
	}
	if got := show(crdt.Fold(ops).View()); got != "" {
		t.Fatalf("shown below a removed node:\n%s", got)
	}
	back := append(slices.Clone(ops), crdt.Op{Kind: crdt.Move, Node: "a"})
	if got, want := show(crdt.Fold(back).View()), "a=A\n b=B\n c=C\n"; got != want {
		t.Fatalf("got\n%swant\n%s", got, want)
	}
	out := append(slices.Clone(ops), crdt.Op{Kind: crdt.Move, Node: "c"})
	if got, want := show(crdt.Fold(out).View()), "c=C\n"; got != want {
		t.Fatalf("got\n%swant\n%s", got, want)
	}
}

func TestFirstComerKeepsTheName(t *testing.T) {
	ops := []crdt.Op{
		{Kind: crdt.Create, Node: "old", Name: "Shop"},
		{Kind: crdt.Create, Node: "x", Name: "Sales"},
		{Kind: crdt.Create, Node: "y", Name: "Sales (2)"},
		{Kind: crdt.Create, Node: "z", Name: "Sales"},
		{Kind: crdt.Rename, Node: "x", Name: "Sales"}, // changes nothing, so x does not lose its turn
		{Kind: crdt.Move, Node: "x"},                  // nor here
		{Kind: crdt.Create, Node: "p", Name: "Parent"},
		{Kind: crdt.Create, Node: "q", Parent: "p", Name: "Sales"},
		{Kind: crdt.Move, Node: "q"},
		{Kind: crdt.Rename, Node: "old", Name: "Sales"}, // the oldest node, but the last to come to the name
	}
	v := crdt.Fold(ops).View()
	for n, want := range map[crdt.NodeID]string{"x": "Sales", "y": "Sales (2)", "z": "Sales (3)", "q": "Sales (4)", "old": "Sales (5)"} {
		if v.Name(n) != want {
			t.Errorf("%s is shown as %q, want %q", n, v.Name(n), want)
		}
	}
	if got := v.Path("q"); !slices.Equal(got, []crdt.NodeID{"q"}) {
		t.Errorf("path %v", got)
	}
}

func TestDepthIsBounded(t *testing.T) {
	tree := &crdt.Tree{}
	parent, deepest := crdt.Root, 0
	for i := range crdt.MaxDepth + 50 {
		n := crdt.NodeID(fmt.Sprint(i))
		if !tree.Apply(crdt.Op{Kind: crdt.Create, Node: n, Parent: parent, Name: "x"}) {
			break
		}
		parent, deepest = n, i+1
	}
	if deepest != crdt.MaxDepth {
		t.Fatalf("%d levels, want %d", deepest, crdt.MaxDepth)
	}
	if got := len(tree.View().Path(parent)); got != crdt.MaxDepth {
		t.Fatalf("path of %d", got)
	}
}

func TestLessIsATotalOrder(t *testing.T) {
	gen := rapid.Custom(func(t *rapid.T) crdt.Stamp {
		s := stamp(rapid.Uint64Range(0, 2).Draw(t, "hlc"), byte(rapid.IntRange(0, 2).Draw(t, "device")), rapid.Uint64Range(0, 2).Draw(t, "seq"))
		s.Ref.Incarnation = rapid.Uint32Range(0, 2).Draw(t, "incarnation")
		return s
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := gen.Draw(t, "a"), gen.Draw(t, "b"), gen.Draw(t, "c")
		if crdt.Less(a, b) == crdt.Less(b, a) && a != b {
			t.Fatalf("%v and %v have no order", a, b)
		}
		if crdt.Less(a, a) || crdt.Less(a, b) && crdt.Less(b, c) && !crdt.Less(a, c) {
			t.Fatalf("not an order: %v %v %v", a, b, c)
		}
	})
	inOrder := []crdt.Stamp{
		{HLC: 1, Ref: op.Ref{Device: op.DeviceID{9}, Incarnation: 9, Seq: 9}},
		{HLC: 2, Ref: op.Ref{Device: op.DeviceID{1}, Incarnation: 9, Seq: 9}},
		{HLC: 2, Ref: op.Ref{Device: op.DeviceID{2}, Incarnation: 1, Seq: 9}},
		{HLC: 2, Ref: op.Ref{Device: op.DeviceID{2}, Incarnation: 2, Seq: 1}},
		{HLC: 2, Ref: op.Ref{Device: op.DeviceID{2}, Incarnation: 2, Seq: 2}},
	}
	if !slices.IsSortedFunc(inOrder, crdt.Compare) {
		t.Fatal("the order is hlc, device, incarnation, seq")
	}
}

func BenchmarkFoldAndView(b *testing.B) {
	var ops []crdt.Op
	for i := range 2000 {
		parent := crdt.NodeID(fmt.Sprint(i / 8))
		if i < 8 {
			parent = crdt.Root
		}
		ops = append(ops, crdt.Op{Kind: crdt.Create, Node: crdt.NodeID(fmt.Sprint(i)), Parent: parent, Name: "Sales"})
	}
	for i := range 8000 {
		ops = append(ops, crdt.Op{Kind: crdt.Move, Node: crdt.NodeID(fmt.Sprint(i * 7919 % 2000)), Parent: crdt.NodeID(fmt.Sprint(i * 104729 % 2000))})
	}
	for b.Loop() {
		crdt.Fold(ops).View()
	}
}

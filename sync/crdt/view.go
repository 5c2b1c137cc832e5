package crdt

import (
	"cmp"
	"fmt"
	"slices"
)

// View is a tree as people see it at one moment; later ops do not change it.
type View struct {
	children map[NodeID][]NodeID // in the order of creation; only what hangs below the root
	names    map[NodeID]string
	parents  map[NodeID]NodeID
}

// View builds the present view in time linear in the number of nodes (times the logarithm of the largest family).
func (t *Tree) View() *View {
	v := &View{children: map[NodeID][]NodeID{}, names: map[NodeID]string{}, parents: map[NodeID]NodeID{}}
	all := map[NodeID][]NodeID{}
	for _, id := range t.created {
		if n := t.nodes[id]; !n.removed {
			all[n.parent] = append(all[n.parent], id)
		}
	}
	for todo := []NodeID{Root}; len(todo) > 0; {
		parent := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		family := all[parent]
		if len(family) == 0 {
			continue
		}
		v.children[parent] = family
		t.title(family, v.names)
		for _, id := range family {
			v.parents[id] = parent
		}
		todo = append(todo, family...)
	}
	return v
}

// title gives each of the siblings a name of its own. A number is never given that some sibling bears by itself.
func (t *Tree) title(family []NodeID, names map[NodeID]string) {
	byAge := slices.Clone(family)
	slices.SortFunc(byAge, func(a, b NodeID) int { return cmp.Compare(t.nodes[a].placed, t.nodes[b].placed) })
	taken := make(map[string]bool, len(byAge))
	var late []NodeID
	for _, id := range byAge {
		name := t.nodes[id].name
		if taken[name] {
			late = append(late, id)
			continue
		}
		taken[name] = true
		names[id] = name
	}
	next := map[string]int{}
	for _, id := range late {
		name := t.nodes[id].name
		k := max(next[name], 2)
		for taken[numbered(name, k)] {
			k++
		}
		next[name] = k + 1
		names[id] = numbered(name, k)
		taken[names[id]] = true
	}
}

func numbered(name string, k int) string { return fmt.Sprintf("%s (%d)", name, k) }

// Has reports whether the node is shown: created, not removed, and nothing above it is removed. True for the root.
func (v *View) Has(n NodeID) bool {
	_, ok := v.parents[n]
	return ok || n == Root
}

// Name returns the name that is distinct among its siblings, "" for the root and what is not shown.
func (v *View) Name(n NodeID) string { return v.names[n] }

// Parent returns Root and false for the root and what is not shown.
func (v *View) Parent(n NodeID) (NodeID, bool) {
	p, ok := v.parents[n]
	return p, ok
}

// Children returns the nodes directly below n in the order of creation, as a new slice.
func (v *View) Children(n NodeID) []NodeID { return slices.Clone(v.children[n]) }

// Path returns the nodes from the topmost down to n itself; empty for the root and what is not shown.
func (v *View) Path(n NodeID) []NodeID {
	var path []NodeID
	for n != Root {
		p, ok := v.parents[n]
		if !ok {
			return nil
		}
		path = append(path, n)
		n = p
	}
	slices.Reverse(path)
	return path
}

// Walk calls f for every shown node except the root, depth first, siblings in the order of creation; depth is 0 below
// the root.
func (v *View) Walk(f func(n NodeID, depth int)) {
	type step struct {
		node  NodeID
		depth int
	}
	var todo []step
	push := func(parent NodeID, depth int) {
		for _, id := range slices.Backward(v.children[parent]) {
			todo = append(todo, step{id, depth})
		}
	}
	push(Root, 0)
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		f(s.node, s.depth)
		push(s.node, s.depth+1)
	}
}

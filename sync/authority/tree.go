package authority

import (
	"encoding/binary"
	"slices"
	"sort"

	"tongzhou/sync/op"
)

// maxDeptDepth bounds how deep departments may be put below each other.
const maxDeptDepth = 64

// tree is the departments after some org.dept ops. It never changes. nil is a tree without any.
type tree struct{ nodes map[string]deptNode }

type deptNode struct {
	up   string // the department above; of one that is gone, who took over. "" is the top
	gone bool
	op   op.ID
}

// within tells whether dept is root or lies below it. A department that nobody founded is below nothing but itself, and
// who heads one that is gone has a say there and nowhere else.
func (t *tree) within(dept, root string) bool {
	if dept == "" || root == "" {
		return false
	}
	for range maxDeptDepth {
		if dept == root {
			return true
		}
		if t == nil || dept == "" {
			return false
		}
		dept = t.nodes[dept].up
	}
	return false
}

// resolve returns the department that exists in the place of this one, "" if none does.
func (t *tree) resolve(dept string) string {
	for range maxDeptDepth {
		if t == nil || dept == "" {
			return ""
		}
		n, ok := t.nodes[dept]
		if !ok {
			return ""
		}
		if !n.gone {
			return dept
		}
		dept = n.up
	}
	return ""
}

// apply does one op, in the order (lamport, opid). A move that would close a circle, lead nowhere or go too deep is skipped.
func (t *tree) apply(d *OrgDept, id op.ID) {
	dept, to := string(d.Dept), string(d.Parent)
	old, known := t.nodes[dept]
	switch {
	case d.Gone && !known:
		return
	case d.Gone:
		if to = string(d.Into); to == "" || !t.fits(dept, to) {
			to = old.up
		}
	case !t.fits(dept, to):
		return
	}
	t.nodes[dept] = deptNode{up: to, gone: d.Gone, op: id}
}

// fits tells whether dept may hang below parent: that exists and is not dept or below it.
func (t *tree) fits(dept, parent string) bool {
	for range maxDeptDepth - 1 {
		if parent == "" {
			return true
		}
		n, ok := t.nodes[parent]
		if !ok || parent == dept {
			return false
		}
		parent = n.up
	}
	return false
}

// grow folds org.dept ops.
func (g *view) grow(ops []int32) *tree {
	slices.SortFunc(ops, g.older)
	t := &tree{nodes: make(map[string]deptNode, len(ops))}
	for _, n := range ops {
		t.apply(g.vertices[n].act.dept, g.vertices[n].id)
	}
	return t
}

// treeFor returns the tree that counts for op n: of all valid org.dept ops that do not follow it. Concurrent counts as
// after, so backdating gains nothing, and what a head does was judged by the tree that the others saw.
func (e *engine) treeFor(n int32) *tree {
	if len(e.depts) == 0 {
		return nil
	}
	var key []byte
	for _, l := range e.depts {
		k := sort.Search(len(l.ops), func(i int) bool { return e.before(n, l.ops[i]) })
		if k > 0 {
			key = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(key, l.feed), uint32(k))
		}
	}
	t, known := e.trees[string(key)]
	if !known {
		var ops []int32
		for _, l := range e.depts {
			k := sort.Search(len(l.ops), func(i int) bool { return e.before(n, l.ops[i]) })
			ops = append(ops, l.ops[:k]...)
		}
		t = e.grow(ops)
		e.trees[string(key)] = t
	}
	return t
}

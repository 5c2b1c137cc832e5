package authority

import "sort"

// taken reports whether a valid removal hits grant g and does not lie in the future of op n, which relies on g. Concurrent
// counts as after: removal wins (rules 2 and 4). With n = -1 it reports whether g is gone for good.
func (e *engine) taken(g, n int32) bool {
	for _, l := range e.removals[e.grants[g].subject] {
		r := e.firstHit(l, g)
		if r < 0 {
			continue
		}
		// All later removals of the lane have r in their past, and with it n.
		if n < 0 || !e.before(n, r) {
			return true
		}
	}
	return false
}

// firstHit returns the first removal of the lane that hits g, -1 if none does.
func (e *engine) firstHit(l *lane, g int32) int32 {
	gr := &e.grants[g]
	var k int
	switch l.basis {
	case byLeaving: // rule 3: a leave hits only grants in its own past
		k = sort.Search(len(l.ops), func(i int) bool { return e.before(gr.vertex, l.ops[i]) })
		// If the device had lost its rights over g when it wrote the first, it had when it wrote the others.
		if k < len(l.ops) && e.signedOut(l.ops[k], e.bound[l.ops[k]].cert, &gr.measure) {
			return -1
		}
	case byCouncil:
		k = sort.Search(len(l.ops), func(i int) bool { return !e.before(l.ops[i], gr.base) })
	default:
		// Rule 2: the proof strictly outranks g, and the removal does not precede it.
		if !e.grants[l.basis].measure.outranks(gr.measure, l.tree) {
			return -1
		}
		k = sort.Search(len(l.ops), func(i int) bool { return !e.before(l.ops[i], gr.base) })
	}
	if k == len(l.ops) {
		return -1
	}
	return l.ops[k]
}

// live reports whether grant g is in force.
func (e *engine) live(g int32) bool { return e.valid[e.grants[g].vertex] && !e.taken(g, -1) }

package authority

import "sort"

// taken reports whether a valid removal hits grant g and does not lie in the future of op n, which relies on g. Concurrent
// counts as after: removal wins (rules 2 and 4). With n = -1 it reports whether g is gone for good.
func (e *engine) taken(g, n int32) bool {
	for _, l := range e.removals[e.grants[g].subject] {
		r := e.firstHit(l, g)
		if r < 0 || l.basis == byLeaving && n >= 0 && e.sealed(n, g, r) {
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
	k := e.reach(l, g)
	if k == len(l.ops) {
		return -1
	}
	r := l.ops[k]
	// An owner who leaves by a device that was signed out has not left: a thief must not be able to end a team. If it had
	// lost its rights when it wrote the first, it had when it wrote the others.
	if l.basis == byLeaving && e.grants[g].measure.class == Owner && e.signedOut(r, e.bound[r].cert, g) {
		return -1
	}
	return r
}

// reach returns from which on the removals of the lane hit g by their place and rank.
func (e *engine) reach(l *lane, g int32) int {
	gr := &e.grants[g]
	switch l.basis {
	case byLeaving: // rule 3: a leave hits only grants in its own past
		return sort.Search(len(l.ops), func(i int) bool { return e.before(gr.vertex, l.ops[i]) })
	case byCouncil:
	default: // rule 2: the proof strictly outranks g
		if !e.grants[l.basis].measure.outranks(gr.measure, l.tree) {
			return len(l.ops)
		}
	}
	return sort.Search(len(l.ops), func(i int) bool { return !e.before(l.ops[i], gr.base) }) // and it does not precede g
}

// sealed reports that op n precedes a removal of grant g, on which it relies, and that r does not: a leave or device
// revocation by the same person. Otherwise who was removed could undo what they had done before, and take what they had given.
func (e *engine) sealed(n, g, r int32) bool {
	if g < 0 {
		return false
	}
	for _, l := range e.removals[e.grants[g].subject] {
		k := max(e.reach(l, g), sort.Search(len(l.ops), func(i int) bool { return e.before(n, l.ops[i]) }))
		if k < len(l.ops) && !e.before(r, l.ops[k]) {
			return true
		}
	}
	return false
}

package authority

import (
	"cmp"
	"container/heap"
	"slices"
	"sort"
)

// agenda is the bound ops that are to be judged, the first in the order of rule 5 at the top.
type agenda struct {
	heap []int32
	due  []bool // per vertex: is on the heap
	all  bool   // everything is due, as in an evaluation from scratch
}

type queue struct{ *engine }

func (q queue) Len() int           { return len(q.heap) }
func (q queue) Less(i, j int) bool { return q.rank(q.heap[i], q.heap[j]) < 0 }
func (q queue) Swap(i, j int)      { q.heap[i], q.heap[j] = q.heap[j], q.heap[i] }
func (q queue) Push(x any)         { q.engine.heap = append(q.heap, x.(int32)) }
func (q queue) Pop() any {
	n := q.heap[len(q.heap)-1]
	q.engine.heap = q.heap[:len(q.heap)-1]
	return n
}

func (a *agenda) put(n int32, e *engine) {
	switch {
	case a.due[n]:
		return
	case a.all:
		a.heap = append(a.heap, n)
	default:
		heap.Push(queue{e}, n)
	}
	a.due[n] = true
}

// settle is the one pass of rule 5. Whatever decides about an op comes before it, so that each is judged once, also of those
// that others put on the agenda.
func (e *engine) settle() {
	if e.all {
		order := e.heap
		slices.SortFunc(order, e.rank)
		for _, n := range order {
			e.judge(n)
		}
		for _, n := range order {
			e.due[n] = false
		}
		e.heap, e.all = nil, false
		return
	}
	for len(e.heap) > 0 {
		n := heap.Pop(queue{e}).(int32)
		e.due[n] = false
		e.judge(n)
	}
}

// The strata of rule 5.
const (
	stratumGiven   = iota // founding, the council, device revocations by the device itself or the root
	stratumDevices        // what devices do with devices of their person, senior ones first
	stratumLeaves
	stratumGrants // what relies on grants, strong ones first
)

func (e *engine) stratum(n int32) int {
	b := &e.bound[n]
	switch e.vertices[n].act.kind {
	case actFound, actCouncil:
		return stratumGiven
	case actLeave:
		return stratumLeaves
	case actLink:
		return stratumDevices
	case actDeviceRevoke:
		switch {
		case b.basis >= 0:
		case b.own == byRoot:
			return stratumGiven
		default:
			return stratumDevices
		}
	}
	return stratumGrants
}

// rank is the order of the one pass: strata, inside a stratum the strength of what the ops rely on, then (lamport, opid).
// Cancellations come first among what relies on equal grants, because they decide about admissions there.
func (e *engine) rank(a, b int32) int {
	s := e.stratum(a)
	c := cmp.Compare(s, e.stratum(b))
	switch {
	case c != 0:
		return c
	case s == stratumDevices:
		c = e.seniority(e.bound[a].cert, e.bound[b].cert)
	case s == stratumGrants:
		c = cmp.Or(
			e.grants[e.bound[a].basis].measure.compare(e.grants[e.bound[b].basis].measure),
			cmp.Compare(e.cancelsFirst(a), e.cancelsFirst(b)),
		)
	}
	return cmp.Or(c, e.older(a, b))
}

func (e *engine) cancelsFirst(n int32) int {
	if e.vertices[n].act.kind == actCancel {
		return 0
	}
	return 1
}

// judge decides about one op after everything that decides about it, and puts on the agenda what depends on a change.
func (e *engine) judge(n int32) {
	var t *tree
	if b := e.bound[n].basis; b >= 0 && e.grants[b].measure.headed() {
		t = e.treeFor(n)
	}
	reason := e.refuse(n, t)
	was, old, now := e.valid[n], e.judged[n], reason == ""
	if reason != e.reasons[n] || was != now {
		e.reasons[n], e.valid[n] = reason, now
		e.statusOf(n)
	}
	e.judged[n] = t
	if was == now && (!now || old == t) {
		return
	}
	if was {
		e.effect(n, old, (*lanes).drop)
	}
	if now {
		e.effect(n, t, (*lanes).add)
	}
	e.spread(n)
}

// refuse is rule 4 for one op, and what goes with it in rules 1, 7 and 8.
func (e *engine) refuse(n int32, t *tree) Reason {
	b, act := &e.bound[n], e.vertices[n].act
	switch e.stratum(n) {
	case stratumGiven, stratumLeaves:
		return "" // leave is always valid (rule 3)
	case stratumDevices:
		if e.signedOut(n, b.cert, -1) {
			return ReasonDevice
		}
		return ""
	}
	switch {
	case !e.valid[b.proof]:
		return ReasonBasis
	case e.taken(b.basis, n):
		return ReasonRevoked
	case act.kind == actAdmit:
		return e.refuseAdmit(n)
	case e.signedOut(n, b.cert, b.basis):
		return ReasonDevice
	case !e.permitted(n, t):
		return ReasonRole
	}
	return ""
}

// refuseAdmit is the second half of rule 8. The newcomer's device does not act by the inviter's grant.
func (e *engine) refuseAdmit(n int32) Reason {
	invite := e.bound[n].proof
	switch {
	case e.cancelled(invite, n):
		return ReasonCancelled
	case e.earlier(invite, n) >= int(e.vertices[invite].act.invite.MaxUses):
		return ReasonUsedUp
	}
	return ""
}

// permitted is what of rule 1 depends on departments, and who may cancel an invitation: its author by a grant that is no
// weaker than that of the invitation, or a stronger one.
func (e *engine) permitted(n int32, t *tree) bool {
	b, act := &e.bound[n], e.vertices[n].act
	by := &e.grants[b.basis]
	if act.kind == actCancel {
		i := &e.grants[e.bound[b.target].basis]
		return by.subject == i.subject && by.measure.compare(i.measure) <= 0 || by.measure.outranks(i.measure, t)
	}
	for _, g := range act.gives {
		if !by.measure.mayGrant(g.role, g.dept, t) {
			return false
		}
	}
	return true
}

// cancelled reports a valid cancellation of the invitation that does not follow op n.
func (e *engine) cancelled(invite, n int32) bool {
	for _, l := range e.cancels[invite] {
		if n < 0 || !e.before(n, l.ops[0]) {
			return true
		}
	}
	return false
}

// earlier counts the valid admissions by an invitation that are older than op n.
func (e *engine) earlier(invite, n int32) int {
	list := e.admitted[invite]
	return sort.Search(len(list), func(i int) bool { return e.older(list[i], n) >= 0 })
}

// effect adds a valid op to the lanes in which it counts, or drops it.
func (e *engine) effect(n int32, t *tree, change func(*lanes, laneKey, int32)) {
	v, b := &e.vertices[n], &e.bound[n]
	k := laneKey{feed: v.feed, basis: b.basis, cert: -1, tree: t}
	switch v.act.kind {
	case actRevoke:
		alter(e.removals, v.act.subject, k, n, change)
	case actLeave:
		k.basis = byLeaving
		for _, s := range b.users {
			alter(e.removals, s.user, k, n, change)
		}
	case actCouncil:
		k.basis = byCouncil
		alter(e.removals, v.act.subject, k, n, change)
	case actDeviceRevoke:
		if b.basis < 0 {
			k.basis = int32(b.own)
		}
		if k.basis == bySenior {
			k.cert = b.cert
		}
		alter(e.signOuts, v.act.signOut.Device, k, n, change)
	case actCancel:
		alter(e.cancels, b.target, laneKey{feed: v.feed}, n, change)
	case actDept:
		change(&e.depts, laneKey{feed: v.feed}, n)
		if !e.depts.endsIn(v.feed, n) {
			clear(e.trees) // they are known by how many ops of each feed they hold
		}
	case actAdmit:
		toggle(e, e.admitted, b.proof, n)
	case actCut:
		toggle(e, e.cutOps, b.target, n)
	case actPlace:
		toggle(e, e.places, v.act.subject, n)
	case actRule:
		toggle(e, e.ruleOps, v.act.rule.Key, n)
	}
}

// toggle adds an op to the list of key, which is in the order (lamport, opid), or takes it out.
func toggle[K comparable](e *engine, m map[K][]int32, key K, n int32) {
	list := m[key]
	i, found := slices.BinarySearchFunc(list, n, e.older)
	if found {
		m[key] = slices.Delete(list, i, i+1)
	} else {
		m[key] = slices.Insert(list, i, n)
	}
}

func alter[K comparable](m map[K]lanes, k K, lk laneKey, n int32, change func(*lanes, laneKey, int32)) {
	ls := m[k]
	change(&ls, lk, n)
	m[k] = ls
}

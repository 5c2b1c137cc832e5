package authority

import (
	"slices"

	"tongzhou/sync/op"
)

// engine applies the rules of protocol.md, section 3, to one log: the team's or that of a private scope.
type engine struct {
	*graph
	// authors returns the users for whom the author of the op speaks: by what lies in the op's past in the team's log
	// (certifiedAuthors), by the team's state in that of a scope.
	authors func(v int32) []op.UserID
	// admissible checks what is particular to an admission: signature and expiry.
	admissible func(v, invite int32) Reason

	bound     []binding // per vertex
	grants    []grant
	certified map[op.DeviceID][]int32 // the first bound certificate in each feed of the device

	valid    []bool // per vertex, filled by the one pass
	reasons  []Reason
	uses     map[int32]int // per vertex of an invitation: valid admissions
	removals map[op.UserID][]*lane
}

// binding is what an op means in its place, as far as that does not depend on the validity of others.
type binding struct {
	reason Reason      // set: invalid whatever else is valid
	basis  int32       // the grant relied on; -1: none is needed (founding, leave)
	proof  int32       // the op that must be valid: that of the basis, or the invitation; -1: none
	first  int32       // the grants it gives: grants[first:first+count]
	count  int32       //
	users  []op.UserID // leave: who leaves
}

// lane is the removals of one user that stand in one feed and rely on one grant, in the order of the feed. Their pasts
// contain each other, so that a binary search replaces a look at each.
type lane struct {
	feed  uint32
	basis int32   // -1: these are leaves
	ops   []int32 // valid ones only
}

func newEngine(g *graph) *engine {
	return &engine{
		graph:     g,
		bound:     make([]binding, len(g.vertices)),
		certified: map[op.DeviceID][]int32{},
		valid:     make([]bool, len(g.vertices)),
		reasons:   make([]Reason, len(g.vertices)),
		uses:      map[int32]int{},
		removals:  map[op.UserID][]*lane{},
	}
}

// run binds every op, then decides validity in one pass.
func (e *engine) run() {
	for v := range e.vertices { // in causal order: what an op relies on is bound before it
		e.bound[v] = binding{basis: -1, proof: -1}
		e.bound[v].reason = e.bind(int32(v), &e.bound[v])
	}
	e.rankOwners()
	e.judge()
}

// bind checks the part of rule 4 that no later op can change: well-formed, proof in the past, the author is the one whom
// the proof empowers, role permits the act (rule 1). What passes gets its grants, and with them its measure.
func (e *engine) bind(n int32, b *binding) Reason {
	v := &e.vertices[n]
	switch {
	case v.act.kind == actOther:
		return ""
	case v.act.err != nil:
		return ReasonMalformed
	case v.pos == 0:
		return ReasonForked
	case e.late(v):
		return ReasonClock
	}
	switch v.act.kind {
	case actFound:
		if r := e.certify(n); r != "" {
			return r
		}
		e.give(n, b, v.act.gives, n, -1)
	case actLeave:
		if b.users = e.authors(n); len(b.users) == 0 {
			return ReasonAuthor
		}
	case actAdmit:
		return e.bindAdmit(n, b)
	default:
		return e.bindRelying(n, b)
	}
	return ""
}

// bindRelying binds an op that cites a grant.
func (e *engine) bindRelying(n int32, b *binding) Reason {
	act := e.vertices[n].act
	p, ok := e.index[act.proof]
	if !ok || !e.before(p, n) || e.bound[p].count == 0 {
		return ReasonProof
	}
	basis := e.grantTo(p, e.authors(n))
	if basis < 0 {
		return ReasonAuthor
	}
	m := e.grants[basis].measure
	if act.kind == actRevoke && !m.mayRevoke() {
		return ReasonRole
	}
	for _, g := range act.gives {
		if !m.mayGrant(g.role, g.dept) {
			return ReasonRole
		}
	}
	b.basis, b.proof = basis, p
	if act.kind == actGrant {
		e.give(n, b, act.gives, n, basis)
	}
	return ""
}

// bindAdmit is the first half of rule 8: an admission is an act of the invitation's author and grants its role.
func (e *engine) bindAdmit(n int32, b *binding) Reason {
	act := e.vertices[n].act
	i, ok := e.index[act.proof]
	if !ok || !e.before(i, n) || e.vertices[i].act.kind != actInvite || e.bound[i].basis < 0 {
		return ReasonProof
	}
	if r := e.admissible(n, i); r != "" {
		return r
	}
	if r := e.certify(n); r != "" {
		return r
	}
	b.basis, b.proof = e.bound[i].basis, i
	promised := e.vertices[i].act.gives[0]
	promised.user = act.identity.user
	// A removal must precede the invitation, not only the admission, to spare it: re-adding is the inviter's decision, and
	// somebody removed must not come back by a link that is older than the removal.
	e.give(n, b, []given{promised}, i, b.basis)
	return ""
}

// grantTo returns the grant that op p gives to one of the users, -1 if none.
func (e *engine) grantTo(p int32, users []op.UserID) int32 {
	b := &e.bound[p]
	for g := b.first; g < b.first+b.count; g++ {
		if slices.Contains(users, e.grants[g].subject) {
			return g
		}
	}
	return -1
}

// give appends the grants of op n, which relies on basis (-1: founding).
func (e *engine) give(n int32, b *binding, gives []given, base, basis int32) {
	b.first, b.count = int32(len(e.grants)), int32(len(gives))
	for _, gv := range gives {
		g := grant{vertex: n, base: base, subject: gv.user, measure: measure{class: gv.role, dept: gv.dept}, parent: -1}
		if gv.role == Owner && !gv.top {
			g.parent, g.depth = basis, e.grants[basis].depth+1
		}
		e.grants = append(e.grants, g)
	}
}

// judge is the one pass of rule 5: founding, leaves, then ops by rising measure of the grant they rely on, ties by
// (lamport, opid). Whatever decides about an op relies on strictly stronger authority and was judged before it.
func (e *engine) judge() {
	var order []int32
	for n := range e.vertices {
		if e.reasons[n] = e.bound[n].reason; e.reasons[n] == "" && e.vertices[n].act.kind != actOther {
			order = append(order, int32(n))
		}
	}
	rank := func(n int32) measure {
		if basis := e.bound[n].basis; basis >= 0 {
			return e.grants[basis].measure
		}
		return measure{class: Owner, seniority: -1}
	}
	slices.SortStableFunc(order, func(a, b int32) int { return rank(a).compare(rank(b)) })
	for _, n := range order {
		if e.reasons[n] = e.refuse(n); e.reasons[n] != "" {
			continue
		}
		e.valid[n] = true
		switch e.vertices[n].act.kind {
		case actAdmit:
			e.uses[e.bound[n].proof]++
		case actRevoke:
			e.remove(e.vertices[n].act.subject, n)
		case actLeave:
			for _, u := range e.bound[n].users {
				e.remove(u, n)
			}
		}
	}
}

// refuse is rule 4 for one op, and the second half of rule 8.
func (e *engine) refuse(n int32) Reason {
	b := &e.bound[n]
	if b.basis < 0 {
		return "" // founding; leave is always valid (rule 3)
	}
	if !e.valid[b.proof] {
		return ReasonBasis
	}
	if e.taken(b.basis, n) {
		return ReasonRevoked
	}
	if act := e.vertices[n].act; act.kind == actAdmit && e.uses[b.proof] >= int(e.vertices[b.proof].act.invite.MaxUses) {
		return ReasonUsedUp // first come, first served by (lamport, opid), which is the order within one measure
	}
	return ""
}

func (e *engine) remove(u op.UserID, n int32) {
	feed, basis := e.vertices[n].feed, e.bound[n].basis
	for _, l := range e.removals[u] {
		if l.feed == feed && l.basis == basis {
			l.ops = append(l.ops, n)
			return
		}
	}
	e.removals[u] = append(e.removals[u], &lane{feed: feed, basis: basis, ops: []int32{n}})
}

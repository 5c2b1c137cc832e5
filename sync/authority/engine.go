package authority

import (
	"crypto/ed25519"
	"errors"
	"slices"

	"tongzhou/sync/op"
)

// engine applies the rules of doc.go to one log: the team's or that of a private scope. It takes ops one by one and judges
// again only what they may change.
type engine struct {
	*graph
	team op.TeamID
	// users returns for whom the author of an op speaks in the log of a private scope; nil in the team's.
	users func(n int32) []speaker

	bound   []binding // per vertex
	grants  []grant
	found   int32 // the founding op that is bound, -1
	valid   []bool
	reasons []Reason
	judged  []*tree // per vertex of a head's: the departments by which it was judged

	certs     map[op.DeviceID][]int32 // bound ops that certify the device
	roots     map[op.UserID][]int32   // bound ops that tell the person's root
	certified map[op.UserID][]int32   // bound ops that certify a device of the person
	links     map[op.DeviceID][]int32 // bound device.link ops that the device wrote for others
	by        map[op.DeviceID][]int32 // bound ops of the device
	proofs    map[int32][]int32       // per vertex: the bound ops whose proof it is
	reliers   map[int32][]int32       // per grant: the bound ops that rely on it
	given     map[op.UserID][]int32   // grants of the user
	relied    map[op.UserID][]int32   // grants of the user that something relies on
	headOps   []int32                 // bound ops that rely on a head's grant

	// Valid ops, oldest first.
	admitted map[int32][]int32     // per invitation: admissions
	cutOps   map[int32][]int32     // per removal: cuts
	places   map[op.UserID][]int32 // of the person
	ruleOps  map[string][]int32    // of the key

	removals map[op.UserID]lanes   // valid ones
	signOuts map[op.DeviceID]lanes // valid ones
	cancels  map[int32]lanes       // per invitation: valid ones
	depts    lanes                 // valid org.dept ops
	trees    map[string]*tree      // see treeFor

	agenda
	news
}

// binding is what an op means in its place, as far as that does not depend on the validity of others.
type binding struct {
	reason Reason    // set: invalid whatever else is valid
	basis  int32     // the grant relied on; -1: none is needed
	proof  int32     // the op that must be valid: that of the basis, or the invitation; -1: none
	first  int32     // the grants it gives: grants[first:first+count]
	count  int32     //
	cert   int32     // the certificate by which the author's device acts; -1: none is needed
	target int32     // cancel: the invitation. cut: the removal. device.revoke: the certificate of the device
	depth  int8      // of a certificate: how far the device stands from the root
	own    int8      // device.revoke without a grant: byRoot or bySenior
	users  []speaker // leave: who leaves
}

func newEngine(team op.TeamID, founding op.ID) *engine {
	return &engine{
		graph: newGraph(founding), team: team, found: -1,
		certs: map[op.DeviceID][]int32{}, roots: map[op.UserID][]int32{}, certified: map[op.UserID][]int32{}, links: map[op.DeviceID][]int32{}, by: map[op.DeviceID][]int32{},
		proofs: map[int32][]int32{}, reliers: map[int32][]int32{}, given: map[op.UserID][]int32{},
		relied: map[op.UserID][]int32{}, admitted: map[int32][]int32{},
		cutOps: map[int32][]int32{}, places: map[op.UserID][]int32{}, ruleOps: map[string][]int32{},
		removals: map[op.UserID]lanes{}, signOuts: map[op.DeviceID]lanes{}, cancels: map[int32]lanes{},
		trees: map[string]*tree{}, news: newNews(),
	}
}

// enter binds an op that was placed and puts it on the agenda.
func (e *engine) enter(n int32) {
	e.bound = append(e.bound, binding{basis: -1, proof: -1, cert: -1, target: -1})
	e.valid, e.reasons, e.judged, e.due = append(e.valid, false), append(e.reasons, ""), append(e.judged, nil), append(e.due, false)
	b := &e.bound[n]
	b.reason = e.bind(n, b)
	e.reasons[n] = b.reason
	e.statusOf(n)
	kind := e.vertices[n].act.kind
	if b.reason != "" || kind == actOther {
		return
	}
	if kind == actFound {
		e.found = n
	}
	e.by[e.vertices[n].ref.Device] = append(e.by[e.vertices[n].ref.Device], n)
	if b.proof >= 0 {
		e.proofs[b.proof] = append(e.proofs[b.proof], n)
	}
	if b.basis >= 0 {
		g := &e.grants[b.basis]
		if len(e.reliers[b.basis]) == 0 {
			e.relied[g.subject] = append(e.relied[g.subject], b.basis)
		}
		e.reliers[b.basis] = append(e.reliers[b.basis], n)
		if g.measure.headed() {
			e.headOps = append(e.headOps, n)
		}
	}
	if kind == actLink && !e.vertices[n].act.recovers(e.vertices[n].ref.Device) {
		e.links[e.vertices[n].ref.Device] = append(e.links[e.vertices[n].ref.Device], n)
	}
	if id := e.vertices[n].act.identity; id != nil {
		if id.rootPub != nil {
			e.roots[id.user] = append(e.roots[id.user], n)
		}
		e.certified[id.user] = append(e.certified[id.user], n)
		for _, c := range e.certs[id.cert.DeviceID()] {
			e.touch(e.vertices[c].act.identity.user)
		}
	}
	e.touchBound(n)
	e.put(n, e)
}

// bind checks the part of rule 4 that no later op can change: well-formed, proof in the past, the author is the one whom
// the proof empowers, role permits the act (rule 1). What passes gets its grants, and with them its measure.
func (e *engine) bind(n int32, b *binding) Reason {
	v := &e.vertices[n]
	switch {
	case v.act.kind == actOther:
		return ""
	case errors.Is(v.act.err, errCut):
		return ReasonCut
	case v.act.err != nil:
		return ReasonMalformed
	case v.pos == 0:
		return ReasonForked
	case e.late(v):
		return ReasonClock
	}
	switch v.act.kind {
	case actFound:
		b.depth, b.cert = 1, n
		if r := e.certify(n); r != "" {
			return r
		}
		e.give(n, b, v.act.gives, n, -1)
	case actLeave:
		if b.users = e.authors(n); len(b.users) == 0 {
			return ReasonAuthor
		}
		b.cert = b.users[0].cert
	case actAdmit:
		return e.bindAdmit(n, b)
	case actLink:
		return e.bindLink(n, b)
	case actDeviceRevoke:
		return e.bindSignOut(n, b)
	case actCouncil:
		return e.bindCouncil(n, b)
	default:
		return e.bindRelying(n, b)
	}
	return ""
}

func (e *engine) authors(n int32) []speaker {
	if e.users != nil {
		return e.users(n)
	}
	return e.speakers(n)
}

// bindRelying binds an op that cites a grant.
func (e *engine) bindRelying(n int32, b *binding) Reason {
	act := e.vertices[n].act
	p, ok := e.past(act.proof, n)
	if !ok || e.bound[p].count == 0 {
		return ReasonProof
	}
	basis, cert := e.grantTo(p, e.authors(n))
	if basis < 0 {
		return ReasonAuthor
	}
	m := e.grants[basis].measure
	allowed := true
	switch act.kind {
	case actRevoke, actDeviceRevoke:
		allowed = m.mayRevoke()
	case actDept, actPlace, actRule:
		allowed = m.mayRun()
	case actCut:
		allowed = m.class <= Member
	}
	for _, g := range act.gives {
		allowed = allowed && m.mightGrant(g.role)
	}
	if !allowed {
		return ReasonRole
	}
	if r := e.bindTarget(n, b); r != "" {
		return r
	}
	b.basis, b.proof, b.cert = basis, p, cert
	if act.kind == actGrant {
		e.give(n, b, act.gives, n, basis)
	}
	return ""
}

// bindTarget finds what a cut or cancellation is about.
func (e *engine) bindTarget(n int32, b *binding) Reason {
	act := e.vertices[n].act
	if act.kind != actCut && act.kind != actCancel {
		return ""
	}
	t, ok := e.past(act.target, n)
	if act.kind == actCut && e.users != nil {
		b.target = t // of the team's log perhaps, which is not known here
		return ""
	}
	if !ok || act.kind == actCancel != (e.vertices[t].act.kind == actInvite) || act.kind == actCut && !e.vertices[t].act.removes() {
		return ReasonProof
	}
	b.target = t
	return ""
}

func (a *act) removes() bool {
	return a.kind == actRevoke || a.kind == actLeave || a.kind == actDeviceRevoke || a.kind == actCouncil
}

// bindAdmit is the first half of rule 8: an admission is an act of the invitation's author and grants its role.
func (e *engine) bindAdmit(n int32, b *binding) Reason {
	act := e.vertices[n].act
	i, ok := e.past(act.proof, n)
	if !ok || e.vertices[i].act.kind != actInvite {
		return ReasonProof
	}
	if r := e.vouch(n, e.vertices[i].act.invite); r != "" {
		return r
	}
	b.depth, b.cert = 1, n
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

// vouch checks an admission against its invitation. Expiry is the only place where authority reads a clock: that of the
// admission, which its author could set back, but not before the invitation itself.
func (e *engine) vouch(n int32, i *Invite) Reason {
	v := &e.vertices[n]
	if !v.act.once(func() bool { return v.act.admit.signedBy(ed25519.PublicKey(i.Pub), e.team) }) {
		return ReasonMalformed
	}
	if v.clock.Millis() > i.Expires {
		return ReasonExpired
	}
	return ""
}

// once makes the check of a signature that needs another op, and remembers the answer: whatever the op, it has one key.
func (a *act) once(check func() bool) bool {
	if !a.checked {
		a.checked, a.passed = true, check()
	}
	return a.passed
}

// past returns the vertex of an op that lies in the past of n and is bound.
func (e *engine) past(id op.ID, n int32) (int32, bool) {
	f := e.facts[id]
	if f == nil || f.placed == 0 || !e.before(f.placed-1, n) || e.bound[f.placed-1].reason != "" {
		return -1, false
	}
	return f.placed - 1, true
}

// grantTo returns the grant that op p gives to one of the speakers, and that one's certificate; -1 if none.
func (e *engine) grantTo(p int32, speakers []speaker) (g, cert int32) {
	b := &e.bound[p]
	for g := b.first; g < b.first+b.count; g++ {
		i := slices.IndexFunc(speakers, func(s speaker) bool { return s.user == e.grants[g].subject })
		if i >= 0 {
			return g, speakers[i].cert
		}
	}
	return -1, -1
}

// give appends the grants of op n, which relies on basis (-1: founding).
func (e *engine) give(n int32, b *binding, gives []given, base, basis int32) {
	b.first, b.count = int32(len(e.grants)), int32(len(gives))
	for _, gv := range gives {
		g := grant{vertex: n, base: base, subject: gv.user, measure: measure{class: gv.role, dept: gv.dept}}
		if gv.role == Owner && !gv.top {
			up := e.grants[basis].measure.line
			g.measure.line = &line{up: up, lamport: e.vertices[n].lamport, id: e.vertices[n].id, steps: up.length() + 1}
		}
		e.given[gv.user] = append(e.given[gv.user], int32(len(e.grants)))
		e.grants = append(e.grants, g)
	}
}

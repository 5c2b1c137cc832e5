package authority

import (
	"slices"

	"tongzhou/sync/op"
)

// news is what changed since the last state.
type news struct {
	statuses []int32
	people   map[op.UserID]bool // anything about them
	rights   map[op.UserID]bool // what they may do
	invites  map[int32]bool
	rules    map[string]bool
	org      bool
	revoked  bool
}

func newNews() news {
	return news{people: map[op.UserID]bool{}, rights: map[op.UserID]bool{}, invites: map[int32]bool{}, rules: map[string]bool{}}
}

func (w *news) statusOf(n int32)   { w.statuses = append(w.statuses, n) }
func (w *news) touch(u op.UserID)  { w.people[u] = true }
func (w *news) change(u op.UserID) { w.people[u], w.rights[u] = true, true }

// touchBound notes what the state tells of an op whether or not it is valid.
func (e *engine) touchBound(n int32) {
	switch v := &e.vertices[n]; v.act.kind {
	case actInvite:
		e.invites[n] = true
	case actFound, actAdmit:
		if v.act.identity != nil {
			e.touch(v.act.identity.user)
		}
	}
}

// spread puts on the agenda what depends on op n, whose validity or reach changed, and notes what the state tells of it. In
// an evaluation from scratch everything is on the agenda anyway.
func (e *engine) spread(n int32) {
	v, b := &e.vertices[n], &e.bound[n]
	switch v.act.kind {
	case actRevoke, actCouncil:
		e.spreadRemoval(v.act.subject, n)
		e.revoked = true
	case actLeave:
		for _, s := range b.users {
			e.spreadRemoval(s.user, n)
		}
	case actDeviceRevoke:
		e.spreadSignOut(n)
	case actCancel:
		e.putUnless(e.proofs[b.target], n)
		e.invites[b.target] = true
	case actInvite:
		e.putUnless(e.proofs[n], -1)
		e.invites[n] = true
	case actDept:
		e.putUnless(e.headOps, n)
		e.org = true
	case actPlace:
		e.touch(v.act.subject)
	case actRule:
		e.rules[v.act.rule.Key] = true
	case actCut:
		if b.target >= 0 { // else of a removal in the team's log
			e.touchRemoval(b.target)
		}
	case actAdmit:
		for _, a := range e.proofs[b.proof] {
			if !e.all && e.older(n, a) < 0 {
				e.put(a, e)
			}
		}
		e.invites[b.proof] = true
	}
	for g := b.first; g < b.first+b.count; g++ {
		e.change(e.grants[g].subject)
	}
	if b.count > 0 {
		e.putUnless(e.proofs[n], -1)
	}
}

// putUnless puts ops on the agenda that do not precede n.
func (e *engine) putUnless(ops []int32, n int32) {
	if e.all {
		return
	}
	for _, x := range ops {
		if x != n && (n < 0 || !e.before(x, n)) {
			e.put(x, e)
		}
	}
}

func (e *engine) spreadRemoval(u op.UserID, n int32) {
	e.change(u)
	if e.all {
		return
	}
	if e.mayBeSealed(u) {
		n = -1 // what precedes the removal may be sealed by it, or no longer be
	}
	for _, g := range e.relied[u] {
		e.putUnless(e.reliers[g], n)
	}
}

// mayBeSealed tells whether the person did anything against which a removal seals: left, or signed out a device.
func (e *engine) mayBeSealed(u op.UserID) bool {
	own := func(l *lane) bool { return l.basis < 0 }
	if slices.ContainsFunc(e.removals[u], func(l *lane) bool { return l.basis == byLeaving }) {
		return true
	}
	return slices.ContainsFunc(e.devicesOf(u), func(d op.DeviceID) bool { return slices.ContainsFunc(e.signOuts[d], own) })
}

func (e *engine) spreadSignOut(n int32) {
	out := e.vertices[n].act.signOut.Device
	e.descend(out, func(d op.DeviceID) {
		for _, c := range e.certs[d] {
			e.touch(e.vertices[c].act.identity.user)
		}
		if e.all {
			return
		}
		for _, x := range e.by[d] {
			if x == n || d == out && e.before(x, n) {
				continue
			}
			e.put(x, e)
			if e.vertices[x].act.kind == actLeave && e.valid[x] { // what it hits may change while it stays valid
				for _, s := range e.bound[x].users {
					e.spreadRemoval(s.user, x)
				}
			}
		}
	})
}

// touchRemoval notes that more or less is known about how far the people of a removal had written.
func (e *engine) touchRemoval(r int32) {
	switch v, b := &e.vertices[r], &e.bound[r]; v.act.kind {
	case actRevoke, actCouncil:
		e.touch(v.act.subject)
	case actLeave:
		for _, s := range b.users {
			e.touch(s.user)
		}
	case actDeviceRevoke:
		for _, c := range e.certs[v.act.signOut.Device] {
			e.touch(e.vertices[c].act.identity.user)
		}
	}
}

// owner returns the person to whom a device belongs: that of its oldest certificate.
func (e *engine) owner(device op.DeviceID) (op.UserID, int32) {
	certs := e.certs[device]
	oldest := slices.MinFunc(certs, e.older)
	return e.vertices[oldest].act.identity.user, oldest
}

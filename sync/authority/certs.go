package authority

import (
	"cmp"
	"slices"

	"tongzhou/sync/op"
)

// MaxLinkDepth bounds how far a device may stand from the root: one that was linked by one that was linked, and so on.
const MaxLinkDepth = 16

// speaker is a person for whom the author of an op speaks, and the op that certifies it: the best one in its past. In a
// private scope the team's state says who speaks, and there is no such op.
type speaker struct {
	user op.UserID
	cert int32 // -1: none
}

// certify records that a device speaks for the person whom op n names. A certificate counts when its op is bound, whether
// or not it is valid: it only says who speaks. The bound ones of strangers are those with a genuine invitation, so that
// nobody can fill the state.
func (e *engine) certify(n int32) Reason {
	id := e.vertices[n].act.identity
	if id == nil {
		return "" // the founding of a private scope
	}
	device := id.cert.DeviceID()
	for _, c := range e.certs[device] {
		known := e.vertices[c].act.identity.user
		if e.vertices[c].feed == e.vertices[n].feed && known != id.user {
			return ReasonAuthor // a device that could name thousands would make every later op of it as dear
		}
		if known == id.user && e.before(c, n) && e.bound[c].depth <= e.bound[n].depth {
			if e.vertices[n].act.kind == actLink {
				return ReasonKnown
			}
			if e.vertices[c].feed == e.vertices[n].feed {
				return "" // adds nothing
			}
		}
	}
	e.certs[device] = append(e.certs[device], n)
	return ""
}

// speakers returns the persons for whom the author's device speaks by what lies in the op's past: one, unless the device
// calls itself something else in another incarnation. Of several certificates for one person the most senior counts.
func (e *engine) speakers(n int32) []speaker {
	var out []speaker
	for _, c := range e.certs[e.vertices[n].ref.Device] {
		if !e.before(c, n) {
			continue
		}
		user := e.vertices[c].act.identity.user
		i := slices.IndexFunc(out, func(s speaker) bool { return s.user == user })
		switch {
		case i < 0:
			out = append(out, speaker{user, c})
		case cmp.Or(e.seniority(c, out[i].cert), e.older(c, out[i].cert)) < 0:
			out[i].cert = c
		}
	}
	slices.SortFunc(out, func(a, b speaker) int { return e.older(a.cert, b.cert) })
	return out
}

// seniority compares certificates (rule 7): less depth first, then the older. Those from the root are equal, because their
// place in the log is their device's own choice.
func (e *engine) seniority(a, b int32) int {
	da, db := e.bound[a].depth, e.bound[b].depth
	if da != db || da <= 1 {
		return cmp.Compare(da, db)
	}
	return e.older(a, b)
}

// signedOut reports whether what op n does by the given certificate is void because a device on the way from the root lost
// its rights, and op n, or the link by which the next device got its own, does not precede that (rule 7). g is the grant
// that n relies on: who signs out somebody else's device takes from it what they outrank. With -1 it asks for those
// revocations only that need no grant.
func (e *engine) signedOut(n, cert, g int32) bool {
	for at := n; cert >= 0; at, cert = cert, e.bound[cert].cert {
		for _, l := range e.signOuts[e.vertices[cert].act.identity.cert.DeviceID()] {
			r := l.ops[0] // of the others in the lane each has the first in its past
			if r != at && e.ends(l, cert, g) && !e.before(at, r) && !(l.basis < 0 && e.sealed(n, g, r)) {
				return true
			}
		}
		if e.bound[cert].depth <= 1 {
			return false
		}
	}
	return false
}

// ends reports whether the revocations of a lane end what a device does by the certificate and the grant.
func (e *engine) ends(l *lane, cert, g int32) bool {
	switch l.basis {
	case byRoot:
		return true
	case bySenior:
		return e.seniority(l.cert, cert) < 0
	}
	return g >= 0 && e.grants[l.basis].measure.outranks(e.grants[g].measure, l.tree)
}

// descend calls fn for the device and every device whose certificates hang below it.
func (e *engine) descend(device op.DeviceID, fn func(op.DeviceID)) {
	seen := map[op.DeviceID]bool{device: true}
	queue := []op.DeviceID{device}
	for len(queue) > 0 {
		d := queue[0]
		queue = queue[1:]
		fn(d)
		for _, n := range e.links[d] {
			if next := e.vertices[n].act.identity.cert.DeviceID(); !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
}

package authority

import (
	"slices"

	"tongzhou/sync/op"
)

// certify records that the author's device speaks for the person whom the op names. A certificate counts when its op is
// bound, whether or not it is valid: root and device signed it, and it only says who speaks. The bound ones are those with
// a genuine invitation, so that strangers cannot fill the state. Within one feed the first person stands; a device that
// could name thousands would make every later op of it as dear.
func (e *engine) certify(n int32) Reason {
	v := &e.vertices[n]
	if v.act.identity == nil {
		return "" // the founding of a private scope
	}
	device := v.ref.Device
	for _, c := range e.certified[device] {
		if e.vertices[c].feed != v.feed {
			continue
		}
		if e.vertices[c].act.identity.user != v.act.identity.user {
			return ReasonAuthor
		}
		return "" // the earlier one lies in the past of whatever has this one there
	}
	e.certified[device] = append(e.certified[device], n)
	return ""
}

// certifiedAuthors returns the persons who certified the author's device in the op's past: one, unless the device
// calls itself something else in another incarnation.
func (e *engine) certifiedAuthors(n int32) []op.UserID {
	var users []op.UserID
	for _, c := range e.certified[e.vertices[n].ref.Device] {
		if u := e.vertices[c].act.identity.user; e.before(c, n) && !slices.Contains(users, u) {
			users = append(users, u)
		}
	}
	return users
}

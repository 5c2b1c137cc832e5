package authority

import (
	"crypto/ed25519"
	"slices"

	"tongzhou/sync/op"
)

// bindLink is the first half of rule 7: who adds a device.
func (e *engine) bindLink(n int32, b *binding) Reason {
	v := &e.vertices[n]
	user := v.act.identity.user
	if v.act.recovers(v.ref.Device) {
		root := e.rootOf(user, n)
		if root == nil {
			return ReasonProof
		}
		if !v.act.once(func() bool { return v.act.identity.cert.Verify(root) == nil }) {
			return ReasonMalformed
		}
		b.depth, b.cert = 1, n
		return e.certify(n)
	}
	b.cert = e.speaks(n, user)
	if b.cert < 0 {
		return ReasonAuthor
	}
	if e.bound[b.cert].depth >= MaxLinkDepth {
		return ReasonRole
	}
	b.depth = e.bound[b.cert].depth + 1
	return e.certify(n)
}

// rootOf returns the person's root key if a genesis or admission in the past of n tells it.
func (e *engine) rootOf(user op.UserID, n int32) ed25519.PublicKey {
	for _, r := range e.roots[user] {
		if e.before(r, n) {
			return ed25519.PublicKey(e.vertices[r].act.identity.rootPub)
		}
	}
	return nil
}

// speaks returns the certificate by which the author of n speaks for the user, -1 if it does not.
func (e *engine) speaks(n int32, user op.UserID) int32 {
	speakers := e.speakers(n)
	if i := slices.IndexFunc(speakers, func(s speaker) bool { return s.user == user }); i >= 0 {
		return speakers[i].cert
	}
	return -1
}

// bindSignOut is the second half of rule 7: who ends what a device may do.
func (e *engine) bindSignOut(n int32, b *binding) Reason {
	v := &e.vertices[n]
	out := v.act.signOut
	best := int32(-1)
	for _, c := range e.certs[out.Device] {
		if e.before(c, n) && (best < 0 || e.seniority(c, best) < 0) {
			best = c
		}
	}
	if best < 0 {
		return ReasonProof
	}
	if !out.Proof.IsZero() {
		if r := e.bindRelying(n, b); r != "" {
			return r
		}
		b.target = best
		return ""
	}
	user := e.vertices[best].act.identity.user
	b.target, b.own = best, byRoot
	b.cert = e.speaks(n, user)
	switch root := e.rootOf(user, n); {
	case b.cert < 0 || root == nil:
		return ReasonAuthor
	case len(out.RootSig) > 0:
		msg := deviceRevokeMessage(e.team, out.Device, v.ref.Device)
		if !v.act.once(func() bool { return ed25519.Verify(root, msg, out.RootSig) }) {
			return ReasonMalformed
		}
	case out.Device == v.ref.Device:
	case e.seniority(b.cert, best) < 0:
		b.own = bySenior
	default:
		return ReasonRole
	}
	return ""
}

// bindCouncil checks an act of the council: K of its keys signed it for this place in the log.
func (e *engine) bindCouncil(n int32, b *binding) Reason {
	v := &e.vertices[n]
	if e.found < 0 || !e.before(e.found, n) {
		return ReasonProof
	}
	council := &e.vertices[e.found].act.council
	if council.IsZero() {
		return ReasonRole
	}
	if !v.act.once(func() bool { return v.act.replace.signedBy(council, e.team, v.ref) }) {
		return ReasonMalformed
	}
	e.give(n, b, v.act.gives, n, -1)
	return ""
}

// signedBy reports K genuine signatures by different keys.
func (r *ReplaceOwner) signedBy(c *Council, team op.TeamID, ref op.Ref) bool {
	msg := councilMessage(team, ref, r.Subject, r.Replaces)
	var signed [MaxCouncil]bool
	count := 0
	for _, s := range r.Sigs {
		if int(s.Index) >= len(c.Keys) || signed[s.Index] || !ed25519.Verify(c.Keys[s.Index], msg, s.Sig) {
			return false
		}
		signed[s.Index] = true
		count++
	}
	return count >= int(c.K)
}

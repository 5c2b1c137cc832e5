package authority_test

import (
	"slices"
	"testing"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
)

func TestRule1RolesAndDepartments(t *testing.T) { // R25, R27, R31
	o := newOffice(t)
	a, b, c, d := people()[0], people()[1], people()[2], people()[3]
	for _, p := range []*person{b, c, d} {
		o.join(p)
		o.role(p, authority.Member)
	}
	o.want(o.grant(b, c, authority.Member, ""), authority.Invalid, authority.ReasonRole)
	o.grant(a, b, authority.Admin, "")
	o.want(o.grant(b, c, authority.Admin, ""), authority.Invalid, authority.ReasonRole)
	o.want(o.grant(b, c, authority.Head, "sales"), authority.Valid, "")
	o.role(c, authority.Head)

	o.want(o.grant(c, d, authority.DeptAdmin, "it"), authority.Invalid, authority.ReasonRole)
	o.want(o.grant(c, d, authority.Head, "sales"), authority.Invalid, authority.ReasonRole)
	o.want(o.grant(c, d, authority.Member, ""), authority.Invalid, authority.ReasonRole)
	o.want(o.grant(c, d, authority.DeptAdmin, "sales"), authority.Valid, "")
	o.role(d, authority.DeptAdmin)
	if got := o.eval().Grants(d.id())[0]; got.Role != authority.DeptAdmin || string(got.Dept) != "sales" {
		t.Fatalf("strongest grant %+v", got)
	}

	// The head takes the department's role, and not the membership that the company gave.
	o.revoke(c, d)
	o.role(d, authority.Member)
	o.want(o.revoke(d, c), authority.Invalid, authority.ReasonRole)
	o.role(c, authority.Head)
}

func TestRule1RolesWithoutSense(t *testing.T) {
	o := newOffice(t)
	b := people()[1]
	for _, g := range []authority.Grant{
		{Role: authority.None},
		{Role: 6},
		{Role: authority.Head},
		{Role: authority.DeptAdmin},
		{Role: authority.Admin, Dept: []byte("x")},
		{Role: authority.Member, Dept: make([]byte, 65)},
	} {
		g.Subject, g.Proof = b.id(), o.genesis
		o.want(o.do(people()[0], authority.TypeGrant, g), authority.Invalid, authority.ReasonMalformed)
	}
	o.role(b, authority.None)
}

func TestRule2RemovedAndBack(t *testing.T) { // R20
	o := newOffice(t)
	a, b := people()[0], people()[1]
	i := o.invite(a, authority.Member, 5, o.genesis)
	o.do(b, authority.TypeAdmit, o.admission(inviteKeys()[0], i, b, 0))
	r := o.revoke(a, b)
	o.role(b, authority.None)
	st := o.eval()
	if former := st.Former(); len(former) != 1 || former[0].ID != b.id() || len(st.Users()) != 1 {
		t.Fatalf("active %v, former %v", st.Users(), former)
	}
	if _, ok := st.Device(b.devices[0].ID); !ok {
		t.Fatal("old ops of a former member cannot be verified any more")
	}
	if _, ok := st.DeviceByPeer(b.certs[0].PeerPub); ok {
		t.Fatal("a former member's peer is let in")
	}
	if got := st.Revocations(); len(got) != 1 || got[0].Op != r || got[0].By != a.id() || got[0].Subject != b.id() {
		t.Fatalf("revocations %+v", got)
	}
	// The old link still works for others and not for the removed, even though the admission follows the removal.
	o.do(b, authority.TypeAdmit, o.admission(inviteKeys()[0], i, b, 0))
	o.role(b, authority.None)
	o.do(people()[2], authority.TypeAdmit, o.admission(inviteKeys()[0], i, people()[2], 0))
	o.role(people()[2], authority.Member)
	// A decision after the removal brings them back: by a new link, or by a grant.
	back := o.invite(a, authority.Guest, 1, o.genesis)
	o.write(b.devices[1], 1, authority.TypeAdmit, o.admission(inviteKeys()[0], back, b, 1), o.eval().Frontier()...)
	o.role(b, authority.Guest)
	o.grant(a, b, authority.Member, "")
	o.role(b, authority.Member)
	if _, ok := o.eval().DeviceByPeer(b.certs[0].PeerPub); !ok {
		t.Fatal("the first device does not work again")
	}
}

func TestRule3LeaveAndReturn(t *testing.T) {
	o := newOffice(t)
	a, b := people()[0], people()[1]
	o.join(b)
	o.grant(a, b, authority.Admin, "")
	before := o.grant(b, people()[2], authority.Member, "")
	o.want(o.do(b, authority.TypeLeave, authority.Leave{}), authority.Valid, "")
	o.role(b, authority.None)
	o.ops[len(o.ops)-1].Payload = nil // an op without payload says the same
	o.want(o.ops[len(o.ops)-1].ID, authority.Valid, "")
	o.want(before, authority.Valid, "")
	o.role(people()[2], authority.Member)
	o.want(o.do(b, authority.TypeGrant, authority.Grant{Subject: people()[3].id(), Role: authority.Member, Proof: proofOf(o, b)}),
		authority.Invalid, authority.ReasonRevoked)
	o.grant(a, b, authority.Member, "")
	o.role(b, authority.Member)
}

// proofOf returns the newest grant of p, live or not.
func proofOf(o *office, p *person) op.ID {
	for _, x := range slices.Backward(o.ops) {
		var g authority.Grant
		if x.Type == authority.TypeGrant && op.Unmarshal(x.Payload, &g) == nil && g.Subject == p.id() {
			return x.ID
		}
	}
	return op.ID{}
}

func TestRule4ConcurrentRemovalWins(t *testing.T) {
	o := newOffice(t)
	a, b, c := people()[0], people()[1], people()[2]
	o.join(b)
	o.join(c)
	g := o.grant(a, b, authority.Admin, "")
	frontier := o.eval().Frontier()
	// At one moment, apart: the owner removes the admin, the admin makes a head, the head somebody else.
	r := o.write(a.devices[0], 1, authority.TypeRevoke, authority.Revoke{Subject: b.id(), Mode: authority.Removed, Proof: o.genesis}, frontier...)
	h := o.write(b.devices[0], 1, authority.TypeGrant, authority.Grant{Subject: c.id(), Role: authority.Head, Dept: []byte("it"), Proof: g}, frontier...)
	m := o.write(c.devices[0], 1, authority.TypeGrant, authority.Grant{Subject: people()[3].id(), Role: authority.Member, Dept: []byte("it"), Proof: h.ID}, h.ID)
	o.want(r.ID, authority.Valid, "")
	o.want(h.ID, authority.Invalid, authority.ReasonRevoked)
	o.want(m.ID, authority.Invalid, authority.ReasonBasis)
	o.role(c, authority.Member)
	o.role(people()[3], authority.None)
}

// A device that was restored from a backup goes on in a new incarnation and does not know what the old one removed. Each
// removal counts by itself: the return follows one of them and not the other.
func TestRule2RemovalsInSeveralFeeds(t *testing.T) {
	o := newOffice(t)
	a, b := people()[0], people()[1]
	joined := o.join(b)
	remove := authority.Revoke{Subject: b.id(), Mode: authority.Removed, Proof: o.genesis}
	o.write(a.devices[0], 2, authority.TypeRevoke, remove, joined)
	filler := o.write(a.devices[0], 3, "x/1", nil, joined)
	second := o.write(a.devices[0], 3, authority.TypeRevoke, remove, filler.ID)
	back := o.write(a.devices[0], 3, authority.TypeGrant, authority.Grant{Subject: b.id(), Role: authority.Member, Proof: o.genesis}, second.ID)
	o.want(back.ID, authority.Valid, "")
	o.role(b, authority.None)
	o.grant(a, b, authority.Member, "")
	o.role(b, authority.Member)
}

func TestRule4TheDeviceIsCertifiedInThePast(t *testing.T) {
	o := newOffice(t)
	a, b := people()[0], people()[1]
	g := o.grant(a, b, authority.Admin, "") // before joining
	x := authority.Grant{Subject: people()[2].id(), Role: authority.Member, Proof: g}
	joined := o.join(b)
	beside := g
	for range 5 { // later by lamport than the admission, and not after it
		beside = o.write(a.devices[0], 2, "x/1", nil, beside).ID
	}
	early := o.write(b.devices[0], 2, authority.TypeGrant, x, beside)
	o.want(early.ID, authority.Invalid, authority.ReasonAuthor)
	left := o.write(b.devices[0], 3, authority.TypeLeave, authority.Leave{}, beside)
	o.want(left.ID, authority.Invalid, authority.ReasonAuthor)
	late := o.write(b.devices[0], 4, authority.TypeGrant, x, g, joined)
	o.want(late.ID, authority.Valid, "")
	o.role(b, authority.Admin)
	// What stands earlier in the feed lies in the past without being cited.
	o.want(o.write(b.devices[0], 4, authority.TypeGrant, x).ID, authority.Valid, "")
}

func TestRule6SeniorOwnerWins(t *testing.T) {
	o := newOffice(t)
	a, b, c := people()[0], people()[1], people()[2]
	o.join(b)
	o.join(c)
	gb := o.grant(a, b, authority.Owner, "")
	gc := o.grant(b, c, authority.Owner, "")
	frontier := o.eval().Frontier()
	remove := func(by, x *person, proof op.ID) {
		o.write(by.devices[0], 1, authority.TypeRevoke, authority.Revoke{Subject: x.id(), Mode: authority.Removed, Proof: proof}, frontier...)
	}
	remove(c, b, gc) // the junior first
	remove(b, c, gb)
	remove(b, a, gb)
	o.role(a, authority.Owner)
	o.role(b, authority.Owner)
	o.role(c, authority.None)
}

func TestRule6AdminsDoNotRemoveAdmins(t *testing.T) {
	o := newOffice(t)
	a, b, c := people()[0], people()[1], people()[2]
	o.join(b)
	o.join(c)
	o.grant(a, b, authority.Admin, "")
	o.grant(a, c, authority.Admin, "")
	o.want(o.revoke(b, c), authority.Valid, "") // and takes what is below an admin
	o.role(c, authority.Admin)
	o.revoke(b, a)
	o.role(a, authority.Owner)
}

// Among owners at one distance from the founder, the line of the senior parent is senior, whoever is older themselves.
func TestRule6SeniorityFollowsTheLine(t *testing.T) {
	o := newOffice(t)
	a, b, c := people()[0], people()[1], people()[2]
	d, e := people()[3], people()[4]
	for _, p := range []*person{b, c, d, e} {
		o.join(p)
	}
	gb := o.grant(a, b, authority.Owner, "")
	gc := o.grant(a, c, authority.Owner, "")
	ge := o.do(c, authority.TypeGrant, authority.Grant{Subject: e.id(), Role: authority.Owner, Proof: gc})
	gd := o.do(b, authority.TypeGrant, authority.Grant{Subject: d.id(), Role: authority.Owner, Proof: gb})
	revoke := func(by, x *person, proof op.ID) {
		o.do(by, authority.TypeRevoke, authority.Revoke{Subject: x.id(), Mode: authority.Removed, Proof: proof})
	}
	revoke(e, d, ge)
	o.role(d, authority.Owner)
	revoke(d, c, gd) // longer paths are junior
	o.role(c, authority.Owner)
	revoke(d, e, gd)
	o.role(e, authority.None)
	revoke(c, d, gc)
	o.role(d, authority.None)
}

// Who stands nearer to the founder is senior, also to those who became owners before.
func TestRule6ShorterPathsAreSenior(t *testing.T) {
	o := newOffice(t)
	a, b, c, d := people()[0], people()[1], people()[2], people()[3]
	for _, p := range []*person{b, c, d} {
		o.join(p)
	}
	o.grant(a, b, authority.Owner, "")
	early := o.grant(b, c, authority.Owner, "")
	o.grant(a, d, authority.Owner, "")
	o.do(c, authority.TypeRevoke, authority.Revoke{Subject: d.id(), Mode: authority.Removed, Proof: early})
	o.role(d, authority.Owner)
	o.revoke(d, c)
	o.role(c, authority.None)
}

func TestRule4TheProofLiesInThePast(t *testing.T) {
	o := newOffice(t)
	a, b := people()[0], people()[1]
	join := o.join(b)
	g := o.grant(a, b, authority.Admin, "")
	i := o.invite(a, authority.Member, 1, o.genesis)
	last := o.ops[len(o.ops)-1]
	// Both write as if before, and cite what comes after or beside. Enough fillers make them younger by lamport.
	for _, p := range []*person{b, people()[2]} {
		filler := o.write(p.devices[0], 7, "x/1", nil, join)
		for range 5 {
			filler = o.write(p.devices[0], 7, "x/1", nil, filler.ID)
		}
	}
	x := o.write(b.devices[0], 7, authority.TypeGrant, authority.Grant{Subject: people()[3].id(), Role: authority.Member, Proof: g})
	o.want(x.ID, authority.Invalid, authority.ReasonProof)
	y := o.write(people()[2].devices[0], 7, authority.TypeAdmit, o.admission(inviteKeys()[0], i, people()[2], 0))
	o.want(y.ID, authority.Invalid, authority.ReasonProof)
	z := o.write(people()[2].devices[0], 7, authority.TypeAdmit, o.admission(inviteKeys()[0], i, people()[2], 0), last.ID)
	o.want(z.ID, authority.Valid, "")
}

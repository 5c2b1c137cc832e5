package authority_test

import (
	"testing"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
)

// This file names the attacks, one test each. What each shows holds at every place of the log, as the properties show.

func revocation(subject *person, proof op.ID) authority.Revoke {
	return authority.Revoke{Subject: subject.id(), Mode: authority.Removed, Proof: proof}
}

func TestAttackSelfPromotion(t *testing.T) {
	o := newOffice(t)
	b := people()[1]
	member := o.join(b)
	for _, role := range []authority.Role{authority.Owner, authority.Admin, authority.Member} {
		o.want(o.do(b, authority.TypeGrant, authority.Grant{Subject: b.id(), Role: role, Proof: member}), authority.Invalid, authority.ReasonRole)
		o.want(o.do(b, authority.TypeGrant, authority.Grant{Subject: b.id(), Role: role, Proof: o.genesis}), authority.Invalid, authority.ReasonAuthor)
	}
	i := o.do(b, authority.TypeInvite, authority.Invite{Pub: inviteKeys()[1].Pub(), Role: authority.Owner, MaxUses: 1, Expires: 1 << 40, Proof: member})
	o.want(i, authority.Invalid, authority.ReasonRole)
	o.want(o.by(b, 1, authority.TypeAdmit, o.admission(inviteKeys()[1], i, b, 1)), authority.Invalid, authority.ReasonProof)
	o.want(o.do(b, authority.TypeRule, authority.Rule{Key: "x", Proof: member}), authority.Invalid, authority.ReasonRole)
	o.want(o.do(b, authority.TypeDept, authority.OrgDept{Dept: []byte("x"), Proof: member}), authority.Invalid, authority.ReasonRole)
	o.want(o.do(b, authority.TypePlace, authority.OrgPlace{User: b.id(), Dept: []byte("x"), Proof: member}), authority.Invalid, authority.ReasonRole)
	guest := people()[2]
	o.do(guest, authority.TypeAdmit, o.admission(inviteKeys()[0], o.invite(people()[0], authority.Guest, 1, o.genesis), guest, 0))
	o.want(o.revoke(b, guest), authority.Invalid, authority.ReasonRole)
	if _, ok := o.eval().MayRevoke(b.id(), guest.id()); ok {
		t.Fatal("a member may remove a guest")
	}
	o.role(guest, authority.Guest)
	o.role(b, authority.Member)
}

func TestAttackForgedOps(t *testing.T) {
	o := newOffice(t)
	a, b := people()[0], people()[1]
	i := o.invite(a, authority.Member, 5, o.genesis)
	o.want(o.do(b, authority.TypeAdmit, o.admission(inviteKeys()[1], i, b, 0)), authority.Invalid, authority.ReasonMalformed) // another key
	moved := o.admission(inviteKeys()[0], i, b, 0)
	moved.RootPub = people()[2].root.SignPub()
	o.want(o.do(b, authority.TypeAdmit, moved), authority.Invalid, authority.ReasonMalformed)
	o.want(o.do(people()[2], authority.TypeAdmit, o.admission(inviteKeys()[0], i, b, 0)), authority.Invalid, authority.ReasonMalformed) // by another device
	o.want(o.do(b, authority.TypeGrant, authority.Grant{Subject: b.id(), Role: authority.Member, Proof: o.genesis}), authority.Invalid, authority.ReasonAuthor)
	o.role(b, authority.None)
}

func TestAttackReplayedOps(t *testing.T) {
	o := newOffice(t)
	a, b := people()[0], people()[1]
	joined := o.join(b)
	o.grant(a, b, authority.Admin, "")
	o.revoke(a, b)
	before := o.eval()
	o.ops = append(o.ops, o.ops[1:]...) // the same ops once more
	if o.eval().Digest() != before.Digest() {
		t.Fatal("replayed ops change the state")
	}
	// The removed device repeats its admission and cites its old grants, in fresh feeds.
	admission := o.admission(inviteKeys()[0], o.ops[1].ID, b, 0)
	o.write(b.devices[0], 9, authority.TypeAdmit, admission, o.eval().Frontier()...)
	o.write(b.devices[0], 10, authority.TypeAdmit, admission, joined)
	o.write(b.devices[0], 11, authority.TypeDeviceLink, linking(b, 0, true), o.eval().Frontier()...)
	for _, x := range o.ops {
		if x.Type == authority.TypeGrant {
			y := o.write(b.devices[0], 11, authority.TypeGrant, authority.Grant{Subject: b.id(), Role: authority.Member, Proof: x.ID}, x.ID)
			o.want(y.ID, authority.Invalid, authority.ReasonRevoked)
		}
	}
	o.role(b, authority.None)
}

func TestAttackBackdatedOps(t *testing.T) {
	o := newOffice(t)
	a, b, c := people()[0], people()[1], people()[2]
	o.join(b)
	o.join(c)
	proof := o.grant(a, b, authority.Admin, "")
	i := o.invite(b, authority.Member, 1, proof)
	past := o.eval().Frontier()
	kept := o.grant(b, c, authority.Head, "it")
	o.revoke(a, b)
	o.role(c, authority.Head)
	n := uint32(20)
	backdate := func(kind string, payload any) op.ID {
		n++
		return o.write(b.devices[0], n, kind, payload, past...).ID
	}
	o.want(backdate(authority.TypeGrant, authority.Grant{Subject: people()[3].id(), Role: authority.Member, Proof: proof}), authority.Invalid, authority.ReasonRevoked)
	o.want(backdate(authority.TypeRevoke, revocation(c, proof)), authority.Invalid, authority.ReasonRevoked)
	o.want(backdate(authority.TypeInviteCancel, authority.InviteCancel{Invite: i, Proof: proof}), authority.Invalid, authority.ReasonRevoked)
	o.want(backdate(authority.TypeDept, authority.OrgDept{Dept: []byte("it"), Proof: proof}), authority.Invalid, authority.ReasonRevoked)
	o.want(backdate(authority.TypeDeviceRevoke, signOut(c, 0, proof)), authority.Invalid, authority.ReasonRevoked)
	o.want(backdate(authority.TypeCut, authority.Cuts{Removal: kept, Proof: proof}), authority.Invalid, authority.ReasonProof)
	// Signing out their own device, with whatever key, takes nothing from those to whom they gave before.
	o.want(backdate(authority.TypeDeviceRevoke, byWords(b, 0, 0)), authority.Valid, "")
	o.want(backdate(authority.TypeDeviceRevoke, signOut(b, 0, op.ID{})), authority.Valid, "")
	backdate(authority.TypeLeave, nil)
	o.want(kept, authority.Valid, "")
	o.role(c, authority.Head)
	o.active(c, 0)
	o.stepwise()
}

// Ops in any order of arrival, and ops whose past never comes.
func TestAttackReorderedOps(t *testing.T) {
	o := newOffice(t)
	a, b := people()[0], people()[1]
	o.join(b)
	o.grant(a, b, authority.Admin, "")
	o.revoke(a, b)
	want := o.eval().Digest()
	l := authority.NewLog(team, o.genesis)
	for i := len(o.ops) - 1; i >= 0; i-- {
		l.Add(o.ops[i])
		l.State()
	}
	if l.State().Digest() != want {
		t.Fatal("the order of arrival changes the state")
	}
	hole := o.write(a.devices[0], 1, authority.TypeGrant, authority.Grant{Subject: b.id(), Role: authority.Owner, Proof: o.genesis}, op.ID{77})
	o.want(hole.ID, authority.Pending, "")
	o.role(b, authority.None)
}

func TestAttackMutualRemoval(t *testing.T) {
	o := newOffice(t)
	a, b, c := people()[0], people()[1], people()[2]
	o.join(b)
	o.join(c)
	owner := o.grant(a, b, authority.Owner, "")
	one, two := o.grant(a, b, authority.Admin, ""), o.grant(a, c, authority.Admin, "")
	frontier := o.eval().Frontier()
	o.write(b.devices[0], 1, authority.TypeRevoke, revocation(a, owner), frontier...)
	o.write(a.devices[0], 1, authority.TypeRevoke, revocation(b, o.genesis), frontier...)
	o.role(a, authority.Owner)
	o.role(b, authority.None)
	// Two admins at once: neither goes, an owner decides.
	x := o.write(b.devices[0], 2, authority.TypeRevoke, revocation(c, one), frontier...)
	y := o.write(c.devices[0], 2, authority.TypeRevoke, revocation(b, two), frontier...)
	o.want(y.ID, authority.Valid, "")
	o.want(x.ID, authority.Invalid, authority.ReasonRevoked) // by the owner's removal
	o.role(c, authority.Admin)
	o.stepwise()
}

// An admin is removed while offline and goes on granting: nothing of it counts when they meet.
func TestAttackRemovedAdminGoesOn(t *testing.T) {
	o := newOffice(t)
	a, b := people()[0], people()[1]
	o.join(b)
	proof := o.grant(a, b, authority.Admin, "")
	offline := o.eval().Frontier()
	r := o.revoke(a, b)
	last := offline
	for _, p := range people()[3:6] {
		g := o.write(b.devices[0], 1, authority.TypeGrant, authority.Grant{Subject: p.id(), Role: authority.Member, Proof: proof}, last...)
		last = []op.ID{g.ID}
		o.want(g.ID, authority.Invalid, authority.ReasonRevoked)
		o.role(p, authority.None)
	}
	// Having met, they go on all the same.
	g := o.write(b.devices[0], 1, authority.TypeGrant, authority.Grant{Subject: b.id(), Role: authority.Member, Proof: proof}, last[0], r)
	o.want(g.ID, authority.Invalid, authority.ReasonRevoked)
	o.role(b, authority.None)
	o.stepwise()
}

// A stolen device that was signed out replays old grants, links accomplices and leaves in its person's name.
func TestAttackSignedOutDevice(t *testing.T) {
	o := newOffice(t)
	a, b := people()[0], people()[1]
	o.link(a, 0, 1)
	past := o.eval().Frontier()
	o.by(a, 1, authority.TypeDeviceRevoke, byWords(a, 0, 1))
	o.active(a, 1)
	n := uint32(20)
	thief := func(kind string, payload any) op.ID {
		n++
		return o.write(a.devices[0], n, kind, payload, past...).ID
	}
	o.want(thief(authority.TypeGrant, authority.Grant{Subject: b.id(), Role: authority.Owner, Proof: o.genesis}), authority.Invalid, authority.ReasonDevice)
	o.want(thief(authority.TypeRule, authority.Rule{Key: "x", Proof: o.genesis}), authority.Invalid, authority.ReasonDevice)
	o.want(thief(authority.TypeDeviceLink, linking(a, 2, false)), authority.Invalid, authority.ReasonDevice)
	o.want(thief(authority.TypeDeviceRevoke, signOut(a, 1, op.ID{})), authority.Invalid, authority.ReasonDevice)
	o.want(thief(authority.TypeDeviceLink, linking(a, 0, true)), authority.Invalid, authority.ReasonKnown) // its own old certificate
	again := o.write(a.devices[0], 90, authority.TypeDeviceLink, linking(a, 0, true), o.genesis)
	o.want(again.ID, authority.Invalid, authority.ReasonKnown)
	thief(authority.TypeLeave, nil)
	o.role(a, authority.Owner)
	o.role(b, authority.None)
	o.active(a, 1)
	o.stepwise()
}

func TestAttackInvitationOverusedExpiredCancelled(t *testing.T) {
	o := newOffice(t)
	a, b := people()[0], people()[1]
	o.join(b)
	head := o.grant(a, b, authority.Head, "it")
	late := o.do(a, authority.TypeInvite, authority.Invite{Pub: inviteKeys()[0].Pub(), Role: authority.Member, MaxUses: 9, Expires: 3, Proof: o.genesis})
	o.want(o.do(people()[3], authority.TypeAdmit, o.admission(inviteKeys()[0], late, people()[3], 0)), authority.Invalid, authority.ReasonExpired)

	i := o.invite(a, authority.Member, 2, o.genesis)
	past := o.eval().Frontier()
	first := o.do(people()[3], authority.TypeAdmit, o.admission(inviteKeys()[0], i, people()[3], 0))
	o.want(o.do(b, authority.TypeInviteCancel, authority.InviteCancel{Invite: i, Proof: head}), authority.Invalid, authority.ReasonRole)
	o.want(o.do(a, authority.TypeInviteCancel, authority.InviteCancel{Invite: i, Proof: o.genesis}), authority.Valid, "")
	o.want(first, authority.Valid, "")
	// Not after the cancellation, and not as if before.
	o.want(o.do(people()[4], authority.TypeAdmit, o.admission(inviteKeys()[0], i, people()[4], 0)), authority.Invalid, authority.ReasonCancelled)
	back := o.write(people()[5].devices[0], 1, authority.TypeAdmit, o.admission(inviteKeys()[0], i, people()[5], 0), past...)
	o.want(back.ID, authority.Invalid, authority.ReasonCancelled)
	if got, _ := o.eval().Invite(i); got.Live || !got.Cancelled || got.Uses() != 1 || got.Open(0) {
		t.Fatalf("invitation %+v", got)
	}

	// A head's own invitation, and one by an admin against it.
	o.grant(a, people()[2], authority.Admin, "")
	o.join(people()[2])
	own := o.do(b, authority.TypeInvite, authority.Invite{Pub: inviteKeys()[1].Pub(), Role: authority.Member, Dept: []byte("it"), MaxUses: 2, Expires: 1 << 40, Proof: head})
	o.want(own, authority.Valid, "")
	proof, _ := o.eval().Proof(people()[2].id(), authority.Admin)
	o.want(o.do(people()[2], authority.TypeInviteCancel, authority.InviteCancel{Invite: own, Proof: proof}), authority.Valid, "")
	o.want(o.do(b, authority.TypeInviteCancel, authority.InviteCancel{Invite: own, Proof: head}), authority.Valid, "")
	o.want(o.do(b, authority.TypeInviteCancel, authority.InviteCancel{Invite: head, Proof: head}), authority.Invalid, authority.ReasonProof)
	two := o.invite(a, authority.Member, 1, o.genesis)
	o.do(people()[5], authority.TypeAdmit, o.admission(inviteKeys()[0], two, people()[5], 0))
	o.want(o.do(people()[6], authority.TypeAdmit, o.admission(inviteKeys()[0], two, people()[6], 0)), authority.Invalid, authority.ReasonUsedUp)
	o.stepwise()
}

// Somebody frozen writes on as if it had not happened (R16).
func TestAttackFrozenAccount(t *testing.T) {
	o := newOffice(t)
	a, b := people()[0], people()[1]
	o.join(b)
	proof := o.grant(a, b, authority.Admin, "")
	past := o.eval().Frontier()
	o.do(a, authority.TypeRevoke, authority.Revoke{Subject: b.id(), Mode: authority.Frozen, Proof: o.genesis})
	x := authority.Grant{Subject: people()[2].id(), Role: authority.Member, Proof: proof}
	o.want(o.write(b.devices[0], 5, authority.TypeGrant, x, past...).ID, authority.Invalid, authority.ReasonRevoked)
	o.grant(a, b, authority.Admin, "") // unfrozen: what was written meanwhile stays void
	o.role(b, authority.Admin)
	o.role(people()[2], authority.None)
	o.stepwise()
}

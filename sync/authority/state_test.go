package authority_test

import (
	"testing"

	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

func TestProofsToCite(t *testing.T) {
	o := newOffice(t)
	a, b, c := people()[0], people()[1], people()[2]
	mb := o.join(b)
	o.join(c)
	gb := o.grant(a, b, authority.Admin, "")
	hc := o.grant(b, c, authority.Head, "it")
	st := o.eval()
	check := func(what string, got op.ID, ok bool, want op.ID) {
		t.Helper()
		if ok == want.IsZero() || got != want {
			t.Errorf("%s: %v %v, want %v", what, got, ok, want)
		}
	}
	id, ok := st.Proof(b.id(), authority.Member)
	check("strongest", id, ok, gb)
	id, ok = st.Proof(b.id(), authority.Owner)
	check("not an owner", id, ok, op.ID{})
	id, ok = st.MayGrant(c.id(), authority.Member, []byte("it"))
	check("head to member of the department", id, ok, hc)
	id, ok = st.MayGrant(c.id(), authority.Member, nil)
	check("head to member", id, ok, op.ID{})
	id, ok = st.MayGrant(a.id(), authority.Head, nil)
	check("head of nothing", id, ok, op.ID{})
	id, ok = st.MayRevoke(a.id(), b.id())
	check("owner removes admin", id, ok, o.genesis)
	id, ok = st.MayRevoke(b.id(), c.id())
	check("admin removes head", id, ok, gb)
	id, ok = st.MayRevoke(b.id(), a.id())
	check("admin removes owner", id, ok, op.ID{})
	id, ok = st.MayRevoke(c.id(), b.id())
	check("head removes admin", id, ok, op.ID{})
	id, ok = st.MayRevoke(a.id(), people()[5].id())
	check("nobody to remove", id, ok, op.ID{})
	if got := st.Grants(b.id()); len(got) != 2 || got[0].Op != gb || got[1].Op != mb {
		t.Errorf("grants %+v", got)
	}
}

func TestDigestSeesEveryEffect(t *testing.T) {
	o := newOffice(t)
	a, b := people()[0], people()[1]
	seen := map[[32]byte]string{}
	check := func(step string) {
		t.Helper()
		d := o.eval().Digest()
		if before, ok := seen[d]; ok {
			t.Fatalf("same digest after %q and %q", before, step)
		}
		seen[d] = step
	}
	check("genesis")
	i := o.invite(a, authority.Member, 5, o.genesis)
	check("invite")
	o.do(b, authority.TypeAdmit, o.admission(inviteKeys()[0], i, b, 0))
	check("admit")
	o.write(b.devices[1], 1, authority.TypeAdmit, o.admission(inviteKeys()[0], i, b, 1), o.eval().Frontier()...)
	check("second device")
	o.grant(a, b, authority.Head, "it")
	check("head")
	o.grant(a, b, authority.Head, "sales")
	check("another department")
	o.revoke(a, b)
	check("revoke")
	o.revoke(a, b)
	check("second revocation")
	o.do(a, authority.TypeInviteCancel, authority.InviteCancel{Invite: i, Proof: o.genesis})
	check("cancel")
	o.dept("x", "")
	check("department")
	o.dept("y", "x")
	check("below")
	o.endDept("x", "")
	check("department gone")
	o.place(b, "y")
	check("placement")
	o.do(a, authority.TypeRule, authority.Rule{Key: "k", Proof: o.genesis})
	check("rule")
	o.link(a, 0, 1)
	check("link")
	out := o.by(a, 0, authority.TypeDeviceRevoke, signOut(a, 1, op.ID{}))
	check("sign out")
	o.say(a, out, cutAt(a, 1, 1, 3))
	check("cut")
	o.replace(a, people()[2], b, 0, 1)
	check("council")

	d := o.eval().Digest()
	o.do(a, "future.thing/9", struct{}{})
	o.do(people()[5], authority.TypeLeave, authority.Leave{})
	if o.eval().Digest() != d {
		t.Fatal("ops without effect change the digest")
	}
}

func TestAuthorKeyOfAnUnknownDevice(t *testing.T) {
	o := newOffice(t)
	b := people()[1]
	o.join(b)
	join := o.ops[len(o.ops)-1]
	key, ok := authority.AuthorKey(join)
	if !ok || op.DeviceIDOf(key) != b.devices[0].ID {
		t.Fatal("an admission does not tell its author's key")
	}
	if _, ok := authority.AuthorKey(o.ops[0]); !ok {
		t.Fatal("a genesis does not tell its author's key")
	}
	join.Device = b.devices[1].ID
	if _, ok := authority.AuthorKey(join); ok {
		t.Fatal("the key of another device")
	}
	if _, ok := authority.AuthorKey(o.ops[1]); ok {
		t.Fatal("an invitation has no certificate")
	}
}

// The same device under two roots is one person's own doing; the first stands.
func TestDeviceOfTwoPeople(t *testing.T) {
	o := newOffice(t)
	b, c := people()[1], people()[2]
	o.join(b)
	i := o.invite(people()[0], authority.Member, 2, o.genesis)
	cert, err := keys.Certify(c.root, b.devices[0], "shared")
	if err != nil {
		t.Fatal(err)
	}
	sig, err := authority.SignAdmission(inviteKeys()[0].Sign, team, i, c.root.SignPub(), cert)
	if err != nil {
		t.Fatal(err)
	}
	admit := authority.Admit{Invite: i, RootPub: c.root.SignPub(), RootBox: c.root.BoxPub(), Device: cert, InviteSig: sig}
	o.want(o.do(b, authority.TypeAdmit, admit), authority.Invalid, authority.ReasonAuthor)
	o.role(c, authority.None)

	again := o.write(b.devices[0], 2, authority.TypeAdmit, admit, o.eval().Frontier()...)
	o.want(again.ID, authority.Valid, "")
	o.role(c, authority.Member)
	if d, _ := o.eval().Device(b.devices[0].ID); d.User != b.id() {
		t.Fatal("the device changed hands")
	}
	// In that incarnation the device speaks for both, so both leave.
	o.write(b.devices[0], 2, authority.TypeLeave, nil, o.eval().Frontier()...)
	o.role(b, authority.None)
	o.role(c, authority.None)
}

package authority_test

import (
	"slices"
	"testing"

	"tongzhou/sync/authority"
	"tongzhou/sync/hlc"
	"tongzhou/sync/keys"
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
		{Role: authority.None}, {Role: 6}, {Role: authority.Head}, {Role: authority.DeptAdmin},
		{Role: authority.Admin, Dept: []byte("x")}, {Role: authority.Member, Dept: make([]byte, 65)},
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

func TestRule8Admission(t *testing.T) {
	o := newOffice(t)
	a, b, c := people()[0], people()[1], people()[2]
	one := o.invite(a, authority.Member, 1, o.genesis)
	valid := o.admission(inviteKeys()[0], one, b, 0)

	wrongKey := o.admission(inviteKeys()[1], one, b, 0)
	o.want(o.do(b, authority.TypeAdmit, wrongKey), authority.Invalid, authority.ReasonMalformed)
	o.want(o.do(c, authority.TypeAdmit, valid), authority.Invalid, authority.ReasonMalformed) // stolen from b
	otherDevice := valid
	otherDevice.Device = b.certs[1]
	o.want(o.do(b, authority.TypeAdmit, otherDevice), authority.Invalid, authority.ReasonMalformed)
	otherRoot := valid
	otherRoot.RootPub = c.root.SignPub()
	o.want(o.do(b, authority.TypeAdmit, otherRoot), authority.Invalid, authority.ReasonMalformed)
	unknown := o.admission(inviteKeys()[0], op.ID{1}, b, 0)
	o.want(o.do(b, authority.TypeAdmit, unknown), authority.Invalid, authority.ReasonProof)
	notAnInvite := o.admission(inviteKeys()[0], o.genesis, b, 0)
	o.want(o.do(b, authority.TypeAdmit, notAnInvite), authority.Invalid, authority.ReasonProof)

	notAnInvite = o.admission(inviteKeys()[0], o.grant(a, people()[5], authority.Guest, ""), b, 0)
	o.want(o.do(b, authority.TypeAdmit, notAnInvite), authority.Invalid, authority.ReasonProof)
	shortBox := valid
	shortBox.RootBox = valid.RootBox[1:]
	o.want(o.do(b, authority.TypeAdmit, shortBox), authority.Invalid, authority.ReasonMalformed)
	notCertified := b.certs[0]
	notCertified.Name = "somebody else's"
	sig, err := authority.SignAdmission(inviteKeys()[0].Sign, team, one, b.root.SignPub(), notCertified)
	if err != nil {
		t.Fatal(err)
	}
	tampered := valid
	tampered.Device, tampered.InviteSig = notCertified, sig
	o.want(o.do(b, authority.TypeAdmit, tampered), authority.Invalid, authority.ReasonMalformed)
	o.role(b, authority.None)

	o.want(o.do(b, authority.TypeAdmit, valid), authority.Valid, "")
	o.want(o.do(c, authority.TypeAdmit, o.admission(inviteKeys()[0], one, c, 0)), authority.Invalid, authority.ReasonUsedUp)
	o.role(c, authority.None)
	i, ok := o.eval().Invite(one)
	if !ok || i.Uses() != 1 || i.Users[0] != b.id() || i.By != a.id() || i.Open(0) {
		t.Fatalf("invitation %+v", i)
	}
	u, _ := o.eval().User(b.id())
	if u.Role != authority.Member || u.At != o.ops[len(o.ops)-2].HLC || u.Admitted != o.ops[len(o.ops)-2].ID {
		t.Fatalf("user %+v", u)
	}

	// By who may not, beyond their power, and after they lost it.
	o.want(o.invite(b, authority.Member, 1, u.Admitted), authority.Invalid, authority.ReasonRole)
	admin := o.grant(a, b, authority.Admin, "")
	o.want(o.invite(b, authority.Admin, 1, admin), authority.Invalid, authority.ReasonRole)
	many := o.invite(b, authority.Member, 9, admin)
	o.want(o.do(c, authority.TypeAdmit, o.admission(inviteKeys()[0], many, c, 0)), authority.Valid, "")
	o.revoke(a, b)
	o.role(c, authority.Member)
	if i, _ := o.eval().Invite(many); i.Live || i.Open(0) || i.Uses() != 1 {
		t.Fatalf("invitation of a former admin: %+v", i)
	}
	o.want(o.do(people()[3], authority.TypeAdmit, o.admission(inviteKeys()[0], many, people()[3], 0)), authority.Invalid, authority.ReasonRevoked)
}

func TestRule8FirstByLamport(t *testing.T) {
	o := newOffice(t)
	b, c := people()[1], people()[2]
	o.join(people()[3])
	one := o.invite(people()[0], authority.Member, 1, o.genesis)
	filler := o.do(people()[3], "future.thing/9", struct{}{})
	late := o.write(b.devices[0], 1, authority.TypeAdmit, o.admission(inviteKeys()[0], one, b, 0), filler)
	o.want(late.ID, authority.Valid, "")
	early := o.write(c.devices[0], 1, authority.TypeAdmit, o.admission(inviteKeys()[0], one, c, 0), one)
	o.want(early.ID, authority.Valid, "")
	o.want(late.ID, authority.Invalid, authority.ReasonUsedUp)
	o.want(filler, authority.Ignored, "")
}

func TestRule8ExpiryByTheAdmissionsClock(t *testing.T) {
	o := newOffice(t)
	b := people()[1]
	invite := func(expires int64) op.ID {
		return o.do(people()[0], authority.TypeInvite, authority.Invite{
			Pub: inviteKeys()[0].Pub(), Role: authority.Member, MaxUses: 3, Expires: expires, Proof: o.genesis,
		})
	}
	i := invite(10)
	admit := func(clock hlc.Time, incarnation uint32) op.ID {
		x := o.write(b.devices[0], incarnation, authority.TypeAdmit, o.admission(inviteKeys()[0], i, b, 0), i)
		o.ops[len(o.ops)-1].HLC = clock
		return x.ID
	}
	o.want(admit(hlc.New(10, 65535), 1), authority.Valid, "")
	o.want(admit(hlc.New(11, 0), 2), authority.Invalid, authority.ReasonExpired)
	o.want(admit(o.ops[1].HLC, 3), authority.Invalid, authority.ReasonClock) // not after the invitation was written
	o.want(admit(o.ops[1].HLC+1, 4), authority.Valid, "")
	o.want(invite(0), authority.Invalid, authority.ReasonMalformed)
	if i, _ := o.eval().Invite(i); !i.Open(10) || i.Open(11) {
		t.Fatal("the last moment of an invitation is wrong")
	}
}

func TestGenesisIsPinned(t *testing.T) {
	o := newOffice(t)
	b := people()[1]
	second := o.found(b)
	o.want(second.ID, authority.Invalid, authority.ReasonMalformed)
	o.role(b, authority.None)
	if st := authority.Eval(op.TeamID{1}, o.genesis, o.ops); len(st.Roles()) != 0 {
		t.Fatal("the genesis of another team counts")
	}
	// The founder forks the very first place: the team stands, what followed in that feed does not.
	x := o.write(people()[0].devices[0], 1, authority.TypeGrant, authority.Grant{Subject: b.id(), Role: authority.Member, Proof: o.genesis}, o.genesis)
	o.want(x.ID, authority.Valid, "")
	twin := x
	twin.ID, twin.Ref.Seq = op.ID{7}, 1
	o.ops = append(o.ops, twin)
	o.want(x.ID, authority.Invalid, authority.ReasonForked)
	o.want(twin.ID, authority.Invalid, authority.ReasonForked)
	o.role(people()[0], authority.Owner)
	again := o.write(people()[0].devices[0], 2, authority.TypeGrant, authority.Grant{Subject: b.id(), Role: authority.Member, Proof: o.genesis}, o.eval().Frontier()...)
	o.want(again.ID, authority.Valid, "")
}

func TestForksFreezeTheFeedAndNothingElse(t *testing.T) {
	o := newOffice(t)
	a, b, c := people()[0], people()[1], people()[2]
	o.join(b)
	o.grant(a, b, authority.Admin, "")
	o.do(people()[4], "x/1", nil) // cited by the next op alone
	one := o.grant(b, c, authority.Member, "")
	two := o.ops[len(o.ops)-1]
	after := o.grant(a, people()[3], authority.Member, "") // cites the op that will turn out forked
	twin := two
	twin.ID, twin.HLC = op.ID{9}, two.HLC+1
	o.ops = append(o.ops, twin)
	o.want(one, authority.Invalid, authority.ReasonForked)
	o.want(twin.ID, authority.Invalid, authority.ReasonForked)
	o.want(after, authority.Valid, "")
	o.role(b, authority.Admin)
	if f := o.eval().Frontier(); !slices.Equal(f, []op.ID{after}) {
		t.Fatalf("frontier %v, want the newest op that counts", f)
	}
	o.ops = o.ops[:len(o.ops)-2] // before that op there was one fork, and what it cites stays to be cited
	o.ops = append(o.ops, twin)
	if f := o.eval().Frontier(); slices.Contains(f, one) || slices.Contains(f, twin.ID) || !slices.Contains(f, two.Deps[0]) {
		t.Fatalf("frontier %v", f)
	}
}

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

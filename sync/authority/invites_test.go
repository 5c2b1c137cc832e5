package authority_test

import (
	"testing"

	"tongzhou/sync/authority"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

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

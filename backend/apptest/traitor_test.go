package apptest

import (
	"context"
	"testing"
	"testing/synctest"

	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/wire"
)

// controlOp is an op that the member's device writes into the control log by hand, after what it wrote last, whatever its own
// replica says. It cites what is known to the member unless deps are given.
func (m *Member) controlOp(typ string, payload any, deps ...op.ID) []byte {
	m.T.Helper()
	g := m.Forge(controlOf(m), m.R.Feeds().Incarnation())
	if deps == nil {
		deps = m.R.Authority().Frontier()
	}
	return Raw(g.Op(op.Control, op.Body{HLC: m.R.Clock().Now(), Type: typ, Payload: g.pack(payload), Deps: deps}))
}

func (m *Member) proof(need authority.Role) op.ID {
	m.T.Helper()
	id, ok := m.R.Authority().Proof(m.user(), need)
	if !ok {
		m.T.Fatalf("%s has no proof", m.Name)
	}
	return id
}

// Attack: an admin who was removed while offline goes on granting and letting people in. What they gave, before they heard of
// it, falls away everywhere when the two sides meet: roles, content of whom they let in, and the keys these hold.
// A4, P9, K3.
func TestRemovedAdminGoesOnGranting(t *testing.T) {
	a := Found(t, "a")
	b, c := a.Join("b"), a.Join("c")
	a.Grant(b, authority.Admin)
	Exchange(a, b, c)
	company := a.R.CompanyScope()
	a.Remove(b, authority.Removed)
	if err := b.R.GrantRole(context.Background(), c.user(), authority.Head, []byte("sales")); err != nil {
		t.Fatal(err)
	}
	x := b.Join("x")
	Exchange(b, x)
	x.Note(company, "by who was let in")
	x.Copy(b)
	b.Copy(c) // c sides with b: it has not heard of the removal
	x.Copy(c)
	if c.R.Authority().Role(x.user()) != authority.Member || !has(c, company, "by who was let in") {
		t.Fatal("x is not let in on its own side: the test means nothing")
	}
	Exchange(a, c)
	b.Leak(a)
	x.Leak(a)
	Exchange(a, c)
	for _, m := range []*Member{a, c} {
		if r := m.R.Authority().Role(c.user()); r != authority.Member {
			t.Fatalf("%s: c is %s", m.Name, r)
		}
		if m.R.Authority().Role(x.user()) != authority.None || has(m, company, "by who was let in") {
			t.Fatalf("%s: x counts:\n%s", m.Name, m.Dump(company))
		}
	}
	next := c.stored(c.Note(company, "next"))
	Exchange(a, c)
	for _, gone := range []*Member{b, x} {
		c.Leak(gone)
		if gone.canOpen(next) {
			t.Fatalf("%s opens the next message", gone.Name)
		}
	}
	agree(t, company, a, c)
}

// Attack: a removed device replays the grants of its better days, byte for byte and written anew by the old proof, itself and
// through somebody else. Nothing comes of it.
// A2, A4, S19.
func TestRemovedDeviceReplaysOldGrants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b, c := a.Join("b"), a.Join("c")
		a.Grant(b, authority.Admin)
		Exchange(a, b, c)
		proof := b.proof(authority.Admin)
		before := b.R.Authority().Frontier()
		a.Remove(b, authority.Removed)
		Exchange(a, b, c)
		f := a.OwnFeed(controlOf(a))
		if err := a.Take(a.Frame(&f, 1, f.Len)); err != nil { // its own grants, again
			t.Fatal(err)
		}
		again := b.controlOp(authority.TypeGrant, authority.Grant{Subject: b.user(), Role: authority.Admin, Proof: proof}, before...)
		ops := a.Count(`SELECT count(*) FROM op`)
		v := b.AgainstFrom(t, a)
		if err := v.Say(v.Greeting(), Frame(t, again)); err != nil {
			t.Fatal(err)
		}
		if err := v.Say(v.Greeting()); err != nil {
			t.Fatal(err)
		}
		v.Close()
		if n := a.Count(`SELECT count(*) FROM op`); n != ops {
			t.Fatal("it is stored")
		}
		if err := c.Take(again); err != nil { // a colluder takes it and passes it on
			t.Fatal(err)
		}
		Exchange(a, c)
		for _, m := range []*Member{a, c} {
			if m.R.Authority().Role(b.user()) != authority.None || m.R.Reads(b.Device(), m.Tag(a.R.CompanyScope())) {
				t.Fatalf("%s: b is back", m.Name)
			}
		}
	})
}

// Attack: a peer serves a control log from before a removal, as if nothing had happened. Who knows of the removal forgets
// nothing by it; who does not learns what the peer has, and the rest from the next one.
// A4, S2, S5.
func TestPeerServesStaleAuthority(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b, c, d := a.Join("b"), a.Join("c"), a.Join("d")
		Exchange(a, b, c, d)
		company := a.R.CompanyScope()
		a.Remove(d, authority.Removed)
		a.Note(company, "new")
		a.Copy(b)
		digest := b.R.Authority().Digest()
		v := c.AgainstFrom(t, b) // c says nothing of what it could hear
		v.Hello()
		f := c.R.Feeds().Feed(oplog.FeedKey{Tag: c.Tag(controlOf(c)), Device: a.Device(), Incarnation: a.R.Feeds().Incarnation()})
		v.Have(v.State(&f))
		if err := v.Say(&wire.Frame{Ops: Parse(t, c.Frame(&f, 1, f.Len)), Raw: c.Frame(&f, 1, f.Len), Kind: wire.Live}); err != nil {
			t.Fatal(err)
		}
		v.Barrier()
		if b.R.Authority().Digest() != digest || !b.R.Former(d.Device()) {
			t.Fatal("b believes the old log")
		}
		v.Close()
		l := Connect(b, d)
		Eventually(t, "d is told by b", func() bool { return d.R.Gone() })
		l.Stop()
		if has(d, company, "new") {
			t.Fatal("d got what is new")
		}
	})
}

// Attack: a removed device writes on under the old key, back-dated to before its removal, and a colluder who is still a member
// brings it in. It is stored, and has no effect.
// P9, P13.
func TestRemovedDeviceWritesUnderTheOldKey(t *testing.T) {
	a := Found(t, "a")
	b, c, d := a.Join("b"), a.Join("c"), a.Join("d")
	Exchange(a, b, c, d)
	company := a.R.CompanyScope()
	past := d.R.Clock().Now()
	d.Note(company, "before")
	Exchange(a, b, c, d)
	a.Remove(d, authority.Removed)
	Exchange(a, b, c)
	tellCuts(a, b, c)
	late := d.Forge(company, d.R.Feeds().Incarnation())
	other := d.Forge(company, 99) // a feed that nobody has heard of
	for _, raw := range [][]byte{Raw(late.Note(d.R.Clock().Now(), "back-dated")), Raw(other.Note(past, "back-dated"))} {
		if err := c.Take(raw); err != nil {
			t.Fatal(err)
		}
	}
	Exchange(a, b, c)
	tellCuts(a, b, c)
	for _, m := range []*Member{a, b, c} {
		if has(m, company, "back-dated") || !has(m, company, "before") {
			t.Fatalf("%s sees\n%s", m.Name, m.Dump(company))
		}
		if n := m.countStatus(oplog.Denied); n != 2 {
			t.Fatalf("%s: %d ops are denied", m.Name, n)
		}
	}
	agree(t, company, a, b, c)
}

// Attack: somebody who was removed helps an accomplice who was removed before: they say that more of the accomplice's feed was
// there. It counts for nothing; the same said by somebody who is active does.
// P13.
func TestRemovedColluderRaisesCuts(t *testing.T) {
	a := Found(t, "a")
	b, c, d := a.Join("b"), a.Join("c"), a.Join("d")
	Exchange(a, b, c, d)
	company := a.R.CompanyScope()
	d.Note(company, "seen")
	Exchange(a, b, c, d)
	a.Remove(d, authority.Removed)
	removal, _ := a.R.Authority().Removal(d.user())
	Exchange(a, b, c)
	a.Remove(c, authority.Removed)
	a.Copy(b)
	d.Note(company, "unseen")
	f := d.OwnFeed(company)
	cut := authority.Cut{Scope: f.Tag, Device: f.Device, Incarnation: f.Incarnation, Seq: f.Len, ID: f.Head}
	raised := c.controlOp(authority.TypeCut, authority.Cuts{Removal: removal.Op, Cuts: []authority.Cut{cut}, Proof: c.proof(authority.Member)})
	if err := b.Take(raised); err != nil {
		t.Fatal(err)
	}
	if err := b.Take(d.Frame(&f, f.Len, f.Len)); err != nil {
		t.Fatal(err)
	}
	Exchange(a, b)
	for _, m := range []*Member{a, b} {
		if has(m, company, "unseen") || !has(m, company, "seen") {
			t.Fatalf("%s sees\n%s", m.Name, m.Dump(company))
		}
	}
	agree(t, company, a, b)
	honest := b.controlOp(authority.TypeCut, authority.Cuts{Removal: removal.Op, Cuts: []authority.Cut{cut}, Proof: b.proof(authority.Member)})
	if err := a.Take(honest); err != nil {
		t.Fatal(err)
	}
	if !has(a, company, "unseen") {
		t.Fatal("the cut of an active member does not count: the test means nothing")
	}
}

// Attack: a removed device announces a new key with itself among the recipients. It is not written under.
// K3.
func TestRemovedDeviceAnnouncesAKey(t *testing.T) {
	a := Found(t, "a")
	b, c := a.Join("b"), a.Join("c")
	Exchange(a, b, c)
	company := a.R.CompanyScope()
	a.Remove(c, authority.Removed)
	a.Note(company, "next")
	Exchange(a, b)
	a.Leak(c)
	e, n := c.nextEpoch(company, a, b, c)
	g := c.forgeEpoch(company, c.R.Feeds().Incarnation())
	if err := b.Take(Raw(g.Epoch(keys.TypeEpochNew, n))); err != nil {
		t.Fatal(err)
	}
	Exchange(a, b)
	for _, m := range []*Member{a, b} {
		if m.epochOf(m.Note(company, "on")) == e.Ref {
			t.Fatalf("%s writes under it", m.Name)
		}
	}
	if err := a.R.Rotate(context.Background(), company); err != nil {
		t.Fatal(err)
	}
	if a.follows(company, e.Ref) {
		t.Fatal("the next key follows it")
	}
	Exchange(a, b)
	if a.Company() != b.Company() || a.Rows("note") != 3 {
		t.Fatal("they do not agree")
	}
}

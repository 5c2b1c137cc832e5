package apptest

import (
	"context"
	"errors"
	"testing"

	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
)

func (m *Member) countStatus(s oplog.Status) int {
	m.T.Helper()
	return m.Count(`SELECT count(*) FROM op WHERE status = ?`, int(s))
}

// own hands the member's own feed of a scope to another.
func (m *Member) giveOwn(to *Member, scope op.ScopeID) {
	m.T.Helper()
	f := m.OwnFeed(scope)
	if err := to.Take(m.Frame(&f, 1, f.Len)); err != nil {
		m.T.Fatalf("%s to %s: %v", m.Name, to.Name, err)
	}
}

// P4: ops whose key is not here are stored, and count when the key comes, in the order of their clocks.
func TestOpsWaitForTheirKey(t *testing.T) {
	a := Found(t, "a")
	b := a.Join("b")
	a.Copy(b)
	group := a.Group(b)
	a.giveOwn(b, group)
	b.Title(group, "x", "b writes")
	a.Title(group, "x", "a writes")
	c := a.Join("c")
	a.Copy(c)
	b.giveOwn(c, group) // without a's feed there is neither key nor membership
	if n := c.countStatus(oplog.NoKey); n != 1 || c.Dump(group) != "" {
		t.Fatalf("%d ops wait; c sees %s", n, c.Dump(group))
	}
	if err := a.R.AddMembers(context.Background(), group, []op.UserID{c.ID.Root.ID}); err != nil {
		t.Fatal(err)
	}
	a.giveOwn(c, group)
	b.giveOwn(a, group)
	if n := c.countStatus(oplog.NoKey); n != 0 {
		t.Fatalf("%d ops still wait", n)
	}
	if x, y := a.Dump(group), c.Dump(group); x != y {
		t.Fatalf("a sees\n%sc sees\n%s", x, y)
	}
}

// P5: ops that their author may not write, as far as is known here, are stored, and count when the right becomes known.
func TestDeniedOpsCountWhenTheGrantArrives(t *testing.T) {
	a := Found(t, "a")
	b, c := a.Join("b"), a.Join("c")
	Exchange(a, b, c)
	company := a.R.CompanyScope()
	if err := b.TryTitle(TypeTitleBoss, company, "x", "no"); !errors.Is(err, replica.ErrDenied) {
		t.Fatalf("b wrote without the right: %v", err)
	}
	a.Grant(b, authority.Admin)
	a.CopyControl(b)
	if err := b.TryTitle(TypeTitleBoss, company, "x", "yes"); err != nil {
		t.Fatal(err)
	}
	b.giveOwn(c, company)
	if n := c.countStatus(oplog.Denied); n != 1 || c.Rows("title") != 0 {
		t.Fatalf("%d denied, %d titles", n, c.Rows("title"))
	}
	a.CopyControl(c)
	if n := c.countStatus(oplog.Denied); n != 0 || c.Rows("title") != 1 {
		t.Fatalf("%d denied, %d titles", n, c.Rows("title"))
	}
}

// P5, P9, A8: two people join with one single-use invitation, apart. One of them counts; everything the other did is
// withdrawn where it had been shown: notes, shares in titles, marks; and neither serves nor is served.
func TestLoserOfAnInvitationDropsOut(t *testing.T) {
	a := Found(t, "a")
	company := a.R.CompanyScope()
	invite, key := a.Invite()
	b, c := a.Newcomer("b"), a.Newcomer("c")
	a.Welcome(b)
	a.Welcome(c)
	b.Admit(invite, key)
	c.Admit(invite, key)
	for _, m := range []*Member{b, c} {
		a.giveOwn(m, company) // the key
		m.Note(company, "note by "+m.Name)
		m.Title(company, "x", "title by "+m.Name)
		m.SetMark(company, 5)
	}
	d, e := a.Join("d"), a.Join("e")
	for m, witness := range map[*Member]*Member{b: d, c: e} { // each is shown to somebody who has not heard of the other
		a.giveOwn(witness, company)
		m.giveOwn(witness, keys.ControlScope(a.ID.Team))
		m.giveOwn(witness, company)
		regs, err := m.R.RegistersOf(m.Tag(company))
		if err != nil {
			t.Fatal(err)
		}
		witness.TakeRegisters(regs)
		if witness.Rows("note") != 1 || witness.Rows("title") != 1 || witness.Rows("mark") != 1 {
			t.Fatalf("%s alone is not shown:\n%s", m.Name, witness.Company())
		}
	}
	all := []*Member{a, b, c, d, e}
	Exchange(all...)
	winner, loser := b, c
	if a.R.Authority().Role(b.ID.Root.ID) == authority.None {
		winner, loser = c, b
	}
	for _, m := range all {
		if r := m.R.Authority().Role(winner.ID.Root.ID); r != authority.Member {
			t.Fatalf("%s gives the winner role %s", m.Name, r)
		}
		if len(m.R.Members()) != 4 {
			t.Fatalf("%s counts %d members", m.Name, len(m.R.Members()))
		}
		want := 1
		if m == loser { // not served any more, and its own do not count
			want = 0
		}
		if m.Rows("note") != want || m.Rows("title") != want || m.Rows("mark") != want {
			t.Fatalf("%s shows\n%s", m.Name, m.Company())
		}
		if m.R.Reads(loser.Device(), a.Tag(company)) || !m.R.Reads(winner.Device(), a.Tag(company)) {
			t.Fatalf("%s is wrong about who reads the company's scope", m.Name)
		}
		if x, y := a.Company(), m.Company(); x != y && m != loser {
			t.Fatalf("a sees\n%s%s sees\n%s", x, m.Name, y)
		}
		before := m.Company()
		m.Rebuild()
		if after := m.Company(); before != after {
			t.Fatalf("%s rebuilt\n%sinstead of\n%s", m.Name, after, before)
		}
	}
	if _, err := loser.TryNote(company, "late"); !errors.Is(err, replica.ErrDenied) {
		t.Fatalf("the loser still writes: %v", err)
	}
}

// P6: ops of a type that is newer than the program are kept and passed on, and count once the program knows them.
func TestUnknownTypesAreKept(t *testing.T) {
	a := Found(t, "a")
	b, c := a.Join("b"), a.Join("c")
	Exchange(a, b, c)
	company := a.R.CompanyScope()
	b.Newer = true
	b.Reopen()
	if _, err := b.submit(replica.Submission{Scope: company, Type: TypeNoteNext, Payload: textPayload{"from the future"}}); err != nil {
		t.Fatal(err)
	}
	b.Note(company, "plain")
	b.Copy(a)
	a.Copy(c)
	if n := c.countStatus(oplog.Unknown); n != 1 || c.Rows("note") != 1 {
		t.Fatalf("%d unknown, %d notes", n, c.Rows("note"))
	}
	c.Newer = true
	c.Reopen()
	if x, y := b.Company(), c.Company(); x != y || c.Rows("note") != 2 {
		t.Fatalf("b sees\n%sc sees\n%s", x, y)
	}
}

// P12: a content op under the bootstrap key, which every newcomer has, is void: it could be read before its scope's key.
func TestContentUnderTheBootstrapKeyIsVoid(t *testing.T) {
	a := Found(t, "a")
	b := a.Join("b")
	Exchange(a, b)
	company := a.R.CompanyScope()
	g := b.Forge(company, 9)
	boot, err := b.ID.TeamSecret.BootstrapKey(g.tag)
	if err != nil {
		t.Fatal(err)
	}
	g.key, g.epoch = boot, op.EpochRef{}
	if err := a.Take(Raw(g.Note(a.R.Clock().Now(), "bare"))); err != nil {
		t.Fatal(err)
	}
	if a.countStatus(oplog.Void) != 1 || a.Rows("note") != 0 {
		t.Fatal("it counts")
	}
}

// P12: an op in a scope that its type does not belong to is void, and one of a member of the team in a private scope that is
// not the author's is denied.
func TestOpsOutOfPlace(t *testing.T) {
	a := Found(t, "a")
	b, c := a.Join("b"), a.Join("c")
	Exchange(a, b, c)
	control := keys.ControlScope(a.ID.Team)
	g := b.Forge(control, 9)
	if err := a.Take(Raw(g.Note(a.R.Clock().Now(), "in the control log"))); err != nil {
		t.Fatal(err)
	}
	if a.countStatus(oplog.Void) != 1 || a.Rows("note") != 0 {
		t.Fatal("a note in the control log counts")
	}
	group := a.Group(b)
	a.giveOwn(b, group)
	intruder := b.Forge(group, 9)
	intruder.m = c // c signs; it got the key from b
	if err := a.Take(Raw(intruder.Note(a.R.Clock().Now(), "let me in"))); err != nil {
		t.Fatal(err)
	}
	if a.countStatus(oplog.Denied) != 1 || a.Dump(group) != "" {
		t.Fatal("an outsider's note is shown")
	}
}

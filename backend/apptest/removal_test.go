package apptest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
	"tongzhou/sync/replica"
)

// tellCuts lets everybody say how much they hold of the feeds of people who were removed, as the replica does some seconds
// after it learns of the removal, and passes it on.
func tellCuts(members ...*Member) {
	for _, m := range members {
		m.T.Helper()
		if err := m.R.TellCuts(context.Background()); err != nil {
			m.T.Fatalf("%s: %v", m.Name, err)
		}
	}
	Exchange(members...)
}

// agree fails unless all show the same in a scope, also after a rebuild and a restart, and hold the same rights.
func agree(t TB, scope op.ScopeID, members ...*Member) {
	t.Helper()
	first := members[0]
	for _, m := range members {
		if x, y := first.Dump(scope), m.Dump(scope); x != y {
			t.Fatalf("%s sees\n%s%s sees\n%s", first.Name, x, m.Name, y)
		}
		if first.R.Authority().Digest() != m.R.Authority().Digest() {
			t.Fatalf("%s and %s see other rights", first.Name, m.Name)
		}
		before, status := m.Dump(scope), m.Statuses()
		m.Rebuild()
		if after := m.Dump(scope); after != before {
			t.Fatalf("%s rebuilt\n%sinstead of\n%s", m.Name, after, before)
		}
		if after := m.Statuses(); after != status {
			t.Fatalf("%s rebuilt statuses\n%s\ninstead of\n%s", m.Name, after, status)
		}
		m.Reopen()
		if after := m.Dump(scope); after != before {
			t.Fatalf("%s after a restart\n%sinstead of\n%s", m.Name, after, before)
		}
	}
}

func has(m *Member, scope op.ScopeID, text string) bool {
	return strings.Contains(m.Dump(scope), " "+text+"]")
}

// The story: five people; the line is cut between {a, b} and {c, d, e}. On one side the owner removes e, and makes b an admin;
// on the other, admin c changes roles at the same time and e, who works on offline, writes and is read by c and d. When the
// line is back all hold equal tables and equal rights, e's work until then is kept, what e writes after is not, and e cannot
// read the next message with anything on its disk.
// P9, P13, K6, A2, A4.
func TestFiveMembersAndAPartition(t *testing.T) {
	ctx := context.Background()
	a := Found(t, "a")
	b, c, d, e := a.Join("b"), a.Join("c"), a.Join("d"), a.Join("e")
	all := []*Member{a, b, c, d, e}
	Exchange(all...)
	a.Grant(c, authority.Admin)
	company := a.R.CompanyScope()
	group := d.Group(c, e) // neither a nor b is in it
	Exchange(all...)
	e.Note(company, "before")
	e.Title(company, "plan", "by e before")
	e.Note(group, "before")
	Exchange(all...)

	// One side.
	a.Remove(e, authority.Removed)
	a.Grant(b, authority.Admin)
	a.Note(company, "a apart")
	Exchange(a, b)
	// The other, at the same time.
	c.Grant(d, authority.Member)
	if err := c.R.GrantRole(ctx, e.user(), authority.Head, []byte("sales")); err != nil {
		t.Fatal(err)
	}
	e.Note(company, "offline work")
	e.Title(company, "plan", "by e offline")
	e.Note(group, "offline in the group")
	Exchange(c, d, e)
	e.Note(company, "never handed over")
	last := e.Note(group, "never handed over")
	if c.R.Authority().Role(e.user()) != authority.Head {
		t.Fatal("c's grant has no effect on its own side: the test means nothing")
	}

	// The line is back; e stays away for now.
	Exchange(a, b, c, d)
	tellCuts(a, b, c, d)
	for _, m := range []*Member{a, b, c, d} {
		if m.R.Authority().Role(e.user()) != authority.None || m.R.Authority().Role(b.user()) != authority.Admin {
			t.Fatalf("%s: e is %s, b is %s", m.Name, m.R.Authority().Role(e.user()), m.R.Authority().Role(b.user()))
		}
		if !has(m, company, "before") || !has(m, company, "offline work") || !strings.Contains(m.Dump(company), "by e before,by e offline") {
			t.Fatalf("%s has lost work of before the removal:\n%s", m.Name, m.Dump(company))
		}
	}
	for _, m := range []*Member{c, d} {
		if !has(m, group, "before") || !has(m, group, "offline in the group") {
			t.Fatalf("%s has lost work in the group:\n%s", m.Name, m.Dump(group))
		}
	}
	// The next messages, after which e gets hold of every byte, and everybody of what e had kept back.
	next := a.stored(a.Note(company, "next"))
	nextInGroup := d.stored(d.Note(group, "next"))
	Exchange(a, b, c, d)
	for _, m := range []*Member{a, b, c, d} {
		m.Leak(e)
	}
	for _, s := range []op.Sealed{next, nextInGroup} {
		if e.canOpen(s) {
			t.Fatal("e opens the next message")
		}
	}
	if has(e, company, "next") || has(e, group, "next") {
		t.Fatal("e shows the next message")
	}
	e.Leak(a)
	e.Leak(d)
	Exchange(a, b, c, d)
	tellCuts(a, b, c, d)
	for _, m := range []*Member{a, b, c, d} {
		if has(m, company, "never handed over") || has(m, group, "never handed over") {
			t.Fatalf("%s shows what nobody had when e was removed:\n%s", m.Name, m.Dump(company))
		}
	}
	if f := d.theirFeed(e, group, last.Ref.Incarnation); f.Len < last.Ref.Seq {
		t.Fatal("d has not stored e's last op: the test means nothing")
	}
	agree(t, company, a, b, c, d)
	agree(t, group, c, d)
	if _, err := e.TryNote(company, "later"); !errors.Is(err, replica.ErrRemoved) {
		t.Fatalf("e writes on: %v", err)
	}
}

// P9, P5: what a removed person wrote after the cut is judged again when the cut comes, and again when a later one raises it:
// entities fold back and forth.
func TestCutsMoveEffectsBothWays(t *testing.T) {
	a := Found(t, "a")
	b, c, d := a.Join("b"), a.Join("c"), a.Join("d")
	Exchange(a, b, c, d)
	company := a.R.CompanyScope()
	d.Note(company, "one")
	d.Title(company, "x", "one")
	Exchange(a, b, c, d)
	d.Note(company, "two")
	d.Title(company, "x", "two")
	d.SetMark(company, 5)
	d.Copy(b)
	d.Copy(c) // a has not got it
	a.Remove(d, authority.Removed)
	a.CopyControl(c)
	if !has(c, company, "one") || has(c, company, "two") || strings.Contains(c.Dump(company), "one,two") {
		t.Fatalf("c does not follow the cut:\n%s", c.Dump(company))
	}
	if c.Rows("mark") != 0 {
		t.Fatal("the mark of a former member stays")
	}
	a.CopyControl(b)
	if err := b.R.TellCuts(context.Background()); err != nil {
		t.Fatal(err)
	}
	Exchange(a, b, c)
	for _, m := range []*Member{a, b, c} {
		if !has(m, company, "two") || !strings.Contains(m.Dump(company), "one,two") {
			t.Fatalf("%s does not follow the raised cut:\n%s", m.Name, m.Dump(company))
		}
	}
	n := a.Count(`SELECT count(*) FROM op`)
	tellCuts(a, b, c)
	if m := a.Count(`SELECT count(*) FROM op`); m != n {
		t.Fatalf("%d more ops say what was said", m-n)
	}
	agree(t, company, a, b, c)
}

// P13: whoever holds words that the remover had not got says so within a quarter of a minute.
func TestCutsAreToldSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b, c := a.Join("b"), a.Join("c")
		Exchange(a, b, c)
		company := a.R.CompanyScope()
		c.Note(company, "on the way")
		c.Copy(b)
		a.Remove(c, authority.Removed)
		l := Connect(a, b)
		defer l.Stop()
		time.Sleep(16 * time.Second)
		for _, m := range []*Member{a, b} {
			if !has(m, company, "on the way") {
				t.Errorf("%s does not show it", m.Name)
			}
		}
	})
}

// P9: with "compromised" only what the remover had seen counts, whatever others hold.
func TestCompromisedKeepsTheMinimum(t *testing.T) {
	a := Found(t, "a")
	b, c := a.Join("b"), a.Join("c")
	Exchange(a, b, c)
	company := a.R.CompanyScope()
	c.Note(company, "seen")
	Exchange(a, b, c)
	c.Note(company, "by the thief")
	c.Copy(b)
	a.Remove(c, authority.Compromised)
	Exchange(a, b)
	tellCuts(a, b)
	for _, m := range []*Member{a, b} {
		if !has(m, company, "seen") || has(m, company, "by the thief") {
			t.Fatalf("%s sees\n%s", m.Name, m.Dump(company))
		}
	}
	agree(t, company, a, b)
}

// P9: somebody removed and let in again goes on in a new feed, which counts; where a cut names the feed it stays cut.
func TestUnfrozenPersonGoesOnInANewFeed(t *testing.T) {
	ctx := context.Background()
	a := Found(t, "a")
	b := a.Join("b")
	Exchange(a, b)
	company := a.R.CompanyScope()
	group := a.Group(b)
	Exchange(a, b)
	b.Note(company, "before")
	Exchange(a, b)
	b.Note(company, "too late")
	b.Note(group, "too late")
	a.Remove(b, authority.Frozen)
	if st := a.R.Authority().Standing(b.user()); st != authority.StandingFrozen {
		t.Fatalf("b is %s", st)
	}
	if err := a.R.Unfreeze(ctx, b.user()); err != nil {
		t.Fatal(err)
	}
	Exchange(a, b)
	before := b.R.Feeds().Incarnation()
	b.Note(company, "again")
	b.Note(group, "again")
	if b.R.Feeds().Incarnation() == before {
		t.Fatal("b goes on in a feed that was cut")
	}
	Exchange(a, b)
	for _, m := range []*Member{a, b} {
		if !has(m, company, "before") || has(m, company, "too late") || !has(m, company, "again") || !has(m, group, "again") {
			t.Fatalf("%s sees\n%s%s", m.Name, m.Dump(company), m.Dump(group))
		}
	}
	if a.Company() != b.Company() {
		t.Fatal("they do not agree")
	}
	if err := a.R.Unfreeze(ctx, b.user()); !errors.Is(err, replica.ErrInvalid) {
		t.Fatalf("unfreezing somebody active: %v", err)
	}
}

// Who leaves takes nothing along: what they wrote stays, and the next message is not for them.
// P9, K6, A3.
func TestWhoLeavesLeavesTheirWork(t *testing.T) {
	a := Found(t, "a")
	b, c := a.Join("b"), a.Join("c")
	Exchange(a, b, c)
	company := a.R.CompanyScope()
	c.Note(company, "mine")
	if err := c.R.Leave(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.TryNote(company, "still"); !errors.Is(err, replica.ErrRemoved) || c.R.Standing() != authority.StandingLeft {
		t.Fatalf("c writes on: %v", err)
	}
	c.Leak(a)
	Exchange(a, b)
	next := a.stored(a.Note(company, "next"))
	a.Copy(b)
	a.Leak(c)
	if !has(a, company, "mine") || !has(b, company, "mine") || c.canOpen(next) {
		t.Fatalf("a sees\n%s", a.Dump(company))
	}
	agree(t, company, a, b)
}

// Members removed from a group, and those who leave it: what they wrote before stays, the next message is not for them, and
// in the team nothing changes.
// P9, K6, A9.
func TestRemovedFromAGroup(t *testing.T) {
	ctx := context.Background()
	a := Found(t, "a")
	b, c, d := a.Join("b"), a.Join("c"), a.Join("d")
	Exchange(a, b, c, d)
	g := a.Group(b, c, d)
	Exchange(a, b, c, d)
	c.Note(g, "c before")
	d.Note(g, "d before")
	Exchange(a, b, c, d)
	if err := b.R.RemoveMembers(ctx, g, []op.UserID{c.user()}); !errors.Is(err, replica.ErrDenied) {
		t.Fatalf("a plain member removes: %v", err)
	}
	c.Note(g, "c offline")
	c.Copy(b)
	if err := a.R.RemoveMembers(ctx, g, []op.UserID{c.user()}); err != nil {
		t.Fatal(err)
	}
	if err := d.R.LeaveScope(ctx, g); err != nil {
		t.Fatal(err)
	}
	c.Note(g, "c late")
	if _, err := d.TryNote(g, "d late"); !errors.Is(err, replica.ErrDenied) {
		t.Fatalf("d writes on: %v", err)
	}
	d.giveOwn(a, g)
	Exchange(a, b)
	tellCuts(a, b)
	c.giveOwn(b, g)
	Exchange(a, b)
	next := b.stored(b.Note(g, "next"))
	Exchange(a, b)
	for _, m := range []*Member{c, d} {
		a.Leak(m)
		b.Leak(m)
		if m.canOpen(next) {
			t.Fatalf("%s opens the next message of the group", m.Name)
		}
		if m.R.Authority().Role(m.user()) != authority.Member {
			t.Fatalf("%s is no longer of the team", m.Name)
		}
		if _, err := m.TryNote(a.R.CompanyScope(), "still in the team"); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range []*Member{a, b} {
		if !has(m, g, "c before") || !has(m, g, "d before") || !has(m, g, "c offline") || has(m, g, "c late") {
			t.Fatalf("%s sees\n%s", m.Name, m.Dump(g))
		}
	}
	agree(t, g, a, b)
	if err := a.R.GrantScopeRole(ctx, g, b.user(), authority.Admin); err != nil {
		t.Fatal(err)
	}
	Exchange(a, b, c, d)
	if err := b.R.AddMembers(ctx, g, []op.UserID{c.user()}); err != nil {
		t.Fatal(err)
	}
	Exchange(a, b, c, d)
	c.Note(g, "c again")
	Exchange(a, b, c, d)
	if c.Dump(g) != a.Dump(g) || !has(a, g, "c again") || has(a, g, "c late") {
		t.Fatalf("a sees\n%sc sees\n%s", a.Dump(g), c.Dump(g))
	}
	if err := a.R.GrantScopeRole(ctx, g, b.user(), authority.Member); err != nil {
		t.Fatal(err)
	}
	Exchange(a, b, c, d)
	if err := b.R.AddMembers(ctx, g, []op.UserID{d.user()}); !errors.Is(err, replica.ErrDenied) {
		t.Fatalf("b still adds people: %v", err)
	}
	if info, _ := b.R.Scope(g); info.Members[b.user()] != authority.Member || len(info.Members) != 3 {
		t.Fatalf("members %v", info.Members)
	}
	agree(t, g, a, b, c)
}

// A role is lowered in one step: the person is never without one for others, keeps the feeds and loses what the role gave.
// A1, A2.
func TestLoweredRole(t *testing.T) {
	a := Found(t, "a")
	b, c := a.Join("b"), a.Join("c")
	a.Grant(b, authority.Admin)
	Exchange(a, b, c)
	company := a.R.CompanyScope()
	b.Note(company, "as admin")
	Exchange(a, b, c)
	inc, keysBefore := b.R.Feeds().Incarnation(), a.announced(company)
	a.Grant(b, authority.Member)
	if a.R.Authority().Role(b.user()) != authority.Member || a.announced(company) != keysBefore {
		t.Fatalf("b is %s, %d keys after %d", a.R.Authority().Role(b.user()), a.announced(company), keysBefore)
	}
	Exchange(a, b, c)
	b.Note(company, "as member")
	Exchange(a, b, c)
	if b.R.Feeds().Incarnation() != inc || !has(c, company, "as admin") || !has(c, company, "as member") {
		t.Fatalf("c sees\n%s", c.Dump(company))
	}
	if err := b.R.GrantRole(context.Background(), c.user(), authority.Guest, nil); !errors.Is(err, replica.ErrDenied) {
		t.Fatalf("b still gives roles: %v", err)
	}
	agree(t, company, a, b, c)
}

// P9, P11: what a removed admin did that only admins may do stays, in the team and in a group; who was never one still may not.
func TestActsOfARemovedAdminStay(t *testing.T) {
	a := Found(t, "a")
	b, c := a.Join("b"), a.Join("c")
	a.Grant(b, authority.Admin)
	Exchange(a, b, c)
	company := a.R.CompanyScope()
	if err := b.TryTitle(TypeTitleBoss, company, "x", "by an admin"); err != nil {
		t.Fatal(err)
	}
	forged := c.Forge(company, 9)
	if err := a.Take(Raw(forged.Title(TypeTitleBoss, c.R.Clock().Now(), "y", "by a member"))); err != nil {
		t.Fatal(err)
	}
	Exchange(a, b, c)
	a.Remove(b, authority.Removed)
	a.Remove(c, authority.Removed)
	if !has(a, company, "by an admin") || has(a, company, "by a member") {
		t.Fatalf("a sees\n%s", a.Dump(company))
	}
	agree(t, company, a)
	d := a.Join("d")
	a.Copy(d)
	if d.Dump(company) != a.Dump(company) {
		t.Fatalf("a newcomer sees\n%s", d.Dump(company))
	}
}

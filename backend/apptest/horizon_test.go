package apptest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tongzhou/sync/authority"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
	"tongzhou/sync/session"
)

// archive is a team whose history grows old: a of the group is its admin, b and c are members.
type archive struct {
	t       TB
	clock   *atomic.Int64
	a, b, c *Member
	group   op.ScopeID
}

func newArchive(t TB) *archive {
	t.Helper()
	x := &archive{t: t, clock: &atomic.Int64{}}
	x.clock.Store(time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC).UnixMilli())
	x.a = FoundAt(t, "a", x.now)
	x.b, x.c = x.a.Join("b"), x.a.Join("c")
	Exchange(x.a, x.b, x.c)
	x.group = x.a.Group(x.b, x.c)
	x.exchange()
	return x
}

func (x *archive) now() time.Time { return time.UnixMilli(x.clock.Load()).UTC() }

func (x *archive) pass(days int) { x.clock.Add(int64(days) * 24 * 3600 * 1000) }

func (x *archive) all() []*Member { return []*Member{x.a, x.b, x.c} }

func (x *archive) exchange() { x.t.Helper(); Exchange(x.all()...) }

// keep sets the house rule.
func (x *archive) keep(days int) {
	x.t.Helper()
	if err := x.a.R.SetRule(context.Background(), replica.KeepRule, days); err != nil {
		x.t.Fatal(err)
	}
	x.clock.Add(1000)
}

// horizon lets the admin's device say what is past keeping.
func (m *Member) horizon() {
	m.T.Helper()
	if err := m.R.WriteHorizons(context.Background()); err != nil {
		m.T.Fatalf("%s: horizon: %v", m.Name, err)
	}
}

// expire does what follows from the horizons.
func (m *Member) expire() {
	m.T.Helper()
	if err := m.R.Expire(context.Background()); err != nil {
		m.T.Fatalf("%s: expire: %v", m.Name, err)
	}
}

// ahead hands keys and horizons over as a conversation does.
func (m *Member) ahead(n *Member) {
	m.T.Helper()
	raws, err := m.R.KeysFor(n.Device(), 0)
	if err != nil {
		m.T.Fatal(err)
	}
	if err := n.R.LearnKeys(context.Background(), raws); err != nil && !errors.Is(err, replica.ErrStranger) {
		m.T.Fatalf("%s to %s: keys: %v", m.Name, n.Name, err)
	}
}

// stubs counts the stored ops that have no body.
func (m *Member) stubs() int {
	return m.Count(`SELECT count(*) FROM op WHERE substr(data, 1, 1) = x'81' AND length(data) = ?`, op.HeaderSize+op.SigSize)
}

// same holds that members see the same, and that it is what their ops say.
func (x *archive) same(members ...*Member) {
	x.t.Helper()
	for _, m := range members {
		m.expire()
		before, was := m.Dump(x.group), m.Statuses()
		m.Rebuild()
		if now, is := m.Dump(x.group), m.Statuses(); now != before || is != was {
			x.t.Fatalf("%s sees\n%s\n%s\nrebuilt it is\n%s\n%s", m.Name, before, was, now, is)
		}
		if want := members[0].Dump(x.group); before != want {
			x.t.Fatalf("%s sees\n%s%s sees\n%s", m.Name, before, members[0].Name, want)
		}
		if _, err := m.R.CheckChains(context.Background()); err != nil {
			x.t.Fatalf("%s: %v", m.Name, err)
		}
	}
}

// H4, H5, H7, H8: what is past keeping goes at everybody, its body two weeks later; the rest stays; a newcomer gets stubs.
func TestH5WhatIsPastKeepingGoesEverywhere(t *testing.T) {
	x := newArchive(t)
	for _, m := range x.all() {
		m.Note(x.group, "old by "+m.Name)
	}
	x.b.Title(x.group, "x", "old title")
	x.pass(101)
	for _, m := range x.all() {
		m.Note(x.group, "new by "+m.Name)
	}
	x.exchange()
	x.keep(90)
	x.exchange()
	x.b.horizon() // is no admin of the group
	if n := x.b.Count(`SELECT count(*) FROM horizon`); n != 0 {
		t.Fatalf("a member's device wrote %d horizons", n)
	}
	x.a.horizon()
	x.exchange()
	x.same(x.all()...)
	if got := x.c.Dump(x.group); strings.Contains(got, "old by") || strings.Count(got, "new by") != 3 || !strings.Contains(got, "old title") {
		t.Fatalf("c sees\n%s", got)
	}
	if n := x.c.stubs(); n != 0 {
		t.Fatalf("%d bodies went at once", n)
	}
	if info, _ := x.c.R.Scope(x.group); info.KeptFrom.After(x.now().AddDate(0, 0, -90)) || info.KeptFrom.Before(x.now().AddDate(0, 0, -98)) {
		t.Fatalf("kept from %v", info.KeptFrom)
	}
	x.a.horizon() // the next one is not due
	if n := x.a.Count(`SELECT count(*) FROM horizon`); n != 1 {
		t.Fatalf("%d horizons", n)
	}

	e := x.a.Join("e") // is given them whole, and keeps them so for as long
	if err := x.a.R.AddMembers(context.Background(), x.group, []op.UserID{e.user()}); err != nil {
		t.Fatal(err)
	}
	x.exchange()
	x.b.ahead(e)
	Exchange(x.b, e)
	x.same(x.b, e)
	if n := e.stubs(); n != 0 || e.countStatus(oplog.Expired) != 3 {
		t.Fatalf("%d stubs of %d expired ops", n, e.countStatus(oplog.Expired))
	}
	x.exchange()

	x.pass(15)
	x.same(append(x.all(), e)...)
	for _, m := range append(x.all(), e) {
		if n := m.stubs(); n != 3 {
			t.Fatalf("%s has %d stubs", m.Name, n)
		}
	}
	d := x.a.Join("d")
	if err := x.a.R.AddMembers(context.Background(), x.group, []op.UserID{d.user()}); err != nil {
		t.Fatal(err)
	}
	x.exchange()
	x.b.CopyControl(d)
	x.b.copyUpTo(d, func(f *oplog.Feed) uint64 { return x.b.R.ReadsUpTo(d.Device(), f.FeedKey) }) // without horizons: up to the first stub
	if n := d.stubs(); n != 0 {
		t.Fatalf("d took %d stubs that nothing explains", n)
	}
	x.b.ahead(d)
	Exchange(x.b, d, x.a, x.c)
	x.same(x.a, x.b, x.c, d)
	if d.stubs() != 3 || d.Rows("note") != 3 {
		t.Fatalf("d has %d stubs and sees\n%s", d.stubs(), d.Dump(x.group))
	}
}

// H2: who was away for long brings what they wrote, however old it is; the next horizon takes it.
func TestH2ALateDeviceLosesNothingToTheHorizon(t *testing.T) {
	x := newArchive(t)
	x.a.Note(x.group, "old by a")
	x.c.Note(x.group, "told by c")
	x.exchange()
	x.c.Note(x.group, "old by c, offline")
	x.pass(110)
	x.keep(90)
	x.a.Copy(x.b)
	x.a.horizon()
	x.a.Copy(x.b)
	x.exchange()
	x.same(x.all()...)
	if got := x.b.Dump(x.group); !strings.Contains(got, "old by c, offline") || strings.Contains(got, "old by a") || strings.Contains(got, "told") {
		t.Fatalf("b sees\n%s", got)
	}
	x.pass(29)
	x.a.horizon()
	x.exchange()
	x.same(x.all()...)
	if got := x.b.Dump(x.group); strings.Contains(got, "old by c") {
		t.Fatalf("b still sees\n%s", got)
	}
}

// H3: taking the rule back, or the admin's role, brings nothing back, and nothing more goes.
func TestH3TakingTheRuleBackBringsNothingBack(t *testing.T) {
	x := newArchive(t)
	x.a.Note(x.group, "old")
	x.pass(110)
	x.keep(90)
	x.a.horizon()
	x.a.Note(x.group, "young")
	x.keep(0)
	x.pass(110)
	x.a.horizon()
	x.exchange()
	x.same(x.all()...)
	if got := x.b.Dump(x.group); !strings.Contains(got, "young") || strings.Contains(got, "old") {
		t.Fatalf("b sees\n%s", got)
	}
	if err := x.a.R.GrantRole(context.Background(), x.b.user(), authority.Owner, nil); err != nil {
		t.Fatal(err)
	}
	x.exchange()
	x.same(x.all()...)
	if got := x.b.Dump(x.group); strings.Contains(got, "old") {
		t.Fatalf("b sees\n%s", got)
	}
}

// says writes a horizon by hand.
func (g *Forger) says(at hlc.Time, days int, feeds ...op.HorizonFeed) op.Sealed {
	boot, err := g.m.ID.TeamSecret.BootstrapKey(g.tag)
	if err != nil {
		g.m.T.Fatal(err)
	}
	c := *g
	c.key, c.epoch, c.Flags = boot, op.EpochRef{}, nil
	s := c.Op(op.Epoch, op.Body{HLC: at, Type: op.TypeHorizon, Payload: g.pack(op.Horizon{Days: days, Feeds: feeds})})
	g.seq, g.prev = c.seq, c.prev
	return s
}

// H3, H4: a horizon by a member, for fewer days than the rule says, under no rule, or of what is too young, has no effect.
func TestH3HorizonsThatDoNotCount(t *testing.T) {
	for name, c := range map[string]struct {
		by    string
		days  int
		rule  int
		aged  int
		takes bool
	}{
		"the admin's":              {"a", 90, 90, 98, true},
		"keeps more than the rule": {"a", 120, 90, 128, true},
		"a member's":               {"b", 90, 90, 98, false},
		"fewer days than the rule": {"a", 90, 365, 200, false},
		"no rule":                  {"a", 90, 0, 98, false},
		"fewer days than any rule": {"a", 30, 90, 60, false},
		"too young":                {"a", 90, 90, 80, false},
		"week not over":            {"a", 90, 90, 90, false},
	} {
		t.Run(name, func(t *testing.T) {
			x := newArchive(t)
			x.c.Note(x.group, "old")
			x.pass(c.aged)
			if c.rule > 0 {
				x.keep(c.rule)
			}
			x.exchange()
			f := x.c.OwnFeed(x.group)
			by := map[string]*Member{"a": x.a, "b": x.b}[c.by]
			g := by.Forge(x.group, by.R.Feeds().Incarnation())
			s := g.says(hlc.FromWall(x.now()), c.days, op.HorizonFeed{Device: f.Device, Incarnation: f.Incarnation, Seq: 1 << 40})
			for _, m := range x.all() {
				if m != by {
					if err := m.Take(Raw(s)); err != nil {
						t.Fatal(err)
					}
				}
			}
			victim := x.c
			victim.expire()
			if gone := victim.Rows("note") == 0; gone != c.takes {
				t.Fatalf("gone: %v", gone)
			}
			x.pass(15)
			victim.expire()
			if pruned := victim.stubs() == 1; pruned != c.takes {
				t.Fatalf("pruned: %v", pruned)
			}
			victim.Reopen()
			victim.expire()
			if gone := victim.Rows("note") == 0; gone != c.takes {
				t.Fatalf("after a restart: gone: %v", gone)
			}
		})
	}
}

// H1: what the header says of kind and age must be so.
func TestH1ALieAboutKindOrAgeIsVoid(t *testing.T) {
	x := newArchive(t)
	inc := x.b.R.Feeds().Incarnation()
	x.b.Note(x.group, "begin")
	x.exchange()
	g := x.b.Forge(x.group, inc)
	at := func() hlc.Time { x.clock.Add(1000); return hlc.FromWall(x.now()) }
	plain := g.Note(at(), "says nothing, as of an older program")
	g.Flags = op.ExpiryFlags
	title := g.Title(TypeTitle, at(), "x", "a title that says it expires")
	good := g.Note(at(), "good")
	g.Flags = func(t hlc.Time) uint16 { return op.ExpiryFlags(t) - 20 }
	aged := g.Note(at(), "says it is older")
	g.Flags = op.ExpiryFlags
	last := g.Note(at(), "last")
	if err := x.a.Take(Raw(plain, title, good, aged, last)); err != nil {
		t.Fatal(err)
	}
	if got := x.a.Dump(x.group); strings.Contains(got, "a title") || strings.Contains(got, "older\n") || !strings.Contains(got, "good") || !strings.Contains(got, "older program") {
		t.Fatalf("a sees\n%s", got)
	}
	if n := x.a.countStatus(oplog.Void); n != 2 {
		t.Fatalf("%d ops are void", n)
	}
	// Whole or not, they come to the same; the op of the older program goes too, with its body.
	x.pass(100)
	x.keep(90)
	x.a.horizon()
	x.pass(15)
	x.a.expire()
	if x.a.Rows("note")+x.a.Rows("title") != 0 || x.a.stubs() != 5 {
		t.Fatalf("%d stubs, a sees\n%s", x.a.stubs(), x.a.Dump(x.group))
	}
	x.same(x.a)
}

// H5, P2: an op counts whether the expired ones before it came whole or as stubs, and whatever their clocks were.
func TestH5ClocksOfExpiredOps(t *testing.T) {
	x := newArchive(t)
	inc := x.b.R.Feeds().Incarnation()
	x.b.Title(x.group, "y", "begin")
	x.exchange()
	g := x.b.Forge(x.group, inc)
	g.Flags = op.ExpiryFlags
	start := hlc.FromWall(x.now())
	ops := []op.Sealed{g.Note(start+5<<30, "later"), g.Note(start+9<<30, "latest")}
	g.Flags = nil
	ops = append(ops, g.Title(TypeTitle, start+3<<30, "x", "before both")) // void beside them
	x.pass(1)
	for _, m := range []*Member{x.a, x.c} {
		if err := m.Take(Raw(ops...)); err != nil {
			t.Fatal(err)
		}
	}
	if n := x.a.countStatus(oplog.Void); n != 1 {
		t.Fatalf("%d ops are void", n)
	}
	x.pass(100)
	x.keep(90)
	x.a.horizon()
	x.pass(15)
	x.a.Copy(x.c)
	x.same(x.a)
	if n := x.a.countStatus(oplog.Void); n != 0 || !strings.Contains(x.a.Dump(x.group), "before both") {
		t.Fatalf("%d ops are void; a sees\n%s", n, x.a.Dump(x.group))
	}
	// d gets the stubs, c had the bodies.
	d := x.a.Join("d")
	if err := x.a.R.AddMembers(context.Background(), x.group, []op.UserID{d.user()}); err != nil {
		t.Fatal(err)
	}
	x.a.Copy(d)
	x.a.ahead(d)
	x.a.Copy(d)
	x.a.Copy(x.c)
	x.same(x.a, x.c, d)
	if d.stubs() == 0 {
		t.Fatal("d got no stubs")
	}
	for _, m := range []*Member{x.c, d} {
		if err := m.Take(Raw(g.At(g.seq+1, g.prev).Title(TypeTitle, start+8<<30, "x", "between"))); err != nil {
			t.Fatal(err)
		}
	}
	x.same(x.c, d)
}

// H8: a stub that nothing explains is not stored, and no reason to end a conversation; what comes whole later counts.
func TestH8AStubThatNothingExplains(t *testing.T) {
	x := newArchive(t)
	x.c.Note(x.group, "first")
	x.exchange()
	x.c.Note(x.group, "second")
	x.c.Title(x.group, "x", "title")
	x.exchange()
	f := x.c.OwnFeed(x.group)
	ops := Parse(t, x.c.Frame(&f, 1, f.Len))
	victim := x.a.Join("d")
	if err := x.a.R.AddMembers(context.Background(), x.group, []op.UserID{victim.user()}); err != nil {
		t.Fatal(err)
	}
	x.a.Heal()
	feed := x.a.OwnFeed(x.group)
	x.a.CopyControl(victim)
	if err := victim.Take(x.a.Frame(&feed, 1, feed.Len)); err != nil {
		t.Fatal(err)
	}
	stub := ops[1].Pruned()
	if err := victim.Take(Raw(ops[0], stub, ops[2])); !errors.Is(err, replica.ErrStub) {
		t.Fatalf("a stub: %v", err)
	}
	if got := victim.R.Feeds().Feed(f.FeedKey).Len; got != 1 {
		t.Fatalf("%d ops are stored", got)
	}
	if _, _, err := op.Parse(Raw(ops[2].Pruned())); !errors.Is(err, op.ErrStub) {
		t.Fatalf("the stub of a title: %v", err)
	}
	if err := victim.Take(Raw(ops...)); err != nil {
		t.Fatal(err)
	}
	x.exchange()
	x.same(x.a, victim)
	if got := victim.Dump(x.group); !strings.Contains(got, "second") || !strings.Contains(got, "title") {
		t.Fatalf("d sees\n%s", got)
	}
	// Over what is stored whole, a stub changes nothing and proves no fork.
	if err := victim.Take(Raw(ops[0], stub, ops[2])); err != nil || victim.stubs() != 0 {
		t.Fatalf("the same again: %v", err)
	}
}

// H6, H7: a crash between any two steps leaves what the next start goes on with.
func TestH7PruningSurvivesCrashes(t *testing.T) {
	x := newArchive(t)
	subs := make([]replica.Submission, 2500)
	for i := range subs {
		subs[i] = replica.Submission{Scope: x.group, Type: TypeNote, Payload: textPayload{fmt.Sprint(i, strings.Repeat("x", 200))}}
	}
	if _, err := x.b.R.Submit(context.Background(), subs, nil); err != nil {
		t.Fatal(err)
	}
	x.b.Title(x.group, "x", "stays")
	x.exchange()
	x.pass(110)
	x.keep(90)
	x.a.horizon()
	x.exchange()
	x.pass(15)
	steps := 0
	for more := true; more; steps++ {
		x.b.Crash()
		var err error
		if more, err = x.b.R.ExpireStep(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if steps < 5 || x.b.stubs() != len(subs) || x.b.Rows("note") != 0 {
		t.Fatalf("%d steps, %d stubs, %d notes", steps, x.b.stubs(), x.b.Rows("note"))
	}
	x.same(x.a, x.b)
}

// H8, S12: over the wire a newcomer is handed horizons ahead of feeds, of which even that of the horizon's author begins with
// stubs; somebody who was away when the horizon was written as well.
func TestH8HorizonsGoAheadOfFeeds(t *testing.T) {
	x := newArchive(t)
	for _, m := range x.all() {
		m.Note(x.group, "old by "+m.Name)
	}
	Exchange(x.a, x.b)
	x.pass(110)
	x.keep(90)
	x.a.horizon()
	x.a.Note(x.group, "new")
	Exchange(x.a, x.b)
	x.pass(15)
	x.a.expire()
	x.b.expire()
	if n := x.b.stubs(); n != 2 {
		t.Fatalf("b has %d stubs", n)
	}
	d := x.a.Join("d")
	if err := x.a.R.AddMembers(context.Background(), x.group, []op.UserID{d.user()}); err != nil {
		t.Fatal(err)
	}
	x.a.Heal()
	Exchange(x.a, x.b)
	x.b.CopyControl(d)
	for _, m := range []*Member{x.c, d} {
		l := Connect(x.b, m)
		Eventually(t, m.Name+" and b are in sync", func() bool { return InSync(x.b, m) })
		l.Stop()
		if ends := m.Ends(); len(ends) != 1 || errors.Is(ends[0], session.ErrPeer) {
			t.Fatalf("%s's conversation ended with %v", m.Name, ends)
		}
	}
	x.same(x.b, x.c, d)
	if d.stubs() != 2 || d.Rows("note") != 2 || x.c.Rows("note") != 2 {
		t.Fatalf("d has %d stubs and sees\n%sc sees\n%s", d.stubs(), d.Dump(x.group), x.c.Dump(x.group))
	}
}

// P1, H5: whatever is written when, and in whatever order it comes, replicas with the same ops have the same rows, and equal a
// rebuild.
func TestH5HorizonsInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := newArchive(t)
		members, n := x.all(), 0
		text := func() string { n++; return fmt.Sprint(n) }
		pick := func(label string) *Member { return choose(t, label, members) }
		x.keep(90)
		x.exchange()
		t.Repeat(map[string]func(*rapid.T){
			"note":    func(*rapid.T) { pick("who").Note(x.group, text()) },
			"title":   func(*rapid.T) { pick("who").Title(x.group, "x", text()) },
			"pass":    func(t *rapid.T) { x.pass(rapid.SampledFrom([]int{1, 9, 30, 60}).Draw(t, "days")) },
			"horizon": func(*rapid.T) { pick("who").horizon() },
			"rule":    func(t *rapid.T) { x.keep(rapid.SampledFrom([]int{0, 90, 180}).Draw(t, "days")) },
			"step": func(*rapid.T) {
				if _, err := pick("who").R.ExpireStep(context.Background()); err != nil {
					t.Fatal(err)
				}
			},
			"reopen": func(*rapid.T) { pick("who").Reopen() },
			"copy": func(t *rapid.T) {
				from, to := pick("from"), pick("to")
				if from != to {
					if rapid.Bool().Draw(t, "ahead") {
						from.ahead(to)
					}
					from.Copy(to)
				}
			},
			"frames": func(t *rapid.T) { // of feeds in another order
				from, to := pick("from"), pick("to")
				for _, f := range rapid.Permutation(sortFeeds(from.R.Feeds().Scope(from.Tag(x.group)))).Draw(t, "feeds") {
					if from != to {
						_ = to.Take(from.Frame(&f, 1, f.Len)) // some cannot be taken yet
					}
				}
			},
		})
		for range 2 {
			for _, a := range members {
				for _, b := range members {
					if a != b {
						a.ahead(b)
					}
				}
			}
			x.exchange()
		}
		x.same(members...)
	})
}

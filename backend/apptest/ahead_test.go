package apptest

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"tongzhou/sync/authority"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/wire"
)

// longGroup is a team in whose group a and b wrote n notes each, in turn, before c is let in.
func longGroup(t *testing.T, n int) (a, b, c *Member, group op.ScopeID) {
	t.Helper()
	a = Found(t, "a")
	b, c = a.Join("b"), a.Join("c")
	Exchange(a, b, c)
	group = a.Group(b)
	a.Copy(b)
	for i := range n {
		a.Note(group, fmt.Sprintf("a%d", i))
		b.Note(group, fmt.Sprintf("b%d", i))
	}
	Exchange(a, b)
	if err := a.R.AddMembers(context.Background(), group, []op.UserID{c.user()}); err != nil {
		t.Fatal(err)
	}
	return a, b, c, group
}

// previews counts the ops that m holds ahead of their feeds.
func (m *Member) previews() int { m.T.Helper(); return m.Count(`SELECT count(*) FROM ahead`) }

// L13, S22: who has nothing of a long history sees its end, and its members, before anything else of it comes, can write, says of
// none of it that it is stored, and has all of it in the end.
func TestNewestFirst(t *testing.T) {
	const n = 1000
	a, b, c, group := longGroup(t, n)
	feeds := map[oplog.FeedKey]uint64{}
	for _, f := range a.R.Feeds().Scope(a.Tag(group)) {
		feeds[f.FeedKey] = f.Len
	}
	ca, cc := net.Pipe()
	fromC := &Tap{Conn: cc}
	l := ConnectOver(a, c, &Tap{Conn: ca, Keep: func(m wire.Message) bool { // the beginning never comes
		f, ok := m.(*wire.Frame)
		return !ok || f.Kind != wire.Asked || f.Ops[0].Scope != a.Tag(group)
	}}, fromC)
	Eventually(t, "the newest", func() bool { return strings.Contains(c.Dump(group), fmt.Sprintf(" b%d]", n-1)) })
	Eventually(t, "all of the newest", func() bool { return c.Status(a).Usable })
	if got := c.Rows("note"); got > wire.NewestOps {
		t.Fatalf("%d notes", got)
	}
	seen := c.Dump(group)
	for i := n - wire.NewestOps/2 + 5; i < n; i++ { // without holes, whoever wrote
		if !strings.Contains(seen, fmt.Sprintf(" a%d]", i)) || !strings.Contains(seen, fmt.Sprintf(" b%d]", i)) {
			t.Fatalf("%d is missing in\n%s", i, seen)
		}
	}
	if info, ok := c.R.Scope(group); !ok || len(info.Members) != 3 {
		t.Fatalf("c knows %v", info.Members)
	}
	c.Note(group, "by c")
	Eventually(t, "what c wrote", func() bool { return strings.Contains(a.Dump(group), "by c") })
	a.Note(group, "live")
	Eventually(t, "what was written meanwhile", func() bool { return strings.Contains(c.Dump(group), "live") })
	for k := range feeds {
		if got := c.R.Feeds().Feed(k); got.Len != 0 {
			t.Fatalf("c holds %d of a feed of which it has only the end", got.Len)
		}
	}
	for _, ack := range Sent[*wire.Ack](fromC) {
		for _, f := range ack.Feeds {
			if feeds[f.Key()] > 0 {
				t.Fatal("c acknowledged a feed of which it has only the end")
			}
		}
	}
	if InSync(a, c) {
		t.Fatal("in sync, they say")
	}
	l.Stop()

	c.Crash()
	if got := c.Dump(group); !strings.Contains(got, "live") {
		t.Fatal("what was seen is gone after a crash")
	}
	l = Connect(a, c)
	defer l.Stop()
	Eventually(t, "everything", func() bool { return InSync(a, c) && c.Rows("note") == 2*n+2 })
	if left := c.previews(); left != 0 {
		t.Fatalf("%d ops are still ahead", left)
	}
	a.Copy(b)
	c.Copy(b)
	for _, m := range []*Member{a, b} {
		if m.Dump(group) != c.Dump(group) {
			t.Fatalf("%s sees something else than c", m.Name)
		}
	}
}

// S22: what everything is shown by comes before the rest: names, departments, the person's own settings.
func TestBasicsBeforeTheRest(t *testing.T) {
	a, b, c, group := longGroup(t, 600)
	for i := range 30 {
		a.Note(a.R.CompanyScope(), fmt.Sprintf("name %d", i))
	}
	a.Copy(b)
	l, fromA, _ := Tapped(a, c)
	defer l.Stop()
	Eventually(t, "everything", func() bool { return InSync(a, c) && c.Rows("note") == 1230 })
	rest := false
	for _, f := range Sent[*wire.Frame](fromA) {
		rest = rest || f.Kind == wire.Asked && f.Ops[0].Scope == a.Tag(group) && f.Ops[len(f.Ops)-1].Seq > 300
		if rest && f.Ops[0].Scope == a.Tag(a.R.CompanyScope()) {
			t.Fatal("the company's ops came after a chat's")
		}
	}
}

// P2, L13: an op that was ahead is judged by its place once the feed reaches it, and another one that the feed does not lead to
// gives way.
func TestFeedReachesWhatIsAhead(t *testing.T) {
	a := Found(t, "a")
	b := a.Join("b")
	Exchange(a, b)
	company := a.R.CompanyScope()
	g := b.Forge(company, 7)
	now := hlc.FromWall(b.Now().Add(-time.Hour))
	first, second := g.Note(now+10, "first"), g.Note(now+20, "second")
	third, fourth := g.Note(now+5, "goes back"), g.Note(now+40, "fourth")
	other := g.At(4, third.ID()).Note(now+30, "another fourth")
	take := func(ahead bool, ops ...op.Sealed) {
		t.Helper()
		var err error
		if ahead {
			err = a.TakeAhead(Raw(ops...))
		} else {
			err = a.Take(Raw(ops...))
		}
		if (err != nil) != ahead {
			t.Fatal(err)
		}
	}
	take(true, third)
	take(true, other)
	take(true, fourth) // another one is there already
	if got := a.Company(); !strings.Contains(got, "goes back") || !strings.Contains(got, "another fourth") {
		t.Fatalf("a sees\n%s", got)
	}
	take(false, first)
	take(false, second, third)
	if got := a.Company(); strings.Contains(got, "goes back") || !strings.Contains(got, "another fourth") {
		t.Fatalf("a sees\n%s", got)
	}
	take(false, fourth)
	if got := a.Company(); strings.Contains(got, "another") || !strings.Contains(got, "] fourth") && !strings.Contains(got, " fourth]") {
		t.Fatalf("a sees\n%s", got)
	}
	if a.previews() != 0 {
		t.Fatal("something is still ahead")
	}
	fresh := a.Join("fresh")
	a.Copy(fresh)
	if fresh.Company() != a.Company() {
		t.Fatalf("a sees\n%sand who read it in order\n%s", a.Company(), fresh.Company())
	}
}

// L13: what may be ahead of a feed is bounded, never of the control log, and never this device's own.
func TestBoundsOfAhead(t *testing.T) {
	a := Found(t, "a")
	b := a.Join("b")
	Exchange(a, b)
	g := b.Forge(b.R.CompanyScope(), 7)
	now := hlc.FromWall(b.Now().Add(-time.Hour))
	g.Note(now, "missing")
	for i := range oplog.MaxAhead + 300 {
		_ = a.TakeAhead(Raw(g.Note(now+hlc.Time(i)+1, "more")))
	}
	if n := a.previews(); n != oplog.MaxAhead || a.Rows("note") != n {
		t.Fatalf("%d ahead, %d rows", n, a.Rows("note"))
	}
	far := b.Forge(b.R.CompanyScope(), 8).At(1<<40, op.ID{1})
	if err := a.TakeAhead(Raw(far.Note(now, "far"))); err == nil || a.R.Feeds().Feed(oplog.FeedKey{Tag: far.tag, Device: b.Device(), Incarnation: 8}).No != 0 {
		t.Fatal("a place that no feed has", err)
	}
	x := a.Forge(a.R.CompanyScope(), 9)
	x.Note(now, "missing")
	_ = a.TakeAhead(Raw(x.Note(now+1, "own")))
	control := b.Forge(controlOf(b), 9)
	control.Note(now, "missing")
	_ = a.TakeAhead(Raw(control.Note(now+1, "control")))
	if n := a.previews(); n != oplog.MaxAhead {
		t.Fatalf("%d ahead", n)
	}
}

// L6, L13: a fork before or among what is ahead takes it back.
func TestForkAmongWhatIsAhead(t *testing.T) {
	a := Found(t, "a")
	b := a.Join("b")
	Exchange(a, b)
	g := b.Forge(b.R.CompanyScope(), 7)
	now := hlc.FromWall(b.Now().Add(-time.Hour))
	first := g.Note(now+1, "first")
	second := g.Note(now+2, "second")
	twin := g.At(2, first.ID()).Note(now+2, "twin")
	third := g.Note(now+3, "third")
	fourth := g.Note(now+4, "fourth")
	if err := a.Take(Raw(first)); err != nil {
		t.Fatal(err)
	}
	_ = a.TakeAhead(Raw(third, fourth))
	if a.Rows("note") != 3 {
		t.Fatalf("a sees\n%s", a.Company())
	}
	proof := op.ForkProof{A: second, B: twin}
	if err := a.R.ProveFork(context.Background(), proof.AppendTo(nil)); err != nil {
		t.Fatal(err)
	}
	if a.Rows("note") != 1 || a.previews() != 0 {
		t.Fatalf("a sees\n%s", a.Company())
	}
	_ = a.TakeAhead(Raw(fourth))
	if a.Rows("note") != 1 || a.previews() != 0 {
		t.Fatal("taken behind the fork")
	}
}

// P2, L13: what is ahead of a feed and could be read only later does not move the feed's clock on.
func TestClockOfWhatIsAheadIsNotTheFeeds(t *testing.T) {
	a := Found(t, "a")
	b, c := a.Join("b"), a.Join("c")
	Exchange(a, b, c)
	a.Grant(b, authority.Admin)
	Exchange(a, b, c)
	b.Remove(c, authority.Removed) // a new key
	company := b.R.CompanyScope()
	b.Note(company, "first")
	b.Note(company, "second")
	b.CopyControl(a)
	k := oplog.FeedKey{Tag: b.Tag(company), Device: b.Device(), Incarnation: b.R.Feeds().Incarnation()}
	f := b.R.Feeds().Feed(k)
	_ = a.TakeAhead(b.Frame(&f, f.Len, f.Len))
	if a.previews() != 1 || a.Rows("note") != 0 {
		t.Fatalf("%d ahead; a reads\n%s", a.previews(), a.Company())
	}
	keys, err := b.R.KeysFor(a.Device(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.R.LearnKeys(context.Background(), keys); err != nil {
		t.Fatal(err)
	}
	if got := a.Company(); !strings.Contains(got, "second") || strings.Contains(got, "first") {
		t.Fatalf("a reads\n%s", got)
	}
	b.Copy(a)
	if a.Rows("note") != 2 || a.previews() != 0 {
		t.Fatalf("a reads\n%s", a.Company())
	}
}

package apptest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/session"
	"tongzhou/sync/wire"
)

// S1, S2, S3, S7, P1: what one writes, the others read, in both directions, live and after being apart.
func TestTwoMembersConverge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b := a.Join("b")
		company := a.R.CompanyScope()
		for i := range 50 {
			a.Note(company, fmt.Sprintf("before %d", i))
		}
		l := Connect(a, b)
		Eventually(t, "b catches up", func() bool { return a.Company() == b.Company() && b.Company() != "" })
		a.Note(company, "live from a")
		b.Note(company, "live from b")
		a.Title(company, "x", "one")
		b.Title(company, "x", "two")
		Eventually(t, "live ops cross", func() bool { return a.Company() == b.Company() })
		l.Stop()
		a.Note(company, "apart a")
		b.Note(company, "apart b")
		a.Title(company, "x", "three")
		b.Title(company, "x", "four")
		l = Connect(a, b)
		defer l.Stop()
		Eventually(t, "apart ops cross", func() bool { return a.Company() == b.Company() })
		Eventually(t, "in sync is proven", func() bool { return InSync(a, b) })
	})
}

// S3, S4: a conversation that is cut off after any message loses nothing, ops or registers: the next one goes on from what
// is stored.
func TestCutOffAnywhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b := a.Join("b")
		company := a.R.CompanyScope()
		for cut := 1; ; cut++ {
			a.Note(company, "note")
			a.Title(company, "x", fmt.Sprint(cut))
			a.SetMark(company, int64(cut))
			ca, cb := net.Pipe()
			n := 0
			tap := &Tap{Conn: ca, Keep: func(wire.Message) bool {
				if n++; n > cut {
					_ = ca.Close()
				}
				return n <= cut
			}}
			ended := len(a.Ends())
			l := ConnectOver(a, b, tap, cb)
			Eventually(t, "cut off or done", func() bool { return InSync(a, b) || len(a.Ends()) > ended })
			whole := len(a.Ends()) == ended
			l.Stop()
			l = Connect(a, b)
			Eventually(t, "in sync", func() bool { return InSync(a, b) })
			l.Stop()
			if x, y := a.Company(), b.Company(); x != y {
				t.Fatalf("cut after %d messages: a sees\n%sb sees\n%s", cut, x, y)
			}
			if whole {
				if cut < 5 {
					t.Fatalf("a whole conversation of %d messages", cut)
				}
				return
			}
		}
	})
}

// S4: after being in sync, the next conversation lists and sends nothing again. One that was cut off while ops came asks only
// for those that are missing.
func TestCursorResumes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b := a.Join("b")
		company := a.R.CompanyScope()
		for i := range 300 {
			a.Note(company, string(bytes.Repeat([]byte{'x'}, 2000))+fmt.Sprint(i))
		}
		ca, cb := net.Pipe()
		frames := 0
		tap := &Tap{Conn: ca, Keep: func(m wire.Message) bool {
			if f, ok := m.(*wire.Frame); ok && f.Ops[0].Scope == a.Tag(company) {
				frames++
			}
			if frames == 2 {
				_ = ca.Close()
			}
			return frames < 2
		}}
		for i := range 300 { // incompressible, so that there are several frames
			a.Note(company, fmt.Sprintf("%x", randomBytes(2000, i)))
		}
		l := ConnectOver(a, b, tap, cb)
		Eventually(t, "cut off", func() bool { return len(a.Ends()) == 1 && len(b.Ends()) == 1 })
		l.Stop()
		key := a.OwnFeed(company).FeedKey
		have := b.R.Feeds().Feed(key).Len
		if have == 0 || have == a.OwnFeed(company).Len {
			t.Fatalf("b has %d ops after one frame", have)
		}
		l, fromA, fromB := Tapped(a, b)
		Eventually(t, "in sync", func() bool { return InSync(a, b) })
		l.Stop()
		for _, w := range Sent[*wire.Want](fromB) {
			if w.Key() == key && w.From != have+1 {
				t.Fatalf("asks from %d, has %d", w.From, have)
			}
		}
		if len(Sent[*wire.Frame](fromA)) == 0 {
			t.Fatal("nothing was sent")
		}
		a.Reopen()
		b.Reopen()
		l, fromA, fromB = Tapped(a, b)
		Eventually(t, "in sync", func() bool { return InSync(a, b) })
		l.Stop()
		for _, tap := range []*Tap{fromA, fromB} {
			for _, d := range Sent[*wire.Delta](tap) {
				if len(d.Feeds) > 0 {
					t.Fatalf("%d feeds are listed again", len(d.Feeds))
				}
			}
			if n := len(Sent[*wire.Frame](tap)) + len(Sent[*wire.Registers](tap)); n > 0 {
				t.Fatalf("%d frames or registers again", n)
			}
		}
	})
}

func randomBytes(n, seed int) []byte {
	out := make([]byte, 0, n)
	for h := hlc.Time(seed + 1); len(out) < n; h = h*6364136223846793005 + 1442695040888963407 {
		out = append(out, byte(h>>40))
	}
	return out
}

// S4: the peer's database was put back to an older copy without noticing: its arrival numbers begin again below the cursor.
// What it has is listed from the beginning.
func TestCursorAheadOfThePeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b := a.Join("b")
		Exchange(a, b)
		a.Note(a.R.CompanyScope(), "note")
		if err := b.R.SaveCursor(context.Background(), a.R.Feeds().StoreID(), a.Device(), a.R.Feeds().LSeq()+1000); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		l := Connect(a, b)
		defer l.Stop()
		Eventually(t, "b has it", func() bool { return a.Company() == b.Company() })
		if d := time.Since(start); d > time.Second {
			t.Fatalf("only after %s", d)
		}
	})
}

// S10, S11: "in sync" is said only when both hold the same, and is taken back when a difference is seen, which the next
// fingerprints show. While a stream swallows the ops, nobody says it.
func TestInSyncIsProven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b := a.Join("b")
		Exchange(a, b)
		company := a.R.CompanyScope()
		var mu sync.Mutex
		swallow := true
		ca, cb := net.Pipe()
		tap := &Tap{Conn: ca, Keep: func(m wire.Message) bool {
			mu.Lock()
			defer mu.Unlock()
			switch m.(type) {
			case *wire.Frame, *wire.Delta, *wire.Have, *wire.Ranges:
				return !swallow
			}
			return true
		}}
		a.Note(company, "note")
		l := ConnectOver(a, b, tap, cb)
		for range 40 { // 40 s: several fingerprints, before the stall is noticed
			time.Sleep(time.Second)
			if a.Status(b).State == session.InSync || b.Status(a).State == session.InSync {
				t.Fatal("in sync is said while the two differ")
			}
		}
		l.Stop()
		mu.Lock()
		swallow = false
		mu.Unlock()
		ca, cb = net.Pipe()
		tap.Conn = ca
		l = ConnectOver(a, b, tap, cb)
		defer l.Stop()
		Eventually(t, "in sync", func() bool { return InSync(a, b) })
		if x, y := a.R.SharedSum(b.Device()), b.R.SharedSum(a.Device()); x != y {
			t.Fatal("in sync and different")
		}
		mu.Lock()
		swallow = true
		mu.Unlock()
		a.Note(company, "lost on the way")
		time.Sleep(2 * compareEvery)
		if b.Status(a).State == session.InSync || a.Status(b).State == session.InSync {
			t.Fatal("in sync is still said")
		}
	})
}

const compareEvery = 30 * time.Second

// S9: when cursors are of no use, the few feeds that differ among thousands are found by comparing ranges: one that is longer
// here, one longer there, one missing here, one missing there.
func TestRangesFindSingleDifferences(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b := a.Join("b")
		one, two := manyFeeds(a, b)
		Exchange(a, b)
		a.takeAll(append(one[1:len(one):len(one)], two[4], two[2]))
		b.takeAll(append(append([][]byte{one[0]}, one[2:]...), two[2], two[3]))
		follow := func(m, o *Member) {
			if err := m.R.SaveCursor(context.Background(), o.R.Feeds().StoreID(), o.Device(), o.R.Feeds().LSeq()); err != nil {
				t.Fatal(err)
			}
		}
		follow(a, b)
		follow(b, a)
		l, fromA, fromB := Tapped(a, b)
		Eventually(t, "in sync", func() bool { return InSync(a, b) })
		l.Stop()
		if x, y := a.R.SharedSum(b.Device()), b.R.SharedSum(a.Device()); x != y || x.Count() < 5000 {
			t.Fatalf("%d and %d feeds, equal: %v", x.Count(), y.Count(), x == y)
		}
		n := 0
		for _, tap := range []*Tap{fromA, fromB} {
			for typ, size := range tap.Sizes() {
				if typ != "*wire.Registers" { // receipts for hundreds of groups, which the cursors do not cover
					n += size
				}
			}
		}
		if n > 40_000 || len(Sent[*wire.Ranges](fromA)) == 0 {
			t.Fatalf("%d bytes: %v, %v", n, fromA.Sizes(), fromB.Sizes())
		}
		for _, tap := range []*Tap{fromA, fromB} {
			for _, f := range Sent[*wire.Frame](tap) {
				if len(f.Ops) > 1 {
					t.Fatalf("%d ops where one was missing", len(f.Ops))
				}
			}
		}
	})
}

// manyFeeds makes frames of five thousand feeds in groups of a and b, written by others: their first ops, and their second.
func manyFeeds(a, b *Member) (one, two [][]byte) {
	var writers []*Member
	for i := range 5 {
		writers = append(writers, a.Join(fmt.Sprint("writer ", i)))
	}
	a.Copy(b)
	at := a.R.Clock().Now()
	for range 64 {
		g := a.Forge(a.Group(b), 0)
		for _, w := range writers {
			for inc := range uint32(oplog.MaxIncarnations) {
				h := *g
				h.m, h.inc, h.seq, h.prev = w, inc, 0, op.ID{}
				one = append(one, Raw(h.Note(at, "1")))
				two = append(two, Raw(h.Note(at+1, "2")))
			}
		}
	}
	return one, two
}

// takeAll ingests frames without waiting for each.
func (m *Member) takeAll(raws [][]byte) {
	m.T.Helper()
	var w sync.WaitGroup
	for _, raw := range raws {
		v, err := m.R.Verify(Parse(m.T, raw), raw)
		if err != nil {
			m.T.Fatal(err)
		}
		w.Add(1)
		m.R.Ingest(context.Background(), v, func(err error) {
			if err != nil {
				m.T.Error(err)
			}
			w.Done()
		})
	}
	w.Wait()
}

// S9: one side holds a few feeds and the other thousands more than fit into one list.
func TestRangesWithAlmostEmptySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b := a.Join("b")
		raws, _ := manyFeeds(a, b)
		a.takeAll(raws)
		if err := b.R.SaveCursor(context.Background(), a.R.Feeds().StoreID(), a.Device(), a.R.Feeds().LSeq()); err != nil {
			t.Fatal(err)
		}
		l := Connect(a, b)
		defer l.Stop()
		Eventually(t, "in sync", func() bool { return InSync(a, b) })
		if x, y := a.R.SharedSum(b.Device()), b.R.SharedSum(a.Device()); x != y || x.Count() < 5000 {
			t.Fatalf("%d and %d feeds", x.Count(), y.Count())
		}
	})
}

// S3, S15: an empty device asks for thousands of feeds at once, more than messages may be queued.
func TestManyFeedsFromNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b := a.Join("b")
		raws, _ := manyFeeds(a, b)
		a.takeAll(raws)
		l := Connect(a, b)
		defer l.Stop()
		Eventually(t, "in sync", func() bool { return InSync(a, b) })
		if n := len(a.Ends()) + len(b.Ends()); n > 0 || b.R.Feeds().LSeq() < 5000 {
			t.Fatalf("%d conversations ended; b has %d arrivals", n, b.R.Feeds().LSeq())
		}
	})
}

// S7: what is written is pushed at once, in order, and passed on by those who get it: nobody has to ask, and no fingerprint
// is needed to notice.
func TestLivePushAlongALine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b, c := a.Join("b"), a.Join("c")
		Exchange(a, b, c)
		company := a.R.CompanyScope()
		ab, fromA, _ := Tapped(a, b)
		defer ab.Stop()
		bc, fromB, fromC := Tapped(b, c)
		defer bc.Stop()
		Eventually(t, "in sync", func() bool { return InSync(a, b) && InSync(b, c) })
		a.Note(company, "first") // after which all know how far the others are
		Eventually(t, "c has it", func() bool { return c.Rows("note") == 1 })
		asked := len(Sent[*wire.Want](fromC))
		start := time.Now()
		for i := range 400 {
			a.Note(company, fmt.Sprint(i))
		}
		Eventually(t, "c has all", func() bool { return c.Rows("note") == 401 })
		if d := time.Since(start); d > 900*time.Millisecond {
			t.Fatalf("only after %s", d)
		}
		if n := len(Sent[*wire.Want](fromC)) - asked; n > 0 {
			t.Fatalf("c had to ask %d times", n)
		}
		for _, tap := range []*Tap{fromA, fromB} {
			next := uint64(0)
			for _, f := range Sent[*wire.Frame](tap) {
				if f.Kind != wire.Live || f.Ops[0].Scope != a.Tag(company) || f.Ops[0].Device != a.Device() {
					continue
				}
				if next != 0 && f.Ops[0].Seq != next {
					t.Fatalf("pushed %d where %d is next", f.Ops[0].Seq, next)
				}
				next = f.Ops[len(f.Ops)-1].Seq + 1
			}
		}
	})
}

// S7, S15: large ops written in a burst are pushed in frames that fit, also by somebody who passes them on.
func TestLivePushOfLargeOps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b, c := a.Join("b"), a.Join("c")
		Exchange(a, b, c)
		company := a.R.CompanyScope()
		ab, bc := Connect(a, b), Connect(b, c)
		defer ab.Stop()
		defer bc.Stop()
		Eventually(t, "in sync", func() bool { return InSync(a, b) && InSync(b, c) })
		for i := range 60 {
			a.Note(company, fmt.Sprintf("%x", randomBytes(25_000, i)))
		}
		for i := range 300 { // and many registers, in one commit each
			a.SetMark(company, int64(i))
		}
		Eventually(t, "c has all", func() bool { return c.Rows("note") == 60 && c.Company() == a.Company() })
		if n := len(a.Ends()) + len(b.Ends()) + len(c.Ends()); n > 0 {
			t.Fatalf("%d conversations ended: %v", n, append(append(a.Ends(), b.Ends()...), c.Ends()...))
		}
	})
}

// S18: whoever becomes a reader of a scope is told at once what is there, by everybody who knows, ops and registers.
func TestNewReaderIsToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b, c := a.Join("b"), a.Join("c")
		Exchange(a, b, c)
		group := a.Group(b)
		a.Copy(b)
		b.Note(group, "by b")
		b.SetMark(group, 4)
		b.Copy(a)
		l := Connect(a, c)
		defer l.Stop()
		Eventually(t, "in sync", func() bool { return InSync(a, c) })
		start := time.Now()
		if err := a.R.AddMembers(context.Background(), group, []op.UserID{c.ID.Root.ID}); err != nil {
			t.Fatal(err)
		}
		Eventually(t, "c sees the group", func() bool { return c.Dump(group) == a.Dump(group) && c.Rows("mark") == 1 })
		if d := time.Since(start); d > 3*time.Second {
			t.Fatalf("only after %s", d)
		}
	})
}

// S12: keys go ahead of the feeds that they open, to readers only.
func TestKeysGoAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b, c := a.Join("b"), a.Join("c")
		Exchange(a, b, c)
		group := a.Group(b)
		a.Copy(b)
		for i := range 20 {
			b.Note(group, fmt.Sprint(i))
		}
		b.Copy(a)
		if raws, err := a.R.KeysFor(c.Device(), 0); err != nil || containsTag(raws, a.Tag(group)) {
			t.Fatal("keys of a group for somebody outside", err)
		}
		if err := a.R.AddMembers(context.Background(), group, []op.UserID{c.ID.Root.ID}); err != nil {
			t.Fatal(err)
		}
		raws, err := a.R.KeysFor(c.Device(), 0)
		if err != nil || !containsTag(raws, a.Tag(group)) {
			t.Fatal("no keys for the new member", err)
		}
		if err := c.R.LearnKeys(context.Background(), raws); err != nil {
			t.Fatal(err)
		}
		b.giveOwn(c, group)
		if n := c.Count(`SELECT count(*) FROM op WHERE status = 1`); n != 0 {
			t.Fatalf("%d ops wait for a key that is here", n)
		}
		scopes := a.Count(`SELECT count(*) FROM scope`)
		if err := a.R.LearnKeys(context.Background(), raws); err != nil || a.Count(`SELECT count(*) FROM scope`) != scopes {
			t.Fatal("keys for somebody else left a trace", err)
		}
		broken := bytes.Clone(raws[0])
		broken[len(broken)-1] ^= 1
		if err := c.R.LearnKeys(context.Background(), [][]byte{broken}); err == nil {
			t.Fatal("a broken epoch op was believed")
		}
	})
}

func containsTag(raws [][]byte, tag op.ScopeTag) bool {
	for _, raw := range raws {
		if s, _, err := op.Parse(raw); err == nil && s.Scope == tag {
			return true
		}
	}
	return false
}

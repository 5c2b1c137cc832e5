package apptest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
	"tongzhou/sync/wire"
)

// letInWithin is how soon somebody who was let into a scope has all of it: far sooner than the next comparison.
const letInWithin = 2 * time.Second

// letInGroup is a group that a and c may let others into, with notes of both. Both are up to date.
func letInGroup(t *testing.T) (a, c *Member, group op.ScopeID) {
	t.Helper()
	a = Found(t, "a")
	c = a.Join("c")
	Exchange(a, c)
	group = a.Group(c)
	if err := a.R.GrantScopeRole(context.Background(), group, c.user(), authority.Admin); err != nil {
		t.Fatal(err)
	}
	a.Copy(c)
	for i := range 20 {
		a.Note(group, fmt.Sprint("a", i))
		c.Note(group, fmt.Sprint("c", i))
	}
	c.SetMark(group, 4)
	c.Copy(a)
	return a, c, group
}

// afterMessage makes act happen right before the nth message that is sent over c, and tells when that was.
func afterMessage(c net.Conn, n int, act func()) (tap *Tap, at func() time.Time) {
	var when time.Time
	tap = &Tap{Conn: c}
	seen := 0
	tap.Keep = func(wire.Message) bool {
		tap.mu.Lock()
		seen++
		now := seen == n
		tap.mu.Unlock()
		if now {
			act()
			tap.mu.Lock()
			when = time.Now()
			tap.mu.Unlock()
		}
		return true
	}
	return tap, func() time.Time {
		tap.mu.Lock()
		defer tap.mu.Unlock()
		return when
	}
}

// S18, S12: whoever is let into a group after any message of a conversation, of either side, by the peer or by somebody
// the peer speaks with, has all of it soon.
func TestLetInAfterAnyMessage(t *testing.T) {
	for _, by := range []string{"a", "c"} {
		for side := range 2 {
			t.Run(fmt.Sprintf("by %s, side %d", by, side), func(t *testing.T) {
				letInAfterAnyMessage(t, by == "c", side)
			})
		}
	}
}

func letInAfterAnyMessage(t *testing.T, byThird bool, side int) {
	synctest.Test(t, func(t *testing.T) {
		for n := 1; ; n++ {
			a, c, group := letInGroup(t) // each time: a conversation gets longer with every member
			b := a.Join("b")
			third := Connect(a, c)
			Eventually(t, "a and c agree", func() bool { return InSync(a, c) && a.Dump(group) == c.Dump(group) })
			from := a
			if byThird {
				from = c
			}
			ca, cb := net.Pipe()
			ends := []net.Conn{ca, cb}
			tap, at := afterMessage(ends[side], n, func() {
				if err := from.R.AddMembers(context.Background(), group, []op.UserID{b.user()}); err != nil {
					t.Error(err)
				}
			})
			ends[side] = tap
			l := ConnectOver(a, b, ends[0], ends[1])
			Eventually(t, "let in, or in sync before", func() bool { return !at().IsZero() || InSync(a, b) })
			time.Sleep(2 * time.Second)
			whole := at().IsZero()
			if !whole {
				Eventually(t, "b has the group", func() bool { return b.Dump(group) == a.Dump(group) })
				if d := time.Since(at()); d > 2*time.Second+letInWithin {
					t.Errorf("let in after message %d: only after %s", n, d)
				}
			}
			l.Stop()
			third.Stop()
			for _, m := range []*Member{a, b, c} {
				m.Close()
			}
			if whole {
				if n < 6 {
					t.Fatalf("a whole conversation of %d messages", n)
				}
				return
			}
		}
	})
}

// slowDB lets a test look at the moment between the staging of everything and the commit.
type slowDB struct {
	replica.DB
	before atomic.Pointer[func() error] // of the next commit; nil: nothing
}

func (d *slowDB) Read() *sql.DB { return d.DB.Read() }

func (d *slowDB) Write(ctx context.Context, fn func(tx replica.Tx) error) error {
	return d.DB.Write(ctx, func(tx replica.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		if before := d.before.Swap(nil); before != nil {
			return (*before)()
		}
		return nil
	})
}

// S5, S18: a question that is asked while a grant is being committed. What is not committed yet is not told; when it is, it is
// told at once, whatever the answer in between said.
func TestAskedWhileBeingLetIn(t *testing.T) {
	for _, fails := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			a, c, group := letInGroup(t)
			b := a.Join("b")
			Exchange(a, b, c)
			slow := &slowDB{}
			a.Wrap = func(db replica.DB) replica.DB { slow.DB = db; return slow }
			a.Reopen()
			cursor := a.R.Feeds().LSeq()
			v := b.AgainstFrom(t, a)
			v.Hello()
			v.Barrier() // the victim has nothing more to store
			answered := len(Said[*wire.Delta](v))
			slow.before.Store(ptr(func() error {
				if err := v.Say(&wire.Since{LSeq: cursor}); err != nil {
					t.Error(err)
				}
				for _, f := range Next[*wire.Delta](v).Feeds {
					if f.Tag == a.Tag(group) {
						t.Error("listed before it was committed")
					}
				}
				own := a.OwnFeed(group)
				if err := v.Say(&wire.Want{Tag: own.Tag, Device: own.Device, Incarnation: own.Incarnation, From: 1, To: own.Len}, &wire.Since{LSeq: cursor}); err != nil {
					t.Error(err)
				}
				Next[*wire.Delta](v)
				if fails {
					return errNoCommit
				}
				return nil
			}))
			err := a.R.AddMembers(context.Background(), group, []op.UserID{b.user()})
			if fails != errors.Is(err, errNoCommit) || !fails && err != nil {
				t.Fatal(err)
			}
			v.Barrier()
			if got := len(Said[*wire.Delta](v)); got < answered+3 {
				t.Fatalf("%d answers", got)
			}
			if n := v.mentions(t, a.Tag(group)); fails {
				if n > 0 {
					t.Fatalf("%d messages about a group that b was never in", n)
				}
				return
			}
			shown := map[oplog.FeedKey]bool{}
			for _, h := range Said[*wire.Have](v) {
				for _, f := range h.Feeds {
					shown[f.Key()] = true
				}
			}
			for _, f := range a.R.Feeds().Scope(a.Tag(group)) {
				if f.Len > 0 && !shown[f.FeedKey] {
					t.Errorf("a feed of %d ops is not shown", f.Len)
				}
			}
			if len(Said[*wire.Keys](v)) == 0 {
				t.Error("no keys")
			}
		})
	}
}

// S18: who turns out to be a member during the conversation is told at once what is there.
func TestPeerThatIsNotKnownYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		c := a.Join("c")
		Exchange(a, c)
		b := a.Join("b")
		a.Copy(b)
		company := a.R.CompanyScope()
		c.Note(company, "c does not know b")
		l := Connect(b, c)
		defer l.Stop()
		start := time.Now()
		Eventually(t, "b has what c wrote", func() bool { return has(b, company, "c does not know b") })
		if d := time.Since(start); d > letInWithin {
			t.Fatalf("only after %s", d)
		}
	})
}

// L6, S18: the proof of a fork goes along with the scope.
func TestForksOfAScopeThatSomebodyIsLetInto(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, c, group := letInGroup(t)
		g := c.Forge(group, 9)
		at := c.R.Clock().Now()
		one := g.Note(at, "1")
		two, other := g.Note(at+1, "2"), g.At(2, one.ID()).Note(at+2, "other 2")
		if err := a.Take(Raw(one, two)); err != nil {
			t.Fatal(err)
		}
		if err := ignoreForked(a.Take(Raw(one, other))); err != nil {
			t.Fatal(err)
		}
		b := a.Join("b")
		l := Connect(a, b)
		defer l.Stop()
		Eventually(t, "in sync", func() bool { return InSync(a, b) })
		start := time.Now()
		if err := a.R.AddMembers(context.Background(), group, []op.UserID{b.user()}); err != nil {
			t.Fatal(err)
		}
		Eventually(t, "b knows of the fork", func() bool { return b.forks() == 1 && b.Dump(group) == a.Dump(group) })
		if d := time.Since(start); d > letInWithin {
			t.Fatalf("only after %s", d)
		}
	})
}

package apptest

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tongzhou/sync/hlc"
	"tongzhou/sync/oplog"
)

// handClock is a wall clock that a test sets.
type handClock struct{ ms atomic.Int64 }

func newHandClock() *handClock {
	c := &handClock{}
	c.ms.Store(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC).UnixMilli())
	return c
}

func (c *handClock) now() time.Time      { return time.UnixMilli(c.ms.Load()) }
func (c *handClock) add(d time.Duration) { c.ms.Add(d.Milliseconds()) }

func (c *handClock) hlc(d time.Duration) hlc.Time { return hlc.FromWall(c.now().Add(d)) }

// P2: an op whose clock is not above that of an earlier op of its feed is void for ever; what follows counts again.
func TestClockMustIncrease(t *testing.T) {
	c := newHandClock()
	a := FoundAt(t, "a", c.now)
	b := a.Join("b")
	a.Copy(b)
	company := a.R.CompanyScope()
	g := b.Forge(company, 7)
	run := Raw(g.Note(c.hlc(0), "one"), g.Note(c.hlc(0), "equal"), g.Note(c.hlc(-time.Minute), "earlier"), g.Note(c.hlc(time.Second), "two"))
	if err := a.Take(run); err != nil {
		t.Fatal(err)
	}
	if got := a.Count(`SELECT count(*) FROM op WHERE status = ?`, int(oplog.Void)); got != 2 {
		t.Fatalf("%d ops are void", got)
	}
	if got := a.Count(`SELECT group_concat(length(text), '') FROM note`); got != 33 {
		t.Fatalf("notes of lengths %d are shown", got)
	}
	c.add(24 * time.Hour)
	a.Reopen()
	a.Rebuild()
	if got := a.Count(`SELECT count(*) FROM op WHERE status = ?`, int(oplog.Void)); got != 2 {
		t.Fatalf("%d ops are void a day later", got)
	}
}

// P3: an op from more than five minutes ahead is stored and held until due; it does not move this device's clock, and what
// follows it in its feed with an ordinary clock is void.
func TestFutureIsHeldAndNotMerged(t *testing.T) {
	c := newHandClock()
	a := FoundAt(t, "a", c.now)
	b := a.Join("b")
	a.Copy(b)
	company := a.R.CompanyScope()
	g := b.Forge(company, 7)
	ahead := c.hlc(6 * time.Minute)
	if err := a.Take(Raw(g.Note(ahead, "early"), g.Note(c.hlc(time.Second), "void"))); err != nil {
		t.Fatal(err)
	}
	if held := a.Count(`SELECT count(*) FROM op WHERE status = ?`, int(oplog.Held)); held != 1 || a.Rows("note") != 0 {
		t.Fatalf("%d held, %d notes", held, a.Rows("note"))
	}
	if o := a.Note(company, "now"); o.HLC >= ahead {
		t.Fatalf("a's clock went along to %s", o.HLC)
	}
	ctx := context.Background()
	c.add(30 * time.Second)
	if err := a.R.JudgeHeld(ctx); err != nil {
		t.Fatal(err)
	}
	if a.Rows("note") != 1 {
		t.Fatal("shown before it was due")
	}
	c.add(time.Minute)
	if err := a.R.JudgeHeld(ctx); err != nil {
		t.Fatal(err)
	}
	if a.Rows("note") != 2 {
		t.Fatal("not shown when due")
	}
	c.add(-10 * time.Minute) // the clock is put back: what counted goes on counting
	a.Reopen()
	if a.Rows("note") != 2 {
		t.Fatal("withdrawn when the clock was put back")
	}
	if void := a.Count(`SELECT count(*) FROM op WHERE status = ?`, int(oplog.Void)); void != 1 {
		t.Fatalf("%d void", void)
	}
}

// P3: a replica that runs lets held ops go by itself.
func TestHeldOpsAreReleasedInTheBackground(t *testing.T) {
	c := newHandClock()
	synctest.Test(t, func(t *testing.T) {
		a := FoundAt(t, "a", c.now)
		b := a.Join("b")
		a.Copy(b)
		g := b.Forge(a.R.CompanyScope(), 7)
		if err := a.Take(Raw(g.Note(c.hlc(6*time.Minute), "early"))); err != nil {
			t.Fatal(err)
		}
		c.add(2 * time.Minute)
		time.Sleep(6 * time.Second)
		if a.Rows("note") != 1 {
			t.Fatal("still held")
		}
	})
}

// L11: a device whose clock was far ahead and has been put right goes on at once, in a new incarnation; so does one whose clock
// is put right while it runs.
func TestOwnClockPutRight(t *testing.T) {
	for _, restart := range []bool{true, false} {
		c := newHandClock()
		a := FoundAt(t, "a", c.now)
		company := a.R.CompanyScope()
		before := a.R.Feeds().Incarnation()
		c.add(24 * time.Hour)
		a.Note(company, "from tomorrow")
		c.add(-24 * time.Hour)
		if restart {
			a.Reopen()
		}
		o, err := a.TryNote(company, "from today")
		if err != nil {
			t.Fatalf("restart %v: %v", restart, err)
		}
		if a.R.Clock().Ahead(o.HLC) {
			t.Fatalf("restart %v: still writes from %s", restart, o.HLC)
		}
		if a.R.Feeds().Incarnation() == before {
			t.Fatalf("restart %v: still the old incarnation", restart)
		}
		a.Note(company, "and again")
		if n := a.Rows("note"); n != 3 {
			t.Fatalf("restart %v: %d notes", restart, n)
		}
	}
}

package apptest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
	"tongzhou/sync/wire"
)

// P10: "received" is said of nobody whose device has not said so itself, whatever was sent.
func TestDeliveryIsNotClaimedWithoutAnAck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b := a.Join("b")
		Exchange(a, b)
		company := a.R.CompanyScope()
		o := a.Note(company, "hello")
		a.Copy(b) // b has it, and has not said so
		d := a.R.Delivery(company, o.Ref)
		if len(d.Total) != 1 || d.Total[0] != b.ID.Root.ID || len(d.Received) != 0 {
			t.Fatalf("%v", d)
		}
		if a.R.Unsent() == 0 {
			t.Fatal("nothing is unsent")
		}
		l := Connect(a, b)
		Eventually(t, "b says so", func() bool { return a.Received(company, &o, b) })
		l.Stop()
		a.Reopen()
		if !a.Received(company, &o, b) {
			t.Fatal("forgotten at the restart")
		}
		later := a.Note(company, "more")
		if a.Received(company, &later, b) {
			t.Fatal("a later op counts as received")
		}
	})
}

// P10: the author learns who has an op also from somebody he never meets, through the "have" register that a third carries.
func TestDeliveryThroughAThirdMember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b, c := a.Join("b"), a.Join("c")
		Exchange(a, b, c)
		company := a.R.CompanyScope()
		o := a.Note(company, "hello")
		ab, bc := Connect(a, b), Connect(b, c)
		defer ab.Stop()
		defer bc.Stop()
		Eventually(t, "a learns that c has it", func() bool { return a.Received(company, &o, c) })
	})
}

// P10: a device is believed about ops that are here, and only if it means the same ones.
func TestFalseReceipts(t *testing.T) {
	a := Found(t, "a")
	b := a.Join("b")
	Exchange(a, b)
	company := a.R.CompanyScope()
	o := a.Note(company, "hello")
	a.Note(company, "second")
	f := a.OwnFeed(company)
	ctx := context.Background()
	head := func(seq uint64) [8]byte {
		id := Parse(t, a.Frame(&f, seq, seq))[0].ID()
		return [8]byte(id[:8])
	}
	for name, ack := range map[string]replica.Ack{
		"more than there is":         {Feed: f.FeedKey, Len: f.Len + 5, Head: head(f.Len)},
		"another version at the end": {Feed: f.FeedKey, Len: f.Len, Head: head(f.Len - 1)},
		"another version before":     {Feed: f.FeedKey, Len: f.Len - 1, Head: head(f.Len)},
		"no feed of anybody":         {Feed: oplog.FeedKey{Tag: f.Tag}, Len: 1},
	} {
		if err := a.R.Acknowledge(ctx, b.Device(), []replica.Ack{ack}); err != nil {
			t.Fatal(err)
		}
		if a.Received(company, &o, b) || a.Count(`SELECT count(*) FROM receipt WHERE len >= ?`, f.Len-1) > 0 {
			t.Fatalf("%s: believed", name)
		}
	}
	if err := a.R.Acknowledge(ctx, b.Device(), []replica.Ack{{Feed: f.FeedKey, Len: f.Len - 1, Head: head(f.Len - 1)}}); err != nil {
		t.Fatal(err)
	}
	if !a.Received(company, &o, b) {
		t.Fatal("the truth is not believed")
	}
}

// P10: a scope with more feeds than fit into one register is told about those that changed last.
func TestHaveRegisterOfManyFeeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b := a.Join("b")
		Exchange(a, b)
		company := a.R.CompanyScope()
		at := b.R.Clock().Now()
		for i := range 30 { // thirty more devices of fifteen incarnations
			p := a.Join(fmt.Sprintf("p%d", i))
			a.giveOwn(p, company)
			for inc := range uint32(oplog.MaxIncarnations - 1) {
				if err := a.Take(Raw(p.Forge(company, inc).Note(at, "n"))); err != nil {
					t.Fatal(err)
				}
			}
			p.Close()
		}
		key := a.Forge(company, 0).key
		Eventually(t, "a tells what it has", func() bool {
			regs, err := a.R.RegistersOf(a.Tag(company))
			if err != nil {
				t.Fatal(err)
			}
			for _, raw := range regs {
				g, _, err := op.ParseRegister(raw)
				if err != nil || g.Device != a.Device() || g.Key != "have" {
					continue
				}
				plain, err := g.Open(key)
				if err != nil {
					t.Fatal(err)
				}
				var list []any
				if err := op.Unmarshal(plain, &list); err != nil {
					t.Fatal(err)
				}
				return len(list) == 380 && len(plain)+200 < op.MaxRegisterCiphertext
			}
			return false
		})
	})
}

// S6: what could not be committed is not acknowledged.
func TestNoAckWithoutTheCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b := a.Join("b")
		Exchange(a, b)
		company := a.R.CompanyScope()
		fails := b.unreliable()
		l, _, fromB := Tapped(a, b)
		Eventually(t, "in sync", func() bool { return InSync(a, b) })
		fails.Store(true)
		o := a.Note(company, "not stored")
		Eventually(t, "b gives up", func() bool { return len(b.Ends()) == 1 })
		l.Stop()
		for _, m := range Sent[*wire.Ack](fromB) {
			for _, f := range m.Feeds {
				if f.Key() == a.OwnFeed(company).FeedKey && f.Len >= o.Ref.Seq {
					t.Fatal("acknowledged")
				}
			}
		}
		if a.Received(company, &o, b) {
			t.Fatal("taken for received")
		}
		fails.Store(false)
		l = Connect(a, b)
		defer l.Stop()
		Eventually(t, "received after all", func() bool { return a.Received(company, &o, b) })
	})
}

// P1: a register that cannot be read yet takes back what the one before did, and nothing else; with its key it counts.
func TestRegisterThatCannotBeRead(t *testing.T) {
	a := Found(t, "a")
	b, c := a.Join("b"), a.Join("c")
	second := a.OtherDevice("a2", true)
	a.Link(second)
	Exchange(a, b, c, second)
	company := a.R.CompanyScope()
	a.SetMark(company, 10)
	second.SetMark(company, 20)
	Exchange(a, b, c, second)
	if n := b.Rows("mark"); n != 2 {
		t.Fatalf("%d marks", n)
	}
	a.Remove(c, authority.Removed) // a new key
	a.SetMark(company, 11)
	regs, err := a.R.RegistersFor(b.Device(), 0)
	if err != nil {
		t.Fatal(err)
	}
	b.TakeRegisters(regs)
	seen := b.Company()
	if b.Rows("mark") != 1 || !strings.Contains(seen, "mark 20") {
		t.Fatalf("b sees\n%s", seen)
	}
	b.Rebuild()
	if again := b.Company(); again != seen {
		t.Fatalf("rebuilt\n%sinstead of\n%s", again, seen)
	}
	a.Copy(b)
	if seen := b.Company(); b.Rows("mark") != 2 || !strings.Contains(seen, "mark 11") {
		t.Fatalf("b sees\n%s", seen)
	}
}

package apptest

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
	"tongzhou/sync/replica"
	"tongzhou/sync/session"
	"tongzhou/sync/wire"
)

// S19, R16: a frozen device that comes back is told so, by the control log up to the freeze; it gets nothing that was written
// after, hands over nothing, and refuses to write from then on. When it is unfrozen, it goes on.
func TestFrozenDeviceIsToldAtItsNextContact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b, c := a.Join("b"), a.Join("c")
		Exchange(a, b, c)
		company := a.R.CompanyScope()
		c.Note(company, "before")
		Exchange(a, b, c)
		a.Remove(c, authority.Frozen)
		a.Note(company, "after the freeze")
		a.CopyControl(b)
		a.Join("d") // more control ops, which c must not get
		c.Note(company, "c does not know yet")
		l := Connect(a, c)
		Eventually(t, "both have ended", func() bool { return len(a.Ends()) == 1 && len(c.Ends()) == 1 })
		l.Stop()
		if err := c.Ends()[0]; !errors.Is(err, session.ErrGone) {
			t.Fatalf("c ended with %v", err)
		}
		if st := c.R.Standing(); st != authority.StandingFrozen || !c.R.Gone() {
			t.Fatalf("c takes itself for %s", st)
		}
		if _, err := c.TryNote(company, "late"); !errors.Is(err, replica.ErrRemoved) {
			t.Fatalf("c writes: %v", err)
		}
		if c.Rows("note") != 1 || a.Rows("note") != 2 { // what c wrote since had reached nobody: it is cut off for c too
			t.Fatalf("c has\n%sa has\n%s", c.Company(), a.Company())
		}
		if got, all := c.R.Feeds().Sum(c.Tag(controlOf(c))), a.R.Feeds().Sum(a.Tag(controlOf(a))); got == all {
			t.Fatal("c got the whole control log")
		}
		l = Connect(b, c) // again, with somebody else
		Eventually(t, "both have ended again", func() bool { return len(b.Ends()) == 1 && len(c.Ends()) == 2 })
		l.Stop()
		if err := a.R.Unfreeze(context.Background(), c.user()); err != nil {
			t.Fatal(err)
		}
		l = Connect(a, c)
		Eventually(t, "c is back", func() bool { return InSync(a, c) })
		if c.R.Gone() || c.R.Standing() != authority.StandingActive {
			t.Fatal("c does not know")
		}
		c.Note(company, "back")
		Eventually(t, "they agree", func() bool { return a.Company() == c.Company() && strings.Contains(a.Company(), "back") })
		l.Stop()
		if !strings.Contains(c.Company(), "after the freeze") {
			t.Fatal("c does not read what was written meanwhile")
		}
	})
}

// S19: a device that is connected when it is removed is told at once.
func TestConnectedDeviceIsToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b := a.Join("b")
		Exchange(a, b)
		l := Connect(a, b)
		defer l.Stop()
		Eventually(t, "in sync", func() bool { return InSync(a, b) })
		begin := time.Now()
		a.Remove(b, authority.Removed)
		Eventually(t, "both have ended", func() bool { return len(a.Ends()) == 1 && len(b.Ends()) == 1 })
		if d := time.Since(begin); d > 2*time.Second {
			t.Fatalf("told after %s", d)
		}
		if b.R.Standing() != authority.StandingRemoved {
			t.Fatalf("b takes itself for %s", b.R.Standing())
		}
		if err := b.Ends()[0]; !errors.Is(err, session.ErrGone) {
			t.Fatal(err)
		}
	})
}

// S19: a removed device that asks for everything and sends everything: it gets the control log up to its removal, no op of
// any other scope, and nothing of what it sends is stored.
func TestRemovedDeviceGetsAndGivesNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b := a.Join("b")
		Exchange(a, b)
		company := a.R.CompanyScope()
		b.Note(company, "old")
		Exchange(a, b)
		a.Remove(b, authority.Removed)
		f := a.OwnFeed(controlOf(a))
		removal := f.Len
		for seq := f.Len; seq > 0; seq-- { // the new key of the control scope stands after the removal
			if o := Parse(t, a.Frame(&f, seq, seq))[0]; o.Kind == op.Control {
				removal = seq
				break
			}
		}
		a.Note(company, "new")
		late := b.Note(company, "late")
		feed := b.OwnFeed(company)
		ops := a.Count(`SELECT count(*) FROM op`)
		v := b.AgainstFrom(t, a)
		if err := v.Say(v.Greeting(), &wire.Since{Control: true}); err != nil {
			t.Fatal(err)
		}
		d := Next[*wire.Delta](v)
		for _, s := range d.Feeds {
			if s.Tag != a.Tag(controlOf(a)) || s.Device == a.Device() && s.Len != removal {
				t.Fatalf("shown feed %v up to %d, the removal is at %d", s.Device, s.Len, removal)
			}
		}
		own := a.OwnFeed(company)
		if err := v.Say(
			&wire.Want{Tag: own.Tag, Device: own.Device, Incarnation: own.Incarnation, From: 1, To: own.Len},
			&wire.Want{Tag: f.Tag, Device: f.Device, Incarnation: f.Incarnation, From: 1, To: f.Len, Urgent: true},
			&wire.Have{Feeds: []wire.FeedState{wire.State(&feed)}},
			Frame(t, b.Frame(&feed, late.Ref.Seq, late.Ref.Seq)),
		); err != nil {
			t.Fatal(err)
		}
		for seq := uint64(0); seq < removal; {
			m := Next[*wire.Frame](v)
			for _, o := range m.Ops {
				if o.Scope != f.Tag || o.Seq > removal {
					t.Fatalf("got op %d of %v", o.Seq, o.Scope)
				}
				seq = o.Seq
			}
		}
		if err := v.Say(&wire.Since{}); err != nil {
			t.Fatal(err)
		}
		if err := v.End(); !errors.Is(err, session.ErrFormer) {
			t.Fatal(err)
		}
		for _, m := range Said[*wire.Frame](v) {
			for _, o := range m.Ops {
				if o.Scope != f.Tag || o.Device == a.Device() && o.Seq > removal {
					t.Fatal("got more than the removal")
				}
			}
		}
		if n := len(Said[*wire.Registers](v)) + len(Said[*wire.Keys](v)) + len(Said[*wire.Want](v)) + len(Said[*wire.Since](v)); n > 0 {
			t.Fatalf("%d messages that are for members", n)
		}
		if n := a.Count(`SELECT count(*) FROM op`); n != ops {
			t.Fatalf("%d ops were taken", n-ops)
		}
	})
}

// S19: a removed device that says nothing is given up.
func TestSilentRemovedDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b := a.Join("b")
		Exchange(a, b)
		a.Remove(b, authority.Compromised)
		v := b.AgainstFrom(t, a)
		if err := v.Say(v.Greeting()); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if err := v.End(); !errors.Is(err, session.ErrFormer) || time.Since(begin) > time.Minute {
			t.Fatal(err, time.Since(begin))
		}
	})
}

// S20: whoever is taken out of a group is told so, while connected and at the next contact, and gets no more of the group; the
// two are in sync again.
func TestRemovedFromAGroupIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		a := Found(t, "a")
		b, c := a.Join("b"), a.Join("c")
		Exchange(a, b, c)
		g := a.Group(b, c)
		Exchange(a, b, c)
		in := func(m *Member) bool {
			info, _ := m.R.Scope(g)
			_, ok := info.Members[m.user()]
			return ok
		}
		a.Note(g, "before")
		l := Connect(a, c)
		Eventually(t, "in sync", func() bool { return InSync(a, c) && has(c, g, "before") })
		if err := a.R.RemoveMembers(ctx, g, []op.UserID{c.user(), b.user()}); err != nil {
			t.Fatal(err)
		}
		a.Note(g, "after")
		Eventually(t, "c knows", func() bool { return !in(c) })
		Eventually(t, "in sync again", func() bool { return InSync(a, c) })
		l.Stop()
		l = Connect(a, b) // was away
		Eventually(t, "b knows", func() bool { return !in(b) })
		Eventually(t, "b in sync", func() bool { return InSync(a, b) })
		l.Stop()
		for _, m := range []*Member{b, c} {
			if !has(m, g, "before") || has(m, g, "after") {
				t.Fatalf("%s sees\n%s", m.Name, m.Dump(g))
			}
			if f := m.theirFeed(a, g, a.R.Feeds().Incarnation()); f.Len >= a.OwnFeed(g).Len {
				t.Fatalf("%s got the whole feed", m.Name)
			}
		}
	})
}

// S20, K8: whoever is taken out of a group is told so on a device, too, that was never given the key under which it was written,
// because the others did not know of it.
func TestRemovedFromAGroupIsToldOnAnUnknownDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		a := Found(t, "a")
		b, c := a.Join("b"), a.Join("c")
		Exchange(a, b, c)
		g := a.Group(b, c)
		a.Note(g, "before")
		Exchange(a, b, c)
		c2 := c.OtherDevice("c2", false)
		c.Link(c2) // nobody else hears of it yet
		c.Copy(c2)
		in := func(m *Member) bool { info, _ := m.R.Scope(g); _, ok := info.Members[c.user()]; return ok }
		if !in(c2) || !has(c2, g, "before") {
			t.Fatal("c2 is not of the group")
		}
		if err := a.R.Rotate(ctx, g); err != nil {
			t.Fatal(err)
		}
		if err := a.R.RemoveMembers(ctx, g, []op.UserID{c.user()}); err != nil {
			t.Fatal(err)
		}
		a.Note(g, "after")
		l := Connect(a, c2)
		defer l.Stop()
		<-time.After(time.Minute) // whoever holds the key lets others go first
		Eventually(t, "c2 knows", func() bool { return !in(c2) })
		Eventually(t, "in sync", func() bool { return InSync(a, c2) })
		if !has(c2, g, "before") || has(c2, g, "after") {
			t.Fatalf("c2 sees\n%s", c2.Dump(g))
		}
		a.Copy(b)
		a.Note(g, "under a key that c2 does not have")
		for _, ref := range c2.epochsHeld(g) {
			if now := a.OwnFeed(g); Parse(t, a.Frame(&now, now.Len, now.Len))[0].Epoch == ref {
				t.Fatal("c2 was given the key that the group goes on under")
			}
		}
	})
}

// epochsHeld lists the epochs of a scope whose keys the member holds.
func (m *Member) epochsHeld(scope op.ScopeID) (out []op.EpochRef) {
	m.T.Helper()
	tag := m.Tag(scope)
	rows, err := m.DB.Read().Query(`SELECT ref FROM epoch WHERE tag = ?`, tag[:])
	if err != nil {
		m.T.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var ref []byte
		if err := rows.Scan(&ref); err != nil {
			m.T.Fatal(err)
		}
		out = append(out, op.EpochRef(ref))
	}
	return out
}

// S2, S13, S19: somebody was frozen and hears of it from one colleague, while another has promised part of the same feed and does not
// deliver. They wait for what the first has listed, and know.
func TestFrozenIsToldWhileAnotherHoldsTheFeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b, c := a.Join("b"), a.Join("c")
		Exchange(a, b, c)
		a.Invite()
		a.CopyControl(c)
		if err := a.R.Remove(context.Background(), b.user(), authority.Frozen); err != nil {
			t.Fatal(err)
		}
		x, y := net.Pipe()
		mute := &Tap{Conn: x, Keep: func(m wire.Message) bool { _, frame := m.(*wire.Frame); return !frame }}
		asked := &Tap{Conn: y}
		lc := ConnectOver(c, b, mute, asked)
		defer lc.Stop()
		Eventually(t, "b asks c", func() bool { return len(Sent[*wire.Want](asked)) > 0 })
		la := Connect(a, b)
		defer la.Stop()
		Eventually(t, "b knows", func() bool { return b.R.Gone() })
	})
}

// S20: who is taken out of a group reads that, also where its newest key was only handed over ahead of a feed that nobody brings.
func TestTakenOutUnderAKeyThatCameAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		a := Found(t, "a")
		b, c := a.Join("b"), a.Join("c")
		Exchange(a, b, c)
		group := a.Group(b, c)
		a.Copy(b)
		a.Copy(c)
		if err := c.R.Rotate(ctx, group); err != nil {
			t.Fatal(err)
		}
		raws, err := c.R.KeysFor(a.Device(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.R.LearnKeys(ctx, raws); err != nil {
			t.Fatal(err)
		}
		if err := a.R.RemoveMembers(ctx, group, []op.UserID{b.user()}); err != nil {
			t.Fatal(err)
		}
		l := Connect(a, b)
		defer l.Stop()
		Eventually(t, "b knows", func() bool {
			info, ok := b.R.Scope(group)
			_, in := info.Members[b.user()]
			return !ok || !in
		})
	})
}

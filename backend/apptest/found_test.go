package apptest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/session"
	"tongzhou/sync/wire"
)

// Each of these is the smallest form of something that a simulation has found.

// S13: ops of a device that nobody here can verify are not asked for again at once, or the two would hand them to and fro for as
// long as the keys to read the device's admission are missing.
func TestUnverifiableFeedIsLeftForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		v := NewVillain(t, a)
		stranger := NewIdentity(t, "stranger", a.ID.Team, a.ID.TeamSecret)
		h := op.Header{Version: op.Version, Kind: op.Control, Scope: a.Tag(controlOf(a)), Device: stranger.Device.ID, Incarnation: 1, Seq: 1, Epoch: op.EpochRef{1}}
		s := op.Sign(h, make([]byte, 64), stranger.Device.Sign)
		v.Hello()
		id := s.ID()
		v.Have(wire.FeedState{Tag: h.Scope, Device: h.Device, Incarnation: 1, Len: 1, Head: [8]byte(id[:8])})
		asked := 0
		for end := time.After(10 * time.Second); ; {
			select {
			case m, ok := <-v.Heard:
				if !ok {
					t.Fatalf("ended: %v", v.End())
				}
				if w, ok := m.(*wire.Want); ok && w.Device == h.Device {
					asked++
					if err := v.Say(&wire.Frame{Raw: Raw(s)}); err != nil {
						t.Fatal(err)
					}
				}
				continue
			case <-end:
			}
			break
		}
		if asked != 1 {
			t.Fatalf("asked %d times in ten seconds", asked)
		}
		v.Close()
	})
}

// K1, J10, S12: a device that lost its database reads the control log again, also where the box for it was made by somebody whose
// admission it can read only with the key in the box, and the keys before that follow from announcements of such people.
func TestLostDatabaseReadsTheControlLogAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b := a.Join("b")
		a.Grant(b, authority.Admin)
		Exchange(a, b)
		d := b.Join("d")
		Exchange(a, b, d)
		a.Grant(d, authority.Admin)
		Exchange(a, b, d)
		ctx := context.Background()
		for _, m := range []*Member{b, d, b} {
			if err := m.R.Rotate(ctx, controlOf(a)); err != nil {
				t.Fatal(err)
			}
			Exchange(a, b, d)
		}
		c := d.Join("c")
		Exchange(a, b, c, d)
		a.Note(a.R.CompanyScope(), "hello")
		if err := d.R.Rotate(ctx, controlOf(a)); err != nil {
			t.Fatal(err)
		}
		Exchange(a, b, c, d)
		c.Close()
		c.newDir()
		c.Open()
		l := Connect(a, c)
		defer l.Stop()
		Eventually(t, "c reads everything again", func() bool { return c.R.KnownDevice(d.Device()) && InSync(a, c) && a.Company() == c.Company() })
	})
}

// counts tells whether a device is of the team for m.
func (m *Member) counts(dev op.DeviceID) bool { return m.R.Reads(dev, m.Tag(controlOf(m))) }

// L6, L12: a control op at a fork has no effect, also where the other version is content, which authority never sees.
func TestControlOpBesideContentIsVoided(t *testing.T) {
	for _, content := range []bool{true, false} {
		a := Found(t, "a")
		b, c := a.Join("b"), a.Join("c")
		Exchange(a, b, c)
		group := a.Group(b, c)
		Exchange(a, b, c)
		c.Note(group, "before")
		Exchange(a, b, c)
		twin := c.Clone("twin")
		twin.Note(group, "and another")
		if err := c.R.LeaveScope(context.Background(), group); err != nil {
			t.Fatal(err)
		}
		first, second := c, twin
		if content {
			first, second = twin, c
		}
		for _, m := range []*Member{a, b} {
			if err := first.tryGive(m, group); err != nil {
				t.Fatal(err)
			}
			if err := ignoreForked(second.tryGive(m, group)); err != nil {
				t.Fatal(err)
			}
			if m.forks() != 1 {
				t.Fatalf("content first %v: %s found %d forks", content, m.Name, m.forks())
			}
			if info, _ := m.R.Scope(group); info.Members[c.user()] != authority.Member {
				t.Fatalf("content first %v: for %s, c has left by an op that is void", content, m.Name)
			}
		}
		agree(t, group, a, b)
	}
}

// L12, J5: who was admitted by an invitation that turns out to stand at a fork is admitted by nobody; their feed is stored by all
// the same, or those who had taken it before would differ from the others for ever.
func TestAdmissionByAForkedInvitation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b := a.Join("b")
		Exchange(a, b)
		twin := a.Clone("twin")
		g := twin.Join("g")
		a.Grant(b, authority.Admin)
		Exchange(a, b)
		twin.CopyControl(g)
		control := b.Tag(keys.ControlScope(a.ID.Team))
		if twin.R.Feeds().Feed(g.OwnFeed(controlOf(a)).FeedKey).Len == 0 {
			t.Fatal("the twin lacks what g wrote: the test means nothing")
		}
		l := Connect(twin, b)
		defer l.Stop()
		Eventually(t, "both know of the fork", func() bool { return twin.forks() > 0 && b.forks() > 0 })
		Eventually(t, "both hold the same", func() bool { return InSync(twin, b) && twin.R.Feeds().Sum(control) == b.R.Feeds().Sum(control) })
		if b.counts(g.Device()) || twin.counts(g.Device()) {
			t.Fatal("g is a member")
		}
	})
}

// P5, P9: what somebody wrote in a group is judged by what they are in the team now, also after they have left the group.
func TestRoleInTheTeamCountsAfterLeavingAGroup(t *testing.T) {
	for _, leaves := range []bool{true, false} {
		a := Found(t, "a")
		b, c := a.Join("b"), a.Join("c")
		a.Grant(b, authority.Admin)
		Exchange(a, b, c)
		group := a.Group(b, c)
		Exchange(a, b, c)
		if err := b.TryTitle(TypeTitleBoss, group, "x", "by b"); err != nil {
			t.Fatal(err)
		}
		if leaves {
			if err := b.R.LeaveScope(context.Background(), group); err != nil {
				t.Fatal(err)
			}
		}
		Exchange(a, b, c)
		if c.Rows("title") != 1 {
			t.Fatal("not shown: the test means nothing")
		}
		a.Grant(b, authority.Member)
		Exchange(a, b, c)
		if r := c.R.Authority().Role(b.user()); r != authority.Member {
			t.Fatalf("b is %s", r)
		}
		if c.Rows("title") != 0 {
			t.Fatalf("left %v: still shown", leaves)
		}
		agree(t, group, a, c)
	}
}

// S19: a device that knows that it lost its access asks for nothing. Once it hears, over another conversation, that it was let in
// again, it asks on this one too.
func TestLetInAgainDuringAFarewell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b, c := a.Join("b"), a.Join("c")
		Exchange(a, b, c)
		a.Remove(c, authority.Frozen)
		a.CopyControl(c)
		if !c.R.Gone() {
			t.Fatal("c does not know: the test means nothing")
		}
		if err := a.R.Unfreeze(context.Background(), c.user()); err != nil {
			t.Fatal(err)
		}
		a.Copy(b)
		news := a.OwnFeed(controlOf(a))
		var other session.Session // has claimed the news
		c.Claims.Take(news.FeedKey, &other, c.Now())
		l := Connect(b, c)
		defer l.Stop()
		synctest.Wait()
		if !c.R.Gone() {
			t.Fatal("c heard it here: the test means nothing")
		}
		a.CopyControl(c)
		Eventually(t, "in sync", func() bool { return InSync(b, c) })
	})
}

// K8: a register is read also where the announcement of its key was lost with a fork: its key is asked for, as that of an op is.
func TestKeyOfARegisterIsAskedFor(t *testing.T) {
	a := Found(t, "a")
	b, c := a.Join("b"), a.Join("c")
	Exchange(a, b, c)
	company := a.R.CompanyScope()
	twin := a.Clone("twin")
	if err := a.R.Rotate(context.Background(), company); err != nil {
		t.Fatal(err)
	}
	a.SetMark(company, 5)
	a.Copy(b)
	twin.Note(company, "at the place of the key")
	twin.Copy(c)
	if err := ignoreForked(twin.tryGive(b, company)); err != nil {
		t.Fatal(err)
	}
	Exchange(b, c)
	for range 3 {
		b.Heal()
		c.Heal()
		Exchange(b, c)
	}
	if b.forks() == 0 || c.forks() == 0 {
		t.Fatal("no fork: the test means nothing")
	}
	if x, y := b.Company(), c.Company(); x != y || c.Rows("mark") != 1 {
		t.Fatalf("b sees\n%sc sees\n%s", x, y)
	}
}

// P3, P9: a removal that comes due while the program does not run withdraws at the next start what it cuts off.
func TestRemovalComesDueAtAStart(t *testing.T) {
	c := newHandClock()
	a := FoundAt(t, "a", c.now)
	b, d := a.Join("b"), a.Join("d")
	Exchange(a, b, d)
	company := a.R.CompanyScope()
	d.Note(company, "of d")
	d.giveOwn(b, company)
	a.Now = func() time.Time { return c.now().Add(time.Hour) }
	a.Reopen()
	a.Remove(d, authority.Compromised)
	a.CopyControl(b)
	if b.Rows("note") != 1 {
		t.Fatal("the removal counts before it is due: the test means nothing")
	}
	b.Close()
	c.add(2 * time.Hour)
	b.Open()
	if b.counts(d.Device()) || b.Rows("note") != 0 {
		t.Fatalf("b sees\n%s", b.Company())
	}
}

// S19, K8: a device that takes itself for removed and cannot read all of the control log asks for the keys: the rest may say that
// it was let in again, in words of somebody whom it does not know yet.
func TestLetInAgainByAStranger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b, c := a.Join("b"), a.Join("c")
		Exchange(a, b, c)
		a.Remove(b, authority.Frozen)
		a.CopyControl(b)
		if !b.R.Gone() {
			t.Fatal("b does not know: the test means nothing")
		}
		two := a.OtherDevice("a2", true)
		a.Link(two)
		if err := two.R.Unfreeze(context.Background(), b.user()); err != nil {
			t.Fatal(err)
		}
		Exchange(a, two, c)
		two.Heal()
		Exchange(a, two, c)
		l := Connect(c, b)
		defer l.Stop()
		Eventually(t, "b is back", func() bool { return !b.R.Gone() && InSync(b, c) })
	})
}

// K8: whoever may read a group and has none of its keys is given one at once, also where the next writer will make a new one for
// all: without any they do not know that the group is theirs, and cannot ask.
func TestReaderWithoutAnyKeyIsGivenOne(t *testing.T) {
	a := Found(t, "a")
	b, d := a.Join("b"), a.Join("d")
	Exchange(a, b, d)
	group := b.Group(a, d)
	b.Note(group, "hello")
	two := a.OtherDevice("a2", false)
	a.Link(two) // before a has heard of the group
	if err := d.R.Leave(context.Background()); err != nil {
		t.Fatal(err)
	}
	Exchange(a, b, d)
	Exchange(a, b, two)
	if two.Dump(group) != "" {
		t.Fatal("it reads the group by itself: the test means nothing")
	}
	b.Heal()
	Exchange(a, b, two)
	if x, y := b.Dump(group), two.Dump(group); x != y || x == "" {
		t.Fatalf("b sees\n%sthe other device sees\n%s", x, y)
	}
}

// P5, P9: who left as an admin and is let in again as a member is judged as a member from then on, for what they wrote before too.
func TestLetInAgainAsLess(t *testing.T) {
	a := Found(t, "a")
	b, c := a.Join("b"), a.Join("c")
	a.Grant(b, authority.Admin)
	Exchange(a, b, c)
	company := a.R.CompanyScope()
	if err := b.TryTitle(TypeTitleBoss, company, "x", "by b"); err != nil {
		t.Fatal(err)
	}
	if err := b.R.Leave(context.Background()); err != nil {
		t.Fatal(err)
	}
	Exchange(a, b, c)
	if c.Rows("title") != 1 {
		t.Fatal("not shown: the test means nothing")
	}
	a.Grant(b, authority.Member)
	Exchange(a, b, c)
	if c.Rows("title") != 0 {
		t.Fatal("still shown")
	}
	agree(t, company, a, b, c)
}

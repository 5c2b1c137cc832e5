package apptest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
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

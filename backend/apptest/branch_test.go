package apptest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
)

// L12, A4: somebody forks the control feed, and an honest admin cites one branch before knowing. What the admin did counts
// everywhere, also where the other branch came first: both branches are passed on and handed to authority.
func TestForkedControlFeedDoesNotHoldUpHonestOps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b, c, d := a.Join("b"), a.Join("c"), a.Join("d")
		Exchange(a, b, c, d)
		a.Grant(b, authority.Owner)
		Exchange(a, b, c, d)
		twin := b.Clone("twin")
		b.Grant(c, authority.Admin)     // one branch
		twin.Grant(d, authority.Member) // the other
		b.CopyControl(a)
		a.Grant(d, authority.Admin) // cites the first branch
		twin.CopyControl(c)
		la := Connect(a, c)
		Eventually(t, "both know of the fork", func() bool { return a.forks() > 0 && c.forks() > 0 })
		Eventually(t, "c knows that d is an admin", func() bool {
			return c.R.Authority().Role(d.ID.Root.ID) == authority.Admin
		})
		la.Stop()
		for _, m := range []*Member{a, c} {
			if n := len(m.R.Authority().Missing()); n > 0 {
				t.Fatalf("%s: %d ops are missing", m.Name, n)
			}
			m.Reopen()
			if x, y := a.R.Authority().Digest(), m.R.Authority().Digest(); x != y {
				t.Fatalf("%s sees other rights", m.Name)
			}
			if r := m.R.Authority().Role(c.ID.Root.ID); r != authority.Member {
				t.Fatalf("%s: the forked grant counts: %s", m.Name, r)
			}
		}
	})
}

// L2, L12, P14, K8: a device is linked, writes and sets a register, before it turns out that its link stands behind a fork. Whoever
// has heard of it and who has not come to hold the same, and to show the same: nothing of it. So it is where the link stands
// under a key that was made behind the fork, and only some were given.
func TestDeviceLinkedBehindAFork(t *testing.T) {
	for _, rotate := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			a := Found(t, "a")
			b, c := a.Join("b"), a.Join("c")
			a.Grant(b, authority.Admin)
			Exchange(a, b, c)
			company := a.R.CompanyScope()
			twin := b.Clone("twin")
			b.Invite() // one branch
			if rotate {
				if err := twin.R.Rotate(context.Background(), controlOf(twin)); err != nil {
					t.Fatal(err)
				}
			}
			x := twin.OtherDevice("x", false)
			twin.Link(x) // the other
			x.Note(company, "by nobody's device")
			x.SetMark(company, 7)
			twin.Copy(c)
			x.Copy(c)
			b.Copy(a)
			if c.Rows("note") != 1 || c.Rows("mark") != 1 || a.Rows("note") != 0 {
				t.Fatal("nothing to take back")
			}
			if err := ignoreForked(b.tryGive(c, controlOf(b))); err != nil || c.forks() == 0 {
				t.Fatalf("c does not know of the fork: %v", err)
			}
			l := Connect(a, c)
			defer l.Stop()
			<-time.After(time.Minute) // some keys have to be asked for, and what they show be compared
			Eventually(t, "both hold the same", func() bool {
				return a.R.Feeds().Sum(a.Tag(company)) == c.R.Feeds().Sum(c.Tag(company)) && a.R.AuthDigest() == c.R.AuthDigest() && InSync(a, c) && a.forks() > 0
			})
			for _, m := range []*Member{a, c} {
				if f := m.theirFeed(x, company, x.R.Feeds().Incarnation()); f.Len == 0 {
					t.Fatalf("%s does not hold what x wrote", m.Name)
				}
				if m.Rows("note") != 0 || m.Rows("mark") != 0 {
					t.Fatalf("rotate %v: %s sees\n%s", rotate, m.Name, m.Company())
				}
				if _, of := m.R.Device(x.Device()); of {
					t.Fatalf("%s takes x for a device of the team", m.Name)
				}
			}
		})
	}
}

// L6, S21: somebody was let into a group by an op behind a fork. The others do not take them for a member, and yet they hear of
// the fork, and know that they are none.
func TestLetInBehindAForkIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b, c, d := a.Join("b"), a.Join("c"), a.Join("d")
		Exchange(a, b, c, d)
		g := b.Group(a, c)
		Exchange(a, b, c, d)
		twin := b.Clone("twin")
		b.Note(g, "one branch")
		if err := twin.R.AddMembers(context.Background(), g, []op.UserID{d.user()}); err != nil {
			t.Fatal(err)
		}
		b.Copy(a)
		twin.Copy(c)
		twin.Copy(d)
		in := func(m *Member) bool { info, _ := m.R.Scope(g); _, ok := info.Members[d.user()]; return ok }
		if !in(d) || in(a) {
			t.Fatal("d is not let in")
		}
		l := Connect(a, c)
		Eventually(t, "a and c know of the fork", func() bool { return a.forks() > 0 && c.forks() > 0 && InSync(a, c) })
		l.Stop()
		l = Connect(a, d)
		defer l.Stop()
		Eventually(t, "d knows", func() bool { return d.forks() > 0 && !in(d) })
		Eventually(t, "in sync", func() bool { return InSync(a, d) })
	})
}

// S21, S19: somebody was frozen by an op behind a fork, and knows nothing of the fork. They hear of it when they come back, and are
// a member again.
func TestFrozenBehindAForkIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b, c := a.Join("b"), a.Join("c")
		a.Grant(b, authority.Admin)
		Exchange(a, b, c)
		twin := b.Clone("twin")
		b.Invite() // one branch
		if err := twin.R.Remove(context.Background(), c.user(), authority.Frozen); err != nil {
			t.Fatal(err)
		}
		twin.Copy(c)
		if err := errors.Join(ignoreForked(twin.tryGive(a, controlOf(a))), ignoreForked(b.tryGive(a, controlOf(a)))); err != nil {
			t.Fatal(err)
		}
		if !c.R.Gone() || a.forks() == 0 {
			t.Fatal("c is not frozen, or there is no fork")
		}
		l := Connect(a, c)
		defer l.Stop()
		Eventually(t, "c is back", func() bool { return !c.R.Gone() && c.forks() > 0 })
		Eventually(t, "in sync", func() bool { return InSync(a, c) })
	})
}

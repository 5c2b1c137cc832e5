package apptest

import (
	"testing"
	"testing/synctest"

	"tongzhou/sync/authority"
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

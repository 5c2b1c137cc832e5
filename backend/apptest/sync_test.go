package apptest

import (
	"fmt"
	"testing"
	"testing/synctest"
)

// S1, S2, S7, P1: what one writes, the others read, in both directions, live and after being apart.
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
		Eventually(t, "in sync is proven", func() bool { return a.Status(b).SyncedAt.After(a.Now().Add(-1e12)) && !b.Status(a).SyncedAt.IsZero() })
	})
}

package apptest

import (
	"os"
	"path/filepath"
	"testing"
	"testing/cryptotest"
	"testing/synctest"

	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// template is a team as it lies on disk, from which every simulation begins.
type template struct {
	members []templateMember
	groups  []op.ScopeID
	genesis op.ID
}

type templateMember struct {
	name  string
	id    *keys.Identity
	files map[string][]byte
	own   uint64
}

// newTemplate founds a team of an owner a, an admin b and the members c and d, with a group of a, b and c.
func newTemplate(t *testing.T) (out *template) {
	t.Helper()
	t.Run("template", func(t *testing.T) {
		cryptotest.SetGlobalRandom(t, 0)
		synctest.Test(t, func(t *testing.T) { out = foundTemplate(t) })
	})
	return out
}

func foundTemplate(t *testing.T) *template {
	out := &template{}
	a := Found(t, "a")
	all := []*Member{a, a.Join("b"), a.Join("c"), a.Join("d")}
	a.Grant(all[1], authority.Admin)
	Exchange(all...)
	out.genesis = a.genesis
	out.groups = []op.ScopeID{a.Group(all[1], all[2])}
	all[1].Note(a.R.CompanyScope(), "to begin with")
	Exchange(all...)
	for _, m := range all {
		own := uint64(0)
		for _, f := range m.R.Feeds().Feeds() {
			if f.Device == m.Device() {
				own += f.Len
			}
		}
		m.Close()
		b, err := os.ReadFile(filepath.Join(m.Dir, "team.db"))
		if err != nil {
			t.Fatal(err)
		}
		out.members = append(out.members, templateMember{m.Name, m.ID, map[string][]byte{"team.db": b}, own})
	}
	return out
}

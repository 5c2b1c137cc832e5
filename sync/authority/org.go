package authority

import (
	"slices"

	"tongzhou/sync/op"
)

// Dept is a department that exists.
type Dept struct {
	ID     []byte
	Parent []byte // empty: at the top
	Op     op.ID  // the org.dept op that put it there
}

// org is the departments of a state.
type org struct {
	tree *tree
	ids  []string // of all, also those that are gone, sorted
}

func newOrg(t *tree) *org {
	o := &org{tree: t}
	for id := range t.nodes {
		o.ids = append(o.ids, id)
	}
	slices.Sort(o.ids)
	return o
}

// Depts returns the departments that exist, by id.
func (s *State) Depts() []Dept {
	var out []Dept
	for _, id := range s.org.ids {
		if n := s.org.tree.nodes[id]; !n.gone {
			out = append(out, Dept{ID: []byte(id), Parent: []byte(s.org.tree.resolve(n.up)), Op: n.op})
		}
	}
	return out
}

// DeptOf returns the person's department: the last placement, otherwise that of their strongest grant; nil if there is
// none or it does not exist. Who was in a department that ended is in the one that took over.
func (s *State) DeptOf(u op.UserID) []byte {
	p := s.person(u)
	if p == nil {
		return nil
	}
	dept := string(p.place)
	if !p.placed && p.active() {
		dept = p.held[0].measure.dept
	}
	if dept = s.org.tree.resolve(dept); dept == "" {
		return nil
	}
	return []byte(dept)
}

// InSubtree tells whether dept is root or lies below it.
func (s *State) InSubtree(dept, root []byte) bool {
	return s.org.tree.within(string(dept), string(root))
}

// DeptMembers returns the active people in the subtree of a department, by id: who is placed there, and the heads and
// department admins of any department in it. The slice is shared and must not change.
func (s *State) DeptMembers(dept []byte) []op.UserID {
	s.lazy.members.Do(func() { s.lazy.inDepts = s.membersOfDepts() })
	return s.lazy.inDepts[string(dept)]
}

func (s *State) membersOfDepts() map[string][]op.UserID {
	out := map[string][]op.UserID{}
	join := func(u op.UserID, dept string) {
		t := s.org.tree
		dept = t.resolve(dept)
		for range maxDeptDepth {
			if dept == "" {
				return
			}
			if list := out[dept]; len(list) == 0 || list[len(list)-1] != u {
				out[dept] = append(list, u)
			}
			dept = t.resolve(t.nodes[dept].up)
		}
	}
	s.people.each(func(u op.UserID, p *person) {
		if !p.active() {
			return
		}
		join(u, string(s.DeptOf(u)))
		for _, h := range p.held {
			if h.measure.headed() {
				join(u, h.measure.dept)
			}
		}
	})
	return out
}

package replica

import (
	"fmt"
	"math"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
)

// This file says what counts of people who have lost their access, and whether this device has.

// scopeRemoval is an op that took a member out of a private scope.
type scopeRemoval struct {
	op   op.ID
	user op.UserID
}

// remember notes who ever was a member of a private scope, and how members went.
func (s *scope) remember(w *world) {
	s.ever = map[op.UserID]authority.Role{}
	had := func(u op.UserID, role authority.Role) {
		if before, ok := s.ever[u]; !ok || role < before {
			s.ever[u] = role
		}
	}
	for i := range s.ops {
		o := &s.ops[i]
		author, known := w.auth.Device(o.Device)
		if !known || s.log.Status(o.ID).Verdict != authority.Valid {
			continue
		}
		switch o.Type {
		case authority.TypeScopeNew:
			var n authority.ScopeNew
			if op.Unmarshal(o.Payload, &n) != nil {
				continue
			}
			if n.Kind == authority.Group {
				had(author.User, authority.Owner)
			}
			for _, m := range n.Members {
				had(m.User, m.Role)
			}
		case authority.TypeScopeGrant:
			var g authority.ScopeGrant
			if op.Unmarshal(o.Payload, &g) == nil {
				had(g.User, g.Role)
			}
		case authority.TypeScopeRevoke:
			var v authority.ScopeRevoke
			if op.Unmarshal(o.Payload, &v) == nil {
				s.removed = append(s.removed, scopeRemoval{o.ID, v.User})
			}
		case authority.TypeScopeLeave:
			s.removed = append(s.removed, scopeRemoval{o.ID, author.User})
		}
	}
}

// former is the role that somebody had who is not a member of the scope now; false for who never was one.
func (w *world) former(s *scope, u op.UserID) (authority.Role, bool) {
	if s.log != nil {
		role, ok := s.ever[u]
		return role, ok
	}
	if s.kind == ScopeDepartment || s.kind == ScopeSelf {
		if role := w.auth.Role(u); role != authority.None { // moved elsewhere
			return role, s.kind == ScopeDepartment && w.wasIn(s, u)
		}
	}
	r, ok := w.auth.Removal(u)
	return r.FormerRole, ok
}

// limit is up to which seq the ops of a feed count as far as membership goes (SPEC P9): 0 none, the greatest number all.
func (w *world) limit(s *scope, dev op.DeviceID, inc uint32) uint64 {
	d, ok := w.auth.Device(dev)
	if !ok {
		return 0
	}
	if _, member := s.members[d.User]; !member {
		if _, was := w.former(s, d.User); !was {
			return 0
		}
	}
	if seq, cut := w.cut(s, dev, inc); cut {
		return seq
	}
	return math.MaxUint64
}

// cut is what removals say about a feed.
func (w *world) cut(s *scope, dev op.DeviceID, inc uint32) (seq uint64, cut bool) {
	if s.log != nil {
		return s.log.Cut(dev, inc)
	}
	return w.auth.Cut(s.tag, dev, inc)
}

// as is the view under which an op of u in s is judged: who has been removed is taken for what they were.
func (w *world) as(s *scope, u op.UserID) View {
	if _, member := s.members[u]; member {
		return w
	}
	role, ok := w.former(s, u)
	if !ok {
		return w
	}
	v := &formerView{world: w, scope: s.id, user: u, inScope: role, inTeam: w.auth.Role(u)}
	if r, gone := w.auth.Removal(u); gone {
		v.inTeam, v.dept = r.FormerRole, r.FormerDept
	}
	return v
}

// formerView is a world in which somebody still has a role.
type formerView struct {
	*world
	scope           op.ScopeID
	user            op.UserID
	inScope, inTeam authority.Role
	dept            []byte // where they were, with inTeam; nil: they are in the team
}

// Role implements View.
func (v *formerView) Role(u op.UserID) authority.Role {
	if u == v.user {
		return v.inTeam
	}
	return v.world.Role(u)
}

// ScopeRole implements View.
func (v *formerView) ScopeRole(id op.ScopeID, u op.UserID) authority.Role {
	if u == v.user && id == v.scope {
		return v.inScope
	}
	return v.world.ScopeRole(id, u)
}

// Oversees implements View.
func (v *formerView) Oversees(u op.UserID, dept []byte) bool {
	if u == v.user && overseer(v.inTeam) && len(v.dept) > 0 && len(dept) > 0 && v.auth.InSubtree(dept, v.dept) {
		return true
	}
	return v.world.Oversees(u, dept)
}

// Standing is what has become of this device and its person, as far as is known here. A device that was signed out of an
// active person counts as removed.
func (r *Replica) Standing() authority.Standing {
	w := r.world.Load()
	d, ok := w.auth.Device(r.id.Device.ID)
	if !ok {
		return authority.StandingUnknown
	}
	st := w.auth.Standing(d.User)
	if st == authority.StandingActive && d.Revoked {
		return authority.StandingRemoved
	}
	return st
}

// mayWrite refuses where this device is not a reader, by what is known here. Errors: ErrRemoved, ErrDenied.
func (r *Replica) mayWrite(s *scope) error {
	if s.readers[r.id.Device.ID] {
		return nil
	}
	if st := r.Standing(); st != authority.StandingActive && st != authority.StandingUnknown {
		return fmt.Errorf("%w: %s", ErrRemoved, st)
	}
	return fmt.Errorf("%w: %s", ErrDenied, s.id)
}

package replica

import (
	"fmt"
	"slices"
	"sync"

	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// This file derives scopes from the organisation: nobody founds or joins them.

// SelfScope is what this person's own devices share.
func (r *Replica) SelfScope() op.ScopeID { return keys.SelfScope(r.id.Team, r.id.Root.ID) }

// DeptScope is shared by the people of a department and of those below it, its heads and admins.
func (r *Replica) DeptScope(dept []byte) op.ScopeID { return keys.DeptScope(r.id.Team, dept) }

// deriveDepartments gives every department that exists its scope.
func (r *Replica) deriveDepartments(p *projector, w *world) error {
	old := r.world.Load()
	w.placed = sync.OnceValue(w.placements)
	if old != nil && old.auth == w.auth {
		w.depts = old.depts
		return nil
	}
	w.depts = map[op.ScopeTag][]byte{}
	for _, d := range w.auth.Depts() {
		id := r.DeptScope(d.ID)
		tag := r.id.TeamSecret.ScopeTag(id)
		w.depts[tag] = d.ID
		if old != nil && old.byID[id] != nil {
			continue
		}
		if err := r.ensureScope(p.tx, tag); err != nil {
			return err
		}
		if err := r.nameScope(p.tx, tag, id); err != nil {
			return fmt.Errorf("department: %w", err)
		}
	}
	return nil
}

// wasIn tells whether somebody of the team ever belonged to a department, or to one that is below it now.
func (w *world) wasIn(s *scope, u op.UserID) bool {
	dept := w.depts[s.tag]
	return slices.ContainsFunc(w.placed()[u], func(d string) bool { return w.auth.InSubtree([]byte(d), dept) })
}

// placements lists the departments that everybody was ever put into.
func (w *world) placements() map[op.UserID][]string {
	out := map[op.UserID][]string{}
	for _, e := range w.auth.Entries() {
		if e.Verdict != authority.Valid {
			continue
		}
		switch e.Type {
		case authority.TypePlace:
			var x authority.OrgPlace
			if op.Unmarshal(e.Payload, &x) == nil && len(x.Dept) > 0 {
				out[x.User] = append(out[x.User], string(x.Dept))
			}
		case authority.TypeGrant:
			var x authority.Grant
			if op.Unmarshal(e.Payload, &x) == nil && len(x.Dept) > 0 {
				out[x.Subject] = append(out[x.Subject], string(x.Dept))
			}
		}
	}
	return out
}

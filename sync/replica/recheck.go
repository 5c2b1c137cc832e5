package replica

import (
	"tongzhou/sync/op"
)

// recheckWeakened judges again the ops of those who lost a role in the team or in a scope, or of whose feeds less counts than
// before (SPEC P9).
func (r *Replica) recheckWeakened(p *projector, before *world) error {
	if before == nil {
		return nil
	}
	w := r.world.Load()
	for tag, old := range before.scopes {
		now := w.scopes[tag]
		if now == nil || now == old {
			continue
		}
		weaker, err := r.weakened(p, old, now)
		if err != nil {
			return err
		}
		for _, f := range p.b.Scope(tag) {
			from := f.Len + 1
			if is := w.limit(now, f.Device, f.Incarnation); is < before.limit(old, f.Device, f.Incarnation) && is < f.Len {
				from = is + 1
			}
			if d, ok := w.auth.Device(f.Device); ok && weaker[d.User] {
				from = 1
			}
			if from > f.Len {
				continue
			}
			if err := r.recheckFeed(p, f.No, from); err != nil {
				return err
			}
		}
	}
	return nil
}

// weakened lists the members whose role is weaker now, or was when they were removed. The registers of those who are none any more are taken back.
func (r *Replica) weakened(p *projector, old, now *scope) (map[op.UserID]bool, error) {
	var out map[op.UserID]bool
	for u, role := range old.members {
		newRole, member := now.members[u]
		if !member {
			if err := r.dropRegisters(p, now, u); err != nil {
				return nil, err
			}
			newRole, _ = r.world.Load().former(now, u)
		}
		if newRole <= role {
			continue
		}
		if out == nil {
			out = map[op.UserID]bool{}
		}
		out[u] = true
	}
	return out, nil
}

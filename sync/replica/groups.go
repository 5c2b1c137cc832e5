package replica

import (
	"context"
	"fmt"

	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// This file changes the members of groups and their roles in them.

// AddMembers lets people into a group and seals its keys to their devices. Errors: ErrNoScope, ErrDenied, ErrInvalid.
func (r *Replica) AddMembers(ctx context.Context, id op.ScopeID, users []op.UserID) error {
	return r.inGroup(ctx, id, func(p *projector) error {
		for _, u := range users {
			if _, in := r.world.Load().byID[id].members[u]; in {
				continue
			}
			if err := r.grantInGroup(p, id, u, authority.Member); err != nil {
				return err
			}
		}
		return nil
	})
}

// GrantScopeRole gives somebody a role in a group, also one weaker than the present one. Errors as AddMembers.
func (r *Replica) GrantScopeRole(ctx context.Context, id op.ScopeID, user op.UserID, role authority.Role) error {
	return r.inGroup(ctx, id, func(p *projector) error {
		s := r.world.Load().byID[id]
		before, in := s.members[user]
		if in && role > before {
			if err := r.revokeInGroup(p, s, user, nil); err != nil {
				return err
			}
		}
		return r.grantInGroup(p, id, user, role)
	})
}

// RemoveMembers takes people out of a group, and makes new keys for it. Errors: ErrNoScope, ErrDenied.
func (r *Replica) RemoveMembers(ctx context.Context, id op.ScopeID, users []op.UserID) error {
	return r.inGroup(ctx, id, func(p *projector) error {
		s := r.world.Load().byID[id]
		for _, u := range users {
			if _, in := s.members[u]; !in {
				continue
			}
			if err := r.revokeInGroup(p, s, u, r.feedsOf(p, s, u)); err != nil {
				return err
			}
		}
		if err := r.rebuildWorld(p); err != nil {
			return err
		}
		s = r.world.Load().byID[id]
		for _, u := range users {
			if _, in := s.members[u]; in {
				return fmt.Errorf("%w: remove %s", ErrDenied, u)
			}
		}
		return r.renew(p, s)
	})
}

// LeaveScope gives up this person's membership of a group. The next who writes there makes a new key. Errors: ErrNoScope,
// ErrDenied.
func (r *Replica) LeaveScope(ctx context.Context, id op.ScopeID) error {
	return r.inGroup(ctx, id, func(p *projector) error {
		s := r.world.Load().byID[id]
		leave := authority.ScopeLeave{Scope: id, Cuts: r.feedsOf(p, s, r.id.Root.ID)}
		if err := r.appendScopeControl(p, s, authority.TypeScopeLeave, leave); err != nil {
			return err
		}
		return r.rebuildWorld(p)
	})
}

func (r *Replica) inGroup(ctx context.Context, id op.ScopeID, fn func(p *projector) error) error {
	return r.write(ctx, func(p *projector) error {
		if s := r.world.Load().byID[id]; s == nil || s.kind != ScopeGroup {
			return fmt.Errorf("%w: %s", ErrNoScope, id)
		}
		return fn(p)
	})
}

// feedsOf is what is here of somebody's feeds in a scope, as cuts.
func (r *Replica) feedsOf(p *projector, s *scope, user op.UserID) []authority.Cut {
	var devices []op.DeviceID
	for _, d := range r.world.Load().auth.AllDevices(user) {
		devices = append(devices, d.ID)
	}
	cuts := p.cutsOf(s.tag, devices)
	return cuts[:min(len(cuts), authority.MaxCuts)]
}

func (r *Replica) revokeInGroup(p *projector, s *scope, user op.UserID, cuts []authority.Cut) error {
	proof, ok := s.log.MayRevoke(r.id.Root.ID, user)
	if !ok {
		return fmt.Errorf("%w: remove %s from a group", ErrDenied, user)
	}
	return r.appendScopeControl(p, s, authority.TypeScopeRevoke, authority.ScopeRevoke{Scope: s.id, User: user, Proof: proof, Cuts: cuts})
}

func (r *Replica) grantInGroup(p *projector, id op.ScopeID, user op.UserID, role authority.Role) error {
	w := r.world.Load()
	s := w.byID[id]
	if x, ok := w.auth.User(user); !ok || x.Role == authority.None {
		return fmt.Errorf("%w: %s is not of the team", ErrInvalid, user)
	}
	proof, ok := s.log.MayGrant(r.id.Root.ID, role)
	if !ok {
		return fmt.Errorf("%w: %s in a group", ErrDenied, role)
	}
	grant := authority.ScopeGrant{Scope: id, User: user, Role: role, Proof: proof}
	if err := r.appendScopeControl(p, s, authority.TypeScopeGrant, grant); err != nil {
		return err
	}
	if err := r.rebuildWorld(p); err != nil {
		return err
	}
	if got, in := r.world.Load().byID[id].members[user]; !in || got > role {
		return fmt.Errorf("%w: %s in a group", ErrDenied, role)
	}
	if _, in := s.members[user]; in {
		return nil
	}
	return r.letIn(p, s.tag, w.boxesFor(user))
}

// letIn gives the keys of a scope to devices that have become readers: those of all that was written, or where that is not for
// them, new ones.
func (r *Replica) letIn(p *projector, tag op.ScopeTag, to []keys.Recipient) error {
	s := r.world.Load().scopes[tag]
	if err := r.handOver(p, s, false, to); err != nil || s.history == keys.FullHistory {
		return err
	}
	_, err := r.payDebt(p, s, op.Content)
	return err
}

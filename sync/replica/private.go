package replica

import (
	"context"
	"crypto/rand"
	"fmt"

	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// This file writes private scopes: groups and one-to-one chats.

// CreateGroup makes a private scope with its own key: this user as owner, the others as members. The extra ops are written
// into it in the same transaction.
func (r *Replica) CreateGroup(ctx context.Context, members []op.UserID, extra []Submission) (op.ScopeID, error) {
	return r.CreateGroupWith(ctx, members, 0, extra)
}

// CreateGroupWith is CreateGroup with a say about what people read who are let in later: 0 is everything.
func (r *Replica) CreateGroupWith(ctx context.Context, members []op.UserID, history authority.History, extra []Submission) (op.ScopeID, error) {
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce)
	list := make([]authority.ScopeMember, 0, len(members))
	for _, u := range members {
		if u != r.id.Root.ID {
			list = append(list, authority.ScopeMember{User: u, Role: authority.Member})
		}
	}
	if len(list) > authority.MaxScopeMembers {
		return op.ScopeID{}, fmt.Errorf("%w: %d members", ErrInvalid, len(list))
	}
	n := authority.NewGroupWith(r.id.Team, r.id.Root.ID, list, nonce, history)
	return n.Scope, r.foundScope(ctx, n, extra)
}

// EnsureDirect makes the scope of the chat with another person unless it is known here. Both may do so at once.
func (r *Replica) EnsureDirect(ctx context.Context, other op.UserID) (op.ScopeID, error) {
	n := authority.NewDirect(r.id.Team, r.id.Root.ID, other)
	if s := r.world.Load().byID[n.Scope]; s != nil && s.kind == ScopeDirect && r.holdsKey(s.tag) {
		return n.Scope, nil
	}
	return n.Scope, r.foundScope(ctx, n, nil)
}

func (r *Replica) foundScope(ctx context.Context, n authority.ScopeNew, extra []Submission) error {
	return r.write(ctx, func(p *projector) error {
		w := r.world.Load()
		s := &scope{tag: r.id.TeamSecret.ScopeTag(n.Scope), id: n.Scope, history: keys.FullHistory}
		if n.History == authority.FromJoining {
			s.history = keys.FromJoining
		}
		if err := r.foundingMembers(w, s, append(memberIDs(n.Members), r.id.Root.ID)); err != nil {
			return err
		}
		var x *epoch // the last one made is for control ops
		var err error
		for _, l := range linesOf(s) {
			if x, err = r.newEpoch(p, n.Scope, l, nil, s.history, w.recipientsOf(s)); err != nil {
				return err
			}
		}
		tag := s.tag
		if err := r.nameScope(p.tx, tag, n.Scope); err != nil {
			return err
		}
		if _, err := r.appendOwn(p, tag, x, op.Control, authority.TypeScopeNew, nil, n, nil); err != nil {
			return err
		}
		if err := r.rebuildWorld(p); err != nil {
			return err
		}
		if sc := r.world.Load().scopes[tag]; sc.kind == ScopeUnknown {
			return fmt.Errorf("%w: scope with these members", ErrInvalid)
		}
		for _, s := range extra {
			s.Scope = n.Scope
			if _, err := r.submitContent(p, s); err != nil {
				return err
			}
		}
		return nil
	})
}

func memberIDs(m []authority.ScopeMember) []op.UserID {
	out := make([]op.UserID, 0, len(m)+1)
	for i := range m {
		out = append(out, m[i].User)
	}
	return out
}

// foundingMembers fills in who will read the scope.
func (r *Replica) foundingMembers(w *world, s *scope, users []op.UserID) error {
	s.members, s.readers = map[op.UserID]authority.Role{}, map[op.DeviceID]bool{}
	for _, u := range users {
		x, ok := w.auth.User(u)
		if !ok || x.Role == authority.None {
			return fmt.Errorf("%w: %s is not of the team", ErrInvalid, u)
		}
		s.members[u] = authority.Member
		for _, d := range x.Devices {
			s.readers[d.ID] = true
		}
	}
	return nil
}

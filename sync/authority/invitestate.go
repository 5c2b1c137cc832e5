package authority

import (
	"slices"

	"tongzhou/sync/op"
)

// InviteState is an invitation and what became of it.
type InviteState struct {
	Op        op.ID
	By        op.UserID
	Pub       []byte
	Role      Role
	Dept      []byte
	MaxUses   int
	Expires   int64       // ms since the epoch
	Users     []op.UserID // whom it admitted, in the order (lamport, opid); a person with two devices stands twice
	Cancelled bool        // by invite.cancel
	Live      bool        // valid, not cancelled, and its author may still invite; if false nobody more is admitted
}

// Uses returns how many admissions the invitation has seen.
func (i InviteState) Uses() int { return len(i.Users) }

// Open reports whether the invitation would admit somebody at the given time, in ms since the epoch. Whoever lets a
// stranger's admission into the log checks this first: an admission written later can claim an earlier place in the
// order, so a link that was used up must not get that far.
func (i InviteState) Open(now int64) bool { return i.Live && i.Uses() < i.MaxUses && now <= i.Expires }

// Invite returns an invitation that its author was entitled to write, whatever became of it.
func (s *State) Invite(id op.ID) (InviteState, bool) {
	i, ok := s.invites.get(id)
	if !ok {
		return InviteState{}, false
	}
	c := *i
	c.Users = slices.Clone(i.Users)
	return c, true
}

// Invites returns all invitations by id.
func (s *State) Invites() []InviteState {
	var out []InviteState
	s.invites.each(func(_ op.ID, i *InviteState) {
		c := *i
		c.Users = slices.Clone(i.Users)
		out = append(out, c)
	})
	return out
}

func (e *engine) inviteState(n int32) *InviteState {
	v, b := &e.vertices[n], &e.bound[n]
	i := v.act.invite
	out := &InviteState{
		Op: v.id, By: e.grants[b.basis].subject, Pub: i.Pub, Role: i.Role, Dept: i.Dept,
		MaxUses: int(i.MaxUses), Expires: i.Expires, Cancelled: e.cancelled(n, -1),
	}
	out.Live = e.valid[n] && !out.Cancelled && !e.taken(b.basis, -1)
	for _, a := range e.admitted[n] {
		out.Users = append(out.Users, e.vertices[a].act.identity.user)
	}
	return out
}

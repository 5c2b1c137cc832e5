package courier

import (
	"context"
	"time"

	"tongzhou/sync/authority"
	"tongzhou/sync/join"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/replica"
)

// Admission is the last step of joining by letters: with the keys that a colleague sealed to it, a newcomer's device follows
// the control log at the relay, writes its admission, and leaves it there (SPEC J13).
type Admission struct {
	Replica *replica.Replica
	Invite  op.ID
	Key     keys.Invite
	Now     func() time.Time
}

// Go does what can be done now. written tells whether the admission is in the log here, done whether it lies at a relay as well
// and counts. It is called after every change of the status of a conversation. Errors: *join.Refused, those of the replica.
func (a *Admission) Go(ctx context.Context, st Status) (written, done bool, err error) {
	r := a.Replica
	self := r.Self()
	_, written = r.Authority().Device(self.Device.ID)
	if st.State != InSync {
		return written, false, nil
	}
	auth := r.Authority()
	inv, ok := auth.Invite(a.Invite)
	if !ok {
		return written, false, nil // the relay has not got it yet
	}
	if code := join.Refusal(auth, inv, self.Root.ID, a.Now().UnixMilli()); code != "" {
		return written, false, &join.Refused{Code: code}
	}
	if !written {
		if err := r.Admit(ctx, a.Invite, a.Key); err != nil {
			return false, false, err
		}
		return true, false, nil
	}
	if auth.Role(self.Root.ID) == authority.None {
		return true, false, &join.Refused{Code: join.CodeUsed}
	}
	for _, f := range r.OwnFeeds() {
		if r.OnRelay(f.No) < f.Len {
			return true, false, nil
		}
	}
	return true, true, nil
}

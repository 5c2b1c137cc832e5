package authority

import (
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// Entry is a control op as the audit shows it (R139, R140).
type Entry struct {
	Op      op.ID
	Ref     op.Ref
	Device  op.DeviceID
	User    op.UserID // for whom the device speaks; zero if nobody knows it
	At      hlc.Time
	Type    string
	Payload []byte
	Verdict Verdict
	Reason  Reason
}

// Feed is one device's chain of control ops under one incarnation.
type Feed struct {
	Device      op.DeviceID
	Incarnation uint32
}

// Entries returns every control op of the team in the order (lamport, opid); pending ones come last. The slice is shared
// and must not change.
func (s *State) Entries() []Entry { return nil }

// PastOf returns how far each control feed lies in the op's past, itself included: the highest seq. It is nil for an op
// that is not there or pending.
func (s *State) PastOf(id op.ID) map[Feed]uint64 { return nil }

// Council returns how many of how many keys can replace an owner; 0, 0 without a council.
func (s *State) Council() (k, n int) { return 0, 0 }

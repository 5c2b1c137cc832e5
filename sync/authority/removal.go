package authority

import (
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// Standing is what has become of a person.
type Standing uint8

// The standings.
const (
	StandingUnknown Standing = iota // never had a role
	StandingActive
	StandingFrozen  // until a grant (R16)
	StandingRemoved // by somebody else
	StandingLeft
)

func (s Standing) String() string {
	return [...]string{"unknown", "active", "frozen", "removed", "left"}[s]
}

// Removal is a valid op that took something from a person: a revoke, leave, device.revoke or act of the council.
type Removal struct {
	Op         op.ID
	By         op.UserID
	ByDevice   op.DeviceID
	Subject    op.UserID
	Device     op.DeviceID // of a device.revoke; zero otherwise
	At         hlc.Time
	Mode       Mode
	Left       bool // by the person
	FormerRole Role // the strongest role that it took; None of a device.revoke
	FormerDept []byte
	Cuts       []Cut // of the op itself; see Cut for what counts
}

// Standing returns what has become of a person.
func (s *State) Standing(u op.UserID) Standing {
	if s.Role(u) != None {
		return StandingActive
	}
	r, ok := s.Removal(u)
	switch {
	case !ok:
		return StandingUnknown
	case r.Left:
		return StandingLeft
	case r.Mode == Frozen:
		return StandingFrozen
	}
	return StandingRemoved
}

// Removal returns how a person who has no role now came to have none; false for everybody else. A removal that follows a
// freeze counts, not the freeze.
func (s *State) Removal(u op.UserID) (Removal, bool) {
	if s.Role(u) != None {
		return Removal{}, false
	}
	for _, r := range s.revoked {
		if r.Subject == u {
			return Removal{Op: r.Op, By: r.By, Subject: u, Mode: r.Mode, FormerRole: Member, Cuts: r.Cuts}, true
		}
	}
	return Removal{}, false
}

// Removals returns every removal that took something, in the order (lamport, opid).
func (s *State) Removals() []Removal {
	var out []Removal
	for _, r := range s.revoked {
		out = append(out, Removal{Op: r.Op, By: r.By, Subject: r.Subject, Mode: r.Mode, FormerRole: Member, Cuts: r.Cuts})
	}
	return out
}

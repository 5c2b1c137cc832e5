package module

import (
	"context"
	"io"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
)

// Vocabulary of package authority, under the names features use.
type (
	Standing = authority.Standing
	Removal  = authority.Removal
	Held     = authority.Held
	Dept     = authority.Dept
	RuleSet  = authority.RuleSet
	Entry    = authority.Entry
	Device   = authority.Device
	Mode     = authority.Mode
)

// Ways to take a role, as in package authority.
const (
	ModeRemoved     = authority.Removed
	ModeCompromised = authority.Compromised
	ModeFrozen      = authority.Frozen
)

// What has become of a person, as in package authority.
const (
	StandingUnknown = authority.StandingUnknown
	StandingActive  = authority.StandingActive
	StandingFrozen  = authority.StandingFrozen
	StandingRemoved = authority.StandingRemoved
	StandingLeft    = authority.StandingLeft
)

// Team is who may do what in the team: the control log, read and written. Every write is one transaction which is durable
// when it returns, or an error and nothing changed; whether it takes effect is decided by package authority on every
// replica, and a write that would not is refused with fault "denied".
type Team interface {
	Standing(user op.UserID) Standing
	// Removal tells how somebody who has no role came to have none.
	Removal(user op.UserID) (Removal, bool)
	Former() []op.UserID                 // who was in the team and is not, in no particular order
	Grants(user op.UserID) []Held        // live grants, strongest first
	UserDevices(user op.UserID) []Device // all that were ever certified
	Depts() []Dept                       // that exist
	DeptOf(user op.UserID) []byte        // nil for none
	InSubtree(dept, root []byte) bool    // dept is root or below it
	// MayGrant and MayRemove tell what this user may do, for the interface to offer it.
	MayGrant(role Role, dept []byte) bool
	MayRemove(user op.UserID) bool

	// SetRole makes role the strongest that the user holds: a weaker one is given after what they hold was taken.
	SetRole(ctx context.Context, user op.UserID, role Role, dept []byte) error
	// Place puts a person into a department, nil for none.
	Place(ctx context.Context, user op.UserID, dept []byte) error
	// SetDept founds, moves or ends a department, and writes content ops in the same transaction.
	SetDept(ctx context.Context, change DeptChange, also ...Submission) error
	// Remove takes every role of the user at once, in the given mode, and exchanges the keys.
	Remove(ctx context.Context, user op.UserID, mode Mode) error
	// Unfreeze gives back the role that a freeze took.
	Unfreeze(ctx context.Context, user op.UserID) error
	// Leave gives up every own role.
	Leave(ctx context.Context) error
	// GrantScopeRole gives a role in a group to a member of it; LeaveScope gives up one's own.
	GrantScopeRole(ctx context.Context, scope op.ScopeID, user op.UserID, role Role) error

	// RuleSets are the valid settings of a house rule, oldest first.
	RuleSets(key string) []RuleSet
	// SetRule sets a house rule; an empty value is the default.
	SetRule(ctx context.Context, key string, value []byte) error

	// Entries are all control ops, in the order in which they count; shared, not to be changed.
	Entries() []Entry
	// WriteEvidence writes the control log as a file that proves itself, and returns its digest.
	WriteEvidence(ctx context.Context, to io.Writer, names []NameOf) ([32]byte, error)
}

// DeptChange is what a control op says about a department.
type DeptChange struct {
	Dept   []byte
	Parent []byte // empty: at the top
	Gone   bool   // the department ends
	Into   []byte // with Gone: who takes over; empty: what is above
}

// NameOf is what the exporter of evidence calls a user or department.
type NameOf struct {
	ID      []byte
	Name    string
	StaffNo string
}

package replica

import (
	"database/sql"
	"time"

	"tongzhou/sync/authority"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// Tx is one SQLite write transaction. Statements are prepared once per connection and reused, so a query text must be a
// constant: values go into the arguments.
type Tx interface {
	Exec(query string, args ...any) (sql.Result, error)
	Query(query string, args ...any) (*sql.Rows, error)
	QueryRow(query string, args ...any) *sql.Row
	// Changed says that rows behind topic changed; it is published once per transaction and distinct payload, after the
	// commit. Payload must be comparable.
	Changed(topic string, payload any)
}

// ScopeKind says what a scope is for.
type ScopeKind uint8

// The kinds of scope. Control and company exist once in a team.
const (
	ScopeUnknown ScopeKind = iota
	ScopeControl
	ScopeCompany
	ScopeGroup
	ScopeDirect
	ScopeSelf       // one person's own devices
	ScopeDepartment // members follow from the organisation
)

// Op is one op as a reducer sees it: verified, decrypted, authorised, its author resolved.
type Op struct {
	Scope     op.ScopeID
	ScopeNo   int64 // local number of the scope, stable in this database, for compact rows
	ScopeKind ScopeKind
	Ref       op.Ref    // coordinates in the scope: device, incarnation, seq
	Key       int64     // local row id of the op in the log
	User      op.UserID // the author
	UserNo    int64     // local number of the author
	HLC       hlc.Time
	Tie       int64 // 63 leading bits of the device id: orders equal clocks the same way on every replica
	Type      string
	Entity    []byte // never empty here: an op that creates its own entity has Ref.Bytes()
	Payload   []byte // CBOR
}

// Entity names what an op is about. A row (or group of rows) is a pure fold of one entity's valid ops in order.
type Entity struct {
	Scope   op.ScopeID
	ScopeNo int64
	Name    string // Reducer.Entity
	ID      []byte
}

// View answers who may do what, in the authority state at the time of projection. When authority changes, ops that were
// refused are judged again.
type View interface {
	// Role is the user's strongest role in the team, authority.None if not a member.
	Role(user op.UserID) authority.Role
	// ScopeRole is the user's role in a private scope; for control and company it is the team role.
	ScopeRole(scope op.ScopeID, user op.UserID) authority.Role
	// DeptOf is the user's department, nil for none.
	DeptOf(user op.UserID) []byte
	// Oversees tells whether the user is head or department admin of the department or of one above it.
	Oversees(user op.UserID, dept []byte) bool
}

// Kind is one type of op. Types are append-only: a changed meaning is a new number ("chat.message/2").
type Kind struct {
	Type   string
	Scopes []ScopeKind // where it may stand
	// Creates says that every op of this kind creates its own entity (Submission.Entity is nil).
	Creates bool
	// Expires says that it goes when the history of its scope is past keeping (SPEC H1).
	Expires bool
	// Check refuses a malformed payload for ever (the op is void). It may be nil.
	Check func(payload []byte) error
	// Authorize decides from the op and the view alone, reading no rows, so that the answer does not depend on the order of
	// arrival. Membership of the scope is checked before. It may be nil: any member.
	Authorize func(v View, o Op) error
}

// Reducer folds the ops of one kind of entity into rows. It reads no clock, no randomness, no map order, no locale, and no
// rows but its own entity's.
type Reducer struct {
	Entity string // "chat.message"; also the name in the index of ops per entity
	Kinds  []Kind
	// Reset removes every row of the entity.
	Reset func(tx Tx, e Entity) error
	// Apply adds one op, which sorts after all ops of its entity applied since Reset.
	Apply func(tx Tx, o Op) error
}

// RegisterKind projects registers (latest value per scope, device and key) under one key.
type RegisterKind struct {
	Key   string // "chat.read"
	Apply func(tx Tx, r RegisterValue) error
	// Drop takes back everything that Apply did for a user who is no longer a member of the scope. It may be nil when the rows
	// are read only together with the membership.
	Drop func(tx Tx, scopeNo, userNo int64) error
}

// RegisterValue is one device's latest value.
type RegisterValue struct {
	Scope   op.ScopeID
	ScopeNo int64
	Device  op.DeviceID
	User    op.UserID
	UserNo  int64
	Key     string
	Version uint64
	Value   []byte
}

// Submission is an op to write from this device.
type Submission struct {
	Scope   op.ScopeID
	Type    string
	Entity  []byte // nil: the op creates its own entity
	Payload any    // encoded as CBOR
	// Control says that it belongs into the control log: Type is authority.TypeDept, TypePlace or TypeRule with its payload,
	// whose proof is filled in; Scope and Entity do not matter.
	Control bool
}

// ScopeInfo describes a scope this device can read.
type ScopeInfo struct {
	ID      op.ScopeID
	No      int64
	Kind    ScopeKind
	Creator op.UserID // zero for control, company and direct
	Created hlc.Time  // of the earliest scope.new; zero for control and company
	Members map[op.UserID]authority.Role
	// KeptFrom is when what is left of its history begins; zero while nothing of it was past keeping. What was written before
	// and came later may still be there.
	KeptFrom time.Time
}

// Delivery says which people hold an op: proven by their devices' acknowledgements, never assumed.
type Delivery struct {
	Total    []op.UserID // members of the scope except the author
	Received map[op.UserID]bool
	OnRelay  bool // a relay of the team has said that it durably stores the op
}

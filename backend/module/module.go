// Package module is what a feature hands to the app, and what the app hands to a feature. It holds vocabulary only.
//
// A feature lives in one room (backend/features/<name>) and sees the rest of the program through Deps. Its rows are
// projections of ops: it declares reducers, and the replica calls them in the transaction that stores the op, for local and
// remote ops alike.
package module

import (
	"context"
	"database/sql"
	"io/fs"
	"log/slog"
	"time"

	"tongzhou/backend/rules"
	"tongzhou/sync/authority"
	"tongzhou/sync/op"
	"tongzhou/sync/replica"
)

// Vocabulary of the replica, under the names features use.
type (
	Tx            = replica.Tx
	Op            = replica.Op
	Entity        = replica.Entity
	View          = replica.View
	Kind          = replica.Kind
	Reducer       = replica.Reducer
	RegisterKind  = replica.RegisterKind
	RegisterValue = replica.RegisterValue
	Submission    = replica.Submission
	ScopeInfo     = replica.ScopeInfo
	ScopeKind     = replica.ScopeKind
	Delivery      = replica.Delivery
	Role          = authority.Role
)

// Kinds of scope, as in package replica.
const (
	ScopeControl = replica.ScopeControl
	ScopeCompany = replica.ScopeCompany
	ScopeGroup   = replica.ScopeGroup
	ScopeDirect  = replica.ScopeDirect
)

// Self is the person and device this program acts for.
type Self struct {
	User   op.UserID
	UserNo int64
	Device op.DeviceID
	Team   op.TeamID
}

// Log is the one way to write shared state. Every method returns after the transaction is durable and projected, or with an
// error and nothing changed. Errors: fault "team.none" before a team exists, "denied" when a rule refuses, "store.full" when
// the disk is full.
type Log interface {
	// Ready tells why this device may do nothing now: fault "team.none", "locked", "account.…", "app.start"; nil if it may. The
	// lookups below answer then as if there were nothing, which is no reason to tell people.
	Ready() error
	Self() Self
	View() View
	CompanyScope() op.ScopeID
	DirectScope(a, b op.UserID) op.ScopeID

	// Submit writes ops in one transaction. also, if not nil, runs in the same transaction after the ops are projected
	// (for local rows such as drafts).
	Submit(ctx context.Context, subs []Submission, also func(tx Tx, ops []Op) error) ([]Op, error)
	// CreateGroup makes a private scope with its own key, this user as owner and the others as members; extra ops are written
	// into it in the same transaction (their Scope is filled in).
	CreateGroup(ctx context.Context, members []op.UserID, extra ...Submission) (op.ScopeID, error)
	// EnsureDirect makes the scope of a one-to-one chat if this device does not know it yet.
	EnsureDirect(ctx context.Context, other op.UserID) (op.ScopeID, error)
	// AddMembers grants membership of a group and seals its key to the new members' devices.
	AddMembers(ctx context.Context, scope op.ScopeID, users []op.UserID) error

	Scope(id op.ScopeID) (ScopeInfo, bool)
	ScopeByNo(no int64) (ScopeInfo, bool)
	Scopes(kinds ...ScopeKind) []ScopeInfo // in no particular order
	Members() []op.UserID                  // active users of the team
	Joined(user op.UserID) time.Time       // when the user was admitted, by the admitting device's clock
	UserNo(user op.UserID) int64           // 0 if unknown
	UserByNo(no int64) (op.UserID, bool)
	Online(user op.UserID) bool // a device of theirs is connected to this one now

	// SetRegister replaces this device's value under key in the scope.
	SetRegister(ctx context.Context, scope op.ScopeID, key string, value any) error
	// Delivery tells who holds the op.
	Delivery(scope op.ScopeID, ref op.Ref) Delivery
	Arrived(key int64) (time.Time, bool) // when the op reached this database
	// Filling tells whether older ops of the scope are still on their way to this device.
	Filling(scope op.ScopeID) bool
}

// DB gives features their reads, and writes to local rows that are not shared (drafts, mutes).
type DB interface {
	Read() *sql.DB
	Write(ctx context.Context, fn func(tx Tx) error) error
}

// Bus publishes what changed to the interface.
type Bus interface {
	Publish(topic string, payload any)
	Subscribe(fn func(topic string, payload any)) (cancel func())
}

// Deps is everything a feature may use.
type Deps struct {
	Log    Log
	Team   Team
	Rules  rules.Rules
	DB     DB
	Blobs  Blobs
	Bus    Bus
	Now    func() time.Time
	Logger *slog.Logger
}

// Module is a feature, ready to be composed.
type Module struct {
	Name string // "chat"; prefix of its tables and op types
	// Projection holds the CREATE statements of the tables that are folds of ops; Version changes whenever they or the reducers
	// change meaning, and the app then rebuilds them from the ops.
	Projection        string
	ProjectionVersion int
	ProjectionTables  []string // every table that verify compares row by row
	// Local holds numbered migrations (0001_x.sql) of tables that only this device has.
	Local     fs.FS
	Reducers  []Reducer
	Registers []RegisterKind
	// Committed is called for every topic of a committed transaction, before the interface hears of it, so that caches are
	// never older than what the interface was told. It must be quick. It may be nil.
	Committed func(topic string)
	// Citing lists the content that the feature's rows cite. List may be nil.
	Citing Citing
	// Handover is how the feature takes part when somebody leaves (R20).
	Handover Handover
	// Trail lists what people did here that the audit shows (R140), as far as this device may read it. It may be nil.
	Trail func(ctx context.Context) ([]Trace, error)
	// ScopeName is the name that the feature gave a group, "" if it gave none. It may be nil.
	ScopeName func(scope op.ScopeID) string
	API       any // bound to the interface; the package name is the binding's key
	// Start begins background work and returns; stop ends it and waits. Both may be nil.
	Start func(ctx context.Context) error
	Stop  func() error
}

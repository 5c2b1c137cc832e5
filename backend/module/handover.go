package module

import (
	"context"
	"time"

	"tongzhou/sync/op"
)

// HandoverItem is something that is somebody's and must become somebody else's when they leave (R20).
type HandoverItem struct {
	ID    string
	Kind  string // "group"
	Title string
}

// Handover is how a feature takes part in somebody's leaving. Either may be nil.
type Handover struct {
	// Items lists what the user has, as far as this device knows.
	Items func(ctx context.Context, user op.UserID) ([]HandoverItem, error)
	// To gives an item to the heir. Errors: fault "denied" where this user may not.
	To func(ctx context.Context, user op.UserID, item string, heir op.UserID) error
}

// Trace is one act that the audit shows beside the control log: who did what, when, on which device (R14, R140).
type Trace struct {
	ID     string // unique among all features
	At     time.Time
	User   op.UserID
	Device op.DeviceID
	Kind   string // what it is filtered by
	Action string
	Params map[string]string
	Users  map[string]op.UserID // who it was done to, by the name of the parameter
}

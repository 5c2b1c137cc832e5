package audit

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"tongzhou/backend/module"
	"tongzhou/sync/op"
)

// States of an entry.
const (
	stateValid   = "valid"
	stateRefused = "refused"
	statePending = "pending"
)

// entry is one act.
type entry struct {
	id     string
	at     time.Time
	user   op.UserID
	device op.DeviceID
	act    module.Act
	state  string
	reason string
}

// compare orders entries, newest first. Clocks of two devices may be equal, ids are not.
func (e *entry) compare(o *entry) int { return cmp.Or(o.at.Compare(e.at), cmp.Compare(o.id, e.id)) }

// filter says which entries are asked for. Zero fields ask for nothing in particular.
type filter struct {
	user     op.UserID
	kind     string
	from, to time.Time
	text     string
}

// passes tells whether an entry is asked for; words are what it is shown with.
func (f *filter) passes(e *entry, words func(*entry) []string) bool {
	switch {
	case f.user != (op.UserID{}) && f.user != e.user && !slices.Contains(usersOf(e.act), f.user):
		return false
	case f.kind != "" && f.kind != e.act.Kind:
		return false
	case !f.from.IsZero() && e.at.Before(f.from), !f.to.IsZero() && !e.at.Before(f.to):
		return false
	}
	return f.text == "" || slices.ContainsFunc(words(e), func(w string) bool { return strings.Contains(strings.ToLower(w), f.text) })
}

func usersOf(a module.Act) []op.UserID {
	var out []op.UserID
	for _, u := range a.Users {
		out = append(out, u)
	}
	return out
}

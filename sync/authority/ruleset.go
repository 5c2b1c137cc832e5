package authority

import (
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// RuleSet is one setting of a house rule.
type RuleSet struct {
	Op       op.ID
	By       op.UserID
	Class    Role // of the grant relied on, Owner or Admin: some rules are for owners alone to change
	Device   op.DeviceID
	At       hlc.Time
	Key      string
	Value    []byte // CBOR; nil: back to the default
	Replaced []byte // the value before, in the order (lamport, opid); nil: the default
}

// Rule returns the setting in force; false where the key was never set.
func (s *State) Rule(key string) (RuleSet, bool) { return RuleSet{}, false }

// RuleHistory returns all settings of a key that were valid, oldest first.
func (s *State) RuleHistory(key string) []RuleSet { return nil }

// RuleKeys returns the keys that were ever set, sorted.
func (s *State) RuleKeys() []string { return nil }

package authority

import (
	"slices"

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

// ruleLine is the valid settings of one key, oldest first.
type ruleLine struct {
	key  string
	sets []ruleSetting
}

type ruleSetting struct {
	vertex int32
	by     op.UserID
	class  Role
}

func (s *State) ruleAt(l *ruleLine, i int) RuleSet {
	v := &s.view.vertices[l.sets[i].vertex]
	out := RuleSet{
		Op: v.id, By: l.sets[i].by, Class: l.sets[i].class, Device: v.ref.Device, At: v.clock, Key: l.key, Value: v.act.rule.Value,
	}
	if i > 0 {
		out.Replaced = s.view.vertices[l.sets[i-1].vertex].act.rule.Value
	}
	return out
}

// Rule returns the setting in force, the last by (lamport, opid); false where the key was never set.
func (s *State) Rule(key string) (RuleSet, bool) {
	l, ok := s.rules.get(itemKey("rule", []byte(key)))
	if !ok {
		return RuleSet{}, false
	}
	return s.ruleAt(l, len(l.sets)-1), true
}

// RuleHistory returns all valid settings of a key, oldest first.
func (s *State) RuleHistory(key string) []RuleSet {
	l, ok := s.rules.get(itemKey("rule", []byte(key)))
	if !ok {
		return nil
	}
	out := make([]RuleSet, len(l.sets))
	for i := range out {
		out[i] = s.ruleAt(l, i)
	}
	return out
}

// RuleKeys returns the keys that were ever set, sorted.
func (s *State) RuleKeys() []string {
	var out []string
	s.rules.each(func(_ [32]byte, l *ruleLine) { out = append(out, l.key) })
	slices.Sort(out)
	return out
}

package rules

import (
	"slices"

	"tongzhou/backend/access"
	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/backend/rules"
)

// decision is a rule.set op that counts.
type decision struct {
	module.RuleSet
	from, to any
}

// decisions returns what was decided about a setting and counts, oldest first.
func (s *service) decisions(x rules.Setting) []decision {
	var out []decision
	from := x.Default
	for _, set := range s.team.RuleSets(string(x.Key)) {
		to, ok := x.Counts(rules.Set{Value: set.Value, ByOwner: set.Class == access.Owner})
		if !ok {
			continue
		}
		out = append(out, decision{set, from, to})
		from = to
	}
	return out
}

// find returns a setting. Errors: fault "rules.unknown".
func find(key string) (rules.Setting, error) {
	x, ok := rules.Find(rules.Key(key))
	if !ok {
		return x, fault.New("rules.unknown")
	}
	return x, nil
}

// same compares two values of one setting.
func same(a, b any) bool {
	if list, ok := a.([]string); ok {
		other, ok := b.([]string)
		return ok && slices.Equal(list, other)
	}
	return a == b
}

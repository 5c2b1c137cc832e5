package rules_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tongzhou/backend/rules"
)

func TestRegistryIsSound(t *testing.T) {
	seen := map[rules.Key]bool{}
	key := regexp.MustCompile(`^[a-z]+\.[a-z_]+$`)
	serves := regexp.MustCompile(`^R[1-9][0-9]{0,2}$`)
	for _, s := range rules.All() {
		if seen[s.Key] {
			t.Errorf("%s stands there twice", s.Key)
		}
		seen[s.Key] = true
		if !key.MatchString(string(s.Key)) || len(s.Key) > 64 {
			t.Errorf("%s is no key", s.Key)
		}
		if _, err := s.Encode(s.Default); err != nil {
			t.Errorf("%s: the default %v: %v", s.Key, s.Default, err)
		}
		if v, err := s.Check(s.Default); err != nil || !same(v, s.Default) {
			t.Errorf("%s: the default %v is checked to %v", s.Key, s.Default, v)
		}
		if len(s.Serves) == 0 || slices.ContainsFunc(s.Serves, func(r string) bool { return !serves.MatchString(r) }) {
			t.Errorf("%s serves %v", s.Key, s.Serves)
		}
		if !slices.Contains([]rules.Level{rules.Hard, rules.Default, rules.Can, rules.Policy}, s.Level) {
			t.Errorf("%s is of level %q", s.Key, s.Level)
		}
		if s.Who != rules.Owners && s.Who != rules.Admins {
			t.Errorf("%s may be changed by %q", s.Key, s.Who)
		}
		if s.Kind == rules.Enum && len(s.Options) < 2 || s.Kind == rules.Int && s.Min >= s.Max || s.Kind == rules.List && s.Max == 0 {
			t.Errorf("%s leaves no choice", s.Key)
		}
		if s.Group == "" {
			t.Errorf("%s is in no group", s.Key)
		}
		if found, ok := rules.Find(s.Key); !ok || found.Key != s.Key {
			t.Errorf("%s is not found", s.Key)
		}
	}
	if _, ok := rules.Find("chat.no_such"); ok {
		t.Error("found what is not there")
	}
}

func same(a, b any) bool {
	if list, ok := a.([]string); ok {
		return slices.Equal(list, b.([]string))
	}
	return a == b
}

// TestEveryNumberOfTheRequirements holds the registry against the numbers that the norms name, each with its requirement.
func TestEveryNumberOfTheRequirements(t *testing.T) {
	for _, want := range []struct{ requirement, value, unit string }{
		{"R10", "8", "characters"},    // length ≥ 8
		{"R12", "90", "days"},         // every 3 months
		{"R33", "50", "megabytes"},    // file in chat ≤ 50 MB
		{"R35", "2", "minutes"},       // recall window
		{"R45", "5", "times"},         // identical messages in a row
		{"R47", "09:00", "clock"},     // workday
		{"R47", "18:00", "clock"},     //
		{"R47", "30", "minutes"},      // reply within working hours
		{"R47", "120", "minutes"},     // and otherwise: 2 h
		{"R59", "3", "parts"},         // group name
		{"R59", "2", "parts"},         // also accepted
		{"R92", "24", "hours"},        // owner confirms
		{"R97", "2", "working_days"},  // reviewer answers
		{"R104", "300", "characters"}, // description
		{"R104", "2", ""},             // departments
		{"R108", "1", "days"},         // invitation ahead
		{"R110", "10", "minutes"},     // test of the microphone
		{"R122", "7", "days"},         // share validity
		{"R129", "3", "working_days"}, // archived after the end of a project
		{"R136", "8888", ""},          // extension of the IT service
		{"R137", "7", "days"},         // backup at least once a week
		{"R60", "head", ""},           // who makes groups across departments
		{"R119", "view", ""},          // right of the department's members
		{"R39", "group_admin", ""},    // who may write to everybody
		{"R8", "7", "days"},           // validity of an invitation
		{"R22", "90", "days"},         // periodic look at one's permissions
		{"R78", "90", "days"},         // periodic review of a group
	} {
		if !slices.ContainsFunc(rules.All(), func(s rules.Setting) bool {
			return slices.Contains(s.Serves, want.requirement) && text(s.Default) == want.value && string(s.Unit) == want.unit
		}) {
			t.Errorf("no setting serves %s with %s %s", want.requirement, want.value, want.unit)
		}
	}
}

func text(v any) string {
	switch v := v.(type) {
	case int:
		return strconv.Itoa(v)
	case string:
		return v
	}
	return ""
}

// TestR144EveryDefaultRuleCanBeSwitchedOff: moderate rules, efficiency first.
func TestR144EveryDefaultRuleCanBeSwitchedOff(t *testing.T) {
	for _, requirement := range strings.Fields("R4 R18 R22 R39 R41 R43 R46 R47 R48 R49 R50 R69 R78 R82 R99 R110 R127 R137") {
		if !slices.ContainsFunc(rules.All(), func(s rules.Setting) bool {
			return s.Level == rules.Default && slices.Contains(s.Serves, requirement) && s.Switchable()
		}) {
			t.Errorf("%s cannot be switched off", requirement)
		}
	}
	for _, s := range rules.All() {
		if s.Level == rules.Default && !s.Switchable() && s.Unit != rules.Clock {
			t.Errorf("%s cannot be switched off", s.Key)
		}
	}
}

// TestTheHardRulesThatMustNotBeSwitchedOff names those whose absence would leave nobody protected.
func TestTheHardRulesThatMustNotBeSwitchedOff(t *testing.T) {
	for _, key := range []rules.Key{rules.PassphraseDays, "account.passphrase_min", rules.InviteDays, rules.RotateDays} {
		s, _ := rules.Find(key)
		if s.Switchable() {
			t.Errorf("%s can be switched off", key)
		}
	}
}

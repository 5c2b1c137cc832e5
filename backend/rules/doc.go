// Package rules is the registry of the house rules (规范): every number and switch of the requirements as a typed setting,
// with its default, unit, range, who may change it and which requirement it serves (R143, R144).
//
// Vocabulary: a setting is one entry of the registry; its value is what the team decided, or the default. What was decided
// is a control op (rule.set/1), so everybody has the same value, it is signed, and its history stays.
//
// Features read values through the interface Rules, by the constants of keys.go. A value is checked when it is written and
// again when it is read: one that this version does not know, of another type or out of range, or set by somebody who may
// not, counts as if it were not there. Rules that act on other people are checked in a feature's Authorize as well, or say
// in the feature's doc.go that they bind the writer's own program only.
//
// Invariants, held by tests: no two settings share a key; every default is within its range and can be encoded; every
// number that the requirements name is the default of a setting that serves it; every rule of kind D can be switched off
// (R144: moderate rules, efficiency first). Acts says whether this version of the program obeys the setting; one that waits
// for its feature is listed all the same, so that the norm can be agreed on as a whole.
package rules

// Package rules shows the house rules (规范) and changes them: every setting with its value, default, range and requirement, and
// who decided what, when, on which device (R143, R144; the settings themselves serve the requirements they name).
//
// Vocabulary: the registry of settings, their types and what their values may be are in backend/rules; a decision is the
// control op rule.set/1, which sets one setting or, without a value, sets it back to the default.
//
// Permission: package authority lets owners and admins write rule.set/1 and nobody else. Settings that only owners may change
// count only when the op relied on an owner's grant; that is decided where values are read (backend/rules), on every replica
// alike. The checks here only give the answer at once.
//
// Invariants: a decision with a value that is none, or by somebody who may not, stays in the log and has no effect, and the
// history does not show it. This room has no rows: the control log is the one place where rules stand.
package rules

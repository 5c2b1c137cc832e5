// Package replica is one device's copy of a team: it verifies ops, judges who may do what, reduces them to rows, and writes
// this device's own ops by the same path.
//
// The path of every op, local or remote: signature and chain (Verify, any goroutine) → one write transaction: append to the
// feed, judge (status), reduce (rows), authority and keys → commit → subscribers (interface, peers).
//
// Vocabulary: a kind is a type of op and who may write it; a reducer folds the ops of an entity into rows; to judge is to
// give an op its status; to recheck is to judge stored ops again after keys, members or the program changed; to refold is to
// remove an entity's rows and apply its valid ops again in order. Un-applying is refolding.
//
// An epoch is a key of a scope for some time, made by whoever writes next once somebody without right may hold the present one
// (K6); a line is the epochs that follow each other; heads are those that nothing follows yet; to heal is to seal a key to a
// rightful device that lacks it. A cut is how much of a feed counts of somebody who was removed (P9, P13); a branch is what a
// device that forked its feed wrote behind the fork (L12).
//
// Who decides: package authority says who may do what; this package asks it before writing (GrantRole, Remove, SetRule …,
// which return ErrDenied) and when judging what others wrote, so that both agree.
//
// Invariants (SPEC.md, P-rules and K-rules): rows are a function of the set of stored ops and nothing else; an op never leaves
// the log for lack of permission; status and rows change in the transaction that changes their cause; Authorize reads no rows.
//
// Locking: DB.Write holds the writer; inside it Replica.mu is taken last and briefly. Subscribers run without locks held.
//
// It serves R2 (devices), R14, R16 to R18 (freezing, signing out), R20, R21 (who leaves has no access), R25 and R31 (roles,
// least privilege), R140 and R143 (grants and house rules are traceable).
package replica

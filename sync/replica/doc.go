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
// Invariants (SPEC.md, P-rules): rows are a function of the set of stored ops and nothing else; an op never leaves the log
// for lack of permission; status and rows change in the transaction that changes their cause; Authorize reads no rows.
//
// Locking: DB.Write holds the writer; inside it Replica.mu is taken last and briefly. Subscribers run without locks held.
package replica

// Package oplog keeps the append-only feeds of ops, and the registers, in SQLite.
//
// Vocabulary: a feed is one device's chain of ops in one scope under one incarnation. Its head is the id of its last op; its
// length is the highest seq, and a feed never has gaps. An arrival number counts, per database, every change to a feed, so
// "what changed since n" is one index range. The status of an op says whether its effect counts. Ops may lie here ahead of the
// end of their feed, of which they are no part yet (L13).
//
// Invariants (SPEC.md, L-rules): ops are only appended; a feed's rows are (1..len); an op's bytes are kept exactly as signed;
// the feed row, the op rows and everything projected from them change in one transaction, which the caller owns.
//
// A row of op is addressed by Key: feed number << 40 | seq, so that a feed lies together on disk and needs no second index.
package oplog

// Package store keeps what a relay holds for its teams: rosters, caps, feeds of sealed ops, registers, mail, chunks of larger
// content. It stores bytes and numbers and judges nothing; package relay does.
//
// Vocabulary:
//   - team number: the local number of a team; all other rows hang on it.
//   - arrival number (lseq): rises by one with every change of a team; feeds, registers and what was shown carry the one of
//     their last change.
//   - revision: rises with every change of a team's roster or caps, so that whoever caches them knows when to read again.
//   - copy of a chunk: a ciphertext that a device left under a chunk's id, in parts; it is whole when all of them are here.
//   - token: lets one team in, once; only its hash is kept.
//   - run: ops of one feed that arrived together, in one row.
//
// Invariants:
//   - Update is all or nothing, durable when it returns nil, and one at a time per team also between processes: a lower arrival
//     number is never committed after a higher one.
//   - Reads see committed data only.
//   - Watch hears of every committed change of a team, of other processes on the same database too; it may hear more often.
//   - One contract suite passes on SQLite and on PostgreSQL; they share the statements and differ in a few words of the schema.
//
// It serves R-numbers through package relay only.
package store

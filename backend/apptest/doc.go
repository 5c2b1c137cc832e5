// Package apptest runs several replicas in one process, on real SQLite, joined by pipes or by hand, to test what only shows
// between them: joining, convergence, delivery, forks, lies, removal and keys. Names and comments of tests carry the numbers
// of the rules in sync/SPEC.md.
//
// Vocabulary: a Member is one device with its own database; its Feature writes notes (each its own entity), titles (entities
// of many ops, some of which only admins may write) and marks (registers); a Villain is a member that speaks the protocol by
// hand.
package apptest

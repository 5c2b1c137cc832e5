// Package moduletest runs a feature's module on a real SQLite database over an in-memory double of the replica, so that every
// feature is tested the same way and without keys, signatures or a network.
//
// Vocabulary: a World is one team with its people, scopes and every op ever written; a Peer is one device of one person with
// its own database. Ops go from peer to peer only when a test delivers them, in the order, portions and number of times the
// test chooses.
//
// The double keeps the promises of package replica that features build on: an op is applied once, in the transaction that
// stores it; ops that sort before the last one make the entity fold again; ops that are not permitted stay without effect
// and are judged again when roles change; registers keep the latest version. It checks neither signatures nor chains, and it
// lets ops of one feed arrive in any order, which is more than the replica lets happen.
//
// Local numbers (ScopeNo, UserNo, Op.Key) are given out by the World, so that the tables of two peers can be compared.
//
// CheckOrder is the property every reducer must have (design.md, section 6); Golden pins the encoding of every op type; Plan
// fails on queries that scan a table.
package moduletest

// Package evidence writes a team's control log into one file, and verifies such a file without anything else: no data folder,
// no network, no trust in whoever wrote it (R14, R139, R140).
//
// Vocabulary: the exporter is the device that wrote the file; a statement is what the exporter merely says (the names of people
// and departments), as opposed to what the ops prove.
//
// The file is the line "tongzhou-audit/1" followed by chunks: a letter, four bytes of length (big endian), so many bytes.
//
//	H  once, first: team, genesis, tag of the control log, exporter, time, and the key that opens ops under no epoch
//	E  epochs of the control log with their keys; a key is proved by its epoch's name, which commits to it
//	F  consecutive ops of one feed, as signed; a feed's chunks are in order
//	B  ops of forked feeds from the fork on, of any branch: they have no effect, but others cite them. Each has its own signature
//	N  names, as the exporter states them
//	S  once, last: the exporter's signature over the digest of everything before
//
// What Verify proves: every op stands in a hash chain signed by a device which the log itself certifies; every op opens with a
// key that its epoch commits to; each op took effect, or not, by the rules of package authority; whatever is cited is there; the
// exporter's device belongs to the team. What it cannot prove: that this is the team one means (compare the fingerprint of the
// genesis with a colleague's), that nothing newer was left out, and the names.
//
// The file opens the control log and nothing else: no content, no other scope, not the team's secret.
//
// Files are hostile until proven otherwise: chunks, ops and the whole are bounded before anything is kept.
package evidence

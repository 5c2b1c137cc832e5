// Package session is one conversation between two replicas of a team, over any ordered stream.
//
// The path: Hello → control log → Since → Delta → Want → Frame → Ack, in both directions at once; then live frames, and every
// half minute a fingerprint. Who lacks much asks for the newest of every scope ahead of the rest (Newest, S22). A side asks only
// for what it lacks, serves only what its own authority state says that the peer reads, and moves its cursor only after the
// commit of everything that the cursor covers.
//
// Vocabulary: the cursor is how far this database has followed the peer's arrival numbers; outstanding is what was asked for
// and is not stored yet; the window is how many bytes of frames may be under way.
//
// Invariants (SPEC.md, S-rules): memory is bounded by the window and by the caps in package wire, whatever the peer does; a
// lie ends the conversation with a reason and nothing of it is stored; "in sync" is said only after equal fingerprints.
//
// A device that lost its access is spoken with as well: it may learn that, and nothing else (S19, R16); who was taken out of a
// group is told by the feeds of the group up to there (S20), and who sends what stands behind a fork is shown the proof (S22).
//
// A Session is a state machine driven by one goroutine (Run). Frames are produced when the stream takes them, so a slow peer
// costs no memory.
package session

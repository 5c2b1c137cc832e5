// Package courier is the conversation of a replica with a blind relay, over any ordered stream. It leaves there what this
// device has, takes what others left, and keeps up the list of devices that may use the relay.
//
// The path: RelayHello → RelayWelcome → roster → capabilities of the scopes that this device reads → Since → Delta → Want →
// Frame → cursor; beside it own ops and registers go up, each answered after the relay's durable commit, and keys for devices
// that were just let into a scope go to their mailboxes. Afterwards the relay announces what others leave (Have), and what is
// committed here goes up at once. Larger content goes up and down in chunks, after everything else.
//
// Vocabulary: a claim is the proof of holding a scope's key (replica.RelayClaim); a scope is full when the relay took the
// claim for reading and writing; a line is every claim of a scope, the earliest first; to put is to leave ops at the relay;
// the mark is how far the relay's database was followed (replica.RelayMark).
//
// A Courier also answers newcomers who ask by letter in the mailboxes of invitations. Newcomer is the other side of that, Admission
// what the newcomer does with the answer (SPEC.md, J11 to J14).
//
// Invariants (SPEC.md, B20 to B28): "on the relay" is said only by the relay's own word about ops that are here and
// are the same; the cursor moves only after the commit of everything that it covers, and covers only scopes that were listed
// whole; nothing that a relay says gives anybody a right, a key or an effect; a relay's lie ends the conversation with a
// reason; memory is bounded by the window and by the caps in package wire.
//
// A Courier is a state machine driven by one goroutine (Run). It shares claims on feeds with the sessions of package session,
// so that a feed is fetched once.
package courier

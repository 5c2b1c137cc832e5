// Package stream carries the packets of one conversation between a byte stream and the goroutine that holds the conversation's
// state: the same for a session with a colleague, a conversation with a relay, and the relay's end of it.
//
// An Inbox reads, a Writer writes, a Box gathers what other goroutines have to say, an Intake counts what was received against
// what the other side may send (S8).
//
// Invariants: nothing is read while the state machine is busy, beyond the few packets an Inbox holds, which is the back-pressure;
// putting into a Box never waits, so that a conversation cannot hold up the one writer of the database; every read and write has
// a deadline, except where the transport watches over the connection.
package stream

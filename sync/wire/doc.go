// Package wire is what two replicas say to each other: messages, their bytes, their bounds.
//
// A conversation is a sequence of packets: 4 bytes length (of type and body), 1 byte type, body. Bodies are CBOR arrays,
// except Frame, which is a fixed head and ops back to back. A packet is never longer than MaxPacket, checked before anything
// is allocated; counts inside are checked against what the body can hold.
//
// The conversation with a blind relay uses the same packets and many of the same messages; those of its own begin with Relay
// and have numbers from 32 on. Rosters, vouches and what proofs of caps cover stand here too, because both ends need them.
//
// Compatibility: a message never changes, not even by a field at its end; a changed one gets a new type. A type that a program
// does not know is skipped.
package wire

// Package wire is what two replicas say to each other: messages, their bytes, their bounds.
//
// A conversation is a sequence of packets: 4 bytes length (of type and body), 1 byte type, body. Bodies are CBOR arrays,
// except Frame, which is a fixed head and ops back to back. A packet is never longer than MaxPacket, checked before anything
// is allocated; counts inside are checked against what the body can hold.
//
// Compatibility: a message never changes, not even by a field at its end; a changed one gets a new type. A type that a program
// does not know is skipped.
package wire

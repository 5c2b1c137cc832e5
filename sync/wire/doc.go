// Package wire is what two replicas say to each other: messages, their bytes, their bounds.
//
// A conversation is a sequence of packets: 4 bytes length (of type and body), 1 byte type, body. Bodies are CBOR arrays,
// except Frame, which is a fixed head and ops back to back. A packet is never longer than MaxPacket, checked before anything
// is allocated; counts inside are checked against what the body can hold.
//
// Compatibility: types are append-only; a new field goes to the end of its array; an unknown type is skipped.
package wire

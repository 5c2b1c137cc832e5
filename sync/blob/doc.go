// Package blob keeps what is too large for an op: content cut into encrypted chunks, which the devices of a scope fetch from each
// other when they need them.
//
// Vocabulary: a chunk is a piece of content; its id is a hash of it under a key of the scope; a manifest lists the chunks of one
// content and stands in an op, which thereby cites them; a chunk is wanted when it is cited and not here; a mate is a device of
// the team that is connected now; a depot is a blind relay, where chunks are left for devices that are away; a copy is a ciphertext
// that lies there under a chunk's id.
//
// The same chunk has the same id and ciphertext wherever it is made under one epoch of a scope, so it is stored and sent once.
// Under another epoch or in another scope it has others, and whoever does not read the scope cannot tell what it is, nor guess it.
// Content is cut by its own bytes (FastCDC, 256 KiB, 1 MiB on average, 4 MiB), at places that depend on a key as well, so that the
// lengths do not tell what it is.
//
// The conversation, /tongzhou/blob/1: one side asks, the other answers, one question at a time. A packet is 4 bytes length (of type
// and body), 1 byte type, body: a CBOR array, or for Chunk the ciphertext. Ask is answered with Holds, Get with Chunk or Absent.
//
// Invariants (SPEC.md, C-rules): every stored chunk belongs to a scope; content is given out only whole and as its manifest says; no
// number of a peer leads to an allocation that was not bounded before. Who may fetch is decided by the server, from its own
// authority state. The right ciphertext of an id is one and the same for all, so that of several copies at most one is right.
//
// Compatibility: the formats never change; a changed one gets another protocol name, or another type of op that cites it.
//
// It serves R3 (pictures of people).
package blob

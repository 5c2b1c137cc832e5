// Package op is the vocabulary of the log: identifiers, the envelope of one op, its signature and its
// encrypted body.
//
// Vocabulary:
//   - scope: the unit of access, encryption and replication (the company, a group, a direct chat).
//   - feed: one device's append-only chain of ops in one scope, named by (scope, device, incarnation).
//   - op: one entry of a feed: a fixed 124-byte clear Header, a signature, an encrypted Body.
//   - opid: SHA-256(header ‖ signature), the ID type. The next op of the feed carries it as Prev.
//   - stub: an op that is past keeping, without its ciphertext; header and signature stay.
//   - register: the latest value of something that changes constantly; signed, not chained.
//   - epoch: the encryption key of a scope for some time, named in the clear by an EpochRef.
//   - scope tag: how a scope is named in the clear; only the team can link it to the scope.
//
// Invariants:
//   - The header is fixed size and big-endian, hence canonical: one op has one encoding and one ID.
//   - Prev covers the predecessor's signature, so a verified signature of the newest op authenticates
//     every earlier byte of the feed. VerifyChain relies on that and verifies only the last signature.
//   - The body is bound to its place: the header less ciphertext length and hash is the associated data,
//     so a ciphertext moved to another scope, device, incarnation or seq does not open.
//   - Nothing is allocated by a length that a stranger claims: lengths are checked against the limit and
//     against the bytes at hand first, decompression stops at MaxPlain.
//   - Two signed headers of one feed at one seq are a ForkProof and stay provable for ever.
//   - Encodings are for good. A change is a new Version; testdata holds vectors that never change.
//
// This package knows nothing of who may do what (authority) nor where keys come from (keys). It serves
// R14 (everything done is attributable to an account and a device) and R57 (what was said does not get
// lost or altered).
package op

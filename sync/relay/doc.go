// Package relay keeps ciphertext for the devices of teams that are not on at the same time, and reads none of it.
//
// Vocabulary:
//   - team tag: how a team names itself to relays; the relay's owner lets a team in by a token, good for one team.
//   - roster: the team's signed list of devices, generation by generation; who is on it may speak here. A device that a rostered
//     one vouched for may too, until the next generation.
//   - cap: a key pair that every reader of a scope derives from the scope's current encryption key. Proving it opens the
//     scope on one connection. A cap signed by an earlier one supersedes it; a superseded cap opens the scope's epoch ops only.
//   - put: a frame, or registers, from a device. It is answered after the durable commit, and only then.
//   - chunk: a piece of larger content under an id that only the scope's readers can check; a copy is a ciphertext that a device
//     left under it; to name a chunk is to ask about it, leave it or fetch it.
//   - mailbox: of a device, or of an invitation, whose secret is its key.
//
// Invariants (SPEC.md, B-rules): nothing is stored that was not signed by a device that is or was on the roster; what was
// acknowledged is durable; nothing of a team is told to who is not on its roster, nothing of a scope to who has not proven a
// cap; the first op stored for a place in a feed stays; memory, connections, rates and bytes are bounded; every refusal has a
// code.
//
// The package speaks over any ordered stream and knows no network: package host brings the streams. What it knows of a team:
// keys of devices, sizes, times, which devices write in which tags. It serves R57 (nothing that was said gets lost) and
// R14 (what is stored is attributable).
package relay

// Package host puts a relay on the network: it brings streams to package relay, and is a circuit relay (libp2p's circuit relay
// v2) through which members reach each other and punch holes.
//
// Invariants (SPEC.md, B-rules):
//   - Anybody may connect, because a newcomer and the first device of a team are on no roster yet. What they may say is
//     package relay's to decide; a circuit is for devices of one team, and for newcomers who call one of them: a few, and not to
//     be called themselves.
//   - Connections, handshakes a second, streams, reservations and memory are bounded, by address and in total; an office of a
//     few hundred devices behind one address fits.
//   - Who is on no roster and says nothing is disconnected after a minute.
//   - No third party: no DHT, no bootstrap nodes, no AutoNAT server.
package host

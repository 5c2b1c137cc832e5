// Package p2p connects this device to the other devices of its team: on the local network, over an
// address that a mate published or a person typed, through a hole in two routers, or through a relay of
// the team; over QUIC or TCP. Beside package relay it is the only user of libp2p.
//
// Vocabulary:
//   - mate: another device in the roster, the list of the team's current devices.
//   - stranger: anybody else. Peers prove their transport key in the handshake, so which of the two a
//     connection belongs to is known before anything is said on it.
//   - conversation: the one sync stream between two devices; OnSync speaks on it.
//   - relay: a machine of the team's choice that moves bytes between devices that cannot call each other,
//     and keeps ciphertext for those who are away (OnRelay; package courier speaks with it).
//   - circuit: a connection between two devices through a relay. Its ends prove their keys to each other
//     and encrypt as on any other; reservation: the relay's promise to pass on calls to this device.
//   - address book: addresses that worked, kept over restarts by the caller.
//
// Who decides: the Roster says who is a mate, which is this device's own evaluation of the control log.
// StrangersWelcome says whether an invitation is open. This package checks both for every connection, and
// again for every stream: a device that left the team is cut off at the next Refresh (R16, R20), and what
// happens on a stream is known to come from one device (R14).
//
// Invariants, each with a test:
//   - A stranger is answered on the join protocol only, while an invitation is open, and not on libp2p's
//     own protocols either: nothing tells it what this program is or which addresses it has. Number,
//     rate and time of strangers are limited by address and in total; a stranger who stalls is cut off.
//   - At most one conversation per pair of devices and one call of OnSync per mate at a time, also when
//     both dial at once and when one of them restarts. How the two agree is told in conversation.go.
//   - Announcements on the local network, addresses in an invitation and addresses that mates publish only
//     say where to look. Who answers there is proven by the handshake.
//   - Every mate is dialled until there is a conversation, after 0.5 s and then ever more slowly up to
//     once a minute, with jitter; at once after Refresh, a change of the network, or an announcement. The
//     dialling stops at 32 conversations; mates beyond that may still call in. Which 32 differs from device
//     to device, so that a large team's devices form one connected graph.
//   - Direct addresses go before circuits, and a conversation leaves its circuit as soon as there is a direct
//     connection: one of them dials, or both punch a hole. One device moves it, so that there is still
//     one conversation (upgrade.go).
//   - Circuits lead through relays of the team only, in and out, and of an invitation while joining. A relay
//     is spoken to on its own protocols and no others, and never taken for a device.
//   - Every relay is kept connected and reserved, retried at least every 15 s. After sleep and on another
//     network all connections are asked whether somebody is there, and relays are called anew.
//   - Memory, streams, connections and handshakes per second are bounded (newLimits, tuning.go).
//   - No third party: no other relay, no DHT, no bootstrap nodes, no AutoNAT. The router is asked for a port
//     mapping unless the host listens on loopback only, and host names that people typed are looked up.
//   - Close returns when every callback has, and leaves no goroutine behind.
//
// Protocols: /tongzhou/sync/1 begins with a 16-byte mark from the opener and one from the acceptor and is
// the conversation's from then on. /tongzhou/join/1 is OnJoin's and /tongzhou/relay/1 OnRelay's from the first
// byte. Circuits and hole punching are libp2p's own protocols (circuit relay v2, DCUtR).
package p2p

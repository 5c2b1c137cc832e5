package keys

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"

	"tongzhou/sync/op"
)

// Domains of what a capability signs. A relay checks both, so they never change.
const (
	relayFollowDomain = "teamcap1"
	relayProofDomain  = "teamcap2"
)

// RelayCap is the right to a scope at a relay: a signing key that whoever holds the epoch's key derives. The relay knows its
// public half only, so it can tell readers from others and still read nothing.
type RelayCap struct{ sign ed25519.PrivateKey }

// RelayCap derives the capability of an epoch.
func (e *Epoch) RelayCap() RelayCap { return RelayCap{signKey(e.Key[:], "relay-cap")} }

// RelayCap is the first capability of a scope whose first ops stand under the bootstrap key: that of the control log. Every
// member derives it, also a former one, so it only says what the next one follows.
func (s TeamSecret) RelayCap(tag op.ScopeTag) RelayCap {
	key := derive(s[:], "bootstrap", tag[:]...)
	return RelayCap{signKey(key[:], "relay-cap")}
}

// RelayTeam names the team to relays.
func (s TeamSecret) RelayTeam() [16]byte {
	relay := s.RelaySecret()
	mac := hmac.New(sha256.New, relay[:])
	mac.Write([]byte("relay-team"))
	return [16]byte(mac.Sum(nil))
}

// Pub is what the relay knows the capability by.
func (c RelayCap) Pub() [32]byte { return [32]byte(publicKey(c.sign)) }

// String hides the key.
func (RelayCap) String() string { return "relay capability" }

// Hand signs that next takes this capability's place in a scope.
func (c RelayCap) Hand(tag op.ScopeTag, next [32]byte) []byte {
	return ed25519.Sign(c.sign, relayFollow(tag, next))
}

// Prove signs, for one connection, that the device holds the capability: nonce is the relay's.
func (c RelayCap) Prove(store [16]byte, nonce [32]byte, device op.DeviceID, tag op.ScopeTag) []byte {
	return ed25519.Sign(c.sign, relayProof(store, nonce, device, tag))
}

// VerifyRelayHand tells whether the holder of pub handed the scope on to next.
func VerifyRelayHand(pub [32]byte, tag op.ScopeTag, next [32]byte, sig []byte) bool {
	return len(sig) == ed25519.SignatureSize && ed25519.Verify(pub[:], relayFollow(tag, next), sig)
}

// VerifyRelayProof tells whether the device at the other end of a connection holds the capability pub.
func VerifyRelayProof(pub [32]byte, store [16]byte, nonce [32]byte, device op.DeviceID, tag op.ScopeTag, sig []byte) bool {
	return len(sig) == ed25519.SignatureSize && ed25519.Verify(pub[:], relayProof(store, nonce, device, tag), sig)
}

func relayFollow(tag op.ScopeTag, next [32]byte) []byte {
	return append(append([]byte(relayFollowDomain), tag[:]...), next[:]...)
}

func relayProof(store [16]byte, nonce [32]byte, device op.DeviceID, tag op.ScopeTag) []byte {
	b := append([]byte(relayProofDomain), store[:]...)
	b = append(append(b, nonce[:]...), device[:]...)
	return append(b, tag[:]...)
}

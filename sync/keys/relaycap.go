package keys

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"

	"tongzhou/sync/op"
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

// Sign signs a message that names its domain, as those of package wire do.
func (c RelayCap) Sign(msg []byte) [64]byte { return [64]byte(ed25519.Sign(c.sign, msg)) }

// String hides the key.
func (RelayCap) String() string { return "relay capability" }

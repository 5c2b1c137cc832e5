package keys

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"

	"tongzhou/sync/op"
)

// TeamSecret is known to every member and to nobody else. A removed member keeps it, so nothing that
// has to be kept from former members may rest on it.
type TeamSecret [32]byte

// String hides the secret.
func (TeamSecret) String() string { return "team secret" }

// RelaySecret names the team's scopes to relays.
func (s TeamSecret) RelaySecret() [32]byte { return derive(s[:], "relay") }

// ScopeTag is how a scope is named in the clear.
func (s TeamSecret) ScopeTag(scope op.ScopeID) op.ScopeTag {
	relay := s.RelaySecret()
	mac := hmac.New(sha256.New, relay[:])
	mac.Write(scope[:])
	return op.ScopeTag(mac.Sum(nil)[:16])
}

// BootstrapKey opens ops whose header names no epoch: genesis, and the ops that hand out epoch keys.
// Every member can compute it, so such a body must not hold anything secret from members.
func (s TeamSecret) BootstrapKey(tag op.ScopeTag) (op.BodyKey, error) {
	key := derive(s[:], "bootstrap", tag[:]...)
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		return nil, fmt.Errorf("bootstrap key: %w", err)
	}
	return aead, nil
}

// MDNSName is the service under which members look for each other on the local network. It tells an
// onlooker that two machines are of one team, not of which.
func (s TeamSecret) MDNSName() string {
	name := derive(s[:], "mdns")
	// A DNS-SD service name has at most 15 characters; 8 bytes take 13.
	return "_t" + op.EpochRef(name[:8]).String() + "._udp"
}

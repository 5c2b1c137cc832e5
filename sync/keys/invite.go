package keys

import (
	"crypto/ed25519"
	"fmt"
	"io"
)

// Invite is the secret of an invitation, short enough for a link and a QR code. The control log holds
// only the public key; whoever signs with the private one was invited.
type Invite struct {
	Secret [16]byte
	Sign   ed25519.PrivateKey
}

// NewInvite draws a secret.
func NewInvite(random io.Reader) (Invite, error) {
	var secret [16]byte
	if _, err := io.ReadFull(random, secret[:]); err != nil {
		return Invite{}, fmt.Errorf("new invite: %w", err)
	}
	return InviteFromSecret(secret), nil
}

// InviteFromSecret derives the signing key.
func InviteFromSecret(secret [16]byte) Invite {
	return Invite{Secret: secret, Sign: signKey(secret[:], "invite/sign")}
}

// Pub is the public key that the control log holds.
func (i Invite) Pub() ed25519.PublicKey { return publicKey(i.Sign) }

// String names the invitation and nothing secret.
func (i Invite) String() string { return fmt.Sprintf("invite %x", i.Pub()[:8]) }

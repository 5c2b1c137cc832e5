package authority

import (
	"crypto/ed25519"
	"fmt"

	"tongzhou/sync/op"
)

const (
	councilDomain = "teamcnl1"

	// MaxCouncil is the most keys of a recovery council.
	MaxCouncil = 9
)

// Council is who can replace an owner: any K holders of the keys together. It is fixed when the team is founded.
type Council struct {
	K    uint8    `cbor:"1,keyasint"`
	Keys [][]byte `cbor:"2,keyasint"` // Ed25519; see keys.CouncilKey
}

// IsZero tells a team without a council; the encoding leaves it out then.
func (c Council) IsZero() bool { return c.K == 0 && len(c.Keys) == 0 }

func (c Council) check() error {
	if c.IsZero() {
		return nil
	}
	if c.K < 1 || int(c.K) > len(c.Keys) || len(c.Keys) > MaxCouncil {
		return fmt.Errorf("%w: council of %d of %d", errMalformed, c.K, len(c.Keys))
	}
	seen := map[string]bool{}
	for _, k := range c.Keys {
		if len(k) != ed25519.PublicKeySize || seen[string(k)] {
			return fmt.Errorf("%w: key of the council", errMalformed)
		}
		seen[string(k)] = true
	}
	return nil
}

// ReplaceOwner is an act of the council, which ranks above every owner: it makes Subject an owner at the top and takes all
// that Replaces holds. Any device may write it; it counts in the one place of the log that the signatures name.
type ReplaceOwner struct {
	Subject  op.UserID    `cbor:"1,keyasint"`
	Replaces op.UserID    `cbor:"2,keyasint"` // zero: nobody
	Sigs     []CouncilSig `cbor:"3,keyasint"`
}

// CouncilSig is the signature of one key.
type CouncilSig struct {
	Index uint8  `cbor:"1,keyasint"` // into Council.Keys
	Sig   []byte `cbor:"2,keyasint"`
}

// SignCouncil makes one of the signatures of a ReplaceOwner that will stand at ref in the control log. Bound to its place,
// an old act cannot be repeated after a new one.
func SignCouncil(key ed25519.PrivateKey, index uint8, team op.TeamID, ref op.Ref, subject, replaces op.UserID) CouncilSig {
	return CouncilSig{Index: index, Sig: ed25519.Sign(key, councilMessage(team, ref, subject, replaces))}
}

func councilMessage(team op.TeamID, ref op.Ref, subject, replaces op.UserID) []byte {
	msg := append([]byte(councilDomain), team[:]...)
	msg = ref.AppendTo(msg)
	msg = append(msg, subject[:]...)
	return append(msg, replaces[:]...)
}

package authority

import (
	"errors"
	"fmt"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// Types of control op. A type is immutable: a changed meaning is a new number. Ops of other types take part in the
// causal order and have no effect, so that an older version can stand beside a newer one.
const (
	TypeGenesis = "genesis/1"
	TypeGrant   = "grant/1"
	TypeRevoke  = "revoke/1"
	TypeLeave   = "leave/1"
	TypeInvite  = "invite/1"
	TypeAdmit   = "admit/1"

	TypeInviteCancel = "invite.cancel/1"
	TypeDeviceLink   = "device.link/1"
	TypeDeviceRevoke = "device.revoke/1"
	TypeCut          = "cut/1"
	TypeDept         = "org.dept/1"
	TypePlace        = "org.place/1"
	TypeRule         = "rule.set/1"
	TypeReplaceOwner = "council.owner/1"
)

// Bounds of a control op. An op beyond them has no effect.
const (
	MaxPayload = op.MaxControl
	MaxDeps    = op.MaxDeps
	MaxCuts    = 128
	MaxUses    = 1000 // of one invitation
	maxDept    = 64   // bytes, an entity id
	nonceSize  = 16
)

// Genesis founds a team. Its author's user becomes the first owner, senior to everyone. It has no deps.
type Genesis struct {
	Team    op.TeamID       `cbor:"1,keyasint"`
	RootPub []byte          `cbor:"2,keyasint"` // Ed25519
	RootBox []byte          `cbor:"3,keyasint"` // HPKE public key of the root
	Device  keys.DeviceCert `cbor:"4,keyasint"` // of the authoring device, signed by the root
	Nonce   []byte          `cbor:"5,keyasint"` // 16 random bytes
	Council Council         `cbor:"6,keyasint,omitzero"`
}

// Grant gives a role (rule 1). A user's role is the strongest of their live grants.
type Grant struct {
	Subject op.UserID `cbor:"1,keyasint"`
	Role    Role      `cbor:"2,keyasint"`
	Proof   op.ID     `cbor:"3,keyasint"`           // the grant relied on
	Dept    []byte    `cbor:"4,keyasint,omitempty"` // department; required for Head and DeptAdmin, optional for Member and Guest
}

// Mode says why a role is taken, which decides what becomes of content that arrives later.
type Mode uint8

// The modes of a revocation.
const (
	Removed     Mode = 1 // the person left: work done before they could know it counts
	Compromised Mode = 2 // the device is in foreign hands: only what was seen before counts
	Frozen      Mode = 3 // as Removed, and meant to be undone by a grant of the former role (R16)
)

// Cut is the last op of one feed that counts.
type Cut struct {
	Scope       op.ScopeTag `cbor:"1,keyasint"`
	Device      op.DeviceID `cbor:"2,keyasint"`
	Incarnation uint32      `cbor:"3,keyasint"`
	Seq         uint64      `cbor:"4,keyasint"`
	ID          op.ID       `cbor:"5,keyasint"` // of the op at Seq
}

// Revoke takes every grant of the subject that its proof strictly outranks and that does not causally follow it (rule 2).
type Revoke struct {
	Subject op.UserID `cbor:"1,keyasint"`
	Mode    Mode      `cbor:"2,keyasint"`
	Proof   op.ID     `cbor:"3,keyasint"`
	Cuts    []Cut     `cbor:"4,keyasint,omitempty"` // for scopes that the author holds
}

// Leave gives up every grant of the author that lies in its past (rule 3). The payload may also be empty.
type Leave struct {
	Cuts []Cut `cbor:"1,keyasint,omitempty"` // how far the author wrote
}

// Invite is a key that admits people (rule 8). Whoever has the private half may join until the invitation is used up,
// expires, or its author loses the grant it relies on.
type Invite struct {
	Pub     []byte `cbor:"1,keyasint"` // Ed25519
	Role    Role   `cbor:"2,keyasint"`
	MaxUses uint32 `cbor:"3,keyasint"` // 1 to MaxUses
	Expires int64  `cbor:"4,keyasint"` // ms since the epoch; an admission whose clock is later does not count
	Proof   op.ID  `cbor:"5,keyasint"`
	Dept    []byte `cbor:"6,keyasint,omitempty"` // as in Grant
}

// Admit joins a person by invitation. The author is the new person's device.
type Admit struct {
	Invite    op.ID           `cbor:"1,keyasint"`
	RootPub   []byte          `cbor:"2,keyasint"`
	RootBox   []byte          `cbor:"3,keyasint"`
	Device    keys.DeviceCert `cbor:"4,keyasint"`
	InviteSig []byte          `cbor:"5,keyasint"` // see SignAdmission
}

// InviteCancel ends an invitation: it admits nobody who did not join before, in the causal order. By the inviter, or by a
// proof that outranks the one of the invitation.
type InviteCancel struct {
	Invite op.ID `cbor:"1,keyasint"`
	Proof  op.ID `cbor:"2,keyasint"`
}

// errMalformed is the cause of every payload that no version will accept.
var errMalformed = errors.New("malformed control op")

// decode reads a payload of at most MaxPayload bytes.
func decode[T any](payload []byte) (v T, err error) {
	if len(payload) > MaxPayload {
		return v, fmt.Errorf("%w: %d bytes", errMalformed, len(payload))
	}
	if err := op.Unmarshal(payload, &v); err != nil {
		return v, fmt.Errorf("%w: %w", errMalformed, err)
	}
	return v, nil
}

// checkRole refuses roles that do not exist and departments where they make no sense.
func checkRole(r Role, dept []byte) error {
	switch {
	case !r.grantable():
		return fmt.Errorf("%w: %s", errMalformed, r)
	case len(dept) > maxDept:
		return fmt.Errorf("%w: department of %d bytes", errMalformed, len(dept))
	case len(dept) == 0 && r.needsDept():
		return fmt.Errorf("%w: %s of no department", errMalformed, r)
	case len(dept) > 0 && !r.mayHaveDept():
		return fmt.Errorf("%w: %s of a department", errMalformed, r)
	}
	return nil
}

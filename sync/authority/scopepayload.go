package authority

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// Types of control op in the log of a private scope (rule 9).
const (
	TypeScopeNew    = "scope.new/1"
	TypeScopeGrant  = "scope.grant/1"
	TypeScopeRevoke = "scope.revoke/1"
	TypeScopeLeave  = "scope.leave/1"
	TypeScopeCut    = "scope.cut/1"
)

// MaxScopeMembers bounds the members named when a scope is founded; more are granted.
const MaxScopeMembers = 500

const scopeDomain = "tongzhou/scope/private"

// ScopeKind tells the private scopes apart.
type ScopeKind uint8

// The kinds of private scope.
const (
	Group  ScopeKind = 1 // members change
	Direct ScopeKind = 2 // two people, for ever
)

func (k ScopeKind) String() string {
	switch k {
	case Group:
		return "group"
	case Direct:
		return "direct"
	}
	return "unknown"
}

// ScopeMember is a member named at the founding.
type ScopeMember struct {
	User op.UserID `cbor:"1,keyasint"`
	Role Role      `cbor:"2,keyasint"` // group: Admin or Member; direct: Member
}

// ScopeNew founds a private scope. In a group the author's user becomes the owner at rank 0. The id of a group commits to
// creator, members and nonce, so nobody else can found it and nobody can found it differently a second time.
type ScopeNew struct {
	Scope   op.ScopeID    `cbor:"1,keyasint"`
	Kind    ScopeKind     `cbor:"2,keyasint"`
	Members []ScopeMember `cbor:"3,keyasint"`           // direct: both users, author included
	Nonce   []byte        `cbor:"4,keyasint,omitempty"` // group: 16 random bytes
	History History       `cbor:"5,keyasint,omitempty"` // group: 0 is WholeHistory
}

// History says what people read who become members later. The numbers are on the wire.
type History uint8

// The kinds of history.
const (
	WholeHistory History = 1 // everything that was written before
	FromJoining  History = 2 // what is written from then on
)

// ScopeGrant gives a role in the scope: Owner, Admin or Member.
type ScopeGrant struct {
	Scope op.ScopeID `cbor:"1,keyasint"`
	User  op.UserID  `cbor:"2,keyasint"`
	Role  Role       `cbor:"3,keyasint"`
	Proof op.ID      `cbor:"4,keyasint"` // the scope.new or scope.grant relied on
}

// ScopeRevoke takes the user's grants in the scope that the proof strictly outranks (rule 2).
type ScopeRevoke struct {
	Scope op.ScopeID `cbor:"1,keyasint"`
	User  op.UserID  `cbor:"2,keyasint"`
	Proof op.ID      `cbor:"3,keyasint"`
	Cuts  []Cut      `cbor:"4,keyasint,omitempty"` // of this scope
}

// ScopeLeave gives up the author's grants in the scope that lie in its past (rule 3). It has no effect in a direct scope.
type ScopeLeave struct {
	Scope op.ScopeID `cbor:"1,keyasint"`
	Cuts  []Cut      `cbor:"2,keyasint,omitempty"` // of this scope
}

// ScopeCut says how far people who were removed had written in the scope, as the author knows it; see Cuts.
type ScopeCut struct {
	Scope   op.ScopeID `cbor:"1,keyasint"`
	Removal op.ID      `cbor:"2,keyasint"` // a revoke, leave or device.revoke of the team, or a scope.revoke or scope.leave
	Cuts    []Cut      `cbor:"3,keyasint"`
	Proof   op.ID      `cbor:"4,keyasint"`
}

// NewGroup returns the founding payload of a group with the given creator; nonce is 16 random bytes. The creator need not
// be among the members.
func NewGroup(team op.TeamID, creator op.UserID, members []ScopeMember, nonce []byte) ScopeNew {
	return NewGroupWith(team, creator, members, nonce, 0)
}

// NewGroupWith is NewGroup with a say about the history, to which the id commits too.
func NewGroupWith(team op.TeamID, creator op.UserID, members []ScopeMember, nonce []byte, history History) ScopeNew {
	n := ScopeNew{Kind: Group, Members: slices.Clone(members), Nonce: bytes.Clone(nonce), History: history}
	n.Scope = n.groupID(team, creator)
	return n
}

// NewDirect returns the founding payload of the chat of two people. Either may found it, and both may at once.
func NewDirect(team op.TeamID, a, b op.UserID) ScopeNew {
	if bytes.Compare(a[:], b[:]) > 0 {
		a, b = b, a
	}
	return ScopeNew{
		Scope:   keys.DirectScope(team, a, b),
		Kind:    Direct,
		Members: []ScopeMember{{User: a, Role: Member}, {User: b, Role: Member}},
	}
}

func (n *ScopeNew) groupID(team op.TeamID, creator op.UserID) op.ScopeID {
	h := sha256.New()
	h.Write([]byte(scopeDomain))
	h.Write(team[:])
	h.Write(creator[:])
	h.Write([]byte{byte(len(n.Nonce))})
	h.Write(n.Nonce)
	h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(n.Members))))
	for _, m := range n.Members {
		h.Write(m.User[:])
		h.Write([]byte{byte(m.Role)})
	}
	if n.History != 0 { // groups from before there was a choice have no such byte
		h.Write([]byte{byte(n.History)})
	}
	return op.ScopeID(h.Sum(nil)[:16])
}

// check refuses everything that does not found this scope in this team by this author.
func (n *ScopeNew) check(team op.TeamID, scope op.ScopeID, author op.UserID) error {
	if n.Scope != scope || len(n.Members) > MaxScopeMembers || n.History > FromJoining {
		return fmt.Errorf("%w: scope.new", errMalformed)
	}
	switch n.Kind {
	case Group:
		for _, m := range n.Members {
			if m.Role != Admin && m.Role != Member {
				return fmt.Errorf("%w: founding %s", errMalformed, m.Role)
			}
		}
		if len(n.Nonce) != nonceSize || n.groupID(team, author) != scope {
			return fmt.Errorf("%w: not the founder of this group", errMalformed)
		}
	case Direct:
		if n.History != 0 || len(n.Members) != 2 || n.Members[0].Role != Member || n.Members[1].Role != Member {
			return fmt.Errorf("%w: members of a direct scope", errMalformed)
		}
		a, b := n.Members[0].User, n.Members[1].User
		if a == b || a != author && b != author || keys.DirectScope(team, a, b) != scope {
			return fmt.Errorf("%w: not a direct scope of its author", errMalformed)
		}
	default:
		return fmt.Errorf("%w: kind of scope %d", errMalformed, n.Kind)
	}
	return nil
}

func scopeRole(r Role) bool { return r == Owner || r == Admin || r == Member }

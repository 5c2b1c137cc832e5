package chat

import (
	"crypto/sha256"
	"encoding/binary"

	"tongzhou/backend/module"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// Types of op, and the key of the register. A type never changes its meaning or encoding; a change is a new number.
const (
	typeMessage = "chat.message/1"
	typeGroup   = "chat.group/1"
	keyRead     = "chat.read"
)

// groupEntity is the one entity of a group's own properties.
const groupEntity = "group"

// message is the payload of chat.message/1.
type message struct {
	Text   string `cbor:"1,keyasint"`
	Client uint64 `cbor:"2,keyasint,omitempty"` // clientHash of the sender's client id
}

// group is the payload of chat.group/1. A field that is nil stays as it was.
type group struct {
	Name    *string `cbor:"1,keyasint,omitempty"`
	Purpose *string `cbor:"2,keyasint,omitempty"`
}

// readMark is the value of the register chat.read: the last message read.
type readMark struct {
	HLC hlc.Time `cbor:"1,keyasint"`
	Ref op.Ref   `cbor:"2,keyasint"`
}

func messageKinds() []module.Kind {
	return []module.Kind{{
		Type: typeMessage, Scopes: []module.ScopeKind{module.ScopeGroup, module.ScopeDirect}, Creates: true, Expires: true,
		Check: checkMessage, Authorize: authorizeMessage,
	}}
}

func groupKinds() []module.Kind {
	return []module.Kind{{
		Type: typeGroup, Scopes: []module.ScopeKind{module.ScopeGroup}, Check: checkGroup, Authorize: authorizeGroup,
	}}
}

func checkMessage(payload []byte) error {
	m, err := decode[message](payload)
	if err != nil {
		return err
	}
	return validateText(m.Text)
}

func checkGroup(payload []byte) error {
	g, err := decode[group](payload)
	if err != nil {
		return err
	}
	if g.Name != nil {
		if err := validateName(*g.Name); err != nil {
			return err
		}
	}
	if g.Purpose != nil {
		return validatePurpose(*g.Purpose)
	}
	return nil
}

func decode[T any](payload []byte) (v T, err error) {
	return v, op.Unmarshal(payload, &v)
}

// clientHash is how a client id is written: 63 bits suffice to tell apart the messages that one person sends in one chat.
// "" gives 0, which matches nothing.
func clientHash(id string) uint64 {
	if id == "" {
		return 0
	}
	sum := sha256.Sum256([]byte(id))
	return max(binary.BigEndian.Uint64(sum[:])>>1, 1)
}

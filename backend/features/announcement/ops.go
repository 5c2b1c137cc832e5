package announcement

import (
	"tongzhou/backend/module"
	"tongzhou/sync/op"
)

// Types of op. A type never changes its meaning or encoding; a change is a new number.
const (
	typePublish     = "announcement.publish/1"
	typeAcknowledge = "announcement.acknowledge/1"
)

// publish is the payload of announcement.publish/1.
type publish struct {
	Title   string `cbor:"1,keyasint"`
	Text    string `cbor:"2,keyasint"`
	NeedAck bool   `cbor:"3,keyasint,omitempty"`
}

// acknowledge is the payload of announcement.acknowledge/1. The op's entity says what was read, its author by whom.
type acknowledge struct{}

func kinds() []module.Kind {
	company := []module.ScopeKind{module.ScopeCompany}
	return []module.Kind{
		{Type: typePublish, Scopes: company, Creates: true, Check: checkPublish, Authorize: authorizePublish},
		{Type: typeAcknowledge, Scopes: company, Authorize: authorizeAcknowledge},
	}
}

// checkPublish accepts what Validate accepts, so that nobody has to display what could not have been typed.
func checkPublish(payload []byte) error {
	p, err := decodePublish(payload)
	if err != nil {
		return err
	}
	return Draft(p).Validate()
}

func decodePublish(payload []byte) (p publish, err error) {
	return p, op.Unmarshal(payload, &p)
}

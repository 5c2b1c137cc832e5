package op

import (
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"tongzhou/sync/hlc"
)

// Limits of a Body.
const (
	MaxType        = 64 // bytes
	MaxEntity      = 64 // bytes
	MaxDeps        = 64 // a control op names the whole frontier its author knows
	MaxContentDeps = 8  // a content op names at most this many; its author keeps to it
)

// ErrBody is returned for a body that no correct device writes. Such an op is void on every replica.
var ErrBody = errors.New("malformed body")

// Body is what an op says, encrypted on its way.
type Body struct {
	HLC     hlc.Time        `cbor:"1,keyasint"`           // above that of every earlier op of the feed and of every dep
	Type    string          `cbor:"2,keyasint"`           // for instance "chat.message/1"; printable ASCII
	Entity  []byte          `cbor:"3,keyasint,omitempty"` // empty: the op creates the entity whose id is Ref.Bytes()
	Payload cbor.RawMessage `cbor:"4,keyasint,omitempty"` // one CBOR item, empty for none
	Deps    []ID            `cbor:"5,keyasint,omitempty"` // ops that come before this one
}

// EncodeBody returns the deterministic CBOR of b. The payload has to come from Marshal.
func EncodeBody(b Body) ([]byte, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	return Marshal(b)
}

// DecodeBody reads a body from a colleague. The error wraps ErrBody.
func DecodeBody(data []byte) (Body, error) {
	var b Body
	if err := Unmarshal(data, &b); err != nil {
		return Body{}, fmt.Errorf("%w: %w", ErrBody, err)
	}
	if err := b.check(); err != nil {
		return Body{}, err
	}
	return b, nil
}

func (b *Body) check() error {
	switch {
	case b.HLC > hlc.Max:
		return fmt.Errorf("%w: time %d", ErrBody, uint64(b.HLC))
	case b.Type == "" || len(b.Type) > MaxType || !printable(b.Type):
		return fmt.Errorf("%w: type of %d bytes", ErrBody, len(b.Type))
	case len(b.Entity) > MaxEntity:
		return fmt.Errorf("%w: entity of %d bytes", ErrBody, len(b.Entity))
	case len(b.Deps) > MaxDeps:
		return fmt.Errorf("%w: %d deps", ErrBody, len(b.Deps))
	}
	return nil
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

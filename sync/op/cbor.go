package op

import (
	"fmt"
	"sync"

	"github.com/fxamacker/cbor/v2"
)

// Bounds of a payload, so that a small op cannot become a large value in memory.
const (
	maxNesting  = 16
	maxElements = 4096 // of one array or map
)

// codec holds the one way in which the project writes and reads CBOR. Building the modes is slow, using
// them is not; they are immutable and safe for concurrent use.
type codec struct {
	enc cbor.EncMode
	dec cbor.DecMode
}

var loadCodec = sync.OnceValue(func() codec {
	encOptions := cbor.CoreDetEncOptions()
	encOptions.NilContainers = cbor.NilContainerAsEmpty // nil and empty are one value, so one encoding
	encOptions.IndefLength = cbor.IndefLengthForbidden
	encOptions.TagsMd = cbor.TagsForbidden
	enc, err := encOptions.EncMode()
	if err != nil {
		panic(fmt.Sprintf("op: CBOR encoding options: %v", err))
	}
	dec, err := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		UTF8:              cbor.UTF8RejectInvalid,
		FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
		MaxNestedLevels:   maxNesting,
		MaxArrayElements:  maxElements,
		MaxMapPairs:       maxElements,
	}.DecMode()
	if err != nil {
		panic(fmt.Sprintf("op: CBOR decoding options: %v", err))
	}
	return codec{enc: enc, dec: dec}
})

// Marshal encodes a payload as core deterministic CBOR: equal values have equal bytes. Give structs
// integer keys (`cbor:"1,keyasint"`), and fields that may be absent omitempty.
func Marshal(v any) ([]byte, error) {
	b, err := loadCodec().enc.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return b, nil
}

// Unmarshal decodes exactly one CBOR item. Unknown fields are ignored, so that newer versions may add
// some; duplicate keys, tags, indefinite lengths, invalid UTF-8 and trailing bytes are refused.
func Unmarshal(b []byte, v any) error {
	if err := loadCodec().dec.Unmarshal(b, v); err != nil {
		return fmt.Errorf("decode %T: %w", v, err)
	}
	return nil
}

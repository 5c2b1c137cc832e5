package op

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Kind says what an op is for; sync serves control ops first, then epochs.
type Kind uint8

// The kinds of ops.
const (
	Content  Kind = 1 // what people do
	Control  Kind = 2 // changes who may do what
	Epoch    Kind = 3 // hands out encryption keys
	Snapshot Kind = 4 // a summary that may replace older ops
)

func (k Kind) String() string {
	switch k {
	case Content:
		return "content"
	case Control:
		return "control"
	case Epoch:
		return "epoch"
	case Snapshot:
		return "snapshot"
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Limits of one op. Anything larger is a blob.
const (
	Version       = 1
	HeaderSize    = 124
	SigSize       = 64
	MaxCiphertext = 64 << 10      // bytes, any kind
	MaxControl    = 16 << 10      // bytes, control ops: everyone keeps all of them for ever
	MaxSeq        = math.MaxInt64 // so that a Seq fits a signed database column
)

// aadSize is the part of the header that is known before the body is encrypted.
const aadSize = HeaderSize - 4 - 32

// Errors of malformed ops. Parse and ParseHeader wrap them.
var (
	ErrTruncated = errors.New("op is truncated")
	ErrVersion   = errors.New("op has an unknown version")
	ErrKind      = errors.New("op has an unknown kind")
	ErrSeq       = errors.New("op has an impossible place in its feed")
	ErrTooLarge  = errors.New("op is too large")
)

// Header is the clear part of an op, all that a relay sees.
type Header struct {
	Version        uint8
	Kind           Kind
	Flags          uint16 // see ExpiryFlags; others are carried and signed, so that a later version may use them
	Scope          ScopeTag
	Device         DeviceID
	Incarnation    uint32 // random; a device that lost its place in its feed goes on under a new one
	Seq            uint64 // from 1
	Prev           ID     // of Seq−1; zero for the first
	Epoch          EpochRef
	CiphertextLen  uint32
	CiphertextHash [32]byte // SHA-256
}

// Ref is the op's coordinates inside its scope.
func (h *Header) Ref() Ref {
	return Ref{Device: h.Device, Incarnation: h.Incarnation, Seq: h.Seq}
}

// AppendTo appends the 124 bytes of the header.
func (h *Header) AppendTo(b []byte) []byte {
	b = h.appendAAD(b)
	b = binary.BigEndian.AppendUint32(b, h.CiphertextLen)
	return append(b, h.CiphertextHash[:]...)
}

func (h *Header) appendAAD(b []byte) []byte {
	b = append(b, h.Version, byte(h.Kind))
	b = binary.BigEndian.AppendUint16(b, h.Flags)
	b = append(b, h.Scope[:]...)
	b = append(b, h.Device[:]...)
	b = binary.BigEndian.AppendUint32(b, h.Incarnation)
	b = binary.BigEndian.AppendUint64(b, h.Seq)
	b = append(b, h.Prev[:]...)
	return append(b, h.Epoch[:]...)
}

// ParseHeader reads and checks the first 124 bytes of b.
func ParseHeader(b []byte) (Header, error) {
	var h Header
	err := h.parse(b)
	return h, err
}

func (h *Header) parse(b []byte) error {
	if err := h.read(b); err != nil {
		return err
	}
	return h.check()
}

// read takes the fields as they are.
func (h *Header) read(b []byte) error {
	if len(b) < HeaderSize {
		return fmt.Errorf("%w: %d bytes of header", ErrTruncated, len(b))
	}
	b = b[:HeaderSize]
	h.Version = b[0]
	h.Kind = Kind(b[1])
	h.Flags = binary.BigEndian.Uint16(b[2:])
	h.Scope = ScopeTag(b[4:20])
	h.Device = DeviceID(b[20:36])
	h.Incarnation = binary.BigEndian.Uint32(b[36:])
	h.Seq = binary.BigEndian.Uint64(b[40:])
	h.Prev = ID(b[48:80])
	h.Epoch = EpochRef(b[80:88])
	h.CiphertextLen = binary.BigEndian.Uint32(b[88:])
	h.CiphertextHash = [32]byte(b[92:124])
	return nil
}

// check refuses what no honest device writes, before anything is done with it.
func (h *Header) check() error {
	switch {
	case h.Version != Version:
		return fmt.Errorf("%w: %d", ErrVersion, h.Version)
	case h.Kind < Content || h.Kind > Snapshot:
		return fmt.Errorf("%w: %d", ErrKind, uint8(h.Kind))
	case h.Seq == 0, h.Seq > MaxSeq, h.Seq == 1 && !h.Prev.IsZero(), h.Seq > 1 && h.Prev.IsZero():
		return fmt.Errorf("%w: seq %d", ErrSeq, h.Seq)
	case int64(h.CiphertextLen) > int64(h.maxCiphertext()):
		return fmt.Errorf("%w: %s of %d bytes", ErrTooLarge, h.Kind, h.CiphertextLen)
	}
	return nil
}

func (h *Header) maxCiphertext() int {
	if h.Kind == Control {
		return MaxControl
	}
	return MaxCiphertext
}

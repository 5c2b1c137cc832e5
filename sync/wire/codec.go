package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"tongzhou/sync/op"
)

// Errors of reading. ErrTooLarge and ErrMalformed are the peer's fault: the conversation ends.
var (
	ErrTooLarge  = errors.New("wire: packet too large")
	ErrMalformed = errors.New("wire: malformed message")
)

// Encode appends the packet of m to dst.
func Encode(dst []byte, m Message) ([]byte, error) {
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0, byte(m.wireType()))
	if f, ok := m.(*Frame); ok {
		dst = append(append(dst, byte(f.Kind)), f.Raw...)
	} else {
		b, err := op.Marshal(m)
		if err != nil {
			return dst[:start], fmt.Errorf("encode message: %w", err)
		}
		dst = append(dst, b...)
	}
	n := len(dst) - start - 4
	if n > MaxPacket {
		return dst[:start], ErrTooLarge
	}
	binary.BigEndian.PutUint32(dst[start:], uint32(n))
	return dst, nil
}

// Reader reads packets.
type Reader struct {
	r    io.Reader
	head [packetOverhead]byte
}

// NewReader reads from r, which should be buffered.
func NewReader(r io.Reader) *Reader { return &Reader{r: r} }

// Next reads one message and the size of its packet. A message of a type this program does not know is nil with a nil error.
// Errors: io.EOF at a clean end, ErrTooLarge, ErrMalformed, or the reader's.
func (r *Reader) Next() (Message, int, error) {
	if _, err := io.ReadFull(r.r, r.head[:]); err != nil {
		return nil, 0, err
	}
	n := binary.BigEndian.Uint32(r.head[:4])
	if n < 1 || n > MaxPacket {
		return nil, 0, fmt.Errorf("%w: %d bytes", ErrTooLarge, n)
	}
	body := make([]byte, n-1)
	if _, err := io.ReadFull(r.r, body); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, 0, err
	}
	m, err := Decode(Type(r.head[4]), body)
	return m, int(n) + 4, err
}

// Decode reads the body of one packet. A Frame aliases body.
func Decode(t Type, body []byte) (Message, error) {
	var m Message
	switch t {
	case THello:
		m = &Hello{}
	case TSince:
		m = &Since{}
	case TDelta:
		m = &Delta{}
	case TWant:
		m = &Want{}
	case TFrame:
		return decodeFrame(body)
	case TCredit:
		m = &Credit{}
	case TAck:
		m = &Ack{}
	case TRegisters:
		m = &Registers{}
	case TFingerprint:
		m = &Fingerprint{}
	case TRanges:
		m = &Ranges{}
	case THave:
		m = &Have{}
	case TFork:
		m = &Fork{}
	case TBye:
		m = &Bye{}
	case TKeys:
		m = &Keys{}
	case TNewest:
		m = &Newest{}
	default:
		if m = newRelay(t); m == nil {
			return nil, nil
		}
	}
	if err := op.Unmarshal(body, m); err != nil {
		return nil, fmt.Errorf("%w: %T: %w", ErrMalformed, m, err)
	}
	if err := check(m); err != nil {
		return nil, err
	}
	return m, nil
}

func check(m Message) error {
	ok := checkRelay(m)
	switch m := m.(type) {
	case *Hello:
		ok = m.Version >= 1 && m.LSeq >= 0 && len(m.App) <= maxTextSize
	case *Since:
		ok = m.LSeq >= 0
	case *Delta:
		ok = len(m.Feeds) <= MaxDeltaFeeds && m.UpTo >= 0
	case *Want:
		ok = m.From >= 1 && m.To >= m.From && m.To < 1<<40
	case *Ack:
		ok = len(m.Feeds) <= MaxAcks
	case *Registers:
		ok = len(m.Raw) <= MaxRegisters
	case *Ranges:
		ok = len(m.Ranges) <= MaxRanges
		for i := range m.Ranges {
			ok = ok && len(m.Ranges[i].Items) <= MaxRangeItems
		}
	case *Keys:
		ok = len(m.Raw) <= MaxKeys
	case *Fingerprint:
		ok = m.UpTo >= 0
	case *Have:
		ok = len(m.Feeds) <= MaxDeltaFeeds
	case *Fork:
		ok = len(m.Proof) == forkProofSize
	case *Bye:
		ok = len(m.Reason) <= 4*maxTextSize
	}
	if !ok {
		return fmt.Errorf("%w: %T out of bounds", ErrMalformed, m)
	}
	return nil
}

func decodeFrame(body []byte) (*Frame, error) {
	if len(body) < 1 || FrameKind(body[0]) >= frameKinds {
		return nil, fmt.Errorf("%w: frame head", ErrMalformed)
	}
	if len(body)-1 > MaxFrameBytes {
		return nil, fmt.Errorf("%w: frame of %d bytes", ErrTooLarge, len(body)-1)
	}
	f := &Frame{Kind: FrameKind(body[0]), Raw: body[1:]}
	rest := f.Raw
	for len(rest) > 0 {
		if len(f.Ops) == MaxFrameOps {
			return nil, fmt.Errorf("%w: frame of too many ops", ErrMalformed)
		}
		o, r, err := op.Parse(rest)
		if err != nil {
			return nil, fmt.Errorf("%w: frame: %w", ErrMalformed, err)
		}
		if len(f.Ops) == 0 { // ops of one feed are of like size: guess the count once
			f.Ops = make([]op.Sealed, 0, min(len(rest)/o.Size()+1, MaxFrameOps))
		}
		f.Ops = append(f.Ops, o)
		rest = r
	}
	if len(f.Ops) == 0 {
		return nil, fmt.Errorf("%w: empty frame", ErrMalformed)
	}
	return f, nil
}

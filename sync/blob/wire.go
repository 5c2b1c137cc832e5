package blob

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"tongzhou/sync/op"
)

// Errors of a conversation. Both are the peer's fault, and end it.
var (
	ErrTooLarge  = errors.New("blob: packet too large")
	ErrMalformed = errors.New("blob: malformed packet")
)

// The packets. A number never changes its meaning.
const (
	tAsk    = 1
	tHolds  = 2
	tGet    = 3
	tChunk  = 4
	tAbsent = 5
)

const (
	// maxAsk bounds the ids of one question.
	maxAsk = 256
	// maxQuestion bounds the packets that are no chunks, in bytes of type and body.
	maxQuestion = 16 << 10
)

// ask asks which chunks of a scope are there.
type ask struct {
	_   struct{} `cbor:",toarray"`
	Tag op.ScopeTag
	IDs []ID
}

// holds answers it: bit i, from the lowest of the first byte on, stands for id i. Of a scope that the other device does not read
// nothing is there.
type holds struct {
	_    struct{} `cbor:",toarray"`
	Bits []byte
}

// get asks for a chunk.
type get struct {
	_   struct{} `cbor:",toarray"`
	Tag op.ScopeTag
	ID  ID
}

// write sends a packet. v is what is marshalled, or for a chunk its bytes.
func write(w io.Writer, kind byte, v any) error {
	body, raw := v.([]byte)
	if !raw && v != nil {
		var err error
		if body, err = op.Marshal(v); err != nil {
			return fmt.Errorf("encode packet: %w", err)
		}
	}
	packet := binary.BigEndian.AppendUint32(make([]byte, 0, 5+len(body)), uint32(1+len(body)))
	packet = append(append(packet, kind), body...)
	if _, err := w.Write(packet); err != nil {
		return fmt.Errorf("send packet: %w", err)
	}
	return nil
}

// read receives a packet of at most limit bytes of body. Errors: io.EOF at a clean end, ErrTooLarge, the stream's.
func read(r io.Reader, limit int) (kind byte, body []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(head[:4])
	if n < 1 || int64(n) > int64(limit)+1 {
		return 0, nil, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, n, limit)
	}
	body = make([]byte, n-1)
	if _, err := io.ReadFull(r, body); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return 0, nil, err
	}
	return head[4], body, nil
}

func parseAsk(body []byte) (a ask, err error) {
	if err := op.Unmarshal(body, &a); err != nil {
		return ask{}, fmt.Errorf("%w: ask: %w", ErrMalformed, err)
	}
	if len(a.IDs) == 0 || len(a.IDs) > maxAsk {
		return ask{}, fmt.Errorf("%w: ask for %d chunks", ErrMalformed, len(a.IDs))
	}
	return a, nil
}

func parseGet(body []byte) (g get, err error) {
	if err := op.Unmarshal(body, &g); err != nil {
		return get{}, fmt.Errorf("%w: get: %w", ErrMalformed, err)
	}
	return g, nil
}

// parseHolds reads the answer to a question about n chunks.
func parseHolds(body []byte, n int) ([]bool, error) {
	var h holds
	if err := op.Unmarshal(body, &h); err != nil {
		return nil, fmt.Errorf("%w: holds: %w", ErrMalformed, err)
	}
	if len(h.Bits) != (n+7)/8 {
		return nil, fmt.Errorf("%w: answer for another number of chunks", ErrMalformed)
	}
	out := make([]bool, n)
	for i := range out {
		out[i] = h.Bits[i/8]>>(i%8)&1 == 1
	}
	return out, nil
}

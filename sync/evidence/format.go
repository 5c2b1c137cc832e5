package evidence

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"

	"tongzhou/sync/op"
)

const (
	magic      = "tongzhou-audit/1\n"
	signDomain = "tzaudit1"
)

// Bounds of a file.
const (
	MaxFile  = 256 << 20 // bytes
	MaxChunk = 1 << 20
	MaxOps   = 500_000
	maxNames = 4096 // in one chunk; more chunks may follow
	maxName  = 200  // bytes
)

// Letters of chunks.
const (
	chunkHeader    = 'H'
	chunkEpochs    = 'E'
	chunkFrame     = 'F'
	chunkBranches  = 'B'
	chunkNames     = 'N'
	chunkSignature = 'S'
)

// Why a file is refused. The message says where.
var (
	ErrFormat     = errors.New("not a file of this format")
	ErrTooLarge   = errors.New("larger than any honest file")
	ErrTampered   = errors.New("changed after it was signed")
	ErrUnreadable = errors.New("cannot be read with the keys in the file")
	ErrIncomplete = errors.New("something is missing that others refer to")
)

// header is the chunk H.
type header struct {
	Team      op.TeamID   `cbor:"1,keyasint"`
	Genesis   op.ID       `cbor:"2,keyasint"`
	Tag       op.ScopeTag `cbor:"3,keyasint"`
	User      op.UserID   `cbor:"4,keyasint"`
	Device    op.DeviceID `cbor:"5,keyasint"`
	At        int64       `cbor:"6,keyasint"` // ms since 1970
	Bootstrap []byte      `cbor:"7,keyasint"`
}

// epochKey is one entry of a chunk E.
type epochKey struct {
	Gen     uint32        `cbor:"1,keyasint"`
	Parents []op.EpochRef `cbor:"2,keyasint,omitempty"`
	Key     []byte        `cbor:"3,keyasint"`
}

// Name is what the exporter calls somebody or something.
type Name struct {
	ID      []byte `cbor:"1,keyasint"` // user or department
	Name    string `cbor:"2,keyasint"`
	StaffNo string `cbor:"3,keyasint,omitempty"`
}

// writer writes chunks and hashes what it writes.
type writer struct {
	to   io.Writer
	hash hash.Hash
	err  error
}

func newWriter(to io.Writer) *writer {
	w := &writer{to: to, hash: sha256.New()}
	w.write([]byte(magic))
	return w
}

func (w *writer) write(b []byte) {
	if w.err != nil {
		return
	}
	w.hash.Write(b)
	if _, err := w.to.Write(b); err != nil {
		w.err = fmt.Errorf("write audit file: %w", err)
	}
}

func (w *writer) chunk(kind byte, data []byte) {
	if len(data) > MaxChunk && w.err == nil {
		w.err = fmt.Errorf("write audit file: %w: chunk %c of %d bytes", ErrTooLarge, kind, len(data))
	}
	w.write(binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(data))))
	w.write(data)
}

func (w *writer) value(kind byte, v any) {
	enc, err := op.Marshal(v)
	if err != nil && w.err == nil {
		w.err = err
	}
	w.chunk(kind, enc)
}

func (w *writer) digest() [32]byte { return [32]byte(w.hash.Sum(nil)) }

// reader reads chunks and hashes what it read, up to the chunk before the last.
type reader struct {
	from *bufio.Reader
	hash hash.Hash
	left int64
}

func newReader(from io.Reader) (*reader, error) {
	r := &reader{from: bufio.NewReader(from), hash: sha256.New(), left: MaxFile - int64(len(magic))}
	line := make([]byte, len(magic))
	if _, err := io.ReadFull(r.from, line); err != nil || string(line) != magic {
		return nil, fmt.Errorf("%w: first line", ErrFormat)
	}
	r.hash.Write(line)
	return r, nil
}

// next returns the next chunk and the digest of everything before it; io.EOF at the end.
func (r *reader) next() (kind byte, data []byte, before [32]byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(r.from, head[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return 0, nil, before, io.EOF
		}
		return 0, nil, before, fmt.Errorf("%w: it ends within a chunk", ErrFormat)
	}
	n := int64(binary.BigEndian.Uint32(head[1:]))
	if r.left -= n + int64(len(head)); n > MaxChunk || r.left < 0 {
		return 0, nil, before, fmt.Errorf("%w: chunk %q of %d bytes", ErrTooLarge, head[0], n)
	}
	data = make([]byte, n)
	if _, err := io.ReadFull(r.from, data); err != nil {
		return 0, nil, before, fmt.Errorf("%w: it ends within a chunk", ErrFormat)
	}
	before = [32]byte(r.hash.Sum(nil))
	r.hash.Write(head[:])
	r.hash.Write(data)
	return head[0], data, before, nil
}

func signedText(digest [32]byte) []byte { return append([]byte(signDomain), digest[:]...) }

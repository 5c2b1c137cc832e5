package blob

import (
	"errors"
	"fmt"

	"tongzhou/sync/op"
)

// Bounds of content. A manifest of so many chunks fits into an op.
const (
	MaxChunks    = 1024
	MaxChunkSize = 4 << 20 // of the plaintext, bytes
)

// Errors a caller acts on.
var (
	// ErrManifest is returned for a manifest that no correct device makes.
	ErrManifest = errors.New("blob: malformed manifest")
	// ErrMissing is returned for content of which something is not here, or not any more.
	ErrMissing = errors.New("blob: content is not here")
	// ErrFull is returned when the quota would be exceeded.
	ErrFull = errors.New("blob: no room")
)

// ID names a chunk: the keyed hash of its plaintext.
type ID [32]byte

// Manifest says what content consists of.
type Manifest struct {
	_      struct{}    `cbor:",toarray"`
	Epoch  op.EpochRef // whose keys the chunks are made with
	Chunks []Chunk     // in order, at least one
	Size   uint64      // of the content, bytes
	Hash   [32]byte    // BLAKE3 of the content
}

// Chunk is one piece of content.
type Chunk struct {
	_   struct{} `cbor:",toarray"`
	ID  ID
	Len uint32 // of the plaintext, bytes
}

// Check tells whether the numbers fit each other. The error wraps ErrManifest.
func (m *Manifest) Check() error {
	if len(m.Chunks) == 0 || len(m.Chunks) > MaxChunks {
		return fmt.Errorf("%w: %d chunks", ErrManifest, len(m.Chunks))
	}
	var sum uint64
	for i := range m.Chunks {
		n := m.Chunks[i].Len
		if n == 0 || n > MaxChunkSize {
			return fmt.Errorf("%w: chunk of %d bytes", ErrManifest, n)
		}
		sum += uint64(n)
	}
	if sum != m.Size {
		return fmt.Errorf("%w: %d bytes in chunks, %d in all", ErrManifest, sum, m.Size)
	}
	return nil
}

// Cited is content that an op of a scope cites.
type Cited struct {
	Scope    op.ScopeID
	Manifest Manifest
}

package blob

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	chunkers "github.com/PlakarKorp/go-cdc-chunkers"
	_ "github.com/PlakarKorp/go-cdc-chunkers/chunkers/fastcdc" // registers the algorithm
	"github.com/zeebo/blake3"
	"golang.org/x/crypto/chacha20poly1305"

	"tongzhou/sync/keys"
)

const (
	// cutting names the algorithm. "fastcdc" of the same library is another one, with far smaller chunks.
	cutting = "fastcdc-v1.0.0"

	minChunk  = 256 << 10
	meanChunk = 1 << 20

	// overhead is what a ciphertext is longer than its plaintext.
	overhead = chacha20poly1305.Overhead
)

// cut calls fn with the pieces of content, in order. A piece is good until fn returns.
func cut(k keys.BlobKeys, content io.Reader, fn func(piece []byte) error) error {
	key := k.Cut()
	c, err := chunkers.NewChunker(cutting, content, &chunkers.ChunkerOpts{MinSize: minChunk, NormalSize: meanChunk, MaxSize: MaxChunkSize, Key: key[:]})
	if err != nil {
		return fmt.Errorf("cut content: %w", err)
	}
	for {
		piece, err := c.Next() // a short last piece comes together with io.EOF
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("cut content: %w", err)
		}
		if len(piece) > 0 {
			if err := fn(piece); err != nil {
				return err
			}
		}
		if err != nil {
			return nil
		}
	}
}

// nameOf is the id of a piece.
func nameOf(k keys.BlobKeys, piece []byte) ID {
	key := k.ID()
	h, err := blake3.NewKeyed(key[:])
	if err != nil {
		panic(fmt.Sprintf("blob: name a chunk: %v", err)) // only for a key of another length
	}
	_, _ = h.Write(piece) // never fails
	return ID(h.Sum(nil))
}

// seal encrypts a piece. The key is that of this id alone, and the id that of this piece, so the nonce may be the same always.
func seal(k keys.BlobKeys, id ID, piece []byte) ([]byte, error) {
	key := k.Chunk(id)
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		return nil, fmt.Errorf("seal chunk: %w", err)
	}
	var nonce [chacha20poly1305.NonceSizeX]byte
	return aead.Seal(nil, nonce[:], piece, id[:]), nil
}

// open decrypts a chunk and checks that it is what its id says: also who holds the key cannot make another. The error wraps
// ErrMissing: such a chunk is as good as none.
func open(k keys.BlobKeys, c Chunk, sealed []byte) ([]byte, error) {
	key := k.Chunk(c.ID)
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		return nil, fmt.Errorf("open chunk: %w", err)
	}
	var nonce [chacha20poly1305.NonceSizeX]byte
	piece, err := aead.Open(nil, nonce[:], sealed, c.ID[:])
	if err != nil {
		return nil, fmt.Errorf("%w: chunk does not open", ErrMissing)
	}
	if name := nameOf(k, piece); len(piece) != int(c.Len) || !bytes.Equal(name[:], c.ID[:]) {
		return nil, fmt.Errorf("%w: chunk is not what its id says", ErrMissing)
	}
	return piece, nil
}

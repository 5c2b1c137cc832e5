package blob

import (
	"context"
	"crypto/sha256"
	"errors"

	"tongzhou/sync/op"
)

// ErrClosed is returned for a scope that a depot does not open to this device now.
var ErrClosed = errors.New("blob: the scope is not open there")

// Copy is a ciphertext under the id of a chunk. A depot cannot tell whether it is that chunk: only readers of the scope can.
type Copy struct {
	ID   ID
	Sum  [32]byte // SHA-256 of the ciphertext
	Size uint32   // of the ciphertext, bytes
}

// Depot is a place outside of the team where chunks are left for devices that are away: a blind relay. One goroutine uses it.
type Depot interface {
	// Held tells which copies of at most MaxHeld chunks of a scope are there. Error: ErrClosed; others end the exchange.
	Held(ctx context.Context, tag op.ScopeTag, ids []ID) ([]Copy, error)
	// Get fetches a copy, whole and as its hash says. Errors: ErrMissing, ErrClosed; others end the exchange.
	Get(ctx context.Context, tag op.ScopeTag, c Copy) ([]byte, error)
	// Put leaves a copy; nil says that it is stored durably. Errors: ErrFull, ErrClosed, ErrRefused for a copy that is not taken
	// at all; others end the exchange.
	Put(ctx context.Context, tag op.ScopeTag, c Copy, sealed []byte) error
	// News is signalled when scopes were opened, or copies left by others.
	News() <-chan struct{}
	// Report tells how many chunks are to be left there and are not yet, and whether there was no room for one.
	Report(ctx context.Context, owed int, full bool)
}

// MaxHeld bounds the ids of one question to a depot.
const MaxHeld = 256

// ErrRefused is returned for a copy that a depot does not take: there are too many others of the same chunk.
var ErrRefused = errors.New("blob: not taken")

// copyOf describes a chunk that is here. Error: ErrMissing, the folder's.
func (s *Store) copyOf(k Key) (Copy, error) {
	s.mu.RLock()
	f, sum := s.held[k], s.sums[k]
	s.mu.RUnlock()
	if sum == [32]byte{} {
		sealed, err := s.get(k)
		if err != nil {
			return Copy{}, err
		}
		sum = sha256.Sum256(sealed)
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, here := s.held[k]; !here {
			return Copy{}, ErrMissing
		}
		s.sums[k] = sum
		return Copy{ID: k.ID, Sum: sum, Size: uint32(len(sealed))}, nil
	}
	return Copy{ID: k.ID, Sum: sum, Size: uint32(f.Size)}, nil
}

// own tells whether a chunk was made on this device in this run.
func (s *Store) own(k Key) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.made[k]
}

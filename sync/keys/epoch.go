package keys

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"golang.org/x/crypto/chacha20poly1305"

	"tongzhou/sync/op"
)

// MaxParents is the most epochs that one epoch may follow.
const MaxParents = 16

// ErrEpoch is returned for an epoch, or a payload about one, that no correct device makes.
var ErrEpoch = errors.New("invalid epoch")

// Epoch is the key of a scope for some time.
type Epoch struct {
	Scope   op.ScopeID
	Ref     op.EpochRef
	Gen     uint32 // 1 for a scope's first, else one more than the highest of the parents
	Key     [32]byte
	Parents []op.EpochRef // sorted
}

// NewEpoch makes the epoch that follows parents, all of the same scope; the first one has none. Whoever
// opens the announcement of the new epoch can also read what was written under its parents, see
// Announce.
func NewEpoch(random io.Reader, scope op.ScopeID, parents ...Epoch) (Epoch, error) {
	e := Epoch{Scope: scope, Gen: 1}
	for _, p := range parents {
		if p.Scope != scope || p.Gen == math.MaxUint32 {
			return Epoch{}, fmt.Errorf("%w: parent %s", ErrEpoch, p.Ref)
		}
		e.Gen = max(e.Gen, p.Gen+1)
		e.Parents = append(e.Parents, p.Ref)
	}
	slices.SortFunc(e.Parents, compareRefs)
	e.Parents = slices.Compact(e.Parents)
	if len(e.Parents) > MaxParents {
		return Epoch{}, fmt.Errorf("%w: %d parents", ErrEpoch, len(e.Parents))
	}
	var err error
	if e.Key, err = read32(random); err != nil {
		return Epoch{}, fmt.Errorf("new epoch: %w", err)
	}
	e.Ref = epochRef(scope, e.Gen, e.Parents, e.Commit())
	return e, nil
}

func compareRefs(a, b op.EpochRef) int { return bytes.Compare(a[:], b[:]) }

// epochRef derives the name from everything that is public about an epoch.
func epochRef(scope op.ScopeID, gen uint32, parents []op.EpochRef, commit [32]byte) op.EpochRef {
	parts := [][]byte{scope[:], binary.BigEndian.AppendUint32(nil, gen), commit[:]}
	for i := range parents {
		parts = append(parts, parents[i][:])
	}
	sum := hash("tongzhou/epoch/ref", parts...)
	return op.EpochRef(sum[:8])
}

// Check tells whether the key is the one that the ref stands for. The error wraps ErrCommit.
func (e *Epoch) Check() error {
	if e.Gen == 0 || len(e.Parents) > MaxParents || e.Ref != epochRef(e.Scope, e.Gen, e.Parents, e.Commit()) {
		return fmt.Errorf("%w: epoch %s", ErrCommit, e.Ref)
	}
	return nil
}

// Commit binds to the key without telling it.
func (e *Epoch) Commit() [32]byte { return derive(e.Key[:], "commit", e.Scope[:]...) }

// BodyKey encrypts bodies and registers of the epoch. Keep it: deriving it costs more than using it
// once.
func (e *Epoch) BodyKey() (op.BodyKey, error) {
	key := derive(e.Key[:], "body")
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		return nil, fmt.Errorf("body key: %w", err)
	}
	return aead, nil
}

// String names the epoch and nothing secret.
func (e Epoch) String() string { return fmt.Sprintf("epoch %s (gen %d)", e.Ref, e.Gen) }

package keys

import (
	"fmt"
	"sync"

	"tongzhou/sync/op"
)

// Ring holds the epochs that this device can open, with their body keys ready. It is safe for
// concurrent use; looking up a key does not allocate.
type Ring struct {
	mu     sync.RWMutex
	epochs map[ringKey]ringEntry      // guarded by mu
	newest map[op.ScopeID]op.EpochRef // guarded by mu
}

type ringKey struct {
	scope op.ScopeID
	ref   op.EpochRef
}

type ringEntry struct {
	epoch Epoch
	body  op.BodyKey
}

// NewRing returns an empty ring.
func NewRing() *Ring {
	return &Ring{epochs: map[ringKey]ringEntry{}, newest: map[op.ScopeID]op.EpochRef{}}
}

// Add takes in an epoch. One that is there already stays as it is.
func (r *Ring) Add(e Epoch) error {
	body, err := e.BodyKey()
	if err != nil {
		return fmt.Errorf("add to key ring: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	key := ringKey{e.Scope, e.Ref}
	if _, ok := r.epochs[key]; ok {
		return nil
	}
	r.epochs[key] = ringEntry{epoch: e, body: body}
	if newest, ok := r.newest[e.Scope]; !ok || e.outranks(r.epochs[ringKey{e.Scope, newest}].epoch) {
		r.newest[e.Scope] = e.Ref
	}
	return nil
}

// outranks is the order in which all members choose the epoch to write under.
func (e *Epoch) outranks(o Epoch) bool {
	if e.Gen != o.Gen {
		return e.Gen > o.Gen
	}
	return compareRefs(e.Ref, o.Ref) < 0
}

// BodyKey is the key of one epoch of a scope.
func (r *Ring) BodyKey(scope op.ScopeID, ref op.EpochRef) (op.BodyKey, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	entry, ok := r.epochs[ringKey{scope, ref}]
	return entry.body, ok
}

// Epoch returns one epoch of a scope.
func (r *Ring) Epoch(scope op.ScopeID, ref op.EpochRef) (Epoch, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	entry, ok := r.epochs[ringKey{scope, ref}]
	return entry.epoch, ok
}

// Newest is the epoch with the highest generation, ties going to the lowest Ref. It is the one to write
// under unless a removed device holds it, which the ring cannot know.
func (r *Ring) Newest(scope op.ScopeID) (Epoch, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	ref, ok := r.newest[scope]
	return r.epochs[ringKey{scope, ref}].epoch, ok
}

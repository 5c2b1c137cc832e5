package module

import (
	"context"

	"tongzhou/sync/blob"
	"tongzhou/sync/op"
)

// Vocabulary of package blob, under the names features use.
type (
	Manifest = blob.Manifest
	Cited    = blob.Cited
)

// Blobs keeps content that is too large for an op. An op of the same scope cites it by its manifest, and the devices of the scope
// fetch it from each other.
type Blobs interface {
	// Put stores content durably, before the op that cites it is written. Errors: those of Log.Ready, fault "blob.full", "store.full".
	Put(ctx context.Context, scope op.ScopeID, content []byte) (Manifest, error)
	// Read returns content of at most limit bytes. Errors: those of Log.Ready, fault "blob.missing" for what is not here yet.
	Read(scope op.ScopeID, m Manifest, limit int) ([]byte, error)
	// Here tells whether all of it is on this device.
	Here(scope op.ScopeID, m Manifest) bool
}

// Citing is how a feature says which content its rows cite. What no feature cites is not fetched, and removed after a while.
type Citing struct {
	After string // the topic after which to look again
	List  func(ctx context.Context) ([]Cited, error)
}

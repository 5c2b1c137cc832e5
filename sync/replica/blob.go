package replica

import (
	"context"
	"fmt"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// This file lends keys to the chunks of larger content (package blob), which ops of the same scope cite.

// BlobKeys finds the keys of an epoch and the tag of its scope; false while the key is not here.
func (r *Replica) BlobKeys(scope op.ScopeID, ref op.EpochRef) (op.ScopeTag, keys.BlobKeys, bool) {
	tag := r.id.TeamSecret.ScopeTag(scope)
	x := r.epochs.get(tag, ref)
	if x == nil || !x.held() {
		return tag, keys.BlobKeys{}, false
	}
	e := x.private(scope)
	return tag, e.BlobKeys(), true
}

// BlobEpoch is the epoch to make chunks under, as K3 chooses it; it is made first if that is due (K6). Errors: ErrNoScope,
// ErrRemoved, ErrDenied, ErrNoKey, the database's.
func (r *Replica) BlobEpoch(ctx context.Context, scope op.ScopeID) (ref op.EpochRef, err error) {
	err = r.write(ctx, func(p *projector) error {
		sc := r.world.Load().byID[scope]
		if sc == nil {
			return fmt.Errorf("%w: %s", ErrNoScope, scope)
		}
		x, err := r.payDebt(p, sc, op.Content)
		if err != nil {
			return err
		}
		ref = x.ref
		return nil
	})
	return ref, err
}

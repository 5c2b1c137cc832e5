package replica

import (
	"bytes"
	"context"
	"fmt"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// This file hands the control log to a newcomer, who knows nobody yet.

// ControlLog calls fn with what a newcomer needs to read the control log: its keys, then frames of the whole log, each of one
// feed. The order lets a reader know every device before its ops where possible: the founder's feed first, then by first
// arrival. It is for somebody who was proven to be the newcomer only, over a stream that nobody else reads.
func (r *Replica) ControlLog(fn func(raw []byte, total uint64) error) error {
	type frame struct {
		feed     oplog.Feed
		from, to uint64
	}
	var frames []frame
	for _, f := range r.feeds.Scope(r.teamTag.control) {
		for from := uint64(1); from <= f.Len; from += controlFrameOps {
			frames = append(frames, frame{f, from, min(f.Len, from+controlFrameOps-1)})
		}
	}
	secrets, err := r.controlKeys()
	if err != nil {
		return err
	}
	if err := fn(secrets, uint64(len(frames)+1)); err != nil {
		return err
	}
	for _, x := range frames {
		raw, _, err := oplog.ReadFrame(r.db.Read(), x.feed.No, x.from, x.to, 1<<30, controlFrameOps)
		if err != nil {
			return err
		}
		if err := fn(raw, uint64(len(frames)+1)); err != nil {
			return err
		}
	}
	return nil
}

// controlFrameOps keeps a frame of control ops, which are at most 16 KiB each, and epoch ops of up to 64 KiB, under half a
// megabyte.
const controlFrameOps = 7

// TakeOps verifies and stores a frame of ControlLog, or ops of one feed that lie back to back, and returns after the commit.
func (r *Replica) TakeOps(ctx context.Context, raw []byte) error { return r.takeOps(ctx, raw, false) }

// TakeOwnOps is TakeOps for what this device had stored before (SPEC H8).
func (r *Replica) TakeOwnOps(ctx context.Context, raw []byte) error { return r.takeOps(ctx, raw, true) }

func (r *Replica) takeOps(ctx context.Context, raw []byte, own bool) error {
	if rest, ok := bytes.CutPrefix(raw, []byte(controlKeysMagic)); ok {
		return r.takeControlKeys(ctx, rest)
	}
	var ops []op.Sealed
	for rest := raw; len(rest) > 0; {
		o, next, err := op.Parse(rest)
		if err != nil {
			return err
		}
		ops, rest = append(ops, o), next
	}
	v, err := r.Verify(ops, raw)
	if err != nil {
		return err
	}
	if own {
		v.FromOwn()
	}
	done := make(chan error, 1)
	r.Ingest(ctx, v, func(err error) { done <- err })
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// OwnControlFeed returns this device's control feed, ops back to back.
func (r *Replica) OwnControlFeed() ([]byte, error) {
	f := r.feeds.Feed(oplog.FeedKey{Tag: r.teamTag.control, Device: r.id.Device.ID, Incarnation: r.feeds.Incarnation()})
	raw, _, err := oplog.ReadFrame(r.db.Read(), f.No, 1, f.Len, 256<<10, 1024)
	return raw, err
}

// controlKeysMagic begins the frame that holds the keys of the control log. No op begins so: the first byte is its version.
const controlKeysMagic = "tongzhou/keys/1\x00"

// maxControlKeys bounds the keys in the frame.
const maxControlKeys = 4096

// controlKey is one key of the control log. It is handed over by itself, because the box for a newcomer may stand in a feed
// that only those can verify who have read the log.
type controlKey struct {
	_       struct{} `cbor:",toarray"`
	Ref     op.EpochRef
	Gen     uint32
	Parents []byte // refs back to back
	Key     []byte
}

func (r *Replica) controlKeys() ([]byte, error) {
	var list []controlKey
	for _, x := range r.epochs.all(r.teamTag.control) {
		if x.held() {
			list = append(list, controlKey{Ref: x.ref, Gen: x.gen, Parents: joinRefs(x.parents), Key: x.secret[:]})
		}
	}
	list = list[max(0, len(list)-maxControlKeys):]
	b, err := op.Marshal(list)
	if err != nil {
		return nil, fmt.Errorf("encode keys of the control log: %w", err)
	}
	return append([]byte(controlKeysMagic), b...), nil
}

// takeControlKeys is for a device that does not belong to the team yet; one that does learns keys from boxes. Each key is the
// one that its ref stands for.
func (r *Replica) takeControlKeys(ctx context.Context, b []byte) error {
	if _, known := r.world.Load().auth.Device(r.id.Device.ID); known {
		return nil
	}
	var list []controlKey
	if err := op.Unmarshal(b, &list); err != nil || len(list) > maxControlKeys {
		return fmt.Errorf("%w: keys of the control log", ErrInvalid)
	}
	id := keys.ControlScope(r.id.Team)
	return r.write(ctx, func(p *projector) error {
		for i := range list {
			k := &list[i]
			if len(k.Key) != 32 || len(k.Parents)%8 != 0 {
				return fmt.Errorf("%w: keys of the control log", ErrInvalid)
			}
			e := keys.Epoch{Scope: id, Ref: k.Ref, Gen: k.Gen, Key: [32]byte(k.Key), Parents: splitRefs(k.Parents)}
			if err := e.Check(); err != nil {
				return fmt.Errorf("%w: %w", ErrInvalid, err)
			}
			if r.epochs.key(r.teamTag.control, e.Ref) != nil {
				continue
			}
			if err := r.keepEpoch(p, r.teamTag.control, r.id.Device.ID, &e); err != nil {
				return err
			}
			p.keys[r.teamTag.control] = true
		}
		return nil
	})
}

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

// ControlLog calls fn with what a newcomer needs to read the control log: its keys and those of the company scope, then frames
// of the whole log, each of one feed. The order lets a reader know every device before its ops where possible: the founder's feed first, then by first
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
	secrets, err := r.TeamKeys()
	if err != nil {
		return err
	}
	total := uint64(len(frames) + len(secrets))
	for _, raw := range secrets {
		if err := fn(raw, total); err != nil {
			return err
		}
	}
	for _, x := range frames {
		raw, _, err := oplog.ReadFrame(r.db.Read(), x.feed.No, x.from, x.to, 1<<30, controlFrameOps)
		if err != nil {
			return err
		}
		if err := fn(raw, total); err != nil {
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
	if rest, ok := bytes.CutPrefix(raw, []byte(teamKeysMagic)); ok {
		return r.takeTeamKeys(ctx, rest)
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

// teamKeysMagic begins a frame that holds keys of the control log and the company scope. No op begins so: the first byte is its
// version.
const teamKeysMagic = "tongzhou/keys/1\x00"

// Bounds of the keys that are handed over: of a scope, and of a frame in bytes, so that it also fits a letter.
const (
	maxTeamKeys     = 4096
	maxTeamKeyBytes = 48 << 10
)

// teamKey is one key of the control log or the company scope. They are handed over by themselves, because the box for a newcomer may
// stand in a feed that only those can verify who have read the log, and that of the company scope in one that a relay shows
// only to who has the key.
type teamKey struct {
	_       struct{} `cbor:",toarray"`
	Ref     op.EpochRef
	Gen     uint32
	Parents []byte // refs back to back
	Key     []byte
	Company bool // else of the control log
}

// size is about how much the key takes in a frame.
func (k *teamKey) size() int { return len(k.Ref) + len(k.Parents) + len(k.Key) + 16 }

// TeamKeys returns the keys of the control log and the company scope that are held here, in frames for TakeOps, the newest last.
func (r *Replica) TeamKeys() ([][]byte, error) {
	company, control := r.keysOf(r.teamTag.company, true), r.keysOf(r.teamTag.control, false)
	list := append(company, control...)
	var frames [][]byte
	for from := 0; from < len(list) || len(frames) == 0; {
		to, size := from, 0
		for to < len(list) && (size == 0 || size+list[to].size() <= maxTeamKeyBytes) {
			size += list[to].size()
			to++
		}
		b, err := op.Marshal(list[from:to])
		if err != nil {
			return nil, fmt.Errorf("encode keys of the team: %w", err)
		}
		frames = append(frames, append([]byte(teamKeysMagic), b...))
		from = to
	}
	return frames, nil
}

func (r *Replica) keysOf(tag op.ScopeTag, company bool) []teamKey {
	var list []teamKey
	for _, x := range r.epochs.all(tag) {
		if x.held() {
			list = append(list, teamKey{Ref: x.ref, Gen: x.gen, Parents: joinRefs(x.parents), Key: x.secret[:], Company: company})
		}
	}
	return list[max(0, len(list)-maxTeamKeys):]
}

// takeTeamKeys is for a device that does not belong to the team yet; one that does learns keys from boxes. Each key is the one
// that its ref stands for.
func (r *Replica) takeTeamKeys(ctx context.Context, b []byte) error {
	if _, known := r.world.Load().auth.Device(r.id.Device.ID); known {
		return nil
	}
	var list []teamKey
	if err := op.Unmarshal(b, &list); err != nil {
		return fmt.Errorf("%w: keys of the team", ErrInvalid)
	}
	return r.write(ctx, func(p *projector) error {
		for i := range list {
			k := &list[i]
			if len(k.Key) != 32 || len(k.Parents)%8 != 0 {
				return fmt.Errorf("%w: keys of the team", ErrInvalid)
			}
			id, tag := keys.ControlScope(r.id.Team), r.teamTag.control
			if k.Company {
				id, tag = keys.CompanyScope(r.id.Team), r.teamTag.company
			}
			e := keys.Epoch{Scope: id, Ref: k.Ref, Gen: k.Gen, Key: [32]byte(k.Key), Parents: splitRefs(k.Parents)}
			if err := e.Check(); err != nil {
				return fmt.Errorf("%w: %w", ErrInvalid, err)
			}
			if r.epochs.key(tag, e.Ref) != nil {
				continue
			}
			if err := r.keepEpoch(p, tag, r.id.Device.ID, &e); err != nil {
				return err
			}
			p.keys[tag] = true
		}
		return nil
	})
}

package replica

import (
	"fmt"

	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// This file takes ops ahead of the feed they belong to (SPEC L13), and lets the feed reach them.

// mayBeAhead tells whether a run may be taken ahead of its feed. Not one of this device's own: what it lost of those makes it
// begin anew (L7); nor one of the control log, which counts only whole.
func (r *Replica) mayBeAhead(v *Verified) bool {
	return v.Ahead && v.Key.Device != r.id.Device.ID && v.Key.Tag != r.teamTag.control && v.Last() < 1<<40
}

// takeAhead stores what is new of a verified run whose feed lacks what is before it.
func (r *Replica) takeAhead(p *projector, f *oplog.Feed, v *Verified) error {
	if !r.mayBeAhead(v) {
		return nil
	}
	n, err := oplog.CountAhead(p.tx, f)
	if err != nil || n+len(v.ops) > oplog.MaxAhead {
		return err
	}
	at := r.now().UnixMilli()
	pos := 0
	for i, o := range v.ops {
		raw := v.raw[pos : pos+o.sealed.Size()]
		pos += len(raw)
		if !f.Takes(o.sealed.Seq) || o.sealed.Stub && !r.explains(o) {
			break
		}
		_, here, err := oplog.One(p.tx, oplog.Key(f.No, o.sealed.Seq))
		if err != nil {
			return err
		}
		if here { // whether it is the same one shows when the feed gets there
			continue
		}
		before, err := oplog.ClockBefore(p.tx, f.No, f.Len+1, o.sealed.Seq)
		if err != nil {
			return err
		}
		err = r.project(p, f, o, v.open[i], max(before, f.HLC), raw, func(raw []byte, st oplog.Status, clock hlc.Time) (int64, error) {
			return p.b.PutAhead(f, o.sealed.Seq, raw, st, clock, at)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// reachAhead lets the feed reach its next op where that is here already: it keeps its effect, judged again by its place among the
// clocks of the feed. Another op in its place, which the chain does not lead to, goes.
func (r *Replica) reachAhead(p *projector, f *oplog.Feed, o *opened) (bool, error) {
	s, here, err := oplog.One(p.tx, oplog.Key(f.No, o.sealed.Seq))
	if err != nil || !here {
		return false, err
	}
	stored, _, err := op.Parse(s.Raw)
	if err != nil {
		return false, fmt.Errorf("op ahead: %w", err)
	}
	if stored.ID() != o.opID() {
		r.log.Warn("the feed does not lead to what was ahead of it", "device", f.Device.String(), "seq", o.sealed.Seq)
		return false, r.cutFeed(p, f, f.Len)
	}
	clock := f.HLC
	if err := r.recheckOp(p, f.No, &s, &clock); err != nil {
		return false, err
	}
	if r.prunes(&stored) {
		stub := stored.Pruned()
		if err := p.b.Prune(s.Key, stub.AppendTo(nil)); err != nil {
			return false, err
		}
	}
	now, here, err := oplog.One(p.tx, s.Key)
	if err != nil || !here {
		return false, fmt.Errorf("op %d of feed %d ahead: found %v: %w", o.sealed.Seq, f.No, here, err)
	}
	return true, p.b.Reach(f, &now, o.opID())
}

package replica

import (
	"context"
	"fmt"

	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// Rebuild drops what was projected and projects every stored op again. clear removes the rows of the reducers' tables; it
// runs first, in the same transaction, so a crash leaves the old tables.
func (r *Replica) Rebuild(ctx context.Context, clear func(tx Tx) error) error {
	return r.write(ctx, func(p *projector) error {
		if err := clear(p.tx); err != nil {
			return err
		}
		if _, err := p.tx.Exec(`DELETE FROM entity_op`); err != nil {
			return fmt.Errorf("rebuild: %w", err)
		}
		for _, f := range r.feeds.Feeds() {
			if err := r.replayFeed(p, &f); err != nil {
				return err
			}
		}
		for tag := range r.world.Load().scopes {
			if err := r.projectRegisters(p, tag); err != nil {
				return err
			}
		}
		return nil
	})
}

// replayFeed is recheckFeed for a feed of which nothing is applied. Control and epoch ops, whose effects are not in the
// dropped tables, are only judged.
func (r *Replica) replayFeed(p *projector, f *oplog.Feed) error {
	var clock hlc.Time
	return oplog.EachOp(p.tx, f.No, 1, f.Top(), func(s *oplog.Stored) error { return r.replayOp(p, f.No, s, &clock) })
}

func (r *Replica) replayOp(p *projector, no int64, s *oplog.Stored, clock *hlc.Time) error {
	o, st := r.open(s.Raw)
	st, at, v, red := r.weigh(o, st, clock, no, s.Status == oplog.Applied)
	if st != s.Status || at != s.HLC {
		if err := p.b.SetStatus(s.Key, st, at); err != nil {
			return err
		}
	}
	if st == oplog.Applied && o.sealed.Kind == op.Content {
		return p.apply(v, red)
	}
	return nil
}

// CheckChains verifies every stored feed from its first op to its head: hashes, order, the head's signature. It returns the
// number of ops. It stops soon after ctx ends.
func (r *Replica) CheckChains(ctx context.Context) (int, error) {
	total := 0
	for _, f := range r.feeds.Feeds() {
		var ops []op.Sealed
		var prev op.ID
		next := uint64(1)
		check := func() error {
			if len(ops) == 0 || ctx.Err() != nil {
				return ctx.Err()
			}
			pub, err := r.deviceKey(r.db.Read(), &ops[0].Header, &ops[0])
			if err != nil {
				return err
			}
			if err := op.VerifyChain(prev, next, ops, pub); err != nil {
				return err
			}
			prev = ops[len(ops)-1].ID()
			next += uint64(len(ops))
			total += len(ops)
			ops = ops[:0]
			return nil
		}
		err := oplog.Read(r.db.Read(), f.No, 1, f.Len, func(s oplog.Stored) (bool, error) {
			o, _, err := op.Parse(s.Raw)
			if err != nil {
				return false, err
			}
			ops = append(ops, o)
			if len(ops) == 1000 {
				return true, check()
			}
			return true, nil
		})
		if err == nil {
			err = check()
		}
		if err == nil && (next != f.Len+1 || prev != f.Head) {
			err = fmt.Errorf("feed ends at %d, not %d", next-1, f.Len)
		}
		if err != nil {
			return total, fmt.Errorf("feed of device %s: %w", f.Device, err)
		}
	}
	return total, nil
}

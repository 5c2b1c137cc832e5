package replica

import (
	"context"
	"fmt"
)

// write runs a transaction of the replica: stage, finish, flush, commit, publish. No other one begins before memory follows
// the database, so each sees the feeds as the one before left them. When the transaction fails, in fn or in the commit, what
// was learned in it is forgotten.
func (r *Replica) write(ctx context.Context, fn func(p *projector) error) error {
	p, err := r.commit(ctx, fn)
	if err != nil {
		return err
	}
	defer r.turn.Unlock()
	if !p.event.empty() {
		r.publish(&p.event)
	}
	return nil
}

// commit is write up to the publication, for which it returns with turn held.
func (r *Replica) commit(ctx context.Context, fn func(p *projector) error) (*projector, error) {
	r.writer.Lock()
	defer r.writer.Unlock()
	if r.stale {
		if err := r.forget(); err != nil {
			return nil, fmt.Errorf("read again after a failed write: %w", err)
		}
	}
	r.stale = true // until it is known how this one ends, also if fn panics
	p, err := r.transact(ctx, fn)
	if err != nil {
		r.heldDue.Store(1) // when the next held op is due may have been forgotten: look soon
		if r.stale = p != nil && p.memory; r.stale {
			if err := r.forget(); err != nil {
				r.log.Error("read again after a failed write", "err", err)
			}
		}
		return nil, err
	}
	r.stale = false
	// Before the feeds: who sees an arrival number sees by whom what came up to there is read.
	r.committed.Store(r.world.Load())
	p.b.Commit()
	r.noteOwn(p)
	for i := range p.event.Feeds {
		p.event.Feeds[i].Feed = r.feeds.Feed(p.event.Feeds[i].Feed.FeedKey)
	}
	r.turn.Lock()
	return p, nil
}

func (r *Replica) transact(ctx context.Context, fn func(p *projector) error) (p *projector, err error) {
	err = r.db.Write(ctx, func(tx Tx) error {
		p = r.newProjector(tx, r.feeds.Begin(tx))
		if err := fn(p); err != nil {
			return err
		}
		if err := p.finish(); err != nil {
			return err
		}
		_, err := p.b.Flush()
		return err
	})
	return p, err
}

// forget reads again, from what is committed, what a failed transaction taught memory. The caller holds writer and no
// transaction.
func (r *Replica) forget() error {
	if err := r.recall(r.db.Read()); err != nil {
		return err
	}
	w := r.committed.Load()
	r.world.Store(w)
	if w != nil {
		r.horizons.remember(w)
	}
	r.stale = false
	return nil
}

// noteOwn counts own ops and keeps the number outside the database.
func (r *Replica) noteOwn(p *projector) {
	before := r.ownOps
	for i := range p.event.Feeds {
		if a := &p.event.Feeds[i]; a.Feed.Device == r.id.Device.ID {
			r.ownOps += a.Feed.Len + 1 - a.From
		}
	}
	if p.recount { // ops went away
		r.countOwn()
	}
	if r.mark == nil || r.ownOps == before && !p.recount {
		return
	}
	if err := r.mark.Store(r.ownOps); err != nil {
		r.log.Warn("could not note the number of own ops", "err", err)
	}
}

func (e *Event) empty() bool {
	return len(e.Feeds) == 0 && len(e.Registers) == 0 && len(e.Forks) == 0 && len(e.Branches) == 0 && !e.Authority && !e.Receipts && !e.Keys
}

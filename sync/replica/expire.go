package replica

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// This file holds stored ops against the horizons, step by step (SPEC H6, H7). What is still to do stands in the table expiry,
// written in the transaction that caused it, so a crash loses none of it.

// stage is one of the two things that are done to feeds.
type stage int

const (
	withdrawing stage = 0
	pruning     stage = 1
)

// A step looks at stepOps ops in one transaction; so many steps are made before others have their turn again.
const (
	stepOps    = 2000
	stepsATurn = 16
)

// expireFrom notes that a feed is to be looked at from seq on.
func expireFrom(tx Tx, s stage, feedNo int64, seq uint64) error {
	if _, err := tx.Exec(`INSERT INTO expiry (stage, feed, next) VALUES (?, ?, ?) ON CONFLICT (stage, feed) DO UPDATE SET next = min(next, excluded.next)`,
		int(s), feedNo, int64(seq)); err != nil {
		return fmt.Errorf("note expiry: %w", err)
	}
	return nil
}

// Expire withdraws what horizons cover and prunes what has been covered for long enough, until nothing of it is left to do.
// The replica does it by itself; comparing with what the ops say has to wait for it (SPEC P1, H6).
func (r *Replica) Expire(ctx context.Context) error {
	for {
		if more, err := r.ExpireStep(ctx); err != nil || !more {
			return err
		}
	}
}

// expireSome is one turn of Expire.
func (r *Replica) expireSome(ctx context.Context) error {
	for range stepsATurn {
		if more, err := r.ExpireStep(ctx); err != nil || !more || ctx.Err() != nil {
			return err
		}
	}
	return nil
}

// ExpireStep is one step of Expire, in one transaction. more is false when there is nothing to do.
func (r *Replica) ExpireStep(ctx context.Context) (more bool, err error) {
	if err := r.db.Read().QueryRow(`SELECT EXISTS (SELECT 1 FROM expiry)`).Scan(&more); err != nil {
		return false, fmt.Errorf("read expiry: %w", err)
	}
	ripe, err := r.ripening(r.db.Read())
	if err != nil || !more && len(ripe) == 0 {
		return false, err
	}
	return true, r.write(ctx, func(p *projector) error {
		for i := range ripe {
			if err := r.ripen(p, &ripe[i]); err != nil {
				return err
			}
		}
		var s stage
		var no int64
		var next uint64
		err := p.tx.QueryRow(`SELECT stage, feed, next FROM expiry ORDER BY stage, feed LIMIT 1`).Scan(&s, &no, &next)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read expiry: %w", err)
		}
		return r.expireFeed(p, s, no, next)
	})
}

// placedHorizon is a horizon and its scope.
type placedHorizon struct {
	tag op.ScopeTag
	*horizon
}

// ripening lists the horizons that have been known for long enough and of which nothing was pruned yet. Those that do not count
// wait until they do.
func (r *Replica) ripening(q oplog.Querier) ([]placedHorizon, error) {
	rows, err := q.Query(`SELECT id, tag FROM horizon WHERE ripe = 0 AND at <= ? ORDER BY lseq`, r.now().Add(-ripeAfter).UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("read horizons: %w", err)
	}
	defer rows.Close()
	var out []placedHorizon
	for rows.Next() {
		var id, tag []byte
		if err := rows.Scan(&id, &tag); err != nil {
			return nil, fmt.Errorf("read horizon: %w", err)
		}
		t := op.ScopeTag(tag)
		for _, x := range r.horizons.all(t) {
			if x.id == op.ID(id) && r.horizons.of(t).counts[x.id] {
				out = append(out, placedHorizon{t, x})
			}
		}
	}
	return out, rows.Err()
}

// ripen notes the feeds that a horizon names, to be pruned.
func (r *Replica) ripen(p *projector, x *placedHorizon) error {
	if _, err := p.tx.Exec(`UPDATE horizon SET ripe = 1 WHERE id = ?`, x.id[:]); err != nil {
		return fmt.Errorf("ripen horizon: %w", err)
	}
	for _, f := range x.says.Feeds {
		feed := p.b.Feed(oplog.FeedKey{Tag: x.tag, Device: f.Device, Incarnation: f.Incarnation})
		if feed == nil {
			continue // what comes is pruned as it comes
		}
		if err := expireFrom(p.tx, pruning, feed.No, 1); err != nil {
			return err
		}
	}
	return nil
}

func (r *Replica) expireFeed(p *projector, s stage, no int64, next uint64) error {
	f, ok := r.feeds.ByNo(no)
	if !ok {
		return fmt.Errorf("expire: no feed %d", no)
	}
	end := min(f.Len, next+stepOps-1)
	if end == f.Len { // with what is ahead of the feed
		end = f.Top()
	}
	err := oplog.EachOp(p.tx, no, next, end, func(x *oplog.Stored) error {
		if s == pruning {
			return r.pruneOp(p, x)
		}
		return r.expireOp(p, no, x)
	})
	if err != nil {
		return err
	}
	if end < f.Len {
		_, err := p.tx.Exec(`UPDATE expiry SET next = ? WHERE stage = ? AND feed = ?`, int64(end)+1, int(s), no)
		if err != nil {
			return fmt.Errorf("note expiry: %w", err)
		}
		return nil
	}
	if _, err := p.tx.Exec(`DELETE FROM expiry WHERE stage = ? AND feed = ?`, int(s), no); err != nil {
		return fmt.Errorf("note expiry: %w", err)
	}
	if s == pruning {
		return nil
	}
	return r.settleClock(p, &f)
}

// expireOp judges a stored op again if the horizons say something else of it than its status does.
func (r *Replica) expireOp(p *projector, no int64, s *oplog.Stored) error {
	sealed, _, err := op.Parse(s.Raw)
	if err != nil {
		return fmt.Errorf("stored op: %w", err)
	}
	o, st := &opened{sealed: sealed}, oplog.NoKey
	if !sealed.Expires() && sealed.Kind == op.Content && s.HLC > 0 { // from before headers told: the body has to
		st = r.decrypt(o)
	}
	_, _, covered := r.past(o, st)
	if covered == (s.Status == oplog.Expired) || sealed.Stub {
		return nil
	}
	var clock hlc.Time
	if !covered {
		_, seq := oplog.SplitKey(s.Key)
		if clock, err = oplog.ClockBefore(p.tx, no, 1, seq); err != nil {
			return err
		}
	}
	return r.recheckOp(p, no, s, &clock)
}

// pruneOp replaces an expired op by its stub if that is due.
func (r *Replica) pruneOp(p *projector, s *oplog.Stored) error {
	sealed, _, err := op.Parse(s.Raw)
	if err != nil {
		return fmt.Errorf("stored op: %w", err)
	}
	if s.Status != oplog.Expired || !r.prunes(&sealed) {
		return nil
	}
	stub := sealed.Pruned()
	return p.b.Prune(s.Key, stub.AppendTo(nil))
}

// prunes tells whether an op is whole and no longer to be kept so.
func (r *Replica) prunes(s *op.Sealed) bool {
	if s.Stub || !s.Expires() {
		return false
	}
	_, ripe, covered := r.past(&opened{sealed: *s}, oplog.NoKey)
	return covered && ripe <= r.now().UnixMilli()
}

// settleClock works out a feed's clock again: expired ops count less than they did, so the clock of the feed may be lower, and
// ops that were void for theirs may count now (SPEC H5, P2).
func (r *Replica) settleClock(p *projector, f *oplog.Feed) error {
	var void bool
	if err := p.tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM op WHERE id BETWEEN ? AND ? AND status = ?)`, oplog.Key(f.No, 1), oplog.Key(f.No, f.Len), int64(oplog.Void)).Scan(&void); err != nil {
		return fmt.Errorf("read feed: %w", err)
	}
	if void {
		if err := r.recheckFeed(p, f.No, 1); err != nil {
			return err
		}
	}
	clock, err := oplog.ClockBefore(p.tx, f.No, 1, f.Len+1)
	if err != nil {
		return err
	}
	if staged := p.b.Feed(f.FeedKey); staged != nil {
		staged.SetClock(clock)
	}
	return nil
}

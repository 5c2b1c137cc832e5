package replica

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// This file writes horizons (SPEC H9).

// horizonEvery is how long a scope goes without another horizon, whoever wrote the last.
const horizonEvery = 28 * 24 * time.Hour

// WriteHorizons says what is past keeping by the house rule, in the scopes in which that is for this device to say. The replica
// calls it once a day.
func (r *Replica) WriteHorizons(ctx context.Context) error {
	w := r.committed.Load()
	now := r.now()
	days := keptDays(w.auth, hlc.FromWall(now))
	if days == 0 {
		return nil
	}
	until := op.WeekBefore(now.AddDate(0, 0, -days).UnixMilli())
	for _, s := range w.ordered() {
		if !r.saysHorizon(w, s, now) {
			continue
		}
		feeds, err := r.pastKeeping(r.db.Read(), s.tag, until)
		if err != nil {
			return err
		}
		if len(feeds) == 0 {
			continue
		}
		if err := r.writeHorizon(ctx, s.tag, days, feeds); err != nil {
			return fmt.Errorf("horizon of %s: %w", s.id, err)
		}
	}
	return nil
}

// saysHorizon tells whether this device may write a horizon of the scope, and none was written lately.
func (r *Replica) saysHorizon(w *world, s *scope, now time.Time) bool {
	if s.kind == ScopeUnknown || s.kind == ScopeControl || !w.leads(s, r.id.Root.ID) || r.mayWrite(s) != nil {
		return false
	}
	c := r.horizons.of(s.tag)
	return !slices.ContainsFunc(r.horizons.all(s.tag), func(x *horizon) bool {
		return c.counts[x.id] && x.at.Wall().After(now.Add(-horizonEvery))
	})
}

// pastKeeping finds up to where the feeds of a scope hold ops that expire, were written before a time and are not expired yet.
func (r *Replica) pastKeeping(q oplog.Querier, tag op.ScopeTag, until int64) ([]op.HorizonFeed, error) {
	var out []op.HorizonFeed
	for _, f := range r.feeds.Scope(tag) {
		var key sql.NullInt64
		// The first byte of a whole op is the version; the third holds the flag that it expires.
		err := q.QueryRow(`SELECT max(id) FROM op WHERE id BETWEEN ? AND ? AND status <> ? AND hlc > 0 AND hlc < ?
			AND substr(data, 1, 2) = ? AND substr(data, 3, 1) >= x'80'`,
			oplog.Key(f.No, 1), oplog.Key(f.No, f.Len), int64(oplog.Expired), int64(hlc.New(until, 0)), []byte{op.Version, byte(op.Content)}).Scan(&key)
		if err != nil {
			return nil, fmt.Errorf("read what is past keeping: %w", err)
		}
		if !key.Valid {
			continue
		}
		x := feedOf(f.FeedKey)
		_, x.Seq = oplog.SplitKey(key.Int64)
		out = append(out, x)
	}
	slices.SortFunc(out, op.HorizonFeed.Compare)
	return out, nil
}

// writeHorizon writes as many ops as the feeds take.
func (r *Replica) writeHorizon(ctx context.Context, tag op.ScopeTag, days int, feeds []op.HorizonFeed) error {
	return r.write(ctx, func(p *projector) error {
		s := r.world.Load().scopes[tag]
		if s == nil {
			return ErrNoScope
		}
		if err := r.mayWrite(s); err != nil {
			return err
		}
		for part := range slices.Chunk(feeds, op.MaxHorizonFeeds) {
			h := op.Horizon{Days: days, Feeds: part}
			if _, err := r.appendOwn(p, tag, nil, op.Epoch, op.TypeHorizon, nil, h, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

package relay

import (
	"context"
	"fmt"
	"time"

	"tongzhou/sync/relay/store"
)

// When what is stored goes again.
const (
	collectEvery = time.Hour
	keepFor      = 30 * 24 * time.Hour // every op, at least
	liveFor      = 90 * 24 * time.Hour // a device that was not seen for longer is not waited for
	collectOps   = 1000                // in one transaction, so that nobody waits long

	// Chunks: what they are cited by is unknown here; what is cited is named again and again.
	namedEvery    = 24 * time.Hour      // it is not noted more often that one was named
	namedFor      = 7 * 24 * time.Hour  // one that was named since then goes for no other chunk
	keepChunks    = 30 * 24 * time.Hour // after one was last named
	keepUnfetched = 90 * 24 * time.Hour // where no other device has fetched it
	unfinishedFor = time.Hour
	collectChunks = 16 // in one transaction
)

func (r *Relay) collectFrom(ctx context.Context) {
	tick := time.NewTicker(collectEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := r.Collect(ctx); err != nil && ctx.Err() == nil {
			r.log.Error("what everybody has could not be collected", "err", err)
		}
	}
}

// Collect deletes mail whose time is over, chunks that nobody names any more, and content that is older than thirty days and that every device seen in the last
// ninety days has stored. Control ops, and the epoch ops of every scope, stay: newcomers need them.
func (r *Relay) Collect(ctx context.Context) error {
	now := r.cfg.Now()
	if err := r.update(ctx, 0, func(tx store.Tx) error { return tx.Expire(ctx, now.UnixMilli()) }); err != nil {
		return fmt.Errorf("collect: %w", err)
	}
	teams, err := r.store.Teams(ctx)
	if err != nil {
		return fmt.Errorf("collect: %w", err)
	}
	for _, t := range teams {
		if err := r.collectTeam(ctx, t, now); err != nil {
			return fmt.Errorf("collect: %w", err)
		}
		if err := r.collectChunks(ctx, t.No, now); err != nil {
			return fmt.Errorf("collect: %w", err)
		}
	}
	return nil
}

func (r *Relay) collectTeam(ctx context.Context, t store.Team, now time.Time) error {
	upTo, ok, err := r.stored(ctx, t, now)
	if err != nil || !ok {
		return err
	}
	feeds, err := r.store.Changed(ctx, t.No, -1)
	if err != nil {
		return err
	}
	for _, f := range feeds {
		for more := f.Content && f.First <= f.Len; more; {
			err := r.update(ctx, t.No, func(tx store.Tx) error {
				if _, ok, err := tx.TeamByNo(ctx, t.No); err != nil || !ok {
					more = false
					return err
				}
				current, ok, err := tx.Feed(ctx, t.No, f.FeedKey)
				if more = ok; err != nil || !ok {
					return err
				}
				_, n, err := tx.Collect(ctx, t.No, current, upTo, now.Add(-keepFor).UnixMilli(), collectOps)
				more = n >= collectOps
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// stored is the arrival number that every live device has passed; false if there is none.
func (r *Relay) stored(ctx context.Context, t store.Team, now time.Time) (upTo int64, ok bool, err error) {
	devices, err := r.store.Devices(ctx, t.No)
	if err != nil {
		return 0, false, err
	}
	for _, d := range devices {
		if !d.In(now.UnixMilli()) || d.SeenMS < now.Add(-liveFor).UnixMilli() {
			continue
		}
		if !ok || d.Cursor < upTo {
			upTo, ok = d.Cursor, true
		}
	}
	return upTo, ok, nil
}

// collectChunks removes chunks that no device has named for thirty days, ninety if no other than their own has fetched them, and
// what was begun and not finished.
func (r *Relay) collectChunks(ctx context.Context, no store.TeamNo, now time.Time) error {
	for kind, keep := range map[store.ChunkKind]time.Duration{store.FetchedChunk: keepChunks, store.AnyChunk: keepUnfetched, store.UnfinishedChunk: unfinishedFor} {
		for more := true; more; {
			err := r.update(ctx, no, func(tx store.Tx) error {
				more = false
				if _, ok, err := tx.TeamByNo(ctx, no); err != nil || !ok {
					return err
				}
				old, err := tx.OldChunks(ctx, no, kind, now.Add(-keep).UnixMilli(), collectChunks)
				if err != nil {
					return err
				}
				for i := range old {
					if err := tx.DropChunk(ctx, no, &old[i]); err != nil {
						return err
					}
				}
				more = len(old) == collectChunks
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

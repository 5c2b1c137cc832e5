package replica

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// This file remembers, for each relay's database, what it said it has stored.

// RelayStore names the database of a relay: what it holds and where it was followed to is forgotten with it.
type RelayStore [16]byte

// relays: how much of each feed each relay's database has acknowledged.
type relays struct {
	mu     sync.RWMutex
	stored map[RelayStore]map[int64]uint64
}

func (x *relays) load(q oplog.Querier) error {
	rows, err := q.Query(`SELECT store, feed, len FROM relay_stored`)
	if err != nil {
		return fmt.Errorf("read what relays hold: %w", err)
	}
	defer rows.Close()
	all := map[RelayStore]map[int64]uint64{}
	for rows.Next() {
		var store []byte
		var no, n int64
		if err := rows.Scan(&store, &no, &n); err != nil || len(store) != 16 {
			return errors.Join(errors.New("read what relays hold: malformed row"), err)
		}
		put(all, RelayStore(store), no, uint64(n))
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.stored = all
	return rows.Err()
}

func put(all map[RelayStore]map[int64]uint64, store RelayStore, no int64, n uint64) {
	if all[store] == nil {
		all[store] = map[int64]uint64{}
	}
	all[store][no] = max(all[store][no], n)
}

// OnRelay is the seq up to which a relay of the team holds a feed, by the relay's own word.
func (r *Replica) OnRelay(feedNo int64) uint64 {
	r.relays.mu.RLock()
	defer r.relays.mu.RUnlock()
	var n uint64
	for _, feeds := range r.relays.stored {
		n = max(n, feeds[feedNo])
	}
	return n
}

// StoredAt is OnRelay of one relay's database.
func (r *Replica) StoredAt(store RelayStore, feedNo int64) uint64 {
	r.relays.mu.RLock()
	defer r.relays.mu.RUnlock()
	return r.relays.stored[store][feedNo]
}

// OwnFeeds are the feeds that this device writes now in scopes that it reads.
func (r *Replica) OwnFeeds() []oplog.Feed {
	inc := r.feeds.Incarnation()
	var out []oplog.Feed
	for tag, s := range r.world.Load().scopes {
		if !s.readers[r.id.Device.ID] {
			continue
		}
		if f := r.feeds.Feed(oplog.FeedKey{Tag: tag, Device: r.id.Device.ID, Incarnation: inc}); f.Len > 0 {
			out = append(out, f)
		}
	}
	return out
}

func (x *relays) forget(stores []RelayStore) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, s := range stores {
		delete(x.stored, s)
	}
}

// RelayStored records what a relay says it has durably stored, of ops that are here too and are the same ones. unsure says
// that the cursor has not passed them yet.
func (r *Replica) RelayStored(ctx context.Context, store RelayStore, acks []Ack, unsure bool) error {
	type word struct {
		feed oplog.Feed
		n    uint64
	}
	var list []word
	for i := range acks {
		a := &acks[i]
		f := r.feeds.Feed(a.Feed)
		if a.Len == 0 || a.Len > f.Len || r.StoredAt(store, f.No) >= a.Len {
			continue
		}
		head := f.Head
		if a.Len < f.Len {
			var err error
			if head, err = oplog.HeadAt(r.db.Read(), f.No, a.Len); err != nil {
				return err
			}
		}
		if [8]byte(head[:8]) == a.Head {
			list = append(list, word{f, a.Len})
		}
	}
	if len(list) == 0 {
		return nil
	}
	err := r.db.Write(ctx, func(tx Tx) error {
		if unsure {
			if _, err := tx.Exec(`UPDATE relay SET unsure = 1 WHERE store = ?`, store[:]); err != nil {
				return fmt.Errorf("store what a relay holds: %w", err)
			}
		}
		for i := range list {
			x := &list[i]
			if _, err := tx.Exec(`INSERT INTO relay_stored (store, feed, len) VALUES (?, ?, ?) ON CONFLICT (store, feed) DO UPDATE SET len = max(len, excluded.len)`, store[:], x.feed.No, int64(x.n)); err != nil {
				return fmt.Errorf("store what a relay holds: %w", err)
			}
			if sc := r.world.Load().scopes[x.feed.Tag]; sc != nil && x.feed.Device == r.id.Device.ID {
				tx.Changed("receipt", sc.id.String())
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.relays.mu.Lock()
	defer r.relays.mu.Unlock()
	for i := range list {
		put(r.relays.stored, store, list[i].feed.No, list[i].n)
	}
	return nil
}

// RelayLost takes back what was known of feeds of which the relay, by its whole list, has less.
func (r *Replica) RelayLost(ctx context.Context, store RelayStore, has map[int64]uint64) error {
	if len(has) == 0 {
		return nil
	}
	err := r.db.Write(ctx, func(tx Tx) error {
		for no, n := range has {
			if _, err := tx.Exec(`UPDATE relay_stored SET len = ? WHERE store = ? AND feed = ?`, int64(n), store[:], no); err != nil {
				return fmt.Errorf("take back what a relay held: %w", err)
			}
			if f, ok := r.feeds.ByNo(no); ok && f.Device == r.id.Device.ID {
				if sc := r.world.Load().scopes[f.Tag]; sc != nil {
					tx.Changed("receipt", sc.id.String())
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.relays.mu.Lock()
	defer r.relays.mu.Unlock()
	for no, n := range has {
		if feeds := r.relays.stored[store]; feeds != nil {
			feeds[no] = n
		}
	}
	return nil
}

// OwnRegisters lists this device's registers of a scope that changed after an arrival number, and the number of the last one.
func (r *Replica) OwnRegisters(tag op.ScopeTag, after int64) (raws [][]byte, upTo int64, err error) {
	rows, err := r.db.Read().Query(`SELECT lseq, data FROM register WHERE tag = ? AND device = ? AND lseq > ? ORDER BY lseq`, tag[:], r.id.Device.ID[:], after)
	if err != nil {
		return nil, 0, fmt.Errorf("read registers: %w", err)
	}
	defer rows.Close()
	upTo = after
	for rows.Next() {
		var raw []byte
		if err := rows.Scan(&upTo, &raw); err != nil {
			return nil, 0, fmt.Errorf("read register: %w", err)
		}
		raws = append(raws, raw)
	}
	return raws, upTo, rows.Err()
}

// RelayRegisters notes that a relay holds the own registers of scopes up to arrival numbers.
func (r *Replica) RelayRegisters(ctx context.Context, store RelayStore, upTo map[op.ScopeTag]int64) error {
	return r.db.Write(ctx, func(tx Tx) error {
		for tag, n := range upTo {
			if _, err := tx.Exec(`UPDATE relay_scope SET registers = max(registers, ?) WHERE store = ? AND tag = ?`, n, store[:], tag[:]); err != nil {
				return fmt.Errorf("note registers at a relay: %w", err)
			}
		}
		return nil
	})
}

package replica

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// This file remembers, for each relay's database, what it said it has stored and how far it was followed.

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

// RelayMark is how far a relay's database was followed.
type RelayMark struct {
	Cursor int64                 // everything that it listed up to there is here
	Mail   int64                 // mail up to this number was left there
	Scopes map[op.ScopeTag]int64 // those that the cursor covers; own registers up to the arrival number are there
	// Whole says that the relay must list everything: it stored something that the cursor has not passed, so it may have been
	// put back to before that without its numbers showing it, or the last time was long ago.
	Whole bool
}

// wholeEvery is how often a relay lists everything, whatever the cursor: should its database have been put back and grown past
// the cursor since, that shows here.
const wholeEvery = 24 * time.Hour

// RelayNumberUnknown stands for the highest arrival number of a relay that did not say.
const RelayNumberUnknown = -1

// OpenRelay begins a conversation with the relay behind a transport key. Another database than last time, or one that was put
// back to before the cursor (lseq is the highest arrival number there), holds nothing as far as is known.
func (r *Replica) OpenRelay(ctx context.Context, peer [32]byte, store RelayStore, lseq int64) (RelayMark, error) {
	var mark RelayMark
	var lost []RelayStore
	err := r.db.Write(ctx, func(tx Tx) error {
		mark, lost = RelayMark{Scopes: map[op.ScopeTag]int64{}}, nil
		known, err := relaysBehind(tx, peer)
		if err != nil {
			return err
		}
		for s, cursor := range known {
			if s != store || lseq != RelayNumberUnknown && cursor > lseq {
				lost = append(lost, s)
				if err := forgetRelay(tx, s); err != nil {
					return err
				}
			}
		}
		if _, err := tx.Exec(`INSERT OR IGNORE INTO relay (store, peer, cursor, mail, unsure, whole) VALUES (?, ?, 0, 0, 0, ?)`, store[:], peer[:], r.now().UnixMilli()); err != nil {
			return fmt.Errorf("store relay: %w", err)
		}
		return r.readMark(tx, store, &mark)
	})
	mark.Whole = mark.Whole || lseq == RelayNumberUnknown
	if err == nil {
		r.relays.forget(lost)
	}
	return mark, err
}

func relaysBehind(q oplog.Querier, peer [32]byte) (map[RelayStore]int64, error) {
	rows, err := q.Query(`SELECT store, cursor FROM relay WHERE peer = ?`, peer[:])
	if err != nil {
		return nil, fmt.Errorf("read relays: %w", err)
	}
	defer rows.Close()
	out := map[RelayStore]int64{}
	for rows.Next() {
		var store []byte
		var cursor int64
		if err := rows.Scan(&store, &cursor); err != nil || len(store) != 16 {
			return nil, errors.Join(errors.New("read relay: malformed row"), err)
		}
		out[RelayStore(store)] = cursor
	}
	return out, rows.Err()
}

func (r *Replica) readMark(q oplog.Querier, store RelayStore, m *RelayMark) error {
	var unsure bool
	var whole int64
	if err := q.QueryRow(`SELECT cursor, mail, unsure, whole FROM relay WHERE store = ?`, store[:]).Scan(&m.Cursor, &m.Mail, &unsure, &whole); err != nil {
		return fmt.Errorf("read relay: %w", err)
	}
	m.Whole = unsure || r.now().Sub(time.UnixMilli(whole)) > wholeEvery
	rows, err := q.Query(`SELECT tag, registers FROM relay_scope WHERE store = ?`, store[:])
	if err != nil {
		return fmt.Errorf("read scopes at the relay: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var tag []byte
		var n int64
		if err := rows.Scan(&tag, &n); err != nil || len(tag) != 16 {
			return errors.Join(errors.New("read scope at the relay: malformed row"), err)
		}
		m.Scopes[op.ScopeTag(tag)] = n
	}
	return rows.Err()
}

func forgetRelay(tx Tx, s RelayStore) error {
	for _, q := range []string{`DELETE FROM relay_stored WHERE store = ?`, `DELETE FROM relay_scope WHERE store = ?`, `DELETE FROM relay WHERE store = ?`} {
		if _, err := tx.Exec(q, s[:]); err != nil {
			return fmt.Errorf("forget relay: %w", err)
		}
	}
	return nil
}

func (x *relays) forget(stores []RelayStore) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, s := range stores {
		delete(x.stored, s)
	}
}

// KeepRelays forgets every relay that is not behind one of the transport keys: what they hold is nobody's promise any more.
func (r *Replica) KeepRelays(ctx context.Context, peers [][32]byte) error {
	keep := map[[32]byte]bool{}
	for _, p := range peers {
		keep[p] = true
	}
	var lost []RelayStore
	rows, err := r.db.Read().Query(`SELECT store, peer FROM relay`)
	if err != nil {
		return fmt.Errorf("read relays: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var store, peer []byte
		if err := rows.Scan(&store, &peer); err != nil || len(store) != 16 || len(peer) != 32 {
			return errors.Join(errors.New("read relay: malformed row"), err)
		}
		if !keep[[32]byte(peer)] {
			lost = append(lost, RelayStore(store))
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil || len(lost) == 0 {
		return err
	}
	err = r.db.Write(ctx, func(tx Tx) error {
		for _, s := range lost {
			if err := forgetRelay(tx, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		r.relays.forget(lost)
	}
	return err
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

// Followed is how far a relay was followed.
type Followed struct {
	Cursor int64
	Scopes map[op.ScopeTag]bool // whose list up to the cursor is here; no others
	Sure   bool                 // nothing was stored there since that the cursor has not passed
	Whole  bool                 // the list began at the beginning
}

// FollowRelay moves the cursor.
func (r *Replica) FollowRelay(ctx context.Context, store RelayStore, to Followed) error {
	scopes := to.Scopes
	return r.db.Write(ctx, func(tx Tx) error {
		if _, err := tx.Exec(`UPDATE relay SET cursor = ?1, unsure = CASE WHEN ?2 THEN 0 ELSE unsure END, whole = CASE WHEN ?3 THEN ?4 ELSE whole END WHERE store = ?5`,
			to.Cursor, to.Sure, to.Whole, r.now().UnixMilli(), store[:]); err != nil {
			return fmt.Errorf("follow relay: %w", err)
		}
		var m RelayMark
		m.Scopes = map[op.ScopeTag]int64{}
		if err := r.readMark(tx, store, &m); err != nil {
			return err
		}
		for tag := range m.Scopes {
			if scopes[tag] {
				continue
			}
			if _, err := tx.Exec(`DELETE FROM relay_scope WHERE store = ? AND tag = ?`, store[:], tag[:]); err != nil {
				return fmt.Errorf("follow relay: %w", err)
			}
		}
		for tag := range scopes {
			if _, err := tx.Exec(`INSERT OR IGNORE INTO relay_scope (store, tag, registers) VALUES (?, ?, 0)`, store[:], tag[:]); err != nil {
				return fmt.Errorf("follow relay: %w", err)
			}
		}
		return nil
	})
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

package replica

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// This file remembers how far each relay's database was followed, and forgets what is no relay of the team's any more.

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

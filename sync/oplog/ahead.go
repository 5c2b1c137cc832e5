package oplog

import (
	"fmt"

	"tongzhou/sync/hlc"
)

// This file keeps ops that came ahead of the feed they belong to (SPEC L13): the newest, so that a newcomer reads them while the
// long rest is on its way. They have their effect, and are no part of the feed: nobody is told of them.

// MaxAhead bounds the ops of one feed that are here ahead of it.
const MaxAhead = 1024

func (l *Log) readAhead(q Querier) error {
	rows, err := q.Query(`SELECT op FROM ahead`)
	if err != nil {
		return fmt.Errorf("read ops ahead: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var key int64
		if err := rows.Scan(&key); err != nil {
			return fmt.Errorf("read op ahead: %w", err)
		}
		no, seq := SplitKey(key)
		if f := l.byNo[no]; f != nil {
			f.Ahead = max(f.Ahead, seq)
		}
	}
	return rows.Err()
}

// CountAhead is how many ops are here ahead of the feed.
func CountAhead(q Querier, f *Feed) (n int, err error) {
	if f.Ahead == 0 {
		return 0, nil
	}
	if err := q.QueryRow(`SELECT count(*) FROM ahead WHERE op > ? AND op <= ?`, Key(f.No, f.Len), Key(f.No, f.Ahead)).Scan(&n); err != nil {
		return 0, fmt.Errorf("count ops ahead: %w", err)
	}
	return n, nil
}

// PutAhead stores an op ahead of the feed, which lacks what is before it, and returns its key.
func (b *Batch) PutAhead(f *Feed, seq uint64, raw []byte, st Status, clock hlc.Time, atMillis int64) (int64, error) {
	key := Key(f.No, seq)
	if _, err := b.tx.Exec(`INSERT INTO op (id, status, at, hlc, data) VALUES (?, ?, ?, ?, ?)`, key, int64(st), atMillis, int64(clock), raw); err != nil {
		return 0, fmt.Errorf("store op ahead: %w", err)
	}
	if _, err := b.tx.Exec(`INSERT INTO ahead (op) VALUES (?)`, key); err != nil {
		return 0, fmt.Errorf("note op ahead: %w", err)
	}
	f.Ahead = max(f.Ahead, seq)
	return key, nil
}

// Reach says that the op at the next place of the feed, which is here ahead of it, is its next: id is that op's.
func (b *Batch) Reach(f *Feed, s *Stored, id [32]byte) error {
	_, seq := SplitKey(s.Key)
	if seq != f.Len+1 {
		return ErrGap
	}
	if _, err := b.tx.Exec(`DELETE FROM ahead WHERE op = ?`, s.Key); err != nil {
		return fmt.Errorf("reach op ahead: %w", err)
	}
	f.Len, f.Head, f.changed = seq, id, true
	if f.Ahead == seq {
		f.Ahead = 0
	}
	if s.Status != Void && s.HLC > f.HLC {
		f.HLC = s.HLC
	}
	return nil
}

// DropAhead removes the ops from seq on that are here ahead of the feed. The caller has taken back their effects.
func (b *Batch) DropAhead(f *Feed, seq uint64) error {
	from, to := Key(f.No, max(seq, f.Len+1)), Key(f.No, f.Ahead)
	for _, q := range []string{`DELETE FROM op WHERE id >= ? AND id <= ?`, `DELETE FROM ahead WHERE op >= ? AND op <= ?`} {
		if _, err := b.tx.Exec(q, from, to); err != nil {
			return fmt.Errorf("drop ops ahead: %w", err)
		}
	}
	var last int64
	if err := b.tx.QueryRow(`SELECT coalesce(max(op), 0) FROM ahead WHERE op > ? AND op < ?`, Key(f.No, f.Len), from).Scan(&last); err != nil {
		return fmt.Errorf("read op ahead: %w", err)
	}
	_, f.Ahead = SplitKey(last)
	return nil
}

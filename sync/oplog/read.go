package oplog

import (
	"database/sql"
	"errors"
	"fmt"

	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// Stored is an op as it lies in the log.
type Stored struct {
	Key    int64
	Status Status
	At     int64 // arrival, ms since 1970
	HLC    hlc.Time
	Raw    []byte // header, signature, ciphertext
}

// Read calls fn for each op of the feed with from ≤ seq ≤ to, in order, until fn returns false.
func Read(q Querier, feedNo int64, from, to uint64, fn func(Stored) (bool, error)) error {
	rows, err := q.Query(`SELECT id, status, at, hlc, data FROM op WHERE id BETWEEN ? AND ? ORDER BY id`, Key(feedNo, from), Key(feedNo, to))
	if err != nil {
		return fmt.Errorf("read ops: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var s Stored
		if err := rows.Scan(&s.Key, &s.Status, &s.At, &s.HLC, &s.Raw); err != nil {
			return fmt.Errorf("read op: %w", err)
		}
		more, err := fn(s)
		if err != nil {
			return err
		}
		if !more {
			return nil
		}
	}
	return rows.Err()
}

// EachOp calls fn for each op of the feed with from ≤ seq ≤ to, in order. Effects may be written meanwhile: a few hundred are
// read at a time, and none while fn runs. It is an error if there is none.
func EachOp(q Querier, feedNo int64, from, to uint64, fn func(*Stored) error) error {
	const most = 500
	for from <= to {
		var page []Stored
		err := Read(q, feedNo, from, to, func(s Stored) (bool, error) {
			page = append(page, s)
			return len(page) < most, nil
		})
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return fmt.Errorf("read ops: feed %d lacks op %d", feedNo, from)
		}
		for i := range page {
			if err := fn(&page[i]); err != nil {
				return err
			}
		}
		_, last := SplitKey(page[len(page)-1].Key)
		from = last + 1
	}
	return nil
}

// ClockBefore is the greatest clock of the feed's ops with from ≤ seq < before, of those that are not void.
func ClockBefore(q Querier, feedNo int64, from, before uint64) (hlc.Time, error) {
	var t hlc.Time
	if err := q.QueryRow(`SELECT coalesce(max(hlc), 0) FROM op WHERE id >= ? AND id < ? AND status <> 5`, Key(feedNo, from), Key(feedNo, before)).Scan(&t); err != nil {
		return 0, fmt.Errorf("read feed clock: %w", err)
	}
	return t, nil
}

// HeadAt is the id of the op at seq, which is not the feed's last: the op after it names it.
func HeadAt(q Querier, feedNo int64, seq uint64) (op.ID, error) {
	var prev []byte
	const at = 49 // of Prev in a header, counted from 1
	if err := q.QueryRow(`SELECT substr(data, ?, 32) FROM op WHERE id = ?`, at, Key(feedNo, seq+1)).Scan(&prev); err != nil {
		return op.ID{}, fmt.Errorf("read op: %w", err)
	}
	if len(prev) != 32 {
		return op.ID{}, fmt.Errorf("read op: %d bytes of id", len(prev))
	}
	return op.ID(prev), nil
}

// ReadFrame collects whole ops from seq on until limit bytes or maxOps, at least one. It returns their bytes back to back.
func ReadFrame(q Querier, feedNo int64, from, to uint64, limit, maxOps int) (raw []byte, n int, err error) {
	rows, err := q.Query(`SELECT data FROM op WHERE id BETWEEN ? AND ? ORDER BY id`, Key(feedNo, from), Key(feedNo, min(to, from+uint64(maxOps)-1)))
	if err != nil {
		return nil, 0, fmt.Errorf("read ops: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var b sql.RawBytes
		if err := rows.Scan(&b); err != nil {
			return nil, 0, fmt.Errorf("read op: %w", err)
		}
		if n > 0 && len(raw)+len(b) > limit {
			break
		}
		if raw == nil {
			raw = make([]byte, 0, min(limit+len(b), (len(b)+64)*int(min(to-from+1, uint64(maxOps)))))
		}
		raw = append(raw, b...)
		n++
	}
	return raw, n, rows.Err()
}

// One reads a single op; ok is false if it is not stored.
func One(q Querier, key int64) (s Stored, ok bool, err error) {
	err = q.QueryRow(`SELECT id, status, at, hlc, data FROM op WHERE id = ?`, key).Scan(&s.Key, &s.Status, &s.At, &s.HLC, &s.Raw)
	if errors.Is(err, sql.ErrNoRows) {
		return s, false, nil
	}
	if err != nil {
		return s, false, fmt.Errorf("read op: %w", err)
	}
	return s, true, nil
}

// Unsettled is what may still change in a feed.
type Unsettled struct {
	Loose []uint64 // seqs of ops that could be read and do not count: each can be judged by itself
	From  uint64   // first op that could not be read, 0 if none: all from there on are judged in order, for their clocks
}

// AllUnsettled lists, per feed number, the ops whose status may still change.
func AllUnsettled(q Querier) (map[int64]*Unsettled, error) {
	rows, err := q.Query(`SELECT id, hlc FROM op WHERE status NOT IN (0, 5, 6) ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("read unsettled ops: %w", err)
	}
	defer rows.Close()
	out := map[int64]*Unsettled{}
	for rows.Next() {
		var key, clock int64
		if err := rows.Scan(&key, &clock); err != nil {
			return nil, fmt.Errorf("read unsettled op: %w", err)
		}
		no, seq := SplitKey(key)
		u := out[no]
		if u == nil {
			u = &Unsettled{}
			out[no] = u
		}
		switch {
		case u.From != 0:
		case clock == 0:
			u.From = seq
		default:
			u.Loose = append(u.Loose, seq)
		}
	}
	return out, rows.Err()
}

// ScopeRegisters returns every register of a scope, for a device that has just become a reader.
func ScopeRegisters(q Querier, tag op.ScopeTag) ([]RegisterRow, error) {
	rows, err := q.Query(`SELECT lseq, data FROM register WHERE tag = ?`, tag[:])
	if err != nil {
		return nil, fmt.Errorf("read registers: %w", err)
	}
	defer rows.Close()
	var out []RegisterRow
	for rows.Next() {
		r := RegisterRow{Tag: tag}
		if err := rows.Scan(&r.LSeq, &r.Raw); err != nil {
			return nil, fmt.Errorf("read register: %w", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// OneRegister returns a register as signed; nil if it is not stored.
func OneRegister(q Querier, tag op.ScopeTag, dev op.DeviceID, key string) (raw []byte, err error) {
	err = q.QueryRow(`SELECT data FROM register WHERE tag = ? AND device = ? AND key = ?`, tag[:], dev[:], key).Scan(&raw)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("read register: %w", err)
	}
	return raw, nil
}

// RegisterRow is a stored register.
type RegisterRow struct {
	Tag  op.ScopeTag
	LSeq int64
	Raw  []byte
}

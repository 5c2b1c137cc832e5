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

// Unsettled lists, per feed, the first op whose status may still change.
func Unsettled(q Querier) (map[int64]uint64, error) {
	rows, err := q.Query(`SELECT id FROM op WHERE status <> 0 AND status <> 5 ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("read unsettled ops: %w", err)
	}
	defer rows.Close()
	out := map[int64]uint64{}
	for rows.Next() {
		var key int64
		if err := rows.Scan(&key); err != nil {
			return nil, fmt.Errorf("read unsettled op: %w", err)
		}
		no, seq := SplitKey(key)
		if _, seen := out[no]; !seen {
			out[no] = seq
		}
	}
	return out, rows.Err()
}

// RegistersSince returns registers that changed after the arrival number, in that order, at most limit.
func RegistersSince(q Querier, lseq int64, limit int) ([]RegisterRow, error) {
	rows, err := q.Query(`SELECT tag, lseq, data FROM register WHERE lseq > ? ORDER BY lseq LIMIT ?`, lseq, limit)
	if err != nil {
		return nil, fmt.Errorf("read registers: %w", err)
	}
	defer rows.Close()
	var out []RegisterRow
	for rows.Next() {
		var r RegisterRow
		var tag []byte
		if err := rows.Scan(&tag, &r.LSeq, &r.Raw); err != nil {
			return nil, fmt.Errorf("read register: %w", err)
		}
		copy(r.Tag[:], tag)
		out = append(out, r)
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

// RegisterRow is a stored register.
type RegisterRow struct {
	Tag  op.ScopeTag
	LSeq int64
	Raw  []byte
}

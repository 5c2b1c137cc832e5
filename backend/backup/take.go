package backup

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// taker copies a source into a run.
type taker struct {
	w        *writer
	src      *Source
	chain    *Chain // before this run
	m        *Manifest
	progress func(Progress)
	done     Progress
}

func (t *taker) run(ctx context.Context) error {
	log, err := oplog.Open(t.src.DB)
	if err != nil {
		return err
	}
	store := log.StoreID()
	t.m.Store = store[:]
	if err := t.small(ctx); err != nil {
		return err
	}
	var changed []oplog.Feed
	for _, f := range log.Scope(t.src.Control) {
		changed = t.keep(changed, f)
	}
	for _, f := range log.Feeds() {
		if f.Tag != t.src.Control {
			changed = t.keep(changed, f)
		}
	}
	t.done.Phase = Writing
	for i := range changed {
		f := &changed[i]
		t.done.Total += f.Len - min(f.Len, t.chain.Ends[f.FeedKey].Len)
	}
	for i := range changed {
		if err := t.feed(ctx, &changed[i]); err != nil {
			return err
		}
	}
	t.m.Ops = t.done.Done
	if err := t.registers(ctx, store); err != nil {
		return err
	}
	return t.chunks(ctx)
}

// keep adds a feed that is not what the chain says of it.
func (t *taker) keep(list []oplog.Feed, f oplog.Feed) []oplog.Feed {
	if f.Len == 0 && t.chain.Ends[f.FeedKey].Len == 0 || t.chain.Ends[f.FeedKey] == (End{f.Len, f.Head}) {
		return list
	}
	return append(list, f)
}

// small copies the keys, the files, the local tables and what is known of forks, all of it each time.
func (t *taker) small(ctx context.Context) error {
	secrets, err := op.Marshal(t.src.Secrets)
	if err != nil {
		return fmt.Errorf("encode secrets: %w", err)
	}
	if err := t.w.put(&Record{Kind: KindSecrets, Content: secrets}); err != nil {
		return err
	}
	for name, content := range t.src.Files {
		if err := t.w.put(&Record{Kind: KindFile, Name: name, Content: content}); err != nil {
			return err
		}
	}
	for _, table := range t.src.Tables {
		if err := t.table(ctx, table); err != nil {
			return fmt.Errorf("copy %s: %w", table, err)
		}
	}
	if err := t.pieces(ctx, KindForks, `SELECT proof FROM fork ORDER BY feed, seq`); err != nil {
		return err
	}
	return t.pieces(ctx, KindBranches, `SELECT data FROM branch_op ORDER BY id`)
}

func (t *taker) table(ctx context.Context, name string) error {
	rows, err := t.src.DB.QueryContext(ctx, `SELECT * FROM "`+name+`"`)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	r, size := &Record{Kind: KindRows, Name: name, Columns: columns}, 0
	for rows.Next() {
		row, to := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			to[i] = &row[i]
		}
		if err := rows.Scan(to...); err != nil {
			return err
		}
		for _, v := range row {
			switch v := v.(type) {
			case string:
				size += len(v)
			case []byte:
				size += len(v)
			}
		}
		r.Rows = append(r.Rows, row)
		if len(r.Rows) == recordRows || size > recordBytes {
			if err := t.w.put(r); err != nil {
				return err
			}
			r.Rows, size = nil, 0
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return t.w.put(r) // also for a table without rows: it is as empty afterwards
}

// feed copies the ops that the chain lacks.
func (t *taker) feed(ctx context.Context, f *oplog.Feed) error {
	was := t.chain.Ends[f.FeedKey]
	from := was.Len + 1
	if was.Len > 0 {
		before := f.Head
		if f.Len > was.Len {
			var err error
			if before, err = oplog.HeadAt(t.src.DB, f.No, was.Len); err != nil {
				return err
			}
		}
		if before != was.Head { // it was cut by a fork, or is another branch than the chain has: the whole of it
			from = 1
		}
	}
	for from <= f.Len {
		n, err := t.some(ctx, f, from)
		if err != nil {
			return err
		}
		if n == 0 { // a fork became known meanwhile, and the feed ends here now
			break
		}
		from += n
	}
	if err := t.end(f); err != nil {
		return err
	}
	t.m.Ends = appendEnd(t.m.Ends, f)
	return nil
}

// end finds where the feed ends now: at most where it ended when the run began.
func (t *taker) end(f *oplog.Feed) error {
	var key int64
	var raw []byte
	err := t.src.DB.QueryRow(`SELECT id, data FROM op WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1`, oplog.Key(f.No, 1), oplog.Key(f.No, f.Len)).Scan(&key, &raw)
	if errors.Is(err, sql.ErrNoRows) {
		f.Len, f.Head = 0, op.ID{}
		return nil
	}
	if err != nil {
		return fmt.Errorf("copy ops: %w", err)
	}
	o, _, err := op.Parse(raw)
	if err != nil {
		return fmt.Errorf("stored op: %w", err)
	}
	_, f.Len = oplog.SplitKey(key)
	f.Head = o.ID()
	return nil
}

// some copies a few hundred ops, and returns how many.
func (t *taker) some(ctx context.Context, f *oplog.Feed, from uint64) (n uint64, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	r := &Record{Kind: KindOps, Tag: f.Tag, Device: f.Device, Incarnation: f.Incarnation, From: from}
	err = oplog.Read(t.src.DB, f.No, from, min(f.Len, from+recordRows-1), func(s oplog.Stored) (bool, error) {
		r.Content = append(r.Content, s.Raw...)
		r.At = binary.BigEndian.AppendUint64(r.At, uint64(s.At))
		n++
		return len(r.Content) < recordBytes, nil
	})
	if err != nil || n == 0 {
		return 0, err
	}
	t.done.Done += n
	if t.progress != nil {
		t.progress(t.done)
	}
	return n, t.w.put(r)
}

// registers copies those that changed since the chain was written from the same database; else all.
func (t *taker) registers(ctx context.Context, store [16]byte) error {
	if len(t.chain.Runs) > 0 && [16]byte(t.chain.Last().Store) == store {
		t.m.LSeq = t.chain.Last().LSeq
	}
	for {
		var r [][]byte
		size := 0
		rows, err := t.src.DB.QueryContext(ctx, `SELECT lseq, data FROM register WHERE lseq > ? ORDER BY lseq LIMIT ?`, t.m.LSeq, recordRows)
		if err != nil {
			return fmt.Errorf("copy registers: %w", err)
		}
		for size < recordBytes && rows.Next() {
			var b []byte
			if err = rows.Scan(&t.m.LSeq, &b); err != nil {
				break
			}
			r, size = append(r, b), size+len(b)
		}
		if err = errors.Join(err, rows.Err(), rows.Close()); err != nil {
			return fmt.Errorf("copy registers: %w", err)
		}
		if len(r) == 0 {
			return nil
		}
		if err := t.w.put(&Record{Kind: KindRegisters, Content: Join(r)}); err != nil {
			return err
		}
	}
}

// pieces copies a column of blobs.
func (t *taker) pieces(ctx context.Context, kind Kind, query string) error {
	rows, err := t.src.DB.QueryContext(ctx, query)
	if err != nil {
		return fmt.Errorf("copy proofs: %w", err)
	}
	defer rows.Close()
	var list [][]byte
	size := 0
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			return fmt.Errorf("copy proofs: %w", err)
		}
		if list, size = append(list, b), size+len(b); size > recordBytes {
			if err := t.w.put(&Record{Kind: kind, Content: Join(list)}); err != nil {
				return err
			}
			list, size = nil, 0
		}
	}
	if err := rows.Err(); err != nil || len(list) == 0 {
		return err
	}
	return t.w.put(&Record{Kind: kind, Content: Join(list)})
}

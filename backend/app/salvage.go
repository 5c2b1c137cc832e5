package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"tongzhou/backend/store"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
)

// salvageLocal copies what only this device has and no op says: its settings, invitations, drafts. The local numbers of scopes
// and users come with it, because other tables mean them. What cannot be read is left out; the error is the new database's.
func (a *App) salvageLocal(ctx context.Context, kept string, id *keys.Identity) (err error) {
	old, release, err := store.OpenDamaged(filepath.Join(kept, "tongzhou.db"), a.key)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	tables := []string{"app_setting", "app_invitation"}
	for _, m := range a.modules {
		if m.Local == nil {
			continue
		}
		names, err := localTables(m.Local)
		if err != nil {
			return err
		}
		tables = append(tables, names...)
	}
	return a.write(ctx, func(tx replica.Tx) error {
		if id != nil {
			if err := a.salvageNumbers(ctx, tx, old, id); err != nil {
				return err
			}
		}
		for _, table := range tables {
			if err := a.salvageRows(ctx, tx, old, table, func([]any) bool { return true }); err != nil {
				return err
			}
		}
		return nil
	})
}

// salvageNumbers copies the local numbers of scopes and users. A scope whose name does not follow from its id was damaged.
func (a *App) salvageNumbers(ctx context.Context, tx replica.Tx, old *sql.DB, id *keys.Identity) error {
	err := a.salvageRows(ctx, tx, old, "scope", func(row []any) bool { // no, tag, id
		tag, _ := row[1].([]byte)
		scope, known := row[2].([]byte)
		if len(tag) != len(op.ScopeTag{}) || known && len(scope) != len(op.ScopeID{}) {
			return false
		}
		return !known || id.TeamSecret.ScopeTag(op.ScopeID(scope)) == op.ScopeTag(tag)
	})
	if err != nil {
		return err
	}
	return a.salvageRows(ctx, tx, old, "user", func(row []any) bool { // no, id
		user, _ := row[1].([]byte)
		return len(user) == len(op.UserID{})
	})
}

func localTables(files fs.FS) ([]string, error) {
	var out []string
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".sql") {
			return err
		}
		text, err := fs.ReadFile(files, path)
		for _, t := range createTable.FindAllStringSubmatch(string(text), -1) {
			out = append(out, t[1])
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list local tables: %w", err)
	}
	return out, nil
}

// salvageRows copies the rows of a table that can be read and that the new table takes.
func (a *App) salvageRows(ctx context.Context, tx replica.Tx, old *sql.DB, table string, good func(row []any) bool) error {
	rows, err := old.QueryContext(ctx, `SELECT * FROM "`+table+`"`)
	if err != nil {
		a.log.Warn("cannot be carried over", "table", table, "err", err)
		return nil
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		a.log.Warn("cannot be carried over", "table", table, "err", err)
		return nil
	}
	insert := fmt.Sprintf(`INSERT OR REPLACE INTO "%s" ("%s") VALUES (?%s)`, table, strings.Join(columns, `", "`), strings.Repeat(", ?", len(columns)-1))
	for rows.Next() {
		row, to := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			to[i] = &row[i]
		}
		if err := rows.Scan(to...); err != nil || !good(row) {
			continue
		}
		if _, err := tx.Exec(insert, row...); errors.Is(store.Classify(err), store.ErrFull) {
			return fmt.Errorf("carry over %s: %w", table, err)
		} else if err != nil {
			a.log.Warn("a row cannot be carried over", "table", table, "err", err)
		}
	}
	if err := rows.Err(); err != nil {
		a.log.Warn("not all can be carried over", "table", table, "err", err)
	}
	return nil
}

// salvage gives the replica every op and register of the damaged database that can still be read and proves itself, by the
// path that ops from colleagues take. The new database has its own incarnation, so nothing that was written before and is
// lost here can be forked. left is true when ops could be read that do not follow what is here; after colleagues filled the
// gap they will. The error is the new database's.
func (a *App) salvage(ctx context.Context, r *replica.Replica, kept string) (left bool, err error) {
	old, release, err := store.OpenDamaged(filepath.Join(kept, "tongzhou.db"), a.key)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, release()) }()
	s := &salvor{app: a, r: r, old: old}
	waiting := s.feedNumbers(ctx)
	for len(waiting) > 0 { // a feed can be verified once its device is known, which another feed tells
		var later []int64
		for _, no := range waiting {
			switch more, err := s.copyFeed(ctx, no); {
			case errors.Is(err, replica.ErrStranger):
				later = append(later, no)
			case err != nil:
				return true, fmt.Errorf("carry over ops: %w", err)
			default:
				left = left || more
			}
		}
		if len(later) == len(waiting) {
			break
		}
		waiting = later
	}
	if err := s.copyRegisters(ctx); err != nil {
		return true, fmt.Errorf("carry over registers: %w", err)
	}
	left = left || len(waiting) > 0
	a.log.Info("carried over from the damaged database", "ops", s.ops, "registers", s.registers, "left", left)
	return left, nil
}

// salvor reads a damaged database. An error of reading ends the feed or table it was met in, and no more.
type salvor struct {
	app            *App
	r              *replica.Replica
	old            *sql.DB
	ops, registers int
}

// Bounds of reading: how many local feed numbers in a row may be unreadable, and what goes into one transaction.
const (
	maxUnreadable = 1024
	salvageOps    = 500
	salvageBytes  = 1 << 20
)

// feedNumbers finds the feeds by their ops, from one to the next.
func (s *salvor) feedNumbers(ctx context.Context) []int64 {
	var out []int64
	unreadable := 0
	for no := int64(1); unreadable < maxUnreadable && ctx.Err() == nil; no++ {
		var id int64
		err := s.old.QueryRowContext(ctx, `SELECT id FROM op WHERE id >= ? ORDER BY id LIMIT 1`, oplog.Key(no, 0)).Scan(&id)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return out
		case err != nil:
			unreadable++
			continue
		}
		unreadable = 0
		no, _ = oplog.SplitKey(id)
		out = append(out, no)
	}
	return out
}

// copyFeed copies a feed from where the replica's ends, as far as its ops can be read in one piece. left is true when that is
// not the end. Errors: replica.ErrStranger, the new database's.
func (s *salvor) copyFeed(ctx context.Context, no int64) (left bool, err error) {
	key, ok := s.feedKey(ctx, no)
	if !ok {
		return true, nil
	}
	feed := s.r.Feeds().Feed(key)
	next, head := feed.Len+1, feed.Head
	var frame []op.Sealed
	size, whole := 0, true
	readErr := oplog.Read(s.old, no, next, 1<<40-1, func(row oplog.Stored) (bool, error) {
		o, rest, e := op.Parse(row.Raw)
		if e != nil || len(rest) > 0 || o.Seq != next || o.Prev != head || o.CheckBody() != nil {
			left = true
			return false, nil
		}
		frame, size, next, head = append(frame, o), size+o.Size(), next+1, o.ID()
		if len(frame) == salvageOps || size >= salvageBytes {
			whole, err = s.take(ctx, frame)
			frame, size = nil, 0
		}
		return whole && err == nil, nil
	})
	if readErr != nil {
		s.app.log.Warn("not all of a feed can be carried over", "feed", no, "from", next, "err", readErr)
	}
	if whole && err == nil {
		whole, err = s.take(ctx, frame)
	}
	return left || readErr != nil || !whole, err
}

// feedKey reads from its ops which feed a local number means.
func (s *salvor) feedKey(ctx context.Context, no int64) (oplog.FeedKey, bool) {
	var raw []byte
	err := s.old.QueryRowContext(ctx, `SELECT data FROM op WHERE id > ? AND id < ? ORDER BY id LIMIT 1`, oplog.Key(no, 0), oplog.Key(no+1, 0)).Scan(&raw)
	if err != nil {
		return oplog.FeedKey{}, false
	}
	o, _, err := op.Parse(raw)
	return oplog.FeedKey{Tag: o.Scope, Device: o.Device, Incarnation: o.Incarnation}, err == nil
}

// take gives ops to the replica. whole is false when one of them does not prove itself: then those before it were taken.
func (s *salvor) take(ctx context.Context, frame []op.Sealed) (whole bool, err error) {
	if len(frame) == 0 {
		return true, nil
	}
	var raw []byte
	for i := range frame {
		raw = frame[i].AppendTo(raw)
	}
	err = s.r.TakeOwnOps(ctx, raw)
	switch {
	case err == nil:
		s.ops += len(frame)
		return true, nil
	case errors.Is(err, replica.ErrStranger) || ctx.Err() != nil || storeFault(err) != err:
		return false, err
	case len(frame) == 1:
		return false, nil
	}
	whole, err = s.take(ctx, frame[:len(frame)/2])
	if !whole || err != nil {
		return whole, err
	}
	return s.take(ctx, frame[len(frame)/2:])
}

// copyRegisters copies the registers that prove themselves. Error: the new database's.
func (s *salvor) copyRegisters(ctx context.Context) error {
	rows, err := s.old.QueryContext(ctx, `SELECT data FROM register`)
	if err != nil {
		s.app.log.Warn("registers cannot be carried over", "err", err)
		return nil
	}
	defer rows.Close()
	var regs []op.Register
	var raws [][]byte
	for rows.Next() {
		var raw []byte
		if err := rows.Scan(&raw); err != nil {
			continue
		}
		g, err := s.r.VerifyRegister(raw)
		if err != nil {
			continue
		}
		regs, raws = append(regs, g), append(raws, raw)
		if len(regs) == salvageOps {
			if err := s.takeRegisters(ctx, regs, raws); err != nil {
				return err
			}
			regs, raws = nil, nil
		}
	}
	if err := rows.Err(); err != nil {
		s.app.log.Warn("not all registers can be carried over", "err", err)
	}
	return s.takeRegisters(ctx, regs, raws)
}

func (s *salvor) takeRegisters(ctx context.Context, regs []op.Register, raws [][]byte) error {
	if len(regs) == 0 {
		return nil
	}
	done := make(chan error, 1)
	s.r.IngestRegisters(ctx, regs, raws, func(err error) { done <- err })
	s.registers += len(regs)
	return <-done
}

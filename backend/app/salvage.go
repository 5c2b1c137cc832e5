package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"tongzhou/backend/store"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
)

// coreColumns are the tables of the log that are worth carrying over from a damaged database, with their columns. Feeds are
// carried over without gaps; their lengths are computed from the ops that could be read.
var coreColumns = map[string]string{
	"meta": "key, value", "register": "tag, device, key, version, lseq, data", "scope": "no, tag, id", "user": "no, id",
	"epoch": "tag, ref, gen, author, parents, key", "app_setting": "key, value", "app_invitation": "op, secret, created, note",
}

// salvage moves a damaged database aside and starts a new one with every op of it that can still be read. Projections are
// rebuilt from those; what is missing comes back from colleagues. The damaged files are kept.
func (a *App) salvage(path string, cause error) (*store.DB, error) {
	dir := a.path("damaged-" + a.opts.Now().UTC().Format("20060102-150405"))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, errors.Join(cause, fmt.Errorf("keep damaged database: %w", err))
	}
	for _, name := range []string{"tongzhou.db", "tongzhou.db-wal", "tongzhou.db-shm"} {
		if err := os.Rename(a.path(name), filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, errors.Join(cause, fmt.Errorf("keep damaged database: %w", err))
		}
	}
	a.log.Error("the database is damaged; starting a new one from what can be read", "kept", dir, "err", cause)
	db, err := a.tryOpen(path)
	if err != nil {
		return nil, errors.Join(cause, err)
	}
	n, err := salvageInto(db, filepath.Join(dir, "tongzhou.db"))
	a.log.Info("carried over from the damaged database", "ops", n, "err", err)
	a.mu.Lock()
	a.damage = dir
	a.mu.Unlock()
	return db, nil
}

// salvageInto copies what can be read. An error is the first thing that could not be; the rest was tried.
func salvageInto(db *store.DB, damaged string) (ops int, err error) {
	old, err := sql.Open("sqlite3", "file:"+damaged+"?mode=ro&immutable=0")
	if err != nil {
		return 0, fmt.Errorf("open damaged database: %w", err)
	}
	defer old.Close()
	var errs []error
	for table, columns := range coreColumns {
		if err := copyRows(db, old, table, columns); err != nil {
			errs = append(errs, err)
		}
	}
	n, err := copyFeeds(db, old)
	return n, errors.Join(append(errs, err)...)
}

func copyRows(db *store.DB, old *sql.DB, table, columns string) error {
	rows, err := old.Query(`SELECT ` + columns + ` FROM ` + table)
	if err != nil {
		return fmt.Errorf("salvage %s: %w", table, err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return fmt.Errorf("salvage %s: %w", table, err)
	}
	marks := "?"
	for range names[1:] {
		marks += ", ?"
	}
	return db.Write(context.Background(), func(tx replica.Tx) error {
		for rows.Next() {
			row, ptr := make([]any, len(names)), make([]any, len(names))
			for i := range row {
				ptr[i] = &row[i]
			}
			if err := rows.Scan(ptr...); err != nil {
				return nil
			}
			if _, err := tx.Exec(`INSERT OR REPLACE INTO `+table+` (`+columns+`) VALUES (`+marks+`)`, row...); err != nil {
				return fmt.Errorf("salvage %s: %w", table, err)
			}
		}
		return nil
	})
}

// copyFeeds copies each feed as far as its ops can be read in one piece.
func copyFeeds(db *store.DB, old *sql.DB) (int, error) {
	rows, err := old.Query(`SELECT no, tag, device, inc FROM feed`)
	if err != nil {
		return 0, fmt.Errorf("salvage feeds: %w", err)
	}
	defer rows.Close()
	total := 0
	for rows.Next() {
		var no, inc int64
		var tag, dev []byte
		if err := rows.Scan(&no, &tag, &dev, &inc); err != nil {
			return total, fmt.Errorf("salvage feeds: %w", err)
		}
		n, err := copyFeed(db, old, no, inc, tag, dev)
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, rows.Err()
}

func copyFeed(db *store.DB, old *sql.DB, no, inc int64, tag, dev []byte) (n int, err error) {
	err = db.Write(context.Background(), func(tx replica.Tx) error {
		if _, err := tx.Exec(`INSERT INTO feed (no, tag, device, inc, len, head, hlc, lseq) VALUES (?, ?, ?, ?, 0, zeroblob(32), 0, ?)`, no, tag, dev, inc, no); err != nil {
			return fmt.Errorf("salvage feed: %w", err)
		}
		var head [32]byte
		readErr := oplog.Read(old, no, 1, 1<<40-1, func(s oplog.Stored) (bool, error) {
			id, ok := continues(s, n, head)
			if !ok {
				return false, nil
			}
			if _, err := tx.Exec(`INSERT INTO op (id, status, at, hlc, data) VALUES (?, ?, ?, 0, ?)`, s.Key, int64(oplog.Unknown), s.At, s.Raw); err != nil {
				return false, fmt.Errorf("salvage op: %w", err)
			}
			n, head = n+1, id
			return true, nil
		})
		var broken error
		if errors.Is(readErr, store.ErrFull) {
			broken = readErr
		}
		if _, err := tx.Exec(`UPDATE feed SET len = ?, head = ? WHERE no = ?`, n, head[:], no); err != nil {
			return fmt.Errorf("salvage feed: %w", err)
		}
		return broken
	})
	return n, err
}

// continues tells whether a stored op is whole and follows the n ops before it, and returns its id.
func continues(s oplog.Stored, n int, head [32]byte) ([32]byte, bool) {
	o, rest, err := op.Parse(s.Raw)
	if err != nil || len(rest) > 0 || o.Seq != uint64(n)+1 || o.Prev != op.ID(head) || o.CheckBody() != nil {
		return head, false
	}
	return o.ID(), true
}

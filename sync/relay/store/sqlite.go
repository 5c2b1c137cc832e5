package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// OpenSQLite opens, or makes, the database in a file. The driver named sqlite3 must be linked into the program.
func OpenSQLite(ctx context.Context, path string) (Store, error) {
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?_journal_mode=WAL&_synchronous=FULL&_busy_timeout=10000&_cache_size=-16384"
	writing, err := sql.Open("sqlite3", dsn)
	if err != nil {
		return nil, fmt.Errorf("open relay store: %w", err)
	}
	reading, err := sql.Open("sqlite3", dsn+"&_query_only=1")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open relay store: %w", err), writing.Close())
	}
	reading.SetMaxOpenConns(8)
	reading.SetMaxIdleConns(8)
	s := &sqliteStore{reading: newStatements(reading)}
	s.database = database{
		view:  view{q: s.reading},
		write: &writer{db: writing, begin: "BEGIN IMMEDIATE"},
		words: words{blob: "BLOB", integer: "INTEGER", serial: "INTEGER PRIMARY KEY AUTOINCREMENT", strict: " STRICT"},
		fault: sqliteFault,
	}
	if err := s.prepare(ctx, random()); err != nil {
		return nil, errors.Join(fmt.Errorf("open relay store: %w", sqliteFull(err)), s.Close())
	}
	return s, nil
}

// sqliteStore is a Store in a file.
type sqliteStore struct {
	database
	reading *statements
}

var _ Store = (*sqliteStore)(nil)

// Close closes the database.
func (s *sqliteStore) Close() error {
	return errors.Join(s.reading.close(), s.reading.on.Close(), s.write.close())
}

// sqliteFault knows errors by SQLite's words for them: only backend/store may import the driver that has their numbers.
func sqliteFault(err error) (error, bool) {
	return sqliteFull(err), strings.Contains(err.Error(), "database is locked")
}

func sqliteFull(err error) error {
	if strings.Contains(err.Error(), "database or disk is full") {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}

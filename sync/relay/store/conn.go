package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
)

// querier is a database or a transaction, with prepared statements.
type querier interface {
	exec(ctx context.Context, text string, args ...any) (sql.Result, error)
	query(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	row(ctx context.Context, text string, args ...any) *sql.Row
}

// statements are prepared once and kept; their texts hold no values.
type statements struct {
	db *sql.DB
	mu sync.Mutex
	by map[string]*sql.Stmt
}

func newStatements(db *sql.DB) *statements { return &statements{db: db, by: map[string]*sql.Stmt{}} }

func (s *statements) get(ctx context.Context, text string) (*sql.Stmt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stmt := s.by[text]; stmt != nil {
		return stmt, nil
	}
	stmt, err := s.db.PrepareContext(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	s.by[text] = stmt
	return stmt, nil
}

func (s *statements) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, stmt := range s.by {
		errs = append(errs, stmt.Close())
	}
	clear(s.by)
	return errors.Join(errs...)
}

func (s *statements) exec(ctx context.Context, text string, args ...any) (sql.Result, error) {
	stmt, err := s.get(ctx, text)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

func (s *statements) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	stmt, err := s.get(ctx, text)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

func (s *statements) row(ctx context.Context, text string, args ...any) *sql.Row {
	stmt, err := s.get(ctx, text)
	if err != nil { // the row carries the error
		return s.db.QueryRowContext(ctx, text, args...)
	}
	return stmt.QueryRowContext(ctx, args...)
}

// writer has a connection of its own, so that what it prepared stays prepared from one transaction to the next.
type writer struct {
	db    *sql.DB
	begin string

	mu   sync.Mutex // held during a transaction
	conn *sql.Conn  // nil: none yet, or the last one broke
	by   map[string]*sql.Stmt
}

// do runs fn in a transaction.
func (w *writer) do(ctx context.Context, fn func(querier) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conn == nil {
		conn, err := w.db.Conn(ctx)
		if err != nil {
			return fmt.Errorf("connect: %w", err)
		}
		w.conn, w.by = conn, map[string]*sql.Stmt{}
	}
	if _, err := w.conn.ExecContext(ctx, w.begin); err != nil {
		w.drop()
		return fmt.Errorf("begin: %w", err)
	}
	err := fn(w)
	if err == nil {
		if _, err = w.conn.ExecContext(ctx, "COMMIT"); err == nil {
			return nil
		}
		err = fmt.Errorf("commit: %w", err)
	}
	if _, rollback := w.conn.ExecContext(ctx, "ROLLBACK"); rollback != nil {
		w.drop() // without the connection there is no transaction either
	}
	return err
}

// drop gives the connection up. What a broken one says when it is closed does not matter.
func (w *writer) drop() {
	for _, stmt := range w.by {
		_ = stmt.Close()
	}
	_ = w.conn.Raw(func(any) error { return driver.ErrBadConn }) // so that the pool does not keep it
	_ = w.conn.Close()
	w.conn, w.by = nil, nil
}

func (w *writer) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conn != nil {
		w.drop()
	}
	return w.db.Close()
}

func (w *writer) get(ctx context.Context, text string) (*sql.Stmt, error) {
	if stmt := w.by[text]; stmt != nil {
		return stmt, nil
	}
	stmt, err := w.conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	w.by[text] = stmt
	return stmt, nil
}

func (w *writer) exec(ctx context.Context, text string, args ...any) (sql.Result, error) {
	stmt, err := w.get(ctx, text)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

func (w *writer) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	stmt, err := w.get(ctx, text)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

func (w *writer) row(ctx context.Context, text string, args ...any) *sql.Row {
	stmt, err := w.get(ctx, text)
	if err != nil { // the row carries the error
		return w.conn.QueryRowContext(ctx, text, args...)
	}
	return stmt.QueryRowContext(ctx, args...)
}

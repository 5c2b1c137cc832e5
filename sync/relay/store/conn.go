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

// preparer is a database or one connection to it.
type preparer interface {
	PrepareContext(ctx context.Context, text string) (*sql.Stmt, error)
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
	Close() error
}

// statements are prepared once and kept; their texts hold no values.
type statements struct {
	on preparer
	mu sync.Mutex
	by map[string]*sql.Stmt
}

func newStatements(on preparer) *statements { return &statements{on: on, by: map[string]*sql.Stmt{}} }

func (s *statements) get(ctx context.Context, text string) (*sql.Stmt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stmt := s.by[text]; stmt != nil {
		return stmt, nil
	}
	stmt, err := s.on.PrepareContext(ctx, text)
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
		return s.on.QueryRowContext(ctx, text, args...)
	}
	return stmt.QueryRowContext(ctx, args...)
}

// writer has a connection of its own, so that what it prepared stays prepared from one transaction to the next.
type writer struct {
	db    *sql.DB
	begin string

	mu       sync.Mutex  // held during a transaction
	conn     *sql.Conn   // nil: none yet, or the last one broke
	prepared *statements // on conn
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
		w.conn, w.prepared = conn, newStatements(conn)
	}
	if _, err := w.conn.ExecContext(ctx, w.begin); err != nil {
		w.drop()
		return fmt.Errorf("begin: %w", err)
	}
	err := fn(w.prepared)
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
	_ = w.prepared.close()
	_ = w.conn.Raw(func(any) error { return driver.ErrBadConn }) // so that the pool does not keep it
	_ = w.conn.Close()
	w.conn, w.prepared = nil, nil
}

func (w *writer) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conn != nil {
		w.drop()
	}
	return w.db.Close()
}

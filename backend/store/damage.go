package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/mattn/go-sqlite3"
)

// Errors a caller acts on.
var (
	ErrFull    = errors.New("store: disk full")
	ErrDamaged = errors.New("store: database damaged")
)

// notice reports damage, the first time.
func (d *DB) notice(err error) error {
	if errors.Is(err, ErrDamaged) && d.onDamage != nil {
		d.damaged.Do(func() { d.onDamage(err) })
	}
	return err
}

// Check reads the given tables and their indexes completely and compares their structure. It takes as long as reading them
// does, beside readers and the writer. Error: ErrDamaged with the first few things that are wrong.
func (d *DB) Check(ctx context.Context, tables ...string) error {
	for _, table := range tables {
		var said string
		err := d.read.QueryRowContext(ctx, `SELECT group_concat(quick_check, '; ') FROM pragma_quick_check(?)`, table).Scan(&said)
		if err == nil && said != "ok" {
			err = fmt.Errorf("%w: %s", ErrDamaged, said)
		}
		if err != nil {
			return d.notice(Classify(fmt.Errorf("check %s: %w", table, err)))
		}
	}
	return nil
}

// Classify gives an error of a query on Read what Write gives its own: ErrFull, ErrDamaged. Others stay as they are.
func Classify(err error) error {
	var e sqlite3.Error
	if !errors.As(err, &e) || errors.Is(err, ErrFull) || errors.Is(err, ErrDamaged) {
		return err
	}
	switch {
	case e.Code == sqlite3.ErrFull, e.ExtendedCode == sqlite3.ErrIoErrSHMSize:
		return fmt.Errorf("%w: %w", ErrFull, err)
	case e.Code == sqlite3.ErrCorrupt, e.Code == sqlite3.ErrNotADB:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	default:
		return err
	}
}

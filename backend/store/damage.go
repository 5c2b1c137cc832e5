package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"syscall"

	"github.com/mattn/go-sqlite3"

	"tongzhou/backend/durable"
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

// OpenDamaged opens a database for reading what is left of it. SQLite does not read one that is shorter than its header says,
// so such a file is read from a copy beside it in which zeros stand for the rest; release closes and removes that. The file
// itself is not changed. A file from before there was a key is read without it.
func OpenDamaged(path string, key *Key) (db *sql.DB, release func() error, err error) {
	if plain, err := IsPlain(path); err != nil {
		return nil, nil, err
	} else if plain {
		key = nil
	}
	short, size, err := isShort(path, key)
	if err != nil {
		return nil, nil, err
	}
	padded := path + ".padded"
	copies := []string{padded, padded + "-wal", padded + "-shm"}
	discard := func() error { return nil }
	if short {
		discard = func() error {
			var errs []error
			for _, name := range copies {
				errs = append(errs, durable.Remove(name))
			}
			return errors.Join(errs...)
		}
		err := errors.Join(copyFile(path, padded, size), copyFile(path+"-wal", padded+"-wal", 0))
		if err != nil {
			return nil, nil, errors.Join(Classify(err), discard())
		}
		path = padded
	}
	if db, err = OpenReadOnly(path, key); err != nil {
		return nil, nil, errors.Join(err, discard())
	}
	return db, func() error { return errors.Join(db.Close(), discard()) }, nil
}

// isShort tells whether the file lacks pages, and how long it should be, or longer.
func isShort(path string, key *Key) (short bool, size int64, err error) {
	if key != nil {
		return isShortSealed(path, key)
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, 0, nil
	}
	if err != nil {
		return false, 0, fmt.Errorf("look at database: %w", err)
	}
	defer f.Close()
	var head [100]byte
	if _, err := f.ReadAt(head[:], 0); err != nil {
		return false, 0, nil // less than a header: nothing to read
	}
	fi, err := f.Stat()
	if err != nil {
		return false, 0, fmt.Errorf("look at database: %w", err)
	}
	page := int64(binary.BigEndian.Uint16(head[16:]))
	if page == 1 {
		page = 1 << 16
	}
	size = page * int64(binary.BigEndian.Uint32(head[28:]))
	// A header that claims far more than there is was damaged itself.
	return fi.Size() < size && size < 1000*fi.Size() && string(head[:15]) == "SQLite format 3", size, nil
}

// copyFile copies a file that may be missing, and makes the copy at least size bytes long.
func copyFile(from, to string, size int64) error {
	in, err := os.Open(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	n, err := io.Copy(out, in)
	if err == nil && n < size {
		err = out.Truncate(size)
	}
	if err := errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	return nil
}

// Classify gives an error of a query on Read, or of writing a file, what Write gives its own: ErrFull, ErrDamaged. Others stay
// as they are.
func Classify(err error) error {
	if errors.Is(err, ErrFull) || errors.Is(err, ErrDamaged) {
		return err
	}
	var no syscall.Errno
	if errors.As(err, &no) && diskFull(no) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return err
	}
	switch {
	case e.Code == sqlite3.ErrFull, e.Code == sqlite3.ErrIoErr && diskFull(e.SystemErrno):
		return fmt.Errorf("%w: %w", ErrFull, err)
	case e.Code == sqlite3.ErrCorrupt, e.Code == sqlite3.ErrNotADB:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	default:
		return err
	}
}

// diskFull tells whether the operating system means that there is no room, on the disk or for this person.
func diskFull(no syscall.Errno) bool {
	const windowsHandleDiskFull, windowsDiskFull = syscall.Errno(39), syscall.Errno(112)
	if runtime.GOOS == "windows" && (no == windowsHandleDiskFull || no == windowsDiskFull) {
		return true
	}
	return no == syscall.ENOSPC || no == syscall.EDQUOT
}

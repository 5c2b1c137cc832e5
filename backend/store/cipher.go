package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"tongzhou/backend/durable"
)

// ErrNoCipher is returned for a key where the program was built without a SQLite that encrypts.
var ErrNoCipher = errors.New("store: this build cannot encrypt the database")

// Key encrypts a database. It never appears in texts.
type Key [32]byte

// String says nothing of the key.
func (Key) String() string { return "key" }

// GoString says nothing of the key.
func (Key) GoString() string { return "store.Key" }

// query is the key as SQLite takes it with the file's name: AEGIS-256, and no derivation, since the key is random. SQLite
// keeps it to itself; errors name the file without it.
func (k *Key) query() string { return "cipher=aegis&key=raw%3A" + hex.EncodeToString(k[:]) }

// Encrypts tells whether the SQLite that this program was built with can encrypt. It says which it is.
func Encrypts() (version string, ok bool) {
	db, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		return "", false
	}
	defer db.Close()
	err = db.QueryRow(`SELECT sqlite3mc_version()`).Scan(&version)
	return version, err == nil
}

// usable refuses a key that would be ignored.
func usable(key *Key) error {
	if key == nil {
		return nil
	}
	if _, ok := Encrypts(); !ok {
		return ErrNoCipher
	}
	return nil
}

// plainHead is how a database begins that is not encrypted.
const plainHead = "SQLite format 3\x00"

// IsPlain tells whether there is a database at path that is not encrypted.
func IsPlain(path string) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at database: %w", err)
	}
	defer f.Close()
	var head [len(plainHead)]byte
	_, err = io.ReadFull(f, head[:])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, fmt.Errorf("look at database: %w", err)
	}
	return err == nil && string(head[:]) == plainHead, nil
}

// Encrypt replaces a database that is not encrypted by an encrypted copy of it. After a crash there is the one or the other,
// and at most a file *.sealing that the next Encrypt overwrites. Nothing else may have the database open. Errors: ErrNoCipher,
// ErrFull, ErrDamaged.
func Encrypt(ctx context.Context, path string, key *Key) error {
	if err := usable(key); err != nil {
		return err
	}
	plain, err := IsPlain(path)
	if err != nil || !plain {
		return err
	}
	sealing := path + ".sealing"
	if err := durable.Remove(sealing); err != nil {
		return fmt.Errorf("encrypt database: %w", err)
	}
	if err := copyInto(ctx, path, sealing, key); err != nil {
		return errors.Join(Classify(fmt.Errorf("encrypt database: %w", err)), durable.Remove(sealing))
	}
	if err := settle(sealing, path); err != nil {
		return Classify(fmt.Errorf("encrypt database: %w", err))
	}
	return nil
}

// copyInto folds the log of a plain database into it, so that there is nothing beside the file, and copies it.
func copyInto(ctx context.Context, from, to string, key *Key) (err error) {
	db, err := sql.Open("sqlite3", dsn(from, nil, 4<<10, ""))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	var busy, inLog, moved int
	if err := db.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &inLog, &moved); err != nil {
		return err
	}
	if busy != 0 {
		return errors.New("another program has it open")
	}
	return vacuumInto(ctx, db, to, key)
}

// vacuumInto copies the database of db. The statement, and with it the key, is not in the error.
func vacuumInto(ctx context.Context, db *sql.DB, to string, key *Key) error {
	query := ""
	if key == nil {
		query = "key=" // without it, the copy has the key of the original
	}
	_, err := db.ExecContext(ctx, `VACUUM INTO ?`, uri(to, key, query))
	if err != nil && key != nil && strings.Contains(err.Error(), hex.EncodeToString(key[:])) {
		return errors.New("the copy cannot be written")
	}
	return err
}

// CopyTo copies the database of db, as it is at one moment, into a new file under the key; nil: unencrypted.
func CopyTo(ctx context.Context, db *sql.DB, to string, key *Key) error {
	if err := usable(key); err != nil {
		return err
	}
	if err := vacuumInto(ctx, db, to, key); err != nil {
		return Classify(fmt.Errorf("copy database: %w", err))
	}
	return nil
}

// settle puts the copy in the place of the database, for good also in a power cut.
func settle(from, to string) error {
	f, err := os.OpenFile(from, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	for _, beside := range []string{to + "-wal", to + "-shm"} { // empty; a log of the plain database is none of the new one
		if err := durable.Remove(beside); err != nil {
			return err
		}
	}
	return durable.Rename(from, to)
}

// isShortSealed is isShort for an encrypted file. Its header is encrypted too, so the length is found by trying: SQLite opens
// what is at least as long as the header says.
func isShortSealed(path string, key *Key) (short bool, size int64, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, 0, nil
	}
	if err != nil {
		return false, 0, fmt.Errorf("look at database: %w", err)
	}
	if readable(path, key) {
		return false, 0, nil
	}
	probe := path + ".padded"
	defer func() {
		err = errors.Join(err, durable.Remove(probe), durable.Remove(probe+"-wal"), durable.Remove(probe+"-shm"))
	}()
	if err := errors.Join(copyFile(path, probe, 0), copyFile(path+"-wal", probe+"-wal", 0)); err != nil {
		return false, 0, err
	}
	const most = 1000 // times the length; a header that claims more was damaged itself
	for size = 2 * info.Size(); size < most*info.Size(); size *= 4 {
		if err := os.Truncate(probe, size); err != nil {
			return false, 0, fmt.Errorf("look at database: %w", err)
		}
		if readable(probe, key) {
			return true, size, nil
		}
	}
	return false, 0, nil
}

// readable tells whether SQLite reads at least what tables there are.
func readable(path string, key *Key) bool {
	db, err := OpenReadOnly(path, key)
	if err != nil {
		return false
	}
	defer db.Close()
	var n int
	return db.QueryRow(`SELECT count(*) FROM sqlite_master`).Scan(&n) == nil
}

// Attach makes the database at path part of db, which must have one connection, under a name.
func Attach(ctx context.Context, db *sql.DB, path string, key *Key, name string) error {
	if err := usable(key); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, `ATTACH ? AS `+name, uri(path, key, "mode=ro")); err != nil {
		return Classify(fmt.Errorf("open database beside another: %w", err))
	}
	return nil
}

package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"tongzhou/sync/replica"
)

// filled makes a database of some hundred pages and closes it, so that everything is in the one file.
func filled(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "test.db")
	db, err := Open(path, Options{Key: testKey()})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Write(context.Background(), func(tx replica.Tx) error {
		for _, query := range []string{
			`CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT`,
			`CREATE INDEX note_text ON note (text)`,
			`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
				INSERT INTO note SELECT i, printf('%0100d', i * 7919 % 5000) FROM n`,
		} {
			if _, err := tx.Exec(query); err != nil {
				return fmt.Errorf("fill: %w", err)
			}
		}
		return nil
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheckPassesWhatIsWhole(t *testing.T) {
	db, err := Open(filled(t), Options{Key: testKey(), OnDamage: func(err error) { t.Errorf("damage reported: %v", err) }})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Check(context.Background(), "note"); err != nil {
		t.Error(err)
	}
}

func TestCheckFindsAndReportsDamage(t *testing.T) {
	path := filled(t)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	// Somewhere in the middle: the beginning, which says what tables there are, stays whole.
	_, err = file.WriteAt(make([]byte, 64<<10), info.Size()/2)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	reported := make(chan error, 2)
	db, err := Open(path, Options{Key: testKey(), OnDamage: func(err error) { reported <- err }})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for range 2 {
		if err := db.Check(context.Background(), "note"); !errors.Is(err, ErrDamaged) {
			t.Fatalf("error %v, want ErrDamaged", err)
		}
	}
	if len(reported) != 1 {
		t.Errorf("damage was reported %d times, want once", len(reported))
	}
}

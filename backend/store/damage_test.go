package store

import (
	"bytes"
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

func readFiles(t *testing.T, pattern string) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, name := range names {
		if files[filepath.Base(name)], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// What is left of a database that lost its end can be read, encrypted or not.
func TestReadingWhatIsLeftOfAShortFile(t *testing.T) {
	path := filled(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []int{2, 20} {
		if err := os.WriteFile(path, whole[:len(whole)-len(whole)/part], 0o600); err != nil {
			t.Fatal(err)
		}
		before := readFiles(t, path)["test.db"]
		db, release, err := OpenDamaged(path, testKey())
		if err != nil {
			t.Fatal(err)
		}
		var text string
		if err := db.QueryRow(`SELECT text FROM note WHERE id = 2`).Scan(&text); err != nil || len(text) != 100 {
			t.Errorf("a row of the beginning: %q, %v", text, err)
		}
		var sum int
		if err := db.QueryRow(`SELECT sum(length(text)) FROM note NOT INDEXED`).Scan(&sum); err == nil && sum == 500_000 {
			t.Error("nothing is missing: the test cuts nothing off")
		}
		if err := release(); err != nil {
			t.Error(err)
		}
		if files := readFiles(t, path+"*"); !bytes.Equal(files["test.db"], before) || files["test.db.padded"] != nil {
			t.Errorf("left behind: %d files", len(files))
		}
	}
}

package store

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"testing"

	"tongzhou/backend/durable/durabletest"
	"tongzhou/sync/replica"
)

func TestMain(m *testing.M) { durabletest.Main(m, writeUntilKilled) }

// writeUntilKilled commits pairs of rows and says of each pair, after the commit, that it is saved.
func writeUntilKilled(path string) error {
	db, err := Open(path, Options{Key: testKey()})
	if err != nil {
		return err
	}
	var n int
	if err := db.Read().QueryRow(`SELECT coalesce(max(n), 0) FROM row`).Scan(&n); err != nil {
		return err
	}
	for {
		n++
		err := db.Write(context.Background(), func(tx replica.Tx) error {
			if _, err := tx.Exec(`INSERT INTO row VALUES (?, ?)`, n, fmt.Sprintf("%0*d", n%3000, n)); err != nil {
				return err
			}
			_, err := tx.Exec(`INSERT INTO twin VALUES (?)`, n)
			return err
		})
		if err != nil {
			return err
		}
		fmt.Println(n)
	}
}

// L4: the program is killed again and again while it writes. Everything that it said was saved is there, every transaction is
// whole, and the file is sound.
func TestKilledWhileWriting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	db, err := Open(path, Options{Key: testKey()})
	if err != nil {
		t.Fatal(err)
	}
	run1 := func(q string) {
		t.Helper()
		if err := db.Write(context.Background(), func(tx replica.Tx) error { _, err := tx.Exec(q); return err }); err != nil {
			t.Fatal(err)
		}
	}
	run1(`CREATE TABLE row (n INTEGER PRIMARY KEY, text TEXT) STRICT`)
	run1(`CREATE TABLE twin (n INTEGER PRIMARY KEY) STRICT`)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for round := range 12 {
		saved, err := strconv.Atoi(durabletest.KillAfter(t, path, 1+round*17))
		if err != nil {
			t.Fatal(err)
		}
		db, err := Open(path, Options{Key: testKey()})
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		var rows, twins, last int
		var sound string
		err = db.Read().QueryRow(`SELECT (SELECT count(*) FROM row), (SELECT count(*) FROM twin), (SELECT coalesce(max(n), 0) FROM row),
			(SELECT group_concat(integrity_check) FROM pragma_integrity_check)`).Scan(&rows, &twins, &last, &sound)
		if err != nil || sound != "ok" {
			t.Fatalf("round %d: %s, %v", round, sound, err)
		}
		if rows != last || twins != rows || last < saved || last > saved+1 {
			t.Fatalf("round %d: %d rows, %d twins, the last is %d, %d were said to be saved", round, rows, twins, last, saved)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

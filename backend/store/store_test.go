package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"tongzhou/sync/replica"
)

func openTest(t *testing.T, o Options) *DB {
	t.Helper()
	o.Key = testKey()
	db, err := Open(filepath.Join(t.TempDir(), "test.db"), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	run(t, db, `CREATE TABLE row (n INTEGER PRIMARY KEY, text TEXT) STRICT`)
	return db
}

func run(t *testing.T, db *DB, query string, args ...any) {
	t.Helper()
	if err := db.Write(context.Background(), func(tx replica.Tx) error { _, err := tx.Exec(query, args...); return err }); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, db *DB) int {
	t.Helper()
	var n int
	if err := db.Read().QueryRow(`SELECT count(*) FROM row`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// L4: a transaction that fails or panics, or whose context had ended, changes nothing and reports nothing; the next one works.
func TestFailedTransactionChangesNothing(t *testing.T) {
	var heard []Change
	db := openTest(t, Options{OnCommit: func(c []Change) { heard = append(heard, c...) }})
	fails := errors.New("fails")
	insert := func(tx replica.Tx) error {
		tx.Changed("row", 1)
		_, err := tx.Exec(`INSERT INTO row VALUES (1, 'x')`)
		return err
	}
	ctx := context.Background()
	if err := db.Write(ctx, func(tx replica.Tx) error { return errors.Join(insert(tx), fails) }); !errors.Is(err, fails) {
		t.Fatal(err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = db.Write(ctx, func(tx replica.Tx) error { _ = insert(tx); panic("in a reducer") })
	}()
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if err := db.Write(ended, insert); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if n := count(t, db); n != 0 || len(heard) != 0 {
		t.Fatalf("%d rows, heard of %v", n, heard)
	}
	if err := db.Write(ctx, insert); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db); n != 1 || len(heard) != 1 {
		t.Fatalf("%d rows, heard of %v", n, heard)
	}
}

// Changes are reported after the commit, each once, in the order reported.
func TestChanges(t *testing.T) {
	var heard []Change
	var db *DB
	db = openTest(t, Options{OnCommit: func(c []Change) {
		if count(t, db) == 0 {
			t.Error("reported before the commit")
		}
		heard = c
	}})
	err := db.Write(context.Background(), func(tx replica.Tx) error {
		for _, c := range []Change{{"a", 1}, {"b", 1}, {"a", 1}, {"a", 2}, {"b", 1}} {
			tx.Changed(c.Topic, c.Payload)
		}
		_, err := tx.Exec(`INSERT INTO row VALUES (1, 'x')`)
		return err
	})
	if want := []Change{{"a", 1}, {"b", 1}, {"a", 2}}; err != nil || !reflect.DeepEqual(heard, want) {
		t.Fatalf("%v, %v", heard, err)
	}
}

// L4: what is written survives a power cut (synchronous=FULL), and readers cannot write.
func TestDurabilityAndReaders(t *testing.T) {
	db := openTest(t, Options{})
	err := db.Write(context.Background(), func(tx replica.Tx) error {
		var level int
		var journal string
		err := errors.Join(tx.QueryRow(`PRAGMA synchronous`).Scan(&level), tx.QueryRow(`PRAGMA journal_mode`).Scan(&journal))
		if level != 2 || journal != "wal" {
			t.Errorf("synchronous %d, journal %s", level, journal)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Read().Exec(`INSERT INTO row VALUES (1, 'x')`); err == nil {
		t.Error("a reader wrote")
	}
}

// L4: a full disk fails the write with ErrFull and leaves everything before intact, also after a restart.
func TestFullDisk(t *testing.T) {
	db := openTest(t, Options{})
	path := db.Path()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := Open(path, Options{Key: testKey(), MaxPages: 60})
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("x", 1000)
	n := 0
	for err == nil && n < 10_000 {
		err = db.Write(context.Background(), func(tx replica.Tx) error {
			_, err := tx.Exec(`INSERT INTO row VALUES (?, ?)`, n, text)
			return err
		})
		if err == nil {
			n++
		}
	}
	if !errors.Is(err, ErrFull) || n == 0 {
		t.Fatalf("after %d rows: %v", n, err)
	}
	for range 3 {
		if err := db.Write(context.Background(), func(tx replica.Tx) error {
			_, err := tx.Exec(`INSERT INTO row VALUES (?, ?)`, n, text)
			return err
		}); !errors.Is(err, ErrFull) {
			t.Fatal(err)
		}
	}
	if got := count(t, db); got != n {
		t.Fatalf("%d of %d rows", got, n)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if db, err = Open(path, Options{Key: testKey()}); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if got := count(t, db); got != n {
		t.Fatalf("%d of %d rows after a restart", got, n)
	}
	run(t, db, `INSERT INTO row VALUES (?, 'room again')`, n)
}

// A file that is no database is refused as damaged, and kept as it is.
func TestGarbageIsKept(t *testing.T) {
	for name, garbage := range map[string]string{
		"text": strings.Repeat("this is not a database. ", 500), "a broken head": "SQLite format 3\x00" + strings.Repeat("\xff", 5000),
	} {
		path := filepath.Join(t.TempDir(), "test.db")
		if err := os.WriteFile(path, []byte(garbage), 0o600); err != nil {
			t.Fatal(err)
		}
		if db, err := Open(path, Options{Key: testKey()}); !errors.Is(err, ErrDamaged) {
			if err == nil {
				_ = db.Close()
			}
			t.Errorf("%s: %v", name, err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != garbage {
			t.Errorf("%s: the file was changed, %v", name, err)
		}
	}
}

// Paths may hold any character, and folders that do not exist yet.
func TestOddPaths(t *testing.T) {
	for _, name := range []string{"同舟 数据", "a?b=c&d#e", "100%25", "it's; here"} {
		path := filepath.Join(t.TempDir(), name, "deep", "test.db")
		db, err := Open(path, Options{Key: testKey()})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		run(t, db, `CREATE TABLE row (n INTEGER)`)
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

// L5: transactions follow each other; readers see whole ones only.
func TestWritersAndReadersSideBySide(t *testing.T) {
	db := openTest(t, Options{})
	var w sync.WaitGroup
	for range 4 {
		w.Go(func() {
			for range 50 {
				err := db.Write(context.Background(), func(tx replica.Tx) error {
					var n int
					if err := tx.QueryRow(`SELECT count(*) FROM row`).Scan(&n); err != nil {
						return err
					}
					_, err := tx.Exec(`INSERT INTO row VALUES (?, 'a'), (?, 'b')`, n, n+1)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
		w.Go(func() {
			for range 50 {
				var n int
				if err := db.Read().QueryRow(`SELECT count(*) FROM row`).Scan(&n); err != nil || n%2 != 0 {
					t.Errorf("a reader sees %d rows, %v", n, err)
				}
			}
		})
	}
	w.Wait()
	if n := count(t, db); n != 400 {
		t.Fatalf("%d rows", n)
	}
}

// Each script of a module runs once, in the order of names; one that fails leaves the ones before.
func TestMigrate(t *testing.T) {
	db := openTest(t, Options{})
	files := fstest.MapFS{
		"0002_b.sql": {Data: []byte(`INSERT INTO step VALUES ('b')`)},
		"0001_a.sql": {Data: []byte(`CREATE TABLE step (name TEXT); INSERT INTO step VALUES ('a')`)},
		"notes.txt":  {Data: []byte(`not a script`)},
	}
	migrate := func() error {
		return db.Write(context.Background(), func(tx replica.Tx) error { return Migrate(tx, "m", files) })
	}
	steps := func() (out string) {
		var s sql.NullString
		if err := db.Read().QueryRow(`SELECT group_concat(name, '') FROM (SELECT name FROM step ORDER BY rowid)`).Scan(&s); err != nil {
			t.Fatal(err)
		}
		return s.String
	}
	for range 2 {
		if err := migrate(); err != nil || steps() != "ab" {
			t.Fatalf("%v, %s", err, steps())
		}
	}
	files["0003_c.sql"] = &fstest.MapFile{Data: []byte(`INSERT INTO step VALUES ('c'); nonsense`)}
	if err := migrate(); err == nil || steps() != "ab" {
		t.Fatalf("%v, %s", err, steps())
	}
	files["0003_c.sql"] = &fstest.MapFile{Data: []byte(`INSERT INTO step VALUES ('c')`)}
	if err := migrate(); err != nil || steps() != "abc" {
		t.Fatalf("%v, %s", err, steps())
	}
	if err := db.Write(context.Background(), func(tx replica.Tx) error { return Migrate(tx, "other", fstest.MapFS{}) }); err != nil {
		t.Fatal(err)
	}
}

// The write-ahead log is folded into the database while it runs, also during a long burst.
func TestLogIsFolded(t *testing.T) {
	db := openTest(t, Options{})
	text := strings.Repeat("x", 100_000)
	deadline := make(chan struct{})
	go func() {
		defer close(deadline)
		for i := range 400 {
			_ = db.Write(context.Background(), func(tx replica.Tx) error {
				_, err := tx.Exec(`INSERT OR REPLACE INTO row VALUES (?, ?)`, i%7, fmt.Sprint(i, text))
				return err
			})
		}
	}()
	<-deadline
	fi, err := os.Stat(db.Path() + "-wal")
	if err != nil || fi.Size() > 80<<20 {
		t.Fatalf("a log of %d bytes, %v", fi.Size(), err)
	}
}

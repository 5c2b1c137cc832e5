//go:build libsqlite3

package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// testKey encrypts every database of these tests. Nothing is left out where the SQLite that was linked cannot: it has to.
func testKey() *Key { return &Key{1, 2, 3, 31: 0xff} }

const told = "客户名单不要外传"

// tell writes a text that must not be found on the disk, into a table and into a full-text index.
func tell(t *testing.T, db *DB) {
	t.Helper()
	for _, query := range []string{
		`CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)`, `CREATE VIRTUAL TABLE found USING fts5 (text)`,
		`INSERT INTO note (text) VALUES ('` + told + `')`, `INSERT INTO found VALUES ('` + told + `')`,
	} {
		run(t, db, query)
	}
}

// hears reads it back.
func hears(t *testing.T, db *DB) {
	t.Helper()
	var text string
	if err := db.Read().QueryRow(`SELECT text FROM found WHERE found MATCH '"` + told + `"'`).Scan(&text); err != nil || text != told {
		t.Errorf("%q, %v", text, err)
	}
}

func TestNothingIsPlainOnTheDisk(t *testing.T) {
	key := testKey()
	path := filepath.Join(t.TempDir(), "test.db")
	db, err := Open(path, Options{Key: key})
	if err != nil {
		t.Fatal(err)
	}
	tell(t, db)
	look := func() {
		t.Helper()
		files := readFiles(t, path+"*")
		for name, b := range files {
			if bytes.Contains(b, []byte(told)) || bytes.Contains(b, []byte("CREATE TABLE")) || bytes.HasPrefix(b, []byte(plainHead)) {
				t.Errorf("%s shows what is in it", name)
			}
		}
		if len(files) == 0 {
			t.Error("no files")
		}
	}
	look()
	if n := len(readFiles(t, path+"-*")); n != 2 {
		t.Errorf("%d files beside the database, want the log and its index", n)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	look()
	if db, err = Open(path, Options{Key: key}); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	hears(t, db)
}

func TestTheKeyIsInNoError(t *testing.T) {
	key := testKey()
	secret := strings.TrimPrefix(key.query(), "cipher=aegis&key=raw%3A")
	_, open := Open(filepath.Join(t.TempDir(), "no", "\x00"), Options{Key: key})
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "test.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, folder := Open(filepath.Join(dir, "test.db"), Options{Key: key})
	plain := filled(t)
	db, err := OpenReadOnly(plain, key)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	into := CopyTo(context.Background(), db, filepath.Join(dir, "none", "x"), key)
	for _, err := range []error{open, folder, into, Encrypt(context.Background(), filepath.Join(dir, "test.db"), key)} {
		if err == nil || strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "aegis") {
			t.Errorf("error %v", err)
		}
	}
	if text := fmt.Sprintf("%v %+v %#v %s", key, *key, key, Options{Key: key}.Key); strings.Contains(text, "255") || strings.Contains(text, "ff") {
		t.Error("printed: ", text)
	}
}

func TestAnotherKeyIsRefused(t *testing.T) {
	key := testKey()
	path := filled(t)
	before := readFiles(t, path)
	other := *key
	other[0]++
	for name, wrong := range map[string]*Key{"another": &other, "none": nil} {
		if db, err := Open(path, Options{Key: wrong}); !errors.Is(err, ErrDamaged) {
			if err == nil {
				_ = db.Close()
			}
			t.Errorf("%s: %v", name, err)
		}
	}
	if !bytes.Equal(before["test.db"], readFiles(t, path)["test.db"]) {
		t.Error("the file was changed")
	}
}

func TestAPlainDatabaseIsTakenOver(t *testing.T) {
	key := testKey()
	path := filepath.Join(t.TempDir(), "test.db")
	db, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	tell(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if plain, err := IsPlain(path); err != nil || !plain {
		t.Fatalf("plain %v, %v", plain, err)
	}
	// What an earlier try left that was cut off is no hindrance.
	if err := os.WriteFile(path+".sealing", []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second finds nothing to do
		if err := Encrypt(context.Background(), path, key); err != nil {
			t.Fatal(err)
		}
	}
	for name, b := range readFiles(t, filepath.Join(filepath.Dir(path), "*")) {
		if name != "test.db" || bytes.Contains(b, []byte(told)) {
			t.Errorf("%s was left", name)
		}
	}
	if db, err = Open(path, Options{Key: key}); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	hears(t, db)
}

func TestACopyHasTheKeyThatWasAskedFor(t *testing.T) {
	key := testKey()
	other := *key
	other[0]++
	db, err := OpenReadOnly(filled(t), key)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for name, want := range map[string]*Key{"same": key, "other": &other, "none": nil} {
		path := filepath.Join(t.TempDir(), "copy.db")
		if err := CopyTo(context.Background(), db, path, want); err != nil {
			t.Fatal(err)
		}
		copied, err := OpenReadOnly(path, want)
		if err != nil {
			t.Fatal(err)
		}
		var n int
		if err := copied.QueryRow(`SELECT count(*) FROM note`).Scan(&n); err != nil || n != 5000 {
			t.Errorf("%s: %d rows, %v", name, n, err)
		}
		if err := copied.Close(); err != nil {
			t.Error(err)
		}
		if plain, err := IsPlain(path); err != nil || plain != (want == nil) {
			t.Errorf("%s: plain %v, %v", name, plain, err)
		}
	}
}

func TestTakingOverKeepsADatabaseThatCannotBe(t *testing.T) {
	key := testKey()
	path := filepath.Join(t.TempDir(), "test.db")
	garbage := []byte(plainHead + strings.Repeat("\xff", 5000))
	if err := os.WriteFile(path, garbage, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Encrypt(context.Background(), path, key); !errors.Is(err, ErrDamaged) {
		t.Errorf("error %v", err)
	}
	files := readFiles(t, filepath.Join(filepath.Dir(path), "*"))
	if !bytes.Equal(files["test.db"], garbage) || files["test.db.sealing"] != nil {
		t.Errorf("files %d", len(files))
	}
}

// A page that somebody exchanged is not taken for what was written, wherever it is.
func TestExchangedPagesAreNoticed(t *testing.T) {
	key := testKey()
	path := filled(t)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	one, two := b[20*page:21*page], b[30*page:31*page]
	swapped := bytes.Clone(one)
	copy(one, two)
	copy(two, swapped)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := Open(path, Options{Key: key})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Check(context.Background(), "note"); !errors.Is(err, ErrDamaged) {
		t.Errorf("error %v", err)
	}
}

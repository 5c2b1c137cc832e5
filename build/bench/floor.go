package main

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	_ "github.com/mattn/go-sqlite3" // the driver of the floors, as in the product

	"tongzhou/backend/app"
	"tongzhou/sync/oplog"
)

func openFloor(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite3", "file:"+path+"?_journal_mode=WAL&_synchronous=FULL&_cache_size=-16384")
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// commits makes n commits of one plain row each, synchronous=FULL, and returns their times in ms.
func (r *run) commits(n int) ([]float64, error) {
	path := filepath.Join(r.tmp, "floor-commit.db")
	defer removeDB(path)
	db, err := openFloor(path)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if _, err := db.Exec(`CREATE TABLE m (id INTEGER PRIMARY KEY, text TEXT)`); err != nil {
		return nil, err
	}
	st, err := db.Prepare(`INSERT INTO m (text) VALUES (?)`)
	if err != nil {
		return nil, err
	}
	out := make([]float64, 0, n)
	for i := range n {
		text := message(i)
		t := time.Now()
		if _, err := st.Exec(text); err != nil {
			return nil, err
		}
		out = append(out, float64(time.Since(t).Nanoseconds())/1e6)
	}
	return out, nil
}

// rawOps reads the stored ops of a member's database that belong to one large feed.
func rawOps(dir string, limit int) ([][]byte, error) {
	db, err := app.FolderDatabase(dir, *unlock())
	if err != nil {
		return nil, err
	}
	defer db.Close()
	rows, err := db.Query(`SELECT data FROM op WHERE id >= (SELECT no << 40 FROM feed ORDER BY len DESC LIMIT 1) ORDER BY id LIMIT ?`, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out [][]byte
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, rows.Err()
}

// inserts puts ops from memory into the product's op table, in transactions of 2,000 ops; with texts also into a full-text
// index of the product's kind. It returns seconds.
func (r *run) inserts(ops [][]byte, withTexts bool) (float64, error) {
	path := filepath.Join(r.tmp, "floor-insert.db")
	defer removeDB(path)
	db, err := openFloor(path)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	if _, err := db.Exec(oplog.Schema + `; CREATE VIRTUAL TABLE fts USING fts5 (body, content='', contentless_delete=1, tokenize='unicode61')`); err != nil {
		return 0, err
	}
	texts := make([]string, len(ops))
	for i := range texts {
		texts[i] = bigrams(message(i))
	}
	t := time.Now()
	for done := 0; done < len(ops); done += 2000 {
		tx, err := db.Begin()
		if err != nil {
			return 0, err
		}
		st, err := tx.Prepare(`INSERT INTO op (id, status, at, hlc, data) VALUES (?, 0, ?, ?, ?)`)
		if err != nil {
			return 0, err
		}
		ft, err := tx.Prepare(`INSERT INTO fts (rowid, body) VALUES (?, ?)`)
		if err != nil {
			return 0, err
		}
		for i := done; i < min(done+2000, len(ops)); i++ {
			if _, err := st.Exec(int64(1)<<40|int64(i), int64(1_790_000_000_000+i), int64(i)<<20, ops[i]); err != nil {
				return 0, err
			}
			if withTexts {
				if _, err := ft.Exec(i, texts[i]); err != nil {
					return 0, err
				}
			}
		}
		if err := tx.Commit(); err != nil {
			return 0, fmt.Errorf("commit: %w", err)
		}
	}
	return time.Since(t).Seconds(), nil
}

func removeDB(path string) {
	for _, s := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(path + s)
	}
}

// bigrams spells Chinese text as overlapping pairs, which unicode61 then takes for words.
func bigrams(text string) string {
	var b strings.Builder
	var last rune
	for _, c := range text {
		han := unicode.Is(unicode.Han, c)
		if han && unicode.Is(unicode.Han, last) {
			b.WriteRune(last)
			b.WriteRune(c)
			b.WriteByte(' ')
		} else if !han {
			b.WriteRune(c)
		}
		last = c
	}
	return b.String()
}

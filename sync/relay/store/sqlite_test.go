package store

import (
	"errors"
	"path/filepath"
	"testing"

	_ "github.com/mattn/go-sqlite3"
)

func openSQLite(t *testing.T, path string) Store {
	t.Helper()
	s, err := OpenSQLite(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closing(t *testing.T, s Store) Store {
	t.Helper()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestSQLite(t *testing.T) {
	paths := map[Store]string{}
	open := func(t *testing.T) Store {
		path := filepath.Join(t.TempDir(), "relay 100%.db")
		s := openSQLite(t, path)
		paths[s] = path
		return s
	}
	contract(t, func(t *testing.T) Store { return closing(t, open(t)) }, func(t *testing.T, s Store) Store {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		return closing(t, openSQLite(t, paths[s]))
	})
}

// B10: a full disk is told as such, nothing of the update stays, and the store works again when there is room.
func TestFullDisk(t *testing.T) {
	s := closing(t, openSQLite(t, filepath.Join(t.TempDir(), "relay.db")))
	team := addTeam(t, s, 1)
	limit := func(pages string) {
		t.Helper()
		if err := s.(*sqliteStore).write.do(t.Context(), func(q querier) error {
			rows, err := q.query(t.Context(), `PRAGMA max_page_count = `+pages)
			if err != nil {
				return err
			}
			return rows.Close()
		}); err != nil {
			t.Fatal(err)
		}
	}
	limit("60")
	err := s.Update(t.Context(), func(tx Tx) error {
		return tx.SetRoster(t.Context(), team.No, 1, [32]byte{}, make([]byte, 1<<20))
	})
	if !errors.Is(err, ErrFull) {
		t.Fatalf("a full disk: %v", err)
	}
	if got, _, err := s.TeamByNo(t.Context(), team.No); err != nil || got.Gen != 0 {
		t.Errorf("something of it stayed: %+v, %v", got, err)
	}
	limit("1000000")
	update(t, s, func(tx Tx) error {
		return tx.SetRoster(t.Context(), team.No, 1, [32]byte{}, make([]byte, 1<<20))
	})
}

//go:build unix

package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"tongzhou/sync/relay/store/pgtest"
)

func openPostgres(t *testing.T, s *pgtest.Server, schema string) Store {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		store, err := OpenPostgres(ctx, s.URL(schema))
		if err == nil {
			return store
		}
		if ctx.Err() != nil {
			t.Fatalf("%v\n%s", err, s.Log())
		}
		select { // the server is starting
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// newSchema makes an empty schema and returns its name.
func newSchema(t *testing.T, s *pgtest.Server, n int) string {
	t.Helper()
	name := fmt.Sprintf("relay%d", n)
	base := openPostgres(t, s, "public")
	if err := base.(*postgresStore).write.do(t.Context(), func(q querier) error {
		_, err := q.exec(t.Context(), `CREATE SCHEMA `+name)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := base.Close(); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestPostgres(t *testing.T) {
	server := pgtest.Start(t)
	var mu sync.Mutex
	n := 0
	schemas := map[Store]string{}
	contract(t, func(t *testing.T) Store {
		mu.Lock()
		defer mu.Unlock()
		n++
		schema := newSchema(t, server, n)
		s := openPostgres(t, server, schema)
		schemas[s] = schema
		return closing(t, s)
	}, func(t *testing.T, s Store) Store {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		return closing(t, openPostgres(t, server, schemas[s]))
	})
	t.Run("processes", func(t *testing.T) { processesShare(t, server) })
	t.Run("teams in any order", func(t *testing.T) { processesCross(t, server) })
}

// B13: processes on one database hear of each other's changes and take turns.
func processesShare(t *testing.T, server *pgtest.Server) {
	schema := newSchema(t, server, 1000)
	a, b := closing(t, openPostgres(t, server, schema)), closing(t, openPostgres(t, server, schema))
	if a.ID() != b.ID() {
		t.Fatal("one database has two names")
	}
	team := addTeam(t, a, 1)
	heard := make(chan TeamNo, 1000)
	defer b.Watch(func(no TeamNo) { heard <- no })()
	done := make(chan error, 2)
	for _, s := range []Store{a, b} {
		go func() {
			for range 50 {
				if err := s.Update(t.Context(), func(tx Tx) error { _, err := tx.Next(t.Context(), team.No); return err }); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if now, _, err := b.TeamByNo(t.Context(), team.No); err != nil || now.LSeq != 100 {
		t.Errorf("100 changes gave arrival number %d, %v", now.LSeq, err)
	}
	for len(heard) > 0 {
		<-heard
	}
	update(t, a, func(tx Tx) error { _, err := tx.Next(t.Context(), team.No); return err })
	select {
	case no := <-heard:
		if no != team.No {
			t.Errorf("heard of team %d", no)
		}
	case <-time.After(20 * time.Second):
		t.Error("a change by another process is not heard of")
	}
}

// B13: two processes that change two teams in opposite order both get through.
func processesCross(t *testing.T, server *pgtest.Server) {
	schema := newSchema(t, server, 1001)
	stores := []Store{closing(t, openPostgres(t, server, schema)), closing(t, openPostgres(t, server, schema))}
	teams := []Team{addTeam(t, stores[0], 1), addTeam(t, stores[0], 2)}
	done := make(chan error, 2)
	for i, s := range stores {
		go func() {
			var errs []error
			for range 20 {
				errs = append(errs, s.Update(t.Context(), func(tx Tx) error {
					_, first := tx.Next(t.Context(), teams[i].No)
					if first != nil {
						return first
					}
					_, second := tx.Next(t.Context(), teams[1-i].No)
					return second
				}))
			}
			done <- errors.Join(errs...)
		}()
	}
	for range stores {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	for _, team := range teams {
		if now, _, err := stores[0].TeamByNo(t.Context(), team.No); err != nil || now.LSeq != 40 {
			t.Errorf("40 changes gave arrival number %d, %v", now.LSeq, err)
		}
	}
}

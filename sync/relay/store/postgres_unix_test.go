//go:build unix

package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// server is a PostgreSQL of the test's own, on a socket in a folder of its own.
type server struct {
	dir string
	cmd *exec.Cmd
	out bytes.Buffer
}

// postgres finds a program of the server: on the path, or where Debian keeps it.
func postgres(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(found) == 0 {
		return ""
	}
	return found[len(found)-1]
}

// asOther makes a command run as somebody who is not root, whom the server refuses.
func asOther(t *testing.T, cmd *exec.Cmd, dir string) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	who, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.ParseUint(who.Uid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.ParseUint(who.Gid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, int(uid), int(gid)); err != nil {
		t.Fatal(err)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	cmd.Dir = dir
}

func startServer(t *testing.T) *server {
	t.Helper()
	initdb, run := postgres("initdb"), postgres("postgres")
	if initdb == "" || run == "" {
		t.Skip("PostgreSQL is not installed; go run ./build setup does it")
	}
	dir, err := os.MkdirTemp("/tmp", "pg") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	s := &server{dir: dir}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	data := filepath.Join(dir, "data")
	makeIt := exec.Command(initdb, "-D", data, "-U", "relay", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
	asOther(t, makeIt, dir)
	if out, err := makeIt.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s.cmd = exec.Command(run, "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "deadlock_timeout=20ms")
	asOther(t, s.cmd, dir)
	s.cmd.Stderr = &s.out
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.cmd.Process.Signal(syscall.SIGINT) // a fast shutdown
		if err := s.cmd.Wait(); err != nil {
			t.Errorf("the server: %v\n%s", err, &s.out)
		}
	})
	return s
}

// url names a schema of its own in the server's database.
func (s *server) url(schema string) string {
	q := url.Values{"host": {s.dir}, "sslmode": {"disable"}, "search_path": {schema}}
	return "postgres://relay@/postgres?" + q.Encode()
}

func (s *server) open(t *testing.T, schema string) Store {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		store, err := OpenPostgres(ctx, s.url(schema))
		if err == nil {
			return store
		}
		if ctx.Err() != nil {
			t.Fatalf("%v\n%s", err, &s.out)
		}
		select { // the server is starting
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// schema makes an empty schema and returns its name.
func (s *server) schema(t *testing.T, n int) string {
	t.Helper()
	name := fmt.Sprintf("relay%d", n)
	base := s.open(t, "public")
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
	server := startServer(t)
	var mu sync.Mutex
	n := 0
	schemas := map[Store]string{}
	contract(t, func(t *testing.T) Store {
		mu.Lock()
		defer mu.Unlock()
		n++
		schema := server.schema(t, n)
		s := server.open(t, schema)
		schemas[s] = schema
		return closing(t, s)
	}, func(t *testing.T, s Store) Store {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		return closing(t, server.open(t, schemas[s]))
	})
	t.Run("processes", func(t *testing.T) { processesShare(t, server) })
	t.Run("teams in any order", func(t *testing.T) { processesCross(t, server) })
}

// B13: processes on one database hear of each other's changes and take turns.
func processesShare(t *testing.T, server *server) {
	schema := server.schema(t, 1000)
	a, b := closing(t, server.open(t, schema)), closing(t, server.open(t, schema))
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
func processesCross(t *testing.T, server *server) {
	schema := server.schema(t, 1001)
	stores := []Store{closing(t, server.open(t, schema)), closing(t, server.open(t, schema))}
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

//go:build unix

package pgtest

import (
	"bytes"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
)

// Server is a PostgreSQL of a test's own.
type Server struct {
	dir string
	cmd *exec.Cmd
	out safeBuffer
}

// program finds a program of the server: on the path, or where Debian keeps it.
func program(name string) string {
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

// Start starts a server and returns when it has begun to start; connecting may fail for a moment.
func Start(t *testing.T) *Server {
	t.Helper()
	initdb, run := program("initdb"), program("postgres")
	if initdb == "" || run == "" {
		if os.Getenv("CI") != "" { // what CI does not run is not checked
			t.Fatal("PostgreSQL is not installed; go run ./build setup does it")
		}
		t.Skip("PostgreSQL is not installed; go run ./build setup does it")
	}
	dir, err := os.MkdirTemp("/tmp", "pg") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{dir: dir}
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

// URL names the server's database, with a schema of its own for each name.
func (s *Server) URL(schema string) string {
	q := url.Values{"host": {s.dir}, "sslmode": {"disable"}, "search_path": {schema}}
	return "postgres://relay@/postgres?" + q.Encode()
}

// Log is what the server said so far.
func (s *Server) Log() string { return s.out.String() }

// safeBuffer is written by the server's output while a test reads it.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

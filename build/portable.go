package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Without C, the SQLite driver compiles to almost nothing. This stands in for it with what our code names of it, so that
// everything else can be compiled for a system whose C compiler is not here. Nothing of it is ever run.
const sqliteStub = `package sqlite3

import "syscall"

type (
	ErrNo int
	Error struct {
		Code        ErrNo
		SystemErrno syscall.Errno
	}
)

func (Error) Error() string { return "" }

const ErrIoErr, ErrCorrupt, ErrFull, ErrNotADB ErrNo = 10, 11, 13, 26
`

// portable compiles all Go code for the systems that are not this one.
func (t *tool) portable(ctx context.Context, out io.Writer) error {
	dir, err := os.MkdirTemp("", "tongzhou-portable-")
	if err != nil {
		return fmt.Errorf("stand in for SQLite: %w", err)
	}
	defer os.RemoveAll(dir)
	modfile, err := t.withoutSQLite(dir)
	if err != nil {
		return fmt.Errorf("stand in for SQLite: %w", err)
	}
	// The window of Windows needs no C. That of macOS does, so there the headless build has to do.
	for _, to := range []struct{ goos, tags string }{{"windows", desktopTags("windows")}, {"darwin", headlessTags}} {
		if to.goos == t.goos {
			continue
		}
		fmt.Fprintln(out, to.goos)
		cmd := t.command(ctx, out, "go", "build", "-modfile", modfile, "-tags", to.tags, "./...")
		cmd.Env = append(cmd.Env, "GOOS="+to.goos, "CGO_ENABLED=0")
		if err := named(cmd.Run(), "go", []string{"build for", to.goos}); err != nil {
			return err
		}
	}
	return nil
}

// withoutSQLite writes a copy of go.mod in which the driver is the stub, and returns its path.
func (t *tool) withoutSQLite(dir string) (string, error) {
	module, err := os.ReadFile(t.path("go.mod"))
	if err != nil {
		return "", err
	}
	sums, err := os.ReadFile(t.path("go.sum"))
	if err != nil {
		return "", err
	}
	const driver = "github.com/mattn/go-sqlite3"
	stub := filepath.Join(dir, "sqlite3")
	if err := os.Mkdir(stub, 0o700); err != nil {
		return "", err
	}
	for name, text := range map[string]string{
		"go.mod":            string(module) + fmt.Sprintf("\nreplace %s => %q\n", driver, filepath.ToSlash(stub)),
		"go.sum":            string(sums),
		"sqlite3/go.mod":    "module " + driver + "\n",
		"sqlite3/sqlite.go": sqliteStub,
	} {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, "go.mod"), nil
}

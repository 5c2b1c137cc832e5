package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// tool is one invocation: where the repository is, which system this is, where to write.
type tool struct {
	root string // absolute path of the repository
	goos string
	out  io.Writer
}

func newTool() (*tool, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("find the repository: %w", err)
	}
	root, err := findRoot(dir)
	if err != nil {
		return nil, err
	}
	return &tool{root: root, goos: runtime.GOOS, out: os.Stdout}, nil
}

// findRoot walks up from dir to the go.mod of this project. The nested module of the tools is not it.
func findRoot(dir string) (string, error) {
	module := regexp.MustCompile(`(?m)^module tongzhou\s*$`)
	for at := dir; ; at = filepath.Dir(at) {
		text, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil && module.Match(text) {
			return at, nil
		}
		if filepath.Dir(at) == at {
			return "", fmt.Errorf("no go.mod of module tongzhou in %s or above", dir)
		}
	}
}

// path joins parts of a path below the root.
func (t *tool) path(parts ...string) string {
	return filepath.Join(append([]string{t.root}, parts...)...)
}

func (t *tool) say(format string, args ...any) {
	fmt.Fprintf(t.out, format+"\n", args...)
}

// command prepares a program in the repository's root. Both its streams go to out, and it gets no input: in a terminal as
// on a build machine nothing may wait for an answer. Its environment tells Go where SQLite is.
func (t *tool) command(ctx context.Context, out io.Writer, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = t.root
	cmd.Env = append(os.Environ(), t.cipherEnv(t.here())...)
	cmd.Stdout, cmd.Stderr = out, out
	ownGroup(cmd)
	// First asked, then killed. What it started itself may keep the pipe open: do not wait for that for ever.
	cmd.Cancel = func() error { return interruptGroup(cmd) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// do runs a program and names it in the error.
func (t *tool) do(ctx context.Context, out io.Writer, name string, args ...string) error {
	return named(t.command(ctx, out, name, args...).Run(), name, args)
}

// handedOn is the exit code of the program that a command is only a way to start. That program has already said what is
// wrong, so nothing is added.
type handedOn struct{ code int }

func (h handedOn) Error() string { return fmt.Sprintf("exit status %d", h.code) }

// become runs a program as if it had been started itself.
func become(cmd *exec.Cmd) error {
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() > 0 {
		return handedOn{exit.ExitCode()}
	}
	return named(err, cmd.Path, cmd.Args[1:])
}

// ask returns what a program prints, without the surrounding white space.
func (t *tool) ask(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = t.root
	text, err := cmd.Output()
	return strings.TrimSpace(string(text)), named(err, name, args)
}

func named(err error, name string, args []string) error {
	if err == nil {
		return nil
	}
	line := strings.Join(append([]string{filepath.Base(name)}, args...), " ")
	if len(line) > 120 {
		line = line[:120] + "…"
	}
	return fmt.Errorf("%s: %w", line, err)
}

// has tells whether a program is on the path.
func has(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
}

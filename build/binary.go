package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Both builds have full-text search, and link the SQLite that buildCipher makes in place of the driver's own.
const (
	plainTags    = "sqlite_fts5"
	headlessTags = "libsqlite3," + plainTags
)

// desktopTags are the tags of the build with a window. Wails asks for WebKitGTK 4.0 unless it is told otherwise.
func desktopTags(goos string) string {
	if goos == "linux" {
		return "desktop,production,webkit2_41," + headlessTags
	}
	return "desktop,production," + headlessTags
}

// binaryPath is where a development build lands.
func (t *tool) binaryPath(name string) string {
	if t.goos == "windows" {
		name += ".exe"
	}
	return t.path("out", "dev", name)
}

// target is one binary to build.
type target struct {
	tags   string
	output string
	flags  []string // for go build; any that change how dependencies compile cost minutes the first time
	env    []string // on top of that of every command
}

func (t *tool) headless() target {
	return target{tags: headlessTags, output: t.binaryPath("tongzhou-headless")}
}

func (t *tool) desktop() target {
	return target{tags: desktopTags(t.goos), output: t.binaryPath("tongzhou"), env: t.desktopEnv()}
}

// desktopEnv gives what the linker needs for a window on macOS; the Wails command would set the same.
func (t *tool) desktopEnv() []string {
	if t.goos != "darwin" {
		return nil
	}
	env := t.cipherEnv(t.here())
	return []string{
		env[0] + " -mmacosx-version-min=12.0",
		env[1] + " -framework UniformTypeIdentifiers -mmacosx-version-min=12.0",
	}
}

func (t *tool) compile(ctx context.Context, out io.Writer, what target) error {
	if err := os.MkdirAll(filepath.Dir(what.output), 0o755); err != nil {
		return fmt.Errorf("make the folder for the build: %w", err)
	}
	args := append([]string{"build", "-tags", what.tags, "-o", what.output}, what.flags...)
	cmd := t.command(ctx, out, "go", append(args, ".")...)
	cmd.Env = append(cmd.Env, what.env...)
	return named(cmd.Run(), "go", []string{"build", "-tags", what.tags})
}

// version names the build: the tag, and how far the tree is from it. "dev" outside a repository.
func (t *tool) version(ctx context.Context) string {
	text, err := t.ask(ctx, "git", "describe", "--tags", "--always", "--dirty")
	if err != nil || text == "" {
		return "dev"
	}
	return strings.TrimPrefix(text, "v")
}

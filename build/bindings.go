package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// bindings writes frontend/wailsjs/go anew from the bound Go structs and fails if that changed anything: what is committed
// must be what the backend offers. The new files stay, so mending it is one commit. (Beside it the generator puts a copy of
// Wails' runtime, which is neither ours nor used, and is not committed.)
func (t *tool) bindings(ctx context.Context, out io.Writer) error {
	dir := t.path("frontend", "wailsjs", "go")
	before, err := readAll(dir)
	if err != nil {
		return err
	}
	generator := target{tags: "bindings," + headlessTags, output: t.binaryPath("bindings")}
	if err := t.compile(ctx, out, generator); err != nil {
		return err
	}
	var said bytes.Buffer // it lists every field of every struct; that matters only when it fails
	cmd := t.command(ctx, &said, generator.output)
	cmd.Env = append(cmd.Env, "tsoutputtype=interfaces")
	if err := named(cmd.Run(), generator.output, nil); err != nil {
		return fmt.Errorf("%w\n%s", err, said.String())
	}
	if err := plainFiles(dir); err != nil {
		return err
	}
	now, err := readAll(dir)
	if err != nil {
		return err
	}
	if len(now) == 0 {
		return fmt.Errorf("the generator wrote nothing into %s", dir)
	}
	if changed := difference(before, now); len(changed) > 0 {
		return fmt.Errorf("the bindings were out of date and are written anew, commit them: %s", strings.Join(changed, ", "))
	}
	return nil
}

// plainFiles takes back the executable bit that the generator gives every file, which Git would show as a change.
func plainFiles(dir string) error {
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return os.Chmod(path, 0o644)
	})
	if err != nil {
		return fmt.Errorf("tidy the bindings: %w", err)
	}
	return nil
}

// readAll maps the slash path of every file below dir to its content. A folder that is not there is an empty map.
func readAll(dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	if _, err := os.Stat(dir); os.IsNotExist(err) {
		return files, nil
	}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		// Git may check text out with other line ends on Windows.
		text, err := os.ReadFile(path)
		files[filepath.ToSlash(name)] = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", dir, err)
	}
	return files, nil
}

// difference lists the names whose content is not the same on both sides, sorted.
func difference(a, b map[string][]byte) []string {
	changed := map[string]bool{}
	for name, text := range a {
		if other, ok := b[name]; !ok || !bytes.Equal(text, other) {
			changed[name] = true
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			changed[name] = true
		}
	}
	return slices.Sorted(maps.Keys(changed))
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// bindings fails if frontend/wailsjs/go is not what the generator makes of the bound Go structs, and then writes it anew, so
// that mending it is one commit. The generator works in a folder of its own: others read ours meanwhile. (Beside it the generator
// puts a copy of Wails' runtime, which is neither ours nor used.)
func (t *tool) bindings(ctx context.Context, out io.Writer) error {
	generator := target{tags: "bindings," + headlessTags, output: t.binaryPath("bindings")}
	if err := t.compile(ctx, out, generator); err != nil {
		return err
	}
	made, err := t.generate(ctx, generator.output)
	if err != nil {
		return fmt.Errorf("generate bindings: %w", err)
	}
	dir := t.path("frontend", "wailsjs", "go")
	have, err := readAll(dir)
	if err != nil {
		return err
	}
	changed := difference(have, made)
	if len(changed) == 0 {
		return nil
	}
	if err := replaceAll(dir, made); err != nil {
		return err
	}
	return fmt.Errorf("the bindings were out of date and are written anew, commit them: %s", strings.Join(changed, ", "))
}

// generate runs the generator and returns what it writes.
func (t *tool) generate(ctx context.Context, generator string) (map[string][]byte, error) {
	dir, err := os.MkdirTemp("", "tongzhou-bindings-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	// It looks for this where it is started, and writes where this says.
	const config = "wails.json"
	text, err := os.ReadFile(t.path(config))
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, config), text, 0o600); err != nil {
		return nil, err
	}
	var said bytes.Buffer // it lists every field of every struct; that matters only when it fails
	cmd := t.command(ctx, &said, generator)
	cmd.Dir = dir
	cmd.Env = append(cmd.Env, "tsoutputtype=interfaces")
	if err := named(cmd.Run(), generator, nil); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, said.String())
	}
	made, err := readAll(filepath.Join(dir, "frontend", "wailsjs", "go"))
	if err == nil && len(made) == 0 {
		err = errors.New("it wrote nothing")
	}
	return made, err
}

// replaceAll makes files, by their slash paths, all that is below dir.
func replaceAll(dir string, files map[string][]byte) error {
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("write %s: %w", dir, err)
	}
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("write %s: %w", dir, err)
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return fmt.Errorf("write %s: %w", dir, err)
		}
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

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// npm runs a script of the frontend's package.json, with more variables in its environment.
func (t *tool) npm(ctx context.Context, out io.Writer, script string, env ...string) error {
	line := []string{"run", "--silent", script}
	cmd := t.command(ctx, out, "npm", line...)
	cmd.Dir = t.path("frontend")
	cmd.Env = append(append(cmd.Env, "NO_COLOR=1"), env...)
	defer killGroup(cmd)
	return named(cmd.Run(), "npm", line)
}

// buildFrontend builds frontend/dist, which the binary embeds, unless it is newer than all its sources.
func (t *tool) buildFrontend(ctx context.Context, out io.Writer) error {
	fresh, err := t.frontendFresh()
	if err != nil {
		return err
	}
	if fresh {
		return nil
	}
	if err := t.npm(ctx, out, "build"); err != nil {
		return err
	}
	// Vite empties the folder. The empty file keeps the folder in the repository, so that a fresh clone compiles.
	if err := os.WriteFile(t.path("frontend", "dist", ".gitkeep"), nil, 0o644); err != nil {
		return fmt.Errorf("keep frontend/dist: %w", err)
	}
	return nil
}

// frontendFresh compares the time of the built page with that of everything it is built from.
func (t *tool) frontendFresh() (bool, error) {
	built, err := os.Stat(t.path("frontend", "dist", "index.html"))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at the built frontend: %w", err)
	}
	newest, err := newestBelow(t.path("frontend"), "node_modules", "dist", "test")
	if err != nil {
		return false, err
	}
	return built.ModTime().After(newest), nil
}

// newestBelow is the latest change below dir, files and folders (a deleted file changes its folder), leaving out the
// named folders.
func newestBelow(dir string, skip ...string) (time.Time, error) {
	var newest time.Time
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		for _, name := range skip {
			if entry.IsDir() && entry.Name() == name {
				return filepath.SkipDir
			}
		}
		if path == dir {
			return nil // building itself changes it
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if info.ModTime().After(newest) {
			newest = info.ModTime()
		}
		return nil
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("look at the frontend's sources: %w", err)
	}
	return newest, nil
}

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
)

// Names of steps that others need.
const (
	stepSetup    = "setup"
	stepCipher   = "sqlite"
	stepFrontend = "frontend build"
	stepHeadless = "headless build"
	stepDesktop  = "desktop build"
)

// check is the fast part: what one runs before every commit.
func (t *tool) check(ctx context.Context, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("check takes no arguments, got %q", args)
	}
	return t.runSteps(ctx, append([]step{t.setupStep(forWindow), t.cipherStep()}, t.checkSteps()...))
}

func (t *tool) setupStep(what purpose) step {
	return step{name: stepSetup, lane: lanePage, run: func(ctx context.Context, out io.Writer) error {
		if err := t.installSystem(ctx, out, what); err != nil {
			return err
		}
		return t.installFrontend(ctx, out)
	}}
}

func (t *tool) cipherStep() step {
	return step{name: stepCipher, lane: laneGo, run: func(ctx context.Context, out io.Writer) error {
		return t.buildCipher(ctx, out, t.here())
	}}
}

func (t *tool) checkSteps() []step {
	vet := func(tags string) func(context.Context, io.Writer) error {
		return t.goRun("vet", "-tags", tags, "./...")
	}
	// The page is embedded: no compiler may read it while it is built.
	page := []string{stepFrontend}
	return []step{
		{name: "gofumpt", lane: laneGo, run: t.gofumpt},
		{name: "vet headless", lane: laneGo, needs: []string{stepCipher}, after: page, run: vet(headlessTags)},
		{name: "vet desktop", lane: laneGo, needs: []string{stepSetup, stepCipher}, after: page, run: vet(desktopTags(t.goos))},
		{name: "staticcheck", lane: laneGo, needs: []string{stepSetup, stepCipher}, after: page, run: t.goRun(
			"tool", "-modfile="+filepath.FromSlash("build/tools/go.mod"), "staticcheck", "-tags", desktopTags(t.goos), "./...")},
		{name: "structure", lane: laneGo, run: t.goRun("test", "./backend/archtest"), closing: goClosing},
		{name: "bindings", lane: laneGo, needs: []string{stepCipher}, after: page, run: t.bindings},
		{name: "typescript", lane: lanePage, needs: []string{stepSetup}, run: t.script("typecheck")},
		{name: "lint", lane: lanePage, needs: []string{stepSetup}, run: t.script("lint")},
		{name: "import directions", lane: lanePage, needs: []string{stepSetup}, run: t.script("depcruise")},
		{name: "unused code", lane: lanePage, needs: []string{stepSetup}, run: t.script("knip")},
		{name: "frontend tests", lane: lanePage, needs: []string{stepSetup}, run: t.script("test"), closing: vitestClosing},
	}
}

func (t *tool) goRun(args ...string) func(context.Context, io.Writer) error {
	return func(ctx context.Context, out io.Writer) error { return t.do(ctx, out, "go", args...) }
}

func (t *tool) script(name string) func(context.Context, io.Writer) error {
	return func(ctx context.Context, out io.Writer) error { return t.npm(ctx, out, name) }
}

// gofumpt lists files that are not formatted. It exits 0 either way, so its output is the answer.
func (t *tool) gofumpt(ctx context.Context, out io.Writer) error {
	files, err := goFiles(t.root)
	if err != nil {
		return err
	}
	var list bytes.Buffer
	args := append([]string{"tool", "-modfile=" + filepath.FromSlash("build/tools/go.mod"), "gofumpt", "-l"}, files...)
	cmd := t.command(ctx, out, "go", args...)
	cmd.Stdout = &list
	if err := named(cmd.Run(), "gofumpt", nil); err != nil {
		return err
	}
	if list.Len() > 0 {
		fmt.Fprint(out, list.String())
		return fmt.Errorf("%d files are not formatted: go tool -modfile=build/tools/go.mod gofumpt -w FILE", strings.Count(list.String(), "\n"))
	}
	return nil
}

// goFiles lists our own Go files, relative to root. npm packages bring some of their own.
func goFiles(root string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && (name == "node_modules" || name == "out" || name == "dist" || name == "testdata" || (path != root && strings.HasPrefix(name, "."))) {
			return filepath.SkipDir
		}
		if !entry.IsDir() && strings.HasSuffix(name, ".go") {
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			files = append(files, rel)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list Go files: %w", err)
	}
	return files, nil
}

// goClosing picks the line per package and the names of failed tests.
func goClosing(output string) []string {
	return matching(output, `^(ok|FAIL|panic:)\s|^\s*--- FAIL:|^WARNING: DATA RACE`)
}

func vitestClosing(output string) []string {
	return matching(output, `^\s*(Test Files|Tests|Duration)\s`)
}

// nodeClosing picks the totals of Node's test runner, in both of its reporters.
func nodeClosing(output string) []string {
	return matching(output, `^(ℹ|#) (tests|pass|fail|cancelled|skipped|duration_ms) |^\s*(✖|not ok) `)
}

func matching(output, pattern string) []string {
	want := regexp.MustCompile(pattern)
	var lines []string
	for line := range strings.Lines(output) {
		if line = strings.TrimRight(line, "\r\n"); want.MatchString(line) {
			lines = append(lines, line)
		}
	}
	return lines
}

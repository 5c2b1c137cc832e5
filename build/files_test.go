package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// write makes files with content below dir, and their folders.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheRootIsTheProductsModule(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"go.mod": "module tongzhou\n", "build/tools/go.mod": "module tongzhou/build/tools\n", "sync/op/op.go": ""})
	for _, from := range []string{"", "build/tools", "sync/op"} {
		root, err := findRoot(filepath.Join(dir, filepath.FromSlash(from)))
		if err != nil || root != dir {
			t.Errorf("from %q: %q, %v, want %q", from, root, err, dir)
		}
	}
	if _, err := findRoot(t.TempDir()); err == nil {
		t.Error("found a root where there is none")
	}
}

func TestGoFilesLeavesOutWhatIsNotOurs(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"main.go": "", "sync/op/op.go": "", "frontend/node_modules/flatted/golang/flatted.go": "",
		"out/x.go": "", ".cache/y.go": "", "sync/op/testdata/z.go": "", "README.md": "",
	})
	files, err := goFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"main.go", filepath.Join("sync", "op", "op.go")}; !slices.Equal(files, want) {
		t.Errorf("%v, want %v", files, want)
	}
}

func TestDifferenceNamesChangedNewAndRemovedFiles(t *testing.T) {
	before := map[string][]byte{"same": []byte("1"), "changed": []byte("1"), "gone": []byte("1")}
	now := map[string][]byte{"same": []byte("1"), "changed": []byte("2"), "new": []byte("1")}
	if got, want := difference(before, now), []string{"changed", "gone", "new"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestTheFrontendIsBuiltAgainOnlyAfterAChange(t *testing.T) {
	dir := t.TempDir()
	tool := &tool{root: dir}
	past := time.Now().Add(-time.Hour)
	age := func(name string, when time.Time) {
		t.Helper()
		if err := os.Chtimes(filepath.Join(dir, filepath.FromSlash(name)), when, when); err != nil {
			t.Fatal(err)
		}
	}
	fresh := func() bool {
		t.Helper()
		is, err := tool.frontendFresh()
		if err != nil {
			t.Fatal(err)
		}
		return is
	}
	write(t, dir, map[string]string{"frontend/src/app.tsx": "", "frontend/node_modules/x/x.js": ""})
	if fresh() {
		t.Error("fresh before it was ever built")
	}
	write(t, dir, map[string]string{"frontend/dist/index.html": ""})
	for _, name := range []string{"frontend/src/app.tsx", "frontend/src"} {
		age(name, past)
	}
	if !fresh() {
		t.Error("not fresh right after the build")
	}
	age("frontend/src/app.tsx", time.Now().Add(time.Hour))
	if fresh() {
		t.Error("fresh although a source is newer")
	}
}

func TestReplacedFilesAreAllThereIs(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"old/API.js": "old", "models.ts": "old"})
	made := map[string][]byte{"models.ts": []byte("new"), "chat/API.js": []byte("new")}
	if err := replaceAll(dir, made); err != nil {
		t.Fatal(err)
	}
	have, err := readAll(dir)
	if changed := difference(made, have); err != nil || len(changed) > 0 {
		t.Errorf("%v, %v are not as they were made", err, changed)
	}
}

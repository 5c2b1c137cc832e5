package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = string(b)
	}
	return out
}

func TestWriteReplacesAFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "it")
	for _, text := range []string{"a longer text", "", "short"} {
		if err := Write(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got := contents(t, dir); len(got) != 1 || got["it"] != text {
			t.Errorf("%q", got)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want only the owner to read it", info.Mode())
	}
}

// What was said to be written has its name on the disk too, and if it has not, that is said.
func TestWriteWaitsForTheFolder(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "it")
	if err := Write(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	synced, failure := 0, errors.New("the disk is gone")
	err := write(path, []byte("new"), func(of string) error {
		synced++
		if got := contents(t, dir); of != dir || len(got) != 1 || got["it"] != "new" {
			t.Errorf("%s was waited for with %q in it", of, got)
		}
		return failure
	})
	if synced != 1 || !errors.Is(err, failure) {
		t.Errorf("waited %d times, %v", synced, err)
	}
}

func TestWriteKeepsTheOldFileOnFailure(t *testing.T) {
	dir := t.TempDir()
	occupied := filepath.Join(dir, "occupied")
	if err := os.MkdirAll(filepath.Join(occupied, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Write(occupied, []byte("new")); err == nil {
		t.Error("a folder was replaced")
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	if err := Write(filepath.Join(dir, "no", "such", "folder"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such folder: %v", err)
	}
}

func TestRenameRemoveAndSweep(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"new", "old", "other", tempPrefix + "123"} {
		if err := os.WriteFile(at(name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(Rename(at("new"), at("old")), Remove(at("other")), Remove(at("other")), Sweep(dir)); err != nil {
		t.Fatal(err)
	}
	if got := contents(t, dir); len(got) != 1 || got["old"] != "new" {
		t.Errorf("%q", got)
	}
	if err := Rename(at("none"), at("old")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing to rename: %v", err)
	}
}

func TestFolderMakesOneForTheOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub")
	for range 2 { // also where it is
		if err := Folder(path); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(path); err != nil || !info.IsDir() || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info, err)
	}
	if err := Folder(filepath.Join(path, "missing", "deep")); err == nil {
		t.Error("made a folder in one that is not there")
	}
}

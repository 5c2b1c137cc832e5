package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// packed writes an archive as npm packs it.
func packed(t *testing.T, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	zipped := gzip.NewWriter(&b)
	archive := tar.NewWriter(zipped)
	for name, text := range files {
		if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), cipherArchive)
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOnlyTheSourcesAreUnpacked(t *testing.T) {
	archive := packed(t, map[string]string{
		cipherFolder + "sqlite3.c": "c", cipherFolder + "sqlite3.h": "h", cipherFolder + "sqlite3ext.h": "ext",
		cipherFolder + "../../../escape.c": "no", "package/install.js": "no",
	})
	dir := t.TempDir()
	if err := unpack(archive, dir); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 3 {
		t.Errorf("unpacked %v, %v", entries, err)
	}
	if err := unpack(packed(t, map[string]string{cipherFolder + "sqlite3.c": "c"}), t.TempDir()); err == nil {
		t.Error("an archive without all sources was accepted")
	}
}

func TestAnotherArchiveIsNotCompiled(t *testing.T) {
	archive := packed(t, map[string]string{cipherFolder + "sqlite3.c": "c"})
	if err := checkSum(archive); err == nil || !strings.Contains(err.Error(), "not compiled") {
		t.Errorf("checkSum = %v", err)
	}
}

// Go does not look into libraries: where one lies must change with everything that goes into it.
func TestTheFolderOfSQLiteNamesSystemAndCompiler(t *testing.T) {
	tool := &tool{root: t.TempDir(), goos: "linux"}
	seen := map[string]platform{}
	for _, to := range []platform{
		{"linux", "amd64", "gcc", "ar"}, {"linux", "arm64", "gcc", "ar"}, {"linux", "amd64", "clang", "ar"}, {"windows", "amd64", "gcc", "ar"},
	} {
		dir := tool.cipherDir(to)
		if other, ok := seen[dir]; ok {
			t.Errorf("%v and %v share %s", to, other, dir)
		}
		seen[dir] = to
		env := tool.cipherEnv(to)
		if !strings.Contains(env[0], "-I"+dir) || !strings.Contains(env[1], "-L"+dir) {
			t.Errorf("%v: %q", to, env)
		}
	}
	t.Setenv("CGO_CFLAGS", "-DOURS")
	tool.root = filepath.FromSlash("/a folder")
	spaced := tool.cipherEnv(tool.here())[0]
	if !strings.Contains(spaced, "-I'"+tool.root) || !strings.HasSuffix(spaced, " -DOURS") {
		t.Errorf("flags %q", spaced)
	}
}

package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// SQLite with encryption: SQLite3MultipleCiphers (MIT), as one source file in an npm package. It is compiled here once into a
// static library, which the driver then links in place of the SQLite it brings. Nothing of it is in the repository.
const (
	cipherPackage = "better-sqlite3-multiple-ciphers@13.0.3"
	cipherArchive = "better-sqlite3-multiple-ciphers-13.0.3.tgz"
	cipherSum     = "24a11e221247fc003f755ad0f82126bc6b0295d0be1c06f3cb3e48d9db8eb898" // SHA-256 of the archive
	cipherFolder  = "package/deps/sqlite3/"
)

// cipherFlags are those that the driver compiles its own SQLite with, full-text search, and temporary files in memory only:
// SQLite would write them unencrypted.
func cipherFlags(goos string) []string {
	flags := []string{
		"-O2", "-w", "-DSQLITE_THREADSAFE=1", "-DHAVE_USLEEP=1", "-DSQLITE_ENABLE_RTREE", "-DSQLITE_ENABLE_FTS3",
		"-DSQLITE_ENABLE_FTS3_PARENTHESIS", "-DSQLITE_ENABLE_FTS5", "-DSQLITE_TRACE_SIZE_LIMIT=15", "-DSQLITE_OMIT_DEPRECATED",
		"-DSQLITE_DEFAULT_WAL_SYNCHRONOUS=1", "-DSQLITE_ENABLE_UPDATE_DELETE_LIMIT", "-DSQLITE_TEMP_STORE=3",
	}
	switch goos {
	case "windows":
	case "darwin":
		flags = append(flags, "-fPIC", "-mmacosx-version-min=12.0")
	default:
		flags = append(flags, "-fPIC")
	}
	return flags
}

// platform is a system to compile for, and its C compiler.
type platform struct{ goos, goarch, cc, ar string }

func (t *tool) here() platform {
	cc := os.Getenv("CC")
	if cc == "" {
		cc = map[string]string{"darwin": "clang"}[t.goos]
	}
	if cc == "" {
		cc = "gcc"
	}
	return platform{t.goos, runtime.GOARCH, cc, "ar"}
}

func windowsFromHere() platform {
	return platform{"windows", "amd64", mingw, strings.TrimSuffix(mingw, "gcc") + "ar"}
}

// cipherDir holds the library for one system. Its name tells everything that goes into it, so that a change of any of that
// makes a new one, and Go, which does not look into libraries, links again.
func (t *tool) cipherDir(to platform) string {
	of := sha256.Sum256([]byte(strings.Join(append(cipherFlags(to.goos), cipherSum, to.cc), " ")))
	return t.path("out", "sqlite", fmt.Sprintf("%s-%s-%x", to.goos, to.goarch, of[:6]))
}

// cipherEnv lets Go commands find the library.
func (t *tool) cipherEnv(to platform) []string {
	dir := t.cipherDir(to)
	return []string{
		joined("CGO_CFLAGS", "-O2 -g -I"+quoted(dir), os.Getenv("CGO_CFLAGS")),
		joined("CGO_LDFLAGS", "-L"+quoted(dir)+mathLibrary(to.goos), os.Getenv("CGO_LDFLAGS")),
	}
}

func mathLibrary(goos string) string {
	if goos == "windows" {
		return ""
	}
	return " -lm"
}

func joined(name, value, more string) string {
	return strings.TrimSpace(name + "=" + value + " " + more)
}

// quoted protects a path with spaces from being split where Go reads flags.
func quoted(path string) string {
	if strings.ContainsAny(path, " \t") {
		return "'" + path + "'"
	}
	return path
}

// buildCipher downloads and compiles the library unless it is there.
func (t *tool) buildCipher(ctx context.Context, out io.Writer, to platform) error {
	dir := t.cipherDir(to)
	if _, err := os.Stat(filepath.Join(dir, "libsqlite3.a")); err == nil {
		return nil
	}
	if !has(to.cc) {
		return fmt.Errorf("a C compiler is missing: %s", to.cc)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("make the folder of SQLite: %w", err)
	}
	archive, err := t.fetchCipher(ctx, out)
	if err != nil {
		return fmt.Errorf("download SQLite with encryption: %w", err)
	}
	// Compiled beside its place and renamed, so that what is there is whole.
	work, err := os.MkdirTemp(filepath.Dir(dir), "new-")
	if err != nil {
		return fmt.Errorf("make the folder of SQLite: %w", err)
	}
	defer os.RemoveAll(work)
	if err := unpack(archive, work); err != nil {
		return fmt.Errorf("unpack SQLite with encryption: %w", err)
	}
	fmt.Fprintf(out, "compiling SQLite with encryption for %s (once, about a minute)\n", to.goos)
	object := filepath.Join(work, "sqlite3.o")
	args := append(cipherFlags(to.goos), "-c", "-o", object, filepath.Join(work, "sqlite3.c"))
	if err := t.do(ctx, out, to.cc, args...); err != nil {
		return err
	}
	if err := t.do(ctx, out, to.ar, "rcs", filepath.Join(work, "libsqlite3.a"), object); err != nil {
		return err
	}
	if err := errors.Join(os.Remove(object), os.Remove(filepath.Join(work, "sqlite3.c"))); err != nil {
		return fmt.Errorf("tidy up after compiling SQLite: %w", err)
	}
	if err := os.Rename(work, dir); err != nil {
		if _, other := os.Stat(filepath.Join(dir, "libsqlite3.a")); other == nil {
			return nil // another build was faster
		}
		return fmt.Errorf("keep the compiled SQLite: %w", err)
	}
	return nil
}

// fetchCipher has npm download the package, from where this machine gets its packages, and checks what came.
func (t *tool) fetchCipher(ctx context.Context, out io.Writer) (archive string, err error) {
	dir := t.path("out", "sqlite")
	archive = filepath.Join(dir, cipherArchive)
	if checkSum(archive) == nil {
		return archive, nil
	}
	if !has("npm") {
		return "", errors.New("this needs Node 20.19 or newer and npm: https://nodejs.org")
	}
	fmt.Fprintln(out, "downloading", cipherPackage)
	if err := t.do(ctx, out, "npm", "pack", cipherPackage, "--silent", "--pack-destination", dir); err != nil {
		return "", err
	}
	return archive, checkSum(archive)
}

func checkSum(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if sum := fmt.Sprintf("%x", h.Sum(nil)); sum != cipherSum {
		return fmt.Errorf("%s has the SHA-256 %s, not %s: not compiled", filepath.Base(path), sum, cipherSum)
	}
	return nil
}

// unpack takes the sources out of the archive.
func unpack(archive, dir string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	zipped, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	want := map[string]bool{"sqlite3.c": true, "sqlite3.h": true, "sqlite3ext.h": true}
	for files := tar.NewReader(zipped); len(want) > 0; {
		header, err := files.Next()
		if err != nil {
			return fmt.Errorf("%d files are missing in it: %w", len(want), err)
		}
		name, ok := strings.CutPrefix(header.Name, cipherFolder)
		if !ok || !want[name] {
			continue
		}
		delete(want, name)
		text, err := io.ReadAll(files)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

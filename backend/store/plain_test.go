//go:build !libsqlite3

package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// testKey is nil in a build that cannot encrypt: the same tests run on plain files.
func testKey() *Key { return nil }

// A build without the cipher says so; it does not write plain what is to be encrypted.
func TestABuildWithoutCipherTakesNoKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	if _, err := Open(path, Options{Key: &Key{1}}); !errors.Is(err, ErrNoCipher) {
		t.Errorf("Open: %v", err)
	}
	if err := Encrypt(context.Background(), path, &Key{1}); !errors.Is(err, ErrNoCipher) {
		t.Errorf("Encrypt: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a file was made")
	}
}

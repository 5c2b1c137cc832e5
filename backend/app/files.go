package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Files in the data folder beside the database and what its own packages name.
const (
	identityFile = "identity.sealed"
	joiningFile  = "joining.sealed"
	repairFile   = "repair"
	addressFile  = "addresses.json"
	mateFile     = "colleagues.json"
	settingsFile = "settings.json"

	plainIdentityFile = "identity.key" // before there were vaults
	plainJoiningFile  = "joining.key"
)

func (a *App) path(name string) string { return filepath.Join(a.opts.Data, name) }

// remove removes a file that may be missing.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", filepath.Base(path), err)
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// sweep removes what a crash in the middle of replacing a file leaves behind, some of it secret.
func (a *App) sweep() error {
	entries, err := os.ReadDir(a.opts.Data)
	if err != nil {
		return fmt.Errorf("look for left files: %w", err)
	}
	replaced := []string{plainJoiningFile} // of an attempt to join by a version that did not seal it
	for _, name := range []string{addressFile, mateFile, repairFile, settingsFile, identityFile, joiningFile, councilFile} {
		replaced = append(replaced, name+".tmp")
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".identity-") && !slices.Contains(replaced, e.Name()) {
			continue
		}
		if err := remove(a.path(e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// writeFile replaces a file so that after a crash either the old or the new one is there.
func writeFile(path string, data []byte) error {
	tmp := path + ".tmp"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), remove(tmp))
	}
	return nil
}

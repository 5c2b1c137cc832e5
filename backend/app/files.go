package app

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tongzhou/backend/durable"
)

// Files in the data folder beside the database and what its own packages name.
const (
	identityFile = "identity.sealed"
	joiningFile  = "joining.sealed"
	requestFile  = "request.sealed"
	repairFile   = "repair"
	addressFile  = "addresses.json"
	mateFile     = "colleagues.json"
	settingsFile = "settings.json"

	plainIdentityFile = "identity.key" // before there were vaults
	plainJoiningFile  = "joining.key"
)

func (a *App) path(name string) string { return filepath.Join(a.opts.Data, name) }

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// sweep removes what a crash in the middle of replacing a file leaves behind, some of it secret; also what earlier versions
// left, which named it otherwise.
func (a *App) sweep() error {
	if err := durable.Sweep(a.opts.Data); err != nil {
		return err
	}
	entries, err := os.ReadDir(a.opts.Data)
	if err != nil {
		return fmt.Errorf("look for left files: %w", err)
	}
	earlier := []string{plainJoiningFile, addressFile + ".tmp", mateFile + ".tmp", repairFile + ".tmp"} // the first of an attempt to join
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".identity-") && !slices.Contains(earlier, e.Name()) {
			continue
		}
		if err := durable.Remove(a.path(e.Name())); err != nil {
			return err
		}
	}
	return nil
}

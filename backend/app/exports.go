package app

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// saveExport makes a file that the person asked for, where they find it: not in the data folder, whose files tell nothing to
// somebody who copies the disk. A file of that name is not replaced.
func (a *App) saveExport(name string) (io.WriteCloser, string, error) {
	dir := a.opts.Exports
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, "", fmt.Errorf("find a folder for exports: %w", err)
		}
		if dir = filepath.Join(home, "Downloads"); !exists(dir) {
			dir = home
		}
	}
	path := filepath.Join(dir, name)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, "", fmt.Errorf("make file of an export: %w", err)
	}
	return f, path, nil
}

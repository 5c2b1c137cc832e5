package store

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"tongzhou/sync/replica"
)

// Migrate runs the numbered scripts (0001_name.sql …) of a module's local tables that have not run here yet, in order.
func Migrate(t replica.Tx, module string, files fs.FS) error {
	if err := Script(t, `CREATE TABLE IF NOT EXISTS migration (module TEXT, name TEXT, PRIMARY KEY (module, name)) STRICT, WITHOUT ROWID`); err != nil {
		return err
	}
	var names []string
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".sql") {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("list migrations of %s: %w", module, err)
	}
	slices.Sort(names)
	for _, name := range names {
		var n int
		if err := t.QueryRow(`SELECT count(*) FROM migration WHERE module = ? AND name = ?`, module, name).Scan(&n); err != nil {
			return fmt.Errorf("read migrations: %w", err)
		}
		if n > 0 {
			continue
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return fmt.Errorf("read migration %s: %w", name, err)
		}
		if err := Script(t, string(text)); err != nil {
			return fmt.Errorf("migration %s/%s: %w", module, name, err)
		}
		if _, err := t.Exec(`INSERT INTO migration (module, name) VALUES (?, ?)`, module, name); err != nil {
			return fmt.Errorf("note migration %s/%s: %w", module, name, err)
		}
	}
	return nil
}

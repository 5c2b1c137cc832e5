package app

import (
	"database/sql"
	"path/filepath"

	"tongzhou/backend/store"
	"tongzhou/sync/replica"
)

// Replica is the team's replica, nil while there is none: for measurements, which count ops and follow commits.
func (a *App) Replica() *replica.Replica {
	t, err := a.ready()
	if err != nil {
		return nil
	}
	return t.replica
}

// MeasurePlain leaves the database unencrypted, to measure what encryption costs. It is called before Start.
func (a *App) MeasurePlain() { a.tune.plain = true }

// FolderDatabase opens the database in a folder for reading, also while the app runs on it: for measurements.
func FolderDatabase(dir string, with Unlock) (*sql.DB, error) {
	_, key, err := openFolder(dir, &with)
	if err != nil {
		return nil, err
	}
	return store.OpenReadOnly(filepath.Join(dir, "tongzhou.db"), key)
}

package app

import (
	"context"
	"fmt"
	"regexp"

	"tongzhou/backend/module"
	"tongzhou/backend/store"
	"tongzhou/sync/replica"
)

var createTable = regexp.MustCompile(`(?i)CREATE (?:VIRTUAL )?TABLE\s+(?:IF NOT EXISTS\s+)?(\w+)`)

// prepareProjection makes a module's tables, anew when they were made for another version of it. Emptied tables are filled
// again from the ops when the team is opened.
func prepareProjection(tx replica.Tx, m module.Module) error {
	var have, made int
	if err := tx.QueryRow(`SELECT coalesce(max(version), 0), count(*) FROM app_projection WHERE module = ?`, m.Name).Scan(&have, &made); err != nil {
		return fmt.Errorf("read projection version: %w", err)
	}
	if made > 0 && have == m.ProjectionVersion {
		return nil
	}
	for _, t := range createTable.FindAllStringSubmatch(m.Projection, -1) {
		if err := store.Script(tx, `DROP TABLE IF EXISTS `+t[1]); err != nil {
			return err
		}
	}
	if err := store.Script(tx, m.Projection); err != nil {
		return err
	}
	// 0: made, and empty
	if _, err := tx.Exec(`INSERT INTO app_projection (module, version) VALUES (?, 0) ON CONFLICT (module) DO UPDATE SET version = 0`, m.Name); err != nil {
		return fmt.Errorf("note projection: %w", err)
	}
	return nil
}

// upgradeProjections rebuilds the tables of features whose projection version changed.
func (a *App) upgradeProjections(ctx context.Context, r *replica.Replica) error {
	stale, err := staleProjections(a.database(), a.modules)
	if err != nil {
		return err
	}
	if len(stale) == 0 {
		return nil
	}
	return r.Rebuild(ctx, func(tx replica.Tx) error {
		if err := a.clearProjections(tx); err != nil {
			return err
		}
		for _, m := range stale {
			if _, err := tx.Exec(`INSERT INTO app_projection (module, version) VALUES (?1, ?2) ON CONFLICT (module) DO UPDATE SET version = ?2`, m.Name, m.ProjectionVersion); err != nil {
				return fmt.Errorf("note projection version: %w", err)
			}
		}
		return nil
	})
}

// staleProjections lists the features whose tables were made by another version of them, or are empty.
func staleProjections(db *store.DB, modules []module.Module) ([]module.Module, error) {
	var stale []module.Module
	for _, m := range modules {
		var have int
		err := db.Read().QueryRow(`SELECT coalesce(max(version), 0) FROM app_projection WHERE module = ?`, m.Name).Scan(&have)
		if err != nil {
			return nil, fmt.Errorf("read projection version: %w", err)
		}
		if have != m.ProjectionVersion {
			stale = append(stale, m)
		}
	}
	return stale, nil
}

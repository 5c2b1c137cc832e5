package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tongzhou/backend/backup"
	"tongzhou/sync/replica"
)

// local copies the local tables of the last run. What this version of the program has no table or column for is left out.
func (b *rebuilder) local(ctx context.Context) error {
	tables, err := b.app.localTables()
	if err != nil {
		return err
	}
	err = b.set.Read(ctx, b.chain.Last(), func(r *backup.Record) error {
		if r.Kind > backup.KindRows {
			return errEnough
		}
		if r.Kind != backup.KindRows || !slices.Contains(tables, r.Name) || len(r.Rows) == 0 {
			return nil
		}
		return b.app.write(ctx, func(tx replica.Tx) error { return putRows(tx, r) })
	})
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	// A damaged database that was being carried over is none here.
	return b.app.write(ctx, func(tx replica.Tx) error {
		if _, err := tx.Exec(`DELETE FROM app_setting WHERE key IN (?, ?)`, salvageKey, setupKey); err != nil {
			return fmt.Errorf("restore settings: %w", err)
		}
		return nil
	})
}

func putRows(tx replica.Tx, r *backup.Record) error {
	rows, err := tx.Query(`SELECT name FROM pragma_table_info('` + r.Name + `')`)
	if err != nil {
		return fmt.Errorf("restore %s: %w", r.Name, err)
	}
	defer rows.Close()
	var have []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return fmt.Errorf("restore %s: %w", r.Name, err)
		}
		have = append(have, name)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("restore %s: %w", r.Name, err)
	}
	var names, marks []string
	var at []int
	for i, c := range r.Columns {
		if slices.Contains(have, c) {
			names, marks, at = append(names, `"`+c+`"`), append(marks, "?"), append(at, i)
		}
	}
	if len(names) == 0 {
		return nil
	}
	insert := `INSERT OR REPLACE INTO "` + r.Name + `" (` + strings.Join(names, ", ") + `) VALUES (` + strings.Join(marks, ", ") + `)`
	for _, row := range r.Rows {
		values := make([]any, len(at))
		for n, i := range at {
			values[n] = row[i]
		}
		if _, err := tx.Exec(insert, values...); err != nil {
			return fmt.Errorf("restore %s: %w", r.Name, err)
		}
	}
	return nil
}

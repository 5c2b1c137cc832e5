package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"tongzhou/backend/fault"
	"tongzhou/backend/store"
	"tongzhou/sync/keys"
	"tongzhou/sync/replica"
)

// ErrDiffers is returned by Verify when the tables are not what the ops say.
var ErrDiffers = errors.New("the tables differ from what the ops say")

// coreTables are derived from ops too: the index of ops per entity, and what became of each op.
var coreTables = []string{"entity_op"}

// Verify checks the data in a folder: SQLite's own check, the hash chain and head signature of every feed, then every
// projection is built again from the ops in a copy, encrypted like the original, and compared row by row. It changes nothing and
// prints what it did. with opens the data where the keychain does not; nil: nothing does. The error wraps ErrDiffers, or says
// what could not be read; fault locked.
func Verify(ctx context.Context, dir string, with *Unlock, out io.Writer) error {
	id, key, err := openFolder(dir, with)
	if err != nil {
		return err
	}
	_, err = verifyDatabase(ctx, filepath.Join(dir, "tongzhou.db"), id, key, out)
	return err
}

// verifyDatabase is Verify for a database whose key is known. It returns how many rows were compared.
func verifyDatabase(ctx context.Context, path string, id *keys.Identity, key *store.Key, out io.Writer) (int, error) {
	tmp, err := os.MkdirTemp("", "tongzhou-verify-")
	if err != nil {
		return 0, fmt.Errorf("make folder for the copy: %w", err)
	}
	defer os.RemoveAll(tmp)
	shadow := filepath.Join(tmp, "shadow.db")
	if err := copyDatabase(ctx, path, shadow, key); err != nil {
		return 0, err
	}
	fmt.Fprintln(out, "integrity check: ok")

	a, err := New(Options{Data: tmp, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return 0, err
	}
	a.tune.still = true
	db, err := store.Open(shadow, store.Options{Key: key})
	if err != nil {
		return 0, err
	}
	if stale, err := staleProjections(db, a.modules); err != nil || len(stale) > 0 {
		if err == nil {
			err = errors.New("the tables are of another version of the program: start it once, then verify")
		}
		return 0, errors.Join(err, db.Close())
	}
	before := filepath.Join(tmp, "before.db")
	if err := errors.Join(a.expireShadow(ctx, db, id), copyDatabase(ctx, shadow, before, key)); err != nil {
		return 0, errors.Join(err, db.Close())
	}
	ops, err := a.rebuildShadow(ctx, db, id)
	if err := errors.Join(err, db.Close()); err != nil {
		return 0, err
	}
	fmt.Fprintf(out, "chains: %d ops, every hash and head signature ok\n", ops)
	rows, diffs, err := compareTables(ctx, before, shadow, key, append(a.projectionTables(), coreTables...))
	if err != nil {
		return 0, err
	}
	if len(diffs) > 0 {
		for _, d := range diffs {
			fmt.Fprintln(out, d)
		}
		return rows, fmt.Errorf("%w: %d tables", ErrDiffers, len(diffs))
	}
	fmt.Fprintf(out, "projections: %d rows rebuilt from the ops, no difference\n", rows)
	return rows, nil
}

// openFolder reads whose data are in a folder, and the key of its database, without changing anything but the count of wrong
// passphrases. Fault: locked.
func openFolder(dir string, with *Unlock) (*keys.Identity, *store.Key, error) {
	a, err := New(Options{Data: dir, Log: slog.New(slog.DiscardHandler), Unlock: with})
	if err != nil {
		return nil, nil, err
	}
	v, id, err := a.openVault()
	if fault.Code(err) == "vault.none" { // from before there were vaults
		id, err := keys.Load(a.path(plainIdentityFile))
		if err != nil {
			return nil, nil, fmt.Errorf("load identity: %w", err)
		}
		return &id, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	c := v.Contents()
	if _, can := store.Encrypts(); !can && c.DatabaseReady {
		return nil, nil, fault.New("store.no_cipher")
	}
	return id, databaseKey(c), nil
}

func (a *App) projectionTables() []string {
	out := []string{"app_peer_address", "app_rescue"}
	for _, m := range a.modules {
		out = append(out, m.ProjectionTables...)
	}
	return out
}

// copyDatabase checks a database and copies it as of one moment, also while the app runs on it.
func copyDatabase(ctx context.Context, from, to string, key *store.Key) error {
	db, err := store.OpenReadOnly(from, key)
	if err != nil {
		return err
	}
	defer db.Close()
	var ok string
	if err := db.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&ok); err != nil {
		return fmt.Errorf("integrity check: %w", err)
	}
	if ok != "ok" {
		return fmt.Errorf("%w: integrity check: %s", store.ErrDamaged, ok)
	}
	return store.CopyTo(ctx, db, to, key)
}

// expireShadow lets go what is past keeping, as the app does step by step: only then are the rows what the ops say (SPEC H6).
func (a *App) expireShadow(ctx context.Context, db *store.DB, id *keys.Identity) error {
	var due bool
	if err := db.Read().QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM expiry)`).Scan(&due); err != nil || !due {
		return err
	}
	r, err := a.openReplica(db, id, nil)
	if err != nil {
		return err
	}
	defer r.Close()
	return r.Expire(ctx)
}

// rebuildShadow empties every projection of the copy and builds it from the ops.
func (a *App) rebuildShadow(ctx context.Context, db *store.DB, id *keys.Identity) (int, error) {
	r, err := a.openReplica(db, id, nil)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	n, err := r.CheckChains(ctx)
	if err != nil {
		return n, err
	}
	return n, r.Rebuild(ctx, a.clearProjections)
}

// clearProjections empties every table that is a fold of ops.
func (a *App) clearProjections(tx replica.Tx) error {
	for _, t := range a.projectionTables() {
		if err := store.Script(tx, `DELETE FROM `+t); err != nil {
			return err
		}
	}
	return nil
}

// compareTables compares two databases row by row, every column.
func compareTables(ctx context.Context, before, after string, key *store.Key, tables []string) (rows int, diffs []string, err error) {
	db, err := store.OpenReadOnly(before, key)
	if err != nil {
		return 0, nil, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if err := store.Attach(ctx, db, after, key, "rebuilt"); err != nil {
		return 0, nil, err
	}
	tables = append(tables, "op")
	for _, t := range tables {
		cols := "*"
		if t == "op" {
			cols = "id, status, hlc"
		}
		var n, missing, extra int
		q := strings.NewReplacer("{table}", t, "{columns}", cols).Replace
		for query, to := range map[string]*int{
			q(`SELECT count(*) FROM rebuilt.{table}`): &n,
			q(`SELECT count(*) FROM (SELECT {columns} FROM rebuilt.{table} EXCEPT SELECT {columns} FROM main.{table})`): &missing,
			q(`SELECT count(*) FROM (SELECT {columns} FROM main.{table} EXCEPT SELECT {columns} FROM rebuilt.{table})`): &extra,
		} {
			if err := db.QueryRowContext(ctx, query).Scan(to); err != nil {
				return rows, nil, fmt.Errorf("compare %s: %w", t, err)
			}
		}
		if t != "op" {
			rows += n
		}
		if missing > 0 || extra > 0 {
			diffs = append(diffs, fmt.Sprintf("%s: %d rows missing or wrong, %d rows that no op explains", t, missing, extra))
		}
	}
	return rows, diffs, nil
}

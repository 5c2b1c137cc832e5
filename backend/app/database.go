package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"tongzhou/backend/fault"
	"tongzhou/backend/store"
	"tongzhou/sync/keys"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
)

// localSchema holds what belongs to this device and no feature.
const localSchema = `
CREATE TABLE IF NOT EXISTS app_setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS app_peer_address (device BLOB PRIMARY KEY, user INTEGER NOT NULL, addrs TEXT NOT NULL) STRICT, WITHOUT ROWID; -- JSON list, from registers
CREATE TABLE IF NOT EXISTS app_rescue (device BLOB PRIMARY KEY, secret BLOB NOT NULL) STRICT, WITHOUT ROWID; -- of this person's devices, from registers
CREATE TABLE IF NOT EXISTS app_invitation (  -- invitations made on this device: only here is the secret
  op BLOB PRIMARY KEY, secret BLOB NOT NULL, created INTEGER NOT NULL, note TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS app_projection (module TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`

// dbFiles are the database and what SQLite keeps beside it, the database itself last.
var dbFiles = []string{"tongzhou.db-wal", "tongzhou.db-shm", "tongzhou.db"}

// openDB opens the database and makes the tables that are missing. Error: store.ErrDamaged.
func (a *App) openDB() error {
	o := a.tune.store
	o.OnCommit, o.OnDamage, o.Key = a.publishChanges, a.repairSoon, a.key
	db, err := store.Open(a.path("tongzhou.db"), o)
	if err != nil {
		return err
	}
	if err := db.Write(context.Background(), a.prepare); err != nil {
		return errors.Join(err, db.Close())
	}
	a.mu.Lock()
	a.db = db
	a.mu.Unlock()
	return nil
}

// closeDB closes the database until it is opened again.
func (a *App) closeDB() error {
	a.mu.Lock()
	db := a.db
	a.db = nil
	a.mu.Unlock()
	if db == nil {
		return nil
	}
	return db.Close()
}

// database is nil while none is open.
func (a *App) database() *store.DB {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.db
}

// prepare makes the tables that are missing. Projections of another version are emptied here and filled by upgradeProjections.
func (a *App) prepare(tx replica.Tx) error {
	if err := store.Script(tx, oplog.Schema+localSchema); err != nil {
		return err
	}
	for _, m := range a.modules {
		if err := prepareProjection(tx, m); err != nil {
			return fmt.Errorf("tables of %s: %w", m.Name, err)
		}
		if m.Local != nil {
			if err := store.Migrate(tx, m.Name, m.Local); err != nil {
				return err
			}
		}
	}
	return nil
}

// The phases of getting into a team, in the setting "setup" while there is no identity yet: what the database holds then is
// worth nothing without it.
const (
	setupKey     = "setup"
	setupFound   = "founding"
	setupJoining = "joining"
)

// wipe empties the database but for the settings of this device. setup says what begins now; "" if nothing does.
func (a *App) wipe(ctx context.Context, setup string) error {
	return a.write(ctx, func(tx replica.Tx) error {
		for _, virtual := range []string{"CREATE VIRTUAL%", "%"} { // a virtual table takes its own tables with it
			names, err := tablesLike(tx, virtual)
			if err != nil {
				return err
			}
			for _, name := range names {
				if err := store.Script(tx, `DROP TABLE IF EXISTS "`+name+`"`); err != nil {
					return err
				}
			}
		}
		if _, err := tx.Exec(`DELETE FROM app_setting WHERE key IN (?, ?, ?)`, setupKey, pendingProfile, pendingTeam); err != nil {
			return fmt.Errorf("empty database: %w", err)
		}
		if err := a.prepare(tx); err != nil {
			return err
		}
		if setup == "" {
			return nil
		}
		return putSetting(tx, setupKey, setup)
	})
}

func tablesLike(tx replica.Tx, pattern string) ([]string, error) {
	rows, err := tx.Query(`SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE ? AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name <> 'app_setting'`, pattern)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("list tables: %w", err)
		}
		out = append(out, name)
	}
	return out, rows.Err()
}

// loadIdentity loads who this device is, where there is no vault; nil when it belongs to no team yet. Faults: identity.damaged, identity.newer, and
// identity.missing when a database is here that only makes sense with one. The database is not touched then.
func (a *App) loadIdentity() (*keys.Identity, error) {
	path := a.path(plainIdentityFile)
	id, err := keys.Load(path)
	switch {
	case err == nil && !id.Team.IsZero() && !id.Genesis.IsZero():
		return &id, nil
	case err == nil:
		return nil, fault.New("identity.damaged", "path", path)
	case errors.Is(err, keys.ErrIdentityVersion):
		return nil, fault.Wrap("identity.newer", err, "path", path)
	case errors.Is(err, keys.ErrIdentityDamaged):
		return nil, fault.Wrap("identity.damaged", err, "path", path)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	belongs, err := a.belongsToTeam()
	if err != nil {
		return nil, err
	}
	if belongs {
		return nil, fault.New("identity.missing", "path", path)
	}
	return nil, nil
}

// belongsToTeam looks whether the database holds a team's ops that are not left over from an attempt to found or join.
func (a *App) belongsToTeam() (bool, error) {
	path := a.path("tongzhou.db")
	if fi, err := os.Stat(path); err != nil || fi.Size() == 0 {
		return false, nil
	}
	db, err := store.OpenReadOnly(path, nil)
	if err != nil {
		return false, err
	}
	defer db.Close()
	var tables, feeds, setup int
	err = db.QueryRow(`SELECT count(*) FROM sqlite_master WHERE name IN ('feed', 'app_setting')`).Scan(&tables)
	if err == nil && tables == 2 {
		err = db.QueryRow(`SELECT (SELECT count(*) FROM feed), (SELECT count(*) FROM app_setting WHERE key = ?)`, setupKey).Scan(&feeds, &setup)
	}
	if errors.Is(store.Classify(err), store.ErrDamaged) { // only a device of a team has counted what it wrote
		_, err := os.Stat(a.path(markFile))
		return err == nil, nil
	}
	if err != nil {
		return false, fmt.Errorf("read database: %w", err)
	}
	return feeds > 0 && setup == 0, nil
}

// write runs a transaction on the open database and gives its errors their codes.
func (a *App) write(ctx context.Context, fn func(tx replica.Tx) error) error {
	db := a.database()
	if db == nil {
		return fault.New("app.start")
	}
	return storeFault(db.Write(ctx, fn))
}

// lateDB gives features the database that Start opens.
type lateDB struct{ a *App }

func (d lateDB) Read() *sql.DB {
	<-d.a.started
	if d.a.refusal() != nil {
		return d.a.refusing()
	}
	if db := d.a.database(); db != nil {
		return db.Read()
	}
	return d.a.refusing()
}

func (d lateDB) Write(ctx context.Context, fn func(tx replica.Tx) error) error {
	<-d.a.started
	if err := d.a.refusal(); err != nil {
		return err
	}
	return d.a.write(ctx, fn)
}

package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"tongzhou/backend/event"
	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/backend/store"
	"tongzhou/sync/keys"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
)

// Options of an App.
type Options struct {
	Data      string   // folder, made if missing
	P2PPort   int      // 0: the port of the last run, else any free one
	P2PListen []string // multiaddrs; empty: every interface
	NoMDNS    bool     // do not look for colleagues on the LAN
	Log       *slog.Logger
	Now       func() time.Time // nil: the wall clock
	Version   string
}

// App is the running program. It is safe for concurrent use.
type App struct {
	opts      Options
	log       *slog.Logger
	bus       *event.Bus
	modules   []module.Module
	api       *API
	directory directory
	started   chan struct{} // closed when Start is over

	mu       sync.RWMutex // guards what follows; never held while calling out
	db       *store.DB
	damage   string
	identity *keys.Identity
	team     *team
	startErr error

	joinMu sync.Mutex // guards join
	join   joining
}

// New makes an App. It opens nothing.
func New(o Options) (*App, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	a := &App{opts: o, log: o.Log, bus: event.NewBus(50 * time.Millisecond), started: make(chan struct{})}
	a.api = &API{a: a}
	a.modules, a.directory = features(module.Deps{Log: &teamLog{a}, DB: lateDB{a}, Bus: a.bus, Now: o.Now, Logger: o.Log})
	return a, nil
}

// Bound are the structs that the interface may call.
func (a *App) Bound() []any {
	out := []any{a.api}
	for _, m := range a.modules {
		out = append(out, m.API)
	}
	return out
}

// Bus carries what changed to the interface.
func (a *App) Bus() *event.Bus { return a.bus }

// DataDir is the data folder.
func (a *App) DataDir() string { return a.opts.Data }

func (a *App) path(name string) string { return filepath.Join(a.opts.Data, name) }

// Start opens the database and, if this device belongs to a team, everything that runs for it.
func (a *App) Start(ctx context.Context) error {
	err := a.start(ctx)
	a.mu.Lock()
	a.startErr = err
	a.mu.Unlock()
	close(a.started)
	a.bus.Publish("state", nil)
	return err
}

func (a *App) start(ctx context.Context) error {
	if err := os.MkdirAll(a.opts.Data, 0o700); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	id, err := keys.Load(a.path("identity.key"))
	if errors.Is(err, os.ErrNotExist) {
		if err := a.discardHalfJoined(); err != nil {
			return err
		}
	} else if err != nil {
		return fmt.Errorf("load identity: %w", err)
	}
	if err := a.openDB(); err != nil {
		return err
	}
	if id.Team.IsZero() {
		return nil
	}
	return a.openTeam(ctx, &id)
}

// openDB opens the database, and starts over beside a damaged one: what can be read of its ops is carried over, the rest comes
// back from colleagues.
func (a *App) openDB() error {
	path := a.path("tongzhou.db")
	db, err := a.tryOpen(path)
	if errors.Is(err, store.ErrDamaged) {
		db, err = a.salvage(path, err)
	}
	if err != nil {
		return err
	}
	a.mu.Lock()
	a.db = db
	a.mu.Unlock()
	return nil
}

func (a *App) tryOpen(path string) (*store.DB, error) {
	db, err := store.Open(path, store.Options{OnCommit: a.publishChanges})
	if err != nil {
		return nil, err
	}
	if err := prepare(db, a.modules); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// prepare makes the tables that are missing. Projections of an older version are emptied here and filled by openTeam.
func prepare(db *store.DB, modules []module.Module) error {
	return db.Write(context.Background(), func(tx replica.Tx) error {
		if err := store.Script(tx, oplog.Schema+localSchema); err != nil {
			return err
		}
		for _, m := range modules {
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
	})
}

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

// localSchema holds what belongs to this device and no feature.
const localSchema = `
CREATE TABLE IF NOT EXISTS app_setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS app_peer_addr (device BLOB PRIMARY KEY, addrs TEXT NOT NULL) STRICT, WITHOUT ROWID;  -- JSON list, from registers
CREATE TABLE IF NOT EXISTS app_invitation (  -- invitations made on this device: only here is the secret
  op BLOB PRIMARY KEY, secret BLOB NOT NULL, created INTEGER NOT NULL, note TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS app_projection (module TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`

// publishChanges forwards what a commit changed to the interface.
func (a *App) publishChanges(changes []store.Change) {
	for _, m := range a.modules {
		if m.Committed == nil {
			continue
		}
		for _, c := range changes {
			m.Committed(c.Topic)
		}
	}
	for _, c := range changes {
		switch c.Topic {
		case "scope.changed", "receipt":
			a.bus.Publish("chat.changed", map[string]string{"chat": fmt.Sprint(c.Payload)})
		default:
			a.bus.Publish(c.Topic, c.Payload)
		}
	}
}

// Close ends everything in the order opposite to Start.
func (a *App) Close() error {
	a.CancelJoin()
	a.mu.Lock()
	t, db := a.team, a.db
	a.team = nil
	a.mu.Unlock()
	var errs []error
	if t != nil {
		errs = append(errs, t.close())
	}
	if db != nil {
		errs = append(errs, db.Close())
	}
	return errors.Join(errs...)
}

// ready returns the team, or a fault that says why there is none.
func (a *App) ready() (*team, error) {
	<-a.started
	a.mu.RLock()
	defer a.mu.RUnlock()
	if a.startErr != nil {
		return nil, fault.Wrap("app.start", a.startErr)
	}
	if a.team == nil {
		return nil, fault.New("team.none")
	}
	return a.team, nil
}

// lateDB gives features the database that Start opens.
type lateDB struct{ a *App }

func (d lateDB) get() *store.DB {
	<-d.a.started
	d.a.mu.RLock()
	defer d.a.mu.RUnlock()
	return d.a.db
}

func (d lateDB) Read() *sql.DB {
	if db := d.get(); db != nil {
		return db.Read()
	}
	return closedDB
}

func (d lateDB) Write(ctx context.Context, fn func(tx replica.Tx) error) error {
	db := d.get()
	if db == nil {
		return fault.New("app.start")
	}
	return storeFault(db.Write(ctx, fn))
}

// closedDB answers every query with an error, when the database could not be opened.
var closedDB = func() *sql.DB {
	db, err := sql.Open("sqlite3", ":memory:")
	if err == nil {
		_ = db.Close()
	}
	return db
}()

// storeFault gives the errors of the database that people must hear of their codes.
func storeFault(err error) error {
	switch {
	case errors.Is(err, store.ErrFull):
		return fault.Wrap("store.full", err)
	case errors.Is(err, store.ErrDamaged):
		return fault.Wrap("store.damaged", err)
	case errors.Is(err, replica.ErrDenied):
		return fault.Wrap("denied", err)
	case errors.Is(err, replica.ErrNoScope), errors.Is(err, replica.ErrNoKey):
		return fault.Wrap("scope.unknown", err)
	case errors.Is(err, replica.ErrClockBack):
		return fault.Wrap("clock.off", err)
	default:
		return err
	}
}

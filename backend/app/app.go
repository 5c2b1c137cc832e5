package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"tongzhou/backend/event"
	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/backend/rules"
	"tongzhou/backend/store"
	"tongzhou/backend/vault"
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
	Exports   string         // folder for what people export; "": their downloads
	Unlock    *Unlock        // opens the vault without a person; nil: a person does
	Keychain  vault.Keychain // nil: the operating system's
}

// tuning holds what tests change.
type tuning struct {
	store      store.Options
	joinHint   time.Duration // joining says what to do about it when no member was reached for so long; it goes on trying
	joinRetry  time.Duration // between two attempts to reach a member
	linkWait   time.Duration // an invitation waits so long for the addresses it is to carry
	checkAfter time.Duration // after the start, the database is read through
	// How often it is looked whether a backup is due.
	backupCheck time.Duration
	plain       bool         // measure without encryption
	still       bool         // replicas do nothing by themselves
	passphrase  vault.Params // cost of deriving a key; zero: the vault's own
}

// App is the running program. It is safe for concurrent use.
//
// Lock order: setupMu, joinMu, mu. mu is never held while calling out.
type App struct {
	opts      Options
	tune      tuning
	log       *slog.Logger
	bus       *event.Bus
	modules   []module.Module
	api       *API
	directory directory
	rules     *rules.House  // of the team; the defaults before there is one
	keychain  func() bool   // tells whether the system has a keychain
	started   chan struct{} // closed when Start is over
	close     func() error
	done      sync.WaitGroup // background work that belongs to no team

	setupMu  sync.Mutex // held while the team or the database is exchanged; guards what follows
	closed   bool
	repaired bool // the database was repaired since the start: once must be enough

	refusingMu sync.Mutex // guards refusingDB
	refusingDB *sql.DB

	introducing sync.Mutex // held while pending names and profiles are written
	salvaging   sync.Mutex // held while ops are carried over beside the running team

	backups backups // backing up and restoring

	joinMu sync.Mutex // guards join
	join   joining

	key *store.Key // of the database, nil while it is not encrypted; guarded by setupMu

	mu       sync.RWMutex // guards what follows
	db       *store.DB
	damage   string
	team     *team
	startErr error
	vault    *vault.Vault // nil: none
	locked   bool         // it is closed
	ended    ended
}

// New makes an App. It opens nothing.
func New(o Options) (*App, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Keychain == nil {
		o.Keychain = vault.System{}
	}
	a := &App{
		opts: o, log: o.Log, bus: event.NewBus(50 * time.Millisecond), started: make(chan struct{}),
		tune: tuning{joinHint: 12 * time.Second, joinRetry: 2 * time.Second, linkWait: 5 * time.Second, checkAfter: 30 * time.Second, backupCheck: time.Minute},
	}
	a.keychain = sync.OnceValue(func() bool { return keychainAvailable(o.Keychain) })
	a.api = &API{a: a}
	a.close = sync.OnceValue(a.shut)
	log := &teamLog{a: a}
	a.rules = log.house()
	a.modules, a.directory = a.features(module.Deps{Log: log, Team: log, Rules: a.rules, DB: lateDB{a}, Blobs: appBlobs{a}, Bus: a.bus, Now: o.Now, Logger: o.Log})
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

// Start opens the database and, if this device belongs to a team, everything that runs for it. It is called once. Faults:
// identity.missing, identity.damaged, identity.newer, store.full, store.no_cipher. After an error State tells of it, and Close is
// due as well. A device that is locked is started without an error.
func (a *App) Start(ctx context.Context) error {
	err := storeFault(a.start(ctx))
	a.mu.Lock()
	a.startErr = err
	a.mu.Unlock()
	close(a.started)
	a.bus.Publish("state", nil)
	return err
}

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
		a.lookAfter(c.Topic)
		if c.Topic == "state" {
			a.controlChanged()
		}
		switch c.Topic {
		case "scope.changed", "receipt":
			a.bus.Publish("chat.changed", map[string]string{"chat": fmt.Sprint(c.Payload)})
		case "rules.changed":
			a.followRules()
			a.bus.Publish(c.Topic, c.Payload)
		default:
			a.bus.Publish(c.Topic, c.Payload)
		}
	}
}

// controlChanged looks at what may have changed with the control log or the directory, when the transaction is over.
func (a *App) controlChanged() {
	a.mu.RLock()
	t := a.team
	a.mu.RUnlock()
	if t == nil {
		return
	}
	t.checkStanding()
	t.turn()
}

// Close ends everything in the order opposite to Start, also an attempt to join. Closing again does nothing more.
func (a *App) Close() error { return a.close() }

func (a *App) shut() error {
	a.backups.end()
	a.setupMu.Lock() // waits for a founding
	a.closed = true
	a.setupMu.Unlock()
	a.CancelJoin()
	a.done.Wait()
	return errors.Join(a.closeTeam(), a.closeDB(), a.closeRefusing())
}

// closeTeam ends the team, if there is one.
func (a *App) closeTeam() error {
	a.mu.Lock()
	t := a.team
	a.team = nil
	a.mu.Unlock()
	if t == nil {
		return nil
	}
	return t.close()
}

// ready returns the team, or a fault that says why there is none.
func (a *App) ready() (*team, error) {
	<-a.started
	if err := a.refusal(); err != nil {
		return nil, err
	}
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

// mayBegin tells whether a team may be founded or joined now; setupMu is held. Faults: app.start, team.exists, join.running.
func (a *App) mayBegin() error {
	t, err := a.ready()
	switch {
	case t != nil:
		return fault.New("team.exists")
	case fault.Code(err) != "team.none":
		return err
	case a.closed:
		return fault.New("app.start")
	}
	a.joinMu.Lock()
	defer a.joinMu.Unlock()
	if a.join.running {
		return fault.New("join.running")
	}
	return nil
}

// storeFault gives the errors of the database that people must hear of their codes.
func storeFault(err error) error {
	err = store.Classify(err)
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

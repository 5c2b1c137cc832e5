package moduletest

import (
	"context"
	"database/sql"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"tongzhou/backend/event"
	"tongzhou/backend/module"
	"tongzhou/backend/rules"
	"tongzhou/backend/store"
	"tongzhou/sync/authority"
	"tongzhou/sync/blob"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// Build composes the modules under test, as the app does.
type Build func(deps module.Deps) []module.Module

// Peer is one device with its own database. It implements module.Log and module.DB. Calls from several goroutines are safe
// as long as the test does not touch the World meanwhile.
type Peer struct {
	World   *World
	Bus     *event.Bus
	Modules []module.Module
	Relayed bool // a relay holds what this peer wrote; changed only while nothing asks

	self  module.Self
	clock *hlc.Clock
	db    *store.DB
	build Build

	content map[blob.ID][]byte // used by one goroutine at a time

	mu      sync.Mutex // guards changes
	changes []store.Change

	state     sync.RWMutex // guards what follows; held for the whole of a write transaction, before mu
	ops       map[opKey]*stored
	entities  map[entityKey][]*stored // applied ops in order
	registers map[registerKey]module.RegisterValue
	arrived   map[int64]time.Time
	sent      int // values this device has given its registers
}

// Peer starts device n of the user with an empty database.
func (w *World) Peer(user op.UserID, n byte, build Build) *Peer {
	w.tb.Helper()
	p := w.newPeer(user, n, build)
	w.peers = append(w.peers, p)
	return p
}

func (w *World) newPeer(user op.UserID, n byte, build Build) *Peer {
	w.tb.Helper()
	p := &Peer{
		World: w, Bus: event.NewBus(0), build: build, clock: hlc.NewClock(w.Now),
		self: module.Self{User: user, UserNo: w.people[user].no, Device: w.device(user, n), Team: op.TeamID(digest("team"))},
		ops:  map[opKey]*stored{}, entities: map[entityKey][]*stored{}, registers: map[registerKey]module.RegisterValue{}, arrived: map[int64]time.Time{}, content: map[blob.ID][]byte{},
	}
	dir, err := os.MkdirTemp("", "moduletest")
	if err != nil {
		w.tb.Fatalf("make folder: %v", err)
	}
	p.db, err = store.Open(filepath.Join(dir, "peer.db"), store.Options{OnCommit: p.onCommit})
	if err != nil {
		w.tb.Fatalf("open database: %v", err)
	}
	p.Modules = build(p.Deps())
	w.tb.Cleanup(func() {
		for _, m := range p.Modules {
			if m.Stop != nil {
				if err := m.Stop(); err != nil {
					w.tb.Fatalf("stop %s: %v", m.Name, err)
				}
			}
		}
		if err := p.db.Close(); err != nil {
			w.tb.Fatalf("close database: %v", err)
		}
		if err := os.RemoveAll(dir); err != nil {
			w.tb.Fatalf("remove folder: %v", err)
		}
	})
	for _, m := range p.Modules {
		p.createTables(m)
	}
	return p
}

// createTables applies the local migrations in order, then the projection.
func (p *Peer) createTables(m module.Module) {
	p.World.tb.Helper()
	var scripts []string
	if m.Local != nil {
		names, err := fs.Glob(m.Local, "*.sql") // sorted
		if err != nil {
			p.World.tb.Fatalf("list migrations of %s: %v", m.Name, err)
		}
		for _, name := range names {
			script, err := fs.ReadFile(m.Local, name)
			if err != nil {
				p.World.tb.Fatalf("read migration: %v", err)
			}
			scripts = append(scripts, string(script))
		}
	}
	db, err := sql.Open("sqlite3", "file:"+p.db.Path())
	if err != nil {
		p.World.tb.Fatalf("open database: %v", err)
	}
	defer db.Close()
	for _, script := range append(scripts, m.Projection) {
		if _, err := db.Exec(script); err != nil {
			p.World.tb.Fatalf("create tables of %s: %v", m.Name, err)
		}
	}
}

// Deps is what the app hands to a feature.
func (p *Peer) Deps() module.Deps {
	return module.Deps{Log: p, Team: p, Rules: p.rules(), DB: p, Blobs: blobs{p}, Bus: p.Bus, Now: p.World.Now, Logger: slog.New(slog.DiscardHandler)}
}

func (p *Peer) rules() rules.Rules {
	return rules.NewHouse(func(key rules.Key) []rules.Set {
		var sets []rules.Set
		for _, s := range p.RuleSets(string(key)) {
			sets = append(sets, rules.Set{Value: s.Value, ByOwner: s.Class == authority.Owner})
		}
		return sets
	})
}

// changesOfAuthority is what a replica reports when the control log changed.
func changesOfAuthority() []store.Change {
	return []store.Change{{Topic: "state"}, {Topic: "org.changed"}, {Topic: "rules.changed"}}
}

// Read is the pool for queries.
func (p *Peer) Read() *sql.DB { return p.db.Read() }

// Write runs fn in a write transaction.
func (p *Peer) Write(ctx context.Context, fn func(tx module.Tx) error) error {
	return p.db.Write(ctx, fn)
}

func (p *Peer) onCommit(changes []store.Change) {
	p.mu.Lock()
	p.changes = append(p.changes, changes...)
	p.mu.Unlock()
	for _, c := range changes {
		for _, m := range p.Modules {
			if m.Committed != nil {
				m.Committed(c.Topic)
			}
		}
		p.Bus.Publish(c.Topic, c.Payload)
	}
}

// Changes returns what was reported as changed since the last call.
func (p *Peer) Changes() []store.Change {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.changes
	p.changes = nil
	return c
}

// Count runs a query that gives one number.
func (p *Peer) Count(query string, args ...any) int {
	p.World.tb.Helper()
	var n int
	if err := p.db.Read().QueryRow(query, args...).Scan(&n); err != nil {
		p.World.tb.Fatalf("%s: %v", query, err)
	}
	return n
}

// Kinds lists the op types of the peer's modules, sorted.
func (p *Peer) Kinds() []string {
	var types []string
	for _, m := range p.Modules {
		for _, r := range m.Reducers {
			for _, k := range r.Kinds {
				types = append(types, k.Type)
			}
		}
	}
	slices.Sort(types)
	return types
}

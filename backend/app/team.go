package app

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"

	"tongzhou/backend/module"
	"tongzhou/backend/store"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
)

// team is everything that runs for the team this device belongs to.
type team struct {
	app     *App
	id      *keys.Identity
	replica *replica.Replica
	net     *network
	modules []module.Module
	cancel  context.CancelFunc
	mark    *writeMark
}

// openReplica opens the replica on the database; genesis is zero while founding.
func (a *App) openReplica(db *store.DB, id *keys.Identity, genesis op.ID, mark replica.Mark) (*replica.Replica, error) {
	var reducers []replica.Reducer
	registers := []replica.RegisterKind{addressRegister()}
	for _, m := range a.modules {
		reducers = append(reducers, m.Reducers...)
		registers = append(registers, m.Registers...)
	}
	return replica.Open(replica.Config{
		DB: db, Identity: id, Genesis: genesis, Reducers: reducers, Registers: registers, Now: a.opts.Now, Log: a.log, Mark: mark,
	})
}

// openTeam opens the replica, starts the features and the network.
func (a *App) openTeam(ctx context.Context, id *keys.Identity) error {
	g, err := oplog.Meta(a.db.Read(), "genesis")
	if err != nil {
		return err
	}
	if len(g) != 32 {
		if g, err = os.ReadFile(a.path("genesis")); err != nil || len(g) != 32 {
			return errors.New("the database does not know the team's first op")
		}
		if err := a.db.Write(ctx, func(tx replica.Tx) error { return oplog.SetMeta(tx, "genesis", g) }); err != nil {
			return err
		}
	}
	mark, err := openMark(a.path("writes.mark"))
	if err != nil {
		return err
	}
	r, err := a.openReplica(a.db, id, op.ID(g), mark)
	if err != nil {
		return errors.Join(err, mark.close())
	}
	if err := a.upgradeProjections(ctx, r); err != nil {
		r.Close()
		return errors.Join(err, mark.close())
	}
	return a.run(ctx, id, r, mark, nil)
}

// run makes an open replica the app's team. joining, if not nil, is the network that the joining used.
func (a *App) run(ctx context.Context, id *keys.Identity, r *replica.Replica, mark *writeMark, joining *network) error {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	t := &team{app: a, id: id, replica: r, modules: a.modules, cancel: cancel, mark: mark}
	t.net = joining
	if t.net == nil {
		t.net = newNetwork(a, id)
	}
	t.net.useTeam(t)
	a.mu.Lock()
	a.identity, a.team = id, t
	a.mu.Unlock()
	// Features and network wait for Start to be over, and Start does not wait for them: the first page is answered meanwhile.
	go t.start(ctx, a.log)
	return nil
}

func (t *team) start(ctx context.Context, log *slog.Logger) {
	for _, m := range t.modules {
		if m.Start == nil {
			continue
		}
		if err := m.Start(ctx); err != nil {
			log.Error("start feature", "feature", m.Name, "err", err)
		}
	}
	if err := t.net.start(ctx); err != nil {
		log.Error("start network", "err", err)
	}
}

func (t *team) close() error {
	errs := []error{t.net.close()}
	for i := len(t.modules) - 1; i >= 0; i-- {
		if stop := t.modules[i].Stop; stop != nil {
			errs = append(errs, stop())
		}
	}
	t.cancel()
	t.replica.Close()
	return errors.Join(append(errs, t.mark.close())...)
}

// upgradeProjections rebuilds the tables of features whose projection version changed.
func (a *App) upgradeProjections(ctx context.Context, r *replica.Replica) error {
	var stale []module.Module
	for _, m := range a.modules {
		var have int
		err := a.db.Read().QueryRow(`SELECT coalesce(max(version), 0) FROM app_projection WHERE module = ?`, m.Name).Scan(&have)
		if err != nil {
			return fmt.Errorf("read projection version: %w", err)
		}
		if have != m.ProjectionVersion {
			stale = append(stale, m)
		}
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

// writeMark is the number of own ops, in a small file beside the database. It is written without waiting for the disk: after
// a power cut it may be behind the database, which is harmless; a database behind the file was rolled back.
type writeMark struct {
	mu sync.Mutex
	f  *os.File
}

func openMark(path string) (*writeMark, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open write mark: %w", err)
	}
	return &writeMark{f: f}, nil
}

// Load implements replica.Mark.
func (m *writeMark) Load() (uint64, error) {
	var b [8]byte
	n, err := m.f.ReadAt(b[:], 0)
	if n < 8 {
		return 0, nil // new, or cut off while it was first written
	}
	return binary.BigEndian.Uint64(b[:]), err
}

// Store implements replica.Mark.
func (m *writeMark) Store(n uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, err := m.f.WriteAt(binary.BigEndian.AppendUint64(nil, n), 0)
	return err
}

func (m *writeMark) close() error { return m.f.Close() }

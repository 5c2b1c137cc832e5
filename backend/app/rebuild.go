package app

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"tongzhou/backend/backup"
	"tongzhou/backend/fault"
	"tongzhou/backend/store"
	"tongzhou/sync/keys"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
)

// rebuilder makes a database of a chain of runs. Ops take the path that they take from colleagues: every signature is checked, every
// right judged, every row computed, so that a backup brings nothing into the tables that its authors may not have written. The
// database is a new one, with a store id and an incarnation of its own (L7): whatever was written after the backup, here or on a
// machine that still runs, is in no conflict with it.
type rebuilder struct {
	set      *backup.Set
	chain    *backup.Chain
	dir      string // for the database
	now      func() time.Time
	plain    bool // do not encrypt, for measurements
	store    store.Options
	phase    backup.Phase
	progress func(backup.Progress)

	// Set by open.
	id    *keys.Identity
	key   *store.Key
	files map[string][]byte

	// Set by run.
	app  *App
	r    *replica.Replica
	done backup.Progress
	ops  *opsTaker
}

// rebuilt says what came out.
type rebuilt struct {
	Ops     int    // of verified feeds
	Missing uint64 // ops of the backup that do not prove themselves here
}

var errEnough = errors.New("read enough")

// open reads whose backup it is. Faults: backup.foreign, identity.newer, store.no_cipher, those of backup.Read.
func (b *rebuilder) open(ctx context.Context) error {
	b.files = map[string][]byte{}
	last := b.chain.Last()
	var secrets *backup.Secrets
	err := b.set.Read(ctx, last, func(r *backup.Record) error {
		switch {
		case r.Kind == backup.KindSecrets:
			s, err := backup.ParseSecrets(r.Content)
			secrets = &s
			return err
		case r.Kind == backup.KindFile && slices.Contains(backedUpFiles(), r.Name):
			b.files[r.Name] = r.Content
		case r.Kind > backup.KindFile:
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	if secrets == nil {
		return fault.New("backup.altered", "file", last.No)
	}
	id, err := keys.ParseIdentity(secrets.Identity)
	if errors.Is(err, keys.ErrIdentityVersion) {
		return fault.Wrap("identity.newer", err, "path", b.set.Path())
	}
	if err != nil {
		return fault.Wrap("backup.altered", err, "file", last.No)
	}
	if id.Team != last.Team || id.Device.ID != last.Device {
		return fault.New("backup.foreign", "file", last.No)
	}
	b.id = &id
	if secrets.DatabaseReady && !b.plain {
		if _, can := store.Encrypts(); !can {
			return fault.New("store.no_cipher")
		}
		key := store.Key(secrets.DatabaseKey)
		b.key = &key
	}
	return nil
}

// run makes the database, which is closed when it returns.
func (b *rebuilder) run(ctx context.Context) (out rebuilt, err error) {
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		return out, storeFault(fmt.Errorf("make folder: %w", err))
	}
	a, err := New(Options{Data: b.dir, Log: slog.New(slog.DiscardHandler), Now: b.now})
	if err != nil {
		return out, err
	}
	a.key, a.tune.plain, a.tune.store = b.key, b.plain, b.store
	if err := a.openDB(); err != nil {
		return out, storeFault(err)
	}
	b.app = a
	out, err = b.fill(ctx)
	return out, storeFault(errors.Join(err, a.closeDB()))
}

func (b *rebuilder) fill(ctx context.Context) (out rebuilt, err error) {
	if err := b.local(ctx); err != nil {
		return out, err
	}
	if b.r, err = b.app.openReplica(b.app.database(), b.id, nil); err != nil {
		return out, err
	}
	defer b.r.Close()
	if err := b.app.upgradeProjections(ctx, b.r); err != nil {
		return out, err
	}
	b.done = backup.Progress{Phase: b.phase, Total: b.chain.Ops()}
	b.ops = &opsTaker{r: b.r, app: b.app, control: b.id.TeamSecret.ScopeTag(keys.ControlScope(b.id.Team)), told: b.tell}
	if err := b.feeds(ctx); err != nil {
		return out, err
	}
	if err := b.rest(ctx); err != nil {
		return out, err
	}
	if len(b.ops.strangers) > 0 { // those that only the branches of a fork certify
		if err := b.feeds(ctx); err != nil {
			return out, err
		}
	}
	b.tellPhase(backup.Proving)
	if err := b.checkContent(ctx); err != nil {
		return out, err
	}
	if out.Ops, err = b.r.CheckChains(ctx); err != nil {
		return out, err
	}
	out.Missing, err = b.missing()
	return out, err
}

func (b *rebuilder) tell(ops uint64) {
	b.done.Done = min(b.done.Done+ops, b.done.Total)
	if b.progress != nil {
		b.progress(b.done)
	}
}

func (b *rebuilder) tellPhase(p backup.Phase) {
	if b.progress != nil && b.phase != backup.Testing {
		b.progress(backup.Progress{Phase: p, Done: b.done.Total, Total: b.done.Total})
	}
}

// feeds gives the replica every op. A feed can be verified once its device is known, which another feed tells: those that are not
// yet are read again while there are fewer each time.
func (b *rebuilder) feeds(ctx context.Context) error {
	for {
		before := len(b.ops.strangers)
		again := b.ops.strangers
		b.ops.strangers = map[oplog.FeedKey]bool{}
		for _, m := range b.chain.Runs {
			err := b.set.Read(ctx, m, func(r *backup.Record) error {
				if r.Kind > backup.KindOps {
					return errEnough
				}
				if r.Kind != backup.KindOps || again != nil && !again[r.Feed()] {
					return nil
				}
				return b.ops.take(ctx, r)
			})
			if err != nil && !errors.Is(err, errEnough) {
				return err
			}
		}
		if err := b.ops.flush(ctx); err != nil {
			return err
		}
		left := len(b.ops.strangers)
		if left == 0 || again != nil && left >= before {
			return nil
		}
	}
}

// rest gives the replica the registers, then what the last run knows of forks, and the store of content its chunks.
func (b *rebuilder) rest(ctx context.Context) error {
	for _, m := range b.chain.Runs {
		err := b.set.Read(ctx, m, func(r *backup.Record) error {
			if r.Kind == backup.KindChunk {
				return b.putChunk(r)
			}
			if r.Kind == backup.KindOps || r.Kind == backup.KindRows {
				return nil
			}
			if r.Kind != backup.KindRegisters && m != b.chain.Last() {
				return nil
			}
			return b.ops.takePieces(ctx, r)
		})
		if err != nil {
			return err
		}
	}
	return b.ops.flush(ctx)
}

// missing counts the ops that are in the backup and not here.
func (b *rebuilder) missing() (n uint64, err error) {
	for k, e := range b.chain.Ends {
		f := b.r.Feeds().Feed(k)
		head := f.Head
		if f.Len > e.Len && e.Len > 0 {
			if head, err = oplog.HeadAt(b.app.database().Read(), f.No, e.Len); err != nil {
				return n, err
			}
		}
		switch {
		case f.Len < e.Len:
			n += e.Len - f.Len
		case e.Len > 0 && head != e.Head:
			n += e.Len
		}
	}
	return n, nil
}

// databasePath is where run makes the database.
func (b *rebuilder) databasePath() string { return filepath.Join(b.dir, "tongzhou.db") }

// arrivals reads when the ops of a record arrived.
func arrivals(r *backup.Record) []int64 {
	out := make([]int64, len(r.At)/8)
	for i := range out {
		out[i] = int64(binary.BigEndian.Uint64(r.At[8*i:]))
	}
	return out
}

package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
)

// database is what both stores are made of: shared statements, in which $1, $2 … appear in order, because SQLite numbers them
// by their first appearance.
type database struct {
	view
	write *writer
	words words
	id    [16]byte
	watch watchers
	// fault turns a driver's error into one of this package, and tells whether the transaction is worth another try.
	fault func(error) (err error, again bool)
	// announce tells other processes of a change, inside the transaction. It may be nil.
	announce func(ctx context.Context, q querier, no TeamNo) error
}

// prepare makes the tables and reads the database's id.
func (d *database) prepare(ctx context.Context, random io.Reader) error {
	id := make([]byte, len(d.id))
	if _, err := io.ReadFull(random, id); err != nil {
		return fmt.Errorf("read randomness: %w", err)
	}
	return d.write.do(ctx, func(q querier) error {
		texts := d.words.statements()
		if d.words.alone != "" {
			texts = append([]string{d.words.alone}, texts...)
		}
		for _, text := range texts {
			if _, err := q.exec(ctx, text); err != nil {
				return fmt.Errorf("make tables: %w", err)
			}
		}
		if _, err := q.exec(ctx, `INSERT INTO meta (key, value) VALUES ('store', $1) ON CONFLICT DO NOTHING`, id); err != nil {
			return fmt.Errorf("name the database: %w", err)
		}
		if ok, err := one(q.row(ctx, `SELECT value FROM meta WHERE key = 'store'`), "the database's id", fixed(d.id[:])); err != nil || !ok {
			return fmt.Errorf("name the database: %w", err)
		}
		return nil
	})
}

// random is the source of the database's id.
func random() io.Reader { return rand.Reader }

// ID is random per database.
func (d *database) ID() [16]byte { return d.id }

// maxTries of a transaction that another process got in the way of.
const maxTries = 10

// Update runs fn in a transaction.
func (d *database) Update(ctx context.Context, fn func(Tx) error) error {
	for try := 1; ; try++ {
		err, again := d.update(ctx, fn)
		if err == nil || !again || try == maxTries {
			return err
		}
	}
}

func (d *database) update(ctx context.Context, fn func(Tx) error) (err error, again bool) {
	ctx = context.WithoutCancel(ctx) // a transaction cut off in the middle costs the connection
	var teams []TeamNo
	err = d.write.do(ctx, func(q querier) error {
		tx := &transaction{view: view{q: q, lock: d.words.lock}, changed: map[TeamNo]bool{}}
		if err := fn(tx); err != nil {
			return err
		}
		teams = slices.Sorted(maps.Keys(tx.changed))
		for _, no := range teams {
			if d.announce == nil {
				break
			}
			if err := d.announce(ctx, q, no); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return d.fault(err)
	}
	for _, no := range teams {
		d.watch.tell(no)
	}
	return nil, false
}

// Watch calls fn after changes of a team.
func (d *database) Watch(fn func(TeamNo)) (stop func()) { return d.watch.add(fn) }

// watchers hear of changes.
type watchers struct {
	mu   sync.Mutex
	fns  map[int]func(TeamNo)
	next int
}

func (w *watchers) add(fn func(TeamNo)) (stop func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fns == nil {
		w.fns = map[int]func(TeamNo){}
	}
	w.next++
	no := w.next
	w.fns[no] = fn
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.fns, no)
	}
}

func (w *watchers) tell(no TeamNo) {
	w.mu.Lock()
	fns := slices.Collect(maps.Values(w.fns))
	w.mu.Unlock()
	for _, fn := range fns {
		fn(no)
	}
}

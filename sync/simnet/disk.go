package simnet

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"tongzhou/sync/replica"
)

// ErrCrashed is what a replica hears of its database once its node is dead. Nobody should act on it.
var ErrCrashed = errors.New("simnet: the node is dead")

// Disk stands between a replica and its database. It is safe for concurrent use.
type Disk struct {
	db      replica.DB
	onCrash func() // called once, by the write that dies, before it returns
	stats   *Stats

	mu    sync.Mutex // guards what follows
	in    int        // writes until the fault, counted down
	fault Kind       // "": none is planned
	full  error      // not nil: every commit fails with it
	dead  bool
}

// NewDisk puts a disk before a database.
func NewDisk(db replica.DB, stats *Stats, onCrash func()) *Disk {
	return &Disk{db: db, stats: stats, onCrash: onCrash}
}

// Plan lets the nth write from now on meet a fault: FaultBefore, FaultAfter, or "" for none.
func (d *Disk) Plan(nth int, fault Kind) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.in, d.fault = nth, fault
}

// SetFull lets every commit fail with an error, until it is nil.
func (d *Disk) SetFull(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.full = err
}

// Kill ends the node between two writes.
func (d *Disk) Kill() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dead = true
}

// Dead tells whether the node has died.
func (d *Disk) Dead() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.dead
}

// Read is the database's own.
func (d *Disk) Read() *sql.DB { return d.db.Read() }

// next is what happens to the write that begins now.
func (d *Disk) next() (fault Kind, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dead {
		return "", ErrCrashed
	}
	if d.fault != "" {
		if d.in--; d.in <= 0 {
			fault, d.fault = d.fault, ""
		}
	}
	if fault == "" && d.full != nil {
		return FaultFull, d.full
	}
	return fault, nil
}

// Write is the database's own, unless a fault is due.
func (d *Disk) Write(ctx context.Context, fn func(tx replica.Tx) error) error {
	fault, err := d.next()
	switch {
	case fault == FaultFull:
		full := err
		err = d.db.Write(ctx, func(tx replica.Tx) error {
			if err := fn(tx); err != nil {
				return err
			}
			return full
		})
		if errors.Is(err, full) {
			d.stats.Add(FaultFull)
		}
		return err
	case err != nil:
		return err
	case fault == FaultBefore:
		err = d.db.Write(ctx, func(tx replica.Tx) error {
			if err := fn(tx); err != nil {
				return err
			}
			return ErrCrashed
		})
		return d.die(fault, err)
	case fault == FaultAfter:
		err = d.db.Write(ctx, fn)
		return d.die(fault, err)
	default:
		return d.db.Write(ctx, fn)
	}
}

// die ends the node in a write. A transaction that failed by itself is no fault.
func (d *Disk) die(fault Kind, err error) error {
	if err != nil && !errors.Is(err, ErrCrashed) {
		return err
	}
	d.mu.Lock()
	d.dead = true
	d.mu.Unlock()
	d.stats.Add(fault)
	d.onCrash()
	return ErrCrashed
}

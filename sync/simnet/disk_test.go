package simnet

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"tongzhou/sync/replica"
)

// book is a database that counts what was committed.
type book struct{ commits int }

func (b *book) Read() *sql.DB { return nil }

func (b *book) Write(_ context.Context, fn func(tx replica.Tx) error) error {
	if err := fn(nil); err != nil {
		return err
	}
	b.commits++
	return nil
}

// A write that dies leaves all of the transaction or nothing, tells nobody which, and is the last one.
func TestDiskDies(t *testing.T) {
	for fault, left := range map[Kind]int{FaultBefore: 1, FaultAfter: 2} {
		b, stats, crashed := &book{}, NewStats(), 0
		d := NewDisk(b, stats, func() { crashed++ })
		write := func() error {
			return d.Write(context.Background(), func(replica.Tx) error { return nil })
		}
		d.Plan(2, fault)
		if err := write(); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := write(); !errors.Is(err, ErrCrashed) {
				t.Fatalf("%s: %v", fault, err)
			}
		}
		if b.commits != left || crashed != 1 || !d.Dead() || stats.Count(fault) != 1 {
			t.Fatalf("%s: %d commits, %d crashes, %s", fault, b.commits, crashed, stats)
		}
	}
}

// A full disk fails commits until there is room; a transaction that fails by itself is none of its doing.
func TestDiskFull(t *testing.T) {
	b, full, own := &book{}, errors.New("full"), errors.New("own")
	d := NewDisk(b, NewStats(), func() {})
	d.SetFull(full)
	if err := d.Write(context.Background(), func(replica.Tx) error { return nil }); !errors.Is(err, full) {
		t.Fatal(err)
	}
	if err := d.Write(context.Background(), func(replica.Tx) error { return own }); !errors.Is(err, own) {
		t.Fatal(err)
	}
	d.SetFull(nil)
	if err := d.Write(context.Background(), func(replica.Tx) error { return nil }); err != nil || b.commits != 1 {
		t.Fatal(err, b.commits)
	}
}

package app

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"tongzhou/backend/backup"
	"tongzhou/backend/fault"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
)

// opsTaker hands the ops of a backup to a replica, many at a time, so that one transaction stores many.
type opsTaker struct {
	r         *replica.Replica
	app       *App
	control   op.ScopeTag
	told      func(ops uint64)
	strangers map[oplog.FeedKey]bool // feeds of devices that are not known yet

	pending sync.WaitGroup
	under   []arrived // handed over since the last flush

	mu  sync.Mutex // guards the field below
	err error      // the database's
}

// arrived is when ops of a feed came to the device that was backed up.
type arrived struct {
	feed oplog.FeedKey
	from uint64
	at   []int64
}

// maxUnderWay bounds what is in memory: each record is about a quarter of a megabyte.
const maxUnderWay = 32

// take hands over the ops of a record. Ops that do not prove themselves are left out, and counted in the end. The error is the
// database's.
func (t *opsTaker) take(ctx context.Context, r *backup.Record) error {
	if t.strangers[r.Feed()] {
		return nil
	}
	var ops []op.Sealed
	for rest := r.Content; len(rest) > 0; {
		o, next, err := op.Parse(rest)
		if err != nil {
			return fault.Wrap("backup.altered", err, "file", "")
		}
		ops, rest = append(ops, o), next
	}
	v, err := t.r.Verify(ops, r.Content)
	if errors.Is(err, replica.ErrStranger) {
		t.strangers[r.Feed()] = true
		return nil
	}
	t.told(uint64(len(ops)))
	if err != nil {
		return nil
	}
	t.hand(ctx, v.FromOwn())
	t.under = append(t.under, arrived{r.Feed(), r.From, arrivals(r)})
	if len(t.under) >= maxUnderWay || r.Tag == t.control { // what comes next may need to know the devices in it
		return t.flush(ctx)
	}
	return nil
}

func (t *opsTaker) hand(ctx context.Context, v *replica.Verified) {
	t.pending.Add(1)
	t.r.Ingest(ctx, v, t.over)
}

// over is told of each thing that was handed over. What the feed does not take is left out.
func (t *opsTaker) over(err error) {
	defer t.pending.Done()
	if err == nil || errors.Is(err, oplog.ErrGap) || errors.Is(err, replica.ErrForked) || errors.Is(err, replica.ErrStranger) || errors.Is(err, oplog.ErrFull) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err = errors.Join(t.err, err)
}

// flush waits until everything that was handed over is stored, and notes when it arrived on the device that was backed up.
func (t *opsTaker) flush(ctx context.Context) error {
	t.pending.Wait()
	t.mu.Lock()
	err := t.err
	t.mu.Unlock()
	if err == nil {
		err = ctx.Err()
	}
	list := t.under
	t.under = nil
	if err != nil || len(list) == 0 {
		return err
	}
	return t.app.write(ctx, func(tx replica.Tx) error {
		for _, a := range list {
			if err := a.note(tx, t.r.Feeds().Feed(a.feed)); err != nil {
				return err
			}
		}
		return nil
	})
}

// note sets the times of ops that came together at once.
func (a *arrived) note(tx replica.Tx, f oplog.Feed) error {
	for i := 0; i < len(a.at); {
		end := i + 1
		for end < len(a.at) && a.at[end] == a.at[i] {
			end++
		}
		from, to := oplog.Key(f.No, a.from+uint64(i)), oplog.Key(f.No, a.from+uint64(end)-1)
		if _, err := tx.Exec(`UPDATE op SET at = ? WHERE id BETWEEN ? AND ?`, a.at[i], from, to); err != nil {
			return fmt.Errorf("note arrival: %w", err)
		}
		i = end
	}
	return nil
}

// takePieces hands over registers, proofs of forks, or ops of their branches. What proves nothing is left out.
func (t *opsTaker) takePieces(ctx context.Context, r *backup.Record) error {
	if r.Kind != backup.KindRegisters && r.Kind != backup.KindForks && r.Kind != backup.KindBranches {
		return nil
	}
	pieces, err := backup.Split(r.Content)
	if err != nil {
		return fault.Wrap("backup.altered", err, "file", "")
	}
	switch r.Kind {
	case backup.KindRegisters:
		t.registers(ctx, pieces)
		return t.flush(ctx)
	case backup.KindForks:
		for _, proof := range pieces {
			if err := t.r.ProveFork(ctx, proof); err != nil && storeFault(err) != err {
				return err
			}
		}
	case backup.KindBranches:
		for _, raw := range pieces {
			o, rest, err := op.Parse(raw)
			if err != nil || len(rest) > 0 {
				continue
			}
			if v, err := t.r.Verify([]op.Sealed{o}, raw); err == nil {
				t.hand(ctx, v)
			}
		}
		return t.flush(ctx)
	}
	return ctx.Err()
}

func (t *opsTaker) registers(ctx context.Context, pieces [][]byte) {
	var regs []op.Register
	var raws [][]byte
	for _, raw := range pieces {
		if g, err := t.r.VerifyRegister(raw); err == nil {
			regs, raws = append(regs, g), append(raws, raw)
		}
	}
	if len(regs) > 0 {
		t.pending.Add(1)
		t.r.IngestRegisters(ctx, regs, raws, t.over)
	}
}

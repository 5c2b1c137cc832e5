package relay

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tongzhou/sync/op"
	"tongzhou/sync/relay/store"
	"tongzhou/sync/wire"
)

// onFrame checks a frame and hands it to the writer. A lie about chain or signature ends the conversation; a frame that this
// relay may not take now is refused with a code.
func (c *conn) onFrame(ctx context.Context, m *wire.Frame) error {
	if c.held >= wire.Window {
		return fmt.Errorf("%w: sends more than the window allows", ErrPeer)
	}
	c.held += len(m.Raw)
	first := &m.Ops[0]
	f := store.Feed{FeedKey: wire.KeyOf(&first.Header)}
	res := result{frame: len(m.Raw), ops: len(m.Ops)}
	if !c.full(f.Tag) {
		return c.refuseFrame(res, &f, wire.RelayNoRight)
	}
	pub, err := c.knows(ctx, f.Device)
	if err != nil {
		return err
	}
	if pub == nil {
		return c.refuseFrame(res, &f, wire.RelayNoDevice)
	}
	if err := op.VerifyChain(first.Prev, first.Seq, m.Ops, pub); err != nil {
		return fmt.Errorf("%w: %w", ErrPeer, err)
	}
	if slices.ContainsFunc(m.Ops, c.young) {
		return c.refuseFrame(res, &f, wire.RelayTryLater)
	}
	c.mu.Lock()
	c.noteSent(f.FeedKey, m.Ops[len(m.Ops)-1].Seq) // it has what it sends: no need to announce that
	c.mu.Unlock()
	var state wire.FeedState
	var no *wire.RefusedFeed
	return c.put(ctx, job{
		run: func(tx store.Tx) (err error) {
			state, no, err = c.storeFrame(ctx, tx, f, m.Ops)
			return err
		},
		done: func(err error) {
			res.feed, res.refused = state, no
			if err != nil {
				res.refused = c.failed(err, &f)
			}
			c.finished(res)
		},
	})
}

// young tells whether an op comes without its body before it can be past keeping anywhere (SPEC H10).
func (c *conn) young(o op.Sealed) bool {
	_, over := o.Week()
	return o.Stub && over > c.r.cfg.Now().AddDate(0, 0, -op.MinKeepDays).UnixMilli()
}

// put queues a job for the writer, at most maxJobs at a time.
func (c *conn) put(ctx context.Context, j job) error {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	j.team = c.no
	return c.r.writer.submit(ctx, j)
}

func (c *conn) refuseFrame(res result, f *store.Feed, code wire.RelayCode) error {
	res.refused = refusedFeed(f, code, 0)
	return c.handleResults([]result{res})
}

func refusedFeed(f *store.Feed, code wire.RelayCode, from uint64) *wire.RefusedFeed {
	return &wire.RefusedFeed{Tag: f.Tag, Device: f.Device, Incarnation: f.Incarnation, Code: code, From: from}
}

// failed is what a device is told when the database cannot write.
func (c *conn) failed(err error, f *store.Feed) *wire.RefusedFeed {
	if errors.Is(err, store.ErrFull) {
		return refusedFeed(f, wire.RelayQuota, 0)
	}
	if !errors.Is(err, ErrClosed) {
		c.r.count.failed.Add(1)
		c.r.log.Error("ops could not be stored", "err", err)
	}
	return refusedFeed(f, wire.RelayTryLater, 0)
}

// storeFrame stores those of the ops that are new.
func (c *conn) storeFrame(ctx context.Context, tx store.Tx, f store.Feed, ops []op.Sealed) (wire.FeedState, *wire.RefusedFeed, error) {
	var none wire.FeedState
	t, ok, err := tx.TeamByNo(ctx, c.no)
	if err != nil || !ok {
		return none, refusedFeed(&f, wire.RelayNoRight, 0), err
	}
	have, there, err := tx.Feed(ctx, c.no, f.FeedKey)
	if err != nil {
		return none, nil, err
	}
	if there {
		f = have
	} else {
		f.First = 1
		if n, err := tx.Feeds(ctx, c.no, f.Tag, f.Device); err != nil || n >= maxIncarnations {
			return none, refusedFeed(&f, wire.RelayTooMany, 0), err
		}
	}
	if ops[0].Seq > f.Len+1 {
		return none, refusedFeed(&f, wire.RelayNotChained, f.Len+1), nil
	}
	differs, err := firstDifference(ctx, tx, &f, ops)
	if err != nil {
		return none, nil, err
	}
	if differs != 0 {
		return none, refusedFeed(&f, wire.RelayFork, differs), nil
	}
	fresh := ops[min(f.Len+1-ops[0].Seq, uint64(len(ops))):]
	if len(fresh) == 0 {
		return f.State(), nil, nil
	}
	size := int64(0)
	for i := range fresh {
		size += int64(fresh[i].Size())
	}
	if fits, err := c.r.roomForWords(ctx, tx, &t, size); err != nil || !fits {
		return none, refusedFeed(&f, wire.RelayQuota, 0), err
	}
	last := &fresh[len(fresh)-1]
	f.Len, f.Head = last.Seq, last.ID()
	if f.LSeq, err = tx.Next(ctx, c.no); err != nil {
		return none, nil, err
	}
	if _, err := tx.Append(ctx, c.no, f, fresh, c.r.cfg.Now().UnixMilli()); err != nil {
		return none, nil, err
	}
	return f.State(), nil, tx.AddBytes(ctx, c.no, size)
}

// firstDifference finds the first op that is not the one stored for its place, or does not follow the last one stored; 0: none.
func firstDifference(ctx context.Context, tx store.Tx, f *store.Feed, ops []op.Sealed) (uint64, error) {
	first, last := ops[0].Seq, ops[len(ops)-1].Seq
	if last > f.Len { // the link to what is stored proves everything before
		at := f.Len + 1 - first
		if ops[at].Prev == f.Head {
			return 0, nil
		}
	} else if last == f.Len && ops[len(ops)-1].ID() == f.Head {
		return 0, nil
	}
	for seq := max(first, f.First); seq <= min(last, f.Len); {
		raw, n, err := tx.Ops(ctx, f.No, seq, min(last, f.Len), wire.MaxFrameBytes, wire.MaxFrameOps)
		if err != nil || n == 0 {
			return 0, err
		}
		for range n {
			stored, rest, err := op.Parse(raw)
			if err != nil {
				return 0, fmt.Errorf("read a stored op: %w", err)
			}
			if stored.ID() != ops[seq-first].ID() {
				return seq, nil
			}
			raw = rest
			seq++
		}
	}
	if last > f.Len { // equal up to the last one stored: then what follows it names another
		return f.Len + 1, nil
	}
	return 0, nil
}

// onRegisters checks registers and hands them to the writer.
func (c *conn) onRegisters(ctx context.Context, m *wire.Registers) error {
	var good []store.Register
	refused := uint32(0)
	for _, raw := range m.Raw {
		r, rest, err := op.ParseRegister(raw)
		if err != nil || len(rest) > 0 {
			return fmt.Errorf("%w: register: %w", ErrPeer, err)
		}
		pub, err := c.knows(ctx, r.Device)
		if err != nil {
			return err
		}
		if pub == nil || !c.full(r.Scope) {
			refused++
			continue
		}
		if err := r.Verify(pub); err != nil {
			return fmt.Errorf("%w: %w", ErrPeer, err)
		}
		good = append(good, store.Register{Tag: r.Scope, Device: r.Device, Key: r.Key, Version: r.Version, Raw: raw})
	}
	answer := &wire.RelayRegistersStored{}
	return c.put(ctx, job{
		run: func(tx store.Tx) error {
			*answer = wire.RelayRegistersStored{Refused: refused}
			return c.storeRegisters(ctx, tx, good, answer)
		},
		done: func(err error) {
			if err != nil {
				c.r.count.failed.Add(1)
				*answer = wire.RelayRegistersStored{Refused: uint32(len(m.Raw))}
			}
			c.finished(result{registers: answer})
		},
	})
}

func (c *conn) storeRegisters(ctx context.Context, tx store.Tx, regs []store.Register, answer *wire.RelayRegistersStored) error {
	t, ok, err := tx.TeamByNo(ctx, c.no)
	if err != nil || !ok {
		return err
	}
	lseq := int64(0)
	for i := range regs {
		r := &regs[i]
		keys, err := tx.RegisterKeys(ctx, c.no, r.Tag, r.Device, r.Key)
		if err != nil {
			return err
		}
		fits := keys < maxRegisterKeys
		if fits {
			if fits, err = c.r.roomForWords(ctx, tx, &t, int64(len(r.Raw))); err != nil {
				return err
			}
		}
		if !fits {
			answer.Refused++
			continue
		}
		if lseq == 0 {
			if lseq, err = tx.Next(ctx, c.no); err != nil {
				return err
			}
		}
		r.LSeq = lseq
		grown, _, err := tx.PutRegister(ctx, c.no, *r)
		if err != nil {
			return err
		}
		if err := tx.AddBytes(ctx, c.no, grown); err != nil {
			return err
		}
		t.Bytes += grown
		answer.Stored++
	}
	return nil
}

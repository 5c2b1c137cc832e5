package courier

import (
	"context"
	"errors"
	"fmt"

	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
	"tongzhou/sync/wire"
)

// This file takes ops that were asked for.

// onFrame verifies ops and hands them to the writer.
func (c *Courier) onFrame(ctx context.Context, m *wire.Frame) error {
	f := &c.fetch
	size := len(m.Raw)
	if !f.intake.Take(size) {
		return fmt.Errorf("%w: more than the window", ErrRelay)
	}
	head, last := &m.Ops[0], m.Ops[len(m.Ops)-1].Seq
	k := oplog.FeedKey{Tag: head.Scope, Device: head.Device, Incarnation: head.Incarnation}
	w := f.want[k]
	if w == nil && !f.sought[k] || f.refused[k] { // not asked for, or not any more
		return c.giveCredit(size)
	}
	if mine := c.r.Feeds().Feed(k); last <= mine.Len && !f.sought[k] {
		if last >= w.to {
			c.dropWant(k)
		}
		return errors.Join(c.giveCredit(size), c.maybeDone(ctx))
	}
	v, err := c.r.Verify(m.Ops, m.Raw)
	if errors.Is(err, replica.ErrStranger) {
		c.dropWant(k)
		c.postpone(&wire.FeedState{Tag: k.Tag, Device: k.Device, Incarnation: k.Incarnation, Len: last}, 0)
		return errors.Join(c.giveCredit(size), c.maybeDone(ctx))
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRelay, err)
	}
	note := stored{key: k, last: last, size: size}
	c.r.Ingest(ctx, v, func(err error) {
		note.err = err
		c.notes.Put(func(n *notes) { n.stored = append(n.stored, note) })
	})
	return nil
}

// onStored follows a commit.
func (c *Courier) onStored(ctx context.Context, m *stored) error {
	f := &c.fetch
	if m.registers {
		f.regs--
		if m.err != nil {
			return fmt.Errorf("courier: store registers: %w", m.err)
		}
		return c.maybeDone(ctx)
	}
	if err := c.giveCredit(m.size); err != nil {
		return err
	}
	mine, w := c.r.Feeds().Feed(m.key), f.want[m.key]
	switch {
	case m.err == nil:
	case errors.Is(m.err, oplog.ErrGap):
		if w == nil {
			return nil
		}
		if w.retries++; w.retries > maxRetries {
			return fmt.Errorf("%w: ops out of order", ErrRelay)
		}
		c.askFor(m.key, mine.Len+1, w.to)
		return nil
	case errors.Is(m.err, replica.ErrForked):
		c.dropWant(m.key)
		return c.maybeDone(ctx)
	case errors.Is(m.err, replica.ErrStranger):
		c.dropWant(m.key)
		f.skipped = true
		return c.maybeDone(ctx)
	case errors.Is(m.err, replica.ErrStub): // its horizon is among the scope's epoch ops
		c.dropWant(m.key)
		f.skipped = true
		return errors.Join(c.askEpochs(m.key.Tag, 0), c.maybeDone(ctx))
	case errors.Is(m.err, oplog.ErrFull):
		c.log.Warn("no room for a feed", "device", m.key.Device.String(), "err", m.err)
		c.dropWant(m.key)
		if len(f.refused) >= maxWanted {
			return fmt.Errorf("%w: too many feeds", ErrRelay)
		}
		f.refused[m.key] = true
		return c.maybeDone(ctx)
	default:
		return fmt.Errorf("courier: store: %w", m.err)
	}
	if w == nil {
		return nil
	}
	if mine.Len > w.stored {
		n := mine.Len - w.stored
		w.stored = mine.Len
		f.progress = c.now()
		c.cfg.Claims.Take(m.key, c, f.progress)
		c.setStatus(func(st *Status) { st.Behind -= min(n, st.Behind) })
	}
	if mine.Len >= w.to {
		c.dropWant(m.key)
		return c.maybeDone(ctx)
	}
	return nil
}

func (c *Courier) dropWant(k oplog.FeedKey) {
	delete(c.fetch.want, k)
	c.cfg.Claims.Drop(k, c)
}

// giveCredit returns bytes of the window.
func (c *Courier) giveCredit(n int) error {
	if m := c.fetch.intake.Give(n); m != nil {
		return c.send(m)
	}
	return nil
}

// onGone hears that the relay has only the end of a feed that every device had.
func (c *Courier) onGone(ctx context.Context, m *wire.RelayGone) error {
	k := oplog.FeedKey{Tag: m.Tag, Device: m.Device, Incarnation: m.Incarnation}
	w := c.fetch.want[k]
	if w == nil {
		return nil
	}
	c.log.Info("the relay has only the end of a feed", "device", m.Device.String(), "from", m.From)
	c.fetch.gone[k] = wire.FeedState{Tag: k.Tag, Device: k.Device, Incarnation: k.Incarnation, Len: m.From}
	c.dropWant(k)
	return c.maybeDone(ctx)
}

func (c *Courier) onFork(ctx context.Context, m *wire.Fork) error {
	if err := c.r.ProveFork(ctx, m.Proof); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w: %w", ErrRelay, err)
	}
	return nil
}

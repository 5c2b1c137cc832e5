package courier

import (
	"context"
	"errors"

	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
	"tongzhou/sync/wire"
)

// notes is what commits tell the state machine.
type notes struct {
	stored    []stored
	grown     map[oplog.FeedKey]bool
	forks     map[oplog.FeedKey]bool
	authority bool
	keys      bool
	registers bool
}

// stored says that verified ops of a frame, or registers, were committed, or why not.
type stored struct {
	registers bool
	key       oplog.FeedKey
	last      uint64
	size      int
	err       error
}

// onEvent runs on the committing goroutine.
func (c *Courier) onEvent(e *replica.Event) {
	c.notes.Put(func(n *notes) {
		n.authority = n.authority || e.Authority
		n.keys = n.keys || e.Keys
		n.registers = n.registers || len(e.Registers) > 0
		for i := range e.Feeds {
			if e.Feeds[i].From <= e.Feeds[i].Feed.Len {
				n.note(&n.grown, e.Feeds[i].Feed.FeedKey)
			}
		}
		for i := range e.Forks {
			n.note(&n.forks, e.Forks[i].Feed.FeedKey)
		}
	})
}

func (n *notes) note(m *map[oplog.FeedKey]bool, k oplog.FeedKey) {
	if *m == nil {
		*m = map[oplog.FeedKey]bool{}
	}
	(*m)[k] = true
}

// handleNotes works off what has come in.
func (c *Courier) handleNotes(ctx context.Context) error {
	n := c.notes.Take()
	for i := range n.stored {
		if err := c.onStored(ctx, &n.stored[i]); err != nil {
			return err
		}
	}
	if c.welcome == nil {
		return nil
	}
	for k := range n.forks {
		if f, w := c.r.Feeds().Feed(k), c.fetch.want[k]; w != nil && !f.Takes(w.to) {
			c.dropWant(k)
			if err := c.maybeDone(ctx); err != nil {
				return err
			}
		}
	}
	// Claims before ops: what was just written may stand under a key that the relay has not heard of.
	if n.keys || n.authority {
		if err := errors.Join(c.reclaim(), c.reopenMail(), c.nextMail()); err != nil {
			return err
		}
	}
	if n.authority {
		if err := c.onAuthority(); err != nil {
			return err
		}
	}
	for k := range n.grown {
		if err := c.onGrown(k); err != nil {
			return err
		}
	}
	if n.registers && c.fetch.caughtUp {
		if err := c.putRegisters(); err != nil {
			return err
		}
	}
	if len(n.grown) > 0 && c.fetch.caughtUp {
		c.settle()
	}
	return nil
}

// onAuthority follows a change of who is who.
func (c *Courier) onAuthority() error {
	c.letters.look = true
	if c.begun {
		return errors.Join(c.keepRoster(), c.retryLater(), c.lookForLetters())
	}
	if c.state == wire.RelayNeedsRoster {
		return c.foundRoster()
	}
	return nil
}

// onGrown offers new ops to the relay, and asks for what follows on ops that it had only the end of.
func (c *Courier) onGrown(k oplog.FeedKey) error {
	f := c.r.Feeds().Feed(k)
	if g, ok := c.fetch.gone[k]; ok && f.Len+1 >= g.Len {
		delete(c.fetch.gone, k)
		c.fetch.moved = true // the next question brings it up
	}
	if c.fetch.want[k] == nil {
		c.offer(&f)
	}
	return nil
}

package relay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tongzhou/sync/oplog"
	"tongzhou/sync/stream"
	"tongzhou/sync/wire"
)

// task is a feed being served.
type task struct {
	key      oplog.FeedKey
	no       int64
	next, to uint64
}

// send queues messages.
func (c *conn) send(ms ...wire.Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.out)+len(ms) > maxOutgoing {
		return fmt.Errorf("%w: does not read", ErrPeer)
	}
	c.out = append(c.out, ms...)
	c.poke()
	return nil
}

// sendList queues a list of any length that the device asked for. There is one at a time.
func (c *conn) sendList(ms ...wire.Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answering > 0 {
		return fmt.Errorf("%w: asks again before the answer", ErrPeer)
	}
	c.out = append(c.out, ms...)
	c.answering = len(c.out)
	c.poke()
	return nil
}

func (c *conn) poke() { c.wake.Ring() }

// sayBye tells the device why the conversation ends, and nothing else any more.
func (c *conn) sayBye(err error) {
	told := []error{ErrPeer, ErrReplaced, ErrClosed, errOut, errRemoved, errTooLong}
	if !slices.ContainsFunc(told, func(why error) bool { return errors.Is(err, why) }) {
		return
	}
	reason := err.Error()
	if len(reason) > 200 {
		reason = reason[:200]
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if errors.Is(err, errOut) { // what was said before tells it why
		c.out = append(c.out, &wire.Bye{Reason: reason})
		return
	}
	c.out = []wire.Message{&wire.Bye{Reason: reason}}
}

// finish lets the writing goroutine end, after the messages that are queued, if they go out quickly.
func (c *conn) finish() {
	c.mu.Lock()
	c.closing = true
	_ = c.st.SetWriteDeadline(time.Now().Add(lastWords))
	c.mu.Unlock()
	c.poke()
}

// setWriteLimit runs under mu so that a write begun before finish does not get more time than finish leaves.
func (c *conn) setWriteLimit() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	limit := writeLimit
	if c.closing {
		limit = lastWords
	}
	return c.st.SetWriteDeadline(time.Now().Add(limit))
}

// writeLoop writes what next hands out.
func (c *conn) writeLoop(ctx context.Context) error {
	w := stream.NewWriter(c.st)
	defer func() { // nobody reads from the store after the conversation
		if c.ahead != nil {
			<-c.ahead.done
		}
	}()
	for {
		m, done, err := c.next(ctx)
		if err != nil {
			return err
		}
		if m == nil {
			if done {
				return nil
			}
			w.Rest()
			<-c.wake // the conversation's end wakes it too, after the last words were queued
			continue
		}
		if err := c.setWriteLimit(); err != nil {
			return fmt.Errorf("relay: %w", err)
		}
		if err := w.Write(m); err != nil {
			return fmt.Errorf("relay: %w", err)
		}
	}
}

// next takes the next message to write: messages, then ops as the window allows, then chunks. It is nil when there is none now; done says
// that there will be none.
func (c *conn) next(ctx context.Context) (m wire.Message, done bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		if len(c.out) > 0 {
			m = c.out[0]
			c.out[0] = nil
			c.out = c.out[1:]
			if c.answering > 0 {
				c.answering--
			}
			return m, false, nil
		}
		if c.closing {
			return nil, true, nil
		}
		t := c.nextTask()
		if t == nil {
			m, err = c.producePart(ctx)
			return m, false, err
		}
		if f, err := c.produce(ctx, t); err != nil || f != nil {
			return f, false, err
		}
	}
}

// nextTask is what to serve next; nil if there is nothing, or no room in the window.
func (c *conn) nextTask() *task {
	for _, q := range []*[]*task{&c.urgent, &c.tasks} {
		for len(*q) > 0 {
			t := (*q)[0]
			if t.next <= t.to {
				if c.window <= 0 {
					return nil
				}
				return t
			}
			(*q)[0] = nil
			*q = (*q)[1:]
			if c.byFeed[t.key] == t {
				delete(c.byFeed, t.key)
			}
		}
	}
	return nil
}

// produce reads the next frame of a task, nil if there is none after all. The caller holds mu, which is released meanwhile.
func (c *conn) produce(ctx context.Context, t *task) (wire.Message, error) {
	from, to := t.next, t.to
	c.mu.Unlock()
	raw, n, err := c.read(ctx, t.no, from, to)
	c.mu.Lock()
	if err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	if n == 0 { // the team was removed meanwhile
		t.next = t.to + 1
		return nil, nil
	}
	last := from + uint64(n) - 1
	if t.next == from { // else the device asked again from an earlier one
		t.next = last + 1
	}
	c.noteSent(t.key, last)
	c.window -= len(raw)
	if t.next == last+1 && last < t.to && c.window > 0 {
		c.readAhead(ctx, t.no, last+1, t.to)
	}
	c.r.count.servedOps.Add(uint64(n))
	c.r.count.servedBytes.Add(uint64(len(raw)))
	return &wire.Frame{Raw: raw}, nil
}

// ahead is a frame that is read while the one before it is written. There is one at most.
type ahead struct {
	no   int64
	from uint64
	raw  []byte
	n    int
	err  error
	done chan struct{} // closed when the rest is there
}

// readAhead begins to read a frame. Only the writing goroutine calls it, and read.
func (c *conn) readAhead(ctx context.Context, no int64, from, to uint64) {
	a := &ahead{no: no, from: from, done: make(chan struct{})}
	c.ahead = a
	go func() {
		defer close(a.done)
		a.raw, a.n, a.err = c.r.store.Ops(ctx, no, from, to, wire.MaxFrameBytes, wire.MaxFrameOps)
	}()
}

// read reads a frame, or takes the one that was read ahead.
func (c *conn) read(ctx context.Context, no int64, from, to uint64) (raw []byte, n int, err error) {
	if a := c.ahead; a != nil {
		<-a.done
		c.ahead = nil
		if a.no == no && a.from == from && uint64(a.n) <= to-from+1 {
			return a.raw, a.n, a.err
		}
	}
	return c.r.store.Ops(ctx, no, from, to, wire.MaxFrameBytes, wire.MaxFrameOps)
}

// noteSent remembers how much of a feed the device has, so that it is not announced to it. The caller holds mu.
func (c *conn) noteSent(k oplog.FeedKey, n uint64) {
	if len(c.sent) >= maxSent {
		clear(c.sent) // costs a few announcements too many
	}
	c.sent[k] = max(c.sent[k], n)
}

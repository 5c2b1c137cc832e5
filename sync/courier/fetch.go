package courier

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"tongzhou/sync/oplog"
	"tongzhou/sync/stream"
	"tongzhou/sync/wire"
)

// This file finds out what the relay has that is missing here, asks for it, and moves the cursor.

type fetch struct {
	cursor   int64
	upTo     int64
	asked    bool // a question is not answered yet, or what it listed is not here yet
	answered bool
	again    bool // ask once more when this is done
	skipped  bool // something listed could not be asked for: the cursor must not move
	caughtUp bool // a question was answered and what it listed is here
	current  bool // what was asked about the control log is here
	whole    bool // the question is about everything
	acked    int  // acks before it
	asks     []*wire.Want
	asking   map[oplog.FeedKey]*wire.Want
	want     map[oplog.FeedKey]*wanted
	later    map[oplog.FeedKey]delayed
	refused  map[oplog.FeedKey]bool           // there is no room for them here
	sought   map[oplog.FeedKey]bool           // the relay's version was asked for, to find a fork
	gone     map[oplog.FeedKey]wire.FeedState // the relay has only the end of these
	regs     int                              // messages of registers not stored yet
	intake   stream.Intake                    // of frames and chunks
	moved    bool                             // something was announced since the last question
	askedAt  time.Time
	progress time.Time
}

// wanted is a feed being fetched.
type wanted struct {
	to, stored uint64
	retries    int
}

// delayed is a feed to be asked for later: another conversation fetches it, its author is in one, or is not known yet.
type delayed struct {
	wire.FeedState
	at time.Time
}

func newFetch() fetch {
	return fetch{
		asking: map[oplog.FeedKey]*wire.Want{}, want: map[oplog.FeedKey]*wanted{}, later: map[oplog.FeedKey]delayed{},
		refused: map[oplog.FeedKey]bool{}, sought: map[oplog.FeedKey]bool{}, gone: map[oplog.FeedKey]wire.FeedState{},
	}
}

func (f *fetch) nextAsk() wire.Message {
	if len(f.asks) == 0 {
		return nil
	}
	w := f.asks[0]
	f.asks[0] = nil
	f.asks = f.asks[1:]
	delete(f.asking, w.Key())
	return w
}

// ask asks what changed since the cursor, in the scopes that are open.
func (c *Courier) ask() error {
	f := &c.fetch
	f.asked, f.answered, f.again, f.skipped, f.moved, f.upTo = true, false, false, false, false, 0
	f.askedAt, f.progress, f.acked = c.now(), c.now(), c.puts.acked
	c.caps.listed = maps.Clone(c.caps.full)
	for tag := range c.mark.Scopes { // claimed just before and not answered yet
		if !c.caps.full[tag] && len(c.caps.due) > 0 {
			c.caps.listed[tag] = true
		}
	}
	if f.whole {
		return c.send(&wire.Since{})
	}
	return c.send(&wire.Since{LSeq: f.cursor})
}

// maybeAsk asks when the question before is done with.
func (c *Courier) maybeAsk() error {
	if c.fetch.asked || !c.listed() {
		return nil
	}
	return c.ask()
}

func (c *Courier) onDelta(ctx context.Context, m *wire.Delta) error {
	f := &c.fetch
	if !f.asked || f.answered || m.Control {
		return fmt.Errorf("%w: unasked delta", ErrRelay)
	}
	f.progress = c.now()
	for i := range m.Feeds {
		if err := c.consider(&m.Feeds[i], false); err != nil {
			return err
		}
	}
	if m.More {
		return nil
	}
	f.upTo, f.answered = m.UpTo, true
	return c.maybeDone(ctx)
}

// onHave hears what others just left at the relay, or what is in a scope that has just opened.
func (c *Courier) onHave(m *wire.Have) error {
	c.fetch.moved = true
	for i := range m.Feeds {
		if err := c.consider(&m.Feeds[i], true); err != nil {
			return err
		}
	}
	return nil
}

// consider asks for a feed that is longer at the relay. live says that it was announced: its author may be about to say so too.
func (c *Courier) consider(s *wire.FeedState, live bool) error {
	f := &c.fetch
	if s.Len == 0 || s.Len >= 1<<40 {
		return fmt.Errorf("%w: feed length %d", ErrRelay, s.Len)
	}
	k := s.Key()
	mine := c.r.Feeds().Feed(k)
	c.puts.there(k, s.Len)
	to := s.Len
	if !mine.Takes(to) {
		to = mine.Fork - 1
	}
	if mine.Len >= to {
		switch {
		case mine.Len != s.Len:
			c.puts.lacks(&mine)
		case [8]byte(mine.Head[:8]) != s.Head:
			c.seekFork(&mine)
		default:
			c.noteStored(*s)
		}
		return nil
	}
	if g, ok := f.gone[k]; ok && mine.Len+1 < g.Len || f.refused[k] {
		return nil // members have what was collected there
	}
	w := f.want[k]
	if w != nil && w.to >= to {
		return nil
	}
	if !c.r.KnownDevice(k.Device) && !c.r.MayCertify(k) {
		c.postpone(s, 0) // until it is
		return nil
	}
	if live && w == nil && c.cfg.Direct(k.Device) {
		c.postpone(s, directWait)
		return nil
	}
	if w == nil {
		if len(f.want) >= maxWanted {
			f.skipped, f.again = true, true
			return nil
		}
		if !c.cfg.Claims.Take(k, c, c.now()) {
			c.postpone(s, directWait)
			return nil
		}
		if len(f.want) == 0 {
			f.progress = c.now()
		}
		w = &wanted{stored: mine.Len, to: mine.Len}
		f.want[k] = w
	}
	from, n := w.to+1, to-w.to
	w.to = to
	c.setStatus(func(st *Status) {
		st.Behind += n
		if st.State == InSync {
			st.State = Syncing
		}
	})
	c.askFor(k, from, to)
	return nil
}

// askFor queues a question, one a feed. The control log goes first: it says who wrote the rest.
func (c *Courier) askFor(k oplog.FeedKey, from, to uint64) {
	f := &c.fetch
	if w := f.asking[k]; w != nil {
		w.From, w.To = min(w.From, from), max(w.To, to)
		return
	}
	w := &wire.Want{Tag: k.Tag, Device: k.Device, Incarnation: k.Incarnation, From: from, To: to, Urgent: c.r.MayCertify(k)}
	f.asking[k] = w
	f.asks = append(f.asks, w)
}

// postpone keeps what cannot be asked for yet. The cursor does not move before it was.
func (c *Courier) postpone(s *wire.FeedState, wait time.Duration) {
	f := &c.fetch
	f.skipped = true
	if _, ok := f.later[s.Key()]; ok || len(f.later) < maxWanted {
		f.later[s.Key()] = delayed{*s, c.now().Add(wait)}
	}
	c.soon = c.soon || wait == directWait
}

// retryLater asks for feeds whose time has come.
func (c *Courier) retryLater() error {
	now := c.now()
	for _, k := range slices.Collect(maps.Keys(c.fetch.later)) {
		x := c.fetch.later[k]
		if !c.r.KnownDevice(k.Device) && !c.r.MayCertify(k) {
			continue
		}
		if now.Before(x.at) {
			c.soon = c.soon || x.at.Sub(now) <= directWait
			continue
		}
		delete(c.fetch.later, k)
		if err := c.consider(&x.FeedState, false); err != nil {
			return err
		}
	}
	return nil
}

// seekFork asks for the relay's version of a feed that differs from the one here, to prove the fork.
func (c *Courier) seekFork(mine *oplog.Feed) {
	if c.fetch.sought[mine.FeedKey] || len(c.fetch.sought) >= maxWanted || mine.Fork != 0 {
		return
	}
	c.fetch.sought[mine.FeedKey] = true
	from := uint64(1)
	if mine.Len > wire.MaxFrameOps/2 {
		from = mine.Len - wire.MaxFrameOps/2
	}
	c.log.Warn("the relay has another version of a feed", "device", mine.Device.String(), "len", mine.Len)
	c.askFor(mine.FeedKey, from, mine.Len)
}

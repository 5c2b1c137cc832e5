package courier

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
	"tongzhou/sync/wire"
)

// This file leaves at the relay what it lacks: own ops at once, those of others after their authors had time to do so.

type puts struct {
	window  int
	tasks   []*task
	byFeed  map[oplog.FeedKey]*task
	has     map[oplog.FeedKey]uint64    // how much the relay has, by its word on this connection, or was sent
	under   map[oplog.FeedKey]uint64    // up to where a feed was sent and not acknowledged
	due     map[oplog.FeedKey]time.Time // of feeds of others, and of those that were refused
	refused map[oplog.FeedKey]wire.RelayCode
	retries map[oplog.FeedKey]int
	acks    map[oplog.FeedKey]wire.FeedState // the relay's word, not recorded yet
	fresh   bool                             // acks are among them: the cursor has not passed those ops yet
	acked   int                              // acks so far
	looked  map[op.ScopeTag]bool             // open scopes whose feeds were compared with what the relay has
}

// task is a feed being put.
type task struct {
	key      oplog.FeedKey
	no       int64
	next, to uint64
}

func newPuts() puts {
	return puts{
		window: wire.Window, byFeed: map[oplog.FeedKey]*task{}, has: map[oplog.FeedKey]uint64{}, under: map[oplog.FeedKey]uint64{}, due: map[oplog.FeedKey]time.Time{},
		refused: map[oplog.FeedKey]wire.RelayCode{}, retries: map[oplog.FeedKey]int{}, acks: map[oplog.FeedKey]wire.FeedState{}, looked: map[op.ScopeTag]bool{},
	}
}

func (p *puts) there(k oplog.FeedKey, n uint64) {
	if old, known := p.has[k]; old < n && (known || len(p.has) < maxKnown) {
		p.has[k] = n
	}
}

// lacks notes that the relay has less of a feed than is here.
func (p *puts) lacks(f *oplog.Feed) {
	if _, ok := p.due[f.FeedKey]; !ok {
		p.due[f.FeedKey] = time.Time{}
	}
}

// retryDevices lets ops of devices go that the relay did not know.
func (p *puts) retryDevices() {
	for k, code := range p.refused {
		if code == wire.RelayNoDevice {
			delete(p.refused, k)
			p.due[k] = time.Time{}
		}
	}
}

// putAll looks at every feed of the scopes that were opened since. Later growth is offered by itself.
func (c *Courier) putAll() error {
	if c.state != wire.RelayOK {
		return nil
	}
	for tag := range c.caps.full {
		if c.puts.looked[tag] || !c.caps.listed[tag] { // the relay has not said yet what it has
			continue
		}
		c.puts.looked[tag] = true
		for _, f := range c.r.Feeds().Scope(tag) {
			c.offer(&f)
		}
	}
	return nil
}

// findLost takes back what a relay once said and, by its whole list, no longer has.
func (c *Courier) findLost(ctx context.Context) error {
	lost := map[int64]uint64{}
	for tag := range c.caps.listed {
		for _, f := range c.r.Feeds().Scope(tag) {
			if has := c.puts.has[f.FeedKey]; c.caps.full[tag] && c.r.StoredAt(c.store, f.No) > has {
				lost[f.No] = has
			}
		}
	}
	if len(lost) > 0 {
		c.log.Warn("the relay lost ops that it had", "feeds", len(lost))
	}
	return c.r.RelayLost(ctx, c.store, lost)
}

// offer begins to put a feed of this device, and lets one of another wait for its author.
func (c *Courier) offer(f *oplog.Feed) {
	if f.Len == 0 || f.Len <= c.stored(f) || !c.mayPut(f.FeedKey) {
		return
	}
	if f.Device == c.self {
		c.put(f)
		return
	}
	if at, ok := c.puts.due[f.FeedKey]; !ok || at.IsZero() {
		c.puts.due[f.FeedKey] = c.now().Add(c.cfg.Patience + jitter(c.cfg.Patience))
	}
}

// mayPut tells whether ops of the feed would be taken now. What is asked about lists everything the relay has, so nothing is
// put before the first answer is there.
func (c *Courier) mayPut(k oplog.FeedKey) bool {
	_, refused := c.puts.refused[k]
	return c.state == wire.RelayOK && c.fetch.caughtUp && c.opens(k.Tag) && !refused
}

// stored is how much of a feed the relay has or was sent.
func (c *Courier) stored(f *oplog.Feed) uint64 {
	return max(c.puts.has[f.FeedKey], c.r.StoredAt(c.store, f.No))
}

func (c *Courier) put(f *oplog.Feed) {
	k := f.FeedKey
	delete(c.puts.due, k)
	if t := c.puts.byFeed[k]; t != nil {
		t.to = max(t.to, f.Len)
		return
	}
	t := &task{key: k, no: f.No, next: c.stored(f) + 1, to: f.Len}
	c.puts.byFeed[k] = t
	c.puts.tasks = append(c.puts.tasks, t)
}

// nextPut is the next frame for the relay, as the window allows.
func (c *Courier) nextPut() (wire.Message, error) {
	p := &c.puts
	for len(p.tasks) > 0 && p.window > 0 {
		t := p.tasks[0]
		if t.next <= t.to && c.mayPut(t.key) {
			raw, n, err := oplog.ReadFrame(c.r.Reader(), t.no, t.next, t.to, wire.MaxFrameBytes, wire.MaxFrameOps)
			if err != nil {
				return nil, fmt.Errorf("courier: %w", err)
			}
			if n > 0 {
				t.next += uint64(n)
				p.there(t.key, t.next-1)
				p.under[t.key] = t.next - 1
				p.window -= len(raw)
				return &wire.Frame{Raw: raw}, nil
			}
		}
		p.tasks[0] = nil
		p.tasks = p.tasks[1:]
		delete(p.byFeed, t.key)
		if len(p.tasks) == 0 {
			c.settle()
		}
	}
	return nil, nil
}

func (c *Courier) onCredit(m *wire.Credit) error {
	c.puts.window += int(m.Bytes)
	if c.puts.window > wire.Window {
		return fmt.Errorf("%w: credit for more than was sent", ErrRelay)
	}
	return nil
}

// onAck collects what the relay says it durably stored.
func (c *Courier) onAck(m *wire.Ack) {
	for i := range m.Feeds {
		k := m.Feeds[i].Key()
		c.puts.there(k, m.Feeds[i].Len)
		if c.puts.under[k] <= m.Feeds[i].Len {
			delete(c.puts.under, k)
		}
		c.noteStored(m.Feeds[i])
	}
	c.puts.fresh, c.fetch.moved = true, true
	c.puts.acked++
}

func (c *Courier) noteStored(s wire.FeedState) {
	if c.puts.acks[s.Key()].Len < s.Len {
		c.puts.acks[s.Key()] = s
		c.ackDue = true
	}
}

// flushStored records it: from then on people are told "on the relay".
func (c *Courier) flushStored(ctx context.Context) error {
	acks := make([]replica.Ack, 0, len(c.puts.acks))
	for k, f := range c.puts.acks {
		acks = append(acks, replica.Ack{Feed: k, Len: f.Len, Head: f.Head})
	}
	clear(c.puts.acks)
	if err := c.r.RelayStored(ctx, c.store, acks, c.puts.fresh); err != nil {
		return err
	}
	c.puts.fresh = false
	c.setStatus(func(st *Status) { st.StoredAt = c.now() })
	c.settle()
	return nil
}

// onFeedsRefused hears which ops were not stored, and why.
func (c *Courier) onFeedsRefused(m *wire.RelayFeedsRefused) error {
	p := &c.puts
	for i := range m.Feeds {
		x := &m.Feeds[i]
		k := x.Key()
		c.noteRefusal(x.Code)
		if t := p.byFeed[k]; t != nil {
			t.next = t.to + 1 // begins anew below, or not at all
		}
		f := c.r.Feeds().Feed(k)
		p.has[k] = 0
		delete(p.under, k)
		switch x.Code {
		case wire.RelayNotChained:
			if p.retries[k]++; p.retries[k] > maxRetries || x.From == 0 {
				p.refused[k] = x.Code
				continue
			}
			if x.From > f.Len+1 {
				continue // the relay has more; it lists that
			}
			p.has[k] = x.From - 1
			c.restart(&f, x.From)
		case wire.RelayFork:
			p.refused[k] = x.Code
			if x.From > 0 && x.From <= f.Len {
				c.seekFork(&f)
			}
		case wire.RelayQuota, wire.RelayTryLater:
			p.due[k] = c.now().Add(retryAfter)
			if x.Code == wire.RelayQuota {
				c.setStatus(func(st *Status) { st.State = Full })
			}
		case wire.RelayNoRight: // the key was changed: what says so, and the new one, are on their way
			p.due[k] = c.now().Add(time.Second)
		default:
			p.refused[k] = x.Code
		}
	}
	return nil
}

// restart puts a feed from a seq on that the relay lacks although it said or seemed to have it.
func (c *Courier) restart(f *oplog.Feed, from uint64) {
	if t := c.puts.byFeed[f.FeedKey]; t != nil {
		t.next, t.to = from, f.Len
		return
	}
	t := &task{key: f.FeedKey, no: f.No, next: from, to: f.Len}
	c.puts.byFeed[f.FeedKey] = t
	c.puts.tasks = append(c.puts.tasks, t)
}

// retryPuts puts what has waited long enough.
func (c *Courier) retryPuts() error {
	now := c.now()
	for _, k := range slices.Collect(maps.Keys(c.puts.due)) {
		at := c.puts.due[k]
		if at.IsZero() || now.Before(at) {
			if at.IsZero() {
				delete(c.puts.due, k)
				f := c.r.Feeds().Feed(k)
				c.offer(&f)
			}
			continue
		}
		f := c.r.Feeds().Feed(k)
		if f.Len <= c.stored(&f) {
			delete(c.puts.due, k)
			continue
		}
		if c.mayPut(k) {
			c.put(&f)
		}
	}
	return nil
}

// waiting counts own ops that the relay has not said it stored.
func (c *Courier) waiting() uint64 {
	var n uint64
	for _, f := range c.r.OwnFeeds() {
		if at := c.r.StoredAt(c.store, f.No); f.Len > at {
			n += f.Len - at
		}
	}
	return n
}

package relay

import (
	"context"
	"crypto/ed25519"
	"errors"
	"sync"
	"time"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/relay/store"
	"tongzhou/sync/stream"
	"tongzhou/sync/wire"
)

// conn is one conversation. One goroutine handles what the device says (run), one reads, one writes.
type conn struct {
	r      *Relay
	st     stream.Stream
	peer   [32]byte
	cancel context.CancelCauseFunc

	// Guarded by the hub's lock:
	stranger bool

	inbox *stream.Inbox
	slots chan struct{}

	mu        sync.Mutex // guards what follows, which other goroutines touch
	out       []wire.Message
	closing   bool
	wake      stream.Bell
	tasks     []*task
	urgent    []*task
	downloads []*download // copies of chunks to hand out, after everything else
	byFeed    map[oplog.FeedKey]*task
	window    int // bytes of frames that may still be sent
	answering int // parts of a list not yet written
	sent      map[oplog.FeedKey]uint64
	notes     []note
	lagging   bool // notes were left out
	results   []result
	ready     stream.Bell // notes or results are there

	ahead *ahead // owned by the writing goroutine

	// Owned by run:
	no       store.TeamNo // 0: no team yet
	team     store.Team
	device   op.DeviceID
	token    []byte
	state    wire.RelayState
	nonce    [32]byte
	keys     map[op.DeviceID]ed25519.PublicKey
	scopes   map[op.ScopeTag]*scope
	shown    map[op.ScopeTag]int64
	serving  bool
	told     int64 // arrival number up to which changes were told
	cursor   int64
	boxes    map[wire.MailBox]uint64 // open ones, and the last mail that was handed out
	held     int                     // bytes of frames not yet credited back
	stored   int                     // of those, stored
	slowTo   time.Time               // credit is withheld until then
	upload   *upload                 // the copy of a chunk that is being left; nil: none was
	strikes  int                     // refusals while it was not on the roster
	letters  int                     // mails it wanted to leave
	outUntil time.Time               // when the time of a device that is not on the roster is over
}

// result is what became of a put.
type result struct {
	frame     int // bytes of a frame
	ops       int
	feed      wire.FeedState
	refused   *wire.RefusedFeed
	registers *wire.RelayRegistersStored
	upload    *upload               // of a part of a chunk
	chunk     *wire.RelayBlobStored // the answer, after the last part or instead of it
}

func newConn(r *Relay, st stream.Stream, peer [32]byte, cancel context.CancelCauseFunc) *conn {
	return &conn{
		r: r, st: st, peer: peer, cancel: cancel,
		inbox: stream.NewInbox(ErrPeer), slots: make(chan struct{}, maxJobs),
		wake: stream.NewBell(), ready: stream.NewBell(),
		byFeed: map[oplog.FeedKey]*task{}, window: wire.Window, sent: map[oplog.FeedKey]uint64{},
		keys: map[op.DeviceID]ed25519.PublicKey{}, scopes: map[op.ScopeTag]*scope{}, shown: map[op.ScopeTag]int64{},
		boxes: map[wire.MailBox]uint64{},
	}
}

// refuse tells a device that there is no room for it.
func (c *conn) refuse(err error) {
	b, encoding := wire.Encode(nil, &wire.Bye{Reason: err.Error()})
	if encoding != nil {
		return
	}
	_ = c.st.SetWriteDeadline(time.Now().Add(lastWords))
	_, _ = c.st.Write(b) // it is told if it listens
}

// run speaks until the end.
func (c *conn) run(ctx context.Context) error {
	var readers, writers sync.WaitGroup
	// After the first packet the transport finds dead connections.
	readers.Go(func() { c.inbox.Read(ctx, c.st, helloLimit, 0) })
	writers.Go(func() {
		if err := c.writeLoop(ctx); err != nil {
			c.cancel(err)
		}
	})
	err := c.loop(ctx)
	c.sayBye(err)
	c.finish()
	writers.Wait()
	c.cancel(err)
	_ = c.st.Close()
	readers.Wait()
	if errors.Is(err, stream.ErrEnd) {
		return nil
	}
	return err
}

func (c *conn) loop(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	c.outUntil = c.r.cfg.Now().Add(strangerLimit)
	for {
		var err error
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case m, ok := <-c.inbox.Packets():
			if !ok {
				return c.inbox.Err()
			}
			err = c.receive(ctx, m)
		case <-c.ready:
			err = c.handleReady(ctx)
		case <-tick.C:
			err = c.tick()
		}
		if err != nil {
			return err
		}
	}
}

func (c *conn) tick() error {
	now := c.r.cfg.Now()
	if !c.in() && now.After(c.outUntil) {
		return errTooLong
	}
	return c.credit(now)
}

// in tells whether the device is on the roster.
func (c *conn) in() bool { return c.state == wire.RelayOK || c.state == wire.RelayFull }

// tell queues a change. The hub calls it and does not wait; what does not fit is listed again from where the notes end.
func (c *conn) tell(n note) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.notes) >= maxNotes {
		c.lagging = true
		last := &c.notes[len(c.notes)-1]
		if n.standing != nil {
			last.standing = n.standing
		}
		last.mail = last.mail || n.mail
	} else {
		c.notes = append(c.notes, n)
	}
	c.ready.Ring()
}

// finished queues the result of a put; the writer calls it.
func (c *conn) finished(r result) {
	<-c.slots
	c.mu.Lock()
	defer c.mu.Unlock()
	c.results = append(c.results, r)
	c.ready.Ring()
}

func (c *conn) handleReady(ctx context.Context) error {
	c.mu.Lock()
	notes, results, lagging := c.notes, c.results, c.lagging
	c.notes, c.results, c.lagging = nil, nil, false
	c.mu.Unlock()
	if err := c.handleResults(results); err != nil {
		return err
	}
	for i := range notes {
		if err := c.handleNote(ctx, &notes[i]); err != nil {
			return err
		}
	}
	if lagging && c.serving {
		return c.catchUp(ctx)
	}
	return nil
}

package courier

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"

	"tongzhou/sync/blob"
	"tongzhou/sync/op"
	"tongzhou/sync/wire"
)

// This file is the relay as a depot of chunks (blob.Depot): whoever tends it asks, one question at a time, and the state machine
// sends the question and hands the answer back. Chunks go up and down in parts, after everything else.

// Tender exchanges chunks with a depot until ctx ends: a blob.Fetcher does.
type Tender interface {
	Tend(ctx context.Context, d blob.Depot) error
}

// chunkWindow is how many bytes may be under way to the relay when a part of a chunk is sent: what people write does not wait long.
const chunkWindow = 512 << 10

type chunks struct {
	tending sync.WaitGroup
	calls   chan *chunkCall
	news    chan struct{}
	under   *chunkCall // not answered yet

	reported bool // at least once
	owed     int
	full     bool
}

func newChunks() chunks { return chunks{calls: make(chan *chunkCall), news: make(chan struct{}, 1)} }

// chunkCall is a question, and what is known of the answer. The state machine owns it until it closes done.
type chunkCall struct {
	tag    op.ScopeTag
	ids    []blob.ID // asked about
	copy   wire.RelayCopy
	put    []byte // to be left
	report func() // instead of a question

	sent   int // bytes of put
	got    []byte
	copies []blob.Copy
	err    error
	done   chan struct{}
}

// depot is what the tender speaks with.
type depot struct{ c *Courier }

var _ blob.Depot = depot{}

// do hands a question to the state machine and waits for its answer.
func (d depot) do(ctx context.Context, call *chunkCall) error {
	call.done = make(chan struct{})
	select {
	case d.c.chunks.calls <- call:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case <-call.done:
		return call.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Held implements blob.Depot.
func (d depot) Held(ctx context.Context, tag op.ScopeTag, ids []blob.ID) ([]blob.Copy, error) {
	call := &chunkCall{tag: tag, ids: ids}
	err := d.do(ctx, call)
	return call.copies, err
}

// Get implements blob.Depot.
func (d depot) Get(ctx context.Context, tag op.ScopeTag, x blob.Copy) ([]byte, error) {
	call := &chunkCall{tag: tag, copy: wire.RelayCopy{ID: x.ID, Sum: x.Sum, Size: x.Size}}
	err := d.do(ctx, call)
	return call.got, err
}

// Put implements blob.Depot.
func (d depot) Put(ctx context.Context, tag op.ScopeTag, x blob.Copy, sealed []byte) error {
	return d.do(ctx, &chunkCall{tag: tag, copy: wire.RelayCopy{ID: x.ID, Sum: x.Sum, Size: x.Size}, put: sealed})
}

// News implements blob.Depot.
func (d depot) News() <-chan struct{} { return d.c.chunks.news }

// Report implements blob.Depot.
func (d depot) Report(ctx context.Context, owed int, full bool) {
	x := &d.c.chunks
	_ = d.do(ctx, &chunkCall{report: func() { x.reported, x.owed, x.full = true, owed, full }}) // at the end nobody needs it
}

// tends tells whether chunks are exchanged with this relay: one of an older program takes none.
func (c *Courier) tends() bool {
	return c.cfg.Chunks != nil && c.welcome.Version >= wire.RelayKnowsBlobs
}

// tend begins the exchange of chunks, which the end of the conversation ends.
func (c *Courier) tend(ctx context.Context) {
	if !c.tends() {
		return
	}
	c.chunks.tending.Go(func() {
		if err := c.cfg.Chunks.Tend(ctx, depot{c}); err != nil && ctx.Err() == nil {
			c.log.Warn("content is not exchanged with the relay any more", "err", err)
		}
	})
}

// nextCall is where the next question comes from; nil while one is not answered.
func (c *Courier) nextCall() chan *chunkCall {
	if c.chunks.under != nil {
		return nil
	}
	return c.chunks.calls
}

// onCall begins with a question.
func (c *Courier) onCall(call *chunkCall) error {
	switch {
	case call.report != nil:
		call.report()
		close(call.done)
		c.settle()
		return nil
	case !c.listed() || !c.opens(call.tag):
		call.err = blob.ErrClosed
		close(call.done)
		return nil
	case call.put != nil && c.state == wire.RelayFull:
		call.err = blob.ErrFull
		close(call.done)
		return nil
	}
	c.chunks.under = call
	switch {
	case call.ids != nil:
		m := &wire.RelayBlobHas{Tag: call.tag}
		for _, id := range call.ids {
			m.IDs = append(m.IDs, id)
		}
		return c.send(m)
	case call.put == nil:
		return c.send(&wire.RelayBlobGet{Tag: call.tag, Copy: call.copy})
	}
	return nil // nextPart sends it
}

// answered hands the answer back.
func (c *Courier) answered(err error) {
	call := c.chunks.under
	c.chunks.under = nil
	call.err = err
	close(call.done)
	c.settle()
}

// nextPart is the next part of a chunk to leave, as the window allows.
func (c *Courier) nextPart() wire.Message {
	call := c.chunks.under
	if call == nil || call.sent == len(call.put) || c.puts.window <= wire.Window-chunkWindow {
		return nil
	}
	from := uint32(call.sent)
	n := call.copy.PartOf(from)
	call.sent += n
	c.puts.window -= n
	return &wire.RelayBlobPut{Tag: call.tag, Copy: call.copy, From: from, Part: call.put[from:call.sent]}
}

func (c *Courier) hearNews() {
	select {
	case c.chunks.news <- struct{}{}:
	default:
	}
}

// onBlobHeld hears which chunks are there, or that others have just left some.
func (c *Courier) onBlobHeld(m *wire.RelayBlobHeld) error {
	if m.New {
		c.hearNews()
		return nil
	}
	call := c.chunks.under
	if call == nil || call.ids == nil || call.tag != m.Tag {
		return fmt.Errorf("%w: unasked answer about chunks", ErrRelay)
	}
	for _, x := range m.Copies {
		call.copies = append(call.copies, blob.Copy{ID: x.ID, Sum: x.Sum, Size: x.Size})
	}
	c.answered(nil)
	return nil
}

// onBlobStored hears that a copy is stored for good, or why not.
func (c *Courier) onBlobStored(m *wire.RelayBlobStored) error {
	call := c.chunks.under
	if call == nil || call.put == nil || call.tag != m.Tag || call.copy != m.Copy {
		return fmt.Errorf("%w: unasked answer to a chunk", ErrRelay)
	}
	if m.Code != 0 {
		c.noteRefusal(m.Code)
	}
	switch m.Code {
	case 0:
		c.setStatus(func(st *Status) { st.StoredAt = c.now() })
		c.answered(nil)
	case wire.RelayQuota, wire.RelayTryLater:
		c.answered(blob.ErrFull)
	case wire.RelayNoRight: // the key was changed: what says so, and the new one, are on their way
		c.answered(blob.ErrClosed)
	default:
		c.answered(blob.ErrRefused)
	}
	return nil
}

// onBlobPart takes a part of a copy.
func (c *Courier) onBlobPart(m *wire.RelayBlobPart) error {
	call := c.chunks.under
	if call == nil || call.ids != nil || call.put != nil || call.tag != m.Tag || call.copy != m.Copy {
		return fmt.Errorf("%w: a chunk that nobody asked for", ErrRelay)
	}
	if len(m.Part) == 0 {
		c.answered(blob.ErrMissing)
		return nil
	}
	if int(m.From) != len(call.got) {
		return fmt.Errorf("%w: parts of a chunk out of order", ErrRelay)
	}
	if call.got == nil {
		call.got = make([]byte, 0, m.Copy.Size)
	}
	call.got = append(call.got, m.Part...)
	if !c.fetch.intake.Take(len(m.Part)) {
		return fmt.Errorf("%w: more than the window", ErrRelay)
	}
	if err := c.giveCredit(len(m.Part)); err != nil || len(call.got) < int(m.Copy.Size) {
		return err
	}
	if sha256.Sum256(call.got) != m.Copy.Sum { // its disk may have failed, which is no lie
		c.log.Warn("the relay has damaged content")
		call.got = nil
		c.answered(blob.ErrMissing)
		return nil
	}
	c.answered(nil)
	return nil
}

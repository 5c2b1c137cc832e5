package simnet

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

// maxQueued is how many packets a direction holds before its writer waits.
const maxQueued = 64

// ErrCut is the end of a conversation whose link broke.
var ErrCut = errors.New("simnet: the link broke")

// End is one side's view of a link: an ordered stream. It is safe for one reader and one writer.
type End struct {
	out, in *direction // never nil

	mu            sync.Mutex // guards what follows
	readBy, write time.Time
	turns         [2]chan struct{} // not nil: somebody waits until it is closed, in the order in which they are let go on
}

// direction is one way of a link.
type direction struct {
	from, to NodeID

	mu       sync.Mutex
	queue    []queued // sent, not delivered
	buf      []byte   // delivered, not read
	err      error    // for the reader, after buf
	closed   bool     // by the writer: nothing comes after the queue
	broken   error    // for the writer
	vanish   bool     // what is written is lost
	heldTill time.Time
	tamper   Tamper
	changed  chan struct{} // replaced at every change
}

// queued is a packet and when it was sent.
type queued struct {
	raw []byte
	at  uint64
}

func newDirection(from, to NodeID) *direction {
	return &direction{from: from, to: to, changed: make(chan struct{})}
}

// change runs f and wakes who waits.
func (d *direction) change(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
	close(d.changed)
	d.changed = make(chan struct{})
}

// wait returns at the next change or at the deadline, and says which.
func wait(changed <-chan struct{}, deadline time.Time) error {
	if deadline.IsZero() {
		<-changed
		return nil
	}
	t := time.NewTimer(time.Until(deadline))
	defer t.Stop()
	select {
	case <-changed:
		return nil
	case <-t.C:
		return os.ErrDeadlineExceeded
	}
}

// Read waits for what was delivered.
func (e *End) Read(p []byte) (int, error) {
	d := e.in
	for {
		d.mu.Lock()
		if len(d.buf) > 0 {
			n := copy(p, d.buf)
			d.buf = d.buf[n:]
			d.mu.Unlock()
			return n, nil
		}
		err, changed := d.err, d.changed
		d.mu.Unlock()
		if err != nil {
			return 0, err
		}
		e.mu.Lock()
		by := e.readBy
		e.mu.Unlock()
		if err := wait(changed, by); err != nil {
			return 0, err
		}
	}
}

// writePacket queues a packet that was sent at a moment of the net.
func (e *End) writePacket(p []byte, at uint64) (int, error) {
	d := e.out
	for {
		d.mu.Lock()
		switch {
		case d.closed:
			d.mu.Unlock()
			return 0, io.ErrClosedPipe
		case d.broken != nil:
			d.mu.Unlock()
			return 0, d.broken
		case d.vanish:
			d.mu.Unlock()
			return len(p), nil
		case len(d.queue) < maxQueued:
			d.queue = append(d.queue, queued{append([]byte(nil), p...), at})
			d.mu.Unlock()
			return len(p), nil
		}
		changed := d.changed
		d.mu.Unlock()
		e.mu.Lock()
		by := e.write
		e.mu.Unlock()
		if err := wait(changed, by); err != nil {
			return 0, err
		}
	}
}

// Close ends both directions: the other side reads what was sent before, then the end.
func (e *End) Close() error {
	e.out.change(func() { e.out.closed = true })
	e.in.change(func() {
		e.in.broken = io.ErrClosedPipe
		if e.in.err == nil {
			e.in.err = io.ErrClosedPipe
		}
	})
	return nil
}

// SetReadDeadline bounds a Read that waits.
func (e *End) SetReadDeadline(t time.Time) error {
	e.mu.Lock()
	e.readBy = t
	e.mu.Unlock()
	e.in.change(func() {})
	return nil
}

// SetWriteDeadline bounds a Write that waits.
func (e *End) SetWriteDeadline(t time.Time) error {
	e.mu.Lock()
	e.write = t
	e.mu.Unlock()
	e.out.change(func() {})
	return nil
}

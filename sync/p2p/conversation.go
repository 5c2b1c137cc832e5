package p2p

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/libp2p/go-libp2p/core/network"

	"tongzhou/sync/op"
)

// Two devices have at most one conversation, whoever begins it. The one that
// opens the stream sends a mark, the other answers with its own mark if it
// agrees and resets the stream if not; neither runs OnSync before that.
//
//	both opened at once      the smaller device id's stream counts
//	one already has a        a newer mark means that the sender has given the
//	conversation             old one up: the new one replaces it. An older mark
//	                         comes from an attempt that lost: it is refused
//	a better connection      the device with the smaller id opens a stream there
//	has come up              while the conversation runs: a newer mark (upgrade.go)
//
// A mark is newer if it comes from another run of the program or was counted
// later in the same run than the mark the conversation began with.

// markSize is the encoded size: boot and tick, 8 bytes each, big-endian.
const markSize = 16

type mark struct {
	boot uint64 // random per run
	tick uint64 // counts the marks of a run
}

func (m mark) encode() []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, m.boot), m.tick)
}

func readMark(r io.Reader) (mark, error) {
	var b [markSize]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return mark{}, fmt.Errorf("read mark: %w", err)
	}
	return mark{boot: binary.BigEndian.Uint64(b[:8]), tick: binary.BigEndian.Uint64(b[8:])}, nil
}

// newer says whether m was made after the conversation that began with old.
func (m mark) newer(old mark) bool { return m.boot != old.boot || m.tick > old.tick }

// opening is a stream of ours that the other side has not agreed to yet.
type opening struct {
	cancel context.CancelFunc
	moving bool // it takes over from a conversation on a worse path
}

type conversation struct {
	mate      *mate
	conn      network.Conn
	stream    *countedStream
	initiator bool
	theirs    mark
	began     time.Time
	ctx       context.Context
	cancel    context.CancelFunc // ends it: the stream breaks
	keep      func() bool        // undoes that; false: too late
	done      chan struct{}      // closed when OnSync has returned
}

var (
	errRefused = errors.New("the other side refused the conversation")
	errGone    = errors.New("the device left the team")
)

// nextMark counts. Host.mu is held.
func (h *Host) nextMark() mark {
	h.tick++
	return mark{boot: h.boot, tick: h.tick}
}

// newConversation makes m's conversation. Host.mu is held.
func (h *Host) newConversation(m *mate, s network.Stream, initiator bool, theirs mark) *conversation {
	c := &conversation{
		mate: m, conn: s.Conn(), initiator: initiator, theirs: theirs,
		stream: &countedStream{Stream: s, traffic: m.traffic, now: h.now},
		began:  h.now(), done: make(chan struct{}),
	}
	c.ctx, c.cancel = context.WithCancel(h.ctx)
	c.keep = context.AfterFunc(c.ctx, func() { s.Reset() })
	m.conv = c
	return c
}

// propose opens a stream and starts the conversation if the other side agrees.
// nil also when there is no need: one runs already.
func (h *Host) propose(ctx context.Context, conn network.Conn, m *mate) error {
	ctx, cancel := context.WithTimeout(ctx, h.tune.handshake)
	defer cancel()
	o := &opening{cancel: cancel}
	h.mu.Lock()
	o.moving = m.conv != nil
	if m.opening != nil || o.moving && !better(conn, m.conv.conn) {
		h.mu.Unlock()
		return nil
	}
	m.opening = o
	mine := h.nextMark()
	h.mu.Unlock()

	s, theirs, err := exchange(ctx, conn, mine)

	h.mu.Lock()
	defer h.mu.Unlock()
	lost := m.opening != o // to a stream of the other side
	if !lost {
		m.opening = nil
	}
	if err == nil && (lost || h.closed || h.mates[m.id] != m) {
		s.Reset()
		err = errGone
	}
	switch {
	case lost:
		return nil
	case err != nil:
		return err
	}
	old := m.conv
	c := h.newConversation(m, s, true, theirs)
	h.settle(m)
	h.tasks.Add(1)
	go func() {
		defer h.tasks.Done()
		if old != nil { // OnSync runs once per device
			old.cancel()
			<-old.done
		}
		h.run(c)
	}()
	return nil
}

// exchange opens a stream and swaps marks, within ctx.
func exchange(ctx context.Context, conn network.Conn, mine mark) (network.Stream, mark, error) {
	s, err := openStream(ctx, conn, syncProtocol)
	switch {
	case ctx.Err() != nil:
		return nil, mark{}, fmt.Errorf("agree on a conversation: %w", context.Cause(ctx))
	case err != nil: // the connection stands, so this is a no
		return nil, mark{}, fmt.Errorf("%w: %w", errRefused, err)
	}
	stop := context.AfterFunc(ctx, func() { s.Reset() })
	_, err = s.Write(mine.encode())
	var theirs mark
	if err == nil {
		theirs, err = readMark(s)
	}
	if !stop() {
		return nil, mark{}, fmt.Errorf("agree on a conversation: %w", context.Cause(ctx))
	}
	if err != nil {
		s.Reset()
		return nil, mark{}, fmt.Errorf("%w: %w", errRefused, err)
	}
	return s, theirs, nil
}

// handleSync answers a stream that a mate opened.
func (h *Host) handleSync(s network.Stream) {
	device, ok := h.device(s.Conn().RemotePeer())
	if !h.enter() {
		s.Reset()
		return
	}
	defer h.tasks.Done()
	if !ok {
		h.handleFormer(s)
		return
	}
	ctx, cancel := context.WithTimeout(h.ctx, h.tune.handshake)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { s.Reset() })
	theirs, err := readMark(s)
	if err != nil {
		s.Reset()
		return
	}
	c, old, mine := h.agree(s, device, theirs)
	if c == nil {
		s.Reset()
		return
	}
	if old != nil { // OnSync runs once per device
		old.cancel()
		<-old.done
	}
	if _, err := s.Write(mine.encode()); err != nil || !stop() {
		c.cancel()
	}
	h.run(c)
}

// agree decides about a stream that a mate opened: the conversation it begins,
// nil if refused; the conversation that it replaces; the mark to answer with.
func (h *Host) agree(s network.Stream, device op.DeviceID, theirs mark) (c, old *conversation, mine mark) {
	self := h.team.Load().self
	h.mu.Lock()
	defer h.mu.Unlock()
	m := h.mateOf(s.Conn().RemotePeer(), device)
	switch {
	case h.closed:
		return nil, nil, mark{}
	case m.conv != nil:
		if !theirs.newer(m.conv.theirs) {
			return nil, nil, mark{}
		}
		old = m.conv
	case m.opening != nil:
		if bytes.Compare(self[:], m.device[:]) < 0 {
			return nil, nil, mark{} // ours counts
		}
	}
	if m.opening != nil {
		m.opening.cancel()
		m.opening = nil
	}
	c = h.newConversation(m, s, false, theirs)
	mine = h.nextMark()
	h.settle(m)
	return c, old, mine
}

// run has the conversation and cleans up after it.
func (h *Host) run(c *conversation) {
	m := c.mate
	if c.ctx.Err() == nil {
		h.log.Debug("conversation begins", "device", m.device, "initiator", c.initiator)
		h.started(c)
		if h.cfg.OnSync != nil {
			h.cfg.OnSync(c.ctx, m.device, c.stream, c.initiator)
		}
	}
	if c.keep() {
		c.stream.Close() // delivers what was written last
	}
	c.cancel()
	close(c.done)

	h.mu.Lock()
	defer h.mu.Unlock()
	if m.conv != c {
		return // replaced
	}
	now := h.now()
	m.conv = nil
	if m.opening != nil && m.opening.moving {
		return // the other side ended it, to go on where this device proposed
	}
	m.reason = ReasonClosed
	m.redial.ended(now, now.Sub(c.began), h.tune.jitter())
	h.settle(m)
	signal(h.wake)
}

// started notes that m is reached, and how.
func (h *Host) started(c *conversation) {
	m, addr := c.mate, c.conn.RemoteMultiaddr()
	h.mu.Lock()
	m.reason, m.found = "", false
	m.improve = improve{busy: m.improve.busy, next: c.began.Add(h.tune.improveAfter)}
	h.mu.Unlock()
	h.changed()
	signal(h.wake)
	source := h.sourceOf(m, addr)
	// A QUIC peer calls from the port it listens on, unlike a TCP peer.
	outward := c.conn.Stat().Direction == network.DirOutbound || isQUIC(addr)
	if outward && dialable(addr) && (source != SourceSeen || h.book.needs(m.pub, addr)) {
		h.book.worked(m.pub, addr, source)
	}
	for _, other := range h.swarm.ConnsToPeer(m.id) {
		switch {
		case other == c.conn:
		case better(other, c.conn):
			h.spawn(func() { h.preferIfAlive(m, other) })
		case c.initiator:
			other.Close() // both sides dialled at once, or the conversation has moved
		}
	}
}

package p2p

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/holepunch"
	"github.com/libp2p/go-libp2p/p2p/protocol/identify"
	ma "github.com/multiformats/go-multiaddr"
)

// Hole punching: two devices behind routers tell each other over a circuit where a relay sees them, and then call at the same
// moment, so that each router takes the other's packets for answers. libp2p does it (DCUtR); the device that was called on the
// circuit begins. It works over QUIC only, because only there the socket that the relay sees is the one that listens.

// startPunching answers hole punching, and begins it for every circuit that comes in, until Close.
func (h *Host) startPunching() error {
	ids, ok := h.node.(interface{ IDService() identify.IDService })
	if !ok {
		return fmt.Errorf("hole punching: %T has no identify service", h.node)
	}
	// The service asks every few seconds whether there is an address before it begins, and who calls DirectConnect
	// meanwhile waits for ever. So its first question gets an answer.
	var asked atomic.Bool
	addrs := func() []ma.Multiaddr {
		if !asked.Swap(true) {
			return []ma.Multiaddr{nil}
		}
		return h.punchable()
	}
	punching, err := holepunch.NewService(h.node, ids.IDService(), addrs, holepunch.WithTracer(punchTrace{h}))
	if err != nil {
		return fmt.Errorf("hole punching: %w", err)
	}
	h.punching = punching
	return nil
}

// punchable lists where mates may call for a hole: where relays see this device, and its own addresses, for two devices behind
// the same router.
func (h *Host) punchable() []ma.Multiaddr {
	var addrs []ma.Multiaddr
	h.mu.Lock()
	for _, r := range h.relays {
		if r.observed != nil && !ma.Contains(addrs, r.observed) {
			addrs = append(addrs, r.observed)
		}
	}
	h.mu.Unlock()
	for _, a := range h.node.Addrs() {
		if dialable(a) && isQUIC(a) && !ma.Contains(addrs, a) && len(addrs) < maxPunch {
			addrs = append(addrs, a)
		}
	}
	return addrs
}

// maxPunch bounds the addresses for one hole: each is called by both at once.
const maxPunch = 6

// identifyObserved is the number of the field in libp2p's identify message that says where the other side sees this one.
const identifyObserved = 4

// maxIdentify bounds that message, as libp2p does.
const maxIdentify = 8 << 10

// whereSeen asks a relay from which address this device calls. libp2p asks only when a connection begins, which may have been
// before the relay was the team's.
func whereSeen(ctx context.Context, c network.Conn) (ma.Multiaddr, error) {
	s, err := openStream(ctx, c, identify.ID)
	if err != nil {
		return nil, err
	}
	defer s.Reset()
	defer context.AfterFunc(ctx, func() { s.Reset() })()
	r := bufio.NewReader(s)
	size, err := binary.ReadUvarint(r)
	if err != nil || size > maxIdentify {
		return nil, fmt.Errorf("read identify message of %d bytes: %w", size, errors.Join(err, context.Cause(ctx)))
	}
	msg := make([]byte, size)
	if _, err := io.ReadFull(r, msg); err != nil {
		return nil, fmt.Errorf("read identify message: %w", err)
	}
	seen, ok := bytesField(msg, identifyObserved)
	if !ok {
		return nil, errors.New("the relay does not say where it sees this device")
	}
	addr, err := ma.NewMultiaddrBytes(seen)
	if err != nil {
		return nil, fmt.Errorf("where the relay sees this device: %w", err)
	}
	return addr, nil
}

// bytesField finds a field of a protobuf message that holds bytes.
func bytesField(msg []byte, number uint64) ([]byte, bool) {
	for len(msg) > 0 {
		tag, n := binary.Uvarint(msg)
		if n <= 0 {
			return nil, false
		}
		msg = msg[n:]
		value, n := binary.Uvarint(msg)
		if n <= 0 {
			return nil, false
		}
		msg = msg[n:]
		switch tag & 7 {
		case 0: // a number
		case 2:
			if value > uint64(len(msg)) {
				return nil, false
			}
			if tag>>3 == number {
				return msg[:value], true
			}
			msg = msg[value:]
		default:
			return nil, false // identify has no others
		}
	}
	return nil, false
}

// observe notes where a relay sees this device.
func (h *Host) observe(ctx context.Context, r *relay, c network.Conn) {
	ctx, cancel := context.WithTimeout(ctx, h.tune.handshake)
	defer cancel()
	addr, err := whereSeen(ctx, c)
	if err != nil {
		h.log.Debug("own address unknown", "relay", r.id, "err", err)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.conn == c && dialable(addr) && isQUIC(addr) {
		r.observed = addr
	}
}

// punchTrace hears how hole punching goes.
type punchTrace struct{ h *Host }

var _ holepunch.EventTracer = punchTrace{}

func (t punchTrace) Trace(e *holepunch.Event) {
	h, at := t.h, time.Unix(0, e.Timestamp)
	switch what := e.Evt.(type) {
	case *holepunch.StartHolePunchEvt:
		h.mu.Lock()
		if m := h.mates[e.Remote]; m != nil {
			m.punchBegan = at
		}
		h.mu.Unlock()
	case *holepunch.EndHolePunchEvt:
		if what.Success {
			h.punched(e.Remote)
		} else {
			h.notPunched(e.Remote, what.Error)
		}
	case *holepunch.ProtocolErrorEvt:
		h.notPunched(e.Remote, what.Error)
	}
}

// punched marks the connections that hole punching made.
func (h *Host) punched(id peer.ID) {
	conns := h.swarm.ConnsToPeer(id)
	h.mu.Lock()
	defer h.mu.Unlock()
	m := h.mates[id]
	if m == nil {
		return
	}
	for _, c := range conns {
		if !isCircuit(c.RemoteMultiaddr()) && !c.Stat().Opened.Before(m.punchBegan) {
			m.punched = c.ID()
		}
	}
	h.changed()
}

// notPunched says why a conversation stays on its circuit.
func (h *Host) notPunched(id peer.ID, why string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m := h.mates[id]
	if m == nil {
		return
	}
	h.log.Debug("no hole punched", "device", m.device, "err", why)
	if m.conv != nil && isCircuit(m.conv.conn.RemoteMultiaddr()) {
		m.reason = ReasonNotPunched
		h.settle(m)
	}
}

// pathTo says how a connection to a mate runs. Host.mu is held.
func (h *Host) pathTo(m *mate, c network.Conn, on links) string {
	path := pathOf(c.RemoteMultiaddr(), on)
	switch {
	case path != PathDirect:
		return path
	case m.punched == c.ID():
		return PathPunched
	case c.Stat().Direction == network.DirInbound && on.behindRouter(c.RemoteMultiaddr()):
		return PathMapped
	}
	return path
}

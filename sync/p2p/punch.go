package p2p

import (
	"fmt"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"
	"github.com/libp2p/go-libp2p/p2p/protocol/holepunch"
	"github.com/libp2p/go-libp2p/p2p/protocol/identify"
	ma "github.com/multiformats/go-multiaddr"
)

// Hole punching: two devices behind routers tell each other over a circuit where a relay sees them, and then call at the same
// moment, so that each router takes the other's packets for answers. libp2p does it once for every circuit that comes in. It
// works over QUIC only, because only there the socket that the relay sees is the one that listens.

// startPunching answers and begins hole punching until Close.
func (h *Host) startPunching() error {
	ids, ok := h.node.(interface{ IDService() identify.IDService })
	if !ok {
		return fmt.Errorf("hole punching: %T has no identify service", h.node)
	}
	punching, err := holepunch.NewService(h.node, ids.IDService(), h.punchable, holepunch.WithTracer(punchTrace{h}))
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
		if len(addrs) < maxAddrs && dialable(a) && isQUIC(a) && !ma.Contains(addrs, a) {
			addrs = append(addrs, a)
		}
	}
	return addrs
}

// watchObserved notes where relays see this device.
func (h *Host) watchObserved() {
	sub, err := h.node.EventBus().Subscribe(new(event.EvtPeerIdentificationCompleted), eventbus.Name("tongzhou"))
	if err != nil {
		h.log.Warn("watch how relays see this device", "err", err)
		return
	}
	defer sub.Close()
	for {
		select {
		case <-h.ctx.Done():
			return
		case e, ok := <-sub.Out():
			if !ok {
				return
			}
			h.observed(e.(event.EvtPeerIdentificationCompleted))
		}
	}
}

func (h *Host) observed(e event.EvtPeerIdentificationCompleted) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.relays[e.Peer]
	if r != nil && e.ObservedAddr != nil && dialable(e.ObservedAddr) && isQUIC(e.ObservedAddr) {
		r.observed = e.ObservedAddr
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

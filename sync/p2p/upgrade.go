package p2p

import (
	"context"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peerstore"
)

// A conversation that began on a circuit moves to a direct connection as soon as there is one: from hole punching, because
// the mate came near, or from the attempts here. The device with the smaller id moves it, so that the two do not cross.

// better says whether a conversation should run on a rather than on b.
func better(a, b network.Conn) bool {
	return !isCircuit(a.RemoteMultiaddr()) && isCircuit(b.RemoteMultiaddr())
}

// anyReserved says whether mates can be called through a relay. Host.mu is held.
func (h *Host) anyReserved() bool {
	for _, r := range h.relays {
		if r.reserved {
			return true
		}
	}
	return false
}

// relayed says whether the conversation with m runs over a circuit. Host.mu is held.
func (h *Host) relayed(m *mate) bool {
	return m.conv != nil && isCircuit(m.conv.conn.RemoteMultiaddr())
}

// improve is when to try again to leave a circuit. The zero value is due at once.
type improve struct {
	busy     bool // an attempt is under way
	failures int
	next     time.Time
}

// improveMax bounds the wait. Every attempt calls some addresses that have not answered before.
const improveMax = 10 * time.Minute

func (i *improve) failed(now time.Time, first time.Duration, jitter float64) {
	wait := improveMax
	if i.failures++; i.failures < 10 {
		wait = min(first<<i.failures, improveMax)
	}
	i.next = now.Add(wait - time.Duration(jitter*float64(wait/2)))
}

// hurry is for when something has changed.
func (i *improve) hurry() { i.failures, i.next = 0, time.Time{} }

// improveDue starts an attempt to leave a circuit if it is time for one, and says when to look again. Host.mu is held.
func (h *Host) improveDue(m *mate, now time.Time) time.Duration {
	if m.improve.busy || h.closed || h.tune.circuitsStay {
		return lookAgain
	}
	if now.Before(m.improve.next) {
		return m.improve.next.Sub(now)
	}
	m.improve.busy = true
	called := m.conv.conn.Stat().Direction == network.DirInbound
	h.tasks.Add(1)
	go func() {
		defer h.tasks.Done()
		h.leaveCircuit(m, called)
	}()
	return lookAgain
}

// leaveCircuit tries the direct addresses of a mate, and then, if this device was called on the circuit, to punch a hole; came
// goes on when one of the two works.
func (h *Host) leaveCircuit(m *mate, called bool) {
	ctx, cancel := context.WithTimeout(h.ctx, h.tune.reach)
	defer cancel()
	h.node.Peerstore().AddAddrs(m.id, h.addrsOf(m), peerstore.TempAddrTTL) // beside what the mate told over the circuit
	h.swarm.Backoff().Clear(m.id)
	_, err := h.swarm.DialPeer(network.WithForceDirectDial(ctx, "leave the circuit"), m.id)
	if err != nil && called && h.punching != nil && h.ctx.Err() == nil {
		err = h.punching.DirectConnect(m.id)
	}
	if err != nil {
		h.log.Debug("still on a circuit", "device", m.device, "err", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	m.improve.busy = false
	m.improve.failed(h.now(), h.tune.improveAfter, h.tune.jitter()) // of no account when it worked
	signal(h.wake)
}

// came moves the conversation with a mate to a connection that has come up, if that is better and this device's to do.
func (h *Host) came(c network.Conn) {
	self := h.team.Load().self
	h.mu.Lock()
	m := h.mates[c.RemotePeer()]
	moves := m != nil && m.conv != nil && better(c, m.conv.conn) && string(self[:]) < string(m.device[:])
	h.mu.Unlock()
	if !moves {
		return
	}
	h.spawn(func() {
		err := h.propose(h.ctx, c, m)
		if err == nil {
			return
		}
		h.log.Debug("conversation not moved", "device", m.device, "err", err)
		c.Close() // so that it is not taken for a way
		h.mu.Lock()
		defer h.mu.Unlock()
		if m.conv == nil { // the other side had ended it already
			m.redial.hurry(h.now())
		}
		h.settle(m)
		signal(h.wake)
	})
}

// preferIfAlive is called when a conversation began on a circuit beside a direct connection: the mate may not have noticed it,
// or may know that it is dead, as after it went to another network.
func (h *Host) preferIfAlive(m *mate, c network.Conn) {
	if h.alive(c) {
		h.came(c)
		return
	}
	c.Close()
	h.mu.Lock()
	m.improve.hurry()
	h.mu.Unlock()
	signal(h.wake)
}

// dropSpare closes the connections to mates with whom this device talks on another one. Both may have called at once, through
// relays or to punch a hole.
func (h *Host) dropSpare() {
	old := time.Now().Add(-h.tune.spare) // libp2p's clock
	for _, c := range h.swarm.Conns() {
		id := c.RemotePeer()
		if c.Stat().Opened.After(old) || h.strangers.has(c) || h.invited(id) {
			continue // new, or the rest of joining
		}
		h.mu.Lock()
		m := h.mates[id]
		spare := m != nil && m.opening == nil && m.conv != nil && m.conv.conn != c && !better(c, m.conv.conn)
		h.mu.Unlock()
		if spare {
			c.Close()
		}
	}
}

// went takes in that a connection is gone.
func (h *Host) went(c network.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r := h.relays[c.RemotePeer()]; r != nil && r.conn == c {
		r.lost()
	}
}

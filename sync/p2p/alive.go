package p2p

import (
	"context"
	"errors"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
)

// dozed is how much longer than asked for a pause must have been for the machine to have slept meanwhile.
const dozed = 10 * time.Second

// watchLinks notices sleep and another network at once; libp2p and the keep-alives would take a good while longer.
func (h *Host) watchLinks() {
	was, last := ownLinks(), h.now()
	for pause(h.ctx, h.tune.lookAround) {
		on, now := ownLinks(), h.now()
		switch {
		case now.Round(0).Sub(last.Round(0)) > h.tune.lookAround+dozed: // by the wall clock: the other one may sleep too
			h.log.Debug("awake again")
			h.moved(true)
		case !on.equal(was):
			h.moved(true)
		}
		was, last = on, now
		h.dropSpare()
	}
}

// moved is called when this device may be somewhere else on the network: what is dead is dropped, everything is tried anew.
// surely says that it is, and not just has one more address. Connections to relays begin anew then: a relay goes on naming the
// address that a connection began with, and holes are punched from there.
func (h *Host) moved(surely bool) {
	h.dropOrphaned()
	for _, c := range h.swarm.Conns() {
		switch relay := h.isRelay(c.RemotePeer()); {
		case relay && surely:
			c.Close()
		case relay || h.rostered(c.RemotePeer()):
			h.spawn(func() { h.dropDead(c) })
		}
	}
	h.mu.Lock()
	for _, m := range h.mates {
		m.improve.hurry()
	}
	h.mu.Unlock()
	h.mdns.refresh()
	h.changed()
	h.Refresh()
}

// dropDead closes a connection where nobody answers any more.
func (h *Host) dropDead(c network.Conn) {
	if !h.alive(c) {
		h.log.Debug("nobody answers any more", "peer", c.RemotePeer(), "addr", c.RemoteMultiaddr())
		c.Close()
	}
}

// alive asks for a protocol that there is not: to be refused is an answer.
func (h *Host) alive(c network.Conn) bool {
	ctx, cancel := context.WithTimeout(h.ctx, h.tune.aliveTime)
	defer cancel()
	s, err := openStream(ctx, c, aliveProtocol)
	if err == nil {
		s.Reset()
	}
	return err == nil || !errors.Is(err, context.DeadlineExceeded)
}

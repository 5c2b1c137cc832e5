package p2p

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
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
// surely says that it is, and not just has one more address.
func (h *Host) moved(surely bool) {
	h.dropOrphaned()
	h.dropDead(surely)
	h.mu.Lock()
	for _, m := range h.mates {
		m.improve.hurry()
	}
	h.mu.Unlock()
	h.mdns.refresh()
	h.changed()
	h.Refresh()
}

// dropDead asks at every connection whether somebody is still there, and closes those where nobody answers. A relay says where
// it sees this device now; with callAgain, those that this device called through it are called anew, because the one who is
// called begins to punch holes.
func (h *Host) dropDead(callAgain bool) {
	for _, c := range h.swarm.Conns() {
		id := c.RemotePeer()
		if !h.rostered(id) && !h.isRelay(id) {
			continue
		}
		h.spawn(func() {
			if !h.alive(c) {
				h.log.Debug("nobody answers any more", "peer", id, "addr", c.RemoteMultiaddr())
				c.Close()
				return
			}
			h.mu.Lock()
			r := h.relays[id]
			h.mu.Unlock()
			if r == nil {
				return
			}
			h.observe(h.ctx, r, c)
			if callAgain {
				h.callAgain(id)
			}
		})
	}
}

// callAgain ends the conversations that this device began through a relay; the dialler begins new ones.
func (h *Host) callAgain(relay peer.ID) {
	through := "/p2p/" + relay.String() + "/p2p-circuit"
	for _, c := range h.swarm.Conns() {
		if c.Stat().Direction == network.DirOutbound && strings.Contains(c.RemoteMultiaddr().String(), through) && h.rostered(c.RemotePeer()) {
			c.Close()
		}
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

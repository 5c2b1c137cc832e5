package p2p

import (
	"context"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"tongzhou/sync/op"
)

// A device that lost access does not know it before it is told. It may come
// for that and nothing else: it counts as a stranger, has one stream and a
// short time, and is never dialled.

// formerDevice names the device behind a libp2p identity that lost access.
func (h *Host) formerDevice(id peer.ID) (op.DeviceID, bool) {
	t := h.team.Load()
	if t.roster == nil || id == h.self || h.cfg.OnFormer == nil {
		return op.DeviceID{}, false
	}
	pub := pubOf(id)
	if pub == nil {
		return op.DeviceID{}, false
	}
	return t.roster.FormerByPeer(pub)
}

func (h *Host) former(id peer.ID) bool {
	_, ok := h.formerDevice(id)
	return ok
}

// handleFormer has the conversation in which a device hears that it lost
// access. The caller has registered with Close.
func (h *Host) handleFormer(s network.Stream) {
	conn := s.Conn()
	device, ok := h.formerDevice(conn.RemotePeer())
	if !ok || !h.strangers.joinBegins(conn) {
		s.Reset()
		return
	}
	defer h.strangers.joinEnds(conn)
	ctx, cancel := context.WithTimeout(h.ctx, h.tune.tellTime)
	defer cancel()
	keep := context.AfterFunc(ctx, func() { s.Reset() })
	if _, err := readMark(s); err != nil {
		s.Reset()
		return
	}
	h.mu.Lock()
	mine := h.nextMark()
	h.mu.Unlock()
	if _, err := s.Write(mine.encode()); err != nil {
		s.Reset()
		return
	}
	h.cfg.OnFormer(ctx, device, &countedStream{Stream: s, traffic: &traffic{}, now: h.now})
	if keep() {
		s.Close()
	}
}

// part ends the conversation with a mate that left the roster. One that lost
// access has a short time to hear why.
func (h *Host) part(c *conversation) {
	if !h.former(c.mate.id) {
		c.cancel()
		return
	}
	h.mu.Lock()
	h.parting[c.conn.ID()] = true
	h.mu.Unlock()
	h.spawn(func() {
		timer := time.NewTimer(h.tune.tellTime)
		defer timer.Stop()
		select {
		case <-c.done:
			pause(h.ctx, h.tune.joinLinger) // what was said last is under way
		case <-timer.C:
		case <-h.ctx.Done():
		}
		c.cancel()
		h.mu.Lock()
		delete(h.parting, c.conn.ID())
		h.mu.Unlock()
		h.cutStrangers()
	})
}

func (h *Host) isParting(c network.Conn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.parting[c.ID()]
}

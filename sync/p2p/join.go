package p2p

import (
	"context"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
)

// handleJoin answers a device that asks to join. A team mate may ask too: its
// admission worked and the answer got lost.
func (h *Host) handleJoin(s network.Stream) {
	conn := s.Conn()
	pub := pubOf(conn.RemotePeer())
	if pub == nil || !h.welcome(conn.RemotePeer()) || !h.enter() {
		s.Reset()
		return
	}
	defer h.tasks.Done()
	if !h.rostered(conn.RemotePeer()) {
		if !h.strangers.joinBegins(conn) {
			s.Reset()
			return
		}
		defer h.strangers.joinEnds(conn)
	}
	ctx, cancel := context.WithCancel(h.ctx)
	defer cancel()
	late := time.AfterFunc(h.tune.joinTime, cancel)
	defer late.Stop()
	proven := sync.OnceFunc(func() { late.Reset(h.tune.joinPatience) })
	keep := context.AfterFunc(ctx, func() { s.Reset() })
	h.cfg.OnJoin(ctx, &countedStream{Stream: s, traffic: &traffic{}, now: h.now}, pub, proven)
	if keep() {
		s.Close()
	}
}

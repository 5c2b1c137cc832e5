package p2p

import (
	"context"
	"errors"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"

	"tongzhou/sync/op"
)

// blobProtocol fetches the chunks of larger content, beside the conversation.
const blobProtocol protocol.ID = "/tongzhou/blob/1"

// ErrNotConnected is returned for a device that this one has no conversation with.
var ErrNotConnected = errors.New("p2p: no conversation with that device")

// OpenBlob opens a stream for chunks to a mate, on the connection of the
// conversation with it. It breaks when that connection does. Errors:
// ErrNotConnected, the network's.
func (h *Host) OpenBlob(ctx context.Context, dev op.DeviceID) (Stream, error) {
	if !h.enter() {
		return nil, ErrNotConnected
	}
	defer h.tasks.Done()
	h.mu.Lock()
	var c *conversation
	for _, m := range h.mates {
		if m.device == dev {
			c = m.conv
		}
	}
	h.mu.Unlock()
	if c == nil {
		return nil, ErrNotConnected
	}
	ctx, cancel := context.WithTimeout(ctx, h.tune.handshake)
	defer cancel()
	s, err := openStream(ctx, c.conn, blobProtocol)
	if err != nil {
		return nil, err
	}
	return &countedStream{Stream: s, traffic: c.mate.traffic, now: h.now}, nil
}

// handleBlob answers a mate that fetches chunks.
func (h *Host) handleBlob(s network.Stream) {
	device, ok := h.device(s.Conn().RemotePeer())
	if !ok || h.cfg.OnBlob == nil || !h.enter() {
		s.Reset()
		return
	}
	defer h.tasks.Done()
	h.mu.Lock()
	t := h.mateOf(s.Conn().RemotePeer(), device).traffic
	h.mu.Unlock()
	ctx, cancel := context.WithCancel(h.ctx)
	defer cancel()
	keep := context.AfterFunc(ctx, func() { s.Reset() })
	h.cfg.OnBlob(ctx, device, &countedStream{Stream: s, traffic: t, now: h.now})
	if keep() {
		s.Close()
	}
}

package p2p

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/client"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/pb"
	ma "github.com/multiformats/go-multiaddr"
)

const (
	// relayRetry bounds the wait between attempts at a relay: it is one of few, and everybody's way to meet.
	relayRetry = 15 * time.Second
	// minRenewal keeps a relay with a clock far off from being asked all the time.
	minRenewal = 30 * time.Second
)

// keepRelay is connected to r for as long as the team uses it.
func (h *Host) keepRelay(r *relay) {
	defer h.parted(r)
	if r.before != nil { // OnRelay runs once per relay, and nobody closes the other's connection
		<-r.before.over
		r.before = nil
	}
	h.widen(r.id)
	for {
		conn, err := h.connectRelay(r)
		if err == nil {
			h.attend(r, conn)
		}
		if r.ctx.Err() != nil {
			break
		}
		if err != nil {
			h.log.Debug("relay not reached", "relay", r.id, "err", err)
		}
		h.mu.Lock()
		now := h.now()
		if err != nil {
			r.reason = reasonOf(err)
		}
		r.redial.failed(now, h.tune.jitter())
		wait := min(r.redial.next.Sub(now), relayRetry)
		h.mu.Unlock()
		h.changed()
		r.pause(wait)
	}
	if err := h.swarm.ClosePeer(r.id); err != nil {
		h.log.Debug("part from relay", "err", err)
	}
}

// parted notes that r is no longer used.
func (h *Host) parted(r *relay) {
	close(r.over)
	h.mu.Lock()
	if h.leaving[r.id] == r {
		delete(h.leaving, r.id)
	}
	h.mu.Unlock()
	h.changed()
}

// pause waits; a change of the network or the roster cuts it short.
func (r *relay) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-r.ctx.Done():
	case <-r.hurry:
		pause(r.ctx, redialFirst) // a caller in a loop does no harm
	case <-timer.C:
	}
}

func (h *Host) connectRelay(r *relay) (network.Conn, error) {
	h.mu.Lock()
	addrs := r.addrs
	r.redial.begin(h.now())
	h.mu.Unlock()
	if len(addrs) == 0 {
		return nil, errNoAddress
	}
	ctx, cancel := context.WithTimeout(r.ctx, h.tune.reach)
	defer cancel()
	return h.dialRelay(ctx, r.id, addrs)
}

// dialRelay connects to a relay, over QUIC where that is possible, also when TCP would be quicker today: holes are punched
// from the socket that the relay sees.
func (h *Host) dialRelay(ctx context.Context, id peer.ID, addrs []ma.Multiaddr) (network.Conn, error) {
	ctx = network.WithForceDirectDial(ctx, "relay")
	var quic []ma.Multiaddr
	for _, a := range addrs {
		if isQUIC(a) {
			quic = append(quic, a)
		}
	}
	if len(quic) > 0 {
		soon, cancel := context.WithTimeout(ctx, h.tune.quicFirst)
		defer cancel()
		h.node.Peerstore().ClearAddrs(id)
		h.node.Peerstore().AddAddrs(id, quic, peerstore.TempAddrTTL)
		h.swarm.Backoff().Clear(id)
		if conn, err := h.swarm.DialPeer(soon, id); err == nil {
			return conn, nil
		}
	}
	h.node.Peerstore().AddAddrs(id, addrs, peerstore.TempAddrTTL)
	h.swarm.Backoff().Clear(id)
	conn, err := h.swarm.DialPeer(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("dial relay: %w", err)
	}
	return conn, nil
}

// attend uses the connection to a relay until it is gone.
func (h *Host) attend(r *relay, conn network.Conn) {
	ctx, cancel := context.WithCancel(r.ctx)
	defer context.AfterFunc(ctx, func() { conn.Close() })() // whatever still waits for an answer gives up
	h.mu.Lock()
	began := h.now()
	r.conn, r.lost, r.since, r.reason = conn, cancel, began, ""
	h.mu.Unlock()
	if conn.IsClosed() { // before anybody could tell
		cancel()
	}
	h.log.Debug("relay reached", "relay", r.id, "addr", conn.RemoteMultiaddr())
	h.changed()
	spoken := make(chan struct{})
	go func() {
		defer close(spoken)
		h.speak(ctx, r, conn)
	}()
	h.reserve(ctx, r, conn)
	<-spoken
	cancel()
	conn.Close()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.now().Sub(began) >= steady {
		r.redial.failures = 0
	}
	r.conn, r.lost, r.since, r.reason, r.reserved, r.observed = nil, nil, h.now(), ReasonClosed, false, nil
}

// speak runs OnRelay on one stream after the other until ctx ends.
func (h *Host) speak(ctx context.Context, r *relay, conn network.Conn) {
	if h.cfg.OnRelay == nil {
		<-ctx.Done()
		return
	}
	var back redial
	for ctx.Err() == nil {
		began := h.now()
		if err := h.converse(ctx, r, conn); err != nil {
			h.log.Debug("relay does not speak", "relay", r.id, "err", err)
			if errors.Is(err, context.DeadlineExceeded) {
				conn.Close() // no answer at all: the connection is dead
			}
		}
		now := h.now()
		back.ended(now, now.Sub(began), h.tune.jitter())
		pause(ctx, back.next.Sub(now))
	}
}

func (h *Host) converse(ctx context.Context, r *relay, conn network.Conn) error {
	opening, cancel := context.WithTimeout(ctx, h.tune.handshake)
	s, err := openStream(opening, conn, relayProtocol)
	cancel()
	if err != nil {
		return err
	}
	keep := context.AfterFunc(ctx, func() { s.Reset() })
	h.cfg.OnRelay(ctx, r.pub, &countedStream{Stream: s, traffic: &traffic{}, now: h.now})
	if keep() {
		s.Close() // delivers what was written last
	}
	return nil
}

// reserve holds a reservation at r until ctx ends. A relay that does not know
// this device yet may know it a moment later, from what OnRelay tells it.
func (h *Host) reserve(ctx context.Context, r *relay, conn network.Conn) {
	var back redial
	for ctx.Err() == nil {
		now := h.now()
		back.begin(now)
		h.observe(ctx, r, conn)
		asking, cancel := context.WithTimeout(network.WithNoDial(ctx, "reserve"), h.tune.reach)
		slot, err := client.Reserve(asking, h.node, peer.AddrInfo{ID: r.id})
		cancel()
		var wait time.Duration
		if err != nil {
			h.log.Debug("no reservation", "relay", r.id, "err", err)
			back.failed(now, h.tune.jitter())
			wait = min(back.next.Sub(now), relayRetry)
		} else {
			back = redial{}
			wait = max(time.Until(slot.Expiration)/2, minRenewal)
		}
		h.holds(r, err)
		var hurry <-chan struct{}
		if err != nil {
			hurry = r.hurry
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-hurry:
			pause(ctx, redialFirst)
		}
		timer.Stop()
	}
}

// holds notes whether this device has a reservation at r. With a new one, every
// mate may be reachable.
func (h *Host) holds(r *relay, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.conn == nil {
		return
	}
	fresh := err == nil && !r.reserved
	r.reserved, r.reason = err == nil, ""
	if err != nil {
		r.reason = refusalOf(err)
	}
	if fresh {
		now := h.now()
		for _, m := range h.mates {
			if m.conv == nil {
				m.redial.hurry(now)
			}
		}
		signal(h.wake)
	}
	h.changed()
}

// refusalOf says why a relay gives no reservation.
func refusalOf(err error) string {
	var refused client.ReservationError
	if !errors.As(err, &refused) {
		return ReasonFailed
	}
	switch refused.Status {
	case pb.Status_PERMISSION_DENIED:
		return ReasonRejected
	case pb.Status_RESERVATION_REFUSED, pb.Status_RESOURCE_LIMIT_EXCEEDED:
		return ReasonFull
	default:
		return ReasonFailed
	}
}

package host

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/pb"
	hop "github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	ma "github.com/multiformats/go-multiaddr"

	"tongzhou/sync/relay"
)

// circuitGate lets rostered devices reserve, and connect to devices of their team, lets newcomers call them, and counts.
type circuitGate struct {
	relay *relay.Relay
	ctx   context.Context
	log   *slog.Logger

	guests                          guests
	reservations, circuits, refused atomic.Int64
}

var (
	_ hop.ACLFilter     = (*circuitGate)(nil)
	_ hop.MetricsTracer = (*circuitGate)(nil)
)

// AllowReserve lets rostered devices keep a place here.
func (g *circuitGate) AllowReserve(id peer.ID, _ ma.Multiaddr) bool {
	pub, ok := pubOf(id)
	if !ok {
		return false
	}
	in, err := g.relay.Rostered(g.ctx, pub)
	if err != nil {
		g.log.Error("the roster cannot be read", "err", err)
	}
	return in && err == nil
}

// AllowConnect lets two devices of one team meet, and within bounds somebody who is in no team call a device (guests.go).
func (g *circuitGate) AllowConnect(src peer.ID, _ ma.Multiaddr, dest peer.ID) bool {
	a, ok := pubOf(src)
	b, also := pubOf(dest)
	if !ok || !also {
		return false
	}
	mates, err := g.relay.Mates(g.ctx, a, b)
	if err == nil && !mates {
		return g.allowGuest(a, b)
	}
	if err != nil {
		g.log.Error("the roster cannot be read", "err", err)
	}
	return mates && err == nil
}

func (g *circuitGate) allowGuest(from, to [32]byte) bool {
	known, err := g.relay.Rostered(g.ctx, from)
	member := false
	if err == nil && !known {
		member, err = g.relay.Rostered(g.ctx, to)
	}
	if err != nil {
		g.log.Error("the roster cannot be read", "err", err)
		return false
	}
	return member && g.guests.admit(time.Now(), to)
}

// What libp2p counts and this program does not show is left out.

// RelayStatus is called when the circuit relay starts and ends.
func (g *circuitGate) RelayStatus(bool) {}

// ConnectionOpened counts a circuit.
func (g *circuitGate) ConnectionOpened() { g.circuits.Add(1) }

// ConnectionClosed counts the end of a circuit.
func (g *circuitGate) ConnectionClosed(time.Duration) { g.circuits.Add(-1) }

// ConnectionRequestHandled counts refused circuits.
func (g *circuitGate) ConnectionRequestHandled(s pb.Status) { g.count(s) }

// ReservationAllowed counts a reservation that is new.
func (g *circuitGate) ReservationAllowed(renewal bool) {
	if !renewal {
		g.reservations.Add(1)
	}
}

// ReservationClosed counts the ends of reservations.
func (g *circuitGate) ReservationClosed(n int) { g.reservations.Add(-int64(n)) }

// ReservationRequestHandled counts refused reservations.
func (g *circuitGate) ReservationRequestHandled(s pb.Status) { g.count(s) }

// BytesTransferred is called for what a circuit carried.
func (g *circuitGate) BytesTransferred(int) {}

func (g *circuitGate) count(s pb.Status) {
	if s != pb.Status_OK {
		g.refused.Add(1)
	}
}

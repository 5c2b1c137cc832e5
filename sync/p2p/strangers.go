package p2p

import (
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
)

// maxStrangerAddrs bounds the table of addresses that strangers came from.
const maxStrangerAddrs = 1024

// strangers keeps the connections of devices that are not in the roster few
// and short.
type strangers struct {
	tune     tuning
	now      func() time.Time
	rostered func(peer.ID) bool
	log      *slog.Logger

	mu     sync.Mutex
	total  bucket
	byAddr map[netip.Addr]*bucket
	guests map[string]*guest // by connection id
}

// guest is one stranger's connection.
type guest struct {
	conn    network.Conn
	addr    netip.Addr
	joining bool        // a join stream runs
	leave   *time.Timer // closes the connection
}

func newStrangers(tune tuning, now func() time.Time, rostered func(peer.ID) bool, log *slog.Logger) *strangers {
	return &strangers{
		tune: tune, now: now, rostered: rostered, log: log,
		byAddr: map[netip.Addr]*bucket{}, guests: map[string]*guest{},
	}
}

// knock counts one stranger at the door, and says whether the rates allow it.
// The address is asked first so that one of them cannot use up the total.
func (s *strangers) knock(addr netip.Addr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	own, ok := s.byAddr[addr]
	if !ok {
		s.forget(now)
		if len(s.byAddr) >= maxStrangerAddrs {
			return false
		}
		own = &bucket{}
		s.byAddr[addr] = own
	}
	return own.take(now, s.tune.knocksByIP) && s.total.take(now, s.tune.knocks)
}

// forget drops the addresses that have been quiet for so long that forgetting
// them changes nothing.
func (s *strangers) forget(now time.Time) {
	if len(s.byAddr) < maxStrangerAddrs {
		return
	}
	for addr, b := range s.byAddr {
		if b.full(now, s.tune.knocksByIP) {
			delete(s.byAddr, addr)
		}
	}
}

// enter admits a stranger's connection if there is room and starts its clock.
func (s *strangers) enter(c network.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	addr, same := remoteIP(c), 0
	for _, g := range s.guests {
		if g.addr == addr {
			same++
		}
	}
	if len(s.guests) >= s.tune.strangers || same >= s.tune.strangersByIP {
		return false
	}
	g := &guest{conn: c, addr: addr}
	g.leave = time.AfterFunc(s.tune.strangerIdle, func() { s.expel(g) })
	s.guests[c.ID()] = g
	return true
}

// expel ends a stranger's visit, unless the stranger has become a team mate.
func (s *strangers) expel(g *guest) {
	mate := s.rostered(g.conn.RemotePeer())
	s.mu.Lock()
	busy := g.joining
	if mate && !busy {
		delete(s.guests, g.conn.ID())
	}
	s.mu.Unlock()
	if !busy && !mate {
		s.log.Info("stranger's time is up", "addr", g.addr)
		g.conn.Close()
	}
}

// joinBegins reserves the one join stream of a stranger's connection.
func (s *strangers) joinBegins(c network.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.guests[c.ID()]
	if !ok || g.joining {
		return false
	}
	g.joining = true
	g.leave.Stop()
	return true
}

// joinEnds gives the answer time to arrive, then the stranger goes.
func (s *strangers) joinEnds(c network.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g, ok := s.guests[c.ID()]; ok {
		g.joining = false
		g.leave.Reset(s.tune.joinLinger)
	}
}

// gone forgets a connection that is closed.
func (s *strangers) gone(c network.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g, ok := s.guests[c.ID()]; ok {
		g.leave.Stop()
		delete(s.guests, c.ID())
	}
}

// has says whether c is a stranger's connection that may stay for now.
func (s *strangers) has(c network.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.guests[c.ID()]
	return ok
}

// bucket is a token bucket; the zero value is full.
type bucket struct {
	used float64 // tokens taken and not yet refilled
	last time.Time
}

func (b *bucket) refill(now time.Time, r rate) {
	if !b.last.IsZero() && now.After(b.last) {
		b.used = max(0, b.used-float64(now.Sub(b.last))/float64(r.interval))
	}
	b.last = now
}

func (b *bucket) take(now time.Time, r rate) bool {
	b.refill(now, r)
	if b.used+1 > float64(r.burst) {
		return false
	}
	b.used++
	return true
}

func (b *bucket) full(now time.Time, r rate) bool {
	b.refill(now, r)
	return b.used == 0
}

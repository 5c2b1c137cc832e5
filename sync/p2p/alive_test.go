package p2p

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// swallowing stands between two hosts on TCP. Once it swallows, connections stay open and nothing arrives any more, as after
// sleep or when a router forgot them.
type swallowing struct {
	net.Listener
	to   string
	on   atomic.Bool
	busy sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
}

func startSwallowing(t *testing.T, to ma.Multiaddr) *swallowing {
	t.Helper()
	_, addr, err := manet.DialArgs(to)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &swallowing{Listener: l, to: addr}
	s.busy.Go(s.serve)
	t.Cleanup(func() {
		l.Close()
		s.mu.Lock()
		for _, c := range s.conns {
			c.Close()
		}
		s.mu.Unlock()
		s.busy.Wait()
	})
	return s
}

func (s *swallowing) serve() {
	for {
		in, err := s.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", s.to)
		if err != nil {
			in.Close()
			continue
		}
		s.mu.Lock()
		s.conns = append(s.conns, in, out)
		s.mu.Unlock()
		// What was connected before it began to swallow stays swallowed.
		dead := &atomic.Bool{}
		s.busy.Go(func() { s.pass(in, out, dead) })
		s.busy.Go(func() { s.pass(out, in, dead) })
	}
}

func (s *swallowing) pass(from, to net.Conn, dead *atomic.Bool) {
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		if err != nil {
			if !dead.Load() {
				to.Close()
			}
			return
		}
		if s.on.Load() {
			dead.Store(true)
		}
		if !dead.Load() {
			to.Write(buf[:n])
		}
	}
}

func (s *swallowing) addr(t *testing.T) string {
	t.Helper()
	addr, err := manet.FromNetAddr(s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	return addr.String()
}

// The machine slept and everything it was connected to has forgotten it: it notices by its clock, and begins anew at once.
func TestAfterSleepDeadConnectionsAreReplaced(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	nb := start(t, b, rosterOf(a), silent)
	between := startSwallowing(t, nb.node.Addrs()[0])
	clock, roster := newClock(), rosterOf()
	roster.set(b, between.addr(t))
	na := start(t, a, roster, clock.set, func(c *Config) {
		c.tune.lookAround, c.tune.aliveTime = 20*time.Millisecond, 500*time.Millisecond
	})
	next(t, na.begun, "conversation")
	next(t, nb.begun, "conversation")
	if na.peerInfo(b).State != StateConnected {
		t.Fatalf("%+v", na.peerInfo(b))
	}
	conn := na.swarm.ConnsToPeer(nb.self)[0]
	if !na.alive(conn) {
		t.Fatal("a connection that works is called dead")
	}
	between.on.Store(true)
	if na.alive(conn) {
		t.Fatal("a connection that swallows everything is called alive")
	}
	conn.NewStream(t.Context()) // something is under way, and lost
	between.on.Store(false)
	clock.advance(time.Hour)
	next(t, na.ended, "end of the dead conversation")
	clock.advance(time.Second) // the dialler waits by this clock
	na.Refresh()
	next(t, na.begun, "conversation after waking up")
	next(t, nb.begun, "the other side's")
}

func TestLinksAreComparedAsSets(t *testing.T) {
	a, b := netip.MustParsePrefix("192.168.1.5/24"), netip.MustParsePrefix("fd00::5/64")
	for _, test := range []struct {
		x, y links
		want bool
	}{{links{a, b}, links{b, a}, true}, {links{a}, links{a, b}, false}, {nil, nil, true}, {links{a}, links{b}, false}} {
		if got := test.x.equal(test.y); got != test.want {
			t.Errorf("%v and %v: %v", test.x, test.y, got)
		}
	}
}

func TestWhoIsBehindARouter(t *testing.T) {
	remote := ma.StringCast("/ip4/203.0.113.9/udp/1/quic-v1")
	six := ma.StringCast("/ip6/2001:db8::9/udp/1/quic-v1")
	home := links{netip.MustParsePrefix("192.168.1.5/24"), netip.MustParsePrefix("127.0.0.1/8"), netip.MustParsePrefix("2001:db8::5/64")}
	if !home.behindRouter(remote) || home.behindRouter(six) {
		t.Error("an office with private IPv4 and public IPv6 addresses")
	}
	if server := (links{netip.MustParsePrefix("203.0.113.5/24")}); server.behindRouter(remote) {
		t.Error("a server with a public address")
	}
}

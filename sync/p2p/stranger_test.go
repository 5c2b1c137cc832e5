package p2p

import (
	"context"
	"io"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/protocol/identify"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
)

// stranger is a plain libp2p host that plays by none of this package's rules.
type stranger struct{ host.Host }

func newStranger(t *testing.T) stranger {
	t.Helper()
	h, err := libp2p.New(libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0"), libp2p.DisableMetrics(), libp2p.DisableRelay(),
		libp2p.ForceReachabilityPrivate())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return stranger{h}
}

// dial connects and waits until n has either let it in or thrown it out.
func (s stranger) dial(t *testing.T, n *testNode) (network.Conn, error) {
	t.Helper()
	s.Peerstore().AddAddrs(n.self, n.node.Addrs(), peerstore.PermanentAddrTTL)
	return s.Network().DialPeer(network.WithForceDirectDial(t.Context(), "test"), n.self)
}

// open tries one protocol.
func (s stranger) open(t *testing.T, c network.Conn, id protocol.ID) (network.Stream, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	st, err := openStream(ctx, c, id)
	if err != nil {
		return nil, err
	}
	// Some protocols are agreed on before this side hears that they are refused.
	st.SetReadDeadline(time.Now().Add(soon))
	if _, err := io.ReadFull(st, make([]byte, 1)); err != nil {
		return nil, err
	}
	return st, nil
}

// inviting lets strangers in and greets them with one byte.
func inviting(open *atomic.Bool, joined chan<- string) func(*Config) {
	return func(c *Config) {
		c.StrangersWelcome = open.Load
		c.OnJoin = func(_ context.Context, s Stream, pub []byte) {
			s.Write([]byte{1})
			joined <- string(pub)
			io.Copy(io.Discard, s)
		}
	}
}

// Design section 3: join takes strangers, rate-limited; everything else is for rostered peers.
func TestStrangersMayOnlyJoinAndOnlyWhileWelcome(t *testing.T) {
	var welcome atomic.Bool
	joined := make(chan string, 8)
	n := start(t, newDevice(t), rosterOf(newDevice(t)), inviting(&welcome, joined))
	s := newStranger(t)

	if c, err := s.dial(t, n); err == nil {
		if _, err := s.open(t, c, joinProtocol); err == nil {
			t.Error("joined without an invitation")
		}
	}
	s.Network().ClosePeer(n.self)

	welcome.Store(true)
	c, err := s.dial(t, n)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []protocol.ID{syncProtocol, identify.ID, identify.IDPush, ping.ID, "/tongzhou/other/1"} {
		if _, err := s.open(t, c, id); err == nil {
			t.Errorf("a stranger was answered on %s", id)
		}
	}
	st, err := s.open(t, c, joinProtocol)
	if err != nil {
		t.Fatalf("join while welcome: %v", err)
	}
	if pub := next(t, joined, "OnJoin"); pub != string(pubOf(s.ID())) {
		t.Error("OnJoin got another key than the stranger's")
	}
	if _, err := s.open(t, c, joinProtocol); err == nil {
		t.Error("a second join stream on one connection")
	}
	// Nothing told the stranger about this device behind the scenes either.
	if protocols, _ := s.Peerstore().GetProtocols(n.self); len(protocols) > 0 {
		t.Errorf("the stranger knows the protocols %v", protocols)
	}
	if agent, err := s.Peerstore().Get(n.self, "AgentVersion"); err == nil {
		t.Errorf("the stranger knows the program: %v", agent)
	}
	if protocols, _ := n.node.Peerstore().GetProtocols(s.ID()); len(protocols) > 0 {
		t.Errorf("identify ran with a stranger: %v", protocols)
	}

	welcome.Store(false)
	if _, err := s.open(t, c, joinProtocol); err == nil {
		t.Error("joined on an old connection after the invitation was closed")
	}
	st.Reset()
}

func TestAStrangerWhoStallsIsCutOff(t *testing.T) {
	var welcome atomic.Bool
	welcome.Store(true)
	fast := func(c *Config) {
		c.tune = tuning{strangerIdle: 300 * time.Millisecond, joinTime: 300 * time.Millisecond, joinLinger: time.Millisecond}
	}
	t.Run("before the join stream", func(t *testing.T) {
		n := start(t, newDevice(t), rosterOf(), inviting(&welcome, make(chan string, 1)), fast)
		s := newStranger(t)
		c, err := s.dial(t, n)
		if err != nil {
			t.Fatal(err)
		}
		waitClosed(t, c)
	})
	t.Run("in the join stream", func(t *testing.T) {
		over := make(chan error, 1)
		n := start(t, newDevice(t), rosterOf(), inviting(&welcome, make(chan string, 1)), fast, func(c *Config) {
			c.OnJoin = func(ctx context.Context, s Stream, _ []byte) {
				_, err := s.Read(make([]byte, 1))
				over <- err
			}
		})
		s := newStranger(t)
		c, err := s.dial(t, n)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := openStream(t.Context(), c, joinProtocol); err != nil {
			t.Fatal(err)
		}
		if err := next(t, over, "end of OnJoin"); err == nil {
			t.Error("OnJoin read something")
		}
		waitClosed(t, c)
	})
}

func waitClosed(t *testing.T, c network.Conn) {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for { // AcceptStream is not for tests; opening fails when the connection is gone
			s, err := c.NewStream(t.Context())
			if err != nil {
				return
			}
			s.Read(make([]byte, 1)) // until it breaks
			s.Reset()
		}
	}()
	next(t, ended, "end of the stranger's connection")
}

func TestAFloodOfStrangersStaysBounded(t *testing.T) {
	const flood, slots = 24, 4
	var welcome atomic.Bool
	welcome.Store(true)
	var inside, most atomic.Int32
	a, b := newDevice(t), newDevice(t)
	release := make(chan struct{})
	n := start(t, a, rosterOf(b), func(c *Config) {
		c.tune = tuning{strangers: slots, strangersByIP: slots, knocks: rate{flood, time.Hour}, knocksByIP: rate{flood, time.Hour}}
		c.StrangersWelcome = welcome.Load
		c.OnJoin = func(ctx context.Context, s Stream, _ []byte) {
			most.Store(max(most.Load(), inside.Add(1)))
			defer inside.Add(-1)
			s.Write([]byte{1})
			select {
			case <-release:
			case <-ctx.Done():
			}
		}
	})
	var wg sync.WaitGroup
	var in, out atomic.Int32
	for range flood {
		s := newStranger(t)
		wg.Go(func() {
			c, err := s.dial(t, n)
			if err == nil {
				_, err = s.open(t, c, joinProtocol)
			}
			if err == nil {
				in.Add(1)
			} else {
				out.Add(1)
			}
		})
	}
	wg.Wait()
	if in.Load() != slots || most.Load() != slots {
		t.Errorf("%d strangers got in, at most %d at once; want %d", in.Load(), most.Load(), slots)
	}
	if c := len(n.swarm.Conns()); c > slots {
		t.Errorf("%d connections for %d slots", c, slots)
	}
	// A mate gets through all the same.
	ra := rosterOf()
	ra.set(a, n.Addrs()...)
	nb := start(t, b, ra)
	next(t, nb.begun, "a mate's conversation during the flood")
	close(release)
}

func TestKnocksAreRationedByAddressAndInTotal(t *testing.T) {
	clock := newClock()
	tune := tuning{knocksByIP: rate{2, time.Second}, knocks: rate{3, time.Second}}
	s := newStrangers(tune, clock.now, func(peer.ID) bool { return false })
	x, y := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	want := func(addr netip.Addr, ok bool, what string) {
		t.Helper()
		if s.knock(addr) != ok {
			t.Errorf("%s: %v", what, !ok)
		}
	}
	want(x, true, "first")
	want(x, true, "second")
	want(x, false, "third from one address")
	want(y, true, "another address")
	want(y, false, "beyond the total")
	clock.advance(time.Second)
	want(x, true, "a second later")
	want(x, false, "twice a second later")

	clock.advance(time.Hour)
	for i := range maxStrangerAddrs + 10 {
		s.knock(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}))
	}
	if len(s.byAddr) > maxStrangerAddrs {
		t.Errorf("%d addresses remembered", len(s.byAddr))
	}
	clock.advance(time.Hour)
	want(x, true, "after the flood has been forgotten")
}

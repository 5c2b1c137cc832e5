package p2p

import (
	"context"
	"io"
	"log/slog"
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
	ma "github.com/multiformats/go-multiaddr"
)

// stranger is a plain libp2p host that plays by none of this package's rules.
type stranger struct{ host.Host }

func newStranger(t *testing.T, options ...libp2p.Option) stranger {
	t.Helper()
	h, err := libp2p.New(append(options, libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0"), libp2p.DisableMetrics(), libp2p.DisableRelay(),
		libp2p.ForceReachabilityPrivate())...)
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
		c.StrangersWelcome = func([]byte) bool { return open.Load() }
		c.OnJoin = func(_ context.Context, s Stream, pub []byte, _ func()) {
			s.Write([]byte{1})
			joined <- string(pub)
			io.Copy(io.Discard, s)
		}
	}
}

// Design section 3: join takes strangers, rate-limited; everything else is for rostered peers.
func TestStrangersMayOnlyJoinAndOnlyWhileWelcome(t *testing.T) {
	var welcome atomic.Bool
	joined, left := make(chan string, 8), make(chan struct{}, 8)
	n := start(t, newDevice(t), rosterOf(newDevice(t)), inviting(&welcome, joined), func(c *Config) {
		join := c.OnJoin
		c.OnJoin = func(ctx context.Context, s Stream, pub []byte, _ func()) {
			join(ctx, s, pub, nil)
			left <- struct{}{}
		}
		c.tune = tuning{strangerIdle: time.Hour, joinLinger: time.Hour}
	})
	s := newStranger(t)

	if c, err := s.dial(t, n); err == nil {
		if _, err := s.open(t, c, joinProtocol); err == nil {
			t.Error("joined without an invitation")
		}
		waitClosed(t, c)
	}
	if err := s.Network().ClosePeer(n.self); err != nil { // a second connection that was dialled beside it
		t.Fatal(err)
	}

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

	st.Reset()
	next(t, left, "end of OnJoin")
	welcome.Store(false)
	if _, err := s.open(t, c, joinProtocol); err == nil {
		t.Error("joined on an old connection after the invitation was closed")
	}
	// The connection is still there, so it is the invitation that was missed.
	welcome.Store(true)
	if _, err := s.open(t, c, joinProtocol); err != nil {
		t.Errorf("join after the invitation is open again: %v", err)
	}
}

func TestGate(t *testing.T) {
	mate, invited, lost, other := newDevice(t).peerID(t), newDevice(t).peerID(t), newDevice(t).peerID(t), newDevice(t).peerID(t)
	relay := newDevice(t).peerID(t)
	addrs := fakeConn{ma.StringCast("/ip4/192.0.2.1/tcp/1")}
	for _, welcome := range []bool{false, true} {
		g := &gate{
			rostered:  func(id peer.ID) bool { return id == mate },
			former:    func(id peer.ID) bool { return id == lost },
			invited:   func(id peer.ID) bool { return id == invited },
			relay:     func(id peer.ID) bool { return id == relay },
			welcome:   func(peer.ID) bool { return welcome },
			strangers: newStrangers(tuning{}.withDefaults(), newClock().now, func(peer.ID) bool { return false }, slog.New(slog.DiscardHandler)),
		}
		for id, want := range map[peer.ID]struct{ dial, in, out bool }{
			mate:    {dial: true, in: true, out: true},
			invited: {dial: true, in: welcome, out: true},
			relay:   {dial: true, in: welcome, out: true},
			lost:    {dial: false, in: true, out: false},
			other:   {dial: false, in: welcome, out: false},
		} {
			if got := g.InterceptPeerDial(id); got != want.dial {
				t.Errorf("welcome %v: dial %s: %v", welcome, id, got)
			}
			if got := g.InterceptSecured(network.DirInbound, id, addrs); got != want.in {
				t.Errorf("welcome %v: in %s: %v", welcome, id, got)
			}
			if got := g.InterceptSecured(network.DirOutbound, id, addrs); got != want.out {
				t.Errorf("welcome %v: out %s: %v", welcome, id, got)
			}
		}
	}
}

type fakeConn struct{ remote ma.Multiaddr }

func (c fakeConn) LocalMultiaddr() ma.Multiaddr  { return c.remote }
func (c fakeConn) RemoteMultiaddr() ma.Multiaddr { return c.remote }

// An IPv6 customer holds a whole /64 and must not count as many addresses.
func TestRemoteIPIsWhatLimitsCountBy(t *testing.T) {
	for text, want := range map[string]string{
		"/ip4/192.0.2.1/tcp/1":            "192.0.2.1",
		"/ip6/::ffff:192.0.2.1/tcp/1":     "192.0.2.1",
		"/ip6/2001:db8:1:2:3:4:5:6/tcp/1": "2001:db8:1:2::",
	} {
		if got := remoteIP(fakeConn{ma.StringCast(text)}); got.String() != want {
			t.Errorf("remoteIP(%s) = %s, want %s", text, got, want)
		}
	}
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
			c.OnJoin = func(ctx context.Context, s Stream, _ []byte, _ func()) {
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

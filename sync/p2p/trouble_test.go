package p2p

import (
	"io"
	"net/netip"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/network"
	ma "github.com/multiformats/go-multiaddr"
)

// A mate whose program hangs: it accepts the stream and never answers.
func TestAMateThatDoesNotAnswerIsGivenUp(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	key, err := crypto.UnmarshalEd25519PrivateKey(b.key)
	if err != nil {
		t.Fatal(err)
	}
	hung, err := libp2p.New(libp2p.Identity(key), libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0"), libp2p.DisableMetrics(),
		libp2p.DisableRelay(), libp2p.ForceReachabilityPrivate())
	if err != nil {
		t.Fatal(err)
	}
	defer hung.Close()
	opened := make(chan network.Stream, 8)
	hung.SetStreamHandler(syncProtocol, func(s network.Stream) { opened <- s })
	roster := rosterOf()
	roster.set(b, hung.Addrs()[0].String())
	clock := newClock()
	n := start(t, a, roster, clock.set, func(c *Config) { c.tune = tuning{handshake: 200 * time.Millisecond} })
	s := next(t, opened, "stream")
	n.until(t, "given up", func() bool { return n.peerInfo(b).Reason == ReasonTimeout })
	waitClosed(t, s.Conn())
	if len(n.begun) > 0 {
		t.Error("a conversation that the other side never agreed to")
	}
}

// A mate that opens streams and says nothing holds few of them, and not long.
func TestAMateThatOpensStreamsAndStallsIsBounded(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	nb := start(t, b, rosterOf(a), silent, func(c *Config) { c.tune.handshake = 500 * time.Millisecond })
	na := start(t, a, rosterOf(b), silent)
	s := connectScripted(t, na, nb)
	var held []network.Stream
	for range 64 {
		if st, err := openStream(t.Context(), s.conn, syncProtocol); err == nil {
			held = append(held, st)
		}
	}
	if len(held) == 0 || len(held) > 16 {
		t.Errorf("%d streams held at once", len(held))
	}
	for _, st := range held {
		st.SetReadDeadline(time.Now().Add(soon))
		if _, err := st.Read(make([]byte, 1)); err == nil || err == io.EOF {
			t.Errorf("a stalled stream: %v, want a reset", err)
		}
	}
	if len(nb.begun) > 0 {
		t.Error("a conversation without a mark")
	}
}

func TestConnectionsOverALostAddressAreDropped(t *testing.T) {
	have := map[netip.Addr]bool{netip.MustParseAddr("192.168.1.5"): true, netip.MustParseAddr("2001:db8::5"): true}
	for text, want := range map[string]bool{
		"/ip4/192.168.1.5/tcp/1":      false,
		"/ip6/2001:db8::5/tcp/1":      false,
		"/ip4/10.0.0.7/tcp/1":         true,
		"/ip6/2001:db8::6/tcp/1":      true,
		"/ip4/10.0.0.7/udp/1/quic-v1": false,
		"/ip4/0.0.0.0/udp/1/quic-v1":  false,
		"/ip4/127.0.0.1/tcp/1":        false,
	} {
		if got := orphaned(ma.StringCast(text), have); got != want {
			t.Errorf("orphaned(%s) = %v", text, got)
		}
	}
}

func TestNewReportsWhatItCannotUse(t *testing.T) {
	if _, err := New(t.Context(), Config{Key: make([]byte, 5)}); err == nil {
		t.Error("a key of 5 bytes was accepted")
	}
	if _, err := New(t.Context(), Config{Key: newDevice(t).key, Listen: []string{"nonsense"}}); err == nil {
		t.Error("a listen address that is none was accepted")
	}
	taken := start(t, newDevice(t), rosterOf())
	if _, err := New(t.Context(), Config{Key: newDevice(t).key, Listen: []string{addressOf(t, taken, "no id")}}); err == nil {
		t.Error("a port that is taken was accepted")
	}
}

package p2p

import (
	"io"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	hop "github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	ma "github.com/multiformats/go-multiaddr"
)

// testRelay is a relay as far as this package sees it: a circuit hop, and a stream that it greets with one byte.
type testRelay struct {
	host.Host
	key   testDevice
	hop   *hop.Relay
	mu    sync.Mutex
	deny  map[peer.ID]bool // reservations
	guest bool             // strangers may call those who have a reservation
}

func (r *testRelay) AllowReserve(id peer.ID, _ ma.Multiaddr) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.deny[id]
}

func (r *testRelay) AllowConnect(peer.ID, ma.Multiaddr, peer.ID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.guest
}

func (r *testRelay) refuse(id peer.ID, deny bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deny[id] = deny
}

// startRelay listens on loopback, or where a relay was before.
func startRelay(t *testing.T, key testDevice, listen ...string) *testRelay {
	t.Helper()
	if len(listen) == 0 {
		listen = loopback
	}
	priv, err := crypto.UnmarshalEd25519PrivateKey(key.key)
	if err != nil {
		t.Fatal(err)
	}
	h, err := libp2p.New(libp2p.Identity(priv), libp2p.ListenAddrStrings(listen...), libp2p.DisableMetrics(), libp2p.DisableRelay(),
		libp2p.ForceReachabilityPrivate(), libp2p.ResourceManager(&network.NullResourceManager{}))
	if err != nil {
		t.Fatal(err)
	}
	r := &testRelay{Host: h, key: key, deny: map[peer.ID]bool{}, guest: true}
	res := hop.DefaultResources()
	res.Limit, res.MaxReservationsPerIP = &hop.RelayLimit{Duration: time.Hour, Data: 1 << 30}, 64
	if r.hop, err = hop.New(h, hop.WithResources(res), hop.WithACL(r)); err != nil {
		t.Fatal(err)
	}
	h.SetStreamHandler(relayProtocol, func(s network.Stream) {
		s.Write([]byte{1})
		io.Copy(io.Discard, s)
		s.Close()
	})
	t.Cleanup(r.stop)
	return r
}

func (r *testRelay) stop() {
	r.hop.Close()
	r.Close()
}

func (r *testRelay) addrs() []string {
	var out []string
	for _, a := range r.Addrs() {
		out = append(out, a.String())
	}
	return out
}

// use makes r the relay of the team.
func (r *testRelay) use(c *Config) {
	c.Relays = []RelayAddr{{PeerPub: [32]byte(r.key.pub()), Addrs: r.addrs()}}
}

// circuitOnly leaves no way but the relay.
func circuitOnly(c *Config) {
	c.tune.circuitsStay = true
}

func (n *testNode) relay() RelayState {
	if all := n.Relays(); len(all) == 1 {
		return all[0]
	}
	return RelayState{}
}

func (n *testNode) untilReserved(t *testing.T) {
	t.Helper()
	n.until(t, "reserved", func() bool { return n.relay().Reserved })
}

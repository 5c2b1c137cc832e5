package p2p

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
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

func TestMatesMeetThroughARelay(t *testing.T) {
	a, b, r := newDevice(t), newDevice(t), startRelay(t, newDevice(t))
	na := start(t, a, rosterOf(b), r.use, circuitOnly)
	nb := start(t, b, rosterOf(a), r.use, circuitOnly)
	next(t, na.begun, "a's conversation")
	next(t, nb.begun, "b's conversation")
	na.until(t, "relayed", func() bool { return na.peerInfo(b).Path == PathRelayed })
	if info := na.peerInfo(b); info.State != StateConnected || !strings.Contains(info.Addr, r.ID().String()) {
		t.Errorf("%+v", info)
	}
	sa := next(t, na.streams, "stream")
	sa.Write([]byte{1})
	next(t, nb.ended, "b gets a's byte")
	if s := na.relay(); !s.Connected || s.Path != PathLAN || s.Reason != "" {
		t.Errorf("the relay is shown as %+v", s)
	}
	if na.most.Load() != 1 || nb.most.Load() != 1 {
		t.Errorf("conversations at once: %d and %d", na.most.Load(), nb.most.Load())
	}
	// Circuits are no way to be remembered: the relay may not be the team's tomorrow.
	if addrs := na.book.addrs(b.pub()); len(addrs) > 0 {
		t.Errorf("remembered %v", addrs)
	}
}

// The conversation begins on the circuit, moves to the direct connection that hole punching makes, and is never two.
func TestHolePunchingMovesTheConversation(t *testing.T) {
	a, b, r := newDevice(t), newDevice(t), startRelay(t, newDevice(t))
	far := func(c *Config) {
		c.tune.improveAfter, c.tune.spare, c.tune.lookAround = time.Hour, time.Millisecond, 50*time.Millisecond
	}
	na := start(t, a, rosterOf(b), r.use, far)
	nb := start(t, b, rosterOf(a), r.use, far)
	for n, other := range map[*testNode]testDevice{na: b, nb: a} {
		n.until(t, "direct", func() bool { return n.peerInfo(other).Path == PathLAN })
	}
	for _, n := range []*testNode{na, nb} {
		n.until(t, "one connection is left", func() bool {
			n.changed() // nobody tells of connections
			return len(n.swarm.ConnsToPeer(na.self))+len(n.swarm.ConnsToPeer(nb.self)) == 1
		})
		if n.most.Load() != 1 {
			t.Errorf("%d conversations at once", n.most.Load())
		}
	}
}

func TestAConversationLeavesTheCircuitForAPublishedAddress(t *testing.T) {
	for _, name := range []string{"told to the one that moves it", "told to the other"} {
		t.Run(name, func(t *testing.T) {
			a, b, r := newDevice(t), newDevice(t), startRelay(t, newDevice(t))
			if bytes.Compare(a.id[:], b.id[:]) < 0 == (name == "told to the other") {
				a, b = b, a
			}
			roster := rosterOf(b)
			na, nb := start(t, a, roster, r.use, circuitOnly), start(t, b, rosterOf(a), r.use, circuitOnly)
			na.until(t, "relayed", func() bool { return na.peerInfo(b).Path == PathRelayed })
			var direct []string
			for _, addr := range nb.Addrs() {
				if !strings.Contains(addr, "/p2p-circuit") {
					direct = append(direct, addr)
				}
			}
			roster.set(b, direct...)
			na.mu.Lock()
			na.tune.circuitsStay = false
			na.mu.Unlock()
			na.Refresh()
			na.until(t, "direct", func() bool { return na.peerInfo(b).Path == PathLAN })
			nb.until(t, "direct", func() bool { return nb.peerInfo(a).Path == PathLAN })
			if na.most.Load() != 1 || nb.most.Load() != 1 {
				t.Errorf("conversations at once: %d and %d", na.most.Load(), nb.most.Load())
			}
		})
	}
}

func TestARelayThatComesBackIsUsedAgain(t *testing.T) {
	key := newDevice(t)
	r := startRelay(t, key)
	spoken := make(chan [32]byte, 64)
	n := start(t, newDevice(t), rosterOf(), r.use, func(c *Config) {
		c.OnRelay = func(_ context.Context, pub [32]byte, s Stream) {
			spoken <- pub
			io.Copy(io.Discard, s)
		}
	})
	if pub := next(t, spoken, "OnRelay"); pub != [32]byte(key.pub()) {
		t.Errorf("OnRelay got %x", pub)
	}
	n.untilReserved(t)
	want := fmt.Sprintf("/p2p/%s/p2p-circuit/p2p/%s", r.ID(), n.self)
	if !strings.Contains(strings.Join(n.Addrs(), " "), want) {
		t.Errorf("%q lists no way through the relay", n.Addrs())
	}
	addrs := r.addrs()
	r.stop()
	n.until(t, "gone", func() bool { s := n.relay(); return !s.Connected && !s.Reserved })
	if strings.Contains(strings.Join(n.Addrs(), " "), "p2p-circuit") {
		t.Error("an address through a relay that is gone")
	}
	startRelay(t, key, addrs...)
	next(t, spoken, "OnRelay again")
	n.untilReserved(t)

	// Taken out and put back, as for a new token: a new conversation.
	list := []RelayAddr{{PeerPub: [32]byte(key.pub()), Addrs: addrs}}
	n.SetRelays(nil)
	n.SetRelays(list)
	next(t, spoken, "OnRelay after the list came back")
	n.untilReserved(t)

	n.SetRelays(nil)
	n.until(t, "parted", func() bool {
		n.changed()
		return len(n.Relays()) == 0 && len(n.swarm.Conns()) == 0
	})
}

// A relay that does not know this device yet may know it a moment later.
func TestARefusedReservationIsAskedForAgain(t *testing.T) {
	d, r := newDevice(t), startRelay(t, newDevice(t))
	r.refuse(d.peerID(t), true)
	n := start(t, d, rosterOf(), r.use)
	n.until(t, "refused", func() bool { return n.relay().Reason == ReasonRejected })
	if s := n.relay(); !s.Connected || s.Reserved {
		t.Errorf("%+v", s)
	}
	r.refuse(d.peerID(t), false)
	n.Refresh()
	n.untilReserved(t)
	if s := n.relay(); s.Reason != "" {
		t.Errorf("reason %q of a reservation that stands", s.Reason)
	}
}

func TestOnRelayIsCalledAgainAfterItReturned(t *testing.T) {
	r := startRelay(t, newDevice(t))
	called := make(chan struct{}, 64)
	start(t, newDevice(t), rosterOf(), r.use, func(c *Config) {
		c.OnRelay = func(context.Context, [32]byte, Stream) { called <- struct{}{} }
	})
	next(t, called, "OnRelay")
	next(t, called, "OnRelay again")
}

// Somebody without a team reaches a member through the relay that the invitation names, and no other relay.
func TestJoiningThroughARelay(t *testing.T) {
	member, joiner, r := newDevice(t), newDevice(t), startRelay(t, newDevice(t))
	roster := rosterOf(member)
	nm := start(t, member, roster, admitting(roster, joiner), r.use, circuitOnly)
	nm.untilReserved(t)
	var circuits []string
	for _, addr := range nm.Addrs() {
		if strings.Contains(addr, "/p2p-circuit") {
			circuits = append(circuits, addr)
		}
	}
	nj := start(t, joiner, nil)
	s, pub, err := nj.DialJoin(t.Context(), JoinTarget{Addrs: circuits}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(pub, member.pub()) {
		t.Error("somebody else answered")
	}
	s.Close()
	nj.mu.Lock()
	allowed := len(nj.allowed)
	nj.mu.Unlock()
	if allowed != 2 {
		t.Errorf("%d peers allowed, want the member and the relay", allowed)
	}
	if addrs := nj.book.addrs(pub); len(addrs) > 0 {
		t.Errorf("remembered %v", addrs)
	}
}

func TestParseCircuit(t *testing.T) {
	a, b := newDevice(t).peerID(t), newDevice(t).peerID(t)
	good := fmt.Sprintf("/ip4/192.0.2.1/udp/4001/quic-v1/p2p/%s/p2p-circuit/p2p/%s", a, b)
	c, ok := parseCircuit(good)
	if !ok || c.relay != a || c.to != b || c.addr.String()+"/p2p/"+b.String() != good {
		t.Errorf("%s: %+v, %v", good, c, ok)
	}
	for _, bad := range []string{
		"", "/p2p-circuit",
		"/ip4/192.0.2.1/tcp/1/p2p/" + b.String(),
		fmt.Sprintf("/p2p/%s/p2p-circuit/p2p/%s", a, b),
		fmt.Sprintf("/ip4/192.0.2.1/tcp/1/p2p/%s/p2p-circuit", a),
		fmt.Sprintf("/ip4/192.0.2.1/tcp/1/p2p/%s/p2p-circuit/p2p/%s", a, a),
		fmt.Sprintf("/ip4/192.0.2.1/tcp/1/p2p-circuit/p2p/%s", b),
		fmt.Sprintf("/ip4/0.0.0.0/tcp/1/p2p/%s/p2p-circuit/p2p/%s", a, b),
		fmt.Sprintf("/ip4/192.0.2.1/tcp/1/p2p/%s/p2p-circuit/p2p/%s/p2p-circuit/p2p/%s", a, b, a),
	} {
		if c, ok := parseCircuit(bad); ok {
			t.Errorf("%q was read as %+v", bad, c)
		}
	}
}

func TestDirectAddressesAreTriedBeforeCircuits(t *testing.T) {
	circuit, err := viaRelay(newDevice(t).peerID(t))
	if err != nil {
		t.Fatal(err)
	}
	alone := rankDials([]ma.Multiaddr{circuit})
	if len(alone) != 1 || alone[0].Delay != 0 {
		t.Errorf("a circuit alone waits: %v", alone)
	}
	for _, r := range rankDials([]ma.Multiaddr{circuit, ma.StringCast("/ip4/10.0.0.1/udp/1/quic-v1")}) {
		if isCircuit(r.Addr) != (r.Delay >= circuitDelay) {
			t.Errorf("%s after %v", r.Addr, r.Delay)
		}
	}
}

// What a relay says is hostile: reading it ends with a field or without one.
func FuzzBytesField(f *testing.F) {
	f.Add([]byte{0x22, 2, 1, 2})
	f.Add([]byte{0x08, 1, 0x22, 0})
	f.Add([]byte{0x22, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, msg []byte) {
		if field, ok := bytesField(msg, identifyObserved); ok && len(field) > len(msg) {
			t.Fatalf("%d bytes of %d", len(field), len(msg))
		}
	})
}

func TestTheRelaySaysWhereItSeesThisDevice(t *testing.T) {
	r := startRelay(t, newDevice(t))
	n := start(t, newDevice(t), rosterOf(), r.use)
	n.untilReserved(t)
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, known := range n.relays {
		if known.observed == nil || !ma.Contains(n.node.Addrs(), known.observed) {
			t.Errorf("seen at %v, not one of %v", known.observed, n.node.Addrs())
		}
	}
}

// The panel lists addresses through relays too, so people paste them.
func TestAddAddressThroughARelay(t *testing.T) {
	a, b, r := newDevice(t), newDevice(t), startRelay(t, newDevice(t))
	na := start(t, a, rosterOf(b), r.use, circuitOnly, silent)
	nb := start(t, b, rosterOf(a), r.use, circuitOnly, silent)
	na.untilReserved(t)
	nb.untilReserved(t)
	addr := ""
	for _, text := range nb.Addrs() {
		if strings.Contains(text, "/p2p-circuit") {
			addr = text
		}
	}
	if err := na.AddAddress(t.Context(), addr); err != nil {
		t.Fatal(err)
	}
	if na.swarm.Connectedness(nb.self) == network.NotConnected {
		t.Error("no connection")
	}
	stranger := newDevice(t).peerID(t).String()
	for text, want := range map[string]error{
		strings.Replace(addr, nb.PeerID(), na.PeerID(), 1):  ErrBadAddress,
		strings.Replace(addr, nb.PeerID(), stranger, 1):     ErrStranger,
		strings.Replace(addr, r.ID().String(), stranger, 1): ErrUnreachable,
	} {
		if err := na.AddAddress(t.Context(), text); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", text, err, want)
		}
	}
}

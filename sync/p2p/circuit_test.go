package p2p

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/proto"
	"github.com/libp2p/go-libp2p/p2p/protocol/holepunch"
	"github.com/libp2p/go-libp2p/p2p/protocol/identify"
	ma "github.com/multiformats/go-multiaddr"

	"tongzhou/sync/op"
)

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

// A relay hears what it is needed for; only mates hear everything.
func TestWhatIsSpokenWithWhom(t *testing.T) {
	mate, lost, asked, r := newDevice(t), newDevice(t), newDevice(t), newDevice(t)
	roster := rosterOf(mate)
	roster.lose(lost)
	n := start(t, newDevice(t), roster, func(c *Config) {
		c.OnFormer = func(context.Context, op.DeviceID, Stream) {}
		c.Relays = []RelayAddr{{PeerPub: [32]byte(r.pub())}}
	})
	n.allow(candidate{id: asked.peerID(t)})
	all := []protocol.ID{
		syncProtocol, joinProtocol, relayProtocol, aliveProtocol, proto.ProtoIDv2Hop, proto.ProtoIDv2Stop,
		identify.ID, identify.IDPush, holepunch.Protocol, "/other/1",
	}
	for who, want := range map[peer.ID][]protocol.ID{
		mate.peerID(t):         all,
		lost.peerID(t):         {syncProtocol, joinProtocol},
		asked.peerID(t):        {joinProtocol, proto.ProtoIDv2Hop},
		r.peerID(t):            {joinProtocol, relayProtocol, aliveProtocol, proto.ProtoIDv2Hop, proto.ProtoIDv2Stop, identify.ID, identify.IDPush},
		newDevice(t).peerID(t): {joinProtocol},
	} {
		for _, id := range all {
			if got := n.may(who, id); got != slices.Contains(want, id) {
				t.Errorf("%s on %s: %v", who, id, got)
			}
		}
	}
}

// An attempt that comes too late does not disturb the conversation that runs.
func TestAConversationIsNotReplacedWithoutNeed(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	nb := start(t, b, rosterOf(a), silent)
	roster := rosterOf()
	roster.set(b, nb.Addrs()...)
	na := start(t, a, roster)
	next(t, na.begun, "conversation")
	next(t, nb.begun, "conversation")
	na.mu.Lock()
	m := na.mates[nb.self]
	conn := m.conv.conn
	na.mu.Unlock()
	if err := na.propose(t.Context(), conn, m); err != nil {
		t.Fatal(err)
	}
	if len(na.ended)+len(nb.ended)+len(na.begun) > 0 {
		t.Error("the conversation was replaced")
	}
}

package host

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/crypto"
	libp2phost "github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/client"
	_ "github.com/mattn/go-sqlite3"
	ma "github.com/multiformats/go-multiaddr"

	"tongzhou/sync/op"
	"tongzhou/sync/relay"
	"tongzhou/sync/relay/store"
	"tongzhou/sync/wire"
)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

type rig struct {
	t    *testing.T
	host *Host
	at   peer.AddrInfo
}

func newRig(t *testing.T, tokens ...[16]byte) *rig {
	t.Helper()
	s, err := store.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "relay.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range tokens {
		if err := relay.Allow(t.Context(), s, token, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	blind := relay.New(relay.Config{Store: s})
	h, err := New(Config{Relay: blind, Key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{200}, 32)), Listen: []string{"/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, closing := range []func() error{h.Close, blind.Close, s.Close} {
			if err := closing(); err != nil {
				t.Error(err)
			}
		}
	})
	r := &rig{t: t, host: h}
	if r.at.ID, err = peer.Decode(h.ID()); err != nil {
		t.Fatal(err)
	}
	for _, text := range h.Addrs() {
		addr, err := ma.NewMultiaddr(text)
		if err != nil {
			t.Fatal(err)
		}
		r.at.Addrs = append(r.at.Addrs, addr)
	}
	if len(r.at.Addrs) != 2 {
		t.Fatalf("the relay listens on %v", r.at.Addrs)
	}
	return r
}

// device is a member's machine on the network.
type device struct {
	node libp2phost.Host
	sign ed25519.PrivateKey
	peer [32]byte
}

func (r *rig) device(n byte) *device {
	r.t.Helper()
	transport := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n, 1}, 16))
	key, err := crypto.UnmarshalEd25519PrivateKey(transport)
	if err != nil {
		r.t.Fatal(err)
	}
	node, err := libp2p.New(libp2p.Identity(key), libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0"), libp2p.DisableMetrics(), libp2p.ForceReachabilityPrivate())
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		if err := node.Close(); err != nil {
			r.t.Error(err)
		}
	})
	if err := node.Connect(r.t.Context(), r.at); err != nil {
		r.t.Fatal(err)
	}
	return &device{node: node, sign: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n, 2}, 16)), peer: [32]byte(transport.Public().(ed25519.PublicKey))}
}

func (d *device) entry() wire.RosterDevice {
	pub := d.sign.Public().(ed25519.PublicKey)
	return wire.RosterDevice{Device: op.DeviceIDOf(pub), SignPub: [32]byte(pub), PeerPub: d.peer}
}

// speak opens a conversation and greets.
func (r *rig) speak(d *device, team wire.TeamTag, token []byte) (network.Stream, *wire.Reader, *wire.RelayWelcome) {
	r.t.Helper()
	s, err := d.node.NewStream(r.t.Context(), r.at.ID, relayProtocol)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := s.SetDeadline(time.Now().Add(patience)); err != nil {
		r.t.Fatal(err)
	}
	r.say(s, &wire.RelayHello{Version: 1, Team: team, Device: d.entry().Device, Token: token})
	in := wire.NewReader(s)
	welcome, ok := r.next(in).(*wire.RelayWelcome)
	if !ok {
		r.t.Fatal("no welcome")
	}
	return s, in, welcome
}

func (r *rig) say(w io.Writer, m wire.Message) {
	r.t.Helper()
	b, err := wire.Encode(nil, m)
	if err == nil {
		_, err = w.Write(b)
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) next(in *wire.Reader) wire.Message {
	r.t.Helper()
	m, _, err := in.Next()
	if err != nil {
		r.t.Fatal(err)
	}
	return m
}

// found makes a team of devices; the first is its admin.
func (r *rig) found(team wire.TeamTag, token [16]byte, ds ...*device) {
	r.t.Helper()
	s, in, _ := r.speak(ds[0], team, token[:])
	roster := wire.Roster{Team: team, Gen: 1, Admins: []op.DeviceID{ds[0].entry().Device}}
	for _, d := range ds {
		roster.Devices = append(roster.Devices, d.entry())
	}
	raw, err := roster.Sign(ds[0].sign)
	if err != nil {
		r.t.Fatal(err)
	}
	r.say(s, &wire.RelayRoster{Raw: raw})
	if is, ok := r.next(in).(*wire.RelayRosterIs); !ok || is.State != wire.RelayOK {
		r.t.Fatalf("%+v", is)
	}
	if err := s.Close(); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) reserve(d *device) error {
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	_, err := client.Reserve(ctx, d.node, r.at)
	return err
}

// B15: a device on the roster keeps a place, is reached by a mate through the circuit, and by nobody else.
func TestCircuitsAreForMates(t *testing.T) {
	tokens := [][16]byte{{1}, {2}}
	r := newRig(t, tokens...)
	a, b, other, stranger := r.device(1), r.device(2), r.device(3), r.device(4)
	r.found(wire.TeamTag{1}, tokens[0], a, b)
	r.found(wire.TeamTag{2}, tokens[1], other)
	if err := r.reserve(stranger); err == nil {
		t.Error("a stranger keeps a place")
	}
	if err := r.reserve(b); err != nil {
		t.Fatalf("a device on the roster: %v", err)
	}
	if reservations, _ := r.host.Circuits(); reservations != 1 {
		t.Errorf("%d reservations are counted", reservations)
	}
	b.node.SetStreamHandler("/test/1", func(s network.Stream) {
		_, _ = s.Write([]byte("hello"))
		_ = s.Close()
	})
	through, err := ma.NewMultiaddr("/p2p/" + r.at.ID.String() + "/p2p-circuit")
	if err != nil {
		t.Fatal(err)
	}
	reach := func(d *device) error {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		d.node.Peerstore().AddAddrs(r.at.ID, r.at.Addrs, time.Hour)
		if err := d.node.Connect(ctx, peer.AddrInfo{ID: b.node.ID(), Addrs: []ma.Multiaddr{through}}); err != nil {
			return err
		}
		s, err := d.node.NewStream(network.WithAllowLimitedConn(ctx, "test"), b.node.ID(), "/test/1")
		if err != nil {
			return err
		}
		text, err := io.ReadAll(s)
		if err == nil && string(text) != "hello" {
			t.Errorf("what comes through is %q", text)
		}
		return err
	}
	if err := reach(a); err != nil {
		t.Errorf("a mate: %v", err)
	}
	if err := reach(other); err == nil {
		t.Errorf("a member of another team reaches a device by %v", other.node.Network().ConnsToPeer(b.node.ID()))
	}
	if err := reach(stranger); err != nil {
		t.Errorf("a newcomer who calls: %v", err)
	}
	r.host.sweepAt(time.Now().Add(2 * strangerTime))
	if r.host.node.Network().Connectedness(stranger.node.ID()) != network.Connected {
		t.Error("a newcomer is disconnected in the middle of a call")
	}
}

// B4: a member of another team is one more stranger.
func TestAnotherTeam(t *testing.T) {
	tokens := [][16]byte{{1}, {2}}
	r := newRig(t, tokens...)
	a, other := r.device(1), r.device(2)
	r.found(wire.TeamTag{1}, tokens[0], a)
	r.found(wire.TeamTag{2}, tokens[1], other)
	s, in, welcome := r.speak(other, wire.TeamTag{1}, nil)
	if welcome.State != wire.RelayNotOnRoster || welcome.Gen != 0 {
		t.Errorf("%+v", welcome)
	}
	r.say(s, &wire.RelayAskRoster{})
	if no, ok := r.next(in).(*wire.RelayRefused); !ok || no.Code != wire.RelayBadState {
		t.Errorf("%+v", no)
	}
}

// B12: who is on no roster and says nothing is disconnected; who is on one, or speaks, stays.
func TestSilentStrangers(t *testing.T) {
	r := newRig(t, [16]byte{1})
	a, silent, speaking := r.device(1), r.device(2), r.device(3)
	r.found(wire.TeamTag{1}, [16]byte{1}, a)
	r.speak(speaking, wire.TeamTag{1}, nil)
	connected := func(d *device) bool {
		return r.host.node.Network().Connectedness(d.node.ID()) == network.Connected
	}
	r.host.sweepAt(time.Now())
	if !connected(silent) {
		t.Error("a stranger is disconnected at once")
	}
	r.host.sweepAt(time.Now().Add(2 * strangerTime))
	if connected(silent) || !connected(a) || !connected(speaking) {
		t.Errorf("silent %v, member %v, speaking %v", connected(silent), connected(a), connected(speaking))
	}
}

func TestListening(t *testing.T) {
	blind := relay.New(relay.Config{Store: newStore(t)})
	defer blind.Close()
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	for name, listen := range map[string][]string{"nonsense": {"here"}, "an address that is not ours": {"/ip4/192.0.2.1/tcp/1"}} {
		if _, err := New(Config{Relay: blind, Key: key, Listen: listen}); err == nil {
			t.Errorf("%s is listened on", name)
		}
	}
	h, err := New(Config{Relay: blind, Key: key, Listen: []string{"/ip4/192.0.2.1/tcp/1", "/ip4/127.0.0.1/tcp/0"}, Announce: []string{"/dns4/relay.example/tcp/4711"}})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if addrs := h.Addrs(); len(addrs) != 2 || addrs[0] != "/dns4/relay.example/tcp/4711" {
		t.Errorf("%v", addrs)
	}
}

func newStore(t *testing.T) store.Store {
	t.Helper()
	s, err := store.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "relay.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

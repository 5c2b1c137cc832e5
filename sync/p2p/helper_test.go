package p2p

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	"go.uber.org/goleak"

	"tongzhou/sync/op"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// soon is how long a test waits for what must happen. It is never slept away.
const soon = 20 * time.Second

// testDevice is a device before it has a host.
type testDevice struct {
	id  op.DeviceID
	key ed25519.PrivateKey
}

func newDevice(t testing.TB) testDevice {
	t.Helper()
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return testDevice{id: op.DeviceIDOf(pub), key: key}
}

func (d testDevice) pub() []byte { return d.key.Public().(ed25519.PublicKey) }

func (d testDevice) peerID(t testing.TB) peer.ID {
	t.Helper()
	id, err := peerIDOf(d.pub())
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// testRoster is a Roster that tests change.
type testRoster struct {
	mu      sync.Mutex
	devices []RosterDevice
	lost    []testDevice // had access once
}

func rosterOf(devices ...testDevice) *testRoster {
	r := &testRoster{}
	for _, d := range devices {
		r.set(d)
	}
	return r
}

// set adds d or replaces what it published.
func (r *testRoster) set(d testDevice, addrs ...string) {
	r.remove(d)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.devices = append(r.devices, RosterDevice{ID: d.id, PeerPub: d.pub(), Addrs: addrs})
}

func (r *testRoster) remove(d testDevice) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := []RosterDevice{}
	for _, o := range r.devices {
		if o.ID != d.id {
			kept = append(kept, o)
		}
	}
	r.devices = kept
}

func (r *testRoster) DeviceByPeer(pub []byte) (op.DeviceID, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range r.devices {
		if string(d.PeerPub) == string(pub) {
			return d.ID, true
		}
	}
	return op.DeviceID{}, false
}

func (r *testRoster) FormerByPeer(pub []byte) (op.DeviceID, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range r.lost {
		if string(d.pub()) == string(pub) {
			return d.id, true
		}
	}
	return op.DeviceID{}, false
}

// lose takes a device's access.
func (r *testRoster) lose(d testDevice) {
	r.remove(d)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost = append(r.lost, d)
}

func (r *testRoster) Devices() []RosterDevice {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]RosterDevice(nil), r.devices...)
}

// testNode is a host whose conversations stay open until they are ended from
// outside, and are counted.
type testNode struct {
	*Host
	testDevice
	roster  *testRoster
	begun   chan op.DeviceID // one entry per OnSync
	ended   chan op.DeviceID
	changes chan struct{}
	running atomic.Int32
	most    atomic.Int32 // the most conversations with one device at once
	streams chan Stream
}

var loopback = []string{"/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"}

func start(t *testing.T, d testDevice, roster *testRoster, adapt ...func(*Config)) *testNode {
	t.Helper()
	n := &testNode{
		testDevice: d, roster: roster,
		begun: make(chan op.DeviceID, 64), ended: make(chan op.DeviceID, 64),
		changes: make(chan struct{}, 1), streams: make(chan Stream, 64),
	}
	cfg := Config{
		Key: d.key, Self: d.id, Listen: loopback,
		OnSync:   n.converse,
		OnChange: func() { signal(n.changes) },
	}
	if roster != nil {
		cfg.Roster = roster
	}
	for _, f := range adapt {
		f(&cfg)
	}
	h, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	n.Host = h
	t.Cleanup(func() { n.stop(t) })
	return n
}

func (n *testNode) stop(t *testing.T) {
	t.Helper()
	if err := n.Close(); err != nil {
		t.Error(err)
	}
}

func (n *testNode) converse(ctx context.Context, dev op.DeviceID, s Stream, _ bool) {
	now := n.running.Add(1)
	n.most.Store(max(n.most.Load(), now))
	n.begun <- dev
	n.streams <- s
	var b [1]byte
	s.Read(b[:]) // until the stream breaks or one byte comes
	n.running.Add(-1)
	n.ended <- dev
}

// next waits for one entry.
func next[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(soon):
		t.Fatalf("%s: nothing within %v", what, soon)
		panic("unreachable")
	}
}

// until waits for a condition on Peers or anything else that OnChange tells of.
func (n *testNode) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(soon)
	for !ok() {
		select {
		case <-n.changes:
		case <-deadline:
			t.Fatalf("%s: not within %v; peers: %+v", what, soon, n.Peers())
		}
	}
}

// peerInfo is what n says about d.
func (n *testNode) peerInfo(d testDevice) PeerInfo {
	for _, p := range n.Peers() {
		if p.Device == d.id {
			return p
		}
	}
	return PeerInfo{}
}

// testClock stands still until it is told otherwise, so nothing is redialled
// behind a test's back.
type testClock struct{ ms atomic.Int64 }

func newClock() *testClock {
	c := &testClock{}
	c.ms.Store(1_700_000_000_000)
	return c
}

func (c *testClock) now() time.Time          { return time.UnixMilli(c.ms.Load()) }
func (c *testClock) advance(d time.Duration) { c.ms.Add(d.Milliseconds()) }
func (c *testClock) set(cfg *Config)         { cfg.Now = c.now }

// silent never dials.
func silent(cfg *Config) { cfg.tune.dials = -1 }

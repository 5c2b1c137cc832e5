package apptest

import (
	"context"
	"crypto/ed25519"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"tongzhou/sync/courier"
	"tongzhou/sync/op"
	"tongzhou/sync/relay"
	"tongzhou/sync/relay/store"
)

// Relay is a blind relay with its own database, which a test can stop, start, put back and throw away.
type Relay struct {
	T     TB
	Dir   string
	Now   func() time.Time
	Token [16]byte
	Key   [32]byte // its transport key, as far as devices are told
	R     *relay.Relay
	store store.Store
}

// NewRelay starts a relay that lets one team in.
func NewRelay(t TB) *Relay {
	t.Helper()
	dir, err := os.MkdirTemp(memoryDir(), "apptest-relay-")
	if err != nil {
		t.Fatal(err)
	}
	r := &Relay{T: t, Dir: dir, Now: time.Now, Token: [16]byte{1, 2, 3}, Key: [32]byte{9}}
	t.Cleanup(func() {
		if r.R != nil {
			r.Stop()
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	r.Start()
	r.Allow()
	return r
}

// Start opens the database and serves.
func (r *Relay) Start() {
	r.T.Helper()
	s, err := store.OpenSQLite(context.Background(), filepath.Join(r.Dir, "relay.db"))
	if err != nil {
		r.T.Fatal(err)
	}
	r.store, r.R = s, relay.New(relay.Config{Store: s, Now: r.Now})
}

// Allow lets one more team in by the token.
func (r *Relay) Allow() {
	r.T.Helper()
	if err := relay.Allow(context.Background(), r.store, r.Token, r.Now().Add(time.Hour)); err != nil {
		r.T.Fatal(err)
	}
}

// Stop ends every conversation and closes the database.
func (r *Relay) Stop() {
	r.T.Helper()
	if err := r.R.Close(); err != nil {
		r.T.Error(err)
	}
	if err := r.store.Close(); err != nil {
		r.T.Error(err)
	}
	r.R = nil
}

// Visit is a running conversation of a member with a relay.
type Visit struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
	mine   net.Conn

	mu     sync.Mutex
	status courier.Status
	listed int // the most devices that were ever listed
	end    error
}

// Visit connects the member to the relay.
func (m *Member) Visit(r *Relay) *Visit {
	m.T.Helper()
	mine, theirs := net.Pipe()
	return m.VisitOver(r, mine, func(ctx context.Context) { _ = r.R.Serve(ctx, theirs, m.TransportKey()) })
}

// VisitOver is Visit with another end of the stream.
func (m *Member) VisitOver(r *Relay, mine net.Conn, serve func(ctx context.Context)) *Visit {
	m.T.Helper()
	v := &Visit{mine: mine}
	ctx, cancel := context.WithCancel(context.Background())
	v.cancel = cancel
	v.done.Go(func() { serve(ctx) })
	c := courier.New(courier.Config{
		Replica: m.R, Relay: r.Key, Token: r.Token[:], App: "test", Now: m.Now, Log: m.Log, Claims: m.Claims, Chunks: m.Chunks, Patience: time.Millisecond,
		Direct: func(dev op.DeviceID) bool {
			m.mu.Lock()
			defer m.mu.Unlock()
			_, ok := m.status[dev]
			return ok
		},
		OnStatus: func(st courier.Status) {
			v.mu.Lock()
			defer v.mu.Unlock()
			v.status, v.listed = st, max(v.listed, st.Listed)
		},
	})
	v.done.Go(func() {
		err := c.Run(ctx, mine)
		v.mu.Lock()
		defer v.mu.Unlock()
		v.end = err
	})
	return v
}

// TransportKey is what the network proves of the member's device.
func (m *Member) TransportKey() [32]byte {
	return [32]byte(m.ID.Device.Peer.Public().(ed25519.PublicKey))
}

// Status is how the conversation stands.
func (v *Visit) Status() courier.Status {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.status
}

// MostListed is how many devices the relay's list had at most during the conversation.
func (v *Visit) MostListed() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.listed
}

// InSync waits until everything is here and there.
func (v *Visit) InSync(t TB) {
	t.Helper()
	Eventually(t, "in sync with the relay", func() bool { return v.Status().State == courier.InSync })
}

// Stop ends the conversation, as a cut cable would, and tells why it ended.
func (v *Visit) Stop() error {
	_ = v.mine.Close()
	v.cancel()
	v.done.Wait()
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.end
}

// CallOn visits until everything is here and there.
func (m *Member) CallOn(r *Relay) {
	m.T.Helper()
	v := m.Visit(r)
	Eventually(m.T, m.Name+" is in sync with the relay", func() bool { return v.Status().State == courier.InSync })
	_ = v.Stop()
}

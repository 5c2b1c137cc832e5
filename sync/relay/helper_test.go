package relay

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"tongzhou/sync/op"
	"tongzhou/sync/relay/store"
	"tongzhou/sync/wire"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// clock is a clock that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a relay and what surrounds it.
type world struct {
	t     testing.TB
	store store.Store
	relay *Relay
	clock *clock
	team  wire.TeamTag
	token [16]byte
}

func newWorld(t testing.TB, limits Limits) *world {
	t.Helper()
	s, err := store.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "relay.db"))
	if err != nil {
		t.Fatal(err)
	}
	w := newWorldOn(t, s, limits)
	if err := Allow(t.Context(), s, w.token, w.clock.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	return w
}

// newWorldOn is a relay on a store, which it closes; no team may come in yet.
func newWorldOn(t testing.TB, s store.Store, limits Limits) *world {
	t.Helper()
	w := &world{t: t, store: s, clock: &clock{now: time.UnixMilli(1_790_000_000_000)}, team: wire.TeamTag{1, 2, 3}, token: [16]byte{7}}
	w.relay = New(Config{Store: s, Limits: limits, Now: w.clock.Now})
	t.Cleanup(func() {
		if err := w.relay.Close(); err != nil {
			t.Error(err)
		}
		if err := w.store.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// restart ends the relay's process and begins another on the same disk.
func (w *world) restart(limits Limits) {
	w.t.Helper()
	if err := w.relay.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.relay = New(Config{Store: w.store, Limits: limits, Now: w.clock.Now})
}

// loseDisk gives the relay an empty database.
func (w *world) loseDisk() {
	w.t.Helper()
	if err := errors.Join(w.relay.Close(), w.store.Close()); err != nil {
		w.t.Fatal(err)
	}
	s, err := store.OpenSQLite(w.t.Context(), filepath.Join(w.t.TempDir(), "relay.db"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.store = s
	w.relay = New(Config{Store: s, Now: w.clock.Now})
}

// machine is a device of a test.
type machine struct {
	sign ed25519.PrivateKey
	id   op.DeviceID
	peer [32]byte
}

func newMachine(n byte) machine {
	priv := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, 32))
	return machine{sign: priv, id: op.DeviceIDOf(priv.Public().(ed25519.PublicKey)), peer: [32]byte{n, 0xbe}}
}

func (m machine) entry() wire.RosterDevice {
	return wire.RosterDevice{Device: m.id, SignPub: [32]byte(m.sign.Public().(ed25519.PublicKey)), PeerPub: m.peer}
}

// roster signs the roster that follows prev; the first machine is its admin.
func (w *world) roster(gen uint64, prev []byte, by machine, ms ...machine) []byte {
	w.t.Helper()
	r := wire.Roster{Team: w.team, Gen: gen, Admins: []op.DeviceID{ms[0].id}}
	if prev != nil {
		r.Prev = wire.HashRoster(prev)
	}
	for _, m := range ms {
		r.Devices = append(r.Devices, m.entry())
	}
	raw, err := r.Sign(by.sign)
	if err != nil {
		w.t.Fatal(err)
	}
	return raw
}

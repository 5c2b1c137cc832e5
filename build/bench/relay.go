package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"database/sql"
	"fmt"
	"path/filepath"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/crypto"
	libp2phost "github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	"golang.org/x/crypto/chacha20poly1305"

	"tongzhou/sync/op"
	"tongzhou/sync/relay"
	"tongzhou/sync/relay/host"
	"tongzhou/sync/relay/store"
	"tongzhou/sync/wire"
)

// relayOps is how many messages go through the relay in a round.
const relayOps = 50_000

// relayReads is how often they are read in a round: once takes a tenth of a second, which is too short to measure.
const relayReads = 3

// relayRounds is how many short rounds stand for one of others.
const relayRounds = 3

// relayFigures: one device puts messages on a relay over libp2p on loopback, encrypted and with the relay's checks and durable
// commits; another fetches them. The floors insert and read the same rows in a bare SQLite file.
func (r *run) relayFigures() error {
	ops, err := relayMessages(relayOps)
	if err != nil {
		return err
	}
	var put, fetch paired
	for range relayRounds * r.rounds {
		floorPut, floorFetch, err := r.rowFloor(ops)
		if err != nil {
			return err
		}
		stored, served, err := r.throughRelay(ops)
		if err != nil {
			return err
		}
		put.add(stored, floorPut)
		fetch.add(served, floorFetch)
	}
	n := float64(len(ops))
	r.add(put.rate("relay_store_ops_s", "ops/s", "reach: ratio ≥ 0.5; floor: the same rows into bare SQLite", n))
	r.add(fetch.rate("relay_fetch_ops_s", "ops/s", "reach: ratio ≥ 0.5; floor: the same rows out of bare SQLite", n*relayReads))
	return nil
}

// relayDevice signs the messages.
func relayDevice() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))
}

// relayMessages seals and signs messages of about 200 bytes, one feed.
func relayMessages(n int) ([]op.Sealed, error) {
	priv := relayDevice()
	key, err := chacha20poly1305.NewX(bytes.Repeat([]byte{2}, 32))
	if err != nil {
		return nil, err
	}
	h := op.Header{Version: op.Version, Kind: op.Content, Scope: op.ScopeTag{1}, Device: op.DeviceIDOf(priv.Public().(ed25519.PublicKey)), Incarnation: 1, Epoch: op.EpochRef{1}}
	out := make([]op.Sealed, 0, n)
	for i := range n {
		h.Seq = uint64(i + 1)
		ct, err := op.SealBodyFrom(rand.Reader, key, h, []byte(message(i)))
		if err != nil {
			return nil, err
		}
		s := op.Sign(h, ct, priv)
		h.Prev = s.ID()
		out = append(out, s)
	}
	return out, nil
}

// rowFloor puts the rows into a bare SQLite file, 2,000 in a transaction, and reads them all.
func (r *run) rowFloor(ops []op.Sealed) (put, read cost, err error) {
	path := filepath.Join(r.tmp, "floor-relay.db")
	defer removeDB(path)
	db, err := openFloor(path)
	if err != nil {
		return put, read, err
	}
	defer db.Close()
	if _, err := db.Exec(`CREATE TABLE op (id INTEGER PRIMARY KEY, lseq INTEGER NOT NULL, at INTEGER NOT NULL, kind INTEGER NOT NULL, data BLOB NOT NULL) STRICT`); err != nil {
		return put, read, err
	}
	raw := make([][]byte, len(ops))
	for i := range ops {
		raw[i] = ops[i].AppendTo(nil)
	}
	put, err = r.spend("floor-store", func() error {
		for done := 0; done < len(raw); done += 2000 {
			if err := insertRows(db, raw, done, min(done+2000, len(raw))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return put, read, err
	}
	read, err = r.spend("floor-fetch", func() error {
		for range relayReads {
			if err := readRows(db, len(raw)); err != nil {
				return err
			}
		}
		return nil
	})
	return put, read, err
}

func readRows(db *sql.DB, want int) error {
	rows, err := db.Query(`SELECT data FROM op ORDER BY id`)
	if err != nil {
		return err
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			return err
		}
		n++
	}
	if err := rows.Err(); err != nil || n != want {
		return fmt.Errorf("%d of %d rows were read: %w", n, want, err)
	}
	return nil
}

func insertRows(db *sql.DB, raw [][]byte, from, to int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	st, err := tx.Prepare(`INSERT INTO op (id, lseq, at, kind, data) VALUES (?, 1, ?, 1, ?)`)
	if err != nil {
		return err
	}
	for i := from; i < to; i++ {
		if _, err := st.Exec(int64(1)<<40|int64(i), int64(1_790_000_000_000+i), raw[i]); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// throughRelay puts the ops on a fresh relay and fetches them.
func (r *run) throughRelay(ops []op.Sealed) (put, fetch cost, err error) {
	ctx := context.Background()
	path := filepath.Join(r.tmp, "relay.db")
	defer removeDB(path)
	s, err := store.OpenSQLite(ctx, path)
	if err != nil {
		return put, fetch, err
	}
	defer s.Close()
	token := [16]byte{1}
	if err := relay.Allow(ctx, s, token, time.Now().Add(time.Hour)); err != nil {
		return put, fetch, err
	}
	const unlimited = 1 << 40
	blind := relay.New(relay.Config{Store: s, Limits: relay.Limits{OpsPerSecond: unlimited, OpsBurst: unlimited}})
	defer blind.Close()
	h, err := host.New(host.Config{Relay: blind, Key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, 32)), Listen: []string{"/ip4/127.0.0.1/tcp/0"}})
	if err != nil {
		return put, fetch, err
	}
	defer h.Close()
	sender, err := newRelayClient(ctx, h, token[:])
	if err != nil {
		return put, fetch, err
	}
	defer sender.close()
	packed := frames(ops)
	if put, err = r.spend("relay-store", func() error { return sender.put(packed) }); err != nil {
		return put, fetch, fmt.Errorf("put: %w", err)
	}
	receiver, err := newRelayClient(ctx, h, nil)
	if err != nil {
		return put, fetch, err
	}
	defer receiver.close()
	fetch, err = r.spend("relay-fetch", func() error {
		for range relayReads {
			if err := receiver.fetch(ops); err != nil {
				return fmt.Errorf("fetch: %w", err)
			}
		}
		return nil
	})
	return put, fetch, err
}

// relayClient is a device with a stream to the relay.
type relayClient struct {
	node   libp2phost.Host
	stream network.Stream
	in     *wire.Reader
	window int
}

func newRelayClient(ctx context.Context, h *host.Host, token []byte) (*relayClient, error) {
	transport := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{4}, 32))
	key, err := crypto.UnmarshalEd25519PrivateKey(transport)
	if err != nil {
		return nil, err
	}
	node, err := libp2p.New(libp2p.Identity(key), libp2p.NoListenAddrs, libp2p.DisableMetrics())
	if err != nil {
		return nil, err
	}
	c := &relayClient{node: node, window: wire.Window}
	at := peer.AddrInfo{}
	if at.ID, err = peer.Decode(h.ID()); err != nil {
		return nil, err
	}
	for _, text := range h.Addrs() {
		addr, err := ma.NewMultiaddr(text)
		if err != nil {
			return nil, err
		}
		at.Addrs = append(at.Addrs, addr)
	}
	if err := node.Connect(ctx, at); err != nil {
		return nil, err
	}
	if c.stream, err = node.NewStream(ctx, at.ID, "/tongzhou/relay/1"); err != nil {
		return nil, err
	}
	c.in = wire.NewReader(c.stream)
	return c, c.greet([32]byte(transport.Public().(ed25519.PublicKey)), token)
}

func (c *relayClient) close() {
	_ = c.stream.Reset()
	_ = c.node.Close()
}

func (c *relayClient) say(m wire.Message) error {
	b, err := wire.Encode(nil, m)
	if err == nil {
		_, err = c.stream.Write(b)
	}
	return err
}

// greet enters the team, making it with a token, and opens the scope.
func (c *relayClient) greet(peerPub [32]byte, token []byte) error {
	priv := relayDevice()
	pub := [32]byte(priv.Public().(ed25519.PublicKey))
	device := op.DeviceIDOf(pub[:])
	if err := c.say(&wire.RelayHello{Version: 1, Team: wire.TeamTag{1}, Device: device, Token: token}); err != nil {
		return err
	}
	m, _, err := c.in.Next()
	welcome, ok := m.(*wire.RelayWelcome)
	if err != nil || !ok {
		return fmt.Errorf("no welcome but %T: %w", m, err)
	}
	if welcome.State == wire.RelayNeedsRoster {
		roster := wire.Roster{Team: wire.TeamTag{1}, Gen: 1, Admins: []op.DeviceID{device}, Devices: []wire.RosterDevice{{Device: device, SignPub: pub, PeerPub: peerPub}}}
		raw, err := roster.Sign(priv)
		if err != nil {
			return err
		}
		if err := c.say(&wire.RelayRoster{Raw: raw}); err != nil {
			return err
		}
		if m, _, err := c.in.Next(); err != nil {
			return fmt.Errorf("no answer to the roster but %T: %w", m, err)
		}
	}
	tag := op.ScopeTag{1}
	proof := wire.RelayCap{Tag: tag, Pub: pub, Proof: [64]byte(ed25519.Sign(priv, wire.CapProof(welcome.Store, welcome.Nonce, device, tag, pub)))}
	if err := c.say(&wire.RelayCaps{Caps: []wire.RelayCap{proof}}); err != nil {
		return err
	}
	for {
		m, _, err := c.in.Next()
		if err != nil {
			return err
		}
		if s, ok := m.(*wire.RelayScopes); ok {
			if s.Scopes[0].State != wire.ScopeFull {
				return fmt.Errorf("the scope's state is %d", s.Scopes[0].State)
			}
			return nil
		}
	}
}

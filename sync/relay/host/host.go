package host

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/crypto"
	libp2phost "github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/proto"
	hop "github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	ma "github.com/multiformats/go-multiaddr"

	"tongzhou/sync/relay"
)

// relayProtocol is a device's conversation with the relay.
const relayProtocol protocol.ID = "/tongzhou/relay/1"

// DefaultPort is where a relay listens unless told otherwise.
const DefaultPort = 4711

// Config of a host. Relay and Key are required.
type Config struct {
	Relay    *relay.Relay
	Key      ed25519.PrivateKey // the relay's transport key: what its link names
	Listen   []string           // multiaddrs; empty: TCP and QUIC on every interface, port DefaultPort
	Announce []string           // multiaddrs under which others reach it, if they are not those of its interfaces
	Log      *slog.Logger       // nil: silent
}

// Host is a relay on the network.
type Host struct {
	cfg  Config
	node libp2phost.Host
	hop  *hop.Relay
	gate *circuitGate

	ctx    context.Context
	cancel context.CancelFunc

	mu      sync.Mutex // guards closing and that nothing is added to work after it
	closing bool
	work    sync.WaitGroup
}

// New listens and serves.
func New(cfg Config) (*Host, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if len(cfg.Listen) == 0 {
		for _, ip := range []string{"/ip4/0.0.0.0", "/ip6/::"} {
			cfg.Listen = append(cfg.Listen, fmt.Sprintf("%s/tcp/%d", ip, DefaultPort), fmt.Sprintf("%s/udp/%d/quic-v1", ip, DefaultPort))
		}
	}
	node, err := newNode(cfg)
	if err != nil {
		return nil, fmt.Errorf("start the relay's network: %w", err)
	}
	h := &Host{cfg: cfg, node: node}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	if err := h.listen(); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	h.gate = &circuitGate{relay: cfg.Relay, ctx: h.ctx, log: cfg.Log}
	if h.hop, err = hop.New(node, hop.WithResources(circuitLimits()), hop.WithACL(h.gate), hop.WithMetricsTracer(h.gate)); err != nil {
		return nil, errors.Join(fmt.Errorf("start the circuit relay: %w", err), h.Close())
	}
	node.SetStreamHandler(relayProtocol, h.serve)
	h.work.Go(h.sweep)
	return h, nil
}

// listen succeeds if at least one address can be listened on: a machine without IPv6 is a relay as well.
func (h *Host) listen() error {
	var errs []error
	ok := 0
	for _, text := range h.cfg.Listen {
		addr, err := ma.NewMultiaddr(text)
		if err != nil {
			return fmt.Errorf("listen address %q: %w", text, err)
		}
		if err := h.node.Network().Listen(addr); err != nil {
			errs = append(errs, fmt.Errorf("listen on %s: %w", text, err))
			continue
		}
		ok++
	}
	if ok == 0 {
		return errors.Join(errs...)
	}
	for _, err := range errs {
		h.cfg.Log.Warn("an address cannot be listened on", "err", err)
	}
	return nil
}

// ID is the relay's peer id.
func (h *Host) ID() string { return h.node.ID().String() }

// Addrs are the addresses under which the relay is reached, without /p2p/, those first that it was told to announce.
func (h *Host) Addrs() []string {
	out := slices.Clone(h.cfg.Announce)
	for _, a := range h.node.Addrs() {
		if text := a.String(); !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// Circuits is what the circuit relay carries now.
func (h *Host) Circuits() (reservations, circuits int) {
	return int(h.gate.reservations.Load()), int(h.gate.circuits.Load())
}

// Close ends all connections and returns when their conversations have ended.
func (h *Host) Close() error {
	h.mu.Lock()
	h.closing = true
	h.mu.Unlock()
	h.cancel()
	var errs []error
	if h.hop != nil {
		errs = append(errs, h.hop.Close())
	}
	errs = append(errs, h.node.Close())
	h.work.Wait()
	return errors.Join(errs...)
}

// serve hands a stream to the relay.
func (h *Host) serve(s network.Stream) {
	pub, ok := pubOf(s.Conn().RemotePeer())
	if !ok || !h.begin() {
		_ = s.Reset()
		return
	}
	defer h.work.Done()
	err := h.cfg.Relay.Serve(h.ctx, s, pub)
	if err != nil {
		h.cfg.Log.Debug("a conversation ended", "peer", s.Conn().RemotePeer(), "err", err)
	}
	_ = s.Reset() // closed already; this frees it if the other end does not close
}

// begin tells whether a conversation may begin; Close waits for it then.
func (h *Host) begin() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closing {
		return false
	}
	h.work.Add(1)
	return true
}

// sweepEvery is how often silent strangers are looked for; strangerTime is how long they may stay.
const (
	sweepEvery   = 15 * time.Second
	strangerTime = time.Minute
)

// sweep disconnects those who are on no roster and say nothing.
func (h *Host) sweep() {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case now := <-tick.C:
			h.sweepAt(now)
		}
	}
}

func (h *Host) sweepAt(now time.Time) {
	for _, c := range h.node.Network().Conns() {
		if now.Sub(c.Stat().Opened) < strangerTime || speaks(c) {
			continue
		}
		pub, ok := pubOf(c.RemotePeer())
		if ok {
			in, err := h.cfg.Relay.Rostered(h.ctx, pub)
			if err != nil {
				h.cfg.Log.Error("the roster cannot be read", "err", err)
				return
			}
			ok = in
		}
		if !ok {
			_ = c.Close()
		}
	}
}

// speaks tells whether a conversation with the relay, or a circuit through it, is going on.
func speaks(c network.Conn) bool {
	for _, s := range c.GetStreams() {
		if s.Protocol() == relayProtocol || s.Protocol() == proto.ProtoIDv2Hop {
			return true
		}
	}
	return false
}

// pubOf is the raw ed25519 key of a peer; false for other kinds of keys, which no device has.
func pubOf(id peer.ID) (pub [32]byte, ok bool) {
	key, err := id.ExtractPublicKey()
	if err != nil || key.Type() != crypto.Ed25519 {
		return pub, false
	}
	raw, err := key.Raw()
	if err != nil || len(raw) != len(pub) {
		return pub, false
	}
	return [32]byte(raw), true
}

func newNode(cfg Config) (libp2phost.Host, error) {
	key, err := crypto.UnmarshalEd25519PrivateKey(cfg.Key)
	if err != nil {
		return nil, fmt.Errorf("transport key: %w", err)
	}
	limits, err := newLimits()
	if err != nil {
		return nil, err
	}
	options, err := nodeOptions(key, limits, cfg.Announce)
	if err != nil {
		return nil, err
	}
	return libp2p.New(options...)
}

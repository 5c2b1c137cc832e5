package p2p

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/libp2p/go-libp2p/p2p/protocol/holepunch"
	ma "github.com/multiformats/go-multiaddr"

	"tongzhou/sync/op"
)

// Host is this device on the network. Its methods may be called from any
// goroutine.
//
// Lock order: book.saving, Host.mu, book.mu; strangers.mu is a leaf, and
// discovery.mu is taken with no other held. No callback of Config runs under any of them,
// except AddressBook.Save under book.saving.
type Host struct {
	cfg  Config // Roster, MDNSName and Self only hold what New was given
	tune tuning
	log  *slog.Logger
	now  func() time.Time
	boot uint64 // random: tells this run from the one before

	node      host.Host
	swarm     *swarm.Swarm
	self      peer.ID
	strangers *strangers
	book      *book
	mdns      *discovery
	punching  *holepunch.Service // nil when a test wants none

	ctx    context.Context
	cancel context.CancelFunc
	tasks  sync.WaitGroup // everything that Close waits for

	team atomic.Pointer[team]

	wake    chan struct{} // the dialler looks again
	refresh chan struct{} // the roster or the network changed
	dirty   chan struct{} // OnChange is due

	mu      sync.Mutex
	closed  bool
	tick    uint64            // counts marks
	mates   map[peer.ID]*mate // the other devices of the team
	relays  map[peer.ID]*relay
	leaving map[peer.ID]*relay // no longer the team's, and not parted from yet
	order   []*mate            // mates in the order of this device's preference
	dials   int                // attempts under way
	allowed map[peer.ID]int    // strangers that DialJoin is trying
	handed  map[peer.ID]bool   // strangers that DialJoin returned before
	parting map[string]bool    // by connection id: lost access, and is being told
}

// team is what UseTeam replaces as a whole.
type team struct {
	roster Roster
	self   op.DeviceID
}

// New starts a host; it listens when New returns. When ctx ends it falls
// silent; Close releases what it holds. An unusable key or listen address is
// an error, an unreachable network is not.
func New(ctx context.Context, cfg Config) (*Host, error) {
	key, err := crypto.UnmarshalEd25519PrivateKey(cfg.Key)
	if err != nil {
		return nil, fmt.Errorf("p2p: transport key: %w", err)
	}
	listen, err := listenAddrs(cfg.Listen, cfg.Port)
	if err != nil {
		return nil, fmt.Errorf("p2p: %w", err)
	}
	h := newHost(ctx, cfg)
	limits, err := newLimits()
	if err != nil {
		h.cancel()
		return nil, fmt.Errorf("p2p: %w", err)
	}
	g := &gate{rostered: h.rostered, former: h.former, invited: h.invited, relay: h.isRelay, welcome: h.welcome, strangers: h.strangers}
	h.node, err = libp2p.New(nodeOptions(key, !allLoopback(listen), g, gatedResources{limits, h.may})...)
	if err != nil {
		h.cancel()
		limits.Close()
		return nil, fmt.Errorf("p2p: %w", err)
	}
	h.self = h.node.ID()
	h.swarm = h.node.Network().(*swarm.Swarm)
	h.node.Network().Notify(&network.NotifyBundle{
		ConnectedF:    func(_ network.Network, c network.Conn) { h.came(c) },
		DisconnectedF: func(_ network.Network, c network.Conn) { h.strangers.gone(c); h.went(c) },
	})
	h.node.SetStreamHandler(syncProtocol, h.handleSync)
	h.node.SetStreamHandler(joinProtocol, h.handleJoin)
	h.node.SetStreamHandler(blobProtocol, h.handleBlob)

	if err := h.node.Network().Listen(listen...); err != nil {
		h.cancel()
		h.node.Close()
		return nil, fmt.Errorf("p2p: listen: %w", err)
	}

	if !h.tune.circuitsStay {
		if err := h.startPunching(); err != nil {
			h.cancel()
			h.node.Close()
			return nil, fmt.Errorf("p2p: %w", err)
		}
	}
	h.mdns = newDiscovery(h.node, h.log, h.found)
	h.mdns.use(cfg.MDNSName)
	h.reconcile()
	h.spawn(h.dialLoop)
	h.spawn(h.changeLoop)
	h.spawn(h.watchNetwork)
	h.spawn(h.watchLinks)
	h.spawn(h.nameAddresses)
	h.SetRelays(cfg.Relays)
	return h, nil
}

func newHost(ctx context.Context, cfg Config) *Host {
	h := &Host{
		cfg: cfg, tune: cfg.tune.withDefaults(), log: cfg.Log, now: cfg.Now,
		wake: make(chan struct{}, 1), refresh: make(chan struct{}, 1), dirty: make(chan struct{}, 1),
		mates: map[peer.ID]*mate{}, leaving: map[peer.ID]*relay{}, allowed: map[peer.ID]int{}, handed: map[peer.ID]bool{}, parting: map[string]bool{},
	}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	if h.now == nil {
		h.now = time.Now
	}
	if h.tune.jitter == nil {
		h.tune.jitter = mathrand.Float64
	}
	var boot [8]byte
	rand.Read(boot[:]) // never fails
	h.boot = binary.BigEndian.Uint64(boot[:])
	h.ctx, h.cancel = context.WithCancel(ctx)
	h.team.Store(&team{roster: cfg.Roster, self: cfg.Self})
	h.strangers = newStrangers(h.tune, h.now, h.rostered, h.log)
	h.book = openBook(cfg.Book, h.log, h.now)
	return h
}

// Close ends every conversation, waits for OnSync and OnJoin to return and
// frees the ports. Closing twice does nothing.
func (h *Host) Close() error {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return nil
	}
	h.closed = true
	h.mu.Unlock()
	h.cancel()
	h.mdns.close()
	for _, c := range h.swarm.Conns() {
		if isCircuit(c.RemoteMultiaddr()) {
			c.Close() // hole punching waits for answers there, up to a minute
		}
	}
	h.tasks.Wait()
	var errs []error
	if h.punching != nil {
		errs = append(errs, h.punching.Close())
	}
	errs = append(errs, h.node.Close())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("p2p: close: %w", err)
	}
	return nil
}

// PeerID is this device's libp2p identity in text form.
func (h *Host) PeerID() string { return h.self.String() }

// Addrs lists where others reach this device, as multiaddrs that end in its
// identity: the local network first, relays last. It changes with the
// network; OnChange tells.
func (h *Host) Addrs() []string {
	addrs := slices.DeleteFunc(h.node.Addrs(), func(a ma.Multiaddr) bool { return !dialable(a) })
	slices.SortStableFunc(addrs, func(a, b ma.Multiaddr) int { return distance(a) - distance(b) })
	texts := make([]string, 0, len(addrs)+maxOwnCircuits)
	for _, a := range addrs {
		texts = append(texts, a.String())
	}
	texts = append(texts, h.circuitAddrs()...)
	for i, text := range texts {
		texts[i] = text + "/p2p/" + h.self.String()
	}
	return texts
}

// UseTeam replaces roster, mDNS service name and own id, as after joining.
// Connections to devices outside of the new roster are closed.
func (h *Host) UseTeam(roster Roster, mdnsName string, self op.DeviceID) {
	h.team.Store(&team{roster: roster, self: self})
	if !h.enter() {
		return
	}
	defer h.tasks.Done()
	h.mdns.use(mdnsName)
	h.Refresh()
}

// Refresh reconsiders all dials, after the roster or the network has changed.
// It returns at once; calls in quick succession count as one.
func (h *Host) Refresh() { signal(h.refresh) }

// device names the team mate behind a libp2p identity.
func (h *Host) device(id peer.ID) (op.DeviceID, bool) {
	t := h.team.Load()
	if t.roster == nil || id == h.self {
		return op.DeviceID{}, false
	}
	pub := pubOf(id)
	if pub == nil {
		return op.DeviceID{}, false
	}
	return t.roster.DeviceByPeer(pub)
}

func (h *Host) rostered(id peer.ID) bool {
	_, ok := h.device(id)
	return ok
}

func (h *Host) welcome(id peer.ID) bool {
	if h.cfg.StrangersWelcome == nil || h.cfg.OnJoin == nil {
		return false
	}
	pub := pubOf(id)
	return pub != nil && h.cfg.StrangersWelcome(pub)
}

// enter registers the calling goroutine with Close; false: too late. The
// caller calls tasks.Done if true.
func (h *Host) enter() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.tasks.Add(1)
	return true
}

// spawn runs f in a goroutine that Close waits for, unless it is too late.
func (h *Host) spawn(f func()) {
	if !h.enter() {
		return
	}
	go func() {
		defer h.tasks.Done()
		f()
	}()
}

package p2p

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	"github.com/libp2p/go-libp2p/core/sec"
	ma "github.com/multiformats/go-multiaddr"
)

// maxNameless bounds how many addresses without an owner are tried at start.
const maxNameless = 8

// AddAddress tries an address that a person typed: "host:port", a multiaddr
// with or without /p2p/, or one through a relay of the team. An address where a team mate's device has proven to
// answer is remembered; nil says that a connection to it stands as well. The
// error wraps ErrBadAddress, ErrUnreachable, ErrStranger or ErrClosed.
func (h *Host) AddAddress(ctx context.Context, addr string) error {
	if !h.enter() {
		return ErrClosed
	}
	defer h.tasks.Done()
	if way, ok := parseCircuit(strings.TrimSpace(addr)); ok {
		return h.callThrough(ctx, way)
	}
	e, err := parseEndpoint(addr)
	if err != nil {
		return err
	}
	if e.id == h.self {
		return fmt.Errorf("%w: this device's own", ErrBadAddress)
	}
	if e.id != "" && !h.rostered(e.id) {
		return fmt.Errorf("%w: %s", ErrStranger, e.id)
	}
	ctx, cancel := context.WithTimeout(ctx, h.tune.reach)
	defer cancel()
	defer context.AfterFunc(h.ctx, cancel)()

	// Asking who is there comes first even when the address says so: dialling
	// a device that is connected already would not try the address at all.
	id, via, err := h.whoIs(ctx, e.addrs)
	switch {
	case err != nil:
		return err
	case id == h.self:
		return fmt.Errorf("%w: this device's own", ErrBadAddress)
	}
	device, ok := h.device(id)
	if !ok || e.id != "" && e.id != id {
		return fmt.Errorf("%w: %s", ErrStranger, id)
	}
	// A host name is remembered as typed: it outlives the IP behind it.
	keep := via
	for _, typed := range e.addrs {
		if isQUIC(typed) == isQUIC(via) {
			keep = typed
		}
	}
	h.book.worked(pubOf(id), keep, SourceManual)
	h.node.Peerstore().AddAddrs(id, []ma.Multiaddr{via}, peerstore.TempAddrTTL)
	h.swarm.Backoff().Clear(id)
	if _, err := h.swarm.DialPeer(ctx, id); err != nil {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	h.mu.Lock()
	h.mateOf(id, device).redial.hurry(h.now())
	h.mu.Unlock()
	signal(h.wake)
	return nil
}

// callThrough connects to a mate through a relay of the team. It is nothing to remember: that way is tried anyway.
func (h *Host) callThrough(ctx context.Context, way circuit) error {
	if way.to == h.self {
		return fmt.Errorf("%w: this device's own", ErrBadAddress)
	}
	device, ok := h.device(way.to)
	if !ok {
		return fmt.Errorf("%w: %s", ErrStranger, way.to)
	}
	if !h.isRelay(way.relay) {
		return fmt.Errorf("%w: the team has no relay %s", ErrUnreachable, way.relay)
	}
	ctx, cancel := context.WithTimeout(ctx, h.tune.reach)
	defer cancel()
	defer context.AfterFunc(h.ctx, cancel)()
	h.node.Peerstore().AddAddrs(way.to, h.circuitsTo(), peerstore.TempAddrTTL)
	h.swarm.Backoff().Clear(way.to)
	if _, err := h.swarm.DialPeer(ctx, way.to); err != nil {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	h.mu.Lock()
	h.mateOf(way.to, device).redial.hurry(h.now())
	h.mu.Unlock()
	signal(h.wake)
	return nil
}

// whoIs learns which identity answers at one of the addresses, and which
// address that was. It dials for an identity made up on the spot: the handshake
// then fails, and its error names the real one, which the handshake has proven.
// The other side learns nothing of this device.
func (h *Host) whoIs(ctx context.Context, addrs []ma.Multiaddr) (peer.ID, ma.Multiaddr, error) {
	_, pub, err := crypto.GenerateEd25519Key(rand.Reader)
	if err != nil {
		return "", nil, fmt.Errorf("make up an identity: %w", err)
	}
	nobody, err := peer.IDFromPublicKey(pub)
	if err != nil {
		return "", nil, fmt.Errorf("make up an identity: %w", err)
	}
	addrs, err = resolve(ctx, addrs)
	if err != nil {
		return "", nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type answer struct {
		addr ma.Multiaddr
		err  error
	}
	answers := make(chan answer, len(addrs))
	for _, addr := range addrs {
		go func() { answers <- answer{addr, h.dialNobody(ctx, addr, nobody)} }()
	}
	var errs []error
	var id peer.ID
	var via ma.Multiaddr
	for range addrs { // all, so that none is still dialling after Close
		a := <-answers
		var mismatch sec.ErrPeerIDMismatch
		if id == "" && errors.As(a.err, &mismatch) {
			id, via = mismatch.Actual, a.addr
			cancel()
		}
		errs = append(errs, a.err)
	}
	if id == "" {
		return "", nil, fmt.Errorf("%w: %w", ErrUnreachable, errors.Join(errs...))
	}
	return id, via, nil
}

var errNoTransport = errors.New("no transport for the address")

// dialNobody always fails; the error says how.
func (h *Host) dialNobody(ctx context.Context, addr ma.Multiaddr, nobody peer.ID) error {
	transport := h.swarm.TransportForDialing(addr)
	if transport == nil {
		return errNoTransport
	}
	conn, err := transport.Dial(ctx, addr, nobody)
	if err != nil {
		return fmt.Errorf("dial %s: %w", addr, err)
	}
	conn.CloseWithError(network.ConnGated)
	return fmt.Errorf("dial %s: an impossible identity", addr)
}

// nameAddresses tries once the remembered addresses whose owner is not known.
func (h *Host) nameAddresses() {
	for i, addr := range h.book.nameless() {
		if i == maxNameless || h.ctx.Err() != nil {
			return
		}
		if err := h.AddAddress(h.ctx, addr); err != nil {
			h.log.Debug("remembered address", "addr", addr, "err", err)
		}
	}
}

package p2p

import (
	"crypto/ed25519"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/connmgr"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	quic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"

	"tongzhou/sync/p2p/bounds"
)

// keepAlive finds a dead TCP connection (a laptop that went to sleep, a pulled
// cable) in about half a minute, as QUIC does by itself.
const keepAlive = 15 * time.Second

// nodeOptions turns off everything in libp2p that talks to machines outside of
// the team: searching for relays, AutoNAT, routing. Circuits go through the
// team's relays only, as gate says; hole punching is begun in punch.go.
//
// The node does not listen yet: libp2p leaves goroutines behind when it fails
// to listen while it starts.
func nodeOptions(key crypto.PrivKey, mapPorts bool, gate connmgr.ConnectionGater, limits network.ResourceManager) []libp2p.Option {
	mux := *yamux.DefaultTransport
	mux.KeepAliveInterval = keepAlive
	options := []libp2p.Option{
		libp2p.Identity(key),
		libp2p.UserAgent("tongzhou"),
		// A TCP port shared for dialling makes two devices that dial each other
		// at once share one connection, with both sides in the same role.
		libp2p.Transport(tcp.NewTCPTransport, tcp.DisableReuseport()),
		libp2p.Transport(quic.NewTransport),
		libp2p.Security(noise.ID, noise.New),
		libp2p.Muxer(yamux.ID, &mux),
		libp2p.ConnectionGater(gate),
		libp2p.ResourceManager(limits),
		libp2p.ConnectionManager(connmgr.NullConnMgr{}),
		libp2p.EnableRelay(),
		libp2p.AddrsFactory(forOthers),
		libp2p.SwarmOpts(swarm.WithDialRanker(rankDials)),
		libp2p.ForceReachabilityPrivate(),
		libp2p.Ping(false),
		libp2p.DisableMetrics(),
		// Few, known peers: a network that swallows packets today says nothing
		// about the next attempt.
		libp2p.UDPBlackHoleSuccessCounter(nil),
		libp2p.IPv6BlackHoleSuccessCounter(nil),
	}
	if mapPorts {
		options = append(options, libp2p.NATPortMap())
	}
	return options
}

// forOthers leaves out the loopback addresses, which others would call in vain, unless there are no others.
func forOthers(own []ma.Multiaddr) []ma.Multiaddr {
	if rest := slices.DeleteFunc(slices.Clone(own), manet.IsIPLoopback); slices.ContainsFunc(rest, dialable) {
		return rest
	}
	return own
}

// newLimits bounds what the whole network stack may use on a desktop: 192 MiB
// of buffers, 256 connections, and per peer far less.
func newLimits() (network.ResourceManager, error) {
	base := rcmgr.DefaultLimits
	libp2p.SetDefaultServiceLimits(&base)
	limits := rcmgr.PartialLimitConfig{
		System: rcmgr.ResourceLimits{
			Conns: 256, ConnsInbound: 192, ConnsOutbound: 192, FD: 512,
			Streams: 2048, StreamsInbound: 1024, StreamsOutbound: 1024, Memory: 192 << 20,
		},
		Transient: rcmgr.ResourceLimits{
			Conns: 96, ConnsInbound: 48, ConnsOutbound: 64, FD: 128,
			Streams: 256, StreamsInbound: 128, StreamsOutbound: 128, Memory: 32 << 20,
		},
		PeerDefault: rcmgr.ResourceLimits{
			Conns: 16, ConnsInbound: 8, ConnsOutbound: 12, FD: 16, // to punch a hole all its addresses are called at once
			Streams: 32, StreamsInbound: 16, StreamsOutbound: 16, Memory: 32 << 20,
		},
	}.Build(base.Scale(0, 0))
	return bounds.New(limits, bounds.Arrivals{PerAddress: 128, AddressRate: 8, Rate: 64, Burst: 512})
}

// listenAddrs is cfg.Listen, or all interfaces on one port for TCP and QUIC, so
// that people have a single number to pass on.
func listenAddrs(listen []string, port int) ([]ma.Multiaddr, error) {
	if len(listen) == 0 {
		port, err := usablePort(port)
		if err != nil {
			return nil, err
		}
		for _, ip := range []string{"/ip4/0.0.0.0", "/ip6/::"} {
			listen = append(listen, fmt.Sprintf("%s/tcp/%d", ip, port), fmt.Sprintf("%s/udp/%d/quic-v1", ip, port))
		}
	}
	addrs := make([]ma.Multiaddr, 0, len(listen))
	for _, text := range listen {
		addr, err := ma.NewMultiaddr(text)
		if err != nil {
			return nil, fmt.Errorf("listen address %q: %w", text, err)
		}
		addrs = append(addrs, addr)
	}
	return addrs, nil
}

// usablePort returns wanted if it is free for TCP and UDP, else a random one
// that is. Somebody may still take it before libp2p does; libp2p then listens
// on what remains.
func usablePort(wanted int) (int, error) {
	if wanted != 0 && portFree(wanted) {
		return wanted, nil
	}
	for range 16 {
		l, err := net.Listen("tcp", ":0")
		if err != nil {
			return 0, fmt.Errorf("find a free port: %w", err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		l.Close()
		if portFree(port) {
			return port, nil
		}
	}
	return 0, fmt.Errorf("find a port that is free for TCP and UDP")
}

func portFree(port int) bool {
	addr := ":" + strconv.Itoa(port)
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return false
	}
	l.Close()
	c, err := net.ListenPacket("udp", addr)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

func allLoopback(addrs []ma.Multiaddr) bool {
	for _, addr := range addrs {
		if !manet.IsIPLoopback(addr) {
			return false
		}
	}
	return true
}

// peerIDOf is the libp2p identity that belongs to a raw ed25519 key.
func peerIDOf(pub []byte) (peer.ID, error) {
	key, err := crypto.UnmarshalEd25519PublicKey(pub)
	if err != nil {
		return "", fmt.Errorf("transport key: %w", err)
	}
	id, err := peer.IDFromPublicKey(key)
	if err != nil {
		return "", fmt.Errorf("peer id: %w", err)
	}
	return id, nil
}

// PeerID is the text form of the libp2p identity that belongs to a raw ed25519
// key.
func PeerID(pub []byte) (string, error) {
	id, err := peerIDOf(pub)
	return id.String(), err
}

// pubOf is the raw ed25519 key inside a libp2p identity; nil for another kind
// of key, which no device has.
func pubOf(id peer.ID) []byte {
	key, err := id.ExtractPublicKey()
	if err != nil || key.Type() != crypto.Ed25519 {
		return nil
	}
	raw, err := key.Raw()
	if err != nil || len(raw) != ed25519.PublicKeySize {
		return nil
	}
	return raw
}

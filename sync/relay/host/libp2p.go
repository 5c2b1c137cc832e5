package host

import (
	"fmt"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/connmgr"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/network"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	hop "github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	quic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	ma "github.com/multiformats/go-multiaddr"

	"tongzhou/sync/p2p/bounds"
)

// perAddress is how many connections come from one address: an office behind one.
const perAddress = 1024

// keepAlive finds a dead TCP connection in about a minute.
const keepAlive = 30 * time.Second

// nodeOptions leaves libp2p with transports and identify. The relay dials nobody.
func nodeOptions(key crypto.PrivKey, limits network.ResourceManager, announce []string) ([]libp2p.Option, error) {
	mux := *yamux.DefaultTransport
	mux.KeepAliveInterval = keepAlive
	options := []libp2p.Option{
		libp2p.Identity(key),
		libp2p.UserAgent("tongzhou-relay"),
		libp2p.NoListenAddrs,
		libp2p.Transport(tcp.NewTCPTransport),
		libp2p.Transport(quic.NewTransport),
		libp2p.Security(noise.ID, noise.New),
		libp2p.Muxer(yamux.ID, &mux),
		libp2p.ResourceManager(limits),
		libp2p.ConnectionManager(connmgr.NullConnMgr{}),
		libp2p.DisableRelay(), // its client side; the relay is made in New
		libp2p.ForceReachabilityPublic(),
		libp2p.DisableMetrics(),
	}
	if len(announce) == 0 {
		return options, nil
	}
	fixed := make([]ma.Multiaddr, 0, len(announce))
	for _, text := range announce {
		addr, err := ma.NewMultiaddr(text)
		if err != nil {
			return nil, fmt.Errorf("announced address %q: %w", text, err)
		}
		fixed = append(fixed, addr)
	}
	return append(options, libp2p.AddrsFactory(func(own []ma.Multiaddr) []ma.Multiaddr { return append(fixed[:len(fixed):len(fixed)], own...) })), nil
}

// circuitLimits fit an organisation behind one address; the stock ones end at 8 reservations and 128 KiB.
func circuitLimits() hop.Resources {
	return hop.Resources{
		Limit:                 &hop.RelayLimit{Duration: 6 * time.Hour, Data: 64 << 30},
		ReservationTTL:        time.Hour,
		MaxReservations:       4096,
		MaxReservationsPerIP:  perAddress,
		MaxReservationsPerASN: 4096,
		MaxCircuits:           64,
		BufferSize:            16 << 10,
	}
}

// newLimits bounds what the whole network stack may use: half a gigabyte of buffers, 4,096 connections.
func newLimits() (network.ResourceManager, error) {
	base := rcmgr.DefaultLimits
	libp2p.SetDefaultServiceLimits(&base)
	wide := rcmgr.ResourceLimits{Streams: 8192, StreamsInbound: 4096, StreamsOutbound: 4096, Memory: 256 << 20}
	perPeer := rcmgr.ResourceLimits{Streams: 256, StreamsInbound: 128, StreamsOutbound: 128, Memory: 32 << 20}
	limits := rcmgr.PartialLimitConfig{
		System: rcmgr.ResourceLimits{
			Conns: 4096, ConnsInbound: 4096, ConnsOutbound: 16, FD: 4096,
			Streams: 16384, StreamsInbound: 8192, StreamsOutbound: 8192, Memory: 512 << 20,
		},
		Transient: rcmgr.ResourceLimits{
			Conns: 256, ConnsInbound: 256, ConnsOutbound: 16, FD: 256,
			Streams: 1024, StreamsInbound: 512, StreamsOutbound: 512, Memory: 64 << 20,
		},
		ServiceDefault:      wide,
		ServicePeerDefault:  perPeer,
		ProtocolDefault:     wide,
		ProtocolPeerDefault: perPeer,
		PeerDefault: rcmgr.ResourceLimits{
			Conns: 8, ConnsInbound: 8, ConnsOutbound: 2, FD: 8,
			Streams: 256, StreamsInbound: 128, StreamsOutbound: 128, Memory: 32 << 20,
		},
	}.Build(base.Scale(0, 0))
	return bounds.New(limits, bounds.Arrivals{PerAddress: perAddress, AddressRate: 16, Rate: 128, Burst: 2048})
}

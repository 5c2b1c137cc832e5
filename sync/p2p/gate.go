package p2p

import (
	"fmt"
	"net/netip"

	"github.com/libp2p/go-libp2p/core/connmgr"
	"github.com/libp2p/go-libp2p/core/control"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/proto"
	"github.com/libp2p/go-libp2p/p2p/protocol/identify"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// gate decides which connections come into being. Team mates pass both ways.
// Strangers pass inwards while they are welcome and within the limits;
// outwards only for the time of a DialJoin. A device that lost access is a
// stranger who may come to be told so. What a stranger may then say is
// decided by gatedResources.
type gate struct {
	rostered  func(peer.ID) bool // current device of the team
	former    func(peer.ID) bool // device that lost access
	invited   func(peer.ID) bool // DialJoin is trying that peer, or calling through that relay
	relay     func(peer.ID) bool // relay of the team
	welcome   func(peer.ID) bool // may ask to join
	strangers *strangers
}

var _ connmgr.ConnectionGater = (*gate)(nil)

func (g *gate) InterceptPeerDial(id peer.ID) bool {
	return g.rostered(id) || g.invited(id) || g.relay(id)
}

func (g *gate) InterceptAddrDial(peer.ID, ma.Multiaddr) bool { return true }

// InterceptAccept lets everybody try: who it is turns out with the handshake,
// and the resource manager limits how many handshakes an address may ask for.
func (g *gate) InterceptAccept(network.ConnMultiaddrs) bool { return true }

func (g *gate) InterceptSecured(dir network.Direction, id peer.ID, addrs network.ConnMultiaddrs) bool {
	switch {
	case g.rostered(id):
		return true
	case dir == network.DirOutbound:
		return g.invited(id) || g.relay(id)
	default:
		return (g.former(id) || g.welcome(id)) && g.strangers.knock(remoteIP(addrs))
	}
}

func (g *gate) InterceptUpgraded(c network.Conn) (bool, control.DisconnectReason) {
	if c.Stat().Direction == network.DirOutbound || g.rostered(c.RemotePeer()) {
		return true, 0
	}
	return g.strangers.enter(c), 0
}

// remoteIP is the address that limits count by: the IPv4 address, or the /64
// that one IPv6 customer holds at least. The zero value stands for anything
// without an IP and is counted together.
func remoteIP(addrs network.ConnMultiaddrs) netip.Addr {
	ip, err := manet.ToIP(addrs.RemoteMultiaddr())
	if err != nil {
		return netip.Addr{}
	}
	addr, ok := netip.AddrFromSlice(ip)
	if !ok {
		return netip.Addr{}
	}
	addr = addr.Unmap()
	if addr.Is6() {
		return netip.PrefixFrom(addr, 64).Masked().Addr()
	}
	return addr
}

// gatedResources refuses every protocol but join between this device and a
// stranger, every one but sync to a device that lost access, and with a relay
// all that it is not needed for, in both directions: identify and its pushes
// would tell a stranger this device's addresses. Streams take their protocol
// from here before a handler sees them, so no handler can forget to ask.
type gatedResources struct {
	network.ResourceManager
	may func(peer.ID, protocol.ID) bool
}

func (r gatedResources) OpenStream(id peer.ID, dir network.Direction) (network.StreamManagementScope, error) {
	scope, err := r.ResourceManager.OpenStream(id, dir)
	if err != nil {
		return nil, err
	}
	return gatedScope{StreamManagementScope: scope, peer: id, may: r.may}, nil
}

type gatedScope struct {
	network.StreamManagementScope
	peer peer.ID
	may  func(peer.ID, protocol.ID) bool
}

func (s gatedScope) SetProtocol(id protocol.ID) error {
	if !s.may(s.peer, id) {
		return fmt.Errorf("protocol %s with that peer refused", id)
	}
	return s.StreamManagementScope.SetProtocol(id)
}

// may says whether this device and id speak a protocol with each other.
func (h *Host) may(id peer.ID, what protocol.ID) bool {
	if h.rostered(id) {
		return true
	}
	switch what {
	case joinProtocol:
		return true
	case syncProtocol:
		return h.former(id)
	case proto.ProtoIDv2Hop:
		return h.isRelay(id) || h.invited(id)
	case proto.ProtoIDv2Stop, identify.ID, identify.IDPush, relayProtocol, aliveProtocol:
		return h.isRelay(id) // identify: it says where it sees this device
	}
	return false
}

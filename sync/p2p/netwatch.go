package p2p

import (
	"net"
	"net/netip"
	"slices"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"
	ma "github.com/multiformats/go-multiaddr"
)

// watchNetwork follows changes of this device's own addresses: another Wi-Fi,
// a cable, a VPN, a port mapping.
func (h *Host) watchNetwork() {
	sub, err := h.node.EventBus().Subscribe(new(event.EvtLocalAddressesUpdated), eventbus.Name("tongzhou"))
	if err != nil {
		h.log.Warn("watch own addresses", "err", err)
		return
	}
	defer sub.Close()
	for {
		select {
		case <-h.ctx.Done():
			return
		case _, ok := <-sub.Out():
			if !ok {
				return
			}
		}
		h.moved(false)
	}
}

// dropOrphaned closes the connections that ran over an address this device no
// longer has; TCP would keep them open until a timeout. QUIC does not bind to
// one address and finds its way.
func (h *Host) dropOrphaned() {
	own := ownLinks()
	if len(own) == 0 { // not even loopback: they could not be listed
		h.log.Warn("list own addresses")
		return
	}
	have := map[netip.Addr]bool{}
	for _, p := range own {
		have[p.Addr()] = true
	}
	for _, c := range h.swarm.Conns() {
		if orphaned(c.LocalMultiaddr(), have) {
			c.Close()
		}
	}
}

// links are this device's addresses with the networks that they are on.
type links []netip.Prefix

func ownLinks() links {
	own, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var out links
	for _, a := range own {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			if ip := p.Addr(); ip.Is4In6() {
				p = netip.PrefixFrom(ip.Unmap(), max(p.Bits()-96, 0))
			}
			out = append(out, p)
		}
	}
	return out
}

func orphaned(local ma.Multiaddr, have map[netip.Addr]bool) bool {
	ip, ok := ipOf(local)
	return ok && !isQUIC(local) && !ip.IsUnspecified() && !ip.IsLoopback() && !have[ip.WithZone("")]
}

// equal says whether both are the same addresses and networks, in any order.
func (l links) equal(o links) bool {
	if len(l) != len(o) {
		return false
	}
	for _, p := range l {
		if !slices.Contains(o, p) {
			return false
		}
	}
	return true
}

// behindRouter says that no address of this device is of the kind that the peer at remote could call by itself: a router
// stands between the two.
func (l links) behindRouter(remote ma.Multiaddr) bool {
	ip, ok := ipOf(remote)
	return ok && !slices.ContainsFunc(l, func(p netip.Prefix) bool {
		own := p.Addr()
		return own.Is4() == ip.Is4() && own.IsGlobalUnicast() && !own.IsPrivate()
	})
}

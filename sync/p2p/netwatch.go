package p2p

import (
	"net"
	"net/netip"

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
		h.dropOrphaned()
		h.mdns.refresh()
		h.changed()
		h.Refresh()
	}
}

// dropOrphaned closes the connections that ran over an address this device no
// longer has; TCP would keep them open until a timeout. QUIC does not bind to
// one address and finds its way.
func (h *Host) dropOrphaned() {
	links := ownLinks()
	if len(links) == 0 { // not even loopback: they could not be listed
		h.log.Warn("list own addresses")
		return
	}
	have := map[netip.Addr]bool{}
	for _, p := range links {
		have[p.Addr()] = true
	}
	for _, c := range h.swarm.Conns() {
		if orphaned(c.LocalMultiaddr(), have) {
			c.Close()
		}
	}
}

// ownLinks lists this device's addresses with the networks that they are on.
func ownLinks() []netip.Prefix {
	own, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var out []netip.Prefix
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

package p2p

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// maxAddrs bounds the addresses kept and tried per peer.
const maxAddrs = 16

// endpoint is an address that a person typed or a device published.
type endpoint struct {
	id    peer.ID        // "" when the address does not say
	addrs []ma.Multiaddr // transport addresses without /p2p/, the ways to reach that place
}

// typed repairs what a Chinese input method makes of an address.
var typed = strings.NewReplacer("：", ":", "。", ".", "／", "/", "［", "[", "］", "]")

// parseEndpoint reads "host:port" (tried over TCP and QUIC) or a multiaddr with
// or without /p2p/. Every error wraps ErrBadAddress.
func parseEndpoint(text string) (endpoint, error) {
	text = typed.Replace(strings.TrimSpace(text))
	if strings.HasPrefix(text, "/") {
		return parseMultiaddr(text)
	}
	host, portText, err := net.SplitHostPort(text)
	if err != nil {
		return endpoint{}, fmt.Errorf("%w: %w", ErrBadAddress, err)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil || port == 0 {
		return endpoint{}, fmt.Errorf("%w: port %q", ErrBadAddress, portText)
	}
	if host == "" || strings.ContainsAny(host, "/ \t") {
		return endpoint{}, fmt.Errorf("%w: host %q", ErrBadAddress, host)
	}
	place := "/dns/" + host
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.Is4() {
			place = "/ip4/" + host
		} else {
			place = "/ip6/" + host
		}
	}
	var e endpoint
	for _, transport := range []string{"/tcp/%d", "/udp/%d/quic-v1"} {
		one, err := parseMultiaddr(place + fmt.Sprintf(transport, port))
		if err != nil {
			return endpoint{}, err
		}
		e.addrs = append(e.addrs, one.addrs...)
	}
	return e, nil
}

func parseMultiaddr(text string) (endpoint, error) {
	addr, err := ma.NewMultiaddr(text)
	if err != nil {
		return endpoint{}, fmt.Errorf("%w: %w", ErrBadAddress, err)
	}
	transport, id := peer.SplitAddr(addr)
	if !dialable(transport) {
		return endpoint{}, fmt.Errorf("%w: %s", ErrBadAddress, text)
	}
	return endpoint{id: id, addrs: []ma.Multiaddr{transport}}, nil
}

// dialable accepts an IP or a plain host name, then TCP or QUIC, and nothing
// more: no relay, no name that leads to other names. Link-local IPv6 needs a
// zone that means nothing on another machine.
func dialable(addr ma.Multiaddr) bool {
	if len(addr) < 2 {
		return false
	}
	switch addr[0].Code() {
	case ma.P_IP4, ma.P_IP6:
		ip, ok := ipOf(addr)
		if !ok || ip.IsUnspecified() || ip.IsMulticast() || ip.Is6() && ip.IsLinkLocalUnicast() {
			return false
		}
	case ma.P_DNS, ma.P_DNS4, ma.P_DNS6:
	default:
		return false
	}
	switch {
	case len(addr) == 2:
		return addr[1].Code() == ma.P_TCP && addr[1].Value() != "0"
	case len(addr) == 3:
		return addr[1].Code() == ma.P_UDP && addr[1].Value() != "0" && addr[2].Code() == ma.P_QUIC_V1
	}
	return false
}

// parseAddrs reads addresses that were stored or published, for the given
// identity. What is not usable is left out: it comes from another device.
func parseAddrs(texts []string, id peer.ID) []ma.Multiaddr {
	var addrs []ma.Multiaddr
	for _, text := range texts {
		if len(addrs) == maxAddrs {
			break
		}
		e, err := parseMultiaddr(text)
		if err == nil && (e.id == "" || e.id == id) {
			addrs = append(addrs, e.addrs...)
		}
	}
	return addrs
}

// resolve replaces a host name by the addresses it stands for, because the
// transports dial IPs only.
func resolve(ctx context.Context, addrs []ma.Multiaddr) ([]ma.Multiaddr, error) {
	var resolved []ma.Multiaddr
	for _, addr := range addrs {
		network := ""
		switch addr[0].Code() {
		case ma.P_DNS:
			network = "ip"
		case ma.P_DNS4:
			network = "ip4"
		case ma.P_DNS6:
			network = "ip6"
		default:
			resolved = append(resolved, addr)
			continue
		}
		ips, err := net.DefaultResolver.LookupNetIP(ctx, network, addr[0].Value())
		if err != nil {
			return nil, fmt.Errorf("look up %s: %w", addr[0].Value(), err)
		}
		for _, ip := range ips[:min(len(ips), maxAddrs/2)] {
			place, err := manet.FromIP(ip.Unmap().AsSlice())
			if err != nil {
				return nil, fmt.Errorf("address of %s: %w", addr[0].Value(), err)
			}
			resolved = append(resolved, append(place, addr[1:]...))
		}
	}
	return resolved, nil
}

func ipOf(addr ma.Multiaddr) (netip.Addr, bool) {
	raw, err := manet.ToIP(addr)
	if err != nil {
		return netip.Addr{}, false
	}
	ip, ok := netip.AddrFromSlice(raw)
	return ip.Unmap(), ok
}

// pathOf classifies how a connection to addr runs. on are the networks this device is on: with IPv6 an office uses global
// addresses too.
func pathOf(addr ma.Multiaddr, on links) string {
	if isCircuit(addr) {
		return PathRelayed
	}
	ip, ok := ipOf(addr)
	if !ok {
		return PathDirect
	}
	onLink := slices.ContainsFunc(on, func(p netip.Prefix) bool { return p.Contains(ip.WithZone("")) })
	if onLink || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsLoopback() {
		return PathLAN
	}
	return PathDirect
}

// distance orders addresses for others: the office network first.
func distance(addr ma.Multiaddr) int {
	if ip, ok := ipOf(addr); ok && ip.IsPrivate() {
		return 0
	}
	return 1
}

func isQUIC(addr ma.Multiaddr) bool {
	_, err := addr.ValueForProtocol(ma.P_QUIC_V1)
	return err == nil
}

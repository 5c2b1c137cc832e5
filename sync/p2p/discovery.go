package p2p

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/discovery/mdns"
)

// discovery announces this device on the local network under the team's
// service name and hears the others.
type discovery struct {
	node  host.Host
	log   *slog.Logger
	found func(peer.AddrInfo)

	mu      sync.Mutex
	closed  bool
	name    string
	addrs   string // what is announced now
	service mdns.Service
}

func newDiscovery(node host.Host, log *slog.Logger, found func(peer.AddrInfo)) *discovery {
	return &discovery{node: node, log: log, found: found}
}

// use switches to another name; "" is silence.
func (d *discovery) use(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if name != d.name {
		d.name = name
		d.restart()
	}
}

// refresh announces the present addresses: an announcement does not follow a
// change of network by itself.
func (d *discovery) refresh() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.name != "" && (d.service == nil || d.addrs != listening(d.node)) {
		d.restart()
	}
}

func (d *discovery) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	d.stop()
}

func (d *discovery) stop() {
	if d.service != nil {
		if err := d.service.Close(); err != nil {
			d.log.Debug("stop discovery", "err", err)
		}
		d.service = nil
	}
}

// restart is called with mu held. Without a usable network there is nothing
// to announce on; the next refresh tries again.
func (d *discovery) restart() {
	d.stop()
	if d.closed || d.name == "" {
		return
	}
	d.addrs = listening(d.node)
	service, err := startMDNS(d.node, d.name, d.found)
	if err != nil {
		d.log.Info("no discovery on the local network", "err", err)
		return
	}
	d.service = service
}

// startMDNS announces and listens until the service is closed. A name that is
// no DNS-SD service type yet is made one.
func startMDNS(node host.Host, name string, found func(peer.AddrInfo)) (mdns.Service, error) {
	if !strings.HasPrefix(name, "_") {
		name = "_" + name + "._udp"
	}
	service := mdns.NewMdnsService(node, name, foundFunc(found))
	if err := service.Start(); err != nil {
		service.Close()
		return nil, fmt.Errorf("start mdns: %w", err)
	}
	return service, nil
}

type foundFunc func(peer.AddrInfo)

func (f foundFunc) HandlePeerFound(info peer.AddrInfo) { f(info) }

// listening is the set of addresses that an announcement carries.
func listening(node host.Host) string {
	addrs, err := node.Network().InterfaceListenAddresses()
	if err != nil {
		return ""
	}
	texts := make([]string, 0, len(addrs))
	for _, a := range addrs {
		texts = append(texts, a.String())
	}
	slices.Sort(texts)
	return strings.Join(texts, " ")
}

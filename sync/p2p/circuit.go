package p2p

import (
	"fmt"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	ma "github.com/multiformats/go-multiaddr"
)

// Circuits: connections through a relay of the team. The two ends prove their keys to each other as on any connection and
// encrypt; the relay moves bytes. Mates have the same relays, so a mate is called through every relay where this device has
// a reservation itself; the addresses in circuitAddrs are for invitations, whose readers know no relay.

const (
	// maxOwnCircuits bounds the circuit addresses that this device gives away.
	maxOwnCircuits = 4
	// perRelay of them go through one relay: one over QUIC, one over TCP.
	perRelay = 2
)

// circuitDelay is the head start of direct addresses. The other way round a nearby relay would win against the mate's own
// device and the conversation would have to move.
const circuitDelay = 500 * time.Millisecond

// rankDials is libp2p's order of addresses, with circuits behind everything else.
func rankDials(addrs []ma.Multiaddr) []network.AddrDelay {
	ranked := swarm.DefaultDialRanker(addrs)
	direct := false
	for _, r := range ranked {
		direct = direct || !isCircuit(r.Addr)
	}
	for i, r := range ranked {
		if isCircuit(r.Addr) {
			ranked[i].Delay = 0
			if direct {
				ranked[i].Delay = circuitDelay
			}
		}
	}
	return ranked
}

func isCircuit(addr ma.Multiaddr) bool {
	_, err := addr.ValueForProtocol(ma.P_CIRCUIT)
	return err == nil
}

// viaRelay is the address of everybody who has a reservation at id. The connection to the relay is there already.
func viaRelay(id peer.ID) (ma.Multiaddr, error) {
	addr, err := ma.NewMultiaddr("/p2p/" + id.String() + "/p2p-circuit")
	if err != nil {
		return nil, fmt.Errorf("circuit through %s: %w", id, err)
	}
	return addr, nil
}

// circuitsTo lists the circuits through which a mate may be reached now.
func (h *Host) circuitsTo() []ma.Multiaddr {
	var addrs []ma.Multiaddr
	for _, r := range h.reserved() {
		if addr, err := viaRelay(r.id); err == nil {
			addrs = append(addrs, addr)
		}
	}
	return addrs
}

// circuitAddrs lists where others reach this device through its relays, without its own identity.
func (h *Host) circuitAddrs() []string {
	var out []string
	for _, r := range h.reserved() {
		h.mu.Lock()
		addrs := r.addrs
		h.mu.Unlock()
		seen := map[bool]bool{} // by QUIC or not
		for _, a := range addrs {
			if len(out) == maxOwnCircuits || len(seen) == perRelay {
				break
			}
			if !seen[isQUIC(a)] {
				seen[isQUIC(a)] = true
				out = append(out, fmt.Sprintf("%s/p2p/%s/p2p-circuit", a, r.id))
			}
		}
	}
	return out
}

// circuit is an address through a relay, taken apart.
type circuit struct {
	relay peer.ID
	place ma.Multiaddr // the relay's
	addr  ma.Multiaddr // without the identity at its end
	to    peer.ID
}

// parseCircuit reads an address of circuitAddrs with the identity of the device at its end. False: it is something else.
func parseCircuit(text string) (circuit, bool) {
	addr, err := ma.NewMultiaddr(text)
	if err != nil {
		return circuit{}, false
	}
	rest, to := peer.SplitAddr(addr)
	if to == "" || len(rest) < 4 || rest[len(rest)-1].Code() != ma.P_CIRCUIT {
		return circuit{}, false
	}
	place, relay := peer.SplitAddr(rest[:len(rest)-1])
	if relay == "" || relay == to || !dialable(place) {
		return circuit{}, false
	}
	return circuit{relay: relay, place: place, addr: rest, to: to}, true
}

package p2p

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	ma "github.com/multiformats/go-multiaddr"
)

// RelayAddr says which relay the team uses and where it answers.
type RelayAddr struct {
	PeerPub [32]byte // its transport key, raw ed25519
	Addrs   []string // multiaddrs with or without /p2p/, best first
}

// RelayState is what people may be told about one relay of the team.
type RelayState struct {
	PeerPub   [32]byte
	Connected bool      // its transport key is proven and the connection stands
	Since     time.Time // of Connected, or of its absence
	Path      string    // PathLAN or PathDirect; "" unless connected
	Reason    string    // a Reason constant; "" while nothing went wrong
	Reserved  bool      // mates may come to this device through it
}

// relay is one relay of the team. Host.mu guards everything but the first group, which never changes.
type relay struct {
	id     peer.ID
	pub    [32]byte
	ctx    context.Context // ends when the team no longer uses it
	cancel context.CancelFunc
	hurry  chan struct{} // something changed: try again now
	before *relay        // the same relay, as it was used until now; nil: none
	over   chan struct{} // closed when it is parted from

	addrs    []ma.Multiaddr
	conn     network.Conn       // nil: not connected
	lost     context.CancelFunc // the connection is gone; nil without one
	since    time.Time
	reason   string       // why there is no connection or no reservation
	reserved bool         // by the present connection
	observed ma.Multiaddr // where it sees this device's QUIC socket; nil: not known
	redial   redial
}

const (
	// maxRelays bounds the relays of a team that one device keeps up with.
	maxRelays = 8
	// relayStreams is how many circuits one relay may carry for this device, each way; a mate has a sixteenth of it.
	relayStreams = 256
)

// SetRelays replaces the relays of the team. It returns at once; those that are gone are parted from.
func (h *Host) SetRelays(relays []RelayAddr) {
	var begin []*relay
	h.mu.Lock()
	kept := map[peer.ID]*relay{}
	for _, a := range relays {
		id, err := peerIDOf(a.PeerPub[:])
		if err != nil || id == h.self || kept[id] != nil || len(kept) == maxRelays {
			continue
		}
		r := h.relays[id]
		if r == nil {
			r = &relay{id: id, pub: a.PeerPub, since: h.now(), hurry: make(chan struct{}, 1), before: h.leaving[id], over: make(chan struct{})}
			r.ctx, r.cancel = context.WithCancel(h.ctx)
			begin = append(begin, r)
		}
		r.addrs = parseAddrs(a.Addrs, id)
		kept[id] = r
	}
	for id, r := range h.relays {
		if kept[id] == nil {
			r.cancel()
			h.leaving[id] = r
		}
	}
	h.relays = kept
	h.mu.Unlock()
	for _, r := range begin {
		h.spawn(func() { h.keepRelay(r) })
	}
	h.changed()
	h.Refresh()
}

// Relays lists the relays of the team, ordered by key.
func (h *Host) Relays() []RelayState {
	on := ownLinks()
	h.mu.Lock()
	defer h.mu.Unlock()
	states := make([]RelayState, 0, len(h.relays))
	for _, r := range h.relays {
		s := RelayState{PeerPub: r.pub, Connected: r.conn != nil, Since: r.since, Reason: r.reason, Reserved: r.reserved}
		if r.conn != nil {
			s.Path = pathOf(r.conn.RemoteMultiaddr(), on)
		}
		states = append(states, s)
	}
	slices.SortFunc(states, func(a, b RelayState) int { return bytes.Compare(a.PeerPub[:], b.PeerPub[:]) })
	return states
}

// isRelay says whether id is a relay of the team.
func (h *Host) isRelay(id peer.ID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.relays[id] != nil
}

// reserved lists the relays through which this device and its mates meet now.
func (h *Host) reserved() []*relay {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []*relay
	for _, r := range h.relays {
		if r.reserved {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b *relay) int { return bytes.Compare(a.pub[:], b.pub[:]) })
	return out
}

// widen lets one relay carry the circuits of many mates. It may use no more
// than the whole node.
func (h *Host) widen(id peer.ID) {
	err := h.node.Network().ResourceManager().ViewPeer(id, func(scope network.PeerScope) error {
		if limiter, ok := scope.(rcmgr.ResourceScopeLimiter); ok {
			limiter.SetLimit(&rcmgr.BaseLimit{
				Conns: 4, ConnsInbound: 0, ConnsOutbound: 4, FD: 4,
				Streams: 2 * relayStreams, StreamsInbound: relayStreams, StreamsOutbound: relayStreams, Memory: 64 << 20,
			})
		}
		return nil
	})
	if err != nil {
		h.log.Warn("set limits of a relay", "err", err)
	}
}

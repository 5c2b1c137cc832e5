package p2p

import (
	"bytes"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
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
	id  peer.ID
	pub [32]byte

	addrs     []ma.Multiaddr
	connected bool
	since     time.Time
	path      string
	reason    string
	reserved  bool
}

// maxRelays bounds the relays of a team that one device keeps up with.
const maxRelays = 8

// SetRelays replaces the relays of the team. It returns at once; those that are gone are parted from.
func (h *Host) SetRelays(relays []RelayAddr) {
	h.mu.Lock()
	defer h.mu.Unlock()
	kept := map[peer.ID]*relay{}
	for _, a := range relays {
		id, err := peerIDOf(a.PeerPub[:])
		if err != nil || id == h.self || len(kept) == maxRelays {
			continue
		}
		r := h.relays[id]
		if r == nil {
			r = &relay{id: id, pub: a.PeerPub, since: h.now()}
		}
		r.addrs = parseAddrs(a.Addrs, id)
		kept[id] = r
	}
	h.relays = kept
	signal(h.refresh)
}

// Relays lists the relays of the team, ordered by key.
func (h *Host) Relays() []RelayState {
	h.mu.Lock()
	defer h.mu.Unlock()
	states := make([]RelayState, 0, len(h.relays))
	for _, r := range h.relays {
		states = append(states, RelayState{
			PeerPub: r.pub, Connected: r.connected, Since: r.since, Path: r.path, Reason: r.reason, Reserved: r.reserved,
		})
	}
	slices.SortFunc(states, func(a, b RelayState) int { return bytes.Compare(a.PeerPub[:], b.PeerPub[:]) })
	return states
}

package p2p

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"tongzhou/sync/op"
)

// mate is one other device of the team. Host.mu guards everything but the
// first group, which never changes.
type mate struct {
	id      peer.ID
	pub     []byte
	device  op.DeviceID
	traffic *traffic

	published []ma.Multiaddr // by the device itself
	nearby    []ma.Multiaddr // announced on the local network

	redial  redial
	improve improve       // attempts to leave a circuit
	dialing bool          // an attempt is under way
	opening *opening      // its stream is being agreed on
	conv    *conversation // the one conversation
	found   bool          // announced, and no attempt has failed since
	reason  string        // of the last failure
	state   string        // what current said last
	since   time.Time     // since when
	told    string        // the state and reason that OnChange was told of last

	punchBegan time.Time // the latest attempt to punch a hole
	punched    string    // id of the connection that came of one
}

func (m *mate) current() string {
	switch {
	case m.conv != nil, m.opening != nil && m.opening.moving:
		return StateConnected
	case m.dialing || m.opening != nil:
		return StateConnecting
	case m.found:
		return StateFound
	}
	return StateOffline
}

// settle notes a change of state or reason and makes OnChange due. Host.mu is
// held.
func (h *Host) settle(m *mate) {
	if s := m.current(); s != m.state {
		m.state, m.since = s, h.now()
	}
	if told := m.state + " " + m.reason; told != m.told {
		m.told = told
		h.changed()
	}
}

// Peers lists the other devices of the team, also those that are offline,
// ordered by device id.
func (h *Host) Peers() []PeerInfo {
	on := ownLinks()
	h.mu.Lock()
	defer h.mu.Unlock()
	infos := make([]PeerInfo, 0, len(h.mates))
	for _, m := range h.mates {
		info := PeerInfo{
			Device: m.device, State: m.state, Since: m.since, LastSeen: m.traffic.lastSeen(),
			BytesIn: m.traffic.in.Load(), BytesOut: m.traffic.out.Load(), Reason: m.reason,
		}
		if m.conv != nil {
			info.Path, info.Addr = h.pathTo(m, m.conv.conn, on), m.conv.conn.RemoteMultiaddr().String()
		}
		infos = append(infos, info)
	}
	slices.SortFunc(infos, func(a, b PeerInfo) int { return bytes.Compare(a.Device[:], b.Device[:]) })
	return infos
}

// reconcile brings the mates in line with the roster: new ones are dialled,
// those that left are cut off.
func (h *Host) reconcile() {
	t := h.team.Load()
	var devices []RosterDevice
	if t.roster != nil {
		devices = t.roster.Devices()
	}
	now := h.now()
	current := make(map[peer.ID]bool, len(devices))
	h.mu.Lock()
	for _, d := range devices {
		id, err := peerIDOf(d.PeerPub)
		if err != nil || id == h.self || d.ID == t.self {
			continue
		}
		current[id] = true
		m := h.mateOf(id, d.ID)
		if addrs := parseAddrs(d.Addrs, id); !slices.EqualFunc(addrs, m.published, ma.Multiaddr.Equal) {
			m.published = addrs
			m.improve.hurry()
		}
		m.redial.hurry(now)
	}
	for _, r := range h.relays {
		signal(r.hurry)
	}
	var left []*conversation
	for id, m := range h.mates {
		if !current[id] {
			delete(h.mates, id)
			if m.conv != nil {
				left = append(left, m.conv)
			}
		}
	}
	h.rank(t.self)
	h.mu.Unlock()

	for _, c := range left {
		h.part(c)
	}
	h.cutStrangers()
	h.changed()
}

// mateOf finds or makes the entry of a rostered device. Host.mu is held.
func (h *Host) mateOf(id peer.ID, device op.DeviceID) *mate {
	m, ok := h.mates[id]
	if !ok {
		m = &mate{
			id: id, pub: pubOf(id), device: device, traffic: &traffic{},
			state: StateOffline, since: h.now(),
		}
		h.mates[id] = m
		h.order = append(h.order, m)
	}
	return m
}

// rank sorts the mates by a hash that differs from device to device. A large
// team's devices so choose different partners, and the choices together form
// a random graph, which is connected. Host.mu is held.
func (h *Host) rank(self op.DeviceID) {
	h.order = h.order[:0]
	keys := make(map[*mate][32]byte, len(h.mates))
	for _, m := range h.mates {
		h.order = append(h.order, m)
		keys[m] = sha256.Sum256(append(self[:], m.device[:]...))
	}
	slices.SortFunc(h.order, func(a, b *mate) int {
		ka, kb := keys[a], keys[b]
		return bytes.Compare(ka[:], kb[:])
	})
}

// cutStrangers closes the connections that nobody answers for: devices that
// left the team, and those that DialJoin is done with.
func (h *Host) cutStrangers() {
	for _, c := range h.swarm.Conns() {
		id := c.RemotePeer()
		if !h.rostered(id) && !h.invited(id) && !h.isRelay(id) && !h.strangers.has(c) && !h.isParting(c) {
			c.CloseWithError(network.ConnGated)
		}
	}
}

// found takes in what a device announced on the local network. Announcements
// are not authenticated: they only say where to look.
func (h *Host) found(info peer.AddrInfo) {
	device, ok := h.device(info.ID)
	if !ok || !h.enter() {
		return
	}
	defer h.tasks.Done()
	h.mu.Lock()
	defer h.mu.Unlock()
	m := h.mateOf(info.ID, device)
	addrs := slices.DeleteFunc(slices.Clone(info.Addrs), func(a ma.Multiaddr) bool { return !dialable(a) })
	m.nearby = addrs[:min(len(addrs), maxAddrs)]
	m.found = true
	m.redial.hurry(h.now())
	m.improve.hurry()
	h.settle(m)
	signal(h.wake)
}

// addrsOf lists the direct ways to a mate, best first: what worked, what it
// announces nearby, what it published.
func (h *Host) addrsOf(m *mate) []ma.Multiaddr {
	addrs := h.book.addrs(m.pub)
	h.mu.Lock()
	addrs = append(append(addrs, m.nearby...), m.published...)
	h.mu.Unlock()
	seen := map[string]bool{}
	addrs = slices.DeleteFunc(addrs, func(a ma.Multiaddr) bool {
		key := string(a.Bytes())
		defer func() { seen[key] = true }()
		return seen[key]
	})
	return addrs[:min(len(addrs), maxAddrs)]
}

// sourceOf says where an address of a mate was learnt.
func (h *Host) sourceOf(m *mate, addr ma.Multiaddr) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case ma.Contains(m.nearby, addr):
		return SourceMDNS
	case ma.Contains(m.published, addr):
		return SourcePublished
	}
	return SourceSeen
}

package app

import (
	"bytes"

	"tongzhou/sync/op"
	"tongzhou/sync/p2p"
)

// keepColleagues notes beside the database who the colleagues are.
func (n *network) keepColleagues() {
	n.mu.Lock()
	t, mates := n.team, n.mates
	n.mu.Unlock()
	if err := mates.update(t.replica.Authority(), t.id.Device.ID); err != nil {
		n.log.Warn("note colleagues", "err", err)
	}
}

// DeviceByPeer implements p2p.Roster.
func (n *network) DeviceByPeer(pub []byte) (op.DeviceID, bool) {
	n.mu.Lock()
	t, mates := n.team, n.mates
	n.mu.Unlock()
	if t == nil {
		return op.DeviceID{}, false
	}
	auth := t.replica.Authority()
	if d, ok := auth.DeviceByPeer(pub); ok {
		return d.ID, true
	}
	for _, d := range mates.unknownTo(auth) {
		if bytes.Equal(d.PeerPub, pub) {
			return d.ID, true
		}
	}
	return op.DeviceID{}, false
}

// FormerByPeer implements p2p.Roster.
func (n *network) FormerByPeer(pub []byte) (op.DeviceID, bool) {
	n.mu.Lock()
	t := n.team
	n.mu.Unlock()
	if t == nil {
		return op.DeviceID{}, false
	}
	d, ok := t.replica.Authority().FormerByPeer(pub)
	return d.ID, ok
}

// Devices implements p2p.Roster.
func (n *network) Devices() []p2p.RosterDevice {
	n.mu.Lock()
	t, addrs, mates := n.team, n.addrs, n.mates
	n.mu.Unlock()
	if t == nil {
		return nil
	}
	auth := t.replica.Authority()
	out := mates.unknownTo(auth)
	for _, u := range auth.Users() {
		for _, d := range u.Devices {
			if d.ID != t.id.Device.ID {
				out = append(out, p2p.RosterDevice{ID: d.ID, PeerPub: d.PeerPub, Addrs: addrs[d.ID]})
			}
		}
	}
	return out
}

package app

import (
	"context"
	"errors"
	"sort"
	"strings"
	"time"

	"tongzhou/backend/fault"
	"tongzhou/sync/join"
	"tongzhou/sync/p2p"
	"tongzhou/sync/session"
)

// ConnectionsDTO is the connection panel. Every state in it is proven: see the fields.
type ConnectionsDTO struct {
	Self     SelfDTO   `json:"self"`
	State    string    `json:"state"` // synced, syncing, waiting (nobody reachable), offline (no network), error
	Online   int       `json:"online"`
	Upload   int       `json:"upload"`   // own ops that no other device has acknowledged
	Download int       `json:"download"` // ops known to exist that are not here yet
	SyncedAt string    `json:"syncedAt"` // last time all that both sides share was equal, with any colleague
	Peers    []PeerDTO `json:"peers"`
}

// SelfDTO is this device.
type SelfDTO struct {
	DeviceName string   `json:"deviceName"`
	PeerID     string   `json:"peerId"`
	Addresses  []string `json:"addresses"`
	Code       string   `json:"code"` // the address to give to a colleague
}

// PeerDTO is a colleague's device.
type PeerDTO struct {
	DeviceID   string `json:"deviceId"`
	UserID     string `json:"userId"`
	UserName   string `json:"userName"`
	DeviceName string `json:"deviceName"`
	Path       string `json:"path"` // "", lan, direct, mapped, punched, relayed
	Address    string `json:"address"`
	State      string `json:"state"` // offline, found, connected, authenticated, syncing, synced
	Since      string `json:"since"`
	SyncedAt   string `json:"syncedAt"`
	LastSeen   string `json:"lastSeen"`
	BytesIn    uint64 `json:"bytesIn"`
	BytesOut   uint64 `json:"bytesOut"`
	Behind     int    `json:"behind"` // ops this device still lacks of what the peer offered
	Reason     string `json:"reason"` // why it is not connected, or not better than relayed: a code of package p2p
}

// Connections tells how this device is connected.
func (p *API) Connections() (ConnectionsDTO, error) {
	t, err := p.a.ready()
	if err != nil {
		return ConnectionsDTO{}, err
	}
	return t.net.connections(), nil
}

// AddAddress reaches a colleague at an address. Faults: network.bad_address, network.unreachable, network.stranger.
func (p *API) AddAddress(address string) error {
	t, err := p.a.ready()
	if err != nil {
		return err
	}
	t.net.mu.Lock()
	h := t.net.host
	t.net.mu.Unlock()
	if h == nil {
		return fault.New("network.starting")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	err = h.AddAddress(ctx, strings.TrimSpace(address))
	switch {
	case err == nil:
		return nil
	case errors.Is(err, p2p.ErrBadAddress):
		return fault.Wrap("network.bad_address", err)
	case errors.Is(err, p2p.ErrStranger):
		return fault.Wrap("network.stranger", err)
	default:
		return fault.Wrap("network.unreachable", err, "address", address)
	}
}

// SyncNow looks for colleagues at once instead of at the next turn.
func (p *API) SyncNow() error {
	t, err := p.a.ready()
	if err != nil {
		return err
	}
	t.net.refresh()
	return nil
}

func (n *network) connections() ConnectionsDTO {
	n.mu.Lock()
	h, t, failed := n.host, n.team, n.err
	sessions := make(map[string]session.Status, len(n.sessions))
	for dev, st := range n.sessions {
		sessions[dev.String()] = st
	}
	last := make(map[string]time.Time, len(n.lastSync))
	for dev, at := range n.lastSync {
		last[dev.String()] = at
	}
	n.mu.Unlock()
	out := ConnectionsDTO{Self: SelfDTO{DeviceName: n.id.DeviceName, Addresses: []string{}}, Peers: []PeerDTO{}, State: "waiting", Upload: int(t.replica.Unsent())}
	reached := map[string]p2p.PeerInfo{}
	if h != nil {
		out.Self.PeerID, out.Self.Addresses = h.PeerID(), join.BestFirst(h.Addrs())
		if len(out.Self.Addresses) > 0 {
			out.Self.Code = out.Self.Addresses[0]
		}
		for _, p := range h.Peers() {
			reached[p.Device.String()] = p
		}
	}
	names := n.app.directory.Names()
	var synced time.Time
	allSynced := true
	for _, u := range t.replica.Authority().Users() {
		for _, d := range u.Devices {
			if d.ID == t.id.Device.ID {
				continue
			}
			id := d.ID.String()
			pi := reached[id]
			peer := PeerDTO{
				DeviceID: id, UserID: u.ID.String(), UserName: names(u.ID), DeviceName: d.Name, Path: pi.Path, Address: pi.Addr, State: pi.State,
				Since: timestamp(pi.Since), LastSeen: timestamp(pi.LastSeen), BytesIn: pi.BytesIn, BytesOut: pi.BytesOut, Reason: pi.Reason, SyncedAt: timestamp(last[id]),
			}
			switch pi.State {
			case "", p2p.StateOffline:
				peer.State = "offline"
			case p2p.StateConnecting:
				peer.State = "found"
			}
			if st, ok := sessions[id]; ok {
				out.Online++
				peer.Behind = int(st.Behind)
				out.Download += int(st.Behind)
				peer.State = [...]string{session.Authenticated: "authenticated", session.Syncing: "syncing", session.InSync: "synced"}[st.State]
				allSynced = allSynced && st.State == session.InSync
			}
			if at := last[id]; at.After(synced) {
				synced = at
			}
			out.Peers = append(out.Peers, peer)
		}
	}
	sort.SliceStable(out.Peers, func(i, j int) bool { return out.Peers[i].LastSeen > out.Peers[j].LastSeen })
	out.SyncedAt = timestamp(synced)
	switch {
	case failed != nil:
		out.State = "error"
	case h != nil && out.Online == 0 && n.noNetwork(out.Self.Addresses):
		out.State = "offline"
	case out.Online == 0:
		out.State = "waiting"
	case allSynced && out.Upload == 0 && out.Download == 0:
		out.State = "synced"
	default:
		out.State = "syncing"
	}
	return out
}

// noNetwork tells from the own addresses whether the machine has a network, unless it was told where to listen.
func (n *network) noNetwork(addrs []string) bool {
	if len(n.app.opts.P2PListen) > 0 && len(addrs) > 0 {
		return false
	}
	for _, a := range addrs {
		if !strings.HasPrefix(a, "/ip4/127.") && !strings.HasPrefix(a, "/ip6/::1/") {
			return false
		}
	}
	return true
}

package p2p

import (
	"context"

	"tongzhou/sync/op"
)

// Host is this device on the network.
type Host struct{}

type tuning struct{}

// Kinds of JoinEvent.
const (
	JoinFound      = "found"      // an address to try
	JoinConnecting = "connecting" // it is being dialled
)

// JoinEvent tells how DialJoin gets on.
type JoinEvent struct {
	Kind    string // JoinFound or JoinConnecting
	PeerPub []byte // raw ed25519
	Addr    string // multiaddr without /p2p/
	Source  string // SourceInvite or SourceMDNS
}

// New starts a host; it listens when New returns.
func New(ctx context.Context, cfg Config) (*Host, error) { return nil, ErrClosed }

// Close ends every conversation and waits for it.
func (h *Host) Close() error { return nil }

// Addrs lists where others reach this device.
func (h *Host) Addrs() []string { return nil }

// PeerID is this device's libp2p identity in text form.
func (h *Host) PeerID() string { return "" }

// AddAddress tries an address that a person typed.
func (h *Host) AddAddress(ctx context.Context, addr string) error { return ErrClosed }

// DialJoin finds a member to ask for admission.
func (h *Host) DialJoin(ctx context.Context, addrs []string, mdnsName string, report func(JoinEvent)) (Stream, []byte, error) {
	return nil, nil, ErrClosed
}

// Refresh reconsiders all dials.
func (h *Host) Refresh() {}

// Peers lists the team's other devices.
func (h *Host) Peers() []PeerInfo { return nil }

// UseTeam switches to a team without a restart.
func (h *Host) UseTeam(roster Roster, mdnsName string, self op.DeviceID) {}

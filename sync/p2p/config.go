package p2p

import (
	"context"
	"crypto/ed25519"
	"io"
	"log/slog"
	"time"

	"tongzhou/sync/op"
)

// Roster answers who belongs to the team, from this device's own evaluation of
// the control log. It is called from many goroutines, never with a lock of
// this package held, and must not block on the network.
type Roster interface {
	// DeviceByPeer names the device whose transport key is peerPub (raw
	// ed25519, 32 bytes). False: that key belongs to no current device.
	DeviceByPeer(peerPub []byte) (op.DeviceID, bool)
	// FormerByPeer names the device that was the team's once and lost access,
	// and whose transport key is peerPub.
	FormerByPeer(peerPub []byte) (op.DeviceID, bool)
	// Devices lists the current devices of the team. This device may be among
	// them; it is skipped.
	Devices() []RosterDevice
}

// RosterDevice is a team mate's device as the roster knows it.
type RosterDevice struct {
	ID      op.DeviceID
	PeerPub []byte   // raw ed25519, 32 bytes
	Addrs   []string // multiaddrs last published by that device, best first
}

// Stream is one bidirectional byte stream to one authenticated device.
type Stream interface {
	io.ReadWriteCloser
	SetDeadline(time.Time) error
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
	// Reset drops the stream at once, both directions, unsent bytes included.
	Reset() error
}

// Where an address was learnt.
const (
	SourceMDNS      = "mdns"      // announced on the local network
	SourcePublished = "published" // published by the device itself
	SourceManual    = "manual"    // typed in by a person
	SourceInvite    = "invite"    // came with an invitation
	SourceSeen      = "seen"      // a connection that worked came from there
)

// Known is one remembered address.
type Known struct {
	PeerPub []byte // raw ed25519; empty: not known yet who answers there
	Addr    string // multiaddr without /p2p/
	Source  string // one of the Source constants
	LastOK  time.Time
}

// AddressBook keeps addresses over restarts. Save replaces the entry with the
// same PeerPub and Addr. It is called from one goroutine at a time.
type AddressBook interface {
	Load() ([]Known, error)
	Save(Known) error
}

// Config is everything a Host needs. Key is required, the rest may be zero.
type Config struct {
	Key    ed25519.PrivateKey // the device's transport key
	Listen []string           // multiaddrs; empty: TCP and QUIC on every interface, IPv4 and IPv6
	Port   int                // for an empty Listen; 0, or taken: a random one, the same for TCP and QUIC

	MDNSName string      // DNS-SD service name that the team shares; "": no discovery on the LAN
	Roster   Roster      // nil: no team yet, only DialJoin works
	Self     op.DeviceID // this device, zero without a team

	Relays []RelayAddr // of the team; SetRelays replaces them

	// StrangersWelcome says whether the stranger with that transport key may
	// ask to join: an invitation or a link is open, or the key is that of a
	// member who returns. nil: never.
	StrangersWelcome func(peerPub []byte) bool
	// OnSync runs one conversation with a rostered device and returns when it
	// is over. ctx ends, and the stream breaks, when the host closes, when the
	// device leaves the roster or when the other side began a newer
	// conversation. The stream is closed after the return. At most one
	// call per device runs at a time.
	OnSync func(ctx context.Context, dev op.DeviceID, s Stream, initiator bool)
	// OnFormer tells a device that lost access that it has: it may come for
	// nothing else. ctx ends after a fixed time.
	OnFormer func(ctx context.Context, dev op.DeviceID, s Stream)
	// OnJoin answers one device that asks to join. It is called only while
	// StrangersWelcome, and ctx ends after a fixed time, which is a longer one
	// once proven was called: a person may be asked then.
	OnJoin func(ctx context.Context, s Stream, remotePub []byte, proven func())
	// OnRelay speaks with a relay of the team on a fresh stream and returns when
	// it is over. It is called whenever the relay is reached, and once more,
	// later and later, when it returned while the connection stands. ctx ends,
	// and the stream breaks, when the host closes or the relay is no longer the
	// team's. At most one call per relay runs at a time. nil: relays only help
	// mates to meet.
	OnRelay func(ctx context.Context, relay [32]byte, s Stream)
	// OnBlob answers a mate that fetches chunks of larger content. ctx ends, and
	// the stream breaks, when the host closes. nil: nothing is given.
	OnBlob func(ctx context.Context, dev op.DeviceID, s Stream)
	// OnChange is called, coalesced, after Peers, Relays or Addrs may have changed;
	// traffic alone does not count. No callback may call Close.
	OnChange func()

	Book AddressBook      // nil: addresses are forgotten at the end
	Log  *slog.Logger     // nil: silent
	Now  func() time.Time // nil: the wall clock; decides about backoff and LastSeen

	tune tuning // tests only
}

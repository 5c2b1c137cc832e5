package p2p

import (
	"time"

	"tongzhou/sync/op"
)

// How a peer is reached.
const (
	PathLAN     = "lan"     // private, link-local or loopback address, or one of this device's own networks
	PathDirect  = "direct"  // any other address
	PathMapped  = "mapped"  // let in by a port mapping of this device's router
	PathPunched = "punched" // both called at once, so that their routers let the answers in
	PathRelayed = "relayed" // through a relay of the team
)

// How far a connection has come. Whether it is in sync is not known here.
const (
	StateOffline    = "offline"    // no sign of it since the last failure
	StateFound      = "found"      // seen on the network, not connected
	StateConnecting = "connecting" // being dialled
	StateConnected  = "connected"  // authenticated, and a conversation runs
)

// Why a peer or a relay is not connected, or not better: machine codes for PeerInfo.Reason and RelayState.Reason.
const (
	ReasonNoAddress = "no_address" // no address of it is known
	ReasonTimeout   = "timeout"    // no answer in time
	ReasonRefused   = "refused"    // the machine answers, the program does not listen
	ReasonNoRoute   = "no_route"   // this device's network has no way there
	ReasonIdentity  = "identity"   // somebody else answers at its address
	ReasonRejected  = "rejected"   // it answers, and does not let this device in
	ReasonClosed    = "closed"     // the conversation ended
	ReasonFull      = "full"       // the relay has no place left
	ReasonFailed    = "failed"     // anything else; the log says what

	// ReasonNotPunched comes with PathRelayed: no hole could be punched, so the relay is the only way.
	ReasonNotPunched = "not_punched"
)

// PeerInfo is what people may be told about the connection to one team mate.
type PeerInfo struct {
	Device   op.DeviceID
	Path     string // a Path constant; "" unless connected
	Addr     string // where it answered; "" unless connected
	State    string // a State constant
	Since    time.Time
	LastSeen time.Time // last byte received from it; zero: never in this run
	BytesIn  uint64    // over all conversations of this run
	BytesOut uint64
	Reason   string // a Reason constant; "" while nothing went wrong
}

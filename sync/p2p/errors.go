package p2p

import "errors"

var (
	// ErrBadAddress: the text is no address, or it is this device's own.
	// Returned by AddAddress.
	ErrBadAddress = errors.New("p2p: not a usable address")
	// ErrUnreachable: nobody answered. Returned by AddAddress and DialJoin.
	ErrUnreachable = errors.New("p2p: nobody answers there")
	// ErrRejected: somebody answered who does not let this device in. Returned
	// by DialJoin, together with ErrUnreachable.
	ErrRejected = errors.New("p2p: not let in there")
	// ErrStranger: somebody answered who is no device of this team, or not the
	// device that the address names. Returned by AddAddress.
	ErrStranger = errors.New("p2p: no device of this team answers there")
	// ErrClosed: the host was closed.
	ErrClosed = errors.New("p2p: host closed")
)

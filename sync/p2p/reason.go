package p2p

import (
	"context"
	"errors"
	"io"
	"net"
	"os"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/sec"
)

// reasonOf turns the error of an attempt into a code. An attempt tries several
// addresses; the code says what is most useful to know of all their errors.
func reasonOf(err error) string {
	var mismatch sec.ErrPeerIDMismatch
	var closed *network.ConnError
	var timeout net.Error
	switch {
	case errors.Is(err, errNoAddress):
		return ReasonNoAddress
	case errors.Is(err, errRefused):
		return ReasonRejected
	case errors.As(err, &mismatch):
		return ReasonIdentity
	case errors.As(err, &closed) && closed.Remote, errors.Is(err, connReset), errors.Is(err, io.EOF):
		return ReasonRejected
	case errors.Is(err, connRefused):
		return ReasonRefused
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded),
		errors.As(err, &timeout) && timeout.Timeout():
		return ReasonTimeout
	case errors.Is(err, netUnreachable), errors.Is(err, hostUnreachable):
		return ReasonNoRoute
	}
	return ReasonFailed
}

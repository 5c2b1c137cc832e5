//go:build !windows

package p2p

import "syscall"

const (
	connRefused     = syscall.ECONNREFUSED
	connReset       = syscall.ECONNRESET
	netUnreachable  = syscall.ENETUNREACH
	hostUnreachable = syscall.EHOSTUNREACH
)

package p2p

import "syscall"

// The Winsock codes: errors of the Windows network stack do not compare equal
// to syscall's Unix names.
const (
	connRefused     = syscall.Errno(10061)
	connReset       = syscall.Errno(10054)
	netUnreachable  = syscall.Errno(10051)
	hostUnreachable = syscall.Errno(10065)
)

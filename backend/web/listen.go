package web

import (
	"errors"
	"fmt"
	"net"
	"strconv"

	"tongzhou/backend/fault"
)

// ErrNotLoopback is returned by Listen and New for an address that other machines could reach.
var ErrNotLoopback = errors.New("not a loopback address")

// Listen opens a TCP listener on a loopback address such as 127.0.0.1:0, [::1]:8080 or localhost:8080. Any other address,
// also an empty host, which would mean all interfaces, is refused with ErrNotLoopback (fault "web.not_loopback") before a socket
// exists; an address that cannot be had gives fault "web.listen".
func Listen(address string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("listen address %q: %w", address, err)
	}
	if host == "localhost" {
		// Not resolved: a hosts file may send the name elsewhere.
		host = "127.0.0.1"
	}
	ip := net.ParseIP(host)
	if ip == nil || !ip.IsLoopback() {
		return nil, fault.Wrap("web.not_loopback", ErrNotLoopback, "address", address)
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(ip.String(), port))
	if err != nil {
		return nil, fault.Wrap("web.listen", err, "address", address, "reason", reasonOf(err))
	}
	return listener, nil
}

// reasonOf leaves out what the sentence around it says already.
func reasonOf(err error) string {
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		err = op.Err
	}
	return err.Error()
}

// hostsOf lists the values of the Host header under which a browser reaches the listener.
func hostsOf(listener net.Listener) ([]string, error) {
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok || !address.IP.IsLoopback() {
		return nil, fmt.Errorf("serve on %s: %w", listener.Addr(), ErrNotLoopback)
	}
	port := strconv.Itoa(address.Port)
	return []string{
		address.String(), // first: it is the one to print
		net.JoinHostPort("127.0.0.1", port),
		net.JoinHostPort("localhost", port),
		net.JoinHostPort("::1", port),
	}, nil
}

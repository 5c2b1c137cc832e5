package web

import (
	"errors"
	"fmt"
	"net"
	"strconv"
)

// ErrNotLoopback is returned by Listen and New for an address that other machines could reach.
var ErrNotLoopback = errors.New("not a loopback address")

// Listen opens a TCP listener on a loopback address such as 127.0.0.1:0, [::1]:8080 or localhost:8080. Any other address,
// also an empty host, which would mean all interfaces, is refused with ErrNotLoopback before a socket exists.
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
		return nil, fmt.Errorf("listen on %s: %w", address, ErrNotLoopback)
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(ip.String(), port))
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return listener, nil
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

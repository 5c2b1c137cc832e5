package p2p

import (
	"errors"
	"net"
	"strings"
	"testing"

	ma "github.com/multiformats/go-multiaddr"
)

// The design's section 3: a connection only between rostered devices, addresses exchanged between members.
func TestMatesMeetByPublishedAddress(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	nb := start(t, b, rosterOf(a, b))
	ra := rosterOf(b)
	ra.set(b, nb.Addrs()...)
	na := start(t, a, ra)

	if dev := next(t, na.begun, "a's conversation"); dev != b.id {
		t.Errorf("a talks to %v", dev)
	}
	if dev := next(t, nb.begun, "b's conversation"); dev != a.id {
		t.Errorf("b talks to %v", dev)
	}
	sa, sb := next(t, na.streams, "a's stream"), next(t, nb.streams, "b's stream")
	na.until(t, "connected", func() bool { return na.peerInfo(b).State == StateConnected })
	if _, err := sa.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	next(t, nb.ended, "b reads the byte")
	_ = sb

	info := nb.peerInfo(a)
	if info.BytesIn != 1 || info.LastSeen.IsZero() {
		t.Errorf("b counted %d bytes in, last seen %v", info.BytesIn, info.LastSeen)
	}
	if info := na.peerInfo(b); info.BytesOut != 1 {
		t.Errorf("a counted %d bytes out", info.BytesOut)
	}
}

func TestPeerInfoWhileConnected(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	nb := start(t, b, rosterOf(a, b))
	ra := rosterOf(b)
	na := start(t, a, ra)
	na.until(t, "no address", func() bool { return na.peerInfo(b).Reason == ReasonNoAddress })
	if s := na.peerInfo(b).State; s != StateOffline {
		t.Errorf("state %q before an address is known", s)
	}
	ra.set(b, nb.Addrs()...)
	na.Refresh()
	next(t, na.begun, "conversation after Refresh")
	info := na.peerInfo(b)
	if info.State != StateConnected || info.Path != PathLAN || !strings.Contains(info.Addr, "127.0.0.1") || info.Reason != "" {
		t.Errorf("%+v", info)
	}
}

func TestAddAddressForms(t *testing.T) {
	b := newDevice(t)
	for _, form := range []string{"full", "full quic", "no id", "no id quic", "host and port", "host name and port", "typed with a Chinese input method"} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			a := newDevice(t)
			nb := start(t, b, rosterOf(a))
			book := &memoryBook{}
			na := start(t, a, rosterOf(b), func(c *Config) { c.Book = book })
			if err := na.AddAddress(t.Context(), addressOf(t, nb, form)); err != nil {
				t.Fatal(err)
			}
			if dev := next(t, na.begun, "conversation"); dev != b.id {
				t.Errorf("talks to %v", dev)
			}
			next(t, nb.begun, "conversation at the other side")
			k := book.only(t)
			if string(k.PeerPub) != string(b.pub()) || k.Source != SourceManual || k.LastOK.IsZero() {
				t.Errorf("remembered %+v", k)
			}
			if form == "host name and port" && !strings.HasPrefix(k.Addr, "/dns/localhost/") {
				t.Errorf("remembered %s, typed a host name", k.Addr)
			}
		})
	}
}

// addressOf writes n's address in one of the forms people use.
func addressOf(t *testing.T, n *testNode, form string) string {
	t.Helper()
	var tcp, quic string
	for _, a := range n.Addrs() {
		if strings.Contains(a, "/quic-v1") {
			quic = a
		} else {
			tcp = a
		}
	}
	addr, err := ma.NewMultiaddr(tcp)
	if err != nil {
		t.Fatal(err)
	}
	port, err := addr.ValueForProtocol(ma.P_TCP)
	if err != nil {
		t.Fatal(err)
	}
	suffix := "/p2p/" + n.PeerID()
	switch form {
	case "full":
		return tcp
	case "full quic":
		return quic
	case "no id":
		return strings.TrimSuffix(tcp, suffix)
	case "no id quic":
		return strings.TrimSuffix(quic, suffix)
	case "host and port":
		return " 127.0.0.1:" + port + "\n"
	case "host name and port":
		return "localhost:" + port
	default:
		return "127。0。0。1：" + port
	}
}

func TestAddAddressErrors(t *testing.T) {
	a, b, c, stranger := newDevice(t), newDevice(t), newDevice(t), newDevice(t)
	na := start(t, a, rosterOf(a, b, c))
	nb := start(t, b, rosterOf(a, b))
	ns := start(t, stranger, rosterOf(a))
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free.Close()
	_, port, err := net.SplitHostPort(free.Addr().String())
	if err != nil {
		t.Fatal(err)
	}

	bare := func(n *testNode) string { return addressOf(t, n, "no id") }
	for name, test := range map[string]struct {
		addr string
		want error
	}{
		"empty":                     {"", ErrBadAddress},
		"no port":                   {"192.168.1.5", ErrBadAddress},
		"port 0":                    {"192.168.1.5:0", ErrBadAddress},
		"own":                       {bare(na), ErrBadAddress},
		"own with id":               {na.Addrs()[0], ErrBadAddress},
		"nobody listens":            {"/ip4/127.0.0.1/tcp/" + port, ErrUnreachable},
		"nobody listens at a name":  {"/dns4/localhost/tcp/" + port, ErrUnreachable},
		"stranger":                  {bare(ns), ErrStranger},
		"stranger with id":          {ns.Addrs()[0], ErrStranger},
		"another mate than it says": {bare(nb) + "/p2p/" + c.peerID(t).String(), ErrStranger},
	} {
		if err := na.AddAddress(t.Context(), test.addr); !errors.Is(err, test.want) {
			t.Errorf("%s: AddAddress(%q) = %v, want %v", name, test.addr, err, test.want)
		}
	}
	na.Close()
	if err := na.AddAddress(t.Context(), bare(nb)); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestReasonsOfFailure(t *testing.T) {
	a, b, c, d := newDevice(t), newDevice(t), newDevice(t), newDevice(t)
	nb := start(t, b, rosterOf(c)) // does not know a
	ra := rosterOf()
	ra.set(b, nb.Addrs()...)
	ra.set(c, addressOf(t, nb, "no id")) // b answers there
	ra.set(d, "/ip4/127.0.0.1/tcp/1")
	na := start(t, a, ra)
	for _, want := range []struct {
		device testDevice
		reason string
	}{{b, ReasonRejected}, {c, ReasonIdentity}, {d, ReasonRefused}} {
		na.until(t, want.reason, func() bool { return na.peerInfo(want.device).Reason == want.reason })
	}
	if s := na.peerInfo(d).State; s == StateConnected || s == StateFound {
		t.Errorf("state of an unreachable device: %q", s)
	}
}

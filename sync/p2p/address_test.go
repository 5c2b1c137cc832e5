package p2p

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	ma "github.com/multiformats/go-multiaddr"
)

func TestParseEndpoint(t *testing.T) {
	id := newDevice(t).peerID(t).String()
	for text, want := range map[string]string{
		"192.168.1.5:4001":                     "/ip4/192.168.1.5/tcp/4001 /ip4/192.168.1.5/udp/4001/quic-v1",
		"[2001:db8::1]:4001":                   "/ip6/2001:db8::1/tcp/4001 /ip6/2001:db8::1/udp/4001/quic-v1",
		" zhang-pc.local:65535 ":               "/dns/zhang-pc.local/tcp/65535 /dns/zhang-pc.local/udp/65535/quic-v1",
		"192。168。1。5：4001":                     "/ip4/192.168.1.5/tcp/4001 /ip4/192.168.1.5/udp/4001/quic-v1",
		"/ip4/192.168.1.5/tcp/4001":            "/ip4/192.168.1.5/tcp/4001",
		"/ip4/192.168.1.5/udp/4001/quic-v1":    "/ip4/192.168.1.5/udp/4001/quic-v1",
		"/dns4/office.example/tcp/4001":        "/dns4/office.example/tcp/4001",
		"/ip4/192.168.1.5/tcp/4001/p2p/" + id:  "/ip4/192.168.1.5/tcp/4001 " + id,
		"/ip4/192.168.1.5/tcp/4001/ipfs/" + id: "/ip4/192.168.1.5/tcp/4001 " + id,
		"":                                     "",
		"192.168.1.5":                          "",
		"192.168.1.5:":                         "",
		"192.168.1.5:0":                        "",
		"192.168.1.5:65536":                    "",
		"192.168.1.5:-1":                       "",
		":4001":                                "",
		"two words:4001":                       "",
		"a/b:4001":                             "",
		"0.0.0.0:4001":                         "",
		"224.0.0.251:5353":                     "",
		"[fe80::1]:4001":                       "",
		"[fe80::1%eth0]:4001":                  "",
		"/ip4/192.168.1.5":                     "",
		"/ip4/192.168.1.5/tcp/0":               "",
		"/ip4/192.168.1.5/udp/4001":            "",
		"/ip4/192.168.1.5/tcp/4001/ws":         "",
		"/dnsaddr/bootstrap.libp2p.io":         "",
		"/ip4/1.2.3.4/tcp/1/p2p/" + id + "/p2p-circuit": "",
		"/p2p/" + id:              "",
		"/unix/tmp/socket":        "",
		"http://192.168.1.5:4001": "",
	} {
		e, err := parseEndpoint(text)
		if want == "" {
			if !errors.Is(err, ErrBadAddress) {
				t.Errorf("parseEndpoint(%q) = %v, %v", text, e, err)
			}
			continue
		}
		var got []string
		for _, a := range e.addrs {
			got = append(got, a.String())
		}
		if e.id != "" {
			got = append(got, e.id.String())
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("parseEndpoint(%q) = %v, %v", text, got, err)
		}
	}
}

func TestPathOf(t *testing.T) {
	relay := newDevice(t).peerID(t).String()
	links := []netip.Prefix{netip.MustParsePrefix("2001:db8:1:2:3::4/64"), netip.MustParsePrefix("203.0.113.9/24")}
	for text, want := range map[string]string{
		"/ip4/127.0.0.1/tcp/1":                              PathLAN,
		"/ip6/::1/udp/1/quic-v1":                            PathLAN,
		"/ip4/10.1.2.3/tcp/1":                               PathLAN,
		"/ip4/172.31.0.1/tcp/1":                             PathLAN,
		"/ip4/192.168.0.1/tcp/1":                            PathLAN,
		"/ip4/169.254.1.1/tcp/1":                            PathLAN,
		"/ip6/fd00::1/tcp/1":                                PathLAN,
		"/ip6/fe80::1/tcp/1":                                PathLAN,
		"/ip6/2001:db8:1:2::9/tcp/1":                        PathLAN, // the same office network, with a global address
		"/ip4/203.0.113.77/tcp/1":                           PathLAN,
		"/ip6/2001:db8:1:3::9/tcp/1":                        PathDirect,
		"/ip4/172.32.0.1/tcp/1":                             PathDirect,
		"/ip4/8.8.8.8/udp/1/quic-v1":                        PathDirect,
		"/ip6/2400:3200::1/tcp/1":                           PathDirect,
		"/ip4/10.1.2.3/tcp/1/p2p/" + relay + "/p2p-circuit": PathRelayed,
	} {
		if got := pathOf(ma.StringCast(text), links); got != want {
			t.Errorf("pathOf(%s) = %s, want %s", text, got, want)
		}
	}
}

func TestOwnAddressesNameThisDeviceAndEndWithLoopback(t *testing.T) {
	n := start(t, newDevice(t), rosterOf(), func(c *Config) {
		c.Listen = []string{"/ip4/127.0.0.1/tcp/0", "/ip4/0.0.0.0/udp/0/quic-v1"}
	})
	addrs := n.Addrs()
	last := 0
	for _, text := range addrs {
		e, err := parseEndpoint(text)
		if err != nil || e.id != n.self {
			t.Fatalf("%s: %v", text, err)
		}
		if d := distance(e.addrs[0]); d < last {
			t.Errorf("out of order: %v", addrs)
		} else {
			last = d
		}
	}
	if len(addrs) == 0 {
		t.Error("no address")
	}
}

// One port for TCP and QUIC, the wanted one if it is free.
func TestDefaultListenAddresses(t *testing.T) {
	first, err := listenAddrs(nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(first) != 4 {
		t.Fatalf("%v", first)
	}
	port := first[0][1].Value()
	for _, a := range first {
		if a[1].Value() != port {
			t.Errorf("ports differ: %v", first)
		}
	}
	taken := start(t, newDevice(t), rosterOf())
	e, err := parseEndpoint(addressOf(t, taken, "full"))
	if err != nil {
		t.Fatal(err)
	}
	busy := 0
	for _, c := range e.addrs[0][1].Value() {
		busy = busy*10 + int(c-'0')
	}
	got, err := usablePort(busy)
	if err != nil || got == busy {
		t.Errorf("usablePort(taken) = %d, %v", got, err)
	}
}

func FuzzParseEndpoint(f *testing.F) {
	f.Add("192.168.1.5:4001")
	f.Add("/ip6/::1/udp/4001/quic-v1/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA")
	f.Add("[fe80::1%25]:1")
	f.Fuzz(func(t *testing.T, text string) {
		e, err := parseEndpoint(text)
		if err != nil {
			if !errors.Is(err, ErrBadAddress) {
				t.Fatalf("%v", err)
			}
			return
		}
		for _, a := range e.addrs {
			pathOf(a, nil)
			distance(a)
			again, err := parseEndpoint(a.String())
			if err != nil || !again.addrs[0].Equal(a) {
				t.Fatalf("%s does not read back: %v", a, err)
			}
		}
	})
}

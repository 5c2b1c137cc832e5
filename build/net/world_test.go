package nettest

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"testing"
)

// udp makes a packet with right checksums.
func udp(from, to string, payload string) packet {
	raw := make([]byte, 28+len(payload))
	raw[0], raw[8], raw[9] = 0x45, 64, protoUDP
	binary.BigEndian.PutUint16(raw[2:], uint16(len(raw)))
	binary.BigEndian.PutUint16(raw[24:], uint16(8+len(payload)))
	copy(raw[28:], payload)
	p := packet{raw: raw, head: 20, proto: protoUDP}
	p.setSrc(netip.MustParseAddrPort(from))
	p.setDst(netip.MustParseAddrPort(to))
	return p
}

// valid checks what a receiver would check: both sums over themselves are all ones.
func valid(p packet) bool {
	body := p.raw[p.head:]
	return fold(add(0, p.raw[:p.head])) == 0xffff &&
		fold(add(add(uint32(p.proto)+uint32(len(body)), p.raw[12:20]), body)) == 0xffff
}

func TestPacketsAreReadAndRewritten(t *testing.T) {
	p := udp("10.1.0.2:4001", "203.0.113.9:53", "odd")
	q, ok := parsePacket(p.raw)
	if !ok || q.src().String() != "10.1.0.2:4001" || q.dst().String() != "203.0.113.9:53" || !valid(q) {
		t.Fatalf("read %v → %v, %v, sums %v", q.src(), q.dst(), ok, valid(q))
	}
	q.setDst(netip.MustParseAddrPort("203.0.113.10:5353"))
	if q.dst().String() != "203.0.113.10:5353" || !valid(q) {
		t.Errorf("rewritten to %v, sums %v", q.dst(), valid(q))
	}
	for name, raw := range map[string][]byte{
		"nothing": nil, "IPv6": append([]byte{0x60}, p.raw[1:]...), "cut off": p.raw[:25],
		"a fragment": append(append([]byte{}, p.raw[:6]...), append([]byte{0x20, 0}, p.raw[8:]...)...),
	} {
		if _, ok := parsePacket(raw); ok {
			t.Errorf("%s was taken for a packet", name)
		}
	}
}

func TestRouters(t *testing.T) {
	outer := netip.MustParseAddr("203.0.113.1")
	for _, kind := range []natKind{openNAT, strictNAT} {
		n := newNAT(kind, outer, rand.New(rand.NewPCG(1, 1)))
		ports := map[uint16]bool{}
		for _, to := range []string{"203.0.113.7:1", "203.0.113.8:1"} {
			p := udp("10.1.0.2:4001", to, "x")
			if !n.out(p) || p.src().Addr() != outer {
				t.Fatalf("kind %d: out as %v", kind, p.src())
			}
			ports[p.src().Port()] = true
			back := udp(to, p.src().String(), "x")
			if !n.in(back) || back.dst().String() != "10.1.0.2:4001" || !valid(back) {
				t.Errorf("kind %d: the answer goes to %v", kind, back.dst())
			}
			if n.in(udp("203.0.113.99:1", p.src().String(), "x")) {
				t.Errorf("kind %d: lets in somebody who was not called", kind)
			}
		}
		if same := len(ports) == 1; same != (kind == openNAT) {
			t.Errorf("kind %d: outer ports %v", kind, ports)
		}
		if n.in(udp("203.0.113.7:1", "203.0.113.1:9", "x")) {
			t.Errorf("kind %d: lets in what nobody asked for", kind)
		}
	}
}

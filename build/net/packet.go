package nettest

import (
	"encoding/binary"
	"net/netip"
)

// Protocol numbers that routers translate.
const (
	protoTCP = 6
	protoUDP = 17
)

// packet is one IPv4 packet with TCP or UDP in it, as it comes from a TUN interface.
type packet struct {
	raw   []byte
	head  int // bytes of the IP header
	proto byte
}

// parsePacket refuses everything that is not whole TCP or UDP over IPv4: nothing else is needed here.
func parsePacket(raw []byte) (packet, bool) {
	if len(raw) < 20 || raw[0]>>4 != 4 {
		return packet{}, false
	}
	p := packet{raw: raw, head: int(raw[0]&15) * 4, proto: raw[9]}
	least := 8
	if p.proto == protoTCP {
		least = 20
	}
	fragment := binary.BigEndian.Uint16(raw[6:])&0x3fff != 0
	whole := int(binary.BigEndian.Uint16(raw[2:])) == len(raw) && p.head >= 20 && len(raw) >= p.head+least
	return p, whole && !fragment && (p.proto == protoTCP || p.proto == protoUDP)
}

func (p packet) src() netip.AddrPort { return p.end(12, 0) }
func (p packet) dst() netip.AddrPort { return p.end(16, 2) }

func (p packet) end(addr, port int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(p.raw[addr:])), binary.BigEndian.Uint16(p.raw[p.head+port:]))
}

func (p packet) setSrc(a netip.AddrPort) { p.set(12, 0, a) }
func (p packet) setDst(a netip.AddrPort) { p.set(16, 2, a) }

func (p packet) set(addr, port int, a netip.AddrPort) {
	ip := a.Addr().As4()
	copy(p.raw[addr:], ip[:])
	binary.BigEndian.PutUint16(p.raw[p.head+port:], a.Port())
	p.sum()
}

// sum writes both checksums anew.
func (p packet) sum() {
	p.raw[10], p.raw[11] = 0, 0
	binary.BigEndian.PutUint16(p.raw[10:], ^fold(add(0, p.raw[:p.head])))

	body := p.raw[p.head:]
	at := 6
	if p.proto == protoTCP {
		at = 16
	}
	body[at], body[at+1] = 0, 0
	pseudo := add(uint32(p.proto)+uint32(len(body)), p.raw[12:20])
	sum := ^fold(add(pseudo, body))
	if sum == 0 && p.proto == protoUDP {
		sum = 0xffff // zero stands for "no checksum"
	}
	binary.BigEndian.PutUint16(body[at:], sum)
}

// add sums 16-bit words; a last odd byte counts as the upper half of one. A packet is far too short for an overflow.
func add(sum uint32, b []byte) uint32 {
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	return sum
}

func fold(sum uint32) uint16 {
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}

package nettest

import (
	"math/rand/v2"
	"net/netip"
)

// Kinds of routers.
type natKind int

const (
	noNAT     natKind = iota // the machine has a public address
	openNAT                  // one outer port for an inner port, whoever is called: most routers at home
	strictNAT                // another outer port for everybody who is called: many networks of companies and phones
)

// maxMappings bounds a router's table, as in a cheap one.
const maxMappings = 4096

// nat is the table of one router. It lets in what answers to something, and from there only.
type nat struct {
	kind  natKind
	outer netip.Addr
	rng   *rand.Rand

	ports  map[flow]uint16 // outer port
	inner  map[outerPort]netip.AddrPort
	called map[answer]bool
}

// flow is what gets an outer port of its own; to is the zero value with openNAT.
type flow struct {
	proto    byte
	from, to netip.AddrPort
}

type outerPort struct {
	proto byte
	port  uint16
}

type answer struct {
	outerPort
	from netip.AddrPort
}

func newNAT(kind natKind, outer netip.Addr, rng *rand.Rand) *nat {
	return &nat{
		kind: kind, outer: outer, rng: rng,
		ports: map[flow]uint16{}, inner: map[outerPort]netip.AddrPort{}, called: map[answer]bool{},
	}
}

// out translates a packet on its way to the internet; false: the router has no place left.
func (n *nat) out(p packet) bool {
	f := flow{proto: p.proto, from: p.src()}
	if n.kind == strictNAT {
		f.to = p.dst()
	}
	port, ok := n.ports[f]
	if !ok {
		if port, ok = n.choose(f); !ok {
			return false
		}
		n.ports[f] = port
		n.inner[outerPort{p.proto, port}] = f.from
	}
	if len(n.called) < maxMappings {
		n.called[answer{outerPort{p.proto, port}, p.dst()}] = true
	}
	p.setSrc(netip.AddrPortFrom(n.outer, port))
	return true
}

// choose finds an outer port: the inner one where that is possible, unless the router is strict.
func (n *nat) choose(f flow) (uint16, bool) {
	if len(n.ports) >= maxMappings {
		return 0, false
	}
	port := f.from.Port()
	if n.kind == strictNAT {
		port = n.any()
	}
	for {
		if _, taken := n.inner[outerPort{f.proto, port}]; !taken {
			return port, true
		}
		port = n.any()
	}
}

func (n *nat) any() uint16 { return uint16(1024 + n.rng.IntN(60000)) }

// in translates a packet from the internet; false: nobody asked for it.
func (n *nat) in(p packet) bool {
	at := outerPort{p.proto, p.dst().Port()}
	to, ok := n.inner[at]
	if !ok || !n.called[answer{at, p.src()}] {
		return false
	}
	p.setDst(to)
	return true
}

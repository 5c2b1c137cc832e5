package simnet

import (
	"io"
	"slices"
	"sync/atomic"
	"time"
)

// NodeID numbers the nodes of a run.
type NodeID int

// Tamper is what a malicious node does to what it sends: it gets a packet and says what goes out instead, perhaps nothing.
type Tamper func(packet []byte) [][]byte

// Net is the network of a run. All but what Ends do belongs to the driver's goroutine.
type Net struct {
	stats *Stats
	links []*Link
	ends  []*NetEnd // of links
	free  atomic.Bool
	group map[NodeID]int // nodes of different groups do not reach each other
	now   atomic.Uint64  // counts deliveries; what is sent between two of them has one number
	made  int
}

// NewNet is a network in which all reach each other.
func NewNet(stats *Stats) *Net { return &Net{stats: stats, group: map[NodeID]int{}} }

// Link is one conversation between two nodes.
type Link struct {
	No   int
	A, B NodeID
	net  *Net
	ab   *direction
	ba   *direction
	gone bool
}

// Connect makes a link and its two ends.
func (n *Net) Connect(a, b NodeID) (l *Link, atA, atB *NetEnd) {
	n.made++
	l = &Link{No: n.made, A: a, B: b, net: n, ab: newDirection(a, b), ba: newDirection(b, a)}
	n.links = append(n.links, l)
	atA, atB = &NetEnd{End: End{out: l.ab, in: l.ba}, net: n, link: l}, &NetEnd{End: End{out: l.ba, in: l.ab}, net: n, link: l}
	n.ends = append(n.ends, atA, atB)
	return l, atA, atB
}

// NetEnd is an End whose packets know when they were sent.
type NetEnd struct {
	End
	net  *Net
	link *Link
}

// Write sends a packet. It waits while too many are under way.
func (e *NetEnd) Write(p []byte) (int, error) {
	return e.writePacket(p, e.net.now.Load())
}

// Turn waits until the driver lets the node go on (Net.Grant): one goroutine that writes to the stream and one that does not.
// A node whose goroutines call it before they choose what to do does the same in every run.
func (e *NetEnd) Turn(writing bool) {
	slot := 0
	if writing {
		slot = 1
	}
	turn := make(chan struct{})
	e.mu.Lock()
	free := e.net.free.Load()
	if !free {
		e.turns[slot] = turn
	}
	e.mu.Unlock()
	if !free {
		<-turn
	}
}

func (e *NetEnd) grant() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, turn := range e.turns {
		if turn != nil {
			close(turn)
			e.turns[i] = nil
			return true
		}
	}
	return false
}

// Grant lets one node that waits for its turn go on, the one at the oldest link. It returns false if there is none. The driver
// calls it when nothing moves, until it is false.
func (n *Net) Grant() bool {
	for _, e := range n.ends {
		if e.grant() {
			return true
		}
	}
	return false
}

// Free lets everybody go on at any time, at the end of a run.
func (n *Net) Free() {
	n.free.Store(true)
	for _, e := range n.ends {
		for e.grant() {
		}
	}
}

// Tamper lets whatever a node sends over the link be altered, nil as it was.
func (l *Link) Tamper(from NodeID, f Tamper) {
	d := l.direction(from)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tamper = f
}

// Hold keeps what a node sends over the link from arriving for a while.
func (l *Link) Hold(from NodeID, till time.Time) {
	d := l.direction(from)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.heldTill = till
	l.net.stats.Add(FaultDelay)
}

func (l *Link) direction(from NodeID) *direction {
	if from == l.A {
		return l.ab
	}
	return l.ba
}

// Cut breaks the link: what is under way is lost. If silent, nobody is told: both go on writing into nothing.
func (l *Link) Cut(silent bool) {
	if l.gone {
		return
	}
	l.gone = true
	for _, d := range []*direction{l.ab, l.ba} {
		d.change(func() {
			d.queue, d.vanish = nil, true
			if silent {
				return
			}
			d.broken = ErrCut
			if d.err == nil {
				d.err = ErrCut
			}
		})
	}
}

// Gone tells whether the link was cut.
func (l *Link) Gone() bool { return l.gone }

// Leave takes a link out of the net when both sides have ended.
func (n *Net) Leave(l *Link) {
	n.links = slices.DeleteFunc(n.links, func(x *Link) bool { return x == l })
	n.ends = slices.DeleteFunc(n.ends, func(e *NetEnd) bool { return e.link == l })
}

// Kill makes everything vanish that a node sends from now on.
func (n *Net) Kill(node NodeID) {
	for _, l := range n.links {
		if l.A == node || l.B == node {
			d := l.direction(node)
			d.change(func() { d.queue, d.vanish = nil, true })
		}
	}
}

// Split puts nodes into groups that do not reach each other; who is not named is in group 0. nil heals.
func (n *Net) Split(groups map[NodeID]int) {
	n.group = groups
	if groups == nil {
		n.group = map[NodeID]int{}
	}
}

// Reaches tells whether nothing lies between two nodes.
func (n *Net) Reaches(a, b NodeID) bool { return n.group[a] == n.group[b] }

// Way is a direction in which something can be delivered.
type Way struct {
	Link     *Link
	From, To NodeID
	d        *direction
	first    uint64 // when the packet that is next was sent
}

// Ways lists the directions in which something can be delivered now, by link.
func (n *Net) Ways() []Way {
	var out []Way
	now := time.Now()
	for _, l := range n.links {
		if l.gone || !n.Reaches(l.A, l.B) {
			continue
		}
		for _, d := range []*direction{l.ab, l.ba} {
			d.mu.Lock()
			switch {
			case now.Before(d.heldTill):
			case len(d.queue) > 0:
				out = append(out, Way{l, d.from, d.to, d, d.queue[0].at})
			case d.closed && d.err == nil:
				out = append(out, Way{l, d.from, d.to, d, 1 << 63})
			}
			d.mu.Unlock()
		}
	}
	return out
}

// Oldest is the direction whose next packet was sent first; of those sent between the same deliveries, the first in the list.
func Oldest(ways []Way) Way {
	best := ways[0]
	for _, w := range ways[1:] {
		if w.first < best.first {
			best = w
		}
	}
	return best
}

// Deliver hands the next packet of a direction to its reader, or the end of the stream. It returns what was delivered, nil for
// the end.
func (n *Net) Deliver(w Way) []byte {
	n.now.Add(1)
	var got []byte
	w.d.change(func() {
		if len(w.d.queue) == 0 {
			w.d.err = io.EOF
			return
		}
		p := w.d.queue[0].raw
		w.d.queue = w.d.queue[1:]
		packets := [][]byte{p}
		if w.d.tamper != nil {
			packets = w.d.tamper(p)
		}
		for _, p := range packets {
			got = append(got, p...)
		}
		if w.d.err == nil {
			w.d.buf = append(w.d.buf, got...)
		}
		if got == nil {
			got = []byte{}
		}
	})
	return got
}

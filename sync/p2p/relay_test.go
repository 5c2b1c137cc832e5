package p2p

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

func TestMatesMeetThroughARelay(t *testing.T) {
	a, b, r := newDevice(t), newDevice(t), startRelay(t, newDevice(t))
	na := start(t, a, rosterOf(b), r.use, circuitOnly)
	nb := start(t, b, rosterOf(a), r.use, circuitOnly)
	next(t, na.begun, "a's conversation")
	next(t, nb.begun, "b's conversation")
	na.until(t, "relayed", func() bool { return na.peerInfo(b).Path == PathRelayed })
	if info := na.peerInfo(b); info.State != StateConnected || !strings.Contains(info.Addr, r.ID().String()) {
		t.Errorf("%+v", info)
	}
	sa := next(t, na.streams, "stream")
	sa.Write([]byte{1})
	next(t, nb.ended, "b gets a's byte")
	if s := na.relay(); !s.Connected || s.Path != PathLAN || s.Reason != "" {
		t.Errorf("the relay is shown as %+v", s)
	}
	if na.most.Load() != 1 || nb.most.Load() != 1 {
		t.Errorf("conversations at once: %d and %d", na.most.Load(), nb.most.Load())
	}
	// Circuits are no way to be remembered: the relay may not be the team's tomorrow.
	if addrs := na.book.addrs(b.pub()); len(addrs) > 0 {
		t.Errorf("remembered %v", addrs)
	}
}

// The conversation begins on the circuit, moves to the direct connection that hole punching makes, and is never two.
func TestHolePunchingMovesTheConversation(t *testing.T) {
	a, b, r := newDevice(t), newDevice(t), startRelay(t, newDevice(t))
	far := func(c *Config) {
		c.tune.improveAfter, c.tune.spare, c.tune.lookAround = time.Hour, time.Millisecond, 50*time.Millisecond
	}
	na := start(t, a, rosterOf(b), r.use, far)
	nb := start(t, b, rosterOf(a), r.use, far)
	for n, other := range map[*testNode]testDevice{na: b, nb: a} {
		n.until(t, "direct", func() bool { return n.peerInfo(other).Path == PathLAN })
	}
	for _, n := range []*testNode{na, nb} {
		n.until(t, "one connection is left", func() bool {
			n.changed() // nobody tells of connections
			return len(n.swarm.ConnsToPeer(na.self))+len(n.swarm.ConnsToPeer(nb.self)) == 1
		})
		if n.most.Load() != 1 {
			t.Errorf("%d conversations at once", n.most.Load())
		}
	}
}

func TestAConversationLeavesTheCircuitForAPublishedAddress(t *testing.T) {
	for _, name := range []string{"told to the one that moves it", "told to the other"} {
		t.Run(name, func(t *testing.T) {
			a, b, r := newDevice(t), newDevice(t), startRelay(t, newDevice(t))
			if bytes.Compare(a.id[:], b.id[:]) < 0 == (name == "told to the other") {
				a, b = b, a
			}
			roster := rosterOf(b)
			na, nb := start(t, a, roster, r.use, circuitOnly), start(t, b, rosterOf(a), r.use, circuitOnly, silent)
			na.until(t, "relayed", func() bool { return na.peerInfo(b).Path == PathRelayed })
			var direct []string
			for _, addr := range nb.Addrs() {
				if !strings.Contains(addr, "/p2p-circuit") {
					direct = append(direct, addr)
				}
			}
			roster.set(b, direct...)
			na.mu.Lock()
			na.tune.circuitsStay = false
			na.mu.Unlock()
			na.Refresh()
			na.until(t, "direct", func() bool { return na.peerInfo(b).Path == PathLAN })
			nb.until(t, "direct", func() bool { return nb.peerInfo(a).Path == PathLAN })
			if na.most.Load() != 1 || nb.most.Load() != 1 {
				t.Errorf("conversations at once: %d and %d", na.most.Load(), nb.most.Load())
			}
		})
	}
}

func TestARelayThatComesBackIsUsedAgain(t *testing.T) {
	key := newDevice(t)
	r := startRelay(t, key)
	spoken := make(chan [32]byte, 64)
	n := start(t, newDevice(t), rosterOf(), r.use, func(c *Config) {
		c.OnRelay = func(_ context.Context, pub [32]byte, s Stream) {
			spoken <- pub
			io.Copy(io.Discard, s)
		}
	})
	if pub := next(t, spoken, "OnRelay"); pub != [32]byte(key.pub()) {
		t.Errorf("OnRelay got %x", pub)
	}
	n.untilReserved(t)
	want := fmt.Sprintf("/p2p/%s/p2p-circuit/p2p/%s", r.ID(), n.self)
	if !strings.Contains(strings.Join(n.Addrs(), " "), want) {
		t.Errorf("%q lists no way through the relay", n.Addrs())
	}
	addrs := r.addrs()
	r.stop()
	n.until(t, "gone", func() bool { s := n.relay(); return !s.Connected && !s.Reserved })
	if strings.Contains(strings.Join(n.Addrs(), " "), "p2p-circuit") {
		t.Error("an address through a relay that is gone")
	}
	startRelay(t, key, addrs...)
	next(t, spoken, "OnRelay again")
	n.untilReserved(t)

	// Taken out and put back, as for a new token: a new conversation.
	list := []RelayAddr{{PeerPub: [32]byte(key.pub()), Addrs: addrs}}
	n.SetRelays(nil)
	n.SetRelays(list)
	next(t, spoken, "OnRelay after the list came back")
	n.untilReserved(t)

	n.SetRelays(nil)
	n.until(t, "parted", func() bool {
		n.changed()
		return len(n.Relays()) == 0 && len(n.swarm.Conns()) == 0
	})
}

// A relay that does not know this device yet may know it a moment later.
func TestARefusedReservationIsAskedForAgain(t *testing.T) {
	d, r := newDevice(t), startRelay(t, newDevice(t))
	r.refuse(d.peerID(t), true)
	n := start(t, d, rosterOf(), r.use)
	n.until(t, "refused", func() bool { return n.relay().Reason == ReasonRejected })
	if s := n.relay(); !s.Connected || s.Reserved {
		t.Errorf("%+v", s)
	}
	r.refuse(d.peerID(t), false)
	n.Refresh()
	n.untilReserved(t)
	if s := n.relay(); s.Reason != "" {
		t.Errorf("reason %q of a reservation that stands", s.Reason)
	}
}

func TestOnRelayIsCalledAgainAfterItReturned(t *testing.T) {
	r := startRelay(t, newDevice(t))
	called := make(chan struct{}, 64)
	start(t, newDevice(t), rosterOf(), r.use, func(c *Config) {
		c.OnRelay = func(context.Context, [32]byte, Stream) { called <- struct{}{} }
	})
	next(t, called, "OnRelay")
	next(t, called, "OnRelay again")
}

// Somebody without a team reaches a member through the relay that the invitation names, and no other relay.
func TestJoiningThroughARelay(t *testing.T) {
	member, joiner, r := newDevice(t), newDevice(t), startRelay(t, newDevice(t))
	roster := rosterOf(member)
	nm := start(t, member, roster, admitting(roster, joiner), r.use, circuitOnly)
	nm.untilReserved(t)
	var circuits []string
	for _, addr := range nm.Addrs() {
		if strings.Contains(addr, "/p2p-circuit") {
			circuits = append(circuits, addr)
		}
	}
	book := &memoryBook{}
	nj := start(t, joiner, nil, func(c *Config) { c.Book = book })
	s, pub, err := nj.DialJoin(t.Context(), JoinTarget{Addrs: circuits}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(pub, member.pub()) {
		t.Error("somebody else answered")
	}
	s.Close()
	nj.mu.Lock()
	allowed := len(nj.allowed)
	nj.mu.Unlock()
	if allowed != 2 {
		t.Errorf("%d peers allowed, want the member and the relay", allowed)
	}
	if len(book.known) > 0 {
		t.Errorf("remembered %v", book.known)
	}
}

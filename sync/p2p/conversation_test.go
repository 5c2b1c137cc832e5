package p2p

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peerstore"

	"tongzhou/sync/op"
)

func TestBothDialAtOnceAndHaveOneConversation(t *testing.T) {
	for i := range 12 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			a, b := newDevice(t), newDevice(t)
			ra, rb, clock := rosterOf(), rosterOf(), newClock()
			na, nb := start(t, a, ra, clock.set), start(t, b, rb, clock.set)
			ra.set(b, nb.Addrs()...)
			rb.set(a, na.Addrs()...)
			var both sync.WaitGroup
			for _, n := range []*testNode{na, nb} {
				both.Go(n.Refresh)
			}
			both.Wait()
			next(t, na.begun, "a's conversation")
			next(t, nb.begun, "b's conversation")

			// A byte through the stream shows that both hold the same one.
			sa, sb := next(t, na.streams, "stream"), next(t, nb.streams, "stream")
			sa.Write([]byte{1})
			next(t, nb.ended, "b gets a's byte")
			sb.Close()
			next(t, na.ended, "a sees b's end")
			if na.most.Load() != 1 || nb.most.Load() != 1 {
				t.Errorf("conversations at once: %d and %d", na.most.Load(), nb.most.Load())
			}
			if len(na.begun) > 0 || len(nb.begun) > 0 {
				t.Errorf("further conversations: %d and %d", len(na.begun), len(nb.begun))
			}
			na.stop(t)
			nb.stop(t)
		})
	}
}

// scripted drives one side of the agreement by hand, over a real connection.
type scripted struct {
	*testNode
	conn network.Conn
}

// connectScripted connects two hosts that begin nothing by themselves.
func connectScripted(t *testing.T, from, to *testNode) scripted {
	t.Helper()
	from.node.Peerstore().AddAddrs(to.self, to.node.Addrs(), peerstore.TempAddrTTL)
	conn, err := from.swarm.DialPeer(t.Context(), to.self)
	if err != nil {
		t.Fatal(err)
	}
	return scripted{from, conn}
}

// propose sends a mark and returns the stream and whether it was agreed to.
func (s scripted) propose(t *testing.T, m mark) (network.Stream, bool) {
	t.Helper()
	stream, err := openStream(t.Context(), s.conn, syncProtocol)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Write(m.encode()); err != nil {
		return stream, false
	}
	_, err = readMark(stream)
	return stream, err == nil
}

func TestWhichStreamBecomesTheConversation(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	rb := rosterOf(a)
	nb, na := start(t, b, rb, silent), start(t, a, rosterOf(b), silent)
	s := connectScripted(t, na, nb)
	first, ok := s.propose(t, mark{boot: 7, tick: 5})
	if !ok {
		t.Fatal("the first stream was refused")
	}
	next(t, nb.begun, "conversation")
	if _, ok := s.propose(t, mark{boot: 7, tick: 5}); ok {
		t.Error("the same mark again was accepted")
	}
	if _, ok := s.propose(t, mark{boot: 7, tick: 4}); ok {
		t.Error("an older mark was accepted")
	}
	if len(nb.ended) > 0 {
		t.Fatal("a refused stream ended the conversation")
	}
	if _, ok := s.propose(t, mark{boot: 7, tick: 6}); !ok {
		t.Error("a newer mark was refused")
	}
	next(t, nb.ended, "end of the replaced conversation")
	next(t, nb.begun, "the replacement")
	if _, err := first.Read(make([]byte, 1)); err == nil || err == io.EOF {
		t.Errorf("the replaced stream was not reset: %v", err)
	}
	if _, ok := s.propose(t, mark{boot: 8, tick: 1}); !ok {
		t.Error("another run of the program was refused")
	}
	next(t, nb.begun, "the replacement after a restart")
	if nb.most.Load() != 1 {
		t.Errorf("%d conversations with one device at once", nb.most.Load())
	}
}

// Both have opened a stream: the smaller id's counts, whichever arrives first.
func TestTieBreak(t *testing.T) {
	low, high := newDevice(t), newDevice(t)
	if slices.Compare(low.id[:], high.id[:]) > 0 {
		low, high = high, low
	}
	for _, test := range []struct {
		name        string
		self, other testDevice
		agrees      bool
	}{{"own stream counts", low, high, false}, {"the other's counts", high, low, true}} {
		t.Run(test.name, func(t *testing.T) {
			n := start(t, test.self, rosterOf(test.other), silent)
			other := start(t, test.other, rosterOf(test.self), silent)
			cancelled := make(chan struct{})
			n.mu.Lock()
			m := n.mateOf(other.self, test.other.id)
			m.opening = &opening{cancel: sync.OnceFunc(func() { close(cancelled) })}
			n.mu.Unlock()
			_, ok := connectScripted(t, other, n).propose(t, mark{boot: 1, tick: 1})
			if ok != test.agrees {
				t.Fatalf("agreed: %v", ok)
			}
			if test.agrees {
				next(t, cancelled, "own attempt is given up")
			}
		})
	}
}

func TestLeavingTheRosterEndsTheConversation(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	ra, rb := rosterOf(b), rosterOf(a)
	nb := start(t, b, rb)
	ra.set(b, nb.Addrs()...)
	na := start(t, a, ra)
	next(t, na.begun, "conversation")
	rb.remove(a)
	nb.Refresh()
	next(t, nb.ended, "b's end")
	next(t, na.ended, "a's end")
	na.until(t, "rejected", func() bool { return na.peerInfo(b).Reason == ReasonRejected })
	if len(nb.Peers()) != 0 {
		t.Errorf("b still lists %+v", nb.Peers())
	}
	if len(nb.swarm.Conns()) != 0 {
		t.Error("b still has a connection")
	}
}

func TestReconnectAfterTheOtherRestarts(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	first := start(t, b, rosterOf(a)) // knows no address: only a dials
	addrs := first.Addrs()
	ra := rosterOf()
	ra.set(b, addrs...)
	na := start(t, a, ra)
	next(t, na.begun, "conversation")
	first.stop(t)
	next(t, na.ended, "end")
	na.until(t, "failure noticed", func() bool { return na.peerInfo(b).State != StateConnected })

	listen := []string{}
	for _, addr := range addrs {
		e, err := parseEndpoint(addr)
		if err != nil {
			t.Fatal(err)
		}
		listen = append(listen, e.addrs[0].String())
	}
	second := start(t, b, rosterOf(a), func(c *Config) { c.Listen = listen })
	next(t, na.begun, "conversation after the restart")
	next(t, second.begun, "conversation at the restarted host")
}

func TestCloseEndsConversationsAndWaits(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	nb := start(t, b, rosterOf(a))
	ra := rosterOf()
	ra.set(b, nb.Addrs()...)
	returned := make(chan struct{})
	na := start(t, a, ra, func(c *Config) {
		sync := c.OnSync
		c.OnSync = func(ctx context.Context, dev op.DeviceID, s Stream, initiator bool) {
			if !initiator {
				t.Error("a dialled and is not the initiator")
			}
			sync(ctx, dev, s, initiator)
			<-ctx.Done()
			close(returned)
		}
	})
	next(t, na.begun, "conversation")
	na.stop(t)
	select {
	case <-returned:
	default:
		t.Error("Close returned before OnSync")
	}
	na.stop(t) // again
}

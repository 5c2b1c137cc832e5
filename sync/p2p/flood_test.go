package p2p

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
)

func TestAFloodOfStrangersStaysBounded(t *testing.T) {
	const flood, slots = 24, 4
	var welcome atomic.Bool
	welcome.Store(true)
	var inside, most atomic.Int32
	a, b := newDevice(t), newDevice(t)
	release := make(chan struct{})
	n := start(t, a, rosterOf(b), func(c *Config) {
		c.tune = tuning{strangers: slots, strangersByIP: slots, knocks: rate{flood, time.Hour}, knocksByIP: rate{flood, time.Hour}}
		c.StrangersWelcome = func([]byte) bool { return welcome.Load() }
		c.OnJoin = func(ctx context.Context, s Stream, _ []byte, _ func()) {
			most.Store(max(most.Load(), inside.Add(1)))
			defer inside.Add(-1)
			s.Write([]byte{1})
			select {
			case <-release:
			case <-ctx.Done():
			}
		}
	})
	var wg sync.WaitGroup
	var in, out atomic.Int32
	for range flood {
		s := newStranger(t)
		wg.Go(func() {
			c, err := s.dial(t, n)
			if err == nil {
				_, err = s.open(t, c, joinProtocol)
			}
			if err == nil {
				in.Add(1)
			} else {
				out.Add(1)
			}
		})
	}
	wg.Wait()
	// On a busy machine a slot may stay free: who was let in gave up before being heard.
	if n := in.Load(); n == 0 || n > slots || most.Load() > slots {
		t.Errorf("%d strangers got in, at most %d at once; slots: %d", n, most.Load(), slots)
	}
	if c := len(n.swarm.Conns()); c > slots {
		t.Errorf("%d connections for %d slots", c, slots)
	}
	// A mate gets through all the same.
	ra := rosterOf()
	ra.set(a, n.Addrs()...)
	nb := start(t, b, ra)
	next(t, nb.begun, "a mate's conversation during the flood")
	close(release)
}

func TestKnocksAreRationedByAddressAndInTotal(t *testing.T) {
	clock := newClock()
	tune := tuning{knocksByIP: rate{2, time.Second}, knocks: rate{3, time.Second}}
	s := newStrangers(tune, clock.now, func(peer.ID) bool { return false }, slog.New(slog.DiscardHandler))
	x, y := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	want := func(addr netip.Addr, ok bool, what string) {
		t.Helper()
		if s.knock(addr) != ok {
			t.Errorf("%s: %v", what, !ok)
		}
	}
	want(x, true, "first")
	want(x, true, "second")
	want(x, false, "third from one address")
	want(y, true, "another address")
	want(y, false, "beyond the total")
	clock.advance(time.Second)
	want(x, true, "a second later")
	want(x, false, "twice a second later")

	clock.advance(time.Hour)
	for i := range maxStrangerAddrs + 10 {
		s.knock(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}))
	}
	if len(s.byAddr) > maxStrangerAddrs {
		t.Errorf("%d addresses remembered", len(s.byAddr))
	}
	clock.advance(time.Hour)
	want(x, true, "after the flood has been forgotten")
}

package p2p

import (
	"testing"
	"time"
)

func TestRedialWaitsLongerEachTimeUpToAMinute(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	var r redial
	if !r.due(now) {
		t.Error("the first attempt is not due at once")
	}
	for i, want := range []time.Duration{500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000} {
		r.begin(now)
		r.failed(now, 0)
		if got := r.next.Sub(now); got != want*time.Millisecond {
			t.Errorf("failure %d: wait %v, want %v", i+1, got, want*time.Millisecond)
		}
		now = r.next
	}
	for range 100 {
		r.failed(now, 0)
	}
	if got := r.next.Sub(now); got != redialMax {
		t.Errorf("after 110 failures: wait %v", got)
	}
}

func TestRedialJitterTakesUpToHalf(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	var r redial
	r.failed(now, 0.999999)
	if got := r.next.Sub(now); got < redialFirst/2 || got > redialFirst/2+time.Millisecond {
		t.Errorf("wait %v with the largest jitter", got)
	}
}

func TestRedialAfterAConversation(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	r := redial{failures: 5}
	r.ended(now, steady, 0)
	if got := r.next.Sub(now); got != redialFirst {
		t.Errorf("wait %v after a long conversation", got)
	}
	r = redial{failures: 5}
	r.ended(now, steady-1, 0)
	if got := r.next.Sub(now); got != 16*time.Second {
		t.Errorf("wait %v after a short conversation: it counts as a failure", got)
	}
}

func TestHurryIsImmediateButNotEndless(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	var r redial
	r.begin(now)
	for range 10 {
		r.failed(now, 0)
	}
	r.hurry(now.Add(10 * time.Second))
	if !r.due(now.Add(10 * time.Second)) {
		t.Error("not due after hurry")
	}
	r.begin(now)
	r.failed(now, 0)
	r.hurry(now)
	if r.due(now) || !r.due(now.Add(redialFirst)) {
		t.Errorf("due %v after an attempt that began just now", r.next.Sub(now))
	}
}

func TestDiallingStopsAtEnoughConversationsAndIsFair(t *testing.T) {
	clock := newClock()
	a := newDevice(t)
	ra := rosterOf()
	n := start(t, a, ra, clock.set, func(c *Config) { c.tune = tuning{conversations: 2, dials: 1} })
	b, c, d := newDevice(t), newDevice(t), newDevice(t)
	other := map[string]*testNode{}
	for _, dev := range []testDevice{b, c, d} {
		node := start(t, dev, rosterOf(a), clock.set, silent)
		other[dev.id.String()] = node
		ra.set(dev, node.Addrs()...)
	}
	clock.advance(time.Hour)
	n.Refresh()
	first, second := next(t, n.begun, "first"), next(t, n.begun, "second")
	third := 0
	n.until(t, "all three mates are known", func() bool { return len(n.Peers()) == 3 })
	n.mu.Lock()
	for _, m := range n.mates {
		if m.conv == nil {
			third++
			if !m.redial.last.IsZero() {
				t.Error("the third mate was dialled too")
			}
		}
	}
	n.mu.Unlock()
	if third != 1 {
		t.Fatalf("%d mates without a conversation", third)
	}
	// When one goes away its place is taken by the one that has waited.
	other[first.String()].stop(t)
	if dev := next(t, n.begun, "third"); dev == first || dev == second {
		t.Errorf("place taken by %v again", dev)
	}
}

func TestWhoHasWaitedLongestIsDialledFirst(t *testing.T) {
	clock := newClock()
	roster := rosterOf()
	for range 8 {
		roster.set(newDevice(t), "/ip4/127.0.0.1/tcp/1")
	}
	n := start(t, newDevice(t), roster, clock.set, silent)
	n.mu.Lock()
	n.tune.dials = 1
	for i, m := range n.order {
		m.redial.last = clock.now().Add(-time.Duration(i+1) * time.Hour)
	}
	longest := n.order[len(n.order)-1]
	n.mu.Unlock()
	n.dialDue()
	n.mu.Lock()
	defer n.mu.Unlock()
	if !longest.redial.last.Equal(clock.now()) {
		t.Error("somebody else came first")
	}
}

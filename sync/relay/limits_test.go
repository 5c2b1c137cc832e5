package relay

import (
	"errors"
	"testing"

	"tongzhou/sync/wire"
)

// B2: a device that sends more than the window allows is cut off.
func TestWindow(t *testing.T) {
	w := newWorld(t, Limits{OpsPerSecond: 1, OpsBurst: 1}) // no credit comes back
	a := newMachine(1)
	_, ca := w.found(a)
	ca.mustOpen(ca.prove(companyTag(), 1))
	f := newFeed(a, companyTag())
	big := string(make([]byte, 60_000))
	sent := 0
	for sent < wire.Window {
		m := frame(f.next(4, big)...)
		sent += len(m.Raw)
		ca.send(m)
	}
	ca.send(frame(f.next(1, big)...))
	expect[*wire.Bye](ca)
	if err := ca.ended(); !errors.Is(err, ErrPeer) {
		t.Errorf("%v", err)
	}
}

// B9: who puts faster than the rate gets the window back later; nothing is refused.
func TestPace(t *testing.T) {
	w := newWorld(t, Limits{OpsPerSecond: 100, OpsBurst: 1000})
	a := newMachine(1)
	_, ca := w.found(a)
	ca.mustOpen(ca.prove(companyTag(), 1))
	f := newFeed(a, companyTag())
	ca.put(f.next(1000, "in the burst")...)
	expect[*wire.Credit](ca)
	ca.put(f.next(500, "above it")...)
	ca.since(0) // everything that was on the way has come
	for _, m := range ca.inbox {
		if _, ok := m.(*wire.Credit); ok {
			t.Fatal("the window comes back at once")
		}
	}
	w.clock.add(4 * 1e9)
	ca.since(0)
	w.clock.add(2 * 1e9)
	expect[*wire.Credit](ca)
}

// B10: a team that is full is told so; what is there can be read, and putting works again when there is room.
func TestTeamIsFull(t *testing.T) {
	w, a, b, ca, cb := two(t, Limits{TeamBytes: 100_000})
	cb.since(0)
	f := newFeed(a, companyTag())
	text := string(make([]byte, 1000))
	ca.put(f.next(60, text)...)
	keep := *f
	ca.send(frame(f.next(60, text)...))
	ca.expectRefused(wire.RelayQuota, 0)
	have := expect[*wire.Have](cb)
	cb.fetch(have.Feeds[0], 1)
	ca.put(keep.next(20, text)...)
	ca.send(&wire.RelayMailPut{Box: wire.MailBox(b.id), Body: make([]byte, 60_000), TTL: 60})
	ca.expectRefusal(&wire.RelayMailPut{}, wire.RelayQuota)
	ca.close()

	w.restart(Limits{TeamBytes: 1000})
	again := w.connect(a)
	if again.welcome.State != wire.RelayFull {
		t.Errorf("state %d of a team that is full", again.welcome.State)
	}
	again.mustOpen(again.prove(companyTag(), 1))
	if feeds, _ := again.since(0); len(feeds) != 1 || feeds[0].Len != 80 {
		t.Errorf("what can be read: %+v", feeds)
	}
}

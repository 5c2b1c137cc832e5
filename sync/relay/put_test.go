package relay

import (
	"bytes"
	"errors"
	"testing"

	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
	"tongzhou/sync/wire"
)

// companyTag is the scope of most tests.
func companyTag() op.ScopeTag { return op.ScopeTag{10} }

// two is a team of two devices, both connected with the company open.
func two(t *testing.T, limits Limits) (w *world, a, b machine, ca, cb *client) {
	t.Helper()
	w = newWorld(t, limits)
	a, b = newMachine(1), newMachine(2)
	_, ca = w.found(a, b)
	cb = w.connect(b)
	ca.mustOpen(ca.prove(companyTag(), 1))
	cb.mustOpen(cb.prove(companyTag(), 1))
	return w, a, b, ca, cb
}

// expectRefused waits for a refused feed.
func (c *client) expectRefused(code wire.RelayCode, from uint64) {
	c.t.Helper()
	r := expect[*wire.RelayFeedsRefused](c)
	if len(r.Feeds) != 1 || r.Feeds[0].Code != code || r.Feeds[0].From != from {
		c.t.Errorf("refused: %+v, want code %d from %d", r.Feeds, code, from)
	}
}

// B1: what one device put, another gets byte for byte, though they were never on at the same time.
func TestStoreAndForward(t *testing.T) {
	w := newWorld(t, Limits{})
	a, b := newMachine(1), newMachine(2)
	_, ca := w.found(a, b)
	ca.mustOpen(ca.prove(companyTag(), 1))
	f := newFeed(a, companyTag())
	ops := f.next(3000, "hello")
	for from := 0; from < len(ops); from += 1000 {
		ca.put(ops[from : from+1000]...)
	}
	ca.leave()

	cb := w.connect(b)
	if cb.welcome.State != wire.RelayOK {
		t.Fatalf("state %d", cb.welcome.State)
	}
	if feeds, _ := cb.since(0); len(feeds) != 0 {
		t.Errorf("without a cap: %v", feeds)
	}
	cb.mustOpen(cb.prove(companyTag(), 1))
	have := expect[*wire.Have](cb)
	if len(have.Feeds) != 1 || have.Feeds[0].Len != 3000 {
		t.Fatalf("what opening the scope listed: %+v", have)
	}
	want := frame(ops...).Raw
	if got := cb.fetch(have.Feeds[0], 1); !bytes.Equal(got, want) {
		t.Error("other bytes come out than went in")
	}
}

// B1: what is stored is announced to those who are on, and not to who put it.
func TestLive(t *testing.T) {
	_, a, _, ca, cb := two(t, Limits{})
	ca.since(0)
	cb.since(0)
	f := newFeed(a, companyTag())
	ops := f.next(3, "live")
	ca.put(ops[0])
	have := expect[*wire.Have](cb)
	if len(have.Feeds) != 1 || have.Feeds[0].Len != 1 {
		t.Fatalf("%+v", have)
	}
	if got := cb.fetch(have.Feeds[0], 1); !bytes.Equal(got, ops[0].AppendTo(nil)) {
		t.Error("other bytes")
	}
	ca.put(ops[1:]...)
	expect[*wire.Have](cb)
	for _, m := range ca.inbox {
		if _, ok := m.(*wire.Have); ok {
			t.Errorf("who put it hears of it: %+v", m)
		}
	}
}

// B1: a frame is acknowledged by the length that is stored, however it overlaps; a gap is refused with where to begin.
func TestFramesThatOverlap(t *testing.T) {
	_, a, _, ca, _ := two(t, Limits{})
	f := newFeed(a, companyTag())
	ops := f.next(20, "x")
	ca.send(frame(ops[5:10]...))
	ca.expectRefused(wire.RelayNotChained, 1)
	ca.put(ops[:5]...)
	ca.put(ops[:5]...)
	ca.put(ops[1:3]...)
	ca.put(ops[3:8]...)
	ca.send(frame(ops[9:]...))
	ca.expectRefused(wire.RelayNotChained, 9)
	ca.put(ops[8:]...)
	ca.put(ops...)
	feeds, _ := ca.since(0)
	if len(feeds) != 1 || feeds[0].Len != 20 || !bytes.Equal(ca.fetch(feeds[0], 1), frame(ops...).Raw) {
		t.Errorf("%+v", feeds)
	}
}

// B7: at a fork the first one stored stays, and the refusal says where the other one leaves it.
func TestFork(t *testing.T) {
	_, a, _, ca, _ := two(t, Limits{})
	f := newFeed(a, companyTag())
	same := f.next(10, "same")
	fork := *f
	ca.put(same...)
	mine := f.next(10, "mine")
	ca.put(mine...)
	other := fork.next(20, "other")
	for name, ops := range map[string][]op.Sealed{
		"from the fork on, longer":  other,
		"from the fork on, shorter": other[:4],
		"over it":                   append(append([]op.Sealed{}, same[5:]...), other...),
		"over it, shorter":          append(append([]op.Sealed{}, same[5:]...), other[:3]...),
		"one":                       other[:1],
	} {
		ca.send(frame(ops...))
		t.Log(name)
		ca.expectRefused(wire.RelayFork, 11)
	}
	ca.send(frame(other[10:]...)) // what follows the fork does not say where it is
	ca.expectRefused(wire.RelayFork, 21)
	feeds, _ := ca.since(0)
	if !bytes.Equal(ca.fetch(feeds[0], 11), frame(mine...).Raw) {
		t.Error("the first one did not stay")
	}
}

// B1: a lie about chain, ciphertext or signature ends the conversation; nothing of it is stored.
func TestLies(t *testing.T) {
	a := newMachine(1)
	ops := newFeed(a, companyTag()).next(6, "x")
	signature := append([]op.Sealed{}, ops...)
	signature[5].Sig[0] ^= 1
	text := append([]op.Sealed{}, ops...)
	text[2].Ciphertext = bytes.Clone(text[2].Ciphertext)
	text[2].Ciphertext[0] ^= 1
	stranger := newFeed(newMachine(1), companyTag())
	stranger.m = newMachine(9)
	for name, m := range map[string]wire.Message{
		"signature":      frame(signature...),
		"ciphertext":     frame(text...),
		"order":          frame(ops[0], ops[2]),
		"two feeds":      frame(ops[0], newFeed(a, op.ScopeTag{11}).next(1, "y")[0]),
		"somebody else":  frame(stranger.next(1, "z")...),
		"register":       &wire.Registers{Raw: [][]byte{{1, 2, 3}}},
		"not its turn":   &wire.Delta{},
		"a second hello": &wire.RelayHello{Version: 1},
	} {
		w := newWorld(t, Limits{})
		_, ca := w.found(a, newMachine(2))
		ca.mustOpen(ca.prove(companyTag(), 1))
		ca.send(m)
		if bye := expect[*wire.Bye](ca); bye.Reason == "" {
			t.Errorf("%s: no reason is given", name)
		}
		if err := ca.ended(); !errors.Is(err, ErrPeer) {
			t.Errorf("%s: %v", name, err)
		}
		again := w.connect(a)
		again.mustOpen(again.prove(companyTag(), 1))
		if feeds, _ := again.since(0); len(feeds) != 0 {
			t.Errorf("%s: something was stored: %+v", name, feeds)
		}
	}
}

// B2: lies about lengths end the conversation before anything is allocated.
func TestLengthsThatLie(t *testing.T) {
	for name, b := range map[string][]byte{
		"packet of 4 GiB":       {0xff, 0xff, 0xff, 0xff, byte(wire.TFrame)},
		"empty packet":          {0, 0, 0, 0, byte(wire.TFrame)},
		"frame that is cut off": {0, 0, 0, 3, byte(wire.TFrame), 0, 1},
		"caps without end":      {0, 0, 0, 11, byte(wire.TRelayCaps), 0x81, 0x9b, 0, 0, 0, 1, 0, 0, 0, 0},
		"mail of 2^40 bytes":    {0, 0, 0, 29, byte(wire.TRelayMailPut), 0x83, 0x50, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0x5b, 0, 0, 1, 0, 0, 0, 0, 0, 1},
	} {
		w := newWorld(t, Limits{})
		_, ca := w.found(newMachine(1))
		ca.raw(b)
		expect[*wire.Bye](ca)
		if err := ca.ended(); !errors.Is(err, ErrPeer) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// B7: ops of a device that was never on the roster, and of scopes without a cap, are refused.
func TestPutsWithoutRight(t *testing.T) {
	_, a, _, ca, _ := two(t, Limits{})
	ca.send(frame(newFeed(newMachine(9), companyTag()).next(1, "x")...))
	ca.expectRefused(wire.RelayNoDevice, 0)
	ca.send(frame(newFeed(a, op.ScopeTag{77}).next(1, "x")...))
	ca.expectRefused(wire.RelayNoRight, 0)
	ca.put(newFeed(a, companyTag()).next(1, "x")...) // the conversation goes on
}

// B1: a device may bring the ops of others, also of those that have left.
func TestOpsOfOthers(t *testing.T) {
	w, a, b, ca, _ := two(t, Limits{})
	ca.put(newFeed(b, companyTag()).next(2, "b's")...)
	first := w.roster(1, nil, a, a, b)
	ca.send(&wire.RelayRoster{Raw: w.roster(2, first, a, a)})
	expect[*wire.RelayRosterIs](ca)
	f := newFeed(b, companyTag())
	f.next(2, "b's")
	ca.put(f.next(1, "b's last")...)
}

// H10: ops that are past keeping are stored and served without their bodies, as proven as others; what may be young is not.
func TestH10Stubs(t *testing.T) {
	w, a, _, ca, cb := two(t, Limits{})
	cb.since(0)
	f := newFeed(a, companyTag())
	write := func(days int) op.Sealed {
		f.head.Flags = op.ExpiryFlags(hlc.FromWall(w.clock.Now().AddDate(0, 0, -days)))
		return f.next(1, "x")[0]
	}
	old, whole, young := write(120).Pruned(), write(110), write(80).Pruned()
	ca.put(old, whole)
	ca.send(frame(young))
	ca.expectRefused(wire.RelayTryLater, 0)
	have := expect[*wire.Have](cb)
	if got := cb.fetch(have.Feeds[0], 1); !bytes.Equal(got, frame(old, whole).Raw) {
		t.Error("other bytes come out than went in")
	}
	ca.put(whole) // again
	lie := old
	lie.Flags++
	ca.send(frame(lie))
	if err := ca.ended(); !errors.Is(err, ErrPeer) {
		t.Errorf("a stub with another week: %v", err)
	}
}

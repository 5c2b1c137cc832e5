package relay

import (
	"errors"
	"slices"
	"testing"

	"tongzhou/sync/op"
	"tongzhou/sync/relay/store"
	"tongzhou/sync/wire"
)

func (c *client) expectStates(what string, want wire.ScopeState, caps ...wire.RelayCap) {
	c.t.Helper()
	for _, s := range c.open(caps...) {
		if s != want {
			c.t.Errorf("%s: state %d, want %d", what, s, want)
		}
	}
}

// B6: proofs of another connection, another device, another scope or another key open nothing.
func TestProofsThatAreWrong(t *testing.T) {
	w, _, b, ca, cb := two(t, Limits{})
	overheard := ca.prove(companyTag(), 1)
	cc := w.connect(b) // replaces cb
	cc.expectStates("overheard", wire.ScopeRefused, overheard)
	cc.expectStates("replayed from an earlier connection", wire.ScopeRefused, cb.prove(companyTag(), 1))
	moved := cc.prove(companyTag(), 1)
	moved.Tag = op.ScopeTag{11}
	cc.expectStates("for another scope", wire.ScopeRefused, moved)
	other := cc.prove(companyTag(), 1)
	other.Pub = cc.prove(companyTag(), 2).Pub
	cc.expectStates("by another key", wire.ScopeRefused, other)
	cc.expectStates("of a key that nobody let in", wire.ScopeUnknown, cc.prove(companyTag(), 9))
	cc.since(0)
	if feeds, _ := cc.since(0); len(feeds) != 0 {
		t.Errorf("something opened: %+v", feeds)
	}
	cc.mustOpen(cc.prove(companyTag(), 1))
}

// B6: a new cap is let in by one that it follows, which then opens the scope's epoch ops and nothing else.
func TestSupersededCap(t *testing.T) {
	w, a, b, ca, cb := two(t, Limits{})
	cb.since(0)
	f := newFeed(a, companyTag())
	ca.put(f.next(3, "before")...)
	expect[*wire.Have](cb)
	forged := ca.prove(companyTag(), 2, 1)
	forged.Parents[0].Sig[0] ^= 1
	ca.expectStates("signed by nobody", wire.ScopeUnknown, forged)
	ca.mustOpen(ca.prove(companyTag(), 2, 1))
	down := expect[*wire.RelayScopes](cb)
	if len(down.Scopes) != 1 || down.Scopes[0].Tag != companyTag() || down.Scopes[0].State != wire.ScopeEpochs {
		t.Fatalf("%+v", down)
	}
	f.head.Kind = op.Epoch
	box := f.next(1, "the new key")
	f.head.Kind = op.Content
	ca.put(append(box, f.next(2, "after")...)...)

	cb.send(frame(newFeed(b, companyTag()).next(1, "x")...))
	cb.expectRefused(wire.RelayNoRight, 0)
	cb.send(&wire.Want{Tag: companyTag(), Device: a.id, Incarnation: 1, From: 1, To: 6})
	cb.send(&wire.RelayAskEpochs{Tag: companyTag()})
	keys := expect[*wire.Keys](cb)
	if len(keys.Raw) != 1 || !slices.Equal(keys.Raw[0], box[0].AppendTo(nil)) {
		t.Errorf("%d epoch ops", len(keys.Raw))
	}
	if end := expect[*wire.RelayEpochs](cb); end.More || end.UpTo == 0 {
		t.Errorf("%+v", end)
	}
	if feeds, _ := cb.since(0); len(feeds) != 0 {
		t.Errorf("it is told of %+v", feeds)
	}
	for _, m := range cb.inbox {
		switch m.(type) {
		case *wire.Frame, *wire.Have:
			t.Errorf("it gets %T", m)
		}
	}
	cb.mustOpen(cb.prove(companyTag(), 2)) // it found the key: the cap is known by now
	if have := expect[*wire.Have](cb); len(have.Feeds) != 1 || have.Feeds[0].Len != 6 {
		t.Errorf("%+v", have)
	}

	late := w.connect(b)
	late.expectStates("an old cap on a new connection", wire.ScopeEpochs, late.prove(companyTag(), 1))
	late.send(&wire.RelayAskEpochs{Tag: op.ScopeTag{55}})
	late.expectRefusal(&wire.RelayAskEpochs{}, wire.RelayNoRight)
}

// B6: concurrent epochs are heads side by side; the next one supersedes those that signed it.
func TestConcurrentCaps(t *testing.T) {
	_, _, _, ca, cb := two(t, Limits{})
	ca.mustOpen(ca.prove(companyTag(), 2, 1))
	expect[*wire.RelayScopes](cb) // its first cap is superseded
	cb.mustOpen(cb.prove(companyTag(), 3, 1))
	ca.mustOpen(ca.prove(companyTag(), 2))
	ca.mustOpen(ca.prove(companyTag(), 4, 2, 3))
	ca.expectStates("both are superseded", wire.ScopeEpochs, ca.prove(companyTag(), 2), ca.prove(companyTag(), 3))
}

// B6: a device that proves every cap it has, long superseded ones too, keeps the scope open.
func TestManyOldCaps(t *testing.T) {
	_, _, _, ca, cb := two(t, Limits{})
	for n := byte(2); n < 40; n++ {
		ca.mustOpen(ca.prove(companyTag(), n, n-1))
	}
	expect[*wire.RelayScopes](cb)
	var all []wire.RelayCap
	for n := byte(39); n > 0; n-- {
		all = append(all, cb.prove(companyTag(), n))
	}
	cb.open(all...)
	ca.mustOpen(ca.prove(op.ScopeTag{20}, 1)) // another change, by which all caps are judged again
	cb.put(newFeed(cb.m, companyTag()).next(1, "x")...)
}

// B6: a device registers two heads of a scope at most, a scope has sixteen.
func TestTooManyCaps(t *testing.T) {
	w := newWorld(t, Limits{})
	var ms []machine
	for n := range byte(10) {
		ms = append(ms, newMachine(n+1))
	}
	_, admin := w.found(ms...)
	admin.mustOpen(admin.prove(companyTag(), 0))
	admin.mustOpen(admin.prove(companyTag(), 1, 0))
	admin.mustOpen(admin.prove(companyTag(), 2, 0))
	admin.expectStates("a third head", wire.ScopeRefused, admin.prove(companyTag(), 3, 0))
	next := byte(10)
	for _, m := range ms[1:8] {
		c := w.connect(m)
		for range maxHeadsBy {
			c.mustOpen(c.prove(companyTag(), next, 0))
			next++
		}
	}
	c := w.connect(ms[8])
	c.expectStates("a seventeenth head", wire.ScopeRefused, c.prove(companyTag(), next, 0))
	c.mustOpen(c.prove(companyTag(), next, 1, 2))
}

// B6: what only a device that left has proven is forgotten: it may not have been the scope's.
func TestCapsOfRemovedDevices(t *testing.T) {
	w, a, b, ca, cb := two(t, Limits{})
	group := op.ScopeTag{20}
	cb.mustOpen(cb.prove(group, 66)) // taken by somebody who is not of the group
	ca.expectStates("the right one", wire.ScopeUnknown, ca.prove(group, 1))
	first := w.roster(1, nil, a, a, b)
	ca.send(&wire.RelayRoster{Raw: w.roster(2, first, a, a)})
	expect[*wire.RelayRosterIs](ca)
	ca.mustOpen(ca.prove(group, 1))
	ca.mustOpen(ca.prove(companyTag(), 1)) // proven by both: it stayed
}

// B6: a connection opens so many scopes and no more.
func TestTooManyScopes(t *testing.T) {
	w := newWorld(t, Limits{})
	_, ca := w.found(newMachine(1))
	tag := func(i int) op.ScopeTag { return op.ScopeTag{byte(i), byte(i >> 8), 1} }
	for i := 0; i < wire.MaxRelayTags; i += wire.MaxRelayCaps {
		var caps []wire.RelayCap
		for k := range wire.MaxRelayCaps {
			caps = append(caps, ca.prove(tag(i+k), 1))
		}
		ca.mustOpen(caps...)
	}
	ca.expectStates("one more", wire.ScopeRefused, ca.prove(tag(wire.MaxRelayTags), 1))
	ca.mustOpen(ca.prove(tag(5), 1))
}

// B6: a scope that is superseded while it is being served is served no further.
func TestSupersededWhileServed(t *testing.T) {
	_, a, _, ca, cb := two(t, Limits{})
	f := newFeed(a, companyTag())
	big := string(make([]byte, 60_000))
	for range 25 {
		ca.put(f.next(4, big)...)
	}
	cb.send(&wire.Want{Tag: companyTag(), Device: a.id, Incarnation: 1, From: 1, To: 100})
	got := 0
	for got < wire.Window { // no window is given back: it stops
		got += len(expect[*wire.Frame](cb).Raw)
	}
	ca.mustOpen(ca.prove(companyTag(), 2, 1))
	expect[*wire.RelayScopes](cb)
	cb.send(&wire.Credit{Bytes: uint32(got)})
	cb.since(0) // everything that was on the way has come
	for _, m := range cb.inbox {
		if _, ok := m.(*wire.Frame); ok {
			t.Fatal("it is served on")
		}
	}
}

// B4, B6: what was read before a conversation changed it itself is old news to it.
func TestOldNews(t *testing.T) {
	w := newWorld(t, Limits{})
	a := newMachine(1)
	w.found(a)
	c := newConn(w.relay, nil, a.peer, func(error) {})
	c.state, c.team.Rev = wire.RelayOK, 7
	c.scopes[companyTag()] = &scope{state: wire.ScopeFull, rev: 7}
	if err := c.recheck(t.Context(), &standing{team: store.Team{Rev: 6}}); err != nil || !c.in() {
		t.Errorf("an old roster: %v, state %d", err, c.state)
	}
	for rev, want := range map[int64]wire.ScopeState{6: wire.ScopeFull, 7: wire.ScopeEpochs} {
		c.scopes[companyTag()].state = wire.ScopeFull
		if err := c.recheckCaps(nil, rev); err != nil || c.scopes[companyTag()].state != want {
			t.Errorf("caps of revision %d: %v, state %d", rev, err, c.scopes[companyTag()].state)
		}
	}
	if err := c.recheck(t.Context(), &standing{team: store.Team{Rev: 8}}); !errors.Is(err, errOut) {
		t.Errorf("a newer roster without it: %v", err)
	}
}

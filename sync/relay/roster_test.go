package relay

import (
	"errors"
	"testing"
	"time"

	"tongzhou/sync/op"
	"tongzhou/sync/wire"
)

// B3: without a token that is valid, a team that the relay does not know gets nothing.
func TestTokens(t *testing.T) {
	w := newWorld(t, Limits{})
	a := newMachine(1)
	for name, token := range map[string][]byte{"none": nil, "another": make([]byte, 16)} {
		c := w.dial(a)
		c.hello(w.team, token)
		if c.welcome.State != wire.RelayNotAllowed {
			t.Errorf("%s: state %d", name, c.welcome.State)
		}
		expect[*wire.Bye](c)
		if err := c.ended(); !errors.Is(err, errOut) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.found(a)
	c := w.dial(newMachine(2)) // the same token for another team
	c.hello(wire.TeamTag{99}, w.token[:])
	if c.welcome.State != wire.RelayNotAllowed {
		t.Errorf("a used token: state %d", c.welcome.State)
	}

	late := newWorld(t, Limits{})
	c = late.connect(a)
	late.clock.add(2 * time.Hour)
	c.send(&wire.RelayRoster{Raw: late.roster(1, nil, a, a)})
	c.expectRefusal(&wire.RelayRoster{}, wire.RelayBadToken)
	late.dial(a).hello(late.team, late.token[:])
}

// B3: two teams that hold one token: the first one gets in.
func TestOneTokenTwoTeams(t *testing.T) {
	w := newWorld(t, Limits{})
	a, b := newMachine(1), newMachine(2)
	second := w.dial(b)
	second.hello(wire.TeamTag{99}, w.token[:])
	w.found(a)
	r := wire.Roster{Team: wire.TeamTag{99}, Gen: 1, Admins: []op.DeviceID{b.id}, Devices: []wire.RosterDevice{b.entry()}}
	raw, err := r.Sign(b.sign)
	if err != nil {
		t.Fatal(err)
	}
	second.send(&wire.RelayRoster{Raw: raw})
	second.expectRefusal(&wire.RelayRoster{}, wire.RelayBadToken)
}

// B4: a roster follows the one in force, signed by one of its admins, or is refused with a reason; nothing changes then.
func TestRosterCompareAndSwap(t *testing.T) {
	w := newWorld(t, Limits{})
	a, b, c := newMachine(1), newMachine(2), newMachine(3)
	first, ca := w.found(a, b)
	second := w.roster(2, first, a, a, b, c)
	bad := wire.Roster{Team: wire.TeamTag{66}, Gen: 2, Prev: wire.HashRoster(first), Admins: []op.DeviceID{a.id}, Devices: []wire.RosterDevice{a.entry()}}
	foreign, err := bad.Sign(a.sign)
	if err != nil {
		t.Fatal(err)
	}
	broken := append([]byte{}, second...)
	broken[len(broken)-1] ^= 1
	for name, x := range map[string]struct {
		raw  []byte
		code wire.RelayCode
	}{
		"stale":               {w.roster(1, nil, a, a), wire.RelayStale},
		"too new":             {w.roster(3, first, a, a), wire.RelayStale},
		"follows another":     {w.roster(2, second, a, a), wire.RelayStale},
		"by no admin":         {w.roster(2, first, b, a, b), wire.RelayNoAdmin},
		"by a stranger":       {w.roster(2, first, c, c, a), wire.RelayNoAdmin},
		"of another team":     {foreign, wire.RelayOtherTeam},
		"signature is broken": {broken, wire.RelayBadSig},
	} {
		ca.send(&wire.RelayRoster{Raw: x.raw})
		t.Log(name)
		ca.expectRefusal(&wire.RelayRoster{}, x.code)
	}
	ca.send(&wire.RelayAskRoster{})
	if got := expect[*wire.RelayRoster](ca); wire.HashRoster(got.Raw) != wire.HashRoster(first) {
		t.Error("the roster in force changed")
	}
	for range 2 { // twice is no harm
		ca.send(&wire.RelayRoster{Raw: second})
		if is := expect[*wire.RelayRosterIs](ca); is.Gen != 2 || is.Hash != wire.HashRoster(second) {
			t.Errorf("%+v", is)
		}
	}
	ca.send(&wire.RelayRoster{Raw: []byte("nonsense")})
	expect[*wire.Bye](ca)
}

// B4: whoever is not on the roster learns nothing of the team, and may bring the roster that lists them.
func TestNotOnRoster(t *testing.T) {
	w := newWorld(t, Limits{})
	a, b := newMachine(1), newMachine(2)
	first, _ := w.found(a)
	cb := w.connect(b)
	if cb.welcome.State != wire.RelayNotOnRoster || cb.welcome.Gen != 0 || cb.welcome.LSeq != 0 || cb.welcome.RosterHash != [32]byte{} {
		t.Errorf("a stranger is told %+v", cb.welcome)
	}
	for _, m := range []wire.Message{
		&wire.RelayAskRoster{}, &wire.RelayCaps{Caps: []wire.RelayCap{cb.prove(companyTag(), 1)}}, &wire.Since{}, &wire.Want{From: 1, To: 1},
		frame(newFeed(b, companyTag()).next(1, "x")...), &wire.RelayCursor{}, &wire.RelayAskEpochs{},
	} {
		cb.send(m)
		cb.expectRefusal(m, wire.RelayBadState)
	}
	cb.send(&wire.RelayRoster{Raw: w.roster(2, first, a, a, b)})
	if is := expect[*wire.RelayRosterIs](cb); is.State != wire.RelayOK || is.Gen != 2 {
		t.Errorf("after the roster that lists it: %+v", is)
	}
	cb.mustOpen(cb.prove(companyTag(), 1))
}

// B4: a device id with another transport key is a stranger.
func TestBorrowedDeviceID(t *testing.T) {
	w := newWorld(t, Limits{})
	a := newMachine(1)
	w.found(a)
	thief := newMachine(2)
	thief.id = a.id
	if c := w.connect(thief); c.welcome.State != wire.RelayNotOnRoster {
		t.Errorf("state %d", c.welcome.State)
	}
}

// B4: whom a roster no longer lists is told so and cut off; others hear of the new roster; a member of another team is one more
// stranger.
func TestRemoval(t *testing.T) {
	w, a, b, ca, cb := two(t, Limits{})
	first := w.roster(1, nil, a, a, b)
	second := w.roster(2, first, a, a)
	ca.send(&wire.RelayRoster{Raw: second})
	if is := expect[*wire.RelayRosterIs](cb); is.State != wire.RelayNotOnRoster || is.Gen != 0 {
		t.Errorf("the removed device is told %+v", is)
	}
	expect[*wire.Bye](cb)
	if err := cb.ended(); !errors.Is(err, errOut) {
		t.Errorf("%v", err)
	}
	if again := w.connect(b); again.welcome.State != wire.RelayNotOnRoster {
		t.Errorf("it comes back with state %d", again.welcome.State)
	}
	if in, err := w.relay.Rostered(t.Context(), b.peer); in || err != nil {
		t.Errorf("it may reserve a circuit: %v, %v", in, err)
	}
}

// B5: a rostered device vouches for a newcomer, until the next roster.
func TestVouch(t *testing.T) {
	w, a, b, ca, cb := two(t, Limits{})
	newcomer := newMachine(3)
	v := wire.RelayVouch{Team: w.team, Gen: 1, Device: newcomer.entry()}
	v.Sign(b.sign)
	cb.send(&v)
	expect[*wire.RelayRosterIs](cb)
	cc := w.connect(newcomer)
	if cc.welcome.State != wire.RelayOK {
		t.Fatalf("state %d", cc.welcome.State)
	}
	cc.mustOpen(cc.prove(companyTag(), 1))
	cc.put(newFeed(newcomer, companyTag()).next(1, "hello")...)
	if mates, err := w.relay.Mates(t.Context(), newcomer.peer, a.peer); !mates || err != nil {
		t.Errorf("circuits: %v, %v", mates, err)
	}
	first := w.roster(1, nil, a, a, b)
	ca.send(&wire.RelayRoster{Raw: w.roster(2, first, a, a, b)})
	expect[*wire.Bye](cc)
}

// B5: a vouch is refused for what is wrong with it, and for whoever was taken off.
func TestVouchesThatAreRefused(t *testing.T) {
	w, a, b, ca, _ := two(t, Limits{})
	vouch := func(gen uint64, team wire.TeamTag, by machine, m machine) *wire.RelayVouch {
		v := &wire.RelayVouch{Team: team, Gen: gen, Device: m.entry()}
		v.Sign(by.sign)
		return v
	}
	broken := vouch(1, w.team, a, newMachine(5))
	broken.Sig[0] ^= 1
	for name, x := range map[string]struct {
		v    *wire.RelayVouch
		code wire.RelayCode
	}{
		"stale":           {vouch(7, w.team, a, newMachine(5)), wire.RelayStale},
		"of another team": {vouch(1, wire.TeamTag{9}, a, newMachine(5)), wire.RelayOtherTeam},
		"by a stranger":   {vouch(1, w.team, newMachine(5), newMachine(5)), wire.RelayNoRight},
		"broken":          {broken, wire.RelayBadSig},
	} {
		ca.send(x.v)
		t.Log(name)
		ca.expectRefusal(x.v, x.code)
	}
	for n := range byte(maxVouched) {
		ca.send(vouch(1, w.team, a, newMachine(100+n)))
		expect[*wire.RelayRosterIs](ca)
	}
	ca.send(vouch(1, w.team, a, newMachine(99)))
	ca.expectRefusal(&wire.RelayVouch{}, wire.RelayTooMany)
	w.clock.add(vouchFor + time.Hour)
	if in, err := w.relay.Rostered(t.Context(), newMachine(100).peer); in || err != nil {
		t.Errorf("a vouch lasts for ever: %v, %v", in, err)
	}
	first := w.roster(1, nil, a, a, b)
	ca.send(&wire.RelayRoster{Raw: w.roster(2, first, a, a)})
	expect[*wire.RelayRosterIs](ca)
	ca.send(vouch(2, w.team, a, b))
	ca.expectRefusal(&wire.RelayVouch{}, wire.RelayNoRight)
}

// B12: a device on no roster has few tries.
func TestStrangersHaveFewTries(t *testing.T) {
	w := newWorld(t, Limits{})
	a := newMachine(1)
	w.found(a)
	stale := w.roster(1, nil, a, a, newMachine(9))
	c := w.connect(newMachine(9))
	for range maxStrikes {
		c.send(&wire.RelayRoster{Raw: stale})
		c.expectRefusal(&wire.RelayRoster{}, wire.RelayStale)
	}
	c.send(&wire.RelayRoster{Raw: stale})
	expect[*wire.Bye](c)
	if err := c.ended(); !errors.Is(err, ErrPeer) {
		t.Errorf("%v", err)
	}
}

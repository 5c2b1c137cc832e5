package relay

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"tongzhou/sync/op"
	"tongzhou/sync/wire"
)

// deaf is a device that speaks and does not listen.
type deaf struct {
	t    *testing.T
	conn net.Conn
	end  chan error
}

func (w *world) deaf(t *testing.T, m machine) *deaf {
	t.Helper()
	mine, theirs := net.Pipe()
	d := &deaf{t: t, conn: mine, end: make(chan error, 1)}
	t.Cleanup(func() { _ = mine.Close() })
	go func() { d.end <- w.relay.Serve(context.Background(), theirs, m.peer) }()
	d.say(&wire.RelayHello{Version: 1, Team: w.team, Device: m.id})
	if _, _, err := wire.NewReader(mine).Next(); err != nil {
		t.Fatal(err)
	}
	return d
}

// say reports whether it was taken.
func (d *deaf) say(m wire.Message) bool {
	d.t.Helper()
	b, err := wire.Encode(nil, m)
	if err != nil {
		d.t.Fatal(err)
	}
	if err := d.conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		d.t.Fatal(err)
	}
	_, err = d.conn.Write(b)
	if err != nil && !errors.Is(err, io.ErrClosedPipe) {
		d.t.Fatal(err)
	}
	return err == nil
}

// B12: who asks over and over and does not read is cut off; others go on.
func TestQuestionsWithoutListening(t *testing.T) {
	for name, m := range map[string]wire.Message{
		"lists":     &wire.Since{},
		"rosters":   &wire.RelayAskRoster{},
		"refusals":  &wire.RelayMailGet{Box: wire.MailBox{1}},
		"mailboxes": &wire.RelayMailPut{Box: wire.MailBox{1}, Body: []byte{1}, TTL: 1},
	} {
		w, a, b, ca, _ := two(t, Limits{})
		d := w.deaf(t, b)
		for n := 0; d.say(m); n++ {
			if n > 2*maxOutgoing {
				t.Fatalf("%s: %d questions are queued", name, n)
			}
		}
		if err := <-d.end; !errors.Is(err, ErrPeer) {
			t.Errorf("%s: %v", name, err)
		}
		ca.put(newFeed(a, companyTag()).next(1, "x")...)
	}
}

// B12: connections are bounded, in all and of devices on no roster; who is refused is told why, and there is room again when
// others have gone.
func TestFloodOfConnections(t *testing.T) {
	w := newWorld(t, Limits{Conns: 6, Strangers: 3})
	var ms []machine
	for n := range byte(8) {
		ms = append(ms, newMachine(n+1))
	}
	w.found(ms...)
	var strangers []*client
	for n := range byte(3) {
		c := w.dial(newMachine(100 + n))
		c.hello(w.team, nil)
		strangers = append(strangers, c)
	}
	turnedAway := func() {
		t.Helper()
		c := w.dial(newMachine(99))
		if bye := expect[*wire.Bye](c); bye.Reason == "" {
			t.Error("no reason is given")
		}
		if err := c.ended(); !errors.Is(err, ErrBusy) {
			t.Errorf("%v", err)
		}
	}
	turnedAway()
	for _, c := range strangers {
		c.leave()
	}
	for _, m := range ms[1:6] {
		w.connect(m)
	}
	turnedAway()
	if s, err := w.relay.Status(t.Context()); err != nil || s.Connections != 6 || s.Strangers != 0 || s.Busy != 2 || s.Teams[0].Online != 6 {
		t.Errorf("%+v, %v", s, err)
	}
}

// B12: a device has one conversation; a newer one ends the older.
func TestOneConversationPerDevice(t *testing.T) {
	w, a, _, ca, _ := two(t, Limits{})
	again := w.connect(a)
	if bye := expect[*wire.Bye](ca); bye.Reason == "" {
		t.Error("no reason is given")
	}
	if err := ca.ended(); !errors.Is(err, ErrReplaced) {
		t.Errorf("%v", err)
	}
	again.mustOpen(again.prove(companyTag(), 1))
}

// B12: a device on no roster is let go after a time.
func TestStrangersDoNotStay(t *testing.T) {
	w := newWorld(t, Limits{})
	w.found(newMachine(1))
	c := w.connect(newMachine(2))
	w.clock.add(strangerLimit + time.Second)
	expect[*wire.Bye](c)
	if err := c.ended(); !errors.Is(err, errTooLong) {
		t.Errorf("%v", err)
	}
}

// B12: what is said before the hello ends the conversation.
func TestHelloComesFirst(t *testing.T) {
	w := newWorld(t, Limits{})
	c := w.dial(newMachine(1))
	c.send(&wire.Since{})
	expect[*wire.Bye](c)
	if err := c.ended(); !errors.Is(err, ErrPeer) {
		t.Errorf("%v", err)
	}
}

// B12: a device has so many feeds in a scope, and a connection wants so many at a time.
func TestTooManyFeeds(t *testing.T) {
	w, a, b, ca, _ := two(t, Limits{})
	for n := range uint32(maxIncarnations) {
		f := newFeed(a, companyTag())
		f.head.Incarnation = n + 1
		ca.put(f.next(1, "x")...)
	}
	f := newFeed(a, companyTag())
	f.head.Incarnation = 99
	ca.send(frame(f.next(1, "x")...))
	ca.expectRefused(wire.RelayTooMany, 0)
	ca.put(newFeed(b, companyTag()).next(1, "x")...)
	_ = w
}

// A removed team is gone whole; its devices are told, others stay.
func TestRemoveTeam(t *testing.T) {
	w, a, _, ca, _ := two(t, Limits{})
	ca.put(newFeed(a, companyTag()).next(3, "x")...)
	if found, err := Remove(t.Context(), w.store, wire.TeamTag{99}); found || err != nil {
		t.Errorf("a team that is not there: %v, %v", found, err)
	}
	if found, err := Remove(t.Context(), w.store, w.team); !found || err != nil {
		t.Fatalf("%v, %v", found, err)
	}
	expect[*wire.Bye](ca)
	if err := ca.ended(); !errors.Is(err, errRemoved) {
		t.Errorf("%v", err)
	}
	if c := w.connect(a); c.welcome.State != wire.RelayNotAllowed {
		t.Errorf("state %d", c.welcome.State)
	}
	s, err := w.relay.Status(t.Context())
	if err != nil || len(s.Teams) != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

// The status tells how long the oldest op waits for somebody.
func TestWaiting(t *testing.T) {
	w, a, b, ca, cb := two(t, Limits{})
	waiting := func() time.Duration {
		s, err := w.relay.Status(t.Context())
		if err != nil || len(s.Teams) != 1 || s.Teams[0].Devices != 2 {
			t.Fatalf("%+v, %v", s, err)
		}
		return s.Teams[0].Waiting
	}
	f := newFeed(a, companyTag())
	ca.put(f.next(1, "x")...)
	w.clock.add(time.Minute)
	ca.put(f.next(1, "y")...)
	w.clock.add(time.Minute)
	if d := waiting(); d != 2*time.Minute {
		t.Errorf("%v", d)
	}
	_, upTo := cb.since(0)
	for _, c := range []*client{ca, cb} {
		c.send(&wire.RelayCursor{LSeq: upTo})
		c.since(0)
	}
	if d := waiting(); d != 0 {
		t.Errorf("when everybody has it: %v", d)
	}
	_, _ = b, op.ScopeTag{}
}

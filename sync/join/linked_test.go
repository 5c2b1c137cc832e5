package join

import (
	"context"
	"errors"
	"io"
	"net"
	"regexp"
	"slices"
	"testing"
	"time"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// J7, R2: the same six digits on both screens, then the new device is added and has the team's secret and log.
func TestLinkADevice(t *testing.T) {
	s, b := newShower(t), newBare(t, "新手机")
	mine, theirs := s.meet(b)
	st := s.compared(t)
	code := <-b.codes
	if st.Code != code || !regexp.MustCompile(`^\d{6}$`).MatchString(code) || st.Device != "新手机" {
		t.Fatalf("%+v, the new device shows %q", st, code)
	}
	if len(s.devices()) > 0 || b.id.TeamSecret != (keys.TeamSecret{}) {
		t.Fatal("something was given away before the person agreed")
	}
	if !s.offer.Confirm(true) || s.offer.Confirm(true) {
		t.Fatal("confirm")
	}
	if err := errors.Join(<-mine, <-theirs); err != nil {
		t.Fatal(err)
	}
	if st := s.status(); st != (OfferStatus{Step: OfferDone, Device: "新手机"}) {
		t.Fatalf("%+v", st)
	}
	if b.id.Team != s.id.Team || b.id.TeamSecret != s.id.TeamSecret || b.id.Genesis != s.id.Genesis || b.kept != 1 || b.log.String() != "\x01\x02\x03" {
		t.Fatalf("%+v, log %q", b.id, b.log.String())
	}
	if b.id.Root.Whole() || b.id.Root.ID != s.id.Root.ID || string(b.id.Root.BoxPub()) != string(s.id.Root.BoxPub()) {
		t.Fatal("the person's keys")
	}
	if d := s.devices(); len(d) != 1 || d[0] != b.id.Device.ID {
		t.Fatalf("added %v", d)
	}
}

// J7: whatever ends an attempt, nothing was added or told, both sides hear why, and the link is used up.
func TestLinksThatEndEarly(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(*shower)
		code string
	}{
		"the codes differ": {func(s *shower) { s.offer.Confirm(false) }, CodeLinkDiffers},
		"cancelled":        {func(s *shower) { s.offer.Cancel() }, CodeLinkCancelled},
	} {
		t.Run(name, func(t *testing.T) {
			s, b := newShower(t), newBare(t, "b")
			mine, theirs := s.meet(b)
			s.compared(t)
			c.do(s)
			if m, h := <-mine, <-theirs; !refusedWith(m, c.code) || !refusedWith(h, c.code) {
				t.Fatal(m, h)
			}
			if st := s.status(); st.Step != OfferFailed || st.Fault != c.code || len(s.devices()) > 0 {
				t.Fatalf("%+v", st)
			}
			want := c.code
			if want == CodeLinkDiffers {
				want = CodeLinkUsed
			}
			mine, theirs = s.meet(newBare(t, "again"))
			if m, h := <-mine, <-theirs; !refusedWith(m, want) || !refusedWith(h, want) {
				t.Fatal(m, h)
			}
			if st := s.status(); st.Fault != c.code {
				t.Fatalf("a second visitor changed how it came out: %+v", st)
			}
		})
	}
}

// J7: a link lives ten minutes.
func TestExpiredLink(t *testing.T) {
	s := newShower(t)
	s.now = s.now.Add(LinkLife + time.Millisecond)
	if st := s.status(); st.Step != OfferFailed || st.Fault != CodeLinkExpired {
		t.Fatalf("%+v", st)
	}
	mine, theirs := s.meet(newBare(t, "b"))
	if m, h := <-mine, <-theirs; !refusedWith(m, CodeLinkExpired) || !refusedWith(h, CodeLinkExpired) {
		t.Fatal(m, h)
	}
}

// J7: a link of another device, or none.
func TestUnknownLink(t *testing.T) {
	s := newShower(t)
	s.link.Secret[0] ^= 1
	mine, theirs := s.meet(newBare(t, "b"))
	if m, h := <-mine, <-theirs; !refusedWith(m, CodeLinkUnknown) || !refusedWith(h, CodeLinkUnknown) {
		t.Fatal(m, h)
	}
	if st := s.status(); st.Step != OfferWaiting {
		t.Fatalf("who does not have the link used it up: %+v", st)
	}
	s.door.Offer = nil
	mine, theirs = s.meet(newBare(t, "b"))
	if m, h := <-mine, <-theirs; !refusedWith(m, CodeLinkUnknown) || !refusedWith(h, CodeLinkUnknown) {
		t.Fatal(m, h)
	}
}

// J7: an attempt that breaks off uses the link up; it could otherwise be repeated until the codes are equal by chance.
func TestALinkIsGoodForOneTry(t *testing.T) {
	s := newShower(t)
	key := keys.InviteFromSecret(s.link.Secret)
	x, y := net.Pipe()
	theirs := s.answer(y, []byte("whoever"))
	if _, err := claim(x, hello{Version: 1, Kind: kindLink, Pub: key.Pub(), Commit: make([]byte, 32)}); err != nil {
		t.Fatal(err)
	}
	_ = x.Close() // having seen the number, it can tell which code would come out
	if err := <-theirs; err == nil {
		t.Fatal("no error")
	}
	if st := s.status(); st.Step != OfferFailed || st.Fault != CodeLinkBroken {
		t.Fatalf("%+v", st)
	}
	mine, theirs := s.meet(newBare(t, "b"))
	if m, h := <-mine, <-theirs; !refusedWith(m, CodeLinkUsed) || !refusedWith(h, CodeLinkUsed) {
		t.Fatal(m, h)
	}
}

// J7: while one device is being compared, another with the same link is refused and changes nothing.
func TestTwoDevicesWithOneLink(t *testing.T) {
	s, b := newShower(t), newBare(t, "b")
	mine, theirs := s.meet(b)
	st := s.compared(t)
	second, refused := s.meet(newBare(t, "second"))
	if m, h := <-second, <-refused; !refusedWith(m, CodeLinkUsed) || !refusedWith(h, CodeLinkUsed) {
		t.Fatal(m, h)
	}
	if now := s.status(); now != st {
		t.Fatalf("%+v", now)
	}
	s.offer.Confirm(true)
	if err := errors.Join(<-mine, <-theirs); err != nil {
		t.Fatal(err)
	}
}

// J7: the new device that hangs up while the person compares is not added, and the screen says so at once.
func TestTheNewDeviceHangsUp(t *testing.T) {
	s, b := newShower(t), newBare(t, "b")
	x, y := net.Pipe()
	theirs := s.answer(y, peerOf(b.id))
	mine := b.ask(x, s.link, peerOf(s.id))
	s.compared(t)
	_ = x.Close()
	if err := <-theirs; err == nil || <-mine == nil {
		t.Fatal("no error")
	}
	if st := s.status(); st.Fault != CodeLinkBroken || len(s.devices()) > 0 || s.offer.Confirm(true) {
		t.Fatalf("%+v", st)
	}
}

// J6, J7: cut off after it was added, at any message, the same device comes again and gets everything without being asked
// about; any other does not.
func TestCutOffAfterAdding(t *testing.T) {
	for cut := range 5 {
		s, b := newShower(t), newBare(t, "b")
		x, y := net.Pipe()
		w := &cutter{Conn: y, at: 1 + cut, closing: []net.Conn{x, y}} // 0 is the challenge
		theirs := s.answer(w, peerOf(b.id))
		mine := b.ask(x, s.link, peerOf(s.id))
		s.compared(t)
		s.offer.Confirm(true)
		if m, h := <-mine, <-theirs; m == nil || h == nil {
			t.Fatalf("cut %d: %v, %v", cut, m, h)
		}
		if st := s.status(); st.Fault != CodeLinkUnfinished || len(s.devices()) != 1 {
			t.Fatalf("cut %d: %+v", cut, st)
		}
		mine, theirs = s.meet(newBare(t, "other"))
		if m, h := <-mine, <-theirs; !refusedWith(m, CodeLinkProof) || !refusedWith(h, CodeLinkProof) {
			t.Fatal(m, h)
		}
		if st := s.status(); st.Fault != CodeLinkUnfinished {
			t.Fatalf("cut %d: another visitor changed how it came out: %+v", cut, st)
		}
		mine, theirs = s.meet(b)
		if err := errors.Join(<-mine, <-theirs); err != nil {
			t.Fatalf("cut %d, again: %v", cut, err)
		}
		if st := s.status(); st.Step != OfferDone || slices.ContainsFunc(s.devices(), func(d op.DeviceID) bool { return d != b.id.Device.ID }) {
			t.Fatalf("cut %d: %+v", cut, st)
		}
	}
}

// cutter closes the connections instead of one write.
type cutter struct {
	net.Conn
	n, at   int
	closing []net.Conn
}

func (c *cutter) Write(b []byte) (int, error) {
	if c.n++; c.n > c.at {
		for _, x := range c.closing {
			_ = x.Close()
		}
		return 0, io.ErrClosedPipe
	}
	return c.Conn.Write(b)
}

func TestAddingFails(t *testing.T) {
	s, b := newShower(t), newBare(t, "b")
	s.failing = errors.New("disk full")
	mine, theirs := s.meet(b)
	s.compared(t)
	s.offer.Confirm(true)
	if m, h := <-mine, <-theirs; !refusedWith(m, CodeLinkAdd) || !refusedWith(h, CodeLinkAdd) {
		t.Fatal(m, h)
	}
	if st := s.status(); st.Fault != CodeLinkAdd || b.id.TeamSecret != (keys.TeamSecret{}) {
		t.Fatalf("%+v", st)
	}
}

// The new device was sent a log in which it does not count.
func TestTheNewDeviceDoesNotCount(t *testing.T) {
	s, b := newShower(t), newBare(t, "b")
	b.lost = true
	mine, theirs := s.meet(b)
	s.compared(t)
	s.offer.Confirm(true)
	if m, h := <-mine, <-theirs; !errors.Is(m, ErrNotCounted) || h == nil {
		t.Fatal(m, h)
	}
	if st := s.status(); st.Fault != CodeLinkUnfinished {
		t.Fatalf("%+v", st)
	}
}

func TestTheConversationEndsWithItsTime(t *testing.T) {
	s, b := newShower(t), newBare(t, "b")
	ctx, cancel := context.WithCancel(context.Background())
	x, y := net.Pipe()
	out := make(chan error, 1)
	go func() {
		_, err := s.door.Answer(ctx, y, peerOf(b.id), nil)
		_ = y.Close()
		out <- err
	}()
	mine := b.ask(x, s.link, peerOf(s.id))
	s.compared(t)
	cancel()
	if err := <-out; !errors.Is(err, context.Canceled) || <-mine == nil {
		t.Fatal(err)
	}
	if st := s.status(); st.Fault != CodeLinkBroken || len(s.devices()) > 0 {
		t.Fatalf("%+v", st)
	}
}

package join

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// scripted plays fixed bytes and swallows what is written.
type scripted struct{ io.Reader }

func (scripted) Write(b []byte) (int, error) { return len(b), nil }

func frame(t testing.TB, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A stranger may say anything: the door neither panics nor adds a device nor gives the secret away.
func FuzzDoor(f *testing.F) {
	s := newShower(f)
	key := keys.InviteFromSecret(s.link.Secret)
	m := newBare(f, "m")
	cert := m.id.Device.Public("m")
	he := frame(f, hello{Version: 1, Kind: kindLink, Pub: key.Pub(), Commit: make([]byte, 32)})
	f.Add(he)
	f.Add(append(he, frame(f, proof{Sig: make([]byte, 64), Cert: cert, Reveal: make([]byte, 32)})...))
	f.Add(append(he, 0xff, 0xff, 0xff, 0xff))
	f.Add(frame(f, hello{Version: 9, Kind: 77, Pub: key.Pub()}))
	f.Fuzz(func(t *testing.T, said []byte) {
		s.offer = NewOffer(key, s.offer.Expires(), s.add, s.changed)
		var told bytes.Buffer
		rw := struct {
			io.Reader
			io.Writer
		}{bytes.NewReader(said), &told}
		door := &Door{Host: s, Now: s.door.Now, Offer: s.door.Offer}
		if len(said) > 5 && !bytes.Contains(said, key.Pub()) {
			door.Offer = nil // without the link's key nothing else is reached
		}
		var he hello
		if read(bytes.NewReader(said), &he) == nil && he.Kind != kindLink {
			return // the other kinds ask the authority, which this host has not
		}
		_, err := door.Answer(context.Background(), rw, []byte("somebody"), nil)
		if err == nil || len(s.devices()) > 0 || bytes.Contains(told.Bytes(), s.id.TeamSecret[:]) {
			t.Fatalf("%v, added %v", err, s.devices())
		}
		if told.Len() > 4<<10 {
			t.Fatalf("answered with %d bytes", told.Len())
		}
	})
}

// Whoever answers a new device may say anything: it neither panics nor takes itself for linked.
func FuzzNewDevice(f *testing.F) {
	s := newShower(f)
	c := frame(f, challenge{Nonce: make([]byte, 32), RootPub: s.id.Root.SignPub(), RootBox: s.id.Root.BoxPub()})
	w := frame(f, welcome{Secret: make([]byte, 32), Ops: 1})
	f.Add(c)
	f.Add(append(append(bytes.Clone(c), w...), 0, 0, 0, 1, 5, 0, 0, 0, 0))
	f.Add(frame(f, challenge{Refusal: CodeLinkUsed}))
	f.Add(append(bytes.Clone(c), frame(f, welcome{Refusal: CodeLinkDiffers})...))
	f.Fuzz(func(t *testing.T, said []byte) {
		b := newBareOf(s)
		b.lost = true
		if _, err := b.side(s.link).Ask(scripted{bytes.NewReader(said)}, peerOf(s.id)); err == nil {
			t.Fatal("linked")
		}
	})
}

// newBareOf reuses the keys of s: making new ones would be most of the work.
func newBareOf(s *shower) *bare {
	return &bare{id: &keys.Identity{Device: s.id.Device, DeviceName: "b"}, codes: make(chan string, 4)}
}

func FuzzParseDeviceLink(f *testing.F) {
	link, err := newShower(f).link.Link()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(link)
	f.Add(DeviceScheme)
	f.Add(linkOf(f, sample()))
	f.Fuzz(func(t *testing.T, text string) {
		if l, err := ParseDeviceLink(text); err == nil {
			if again, err := l.Link(); err == nil {
				if back, err := ParseDeviceLink(again); err != nil || back.Team != l.Team || back.Secret != l.Secret {
					t.Fatalf("%+v, %v", back, err)
				}
			}
		} else if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNewer) && !errors.Is(err, ErrOther) {
			t.Fatal(err)
		}
		_, _ = ParseTeamLink(text)
	})
}

// J7: a link for a further device comes back out of a mail, is told from an invitation, and bounds what it holds.
func TestDeviceLinkText(t *testing.T) {
	s := newShower(t)
	want := s.link
	want.TeamName, want.Person, want.MDNS, want.Addrs = "星海科技", "周明轩", "_tabc._udp", []string{"/ip4/192.168.1.5/tcp/4001"}
	link, err := want.Link()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{link, "我的链接：" + link + "。", link[:80] + "\n  " + link[80:]} {
		got, err := ParseDeviceLink(text)
		if err != nil || got.Secret != want.Secret || got.Person != want.Person || !bytes.Equal(got.Peer, want.Peer) || got.User != want.User {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	if _, err := Parse(link); !errors.Is(err, ErrOther) {
		t.Errorf("taken for an invitation: %v", err)
	}
	invitation := linkOf(t, sample())
	if _, err := ParseDeviceLink(invitation); !errors.Is(err, ErrOther) {
		t.Errorf("an invitation is taken for it: %v", err)
	}
	for text, team := range map[string]op.TeamID{link: want.Team, invitation: sample().Team} {
		if l, err := ParseTeamLink(text); err != nil || l.Team != team || l.TeamName != "星海科技" || len(l.Addrs)+len(l.Peers) != 1 {
			t.Errorf("%+v, %v", l, err)
		}
	}
	for _, text := range []string{"", link[:len(link)-3], invitation[:len(invitation)-3], "https://example.com"} {
		if _, err := ParseTeamLink(text); !errors.Is(err, ErrDamaged) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for name, change := range map[string]func(*DeviceLink){
		"no peer":            func(l *DeviceLink) { l.Peer = nil },
		"no person":          func(l *DeviceLink) { l.User = op.UserID{} },
		"no secret":          func(l *DeviceLink) { l.Secret = [16]byte{} },
		"too many addresses": func(l *DeviceLink) { l.Addrs = make([]string, maxAddrs+1) },
	} {
		l := want
		change(&l)
		text, err := l.Link()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseDeviceLink(text); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !want.Expired(time.UnixMilli(want.Expires+1)) || want.Expired(time.UnixMilli(want.Expires)) {
		t.Error("expiry")
	}
}

// A message that claims to be large is not waited for, and costs nothing.
func TestMessagesAreBounded(t *testing.T) {
	s := newShower(t)
	x, y := net.Pipe()
	out := s.answer(y, []byte("somebody"))
	if _, err := x.Write([]byte{0, 1, 0, 1}); err != nil {
		t.Fatal(err)
	}
	if err := <-out; !errors.Is(err, errTooLarge) {
		t.Fatal(err)
	}
}

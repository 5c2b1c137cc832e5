package join

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// shower is the device that shows a link: a door whose replica holds three frames of a control log.
type shower struct {
	id    *keys.Identity
	link  DeviceLink
	offer *Offer
	door  *Door
	now   time.Time

	mu      sync.Mutex // guards the fields below
	added   []op.DeviceID
	failing error // of adding
	frames  int
	seen    []OfferStatus
}

func newPerson(t testing.TB, name string) *keys.Identity {
	t.Helper()
	var seed [32]byte
	_, _ = rand.Read(seed[:])
	root, err := keys.NewRoot(seed)
	if err != nil {
		t.Fatal(err)
	}
	dev, err := keys.NewDevice(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &keys.Identity{Root: root, Device: dev, DeviceName: name, Team: op.TeamID{7}, TeamSecret: keys.TeamSecret{8}, Genesis: op.ID{9}}
}

func peerOf(id *keys.Identity) []byte { return id.Device.Peer.Public().(ed25519.PublicKey) }

func newShower(t testing.TB) *shower {
	t.Helper()
	s := &shower{id: newPerson(t, "old"), now: time.UnixMilli(1_790_000_000_000), frames: 3}
	key, err := keys.NewInvite(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	expires := s.now.Add(LinkLife)
	s.link = DeviceLink{
		Version: deviceLinkVersion, Team: s.id.Team, Genesis: s.id.Genesis, User: s.id.Root.ID, Secret: key.Secret,
		Expires: expires.UnixMilli(), Peer: peerOf(s.id),
	}
	s.offer = NewOffer(key, expires, s.add, s.changed)
	s.door = &Door{Host: s, Now: func() time.Time { return s.now }, Offer: func() *Offer { return s.offer }}
	return s
}

func (s *shower) add(_ context.Context, cert keys.DeviceCert) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.added = append(s.added, cert.DeviceID())
	return s.failing
}

func (s *shower) changed() {
	st := s.offer.Status(s.now)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, st)
}

func (s *shower) devices() []op.DeviceID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.added
}

func (s *shower) status() OfferStatus { return s.offer.Status(s.now) }

func (s *shower) Self() *keys.Identity                               { return s.id }
func (s *shower) Authority() *authority.State                        { return nil }
func (s *shower) Welcome(context.Context, op.DeviceID, []byte) error { return errors.New("not here") }

func (s *shower) TakeOps(context.Context, []byte) error { return errors.New("not here") }

func (s *shower) ControlLog(fn func(raw []byte, total uint64) error) error {
	for i := range s.frames {
		if err := fn([]byte{byte(i + 1)}, uint64(s.frames)); err != nil {
			return err
		}
	}
	return nil
}

// answer serves one stream with the given transport key at the other end.
func (s *shower) answer(c net.Conn, newcomer []byte) <-chan error {
	out := make(chan error, 1)
	go func() {
		_, err := s.door.Answer(context.Background(), c, newcomer, nil)
		_ = c.Close()
		out <- err
	}()
	return out
}

// bare is a new device.
type bare struct {
	id    *keys.Identity
	codes chan string
	log   bytes.Buffer
	kept  int
	lost  bool // the team does not count it
}

func newBare(t testing.TB, name string) *bare {
	id := newPerson(t, name)
	return &bare{id: &keys.Identity{Device: id.Device, DeviceName: name}, codes: make(chan string, 4)}
}

func (b *bare) side(link DeviceLink) *NewDevice {
	return &NewDevice{
		Link: link,
		Receiver: Receiver{
			Identity: b.id,
			Begin:    func() error { return nil },
			Take:     func(raw []byte) error { b.log.Write(raw); return nil },
			OnStep:   func(Step, uint64, uint64) {},
		},
		Keep:   func() error { b.kept++; return nil },
		OnCode: func(code string) { b.codes <- code },
		Counts: func() bool { return !b.lost },
	}
}

// ask goes through the conversation with a device whose transport key is member.
func (b *bare) ask(c net.Conn, link DeviceLink, member []byte) <-chan error {
	out := make(chan error, 1)
	go func() {
		_, err := b.side(link).Ask(c, member)
		_ = c.Close()
		out <- err
	}()
	return out
}

// meet lets both sides talk and returns what becomes of them.
func (s *shower) meet(b *bare) (mine, theirs <-chan error) {
	x, y := net.Pipe()
	theirs = s.answer(y, peerOf(b.id))
	return b.ask(x, s.link, peerOf(s.id)), theirs
}

// compared waits until the shower's screen shows a code.
func (s *shower) compared(t testing.TB) OfferStatus {
	t.Helper()
	for range 2000 {
		if st := s.status(); st.Step == OfferCompare {
			return st
		} else if st.Step == OfferFailed {
			t.Fatalf("failed: %+v", st)
		}
		<-time.After(time.Millisecond)
	}
	t.Fatalf("nothing to compare: %+v", s.status())
	return OfferStatus{}
}

func refusedWith(err error, code string) bool {
	var no *Refused
	return errors.As(err, &no) && no.Code == code
}

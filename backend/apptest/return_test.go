package apptest

import (
	"context"
	"crypto/rand"
	"io"
	"net"
	"strings"
	"testing"

	"tongzhou/sync/authority"
	"tongzhou/sync/join"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// returner is somebody who has lost every device, on a new one.
type returner struct {
	*Member
	mute bool // does not certify itself
}

// newReturner has the words of root, and an old link of m's team.
func newReturner(m *Member, root keys.Root, name string) *returner {
	m.T.Helper()
	dev, err := keys.NewDevice(rand.Reader)
	if err != nil {
		m.T.Fatal(err)
	}
	id := &keys.Identity{Root: root, Device: dev, DeviceName: name, Team: m.ID.Team}
	r := &returner{Member: newMember(m.T, name, id, m.genesis)}
	r.Now = m.Now
	return r
}

// ask goes through the conversation over c. A database that an earlier attempt left is used again.
func (r *returner) ask(c io.ReadWriter, member []byte) error {
	ctx := context.Background()
	n := join.Returning{
		Receiver: join.Receiver{
			Identity: r.ID,
			Begin: func() error {
				if r.R != nil {
					return nil
				}
				return r.TryOpen()
			},
			Take:   func(raw []byte) error { return r.R.TakeOps(ctx, raw) },
			OnStep: func(join.Step, uint64, uint64) {},
		},
		Certify: func() ([]byte, error) {
			if r.mute {
				return nil, nil
			}
			if err := r.R.RecoverDevice(ctx); err != nil {
				return nil, err
			}
			return r.R.OwnControlFeed()
		},
	}
	_, err := n.Ask(c, member)
	return err
}

// visit is a whole attempt.
func (r *returner) visit(d *door) (mine, theirs error) {
	a, b := net.Pipe()
	answered := d.answer(b, r.ID.Root.SignPub())
	mine = r.ask(a, d.m.peerPub())
	_ = a.Close()
	return mine, <-answered
}

// lost is a team of a and b, in which b has written and lost the device.
func lost(t *testing.T) (a, b *Member, d *door) {
	a = Found(t, "a")
	b = a.Join("b")
	Exchange(a, b)
	b.Note(b.R.CompanyScope(), "before")
	Exchange(a, b)
	return a, b, &door{m: a}
}

// J8: the words bring back the person, on a new device, with everything that was there.
func TestReturning(t *testing.T) {
	a, b, d := lost(t)
	r := newReturner(a, b.ID.Root, "r")
	if mine, theirs := r.visit(d); mine != nil || theirs != nil {
		t.Fatal(mine, theirs)
	}
	for _, m := range []*Member{a, r.Member} {
		if auth := m.R.Authority(); !auth.ActiveDevice(r.Device()) || auth.Role(r.ID.Root.ID) != authority.Member {
			t.Fatalf("%s does not count the new device", m.Name)
		}
	}
	Exchange(a, r.Member)
	if x, y := a.Company(), r.Company(); x != y || !strings.Contains(y, "before") {
		t.Fatalf("a sees\n%sr sees\n%s", x, y)
	}
	r.Note(r.R.CompanyScope(), "after")
	Exchange(a, r.Member)
	if !strings.Contains(a.Company(), "after") {
		t.Fatal("the new device is not heard")
	}
}

// J8: words of nobody, and of somebody who was removed.
func TestReturningWithoutRight(t *testing.T) {
	a, b, d := lost(t)
	stranger := NewIdentity(t, "x", op.TeamID{}, keys.TeamSecret{})
	r := newReturner(a, stranger.Root, "r")
	if mine, theirs := r.visit(d); !refusedWith(mine, join.CodeRecoverUnknown) || !refusedWith(theirs, join.CodeRecoverUnknown) || r.R != nil {
		t.Fatal(mine, theirs)
	}
	a.Remove(b, authority.Frozen)
	r = newReturner(a, b.ID.Root, "r")
	if mine, theirs := r.visit(d); !refusedWith(mine, join.CodeRecoverFormer) || !refusedWith(theirs, join.CodeRecoverFormer) || r.R != nil {
		t.Fatal(mine, theirs)
	}
}

// Attacks on J8: the public key without the words; a proof replayed; somebody in the middle who passes everything on; a device
// that does not certify itself. None gets anything of the team, or none counts.
func TestReturningForged(t *testing.T) {
	a, b, d := lost(t)
	ops := a.Rows("op")
	thief := NewIdentity(t, "thief", op.TeamID{}, keys.TeamSecret{})
	r := newReturner(a, thief.Root, "r")
	x, y := net.Pipe()
	answered := d.answer(y, thief.Root.SignPub())
	err := r.ask(&rewriter{ReadWriter: x, change: func(n int, msg []byte) []byte {
		if n == 0 { // the hello names the real person
			return replace(t, msg, thief.Root.SignPub(), b.ID.Root.SignPub())
		}
		return msg
	}}, a.peerPub())
	if !refusedWith(err, join.CodeRecoverProof) || !refusedWith(<-answered, join.CodeRecoverProof) || r.R != nil {
		t.Fatalf("without the words: %v", err)
	}

	r = newReturner(a, b.ID.Root, "r")
	var said [][]byte
	x, y = net.Pipe()
	answered = d.answer(y, r.ID.Root.SignPub())
	err = r.ask(&rewriter{ReadWriter: x, change: func(n int, msg []byte) []byte {
		said = append(said, msg)
		if n == 1 { // the proof was overheard, and cut off
			_ = x.Close()
		}
		return msg
	}}, a.peerPub())
	<-answered
	if err == nil {
		t.Fatal("not cut off")
	}
	x, y = net.Pipe()
	answered = d.answer(y, r.ID.Root.SignPub())
	for _, msg := range said[:2] {
		if _, err := x.Write(msg); err != nil {
			t.Fatal(err)
		}
		if _, err := readMessage(x); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-answered; !refusedWith(err, join.CodeRecoverProof) {
		t.Errorf("replayed: %v", err)
	}

	x, y = net.Pipe()
	answered = d.answer(y, thief.Root.SignPub()) // the member's stream ends elsewhere
	if err := r.ask(x, a.peerPub()); !refusedWith(err, join.CodeRecoverProof) || !refusedWith(<-answered, join.CodeRecoverProof) {
		t.Errorf("in the middle: %v", err)
	}
	if a.Rows("op") != ops || r.R != nil {
		t.Fatal("keys were sealed to somebody")
	}

	r = newReturner(a, b.ID.Root, "r")
	r.mute = true
	if mine, theirs := r.visit(d); !refusedWith(mine, join.CodeRecoverAdd) || !refusedWith(theirs, join.CodeRecoverAdd) {
		t.Fatal(mine, theirs)
	}
	if a.R.Authority().ActiveDevice(r.Device()) {
		t.Error("a device counts that did not certify itself")
	}
}

// J6, J8: whoever was cut off, at any message of either side, comes again as the same device.
func TestCutOffWhileReturning(t *testing.T) {
	for side := range 2 {
		for cut := 0; ; cut++ {
			a, b, d := lost(t)
			r := newReturner(a, b.ID.Root, "r")
			x, y := net.Pipe()
			stop := func(n int, msg []byte) []byte {
				if n == cut {
					_ = x.Close()
					_ = y.Close()
				}
				return msg
			}
			var mine io.ReadWriter = x
			theirs := net.Conn(y)
			if side == 0 {
				mine = &rewriter{ReadWriter: x, change: stop}
			} else {
				theirs = &rewriterConn{Conn: y, rewriter: rewriter{ReadWriter: y, change: stop}}
			}
			answered := d.answer(theirs, r.ID.Root.SignPub())
			first := r.ask(mine, a.peerPub())
			_ = x.Close()
			<-answered
			if first == nil && cut < 3 {
				t.Fatalf("side %d was not cut off at %d", side, cut)
			}
			if mine, theirs := r.visit(d); mine != nil || theirs != nil {
				t.Fatalf("side %d, cut off at %d, came again: %v, %v", side, cut, mine, theirs)
			}
			if n := len(a.R.Authority().AllDevices(r.ID.Root.ID)); n != 2 {
				t.Fatalf("side %d, cut off at %d: %d devices", side, cut, n)
			}
			for _, m := range []*Member{r.Member, b, a} {
				m.Close()
			}
			if first == nil {
				break
			}
		}
	}
}

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

func (r *returner) transport() []byte { return r.ID.Root.SignPub() }

func (r *returner) ask(c io.ReadWriter, member []byte) error {
	ctx := context.Background()
	n := join.Returning{
		Receiver: r.receiver(ctx),
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
	if mine, theirs := visit(d, r); mine != nil || theirs != nil {
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
	if mine, theirs := visit(d, r); !refusedWith(mine, join.CodeRecoverUnknown) || !refusedWith(theirs, join.CodeRecoverUnknown) || r.R != nil {
		t.Fatal(mine, theirs)
	}
	a.Remove(b, authority.Frozen)
	r = newReturner(a, b.ID.Root, "r")
	if mine, theirs := visit(d, r); !refusedWith(mine, join.CodeRecoverFormer) || !refusedWith(theirs, join.CodeRecoverFormer) || r.R != nil {
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
	said := overhear(t, d, r)
	if err := replay(t, d, r.transport(), said[:2]); !refusedWith(err, join.CodeRecoverProof) {
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
	if mine, theirs := visit(d, r); !refusedWith(mine, join.CodeRecoverAdd) || !refusedWith(theirs, join.CodeRecoverAdd) {
		t.Fatal(mine, theirs)
	}
	if a.R.Authority().ActiveDevice(r.Device()) {
		t.Error("a device counts that did not certify itself")
	}
}

// J6, J8: whoever was cut off, at any message of either side, comes again as the same device.
func TestCutOffWhileReturning(t *testing.T) {
	var b *Member
	cutOffAnywhere(t, func() (*door, entrant) {
		var a *Member
		var d *door
		a, b, d = lost(t)
		return d, newReturner(a, b.ID.Root, "r")
	}, func(d *door, e entrant) {
		a, r := d.m, e.(*returner)
		if n := len(a.R.Authority().AllDevices(r.ID.Root.ID)); n != 2 {
			t.Fatalf("%d devices", n)
		}
		for _, m := range []*Member{r.Member, b, a} {
			m.Close()
		}
	})
}

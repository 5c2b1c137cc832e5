package apptest

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tongzhou/sync/authority"
	"tongzhou/sync/join"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/replica"
)

// guest is a newcomer with a link, and a database that is begun when the team lets it in.
type guest struct {
	*Member
	inv join.Invitation
}

func (m *Member) invitation() join.Invitation {
	m.T.Helper()
	expires := m.Now().Add(7 * 24 * time.Hour)
	id, key, err := m.R.Invite(context.Background(), authority.Member, expires)
	if err != nil {
		m.T.Fatal(err)
	}
	return join.Invitation{Version: 1, Team: m.ID.Team, Genesis: m.genesis, Invite: id, Secret: key.Secret, Expires: expires.UnixMilli()}
}

func newGuest(m *Member, inv join.Invitation, name string) *guest {
	g := &guest{Member: newMember(m.T, name, NewIdentity(m.T, name, op.TeamID{}, keys.TeamSecret{}), inv.Genesis), inv: inv}
	g.Now = m.Now
	return g
}

func (m *Member) peerPub() []byte { return m.ID.Device.Peer.Public().(ed25519.PublicKey) }

func (g *guest) transport() []byte { return g.peerPub() }

func (g *guest) ask(c io.ReadWriter, member []byte) error {
	ctx := context.Background()
	n := join.Newcomer{
		Invitation: g.inv,
		Receiver:   g.receiver(ctx),
		Admit: func(invite op.ID, key keys.Invite) ([]byte, error) {
			if err := g.R.Admit(ctx, invite, key); err != nil {
				return nil, err
			}
			return g.R.OwnControlFeed()
		},
	}
	_, err := n.Ask(c, member)
	return err
}

// J2, J4, J5: the way in, with everything that both know afterwards; the same link does not let a second one in.
func TestJoining(t *testing.T) {
	a := Found(t, "a")
	d := &door{m: a}
	inv := a.invitation()
	g := newGuest(a, inv, "g")
	if mine, theirs := visit(d, g); mine != nil || theirs != nil {
		t.Fatal(mine, theirs)
	}
	for _, m := range []*Member{a, g.Member} {
		if r := m.R.Authority().Role(g.ID.Root.ID); r != authority.Member {
			t.Fatalf("%s says %s", m.Name, r)
		}
	}
	if g.ID.TeamSecret != a.ID.TeamSecret || g.ID.Team != a.ID.Team {
		t.Fatal("the newcomer does not know the team")
	}
	second := newGuest(a, inv, "second")
	mine, theirs := visit(d, second)
	if !refusedWith(mine, join.CodeUsed) || !refusedWith(theirs, join.CodeUsed) || second.R != nil {
		t.Fatal(mine, theirs)
	}
	a.Copy(g.Member)
	g.Note(g.R.CompanyScope(), "hello")
	g.Copy(a)
	if x, y := a.Company(), g.Company(); x != y || x == "" {
		t.Fatalf("a sees\n%sg sees\n%s", x, y)
	}
}

// J5: unknown and expired invitations, and those of somebody who may not invite any more.
func TestInvitationsThatDoNotCount(t *testing.T) {
	c := newHandClock()
	a := FoundAt(t, "a", c.now)
	d := &door{m: a}
	inv := a.invitation()
	unknown := inv
	unknown.Secret[3] ^= 1
	if mine, theirs := visit(d, newGuest(a, unknown, "g")); !refusedWith(mine, join.CodeUnknown) || !refusedWith(theirs, join.CodeUnknown) {
		t.Fatal(mine, theirs)
	}
	c.add(8 * 24 * time.Hour)
	if mine, theirs := visit(d, newGuest(a, inv, "g")); !refusedWith(mine, join.CodeExpired) || !refusedWith(theirs, join.CodeExpired) {
		t.Fatal(mine, theirs)
	}
}

// J2: who knows the public part of an invitation and not its secret gets nothing of the team.
func TestProofWithoutTheSecret(t *testing.T) {
	a := Found(t, "a")
	d := &door{m: a}
	inv := a.invitation()
	pub := keys.InviteFromSecret(inv.Secret).Pub()
	wrong := inv
	wrong.Secret[0] ^= 1
	g := newGuest(a, wrong, "thief")
	x, y := net.Pipe()
	answered := d.answer(y, g.peerPub())
	w := &rewriter{ReadWriter: x, change: func(n int, b []byte) []byte {
		if n == 0 { // the hello names the real invitation
			return replace(t, b, keys.InviteFromSecret(wrong.Secret).Pub(), pub)
		}
		return b
	}}
	err := g.ask(w, a.peerPub())
	if !refusedWith(err, join.CodeProof) || !refusedWith(<-answered, join.CodeProof) || g.R != nil {
		t.Fatal(err)
	}
}

// J2: a proof counts for one connection: replayed on another it does not hold, and neither does one that somebody between the
// two passes on under a transport key of their own.
func TestReplayedProof(t *testing.T) {
	a := Found(t, "a")
	d := &door{m: a}
	inv := a.invitation()
	g := newGuest(a, inv, "g")
	said := overhear(t, d, g)
	for name, pub := range map[string][]byte{"by the same device": g.peerPub(), "by another device": newGuest(a, inv, "m").peerPub()} {
		if err := replay(t, d, pub, said[:2]); !refusedWith(err, join.CodeProof) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// In the middle: the member's stream ends at m, who passes everything on.
	m := newGuest(a, inv, "m")
	x, y := net.Pipe()
	answered := d.answer(y, m.peerPub())
	if err := g.ask(x, a.peerPub()); !refusedWith(err, join.CodeProof) || !refusedWith(<-answered, join.CodeProof) {
		t.Errorf("in the middle: %v", err)
	}
	if a.R.Authority().Role(g.ID.Root.ID) != authority.None || g.R != nil {
		t.Error("somebody got in")
	}
}

// J5, J6: whoever was cut off, at any message of either side, comes again with the same identity and database and gets in; the
// invitation is used once.
func TestCutOffWhileJoining(t *testing.T) {
	cutOffAnywhere(t, func() (*door, entrant) {
		a := Found(t, "a")
		return &door{m: a}, newGuest(a, a.invitation(), "g")
	}, func(d *door, e entrant) {
		a, g := d.m, e.(*guest)
		if r := a.R.Authority().Role(g.ID.Root.ID); r != authority.Member {
			t.Fatal(r)
		}
		if i, _ := a.R.Authority().Invite(g.inv.Invite); i.Uses() != 1 {
			t.Fatalf("used %d times", i.Uses())
		}
		g.Close()
		a.Close()
	})
}

// J5: of two who hold one link and come at the same time, one is let in and told so, the other refused.
func TestTwoWithOneLink(t *testing.T) {
	a := Found(t, "a")
	d := &door{m: a}
	inv := a.invitation()
	errs := make(chan error, 2)
	for _, name := range []string{"x", "y"} {
		g := newGuest(a, inv, name)
		go func() { mine, _ := visit(d, g); errs <- mine }()
	}
	in := 0
	for range 2 {
		if err := <-errs; err == nil {
			in++
		}
	}
	if in != 1 || len(a.R.Members()) != 2 {
		t.Fatalf("%d were told that they are in; %d members", in, len(a.R.Members()))
	}
}

// J5: somebody who joined and was removed does not come back, nor gets a key, by the old link.
func TestRemovedMemberComesAgain(t *testing.T) {
	a := Found(t, "a")
	d := &door{m: a}
	g := newGuest(a, a.invitation(), "g")
	if mine, theirs := visit(d, g); mine != nil || theirs != nil {
		t.Fatal(mine, theirs)
	}
	proof, ok := a.R.Authority().MayRevoke(a.ID.Root.ID, g.ID.Root.ID)
	if !ok {
		t.Fatal("a may not remove g")
	}
	f := a.Forge(controlOf(a), a.R.Feeds().Incarnation())
	s := f.Op(op.Control, op.Body{
		HLC: a.R.Clock().Now(), Type: authority.TypeRevoke, Deps: a.R.Authority().Frontier(),
		Payload: f.pack(authority.Revoke{Subject: g.ID.Root.ID, Mode: authority.Removed, Proof: proof}),
	})
	if err := a.Take(Raw(s)); err != nil {
		t.Fatal(err)
	}
	if a.R.Authority().Role(g.ID.Root.ID) != authority.None {
		t.Fatal("not removed")
	}
	ops := a.Rows("op")
	if mine, theirs := visit(d, g); !refusedWith(mine, join.CodeUsed) || !refusedWith(theirs, join.CodeUsed) {
		t.Fatal(mine, theirs)
	}
	if a.Rows("op") != ops {
		t.Fatal("keys were sealed to somebody removed")
	}
}

// J4: a member that shows the log of another team, or one that was tampered with, is not believed.
func TestNewcomerBelievesTheLinkOnly(t *testing.T) {
	a, b := Found(t, "a"), Found(t, "b")
	inv := a.invitation()
	other := inv
	other.Genesis[5] ^= 1
	if mine, _ := visit(&door{m: a}, newGuest(a, other, "g")); mine == nil {
		t.Fatal("believed a log that begins elsewhere")
	}
	if r := len(a.R.Members()); r != 1 {
		t.Fatalf("%d members", r)
	}
	g := newGuest(b, inv, "g")
	if mine, _ := visit(&door{m: b}, g); !refusedWith(mine, join.CodeUnknown) {
		t.Fatal(mine)
	}
	tampered := newGuest(a, inv, "g")
	x, y := net.Pipe()
	frames := 0
	c := &rewriterConn{Conn: y, rewriter: rewriter{ReadWriter: y, change: func(n int, b []byte) []byte {
		if n >= 2 && len(b) > 600 {
			frames++
			b[len(b)-1] ^= 1
		}
		return b
	}}}
	answered := (&door{m: a}).answer(c, tampered.peerPub())
	err := tampered.ask(x, a.peerPub())
	_ = x.Close()
	<-answered
	if err == nil || !strings.Contains(err.Error(), "hold together") || frames == 0 {
		t.Fatalf("%d frames tampered with: %v", frames, err)
	}
}

// J3: strangers that send nonsense, too much, or nothing, get nothing and leave nothing.
func TestHostileStrangers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		d := &door{m: a}
		a.invitation()
		ops := a.Rows("op")
		for name, b := range map[string][]byte{
			"nonsense": {0, 0, 0, 3, 1, 2, 3}, "four gigabytes": {0xff, 0xff, 0xff, 0xff}, "more than a message": binary.BigEndian.AppendUint32(nil, 65<<10),
			"nothing": nil, "half a length": {0, 0},
		} {
			x, y := net.Pipe()
			answered := d.answer(y, []byte("stranger"))
			if b != nil {
				_ = x.SetWriteDeadline(time.Now().Add(time.Second))
				_, _ = x.Write(b)
			}
			_ = x.Close()
			if err := <-answered; err == nil {
				t.Errorf("%s: let in", name)
			}
		}
		if a.Rows("op") != ops || len(a.R.Members()) != 1 {
			t.Error("something is left of it")
		}
	})
}

// J4: a member that sends more than it announced is not listened to without end.
func TestEndlessControlLog(t *testing.T) {
	a := Found(t, "a")
	g := newGuest(a, a.invitation(), "g")
	x, y := net.Pipe()
	var frame []byte
	c := &rewriterConn{Conn: y, rewriter: rewriter{ReadWriter: y, change: func(n int, b []byte) []byte {
		if n == 2 {
			frame = b
		}
		if len(b) == 4 && frame != nil { // instead of the end, the same again and again
			out := []byte{}
			for range 100 {
				out = append(out, frame...)
			}
			return out
		}
		return b
	}}}
	answered := (&door{m: a}).answer(c, g.peerPub())
	err := g.ask(x, a.peerPub())
	_ = x.Close()
	<-answered
	if err == nil || !strings.Contains(err.Error(), "more than") {
		t.Fatal(err)
	}
}

// J10: keys of the control log and the company scope that do not fit their refs are refused, and a device of the team takes none at all this way.
func TestFalseKeysOfTheTeam(t *testing.T) {
	a := Found(t, "a")
	var frame []byte
	stop := errors.New("enough")
	err := a.R.ControlLog(func(raw []byte, _ uint64) error {
		frame = bytes.Clone(raw)
		return stop
	})
	if !errors.Is(err, stop) {
		t.Fatal(err)
	}
	n := a.Newcomer("n")
	for _, cut := range []int{len(frame) - 1, len(frame) - 10} {
		bad := bytes.Clone(frame)
		bad[cut] ^= 1
		if err := n.Take(bad); !errors.Is(err, replica.ErrInvalid) {
			t.Fatalf("byte %d: %v", cut, err)
		}
	}
	if n.Count(`SELECT count(*) FROM epoch`) != 0 {
		t.Fatal("a false key is kept")
	}
	if err := n.Take(frame); err != nil || n.Count(`SELECT count(*) FROM epoch`) != 2 {
		t.Fatal("the right ones are not kept", err)
	}
	b := a.Join("b")
	had := b.Count(`SELECT count(*) FROM epoch`)
	if err := b.Take(frame); err != nil || b.Count(`SELECT count(*) FROM epoch`) != had {
		t.Fatal("a member takes keys like a newcomer", err)
	}
}

package relay

import (
	"crypto/ed25519"
	"slices"
	"testing"
	"time"

	"tongzhou/sync/wire"
)

// openBox proves the key of an invitation on this connection.
func (c *client) openBox(seed byte) (wire.MailBox, *wire.RelayMailOpen) {
	priv := ed25519.NewKeyFromSeed(append(make([]byte, 31), seed))
	pub := [32]byte(priv.Public().(ed25519.PublicKey))
	box := wire.BoxOf(pub)
	return box, &wire.RelayMailOpen{Pub: pub, Proof: [64]byte(ed25519.Sign(priv, wire.BoxProof(c.welcome.Store, c.welcome.Nonce, box)))}
}

func (c *client) mail(box wire.MailBox, text string) uint64 {
	c.t.Helper()
	c.send(&wire.RelayMailPut{Box: box, Body: []byte(text), TTL: 3600})
	return expect[*wire.RelayMailStored](c).No
}

func (c *client) get(box wire.MailBox, after uint64) (out []string) {
	c.t.Helper()
	c.send(&wire.RelayMailGet{Box: box, After: after})
	for {
		m := expect[*wire.RelayMail](c)
		for _, x := range m.Mails {
			out = append(out, string(x.Body))
			after = x.No
		}
		if !m.More {
			return out
		}
		c.send(&wire.RelayMailGet{Box: box, After: after})
	}
}

// B14: a newcomer on no roster and a member exchange mail in the box of an invitation, on at the same time or not.
func TestInvitationMail(t *testing.T) {
	w := newWorld(t, Limits{})
	a := newMachine(1)
	_, ca := w.found(a)
	newcomer := w.connect(newMachine(9))
	box, proof := newcomer.openBox(1)
	newcomer.send(proof)
	newcomer.expectRefusal(proof, wire.RelayNotThere) // strangers make no boxes
	_, mine := ca.openBox(1)
	ca.send(mine)
	expect[*wire.RelayMail](ca)
	newcomer.send(&wire.RelayMailPut{Box: box, Body: []byte("x"), TTL: 60})
	newcomer.expectRefusal(&wire.RelayMailPut{}, wire.RelayNoRight)
	newcomer.send(proof)
	expect[*wire.RelayMail](newcomer)
	newcomer.mail(box, "let me in")
	if m := expect[*wire.RelayMail](ca); len(m.Mails) != 1 || string(m.Mails[0].Body) != "let me in" {
		t.Errorf("what comes by itself: %+v", m)
	}
	newcomer.leave()
	number := ca.mail(box, "come in")
	again := w.connect(newMachine(9))
	_, proof = again.openBox(1)
	again.send(proof)
	expect[*wire.RelayMail](again)
	if got := again.get(box, 0); len(got) != 2 || got[1] != "come in" {
		t.Errorf("%q", got)
	}
	again.send(&wire.RelayMailDrop{Box: box, Nos: []uint64{1, number}})
	if got := again.get(box, 0); len(got) != 0 {
		t.Errorf("after dropping: %q", got)
	}
}

// B14: a stranger's proof of a box is good for one connection; without one, a box does not exist for strangers. The team's
// devices need none, and open those of invitations only.
func TestMailOfOthers(t *testing.T) {
	w, a, _, ca, cb := two(t, Limits{})
	box, proof := ca.openBox(1)
	ca.send(&wire.RelayMailOpen{Pub: proof.Pub})
	expect[*wire.RelayMail](ca)
	ca.mail(box, "for whoever is invited")
	stranger := w.connect(newMachine(9))
	stranger.send(proof)
	stranger.expectRefusal(proof, wire.RelayBadSig)
	for _, m := range []wire.Message{&wire.RelayMailGet{Box: box}, &wire.RelayMailDrop{Box: box}, &wire.RelayMailPut{Box: box, Body: []byte("x"), TTL: 60}} {
		stranger.send(m)
		stranger.expectRefusal(m, wire.RelayNoRight)
	}
	if got := cb.get(box, 0); len(got) != 1 {
		t.Errorf("a colleague sees %q", got)
	}
	for _, m := range []wire.Message{&wire.RelayMailGet{Box: wire.MailBox(a.id)}, &wire.RelayMailDrop{Box: wire.MailBox(a.id)}} {
		cb.send(m)
		cb.expectRefusal(m, wire.RelayNoRight)
	}
	cb.send(&wire.RelayMailPut{Box: wire.MailBox{1, 2, 3}, Body: []byte("x"), TTL: 60})
	cb.expectRefusal(&wire.RelayMailPut{}, wire.RelayNotThere)
}

// B14: an invitation's box lasts while the team's devices ask for it, and no longer.
func TestMailboxLasts(t *testing.T) {
	w := newWorld(t, Limits{})
	_, ca := w.found(newMachine(1))
	_, proof := ca.openBox(1)
	for range 3 {
		ca.send(proof)
		expect[*wire.RelayMail](ca)
		w.clock.add(4 * 24 * time.Hour)
		if err := w.relay.Collect(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	stranger := w.connect(newMachine(9))
	_, theirs := stranger.openBox(1)
	stranger.send(theirs)
	expect[*wire.RelayMail](stranger)
	w.clock.add(4 * 24 * time.Hour)
	if err := w.relay.Collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	stranger = w.connect(newMachine(9))
	_, theirs = stranger.openBox(1)
	stranger.send(theirs)
	stranger.expectRefusal(theirs, wire.RelayNotThere)
}

// B14: a rostered device leaves mail for another one that is away; only that one reads it, until its time is over.
func TestDeviceMail(t *testing.T) {
	w, a, b, ca, cb := two(t, Limits{})
	cb.leave()
	box := wire.MailBox(b.id)
	ca.mail(box, "a key")
	ca.send(&wire.RelayMailGet{Box: box})
	ca.expectRefusal(&wire.RelayMailGet{}, wire.RelayNoRight)
	cb = w.connect(b)
	if got := cb.get(box, 0); len(got) != 1 || got[0] != "a key" {
		t.Errorf("%q", got)
	}
	ca.mail(box, "another")
	if m := expect[*wire.RelayMail](cb); len(m.Mails) != 1 || m.Mails[0].No != 2 {
		t.Errorf("%+v", m)
	}
	w.clock.add(2 * time.Hour)
	if err := w.relay.Collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := cb.get(box, 0); len(got) != 0 {
		t.Errorf("after its time: %q", got)
	}
	_ = a
}

// B14: a mailbox, and the mailboxes of a team, have an end. Who fills a box pushes out what it left there itself, oldest
// first; what others leave fits, as long as it is less.
func TestFloodOfMail(t *testing.T) {
	w := newWorld(t, Limits{MailBytes: 100_000, Boxes: 3})
	a, b, c := newMachine(1), newMachine(2), newMachine(3)
	_, ca := w.found(a, b, c)
	box := wire.MailBox(b.id)
	big := string(make([]byte, 30_000))
	for n := range 9 {
		if got := ca.mail(box, big); got != uint64(n+1) {
			t.Fatalf("mail %d has number %d", n+1, got)
		}
	}
	cc := w.connect(c)
	cc.mail(box, "a key")
	ca.mail(box, big)
	for range 40 {
		ca.mail(box, "x")
	}
	cb := w.connect(b)
	got := cb.get(box, 0)
	if !slices.Contains(got, "a key") {
		t.Error("somebody else's mail was pushed out")
	}
	if n := len(got); n < 42 || n > 44 {
		t.Errorf("%d mails are left", n)
	}
	cb.send(&wire.RelayMailPut{Box: wire.MailBox(a.id), Body: make([]byte, 60_000), TTL: 60})
	expect[*wire.RelayMailStored](cb)
	cc.send(&wire.RelayMailPut{Box: wire.MailBox(a.id), Body: make([]byte, 64_000), TTL: 60})
	cc.expectRefusal(&wire.RelayMailPut{}, wire.RelayQuota) // it would have most, and has nothing older
	cc.mail(wire.MailBox(a.id), string(make([]byte, 50_000)))
	if got := w.connect(a).get(wire.MailBox(a.id), 0); len(got) != 1 {
		t.Errorf("%d mails where one fits", len(got))
	}
	_, proof := cb.openBox(1)
	cb.send(proof)
	expect[*wire.RelayMail](cb)
	_, proof = cb.openBox(9)
	cb.send(proof)
	cb.expectRefusal(proof, wire.RelayTooMany)
}

// B14: who is on no roster leaves a few mails and is sent away.
func TestStrangerFloodsMail(t *testing.T) {
	w := newWorld(t, Limits{})
	_, ca := w.found(newMachine(1))
	_, proof := ca.openBox(1)
	ca.send(proof)
	expect[*wire.RelayMail](ca)
	stranger := w.connect(newMachine(9))
	box, theirs := stranger.openBox(1)
	stranger.send(theirs)
	expect[*wire.RelayMail](stranger)
	for range maxLetters {
		stranger.mail(box, "let me in")
	}
	for range maxStrikes {
		stranger.send(&wire.RelayMailPut{Box: box, Body: []byte("x"), TTL: 60})
		stranger.expectRefusal(&wire.RelayMailPut{}, wire.RelayTryLater)
	}
	stranger.send(&wire.RelayMailPut{Box: box, Body: []byte("x"), TTL: 60})
	expect[*wire.Bye](stranger)
}

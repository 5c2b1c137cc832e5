package relay

import (
	"crypto/ed25519"
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

// B14: a proof of a box is good for one connection; without one, a box does not exist.
func TestMailOfOthers(t *testing.T) {
	w, a, _, ca, cb := two(t, Limits{})
	box, proof := ca.openBox(1)
	ca.send(proof)
	expect[*wire.RelayMail](ca)
	cb.send(proof)
	cb.expectRefusal(proof, wire.RelayBadSig)
	for _, m := range []wire.Message{&wire.RelayMailGet{Box: box}, &wire.RelayMailDrop{Box: box}, &wire.RelayMailGet{Box: wire.MailBox(a.id)}} {
		cb.send(m)
		cb.expectRefusal(m, wire.RelayNoRight)
	}
	cb.send(&wire.RelayMailPut{Box: wire.MailBox{1, 2, 3}, Body: []byte("x"), TTL: 60})
	cb.expectRefusal(&wire.RelayMailPut{}, wire.RelayNotThere)
	_ = w
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

// B14: a mailbox, and the mailboxes of a team, have an end.
func TestFloodOfMail(t *testing.T) {
	w := newWorld(t, Limits{MailBytes: 100_000, Boxes: 3})
	a, b := newMachine(1), newMachine(2)
	_, ca := w.found(a, b)
	box := wire.MailBox(b.id)
	for range 2 {
		ca.mail(box, string(make([]byte, 50_000)))
	}
	ca.send(&wire.RelayMailPut{Box: box, Body: []byte("x"), TTL: 60})
	ca.expectRefusal(&wire.RelayMailPut{}, wire.RelayQuota)
	for seed := range byte(2) {
		_, proof := ca.openBox(seed)
		ca.send(proof)
		expect[*wire.RelayMail](ca)
	}
	_, proof := ca.openBox(9)
	ca.send(proof)
	ca.expectRefusal(proof, wire.RelayTooMany)
	cb := w.connect(b)
	cb.send(&wire.RelayMailDrop{Box: box, Nos: []uint64{1}})
	if got := cb.get(box, 0); len(got) != 1 {
		t.Errorf("%d left", len(got))
	}
	ca.mail(box, "there is room again")
}

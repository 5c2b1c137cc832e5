package apptest

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tongzhou/sync/authority"
	"tongzhou/sync/courier"
	"tongzhou/sync/join"
	"tongzhou/sync/keys"
	"tongzhou/sync/wire"
)

// J11 to J14: newcomer and members are never on at the same time. The request lies at the relay, a member answers, the newcomer
// enters alone, and another member, who has met neither, knows them and gets what they write. The relay reads nothing of it.
func TestJ11NeverOnTogether(t *testing.T) {
	ann, bob, r := pair(t)
	company := ann.R.CompanyScope()
	ann.Note(company, "from before")
	inv := ann.Invitation()
	ann.CallOn(r) // makes the box
	carl := NewApplicant(t, "REDRIVER", inv)
	carl.Ask(r)
	ann.CallOn(r)
	c := carl.Join(r)
	c.CallOn(r)
	same(t, company, 1, ann, c)
	c.Note(company, "hello from carl")
	c.CallOn(r)
	bob.CallOn(r)
	if !bob.Users()[c.ID.Root.ID] {
		t.Fatal("bob does not know carl")
	}
	ann.CallOn(r)
	same(t, company, 2, ann, bob, c)
	if i, _ := ann.R.Authority().Invite(inv.Invite); i.Uses() != 1 {
		t.Fatalf("%+v", i)
	}
	r.Stop()
	defer r.Start()
	for name, needle := range map[string][]byte{
		"name": []byte("REDRIVER"), "team": inv.Team[:], "team secret": c.ID.TeamSecret[:], "person": c.ID.Root.ID[:],
		"invitation's secret": inv.Secret[:], "letter key": inv.Post.Key[:], "invitation": inv.Invite[:],
	} {
		for _, file := range []string{"relay.db", "relay.db-wal"} {
			b, err := os.ReadFile(filepath.Join(r.Dir, file))
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			if bytes.Contains(b, needle) && name != "invitation" { // its op lies there, and the hash of the one before is in the next
				t.Errorf("%s holds the %s", file, name)
			}
		}
	}
}

// J14: before a member was there since the invitation was written, the relay knows nothing of it, and says so.
func TestJ14NoBoxYet(t *testing.T) {
	ann, _, r := pair(t)
	carl := NewApplicant(t, "carl", ann.Invitation())
	if _, err := carl.Call(r).Wait(); !errors.Is(err, courier.ErrNoBox) {
		t.Fatal(err)
	}
	other := NewRelay(t)
	if _, err := carl.Call(other).Wait(); !errors.Is(err, courier.ErrNoBox) {
		t.Fatalf("a relay that does not know the team: %v", err)
	}
	ann.CallOn(r)
	carl.Ask(r)
}

// J13: a member who did not invite answers too, after a while; the invitation of somebody who never comes back is good all the
// same.
func TestJ13AnotherMemberAnswers(t *testing.T) {
	ann, bob, r := pair(t)
	inv := ann.Invitation()
	ann.CallOn(r)
	carl := NewApplicant(t, "carl", inv)
	carl.Ask(r)
	v := bob.Visit(r)
	answer := carl.Fetch(r)
	_ = v.Stop()
	carl.Open(answer)
	if err := carl.Enter(r, nil); err != nil {
		t.Fatal(err)
	}
	bob.CallOn(r)
	if !bob.Users()[carl.Member.ID.Root.ID] {
		t.Fatal("bob does not know carl")
	}
}

// J5: an invitation that is used, withdrawn or expired is refused in the box, in words; who used it and was cut off is not.
func TestJ5RefusedByLetter(t *testing.T) {
	ann, _, r := pair(t)
	ctx := context.Background()
	used, withdrawn, expired := ann.Invitation(), ann.Invitation(), ann.Invitation()
	ann.CallOn(r)
	carl := NewApplicant(t, "carl", used)
	carl.Ask(r)
	ann.CallOn(r)
	carl.Join(r)
	ann.CallOn(r)
	if err := ann.R.CancelInvite(ctx, withdrawn.Invite); err != nil {
		t.Fatal(err)
	}
	refused := func(name string, inv join.Invitation, code string) {
		t.Helper()
		dan := NewApplicant(t, name, inv)
		dan.Ask(r)
		ann.CallOn(r)
		if got := dan.Fetch(r); got.Refusal != code {
			t.Errorf("%s: %+v", name, got)
		}
	}
	refused("used", used, join.CodeUsed)
	refused("withdrawn", withdrawn, join.CodeExpired)
	if err := carl.Application.Again(); err != nil {
		t.Fatal(err)
	}
	carl.Ask(r)
	ann.CallOn(r)
	if got := carl.Fetch(r); got.Refusal != "" {
		t.Errorf("who used it: %+v", got)
	}
	late := NewApplicant(t, "expired", expired)
	late.Ask(r)
	v := ann.Visit(r)
	v.InSync(t)
	_ = v.Stop()
	late.Open(late.Fetch(r))
	late.Now = func() time.Time { return time.Now().Add(48 * time.Hour) }
	var no *join.Refused
	if err := late.Enter(r, nil); !errors.As(err, &no) || no.Code != join.CodeExpired {
		t.Errorf("expired: %v", err)
	}
	if late.Member.R.KnownDevice(late.Member.Device()) {
		t.Error("an admission was written by an invitation that is over")
	}
}

// J6: whoever crashes at whatever step, the next start goes on, and one person comes of it.
func TestJ6CrashesWhileJoiningByLetter(t *testing.T) {
	ann, bob, r := pair(t)
	inv := ann.Invitation()
	ann.CallOn(r)
	carl := NewApplicant(t, "carl", inv)
	again := func() { // a restart knows the identity and the link
		carl = &Applicant{T: t, Name: "carl", Application: &join.Application{Invitation: inv, Identity: carl.Application.Identity, Serial: 1}, Now: time.Now}
	}
	carl.Ask(r)
	again()
	carl.Ask(r) // finds it there
	ann.CallOn(r)
	ann.Crash()
	ann.CallOn(r) // it was answered: nobody answers twice
	if n := mails(t, r, inv); n != 2 {
		t.Fatalf("%d letters in the box", n)
	}
	carl.Open(carl.Fetch(r)) // and nothing more
	again()
	carl.Open(carl.Fetch(r))
	if err := carl.Enter(r, func(written bool) bool { return written }); err != nil { // maybe it lies at the relay
		t.Fatal(err)
	}
	again()
	c := carl.Join(r)
	c.CallOn(r)
	bob.CallOn(r)
	if n := len(bob.Users()); n != 3 {
		t.Fatalf("%d people", n)
	}
	again()
	c = carl.Join(r) // crashed after the last step: the log comes back with its own admission in it
	c.Note(c.R.CompanyScope(), "here I am")
	c.CallOn(r)
	bob.CallOn(r)
	same(t, c.R.CompanyScope(), 1, bob, c)
}

// mails counts what lies in the box.
func mails(t *testing.T, r *Relay, inv join.Invitation) int {
	t.Helper()
	ctx := context.Background()
	teams, err := r.store.Teams(ctx)
	if err != nil || len(teams) != 1 {
		t.Fatal(teams, err)
	}
	list, _, err := r.store.Mail(ctx, teams[0].No, wire.BoxOf([32]byte(keys.InviteFromSecret(inv.Secret).Pub())), 0, 1<<20, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// J14: an answer may be of no use when it is read: the list at the relay was written anew without the newcomer, and the keys were
// changed. The newcomer asks again, and is answered again.
func TestJ14AnswerIsTooOld(t *testing.T) {
	ann, bob, r := pair(t)
	inv := ann.Invitation()
	ann.CallOn(r)
	carl := NewApplicant(t, "carl", inv)
	carl.Ask(r)
	ann.CallOn(r)
	ann.Remove(bob, authority.Removed)
	ann.CallOn(r)
	m := carl.Open(carl.Fetch(r))
	v := m.Visit(r)
	Eventually(t, "carl is not on the list", func() bool { return v.Status().State == courier.NotListed })
	_ = v.Stop()
	if err := carl.Application.Again(); err != nil {
		t.Fatal(err)
	}
	carl.Ask(r)
	ann.CallOn(r)
	c := carl.Join(r)
	c.Note(c.R.CompanyScope(), "in at last")
	c.CallOn(r)
	ann.CallOn(r)
	same(t, ann.R.CompanyScope(), 1, ann, c)
}

// J13: of two who hold one link one is let in, and the other is told so.
func TestJ13TwoWithOneLink(t *testing.T) {
	ann, _, r := pair(t)
	inv := ann.Invitation()
	ann.CallOn(r)
	first, second := NewApplicant(t, "first", inv), NewApplicant(t, "second", inv)
	first.Ask(r)
	ann.CallOn(r)
	second.Ask(r)
	ann.CallOn(r)
	if n := mails(t, r, inv); n != 3 {
		t.Fatalf("%d letters: the second one is answered while the first may come", n)
	}
	first.Join(r)
	ann.CallOn(r)
	if got := second.Fetch(r); got.Refusal != join.CodeUsed {
		t.Fatalf("%+v", got)
	}
}

// J12: whoever holds the link, and whoever gets at the relay, may fill the box: what is no letter is thrown out, of those who prove
// the link a few are answered, and the log stays as it was.
func TestJ12FloodOfTheBox(t *testing.T) {
	ann, _, r := pair(t)
	inv := ann.Invitation()
	inv2 := ann.Invitation()
	ann.CallOn(r)
	villain := NewApplicant(t, "villain", inv)
	request, err := villain.Application.Request()
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := NewApplicant(t, "x", inv2).Application.Request()
	if err != nil {
		t.Fatal(err)
	}
	altered := bytes.Clone(request)
	altered[len(altered)-1] ^= 1
	bodies := [][]byte{make([]byte, wire.MaxMailBody), {1}, altered, foreign, request, request, request}
	drop(t, r, villain, bodies)
	ann.CallOn(r)
	if n := mails(t, r, inv); n != 4 { // three times the same request, and one answer
		t.Fatalf("%d letters are left", n)
	}
	before := ann.OwnFeed(controlOf(ann)).Len
	for range 6 {
		x := NewApplicant(t, "y", inv)
		x.Ask(r)
		ann.CallOn(r)
	}
	if after := ann.OwnFeed(controlOf(ann)).Len; after != before {
		t.Errorf("%d ops were written for those who come after one that was answered", after-before)
	}
}

// drop leaves mails in the box of an invitation as a stranger.
func drop(t *testing.T, r *Relay, a *Applicant, bodies [][]byte) {
	t.Helper()
	key := keys.InviteFromSecret(a.Application.Invitation.Secret)
	x := dialRelay(t, r, a)
	box := wire.BoxOf([32]byte(key.Pub()))
	proof := ed25519.Sign(key.Sign, wire.BoxProof(x.welcome.Store, x.welcome.Nonce, box))
	x.say(&wire.RelayMailOpen{Pub: [32]byte(key.Pub()), Proof: [64]byte(proof)})
	x.hear()
	for _, b := range bodies {
		x.say(&wire.RelayMailPut{Box: box, Body: b, TTL: 60})
		for stored := false; !stored; { // what is left comes back too
			_, stored = x.hear().(*wire.RelayMailStored)
		}
	}
	x.close()
}

// J14: who gives up takes the request back.
func TestJ14Withdrawn(t *testing.T) {
	ann, _, r := pair(t)
	inv := ann.Invitation()
	ann.CallOn(r)
	carl := NewApplicant(t, "carl", inv)
	c := carl.Call(r)
	<-c.Left
	close(c.Withdraw)
	if answer, err := c.Wait(); answer != nil || err != nil {
		t.Fatal(answer, err)
	}
	Eventually(t, "the box is empty", func() bool { return mails(t, r, inv) == 0 })
}

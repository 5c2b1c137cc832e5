package apptest

import (
	"bytes"
	"context"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"tongzhou/sync/authority"
	"tongzhou/sync/courier"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/replica"
)

// pair is a team of two whose relay knows both.
func pair(t *testing.T) (ann, bob *Member, r *Relay) {
	t.Helper()
	ann = Found(t, "ann")
	bob = ann.Join("bob")
	Exchange(ann, bob)
	r = NewRelay(t)
	ann.CallOn(r)
	bob.CallOn(r)
	return ann, bob, r
}

// same fails unless both have the same rows of a scope, n notes among them.
func same(t *testing.T, scope op.ScopeID, n int, members ...*Member) {
	t.Helper()
	for _, m := range members {
		if got := m.Count(`SELECT count(*) FROM note JOIN scope ON scope.no = note.scope WHERE scope.id = ?`, scope[:]); got != n || m.Dump(scope) != members[0].Dump(scope) {
			t.Fatalf("%s has %d notes of %d:\n%s\nnot\n%s", m.Name, got, n, m.Dump(scope), members[0].Dump(scope))
		}
	}
}

// B20: what one wrote while the other was off comes from the relay alone. "On the relay" is said after the relay said so.
func TestB20RelayHandsOnWhatWasLeft(t *testing.T) {
	ann, bob, r := pair(t)
	company := ann.R.CompanyScope()
	o := ann.Note(company, "written while bob was off")
	ann.SetMark(company, 7)
	if ann.R.Delivery(company, o.Ref).OnRelay {
		t.Fatal("on the relay before it was spoken with")
	}
	ann.CallOn(r)
	if !ann.R.Delivery(company, o.Ref).OnRelay {
		t.Fatal("not said to be on the relay")
	}
	ann.Reopen()
	if !ann.R.Delivery(company, o.Ref).OnRelay {
		t.Fatal("forgotten with a restart")
	}
	bob.CallOn(r)
	same(t, company, 1, ann, bob)
	if bob.Rows("mark") != 1 {
		t.Fatal("the register did not come")
	}
}

// B20, live: what is written goes up at once and comes down at once, in both directions.
func TestB20RelayPassesOnLive(t *testing.T) {
	ann, bob, r := pair(t)
	company := ann.R.CompanyScope()
	va, vb := ann.Visit(r), bob.Visit(r)
	va.InSync(t)
	vb.InSync(t)
	for range 5 {
		a, b := ann.Rows("note"), bob.Rows("note")
		ann.Note(company, "from ann")
		bob.Note(company, "from bob")
		Eventually(t, "both have both", func() bool { return ann.Rows("note") == a+2 && bob.Rows("note") == b+2 })
	}
	Eventually(t, "all is on the relay", func() bool { return va.Status().Waiting == 0 && vb.Status().Waiting == 0 })
	va.Stop()
	vb.Stop()
	same(t, company, 10, ann, bob)
}

// B22: who was away while keys were changed, several times and by somebody who joined meanwhile, finds the new ones at the relay.
func TestB22LateDeviceFindsTheNewKeys(t *testing.T) {
	ann, bob, r := pair(t)
	company, control := ann.R.CompanyScope(), keys.ControlScope(ann.ID.Team)
	ctx := context.Background()
	carl := ann.Join("carl")
	Exchange(ann, carl)
	for range 3 {
		for _, id := range []op.ScopeID{company, control} {
			if err := carl.R.Rotate(ctx, id); err != nil {
				t.Fatal(err)
			}
		}
		carl.Note(company, "under a new key")
		Exchange(ann, carl)
		ann.CallOn(r) // the control log of the time, under the keys of the time
	}
	carl.CallOn(r)
	bob.CallOn(r)
	same(t, company, 3, ann, carl, bob)
	bob.Note(company, "under the newest key")
	bob.CallOn(r)
	ann.CallOn(r)
	carl.CallOn(r)
	same(t, company, 4, ann, bob, carl)
}

// B23: who is let into a group or chat while away gets the keys from a mailbox.
func TestB23KeysComeByMail(t *testing.T) {
	ann, bob, r := pair(t)
	group := ann.Group(bob)
	ann.Note(group, "hello group")
	chat, err := ann.R.EnsureDirect(context.Background(), bob.ID.Root.ID)
	if err != nil {
		t.Fatal(err)
	}
	ann.Note(chat, "hello bob")
	ann.CallOn(r)
	bob.CallOn(r)
	same(t, group, 1, ann, bob)
	same(t, chat, 1, ann, bob)
	bob.Note(chat, "hello ann")
	bob.CallOn(r)
	ann.CallOn(r)
	same(t, chat, 2, ann, bob)
	// Carl is neither: nothing of it is for him.
	carl := ann.Join("carl")
	ann.CallOn(r)
	carl.CallOn(r)
	if carl.Dump(group) != "" || carl.Dump(chat) != "" || carl.Rows("note") != 0 {
		t.Fatal("somebody else got it")
	}
}

// B24: members vouch for a newcomer whom no admin has put on the list yet; an admin's device does it for good.
func TestB24NewcomerIsVouchedFor(t *testing.T) {
	ann, bob, r := pair(t)
	company := ann.R.CompanyScope()
	carl := ann.Join("carl")
	Exchange(ann, bob, carl)
	v := carl.Visit(r)
	Eventually(t, "carl is told that he is not on the list", func() bool { return v.Status().State == courier.NotListed })
	bob.CallOn(r)
	v.InSync(t)
	v.Stop()
	carl.Note(company, "from carl")
	carl.CallOn(r)
	bob.CallOn(r)
	same(t, company, 1, carl, bob)
	va := ann.Visit(r)
	Eventually(t, "the list names all three", func() bool { return va.Status().Listed == 3 })
	va.Stop()
}

// B24: an admin's device that was away takes nobody off whom it has not heard of, and brings nobody back who was removed
// meanwhile, though it may write the list.
func TestB24AdminWhoWasAway(t *testing.T) {
	ann, bob, r := pair(t)
	ann.Grant(bob, authority.Admin)
	dan := ann.Join("dan")
	Exchange(ann, bob, dan)
	ann.CallOn(r)
	dan.CallOn(r)
	bob.CallOn(r)
	carl := ann.Join("carl")
	ann.Remove(dan, authority.Removed)
	ann.CallOn(r)
	carl.CallOn(r)
	va := ann.Visit(r)
	Eventually(t, "the list names three", func() bool { return va.Status().Listed == 3 })
	va.InSync(t)
	v := bob.Visit(r)
	v.InSync(t)
	if v.MostListed() != 3 || va.MostListed() != 3 {
		t.Fatalf("the list named %d and %d", v.MostListed(), va.MostListed())
	}
	if _, on := bob.R.Device(carl.Device()); !on || !bob.R.Former(dan.Device()) {
		t.Fatal("bob has not caught up")
	}
	v.Stop()
	va.Stop()
	vd := dan.Visit(r)
	Eventually(t, "dan is not on it", func() bool { return vd.Status().State == courier.NotListed })
	vd.Stop()
	// Bob is an admin there: he writes the next list.
	eve := bob.Join("eve")
	bob.CallOn(r)
	eve.CallOn(r)
}

// B25: who was removed gets nothing more from the relay, and nothing of theirs gets there.
func TestB25RemovedIsCutOff(t *testing.T) {
	ann, bob, r := pair(t)
	company := ann.R.CompanyScope()
	v, va := bob.Visit(r), ann.Visit(r)
	v.InSync(t)
	va.InSync(t)
	if err := ann.R.Remove(context.Background(), bob.ID.Root.ID, authority.Removed); err != nil {
		t.Fatal(err)
	}
	Eventually(t, "bob is off the list", func() bool { return va.Status().Listed == 1 })
	va.InSync(t)
	ann.Note(company, "without bob")
	Eventually(t, "ann's words are there", func() bool { return va.Status().Waiting == 0 })
	va.Stop()
	v.Stop()
	v = bob.Visit(r)
	Eventually(t, "bob is told", func() bool { return v.Status().State == courier.NotListed })
	v.Stop()
	if bob.Rows("note") != 0 {
		t.Fatal("a former member got it")
	}
}

// B26: a relay that lost its disk, or that was put back, holds nothing of what it said, until it is there again.
func TestB26RelayLosesItsDisk(t *testing.T) {
	ann, bob, r := pair(t)
	company := ann.R.CompanyScope()
	o := ann.Note(company, "first")
	ann.CallOn(r)
	r.Stop()
	for _, name := range []string{"relay.db", "relay.db-wal", "relay.db-shm"} {
		_ = os.Remove(filepath.Join(r.Dir, name))
	}
	r.Start()
	v := ann.Visit(r)
	Eventually(t, "the relay does not know the team", func() bool { return v.Status().State == courier.NotAllowed })
	v.Stop()
	if ann.R.Delivery(company, o.Ref).OnRelay {
		t.Fatal("still said to be on the relay")
	}
	r.Allow()
	ann.CallOn(r)
	if !ann.R.Delivery(company, o.Ref).OnRelay {
		t.Fatal("not there again")
	}
	bob.CallOn(r)
	same(t, company, 1, ann, bob)
}

// B26: a relay whose database was put back to an earlier day gets again what it lost.
func TestB26RelayIsPutBack(t *testing.T) {
	ann, bob, r := pair(t)
	company := ann.R.CompanyScope()
	r.Stop()
	old, err := os.ReadFile(filepath.Join(r.Dir, "relay.db"))
	if err != nil {
		t.Fatal(err)
	}
	r.Start()
	o := ann.Note(company, "lost with the disk")
	ann.CallOn(r)
	r.Stop()
	_ = os.Remove(filepath.Join(r.Dir, "relay.db-wal"))
	if err := os.WriteFile(filepath.Join(r.Dir, "relay.db"), old, 0o600); err != nil {
		t.Fatal(err)
	}
	r.Start()
	ann.CallOn(r)
	if !ann.R.Delivery(company, o.Ref).OnRelay {
		t.Fatal("not there again")
	}
	bob.CallOn(r)
	same(t, company, 1, ann, bob)
}

// B27: nothing that is readable lies at the relay: no text, no name, no key of any scope, nobody's id.
func TestB27RelayCanReadNothing(t *testing.T) {
	ann, bob, r := pair(t)
	company := ann.R.CompanyScope()
	group := ann.Group(bob)
	texts := []string{"SECRETinCompany", "SECRETinGroup"}
	ann.Note(company, texts[0])
	ann.Note(group, texts[1])
	ann.CallOn(r)
	bob.CallOn(r)
	same(t, group, 1, ann, bob)
	r.Stop()
	needles := map[string][]byte{"name ann": []byte("ann's machine"), "team": ann.ID.Team[:], "team secret": ann.ID.TeamSecret[:], "person": ann.ID.Root.ID[:], "scope": group[:]}
	for _, text := range texts {
		needles[text] = []byte(text)
	}
	rows, err := ann.DB.Read().Query(`SELECT key FROM epoch`)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var key []byte
		if err := rows.Scan(&key); err != nil {
			t.Fatal(err)
		}
		needles["key "+hex.EncodeToString(key[:4])] = key
	}
	if err := rows.Close(); err != nil || len(needles) < 9 {
		t.Fatal(len(needles), err)
	}
	found := false
	files, err := os.ReadDir(r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(r.Dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		dev := ann.Device()
		found = found || bytes.Contains(b, dev[:]) // the search works: devices it does know
		for name, needle := range needles {
			if bytes.Contains(b, needle) {
				t.Errorf("%s holds %s", f.Name(), name)
			}
		}
	}
	if !found {
		t.Fatal("searched in the wrong place")
	}
	r.Start()
}

// B28: a relay that is forgotten is no place that anything is kept.
func TestB28ForgottenRelayHoldsNothing(t *testing.T) {
	ann, _, r := pair(t)
	company := ann.R.CompanyScope()
	o := ann.Note(company, "x")
	ann.CallOn(r)
	ctx := context.Background()
	if err := ann.R.KeepRelays(ctx, [][32]byte{r.Key}); err != nil || !ann.R.Delivery(company, o.Ref).OnRelay {
		t.Fatal("forgot a relay of the team", err)
	}
	if err := ann.R.KeepRelays(ctx, nil); err != nil || ann.R.Delivery(company, o.Ref).OnRelay {
		t.Fatal("still relies on a relay that the team gave up", err)
	}
	ann.CallOn(r) // from the beginning
	if !ann.R.Delivery(company, o.Ref).OnRelay {
		t.Fatal("not found there again")
	}
}

// B20: the relay's word counts for the ops that are here: about another version of a feed, or more than there is, it says nothing.
func TestB20RelayWordIsCompared(t *testing.T) {
	ann, _, r := pair(t)
	company := ann.R.CompanyScope()
	o := ann.Note(company, "x")
	f := ann.OwnFeed(company)
	ctx := context.Background()
	mark, err := ann.R.OpenRelay(ctx, [32]byte{1}, replica.RelayStore{5}, 0)
	if err != nil || mark.Cursor != 0 {
		t.Fatal(mark, err)
	}
	for name, a := range map[string]replica.Ack{
		"another version": {Feed: f.FeedKey, Len: f.Len, Head: [8]byte{1}},
		"more than is":    {Feed: f.FeedKey, Len: f.Len + 1, Head: [8]byte(f.Head[:8])},
	} {
		if err := ann.R.RelayStored(ctx, replica.RelayStore{5}, []replica.Ack{a}, false); err != nil {
			t.Fatal(err)
		}
		if ann.R.Delivery(company, o.Ref).OnRelay {
			t.Errorf("believed: %s", name)
		}
	}
	_ = r
}

// B26, B28: several relays: each holds what it said itself, and what both have comes once.
func TestB28SeveralRelays(t *testing.T) {
	ann, bob, one := pair(t)
	two := NewRelay(t)
	two.Key = [32]byte{8}
	ann.CallOn(two)
	bob.CallOn(two)
	company := ann.R.CompanyScope()
	o := ann.Note(company, "to one of them")
	ann.CallOn(one)
	ctx := context.Background()
	if err := ann.R.KeepRelays(ctx, [][32]byte{two.Key}); err != nil || ann.R.Delivery(company, o.Ref).OnRelay {
		t.Fatal("the word of the one was taken for the other's", err)
	}
	ann.CallOn(two)
	if !ann.R.Delivery(company, o.Ref).OnRelay {
		t.Fatal("not on the other")
	}
	va, vb := bob.Visit(one), bob.Visit(two)
	va.InSync(t)
	vb.InSync(t)
	same(t, company, 1, ann, bob)
	bob.Note(company, "to both")
	Eventually(t, "both have it", func() bool { return va.Status().Waiting == 0 && vb.Status().Waiting == 0 })
	va.Stop()
	vb.Stop()
}

package authority_test

import (
	"testing"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
)

func (o *office) replace(by *person, subject, replaces *person, signers ...int) op.ID {
	o.t.Helper()
	return o.do(by, authority.TypeReplaceOwner, replacing(o.next(by.devices[0], 1), subject, replaces, signers...))
}

func TestCouncilReplacesTheFounder(t *testing.T) {
	o := newOffice(t)
	a, b, c := people()[0], people()[1], people()[2]
	o.join(b)
	o.join(c)
	if k, n := o.eval().Council(); k != 2 || n != 3 {
		t.Fatalf("council of %d of %d", k, n)
	}
	past := o.eval().Frontier()
	act := o.replace(c, b, a, 0, 2) // whoever carries the signatures
	o.want(act, authority.Valid, "")
	o.role(a, authority.None)
	o.role(b, authority.Owner)
	if r := o.standing(a, authority.StandingRemoved); r.Op != act || r.FormerRole != authority.Owner || !r.By.IsZero() {
		t.Fatalf("removal %+v", r)
	}
	// What the founder wrote without knowing has no effect, and the new owner outranks whom the founder made.
	o.want(o.write(a.devices[0], 5, authority.TypeGrant, authority.Grant{Subject: c.id(), Role: authority.Owner, Proof: o.genesis}, past...).ID,
		authority.Invalid, authority.ReasonRevoked)
	o.want(o.grant(b, c, authority.Admin, ""), authority.Valid, "")
	o.role(c, authority.Admin)
	o.stepwise()
}

func TestAttackCouncil(t *testing.T) {
	o := newOffice(t)
	a, b := people()[0], people()[1]
	o.join(b)
	o.want(o.replace(b, b, a, 1), authority.Invalid, authority.ReasonMalformed)    // too few
	o.want(o.replace(b, b, a, 1, 1), authority.Invalid, authority.ReasonMalformed) // one of them twice
	o.want(o.replace(b, b, a, 0, 1, 2), authority.Valid, "")                       // more than needed
	o.role(b, authority.Owner)
	back := o.replace(b, a, b, 0, 1)
	o.role(a, authority.Owner)
	o.role(b, authority.None)
	// The old act once more, after the new one: its signatures name another place.
	var old authority.ReplaceOwner
	for _, x := range o.ops {
		if x.Type == authority.TypeReplaceOwner && x.ID != back {
			if err := op.Unmarshal(x.Payload, &old); err != nil {
				t.Fatal(err)
			}
		}
	}
	o.want(o.do(b, authority.TypeReplaceOwner, old), authority.Invalid, authority.ReasonMalformed)
	o.role(b, authority.None)
	other := replacing(o.next(b.devices[0], 1), b, a, 0, 1)
	other.Subject = people()[2].id()
	o.want(o.do(b, authority.TypeReplaceOwner, other), authority.Invalid, authority.ReasonMalformed)
	outside := replacing(o.next(b.devices[0], 1), b, a, 0, 1)
	outside.Sigs[1].Index = 3
	o.want(o.do(b, authority.TypeReplaceOwner, outside), authority.Invalid, authority.ReasonMalformed)
	early := replacing(o.next(b.devices[3], 9), b, a, 0, 1)
	o.want(o.write(b.devices[3], 9, authority.TypeReplaceOwner, early).ID, authority.Invalid, authority.ReasonProof)
	o.role(a, authority.Owner)
	o.stepwise()
}

func TestTeamWithoutCouncil(t *testing.T) {
	for _, c := range []struct {
		council authority.Council
		founded bool
	}{
		{authority.Council{}, true},
		{authority.Council{K: 4, Keys: council().Keys}, false},
		{authority.Council{Keys: council().Keys}, false},
		{authority.Council{K: 1, Keys: [][]byte{council().Keys[0], council().Keys[0]}}, false},
		{authority.Council{K: 1, Keys: [][]byte{{1}}}, false},
		{authority.Council{K: 1, Keys: make([][]byte, 10)}, false},
	} {
		l := newLog(t)
		a := people()[0]
		l.write(a.devices[0], 1, authority.TypeGenesis, authority.Genesis{
			Team: team, RootPub: a.root.SignPub(), RootBox: a.root.BoxPub(), Device: a.certs[0], Nonce: make([]byte, 16), Council: c.council,
		})
		o := &office{log: l, genesis: l.ops[0].ID}
		if got := o.eval().Role(a.id()) == authority.Owner; got != c.founded {
			t.Fatalf("council of %d of %d: founded %v", c.council.K, len(c.council.Keys), got)
		}
		if c.founded {
			o.want(o.replace(a, people()[1], a, 0, 1), authority.Invalid, authority.ReasonRole)
		}
	}
}

package apptest

import (
	"context"
	"crypto/rand"
	"math"
	"testing"
	"time"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// forgeEpoch is a Forger of epoch ops, which stand under the bootstrap key.
func (m *Member) forgeEpoch(scope op.ScopeID, inc uint32) *Forger {
	m.T.Helper()
	g := m.Forge(scope, inc)
	key, err := m.ID.TeamSecret.BootstrapKey(g.tag)
	if err != nil {
		m.T.Fatal(err)
	}
	g.key, g.epoch = key, op.EpochRef{}
	return g
}

// Epoch is the next op: an epoch op of choice.
func (g *Forger) Epoch(typ string, payload any) op.Sealed {
	return g.Op(op.Epoch, op.Body{HLC: g.m.R.Clock().Now(), Type: typ, Payload: g.pack(payload)})
}

func (m *Member) recipient() keys.Recipient {
	return keys.Recipient{Device: m.Device(), BoxPub: m.ID.Device.Public(m.Name).BoxPub}
}

// epochs are the keys of a scope that the member holds and nothing follows, as package keys has them.
func (m *Member) heads(scope op.ScopeID) (out []keys.Epoch) {
	m.T.Helper()
	rows, err := m.DB.Read().Query(`SELECT ref, gen, parents, key FROM epoch WHERE tag = ?1 AND NOT EXISTS (SELECT 1 FROM epoch y WHERE y.tag = ?1 AND instr(y.parents, epoch.ref))`, tagBytes(m.Tag(scope)))
	if err != nil {
		m.T.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		e := keys.Epoch{Scope: scope}
		var ref, parents, key []byte
		if err := rows.Scan(&ref, &e.Gen, &parents, &key); err != nil {
			m.T.Fatal(err)
		}
		e.Ref, e.Key = op.EpochRef(ref), [32]byte(key)
		for ; len(parents) > 0; parents = parents[8:] {
			e.Parents = append(e.Parents, op.EpochRef(parents[:8]))
		}
		out = append(out, e)
	}
	return out
}

func (m *Member) nextEpoch(scope op.ScopeID, to ...*Member) (keys.Epoch, keys.EpochNew) {
	m.T.Helper()
	heads := m.heads(scope)
	e, err := keys.NewEpoch(rand.Reader, scope, heads...)
	if err != nil {
		m.T.Fatal(err)
	}
	var list []keys.Recipient
	for _, o := range to {
		list = append(list, o.recipient())
	}
	n, _, err := e.Announce(rand.Reader, m.ID.Team, keys.FullHistory, heads, keys.Digest{}, list)
	if err != nil {
		m.T.Fatal(err)
	}
	return e, n
}

// K5: a member seals one key to some and another to others. The commitment in the announcement tells; whoever got the wrong one
// notices who sealed it, reads nothing under it, asks, and is given the right one by another member.
func TestUnequalSealIsNoticedAndHealed(t *testing.T) {
	a := Found(t, "a")
	b, c := a.Join("b"), a.Join("c")
	Exchange(a, b, c)
	company := a.R.CompanyScope()
	e, n := b.nextEpoch(company, a, b)
	wrong, err := keys.Seal(c.recipient().BoxPub, c.ID.Team, company, e.Ref, c.Device(), [32]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	wrongRoot, err := keys.Seal(c.ID.Root.BoxPub(), c.ID.Team, company, e.Ref, c.ID.Root.Device(), [32]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	n.Boxes = append(n.Boxes, keys.Box{Device: c.Device(), Sealed: wrong}, keys.Box{Device: c.ID.Root.Device(), Sealed: wrongRoot})
	op1 := b.forgeEpoch(company, 9).Epoch(keys.TypeEpochNew, n)
	for _, m := range []*Member{a, b, c} {
		if err := m.Take(Raw(op1)); err != nil {
			t.Fatal(err)
		}
	}
	if bad := c.R.BadSeals(); len(bad) != 1 || bad[0].By != b.Device() || bad[0].Epoch != e.Ref {
		t.Fatalf("c notices %v", bad)
	}
	if len(a.R.BadSeals()) != 0 {
		t.Fatal("a has nothing to complain of")
	}
	o := a.Note(company, "under that key")
	if a.epochOf(o) != e.Ref {
		t.Fatal("a does not write under it: the test means nothing")
	}
	a.Copy(c)
	if c.Rows("note") != 0 {
		t.Fatal("c reads under a key it does not have")
	}
	c.Heal() // asks
	c.Copy(a)
	a.Heal() // gives
	a.Copy(c)
	if c.Rows("note") != 1 || c.Company() != a.Company() {
		t.Fatalf("c reads\n%s", c.Company())
	}
}

// K2: a seal for another epoch, scope or device than it is handed over for opens nothing.
func TestSealForTheWrongEpoch(t *testing.T) {
	a := Found(t, "a")
	b, c := a.Join("b"), a.Join("c")
	Exchange(a, b, c)
	company := a.R.CompanyScope()
	old := a.heads(company)[0]
	e, n := b.nextEpoch(company, b)
	for what, seal := range map[string]func() ([]byte, error){
		"of another epoch": func() ([]byte, error) {
			return keys.Seal(c.recipient().BoxPub, c.ID.Team, company, old.Ref, c.Device(), e.Key)
		},
		"of another scope": func() ([]byte, error) {
			return keys.Seal(c.recipient().BoxPub, c.ID.Team, controlOf(c), e.Ref, c.Device(), e.Key)
		},
		"for another device": func() ([]byte, error) {
			return keys.Seal(a.recipient().BoxPub, c.ID.Team, company, e.Ref, a.Device(), e.Key)
		},
	} {
		t.Run(what, func(t *testing.T) {
			sealed, err := seal()
			if err != nil {
				t.Fatal(err)
			}
			x := n
			x.Boxes = append(append([]keys.Box(nil), n.Boxes...), keys.Box{Device: c.Device(), Sealed: sealed})
			inc := uint32(100 + len(what) + int(what[len(what)-1]))
			if err := c.Take(Raw(b.forgeEpoch(company, inc).Epoch(keys.TypeEpochNew, x))); err != nil {
				t.Fatal(err)
			}
			if c.Count(`SELECT count(*) FROM epoch WHERE ref = ?`, e.Ref[:]) != 0 {
				t.Fatal("it opens")
			}
			if c.epochOf(c.Note(company, "goes on")) == e.Ref {
				t.Fatal("c writes under a key it does not have")
			}
		})
	}
}

// K3: a member claims the highest generation there is, after which there could be no further key. Nothing bears the claim
// out: nobody writes under it, and keys go on being made.
func TestClaimedGenerationHasNoEffect(t *testing.T) {
	a := Found(t, "a")
	b, c := a.Join("b"), a.Join("c")
	Exchange(a, b, c)
	company := a.R.CompanyScope()
	for i, parent := range []keys.Epoch{
		{Scope: company, Ref: a.heads(company)[0].Ref, Gen: math.MaxUint32 - 1, Key: a.heads(company)[0].Key}, // a real one, at a lie of a generation
		{Scope: company, Ref: op.EpochRef{7}, Gen: math.MaxUint32 - 1},                                        // one that nobody knows
	} {
		e, err := keys.NewEpoch(rand.Reader, company, parent)
		if err != nil {
			t.Fatal(err)
		}
		n, _, err := e.Announce(rand.Reader, a.ID.Team, keys.FullHistory, []keys.Epoch{parent}, keys.Digest{}, []keys.Recipient{a.recipient(), b.recipient(), c.recipient()})
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Take(Raw(b.forgeEpoch(company, uint32(20+i)).Epoch(keys.TypeEpochNew, n))); err != nil {
			t.Fatal(err)
		}
		if a.epochOf(a.Note(company, "on")) == e.Ref {
			t.Fatal("a writes under it")
		}
	}
	if err := a.R.Rotate(context.Background(), company); err != nil {
		t.Fatal(err)
	}
	if gen := a.Count(`SELECT max(gen) FROM announce WHERE tag = ? AND author = ?`, tagBytes(a.Tag(company)), tagBytes(op.ScopeTag(a.Device()))); gen != 2 {
		t.Fatalf("the next generation is %d", gen)
	}
}

// K3: somebody who is not of a group announces a key for it, sealed to its members. Nobody writes under it, though all could.
func TestKeyOfAnOutsiderIsNotWrittenUnder(t *testing.T) {
	a := Found(t, "a")
	b, c := a.Join("b"), a.Join("c")
	Exchange(a, b, c)
	group := a.Group(b)
	Exchange(a, b, c)
	e, n := a.nextEpoch(group, a, b) // c has all that is needed by treason
	g := a.forgeEpoch(group, 9)
	g.m = c
	if err := a.Take(Raw(g.Epoch(keys.TypeEpochNew, n))); err != nil {
		t.Fatal(err)
	}
	o := a.Note(group, "on")
	if a.epochOf(o) == e.Ref {
		t.Fatal("a writes under it")
	}
	if err := a.R.Rotate(context.Background(), group); err != nil {
		t.Fatal(err)
	}
	if a.follows(group, e.Ref) {
		t.Fatal("the next key follows the outsider's, which could fill the places of parents so")
	}
	if err := a.Take(Raw(g.Epoch(keys.TypeEpochAdd, keys.EpochAdd{
		Scope: group, Ref: a.heads(group)[0].Ref, Gen: a.heads(group)[0].Gen, Parents: a.heads(group)[0].Parents, KeyCommit: keys.Digest(commit(a.heads(group)[0])),
	}))); err != nil {
		t.Fatal(err)
	}
	held := a.heads(group)[0].Ref
	if a.epochOf(a.Note(group, "after a hint that c has the key")) == held {
		t.Fatal("a goes on under a key that an outsider hands around")
	}
}

// follows tells whether any epoch that the member announced has ref as a parent.
func (m *Member) follows(scope op.ScopeID, ref op.EpochRef) bool {
	m.T.Helper()
	return m.Count(`SELECT count(*) FROM announce WHERE tag = ? AND author = ? AND instr(parents, ?)`, tagBytes(m.Tag(scope)), tagBytes(op.ScopeTag(m.Device())), ref[:]) > 0
}

func commit(e keys.Epoch) [32]byte { return e.Commit() }

// K3, K8: a device lets the keys of a scope go to a stranger that never becomes a member. After a day the key is not written
// under any more.
func TestNewcomerWhoNeverCame(t *testing.T) {
	a := Found(t, "a")
	day := a.Now
	n := a.Newcomer("n")
	if err := a.R.Welcome(context.Background(), n.Device(), n.recipient().BoxPub); err != nil {
		t.Fatal(err)
	}
	company := a.R.CompanyScope()
	first := a.epochOf(a.Note(company, "1"))
	a.Now = func() time.Time { return day().Add(25 * time.Hour) }
	a.Reopen()
	if a.epochOf(a.Note(company, "2")) == first {
		t.Fatal("a stranger reads on")
	}
}

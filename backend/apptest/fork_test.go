package apptest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"tongzhou/sync/authority"
	"tongzhou/sync/hlc"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
)

func (m *Member) forks() int { return m.Count(`SELECT count(*) FROM fork`) }

// theirFeed is the feed of another member's incarnation, as m has it.
func (m *Member) theirFeed(o *Member, scope op.ScopeID, inc uint32) oplog.Feed {
	return m.R.Feeds().Feed(oplog.FeedKey{Tag: m.Tag(scope), Device: o.Device(), Incarnation: inc})
}

// L6: two machines run on copies of one database and write at the same place. Every replica keeps the feed up to there, takes
// the effect of both versions back, keeps the proof and tells others; both machines go on in new incarnations.
func TestForkFreezesTheFeedEverywhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b, c, d := a.Join("b"), a.Join("c"), a.Join("d")
		Exchange(a, b, c, d)
		company := a.R.CompanyScope()
		b.Note(company, "before")
		b.Copy(a)
		inc := b.R.Feeds().Incarnation()
		seq := b.OwnFeed(company).Len
		twin := b.Clone("twin")
		b.Note(company, "by b")
		twin.Note(company, "by the twin")
		twin.Title(company, "x", "by the twin")
		b.Copy(a)
		twin.Copy(c)
		if a.Rows("note") != 2 || c.Rows("note") != 2 || c.Rows("title") != 1 {
			t.Fatal("the versions are not shown before they meet")
		}
		la := Connect(a, c) // they meet between two others
		Eventually(t, "a and c find the fork", func() bool { return a.forks() == 1 && c.forks() == 1 })
		Eventually(t, "a and c agree", func() bool { return InSync(a, c) })
		la.Stop()
		a.Copy(d)
		a.Copy(b)
		c.Copy(twin)
		for _, m := range []*Member{a, b, c, d, twin} {
			f := m.theirFeed(b, company, inc)
			if f.Len != seq || f.Fork != seq+1 {
				t.Fatalf("%s: feed at %d, fork at %d, want %d and %d", m.Name, f.Len, f.Fork, seq, seq+1)
			}
			if m.forks() != 1 || m.Rows("title") != 0 {
				t.Fatalf("%s: %d proofs, %d titles", m.Name, m.forks(), m.Rows("title"))
			}
			if x, y := a.Company(), m.Company(); x != y {
				t.Fatalf("a sees\n%s%s sees\n%s", x, m.Name, y)
			}
		}
		b.Note(company, "b goes on")
		twin.Note(company, "the twin goes on")
		if x, y := b.R.Feeds().Incarnation(), twin.R.Feeds().Incarnation(); x == inc || y == inc || x == y {
			t.Fatalf("incarnations %d and %d after %d", x, y, inc)
		}
		Exchange(a, b, c, d, twin)
		for _, m := range []*Member{a, b, c, d, twin} {
			m.Reopen()
			if x, y := a.Company(), m.Company(); x != y || m.Rows("note") != 3 {
				t.Fatalf("a sees\n%s%s sees\n%s", x, m.Name, y)
			}
			m.Rebuild()
			if x, y := a.Company(), m.Company(); x != y {
				t.Fatalf("%s rebuilt\n%sinstead of\n%s", m.Name, y, x)
			}
		}
	})
}

// L6: a replica that hears of a fork before it has the ops takes those before the fork afterwards, and none from there on.
func TestForkKnownBeforeTheOps(t *testing.T) {
	a := Found(t, "a")
	b, c := a.Join("b"), a.Join("c")
	Exchange(a, b, c)
	company := a.R.CompanyScope()
	g := b.Forge(company, 9)
	at := b.R.Clock().Now()
	one, two, three := g.Note(at, "1"), g.Note(at+1, "2"), g.Note(at+2, "3")
	other := g.At(3, two.ID()).Note(at+3, "other 3")
	proof := op.ForkProof{A: three, B: other}
	if err := c.R.ProveFork(context.Background(), proof.AppendTo(nil)); err != nil {
		t.Fatal(err)
	}
	before := c.R.SharedSum(a.Device())
	if x, y := before.Count(), a.R.SharedSum(c.Device()); x != y.Count() {
		t.Fatal("a feed of which only the fork is known counts in the sum")
	}
	if err := c.Take(Raw(one, two, three)); err != nil {
		t.Fatal(err)
	}
	if f := c.theirFeed(b, company, 9); f.Len != 2 || f.Head != two.ID() {
		t.Fatalf("feed at %d", f.Len)
	}
	if err := c.Take(Raw(three)); !errors.Is(err, replica.ErrForked) {
		t.Fatalf("took an op from the fork: %v", err)
	}
	c.Reopen()
	if err := c.Take(Raw(other)); !errors.Is(err, replica.ErrForked) {
		t.Fatalf("took an op from the fork after a restart: %v", err)
	}
	if c.Rows("note") != 2 {
		t.Fatalf("%d notes", c.Rows("note"))
	}
}

// L6: the earliest fork counts. When the versions differ from much earlier on than where they were first found to differ, two
// replicas work their way back to the first difference.
func TestForkIsTracedToItsBeginning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b, c := a.Join("b"), a.Join("c")
		Exchange(a, b, c)
		company := a.R.CompanyScope()
		g := b.Forge(company, 9)
		at := b.R.Clock().Now()
		var common, left, right []op.Sealed
		for i := range 5 {
			common = append(common, g.Note(at+hlc.Time(i), "common"))
		}
		h := g.At(6, common[4].ID())
		for i := range 1300 {
			left = append(left, g.Note(at+hlc.Time(10+i), "left"))
			right = append(right, h.Note(at+hlc.Time(10+i), "right"))
		}
		for _, m := range []*Member{a, c} {
			if err := m.Take(Raw(common...)); err != nil {
				t.Fatal(err)
			}
		}
		for i := 0; i < len(left); i += 100 {
			if err := errors.Join(a.Take(Raw(left[i:i+100]...)), c.Take(Raw(right[i:i+100]...))); err != nil {
				t.Fatal(err)
			}
		}
		l := Connect(a, c)
		defer l.Stop()
		Eventually(t, "both cut at the first difference", func() bool {
			return a.theirFeed(b, company, 9).Fork == 6 && c.theirFeed(b, company, 9).Fork == 6
		})
		if a.Rows("note") != 5 || c.Rows("note") != 5 {
			t.Fatalf("%d and %d notes", a.Rows("note"), c.Rows("note"))
		}
		Eventually(t, "in sync", func() bool { return InSync(a, c) })
	})
}

// L6, S16: the proof of a fork reaches those who are connected at once.
func TestForkProofIsPushed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b, c := a.Join("b"), a.Join("c")
		Exchange(a, b, c)
		company := a.R.CompanyScope()
		g := b.Forge(company, 9)
		at := b.R.Clock().Now()
		one, two := g.Note(at, "1"), g.Note(at+1, "2")
		other := g.At(2, one.ID()).Note(at+2, "other 2")
		if err := errors.Join(a.Take(Raw(one, two)), c.Take(Raw(one, two))); err != nil {
			t.Fatal(err)
		}
		l := Connect(a, c)
		defer l.Stop()
		Eventually(t, "in sync", func() bool { return InSync(a, c) })
		if err := a.Take(Raw(one, other)); !errors.Is(err, replica.ErrForked) {
			t.Fatalf("not noticed: %v", err)
		}
		Eventually(t, "c cuts the feed too", func() bool { return c.theirFeed(b, company, 9).Len == 1 && c.forks() == 1 })
		Eventually(t, "in sync again", func() bool { return InSync(a, c) })
	})
}

// L6: ops without a signature of their own, below a signed one, prove nothing to third parties. Replicas that hold different
// versions agree all the same: the signed version stays.
func TestUnsignedVersionGivesWay(t *testing.T) {
	for _, signedFirst := range []bool{true, false} {
		a := Found(t, "a")
		b := a.Join("b")
		Exchange(a, b)
		company := a.R.CompanyScope()
		g := b.Forge(company, 9)
		at := b.R.Clock().Now()
		one := g.Note(at, "1")
		h := g.At(2, one.ID())
		good := Raw(one, g.Note(at+1, "signed"), g.Note(at+2, "3"))
		bad := Raw(one, h.Unsigned(h.Note(at+1, "unsigned")), h.Note(at+2, "3"))
		first, second := good, bad
		if !signedFirst {
			first, second = bad, good
		}
		if err := a.Take(first); err != nil {
			t.Fatal(err)
		}
		if err := a.Take(second); err != nil && !errors.Is(err, replica.ErrForked) {
			t.Fatal(err)
		}
		f := a.theirFeed(b, company, 9)
		if f.Len != 3 || f.Fork != 0 || a.forks() != 0 {
			t.Fatalf("signed first %v: feed at %d, fork at %d", signedFirst, f.Len, f.Fork)
		}
		if got := a.Frame(&f, 1, 3); !bytes.Equal(got, good) {
			t.Fatalf("signed first %v: the other version stayed", signedFirst)
		}
		if n := a.Count(`SELECT count(*) FROM note WHERE text = 'signed'`); n != 1 || a.Rows("note") != 3 {
			t.Fatalf("signed first %v: shows\n%s", signedFirst, a.Company())
		}
		if _, err := a.R.CheckChains(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

// L6: control ops of a feed that forked are taken out of evaluation, on every replica and after a restart; the genesis stays
// even if its author signs something beside it.
func TestForkInTheControlLog(t *testing.T) {
	a := Found(t, "a")
	b := a.Join("b")
	Exchange(a, b)
	control := keys.ControlScope(a.ID.Team)
	inc := a.R.Feeds().Incarnation()
	twin := a.Clone("twin")
	a.Grant(b, authority.Admin)
	a.Copy(b)
	if b.R.Authority().Role(b.ID.Root.ID) != authority.Admin {
		t.Fatal("the grant does not count")
	}
	twin.Invite()
	if err := errors.Join(ignoreForked(twin.tryGive(b, control)), ignoreForked(twin.tryGive(a, control))); err != nil {
		t.Fatal(err)
	}
	for _, m := range []*Member{a, b} {
		for range 2 {
			if r := m.R.Authority().Role(b.ID.Root.ID); r != authority.Member {
				t.Fatalf("%s: b is still %s", m.Name, r)
			}
			m.Reopen()
		}
	}
	a.Grant(b, authority.Admin) // in the new incarnation
	a.Copy(b)
	if r := b.R.Authority().Role(b.ID.Root.ID); r != authority.Admin {
		t.Fatalf("b is %s after the second grant", r)
	}
	first := Parse(t, a.Frame(ptr(a.theirFeed(a, control, inc)), 1, 1))[0]
	fake := op.Sign(first.Header, []byte("another beginning"), a.ID.Device.Sign)
	proof := op.ForkProof{A: first, B: fake}
	if err := b.R.ProveFork(context.Background(), proof.AppendTo(nil)); err != nil {
		t.Fatal(err)
	}
	b.Reopen()
	if f := b.theirFeed(a, control, inc); f.Len != 1 || !b.R.HasAuthority() {
		t.Fatalf("the genesis went: feed at %d", f.Len)
	}
}

func ptr[T any](v T) *T { return &v }

func ignoreForked(err error) error {
	if errors.Is(err, replica.ErrForked) {
		return nil
	}
	return err
}

func (m *Member) tryGive(to *Member, scope op.ScopeID) error {
	f := m.OwnFeed(scope)
	return to.Take(m.Frame(&f, 1, f.Len))
}

// L6: what proves nothing is refused and changes nothing.
func TestFalseForkProofs(t *testing.T) {
	a := Found(t, "a")
	b, c := a.Join("b"), a.Join("c")
	Exchange(a, b, c)
	company := a.R.CompanyScope()
	g := b.Forge(company, 9)
	at := b.R.Clock().Now()
	one, two := g.Note(at, "1"), g.Note(at+1, "2")
	other := g.At(2, one.ID()).Note(at+2, "other 2")
	if err := a.Take(Raw(one, two)); err != nil {
		t.Fatal(err)
	}
	forged := other
	forged.Sig[5] ^= 1
	byC := op.Sign(other.Header, other.Ciphertext, c.ID.Device.Sign)
	for name, p := range map[string]op.ForkProof{
		"the same op twice": {A: two, B: two}, "different places": {A: one, B: two},
		"wrong signature": {A: two, B: forged}, "signed by somebody else": {A: two, B: byC},
	} {
		if err := a.R.ProveFork(context.Background(), p.AppendTo(nil)); err == nil {
			t.Errorf("%s: believed", name)
		}
	}
	if err := a.R.ProveFork(context.Background(), []byte("short")); err == nil {
		t.Error("nonsense believed")
	}
	if f := a.theirFeed(b, company, 9); f.Len != 2 || f.Fork != 0 || a.forks() != 0 {
		t.Fatalf("feed at %d, fork at %d", f.Len, f.Fork)
	}
}

// mark is a counter outside the database.
type mark struct{ n uint64 }

func (m *mark) Load() (uint64, error) { return m.n, nil }
func (m *mark) Store(n uint64) error  { m.n = n; return nil }

// L7: a database that was put back to an older copy is noticed by the mark beside it. The device writes in a new incarnation
// from its first op on, and gets its old ops back from colleagues. At the next start nothing is noticed any more.
func TestRolledBackDatabase(t *testing.T) {
	for _, marked := range []bool{true, false} {
		t.Run(fmt.Sprintf("marked=%v", marked), func(t *testing.T) {
			a := Found(t, "a")
			b := a.Join("b")
			Exchange(a, b)
			company := a.R.CompanyScope()
			outside := &mark{}
			if marked {
				b.Mark = outside
				b.Reopen()
			}
			b.Note(company, "old")
			old := b.Clone("copy") // only its files are used
			old.Close()
			for i := range 5 {
				b.Note(company, fmt.Sprintf("lost %d", i))
			}
			b.Copy(a)
			inc, store := b.R.Feeds().Incarnation(), b.R.Feeds().StoreID()
			b.Close()
			b.Dir = old.Dir
			b.Open()
			if marked && b.R.Feeds().Incarnation() == inc {
				t.Fatal("not noticed")
			}
			if marked {
				b.Note(company, "new")
			}
			l := Connect(a, b)
			Eventually(t, "the old ops come back", func() bool { return b.Count(`SELECT count(*) FROM note WHERE text LIKE 'lost%'`) == 5 })
			Eventually(t, "in sync", func() bool { return InSync(a, b) })
			l.Stop()
			if b.R.Feeds().Incarnation() == inc || b.R.Feeds().StoreID() == store {
				t.Fatal("still the old incarnation or store")
			}
			inc = b.R.Feeds().Incarnation()
			b.Note(company, "after")
			b.Reopen()
			if b.R.Feeds().Incarnation() != inc {
				t.Fatal("noticed again at the next start")
			}
			b.Copy(a)
			if x, y := a.Company(), b.Company(); x != y || a.forks() != 0 {
				t.Fatalf("a sees\n%sb sees\n%s%d forks", x, y, a.forks())
			}
		})
	}
}

// L7: that somebody says to hold more of this device's ops proves nothing: only ops signed by it start an incarnation. A peer
// could otherwise use up the incarnations until the device cannot write.
func TestNobodyElseStartsAnIncarnation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		v := NewVillain(t, a)
		inc := a.R.Feeds().Incarnation()
		company := a.OwnFeed(a.R.CompanyScope())
		v.Hello()
		for i := range 40 {
			f := v.State(&company)
			f.Len += uint64(i) + 1
			v.Have(f)
		}
		v.Barrier()
		if a.R.Feeds().Incarnation() != inc {
			t.Fatal("a lie started an incarnation")
		}
		v.Close()
	})
}

// L8: a device has at most sixteen incarnations in a scope; ops of a further one are refused and leave no trace.
func TestIncarnationsAreCapped(t *testing.T) {
	a := Found(t, "a")
	b := a.Join("b")
	Exchange(a, b)
	company := a.R.CompanyScope()
	at := b.R.Clock().Now()
	had := 0
	for inc := uint32(1); inc <= oplog.MaxIncarnations+4; inc++ {
		err := a.Take(Raw(b.Forge(company, inc).Note(at+hlc.Time(inc), "n")))
		switch {
		case err == nil:
			had++
		case !errors.Is(err, oplog.ErrFull):
			t.Fatal(err)
		}
	}
	if had > oplog.MaxIncarnations || a.Rows("note") != had || a.Count(`SELECT count(*) FROM feed WHERE device = ?`, b.ID.Device.ID[:]) > had+2 {
		t.Fatalf("%d were taken, %d notes", had, a.Rows("note"))
	}
}

package apptest

import (
	"bytes"
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
)

func (m *Member) user() op.UserID { return m.ID.Root.ID }

// Remove takes every role from somebody.
func (m *Member) Remove(o *Member, mode authority.Mode) {
	m.T.Helper()
	if err := m.R.Remove(context.Background(), o.user(), mode); err != nil {
		m.T.Fatalf("%s removes %s: %v", m.Name, o.Name, err)
	}
}

// Leak hands over every op there is, whatever n may read: what a relay or a colluder could do.
func (m *Member) Leak(n *Member) {
	m.T.Helper()
	m.copy(n, func(*oplog.Feed) bool { return true })
}

// epochOf is the epoch that an op stands under.
func (m *Member) epochOf(o replica.Op) op.EpochRef {
	m.T.Helper()
	s, ok, err := oplog.One(m.DB.Read(), o.Key)
	if err != nil || !ok {
		m.T.Fatalf("op %d: %v", o.Key, err)
	}
	return Parse(m.T, s.Raw)[0].Epoch
}

// canOpen tells whether any key in the member's database, or any box for the member's device or root in the ops it holds,
// opens the op: it looks at the disk, not at what the replica says.
func (m *Member) canOpen(s op.Sealed) bool {
	m.T.Helper()
	var secrets [][]byte
	rows, err := m.DB.Read().Query(`SELECT key FROM epoch`)
	if err != nil {
		m.T.Fatal(err)
	}
	for rows.Next() {
		var k []byte
		if err := rows.Scan(&k); err != nil {
			m.T.Fatal(err)
		}
		secrets = append(secrets, k)
	}
	_ = rows.Close()
	boot, err := m.ID.TeamSecret.BootstrapKey(s.Scope)
	if err != nil {
		m.T.Fatal(err)
	}
	all, err := m.DB.Read().Query(`SELECT data FROM op WHERE substr(data, 2, 1) = x'03'`)
	if err != nil {
		m.T.Fatal(err)
	}
	for all.Next() {
		var raw []byte
		if err := all.Scan(&raw); err != nil {
			m.T.Fatal(err)
		}
		if o := Parse(m.T, raw)[0]; o.Scope == s.Scope {
			secrets = append(secrets, m.boxesIn(o, boot)...)
		}
	}
	_ = all.Close()
	for _, k := range secrets {
		e := keys.Epoch{Key: [32]byte(k)}
		if key, err := e.BodyKey(); err == nil {
			if _, err := op.OpenBody(key, s.Header, s.Ciphertext); err == nil {
				return true
			}
		}
	}
	return false
}

func (m *Member) boxesIn(o op.Sealed, boot op.BodyKey) (out [][]byte) {
	plain, err := op.OpenBody(boot, o.Header, o.Ciphertext)
	if err != nil {
		return nil
	}
	body, err := op.DecodeBody(plain)
	if err != nil {
		return nil
	}
	a, err := keys.DecodeEpochAdd(body.Payload)
	if body.Type == keys.TypeEpochNew {
		n, e := keys.DecodeEpochNew(body.Payload)
		a, err = keys.EpochAdd{Scope: n.Scope, Ref: n.Ref, Boxes: n.Boxes}, e
	}
	if err != nil {
		return nil
	}
	for _, b := range a.Boxes {
		if key, err := keys.Open(m.ID.Device.Box, m.ID.Team, a.Scope, a.Ref, m.Device(), b.Sealed); err == nil {
			out = append(out, key[:])
		}
		if !m.ID.Root.Whole() {
			continue
		}
		if key, err := keys.Open(m.ID.Root.Box, m.ID.Team, a.Scope, a.Ref, m.ID.Root.Device(), b.Sealed); err == nil {
			out = append(out, key[:])
		}
	}
	return out
}

// stored is an op as it lies in the member's log.
func (m *Member) stored(o replica.Op) op.Sealed {
	m.T.Helper()
	s, ok, err := oplog.One(m.DB.Read(), o.Key)
	if err != nil || !ok {
		m.T.Fatalf("op %d: %v", o.Key, err)
	}
	return Parse(m.T, s.Raw)[0]
}

// K6: whoever is removed does not read the next message, in the company's scope and in every group, whether the remover is in
// it or not; not with any key on their disk, even if they get hold of every byte.
func TestRemovedDeviceDoesNotReadOn(t *testing.T) {
	a := Found(t, "a")
	b, c := a.Join("b"), a.Join("c")
	Exchange(a, b, c)
	company := a.R.CompanyScope()
	with := a.Group(b, c)
	Exchange(a, b, c)
	without := b.Group(c) // the remover is not in it
	Exchange(a, b, c)
	before := []replica.Op{a.Note(company, "company 1"), a.Note(with, "with 1"), b.Note(without, "without 1")}
	Exchange(a, b, c)
	had := []int{a.announced(company), a.announced(with), a.announced(controlOf(a))}
	a.Remove(c, authority.Removed)
	for i, scope := range []op.ScopeID{company, with, controlOf(a)} {
		if n := a.announced(scope); n != had[i]+1 { // at once: the remover may write nothing there for a long time
			t.Fatalf("%d keys after %d in scope %d", n, had[i], i)
		}
	}
	a.CopyControl(b)
	b.Copy(a) // b owes a key in its own group, and pays with the next op
	after := map[string]op.Sealed{
		"company":  a.stored(a.Note(company, "company 2")),
		"group":    a.stored(a.Note(with, "with 2")),
		"no admin": b.stored(b.Note(without, "without 2")),
	}
	a.Copy(b)
	a.Leak(c)
	b.Leak(c)
	for what, s := range after {
		if c.canOpen(s) {
			t.Errorf("%s: the removed device opens what was written after", what)
		}
	}
	for _, o := range before[:2] {
		if !c.canOpen(a.stored(o)) {
			t.Fatal("the look at the disk finds no key at all") // else the test means nothing
		}
	}
	if c.Count(`SELECT count(*) FROM note WHERE text LIKE '% 2'`) != 0 {
		t.Fatal("the removed device shows what was written after")
	}
	if b.Count(`SELECT count(*) FROM note WHERE text LIKE '% 2'`) != 3 {
		t.Fatal("those who stay do not read on")
	}
}

// K6: registers and control ops pay the debt too.
func TestEveryOwnOpPaysTheDebt(t *testing.T) {
	ctx := context.Background()
	for what, act := range map[string]func(b *Member, group op.ScopeID) error{
		"register": func(b *Member, group op.ScopeID) error { return b.R.SetRegister(ctx, group, "mark", 7) },
		"control": func(b *Member, group op.ScopeID) error {
			return b.R.GrantScopeRole(ctx, group, b.user(), authority.Owner)
		},
	} {
		t.Run(what, func(t *testing.T) {
			a := Found(t, "a")
			b, c := a.Join("b"), a.Join("c")
			Exchange(a, b, c)
			group := b.Group(c)
			Exchange(a, b, c)
			a.Remove(c, authority.Removed)
			a.CopyControl(b)
			had := b.announced(group)
			if err := act(b, group); err != nil {
				t.Fatal(err)
			}
			if n := b.announced(group); n != had+1 {
				t.Fatalf("%d keys after %d", n, had)
			}
			paid := b.announced(group)
			if err := act(b, group); err != nil {
				t.Fatal(err)
			}
			if n := b.announced(group); n != paid {
				t.Fatal("the debt is paid twice")
			}
		})
	}
	t.Run("team control", func(t *testing.T) {
		a := Found(t, "a")
		b, c := a.Join("b"), a.Join("c")
		a.Grant(b, authority.Admin)
		Exchange(a, b, c)
		if err := c.R.Leave(ctx); err != nil {
			t.Fatal(err)
		}
		c.CopyControl(b) // nobody has made a new key
		b.Invite()
		f := b.OwnFeed(controlOf(b))
		last := Parse(t, b.Frame(&f, f.Len, f.Len))[0]
		b.Leak(c)
		if last.Kind != op.Control || c.canOpen(last) {
			t.Fatal("who left reads the next control op")
		}
	})
}

// announced counts the epochs of a scope.
func (m *Member) announced(scope op.ScopeID) int {
	m.T.Helper()
	return m.Count(`SELECT count(*) FROM announce WHERE tag = ?`, tagBytes(m.Tag(scope)))
}

// K6: after thirty days, by the clock of the machine, the next op stands under a new key, and everything stays readable, also
// for who joins then.
func TestNewKeyAfterThirtyDays(t *testing.T) {
	var now atomic.Int64
	now.Store(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC).UnixMilli())
	a := FoundAt(t, "a", func() time.Time { return time.UnixMilli(now.Load()) })
	b := a.Join("b")
	Exchange(a, b)
	company := a.R.CompanyScope()
	first := a.epochOf(a.Note(company, "1"))
	now.Add((replica.RotateAfter - time.Hour).Milliseconds())
	if a.epochOf(a.Note(company, "2")) != first {
		t.Fatal("a new key too early")
	}
	now.Add(2 * time.Hour.Milliseconds())
	second := a.epochOf(a.Note(company, "3"))
	if second == first {
		t.Fatal("no new key after thirty days")
	}
	a.Copy(b)
	if b.epochOf(b.Note(company, "4")) != second {
		t.Fatal("b makes another key although there is a new one")
	}
	c := a.Join("c")
	Exchange(a, b, c)
	if c.Rows("note") != 4 || c.Company() != a.Company() {
		t.Fatalf("the newcomer reads\n%s", c.Company())
	}
	if n := c.Count(`SELECT count(*) FROM epoch_box b JOIN epoch_op o ON o.tag = b.tag WHERE b.device = ? AND b.ref = ?`, tagBytes(op.ScopeTag(c.Device())), first[:]); n != 0 {
		t.Fatal("the first key was sealed to the newcomer again, though it follows from the second")
	}
}

// K7: two who cannot see each other make new keys at once. Everything stays readable for all, and the key after that follows
// both.
func TestConcurrentKeysComeTogether(t *testing.T) {
	a := Found(t, "a")
	b, c, d := a.Join("b"), a.Join("c"), a.Join("d")
	a.Grant(b, authority.Owner)
	Exchange(a, b, c, d)
	company := a.R.CompanyScope()
	a.Remove(c, authority.Removed)
	b.Remove(d, authority.Removed) // each keeps whom the other removes
	x, y := a.epochOf(a.Note(company, "a apart")), b.epochOf(b.Note(company, "b apart"))
	if x == y {
		t.Fatal("one key")
	}
	Exchange(a, b)
	if a.Company() != b.Company() || a.Rows("note") != 2 {
		t.Fatalf("a reads\n%sb reads\n%s", a.Company(), b.Company())
	}
	third := a.epochOf(a.Note(company, "together"))
	if third == x || third == y {
		t.Fatal("both keys are held by somebody who was removed, and one is written under")
	}
	var parents []byte
	if err := a.DB.Read().QueryRow(`SELECT parents FROM announce WHERE ref = ?`, third[:]).Scan(&parents); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(parents, x[:]) || !bytes.Contains(parents, y[:]) || len(parents) != 16 {
		t.Fatalf("the next key follows %x, not both %x and %x", parents, x, y)
	}
	Exchange(a, b)
	if b.epochOf(b.Note(company, "b goes on")) != third {
		t.Fatal("b makes a fourth key")
	}
	for _, gone := range []*Member{c, d} {
		a.Leak(gone)
		b.Leak(gone)
		if gone.Count(`SELECT count(*) FROM note WHERE text IN ('together', 'b goes on')`) != 0 {
			t.Fatalf("%s reads on", gone.Name)
		}
	}
	e := a.Join("e")
	Exchange(a, b, e)
	if e.Company() != a.Company() || e.Rows("note") != 4 {
		t.Fatalf("a newcomer reads\n%s", e.Company())
	}
}

// K8: a key is made by somebody who does not know a member yet. Whoever notices gives it to them.
func TestMissingBoxesAreHealed(t *testing.T) {
	a := Found(t, "a")
	b, c := a.Join("b"), a.Join("c")
	a.Grant(b, authority.Admin)
	Exchange(a, b, c)
	company := a.R.CompanyScope()
	d := a.Join("d") // b and c have not heard of it
	b.Remove(c, authority.Removed)
	o := b.Note(company, "under a key that d lacks")
	Exchange(a, b, d)
	if d.Rows("note") != 0 || a.Rows("note") != 1 {
		t.Fatal("d has the key already: the test means nothing")
	}
	a.Heal()
	Exchange(a, b, d)
	if d.Company() != a.Company() || d.Rows("note") != 1 {
		t.Fatalf("d reads\n%s", d.Company())
	}
	if !d.canOpen(b.stored(o)) {
		t.Fatal("no key on d's disk")
	}
	ops := a.Count(`SELECT count(*) FROM op`)
	for _, m := range []*Member{a, b, d} {
		m.Heal()
	}
	Exchange(a, b, d)
	for _, m := range []*Member{a, b, d} {
		m.Heal()
	}
	if n := a.Count(`SELECT count(*) FROM op`) - ops; n > 2 {
		t.Fatalf("%d more ops for what was healed", n)
	}
}

// K4: the root of every reader is a recipient: recovery words open what the devices could.
func TestRootOpensEverything(t *testing.T) {
	a := Found(t, "a")
	b, c := a.Join("b"), a.Join("c")
	Exchange(a, b, c)
	group := a.Group(b)
	Exchange(a, b, c)
	a.Remove(c, authority.Removed)
	secret := a.Note(group, "in the group")
	news := a.Note(a.R.CompanyScope(), "to all")
	a.Copy(b)
	lost := *b.ID
	dev, err := keys.NewDevice(zeroes{})
	if err != nil {
		t.Fatal(err)
	}
	lost.Device = dev
	fresh := newMember(t, "fresh", &lost, a.genesis)
	fresh.Open()
	a.Leak(fresh)
	for _, o := range []replica.Op{secret, news} {
		if !fresh.canOpen(a.stored(o)) {
			t.Fatal("the root does not open it")
		}
	}
}

// zeroes is a source of what is not random.
type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// K6, S10: a conversation in which somebody is removed goes on for the others, under a new key, without a pause.
func TestRotationInConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b, c := a.Join("b"), a.Join("c")
		Exchange(a, b, c)
		l := Connect(a, b)
		defer l.Stop()
		Eventually(t, "in sync", func() bool { return InSync(a, b) })
		a.Remove(c, authority.Removed)
		a.Note(a.R.CompanyScope(), "next")
		Eventually(t, "b reads it", func() bool { return b.Rows("note") == 1 })
		if _, err := c.TryNote(c.R.CompanyScope(), "c has not heard"); errors.Is(err, replica.ErrRemoved) {
			t.Fatal(err)
		}
	})
}

// S12, K3, K9: a newcomer to a scope with a long history of keys can write there as soon as the keys came ahead of the feeds,
// and makes no key of its own.
func TestKeysAheadOfTheFeedsAreEnoughToWrite(t *testing.T) {
	ctx := context.Background()
	a := Found(t, "a")
	b, c := a.Join("b"), a.Join("c")
	Exchange(a, b, c)
	group := a.Group(b)
	a.Note(group, "old")
	for range 70 {
		if err := a.R.Rotate(ctx, group); err != nil {
			t.Fatal(err)
		}
	}
	for range 10 {
		if err := a.R.Rotate(ctx, a.R.CompanyScope()); err != nil {
			t.Fatal(err)
		}
	}
	d := a.Join("d")
	a.CopyControl(d)
	raws, err := a.R.KeysFor(d.Device(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.R.LearnKeys(ctx, raws); err != nil {
		t.Fatal(err)
	}
	company := a.R.CompanyScope()
	if d.epochOf(d.Note(company, "at once")) != a.epochOf(a.Note(company, "x")) {
		t.Fatal("d writes under another key")
	}
	if err := a.R.AddMembers(ctx, group, []op.UserID{d.user()}); err != nil {
		t.Fatal(err)
	}
	a.CopyControl(d)
	Exchange(a, b, d)
	if d.Dump(group) != a.Dump(group) || d.Dump(group) == "" {
		t.Fatalf("d reads\n%s", d.Dump(group))
	}
}

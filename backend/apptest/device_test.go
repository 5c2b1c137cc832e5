package apptest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/replica"
	"tongzhou/sync/session"
)

// A7, K4, R2: a linked device reads everything that its person could, in every scope, writes as that person, and shares a
// scope with the other device that nobody else sees.
func TestLinkedDevice(t *testing.T) {
	ctx := context.Background()
	a := Found(t, "a")
	b, c := a.Join("b"), a.Join("c")
	Exchange(a, b, c)
	company := a.R.CompanyScope()
	late, err := a.R.CreateGroupWith(ctx, nil, authority.FromJoining, nil)
	if err != nil {
		t.Fatal(err)
	}
	group := b.Group(a)
	Exchange(a, b, c)
	a.Note(company, "old")
	a.Remove(c, authority.Removed)
	b.Note(group, "old in the group")
	a.Note(late, "old where newcomers do not read it")
	Exchange(a, b)
	two := a.OtherDevice("a2", false)
	a.Link(two)
	Exchange(a, b, two)
	for _, s := range []op.ScopeID{company, group, late} {
		if two.Dump(s) != a.Dump(s) || two.Dump(s) == "" {
			t.Fatalf("the linked device sees\n%sinstead of\n%s", two.Dump(s), a.Dump(s))
		}
	}
	two.Note(company, "from the second")
	two.Note(group, "from the second")
	Exchange(a, b, two)
	if !has(b, company, "from the second") || !has(b, group, "from the second") {
		t.Fatal("b does not take the second device for a")
	}
	a.Note(a.R.SelfScope(), "to myself")
	Exchange(a, b, two)
	if !has(two, two.R.SelfScope(), "to myself") || b.R.Feeds().Sum(a.Tag(a.R.SelfScope())) != b.R.Feeds().Sum(op.ScopeTag{}) {
		t.Fatal("the scope of one's own devices is not what it should be")
	}
	agree(t, company, a, b, two)
}

// A7, K6, R17, R18: a device that is signed out does not read the next message, of its own person either, and refuses to
// write. What others had of it stays.
func TestSignedOutDevice(t *testing.T) {
	ctx := context.Background()
	a := Found(t, "a")
	b := a.Join("b")
	two := a.OtherDevice("a2", false)
	a.Link(two)
	Exchange(a, b, two)
	company := a.R.CompanyScope()
	group := b.Group(a)
	a.Note(a.R.SelfScope(), "to myself")
	Exchange(a, b, two)
	two.Note(company, "kept")
	Exchange(a, b, two)
	two.Note(company, "lost")
	if err := two.R.RevokeDevice(ctx, a.Device(), authority.Removed, nil); !errors.Is(err, replica.ErrDenied) {
		t.Fatalf("the junior device signs the senior one out: %v", err)
	}
	if err := a.R.RevokeDevice(ctx, two.Device(), authority.Compromised, nil); err != nil {
		t.Fatal(err)
	}
	Exchange(a, b)
	for what, s := range map[string]func() bool{
		"company": func() bool { return opened(a, two, company) },
		"own":     func() bool { return opened(a, two, a.R.SelfScope()) },
		"group":   func() bool { return opened(b, two, group) },
	} {
		if s() {
			t.Errorf("%s: the device reads on", what)
		}
	}
	two.Leak(b)
	Exchange(a, b)
	if !has(b, company, "kept") || has(b, company, "lost") {
		t.Fatalf("b sees\n%s", b.Dump(company))
	}
	if st := two.R.Standing(); st != authority.StandingRemoved {
		t.Fatalf("the device takes itself for %s", st)
	}
	if _, err := two.TryNote(company, "late"); !errors.Is(err, replica.ErrRemoved) {
		t.Fatalf("the device writes on: %v", err)
	}
	if a.R.Authority().Role(a.user()) != authority.Owner {
		t.Fatal("the person lost something")
	}
	agree(t, company, a, b)
}

// opened tells whether the device that was signed out can open what m writes now, once it has every byte of it.
func opened(m, out *Member, scope op.ScopeID) bool {
	s := m.stored(m.Note(scope, "next"))
	m.Leak(out)
	return out.canOpen(s)
}

// A7, K4: who has lost every device writes a new one into the team with the recovery words alone, reads everything that the
// lost one could, and signs that one out.
func TestRecoveredDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		a := Found(t, "a")
		b, c := a.Join("b"), a.Join("c")
		Exchange(a, b, c)
		company := a.R.CompanyScope()
		group := a.Group(b)
		a.Note(group, "old in the group")
		b.Note(company, "old")
		Exchange(a, b, c)
		a.Remove(c, authority.Removed)
		a.Note(company, "newer")
		Exchange(a, b)
		blank := b.OtherDevice("blank", false)
		a.CopyControl(blank)
		if err := blank.R.RecoverDevice(ctx); !errors.Is(err, keys.ErrNoRoot) {
			t.Fatalf("without the words: %v", err)
		}
		fresh := b.OtherDevice("b2", true)
		a.CopyControl(fresh)
		if err := fresh.R.RecoverDevice(ctx); err != nil {
			t.Fatal(err)
		}
		if err := fresh.R.RecoverDevice(ctx); err != nil {
			t.Fatalf("again: %v", err)
		}
		fresh.CopyControl(a)
		l := Connect(a, fresh)
		Eventually(t, "all is there", func() bool {
			return InSync(a, fresh) && fresh.Dump(company) == a.Dump(company) && fresh.Dump(group) == a.Dump(group)
		})
		if fresh.Rows("note") != 3 {
			t.Fatalf("the new device sees\n%s", fresh.Company())
		}
		fresh.Note(group, "back")
		Eventually(t, "a reads it", func() bool { return has(a, group, "back") })
		if err := fresh.R.RevokeDevice(ctx, b.Device(), authority.Compromised, &fresh.ID.Root); err != nil {
			t.Fatal(err)
		}
		Eventually(t, "a knows", func() bool { return a.R.Former(b.Device()) })
		l.Stop()
		b.Now = fresh.Now
		l = Connect(a, b)
		Eventually(t, "the lost device is told", func() bool { return len(b.Ends()) > 0 })
		if err := b.Ends()[0]; !errors.Is(err, session.ErrGone) {
			t.Fatal(err)
		}
		l.Stop()
	})
}

package apptest

import (
	"context"
	"errors"
	"testing"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
	"tongzhou/sync/replica"
)

// A1, K3, K6, R25: the scope of a department follows from the organisation: who is placed in it or below it and its heads
// read it, nobody founds it, others do not read it. Who is placed elsewhere does not read the next message, and what they
// wrote stays.
func TestDepartmentScope(t *testing.T) {
	ctx := context.Background()
	a := Found(t, "a")
	b, c, d := a.Join("b"), a.Join("c"), a.Join("d")
	sales, north := []byte("sales"), []byte("north")
	org := []replica.Submission{
		{Control: true, Type: authority.TypeDept, Payload: authority.OrgDept{Dept: sales}},
		{Control: true, Type: authority.TypeDept, Payload: authority.OrgDept{Dept: north, Parent: sales}},
		{Control: true, Type: authority.TypePlace, Payload: authority.OrgPlace{User: b.user(), Dept: north}},
		{Scope: a.R.CompanyScope(), Type: TypeNote, Payload: textPayload{"the name of a department, say"}},
	}
	if _, err := a.R.Submit(ctx, org, nil); err != nil {
		t.Fatal(err)
	}
	if err := a.R.GrantRole(ctx, d.user(), authority.Head, sales); err != nil {
		t.Fatal(err)
	}
	Exchange(a, b, c, d)
	scope := b.R.DeptScope(sales)
	b.Note(scope, "by b")
	Exchange(a, b, c, d)
	d.Note(scope, "by the head")
	Exchange(a, b, c, d)
	if b.Dump(scope) != d.Dump(scope) || !has(b, scope, "by the head") {
		t.Fatalf("b sees\n%sd sees\n%s", b.Dump(scope), d.Dump(scope))
	}
	if _, err := c.TryNote(scope, "no"); !errors.Is(err, replica.ErrDenied) || c.R.Reads(c.Device(), c.Tag(scope)) {
		t.Fatalf("c is let in: %v", err)
	}
	if info, ok := d.R.Scope(scope); !ok || info.Kind != replica.ScopeDepartment || len(info.Members) != 2 {
		t.Fatalf("members %v", info.Members)
	}
	if err := b.R.SetDept(ctx, authority.OrgDept{Dept: []byte("mine")}); !errors.Is(err, replica.ErrDenied) {
		t.Fatalf("a member founds a department: %v", err)
	}
	if err := a.R.Place(ctx, c.user(), sales); err != nil {
		t.Fatal(err)
	}
	if err := a.R.Place(ctx, b.user(), nil); err != nil {
		t.Fatal(err)
	}
	Exchange(a, b, c, d)
	next := d.stored(d.Note(scope, "next"))
	Exchange(a, b, c, d)
	d.Leak(b)
	if b.canOpen(next) || !has(c, scope, "next") || !has(c, scope, "by b") {
		t.Fatalf("b opens the next message, or c sees only\n%s", c.Dump(scope))
	}
	if _, err := b.TryNote(scope, "still"); !errors.Is(err, replica.ErrDenied) {
		t.Fatalf("b writes on: %v", err)
	}
	agree(t, scope, c, d)
}

// P1, P5, P9: what a head wrote about people of the department counts while the head oversees them, however the organisation
// changes, and as far as the cut of a head who was removed.
func TestHeadsAreJudgedByTheOrganisation(t *testing.T) {
	ctx := context.Background()
	sales, north, shop := []byte("sales"), []byte("north"), []byte("shop")
	for name, c := range map[string]struct {
		change func(a, head, b *Member) error
		counts bool
	}{
		"another person's place": {func(a, head, _ *Member) error { return a.R.Place(ctx, head.user(), shop) }, true},
		"the person moves":       {func(a, _, b *Member) error { return a.R.Place(ctx, b.user(), shop) }, false},
		"the department moves": {func(a, _, _ *Member) error {
			return a.R.SetDept(ctx, authority.OrgDept{Dept: north, Parent: shop})
		}, false},
		"the department is merged": {func(a, _, _ *Member) error {
			return a.R.SetDept(ctx, authority.OrgDept{Dept: north, Gone: true, Into: shop})
		}, false},
		"head of another department, too": {func(a, head, _ *Member) error {
			return a.R.GrantRole(ctx, head.user(), authority.Head, shop)
		}, true},
		"no head any more": {func(a, head, _ *Member) error {
			return a.R.GrantRole(ctx, head.user(), authority.Member, nil)
		}, false},
		"the head is removed": {func(a, head, _ *Member) error {
			return a.R.Remove(ctx, head.user(), authority.Removed)
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			a := Found(t, "a")
			b, head := a.Join("b"), a.Join("head")
			for _, d := range []authority.OrgDept{{Dept: sales}, {Dept: shop}, {Dept: north, Parent: sales}} {
				if err := a.R.SetDept(ctx, d); err != nil {
					t.Fatal(err)
				}
			}
			if err := errors.Join(a.R.Place(ctx, b.user(), north), a.R.GrantRole(ctx, head.user(), authority.Head, sales)); err != nil {
				t.Fatal(err)
			}
			Exchange(a, b, head)
			company, id := a.R.CompanyScope(), b.user()
			s := replica.Submission{Scope: company, Type: TypeTitleHead, Entity: id[:], Payload: textPayload{"by the head"}}
			if _, err := head.R.Submit(ctx, []replica.Submission{s}, nil); err != nil {
				t.Fatal(err)
			}
			Exchange(a, b, head)
			if a.Rows("title") != 1 {
				t.Fatal("the head has no say")
			}
			if err := c.change(a, head, b); err != nil {
				t.Fatal(err)
			}
			Exchange(a, b)
			if counts := b.Rows("title") == 1; counts != c.counts {
				t.Errorf("counts: %v", counts)
			}
			agree(t, company, a, b)
		})
	}
}

// A refused op about the organisation takes the content that was submitted with it along.
// L4.
func TestOrganisationAndContentTogether(t *testing.T) {
	a := Found(t, "a")
	b := a.Join("b")
	Exchange(a, b)
	ops := b.Count(`SELECT count(*) FROM op`)
	_, err := b.R.Submit(context.Background(), []replica.Submission{
		{Scope: b.R.CompanyScope(), Type: TypeNote, Payload: textPayload{"a name"}},
		{Control: true, Type: authority.TypeDept, Payload: authority.OrgDept{Dept: []byte("x")}},
	}, nil)
	if !errors.Is(err, replica.ErrDenied) || b.Count(`SELECT count(*) FROM op`) != ops || b.Rows("note") != 0 {
		t.Fatalf("%v; %d ops after %d", err, b.Count(`SELECT count(*) FROM op`), ops)
	}
}

// R143: house rules are control ops; the last one counts everywhere, and only owners and admins may set them.
func TestHouseRule(t *testing.T) {
	ctx := context.Background()
	a := Found(t, "a")
	b := a.Join("b")
	Exchange(a, b)
	if err := a.R.SetRule(ctx, "chat.recall_minutes", 5); err != nil {
		t.Fatal(err)
	}
	a.CopyControl(b)
	got, ok := b.R.Authority().Rule("chat.recall_minutes")
	var n int
	if !ok || op.Unmarshal(got.Value, &n) != nil || n != 5 || got.By != a.user() {
		t.Fatalf("b has %v", got)
	}
	if err := b.R.SetRule(ctx, "chat.recall_minutes", 9); !errors.Is(err, replica.ErrDenied) {
		t.Fatalf("a member sets a rule: %v", err)
	}
}

// J5: a cancelled invitation admits nobody.
func TestCancelledInvitation(t *testing.T) {
	ctx := context.Background()
	a := Found(t, "a")
	b := a.Join("b")
	Exchange(a, b)
	invite, key := a.Invite()
	a.CopyControl(b)
	if err := b.R.CancelInvite(ctx, invite); !errors.Is(err, replica.ErrDenied) {
		t.Fatalf("a member cancels somebody else's invitation: %v", err)
	}
	n := a.Newcomer("n")
	a.Welcome(n)
	if err := a.R.CancelInvite(ctx, invite); err != nil {
		t.Fatal(err)
	}
	if err := n.R.Admit(ctx, invite, key); err != nil {
		t.Fatal(err) // it has not heard
	}
	n.CopyControl(a)
	if a.R.Authority().Role(n.user()) != authority.None {
		t.Fatal("the newcomer is in")
	}
}

// Keys, boxes and announcements that an older program did not keep are read from the log at the next start.
// K3.
func TestDatabaseOfAnOlderProgram(t *testing.T) {
	a := Found(t, "a")
	b := a.Join("b")
	Exchange(a, b)
	company := a.R.CompanyScope()
	first := a.epochOf(a.Note(company, "1"))
	for _, q := range []string{`DELETE FROM announce`, `DELETE FROM epoch_box`} {
		if err := a.DB.Write(context.Background(), func(tx replica.Tx) error { _, err := tx.Exec(q); return err }); err != nil {
			t.Fatal(err)
		}
	}
	a.Reopen()
	if a.epochOf(a.Note(company, "2")) != first {
		t.Fatal("another key for no reason")
	}
	a.Remove(b, authority.Removed)
	if a.epochOf(a.Note(company, "3")) == first {
		t.Fatal("who holds the key is not known")
	}
}

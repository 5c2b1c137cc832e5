package apptest

import (
	"context"
	"strings"
	"testing"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
)

// K9: in a group where newcomers read from their joining on, they get no earlier key, know the members all the same, and read
// what follows.
func TestHistoryFromJoiningOn(t *testing.T) {
	ctx := context.Background()
	a := Found(t, "a")
	b, c := a.Join("b"), a.Join("c")
	Exchange(a, b, c)
	g, err := a.R.CreateGroupWith(ctx, []op.UserID{b.user()}, authority.FromJoining, nil)
	if err != nil {
		t.Fatal(err)
	}
	early := a.Note(g, "early")
	a.Copy(b)
	b.Note(g, "early by b")
	b.Copy(a)
	if err := a.R.AddMembers(ctx, g, []op.UserID{c.user()}); err != nil {
		t.Fatal(err)
	}
	a.Note(g, "late")
	Exchange(a, b, c)
	b.Note(g, "late by b")
	Exchange(a, b, c)
	for _, m := range []*Member{a, b, c} {
		m.Heal()
	}
	Exchange(a, b, c)
	if info, ok := c.R.Scope(g); !ok || len(info.Members) != 3 {
		t.Fatalf("c knows %v", info.Members)
	}
	if got := c.Dump(g); strings.Contains(got, "early") || !strings.Contains(got, "late by b") || c.Rows("note") != 2 {
		t.Fatalf("c reads\n%s", got)
	}
	if c.canOpen(a.stored(early)) {
		t.Fatal("c has a key of before")
	}
	c.Note(g, "by c")
	if err := a.R.RemoveMembers(ctx, g, []op.UserID{b.user()}); err != nil {
		t.Fatal(err)
	}
	last := a.Note(g, "without b")
	Exchange(a, b, c)
	a.Leak(b)
	if b.canOpen(a.stored(last)) || !c.canOpen(a.stored(last)) {
		t.Fatal("the key after b's removal is in the wrong hands")
	}
	if a.Count(`SELECT count(*) FROM note`) != 6 || c.Count(`SELECT count(*) FROM note`) != 4 {
		t.Fatalf("a reads\n%sc reads\n%s", a.Dump(g), c.Dump(g))
	}
}

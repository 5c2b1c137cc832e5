package apptest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
	"tongzhou/sync/replica"
)

// P8: both people begin their one-to-one chat at once, apart. It is one scope, and both read everything in it, also what was
// written under the key that the other made.
func TestDirectChatFoundedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b, c := a.Join("b"), a.Join("c")
		Exchange(a, b, c)
		ctx := context.Background()
		x, err := a.R.EnsureDirect(ctx, b.ID.Root.ID)
		if err != nil {
			t.Fatal(err)
		}
		y, err := b.R.EnsureDirect(ctx, a.ID.Root.ID)
		if err != nil {
			t.Fatal(err)
		}
		if x != y {
			t.Fatal("two scopes")
		}
		a.Note(x, "a writes first")
		b.Note(x, "b writes first")
		l := Connect(a, b)
		Eventually(t, "both read both", func() bool { return a.Dump(x) == b.Dump(x) && a.Rows("note") == 2 })
		a.Note(x, "a goes on")
		b.Note(x, "b goes on")
		Eventually(t, "and go on", func() bool { return a.Dump(x) == b.Dump(x) && a.Rows("note") == 4 })
		l.Stop()
		for _, m := range []*Member{a, b} {
			info, ok := m.R.Scope(x)
			if !ok || info.Kind != replica.ScopeDirect || len(info.Members) != 2 {
				t.Fatalf("%s: %v", m.Name, info)
			}
			if n := m.Count(`SELECT count(DISTINCT substr(data, 81, 8)) FROM op JOIN feed ON feed.no = op.id >> 40 WHERE feed.tag = ? AND substr(data, 2, 1) = x'01'`, tagBytes(m.Tag(x))); n != 2 {
				t.Fatalf("%s: content under %d keys", m.Name, n) // the test means nothing unless both keys were used
			}
		}
		Exchange(a, b, c)
		if _, known := c.R.Scope(x); known || c.Dump(x) != "" {
			t.Fatal("a third person knows of it")
		}
		if again, err := a.R.EnsureDirect(ctx, b.ID.Root.ID); err != nil || again != x {
			t.Fatal("ensured twice, two scopes", err)
		}
		if _, err := a.R.EnsureDirect(ctx, a.ID.Root.ID); !errors.Is(err, replica.ErrInvalid) {
			t.Fatalf("a chat with oneself: %v", err)
		}
	})
}

func tagBytes(t op.ScopeTag) []byte { return t[:] }

// P8: whoever is added to a group reads what was written before, by everybody. Only owner and admins of the group may add, and
// only people of the team.
func TestAddedMembersReadHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b, c := a.Join("b"), a.Join("c")
		Exchange(a, b, c)
		ctx := context.Background()
		g := a.Group(b)
		a.Note(g, "by a")
		a.Copy(b)
		b.Note(g, "by b")
		b.Copy(a)
		if err := b.R.AddMembers(ctx, g, []op.UserID{c.ID.Root.ID}); !errors.Is(err, replica.ErrDenied) {
			t.Fatalf("a plain member added: %v", err)
		}
		if err := a.R.AddMembers(ctx, g, []op.UserID{{9}}); !errors.Is(err, replica.ErrInvalid) {
			t.Fatalf("somebody unknown was added: %v", err)
		}
		l := Connect(a, c)
		Eventually(t, "in sync", func() bool { return InSync(a, c) })
		if err := a.R.AddMembers(ctx, g, []op.UserID{c.ID.Root.ID}); err != nil {
			t.Fatal(err)
		}
		Eventually(t, "c reads all of it, though b never meets c", func() bool { return c.Dump(g) == a.Dump(g) && c.Rows("note") == 2 })
		l.Stop()
		c.Note(g, "by c")
		Exchange(a, b, c)
		for _, m := range []*Member{a, b, c} {
			info, _ := m.R.Scope(g)
			if info.Members[c.ID.Root.ID] != authority.Member || m.Dump(g) != a.Dump(g) || m.Rows("note") != 3 {
				t.Fatalf("%s: %v\n%s", m.Name, info.Members, m.Dump(g))
			}
		}
	})
}

// P8, L4: a group is founded whole or not at all.
func TestGroupIsFoundedWhole(t *testing.T) {
	a := Found(t, "a")
	scopes, ops := a.Count(`SELECT count(*) FROM scope`), a.Count(`SELECT count(*) FROM op`)
	_, err := a.R.CreateGroup(context.Background(), nil, []replica.Submission{{Type: "no such type", Payload: 1}})
	if !errors.Is(err, replica.ErrInvalid) {
		t.Fatal(err)
	}
	if len(a.R.Scopes(replica.ScopeGroup)) != 0 || a.Count(`SELECT count(*) FROM scope`) != scopes || a.Count(`SELECT count(*) FROM op`) != ops {
		t.Fatal("something is left of it")
	}
}

package apptest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
)

// company is a team in which random things happen.
type company struct {
	t       *rapid.T
	clock   atomic.Int64 // ms since 1970
	members []*Member
	groups  []op.ScopeID
	notes   int
}

func newCompany(t *rapid.T) *company {
	c := &company{t: t}
	c.clock.Store(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC).UnixMilli())
	boss := FoundAt(t, "a", c.now(0))
	c.members = []*Member{boss, boss.Join("b"), boss.Join("c")}
	for i, m := range c.members[1:] {
		// Clocks differ: one is behind, one so far ahead that its ops are held by the others.
		m.Now = c.now([]time.Duration{-time.Hour, 8 * time.Minute}[i])
		m.Reopen()
	}
	return c
}

func (c *company) now(off time.Duration) func() time.Time {
	return func() time.Time { return time.UnixMilli(c.clock.Load()).Add(off) }
}

// choose draws an index, which reads better in the log of a failure than what is chosen.
func choose[E any](t *rapid.T, label string, from []E) E {
	return from[rapid.IntRange(0, len(from)-1).Draw(t, label)]
}

func (c *company) pick(label string) *Member { return choose(c.t, label, c.members) }

// where is a scope that m is a member of, as far as m knows.
func (c *company) where(m *Member) op.ScopeID {
	scopes := []op.ScopeID{m.R.CompanyScope(), m.R.CompanyScope()}
	for _, s := range c.groups {
		if info, ok := m.R.Scope(s); ok && info.Members[m.ID.Root.ID] != authority.Role(0) || ok && info.Creator == m.ID.Root.ID {
			scopes = append(scopes, s)
		}
	}
	return choose(c.t, "where", scopes)
}

// expected are the refusals that a random act may meet.
func (c *company) expected(err error) {
	if err == nil {
		return
	}
	for _, e := range []error{replica.ErrDenied, replica.ErrNoScope, replica.ErrNoKey, replica.ErrInvalid, oplog.ErrFull} {
		if errors.Is(err, e) {
			return
		}
	}
	c.t.Fatal(err)
}

func (c *company) actions() map[string]func(*rapid.T) {
	ctx := context.Background()
	entity := rapid.SampledFrom([]string{"x", "y", "z"})
	text := func() string { c.notes++; return fmt.Sprint(c.notes) }
	return map[string]func(*rapid.T){
		"note": func(*rapid.T) {
			m := c.pick("who")
			_, err := m.TryNote(c.where(m), text())
			c.expected(err)
		},
		"newer note": func(*rapid.T) {
			m := c.pick("who")
			if !m.Newer {
				return
			}
			_, err := m.submit(replica.Submission{Scope: c.where(m), Type: TypeNoteNext, Payload: textPayload{text()}})
			c.expected(err)
		},
		"title": func(t *rapid.T) {
			m := c.pick("who")
			c.expected(m.TryTitle(rapid.SampledFrom([]string{TypeTitle, TypeTitleBoss}).Draw(t, "type"), c.where(m), entity.Draw(t, "entity"), text()))
		},
		"mark": func(t *rapid.T) {
			m := c.pick("who")
			c.expected(m.R.SetRegister(ctx, c.where(m), "mark", rapid.Int64Range(0, 99).Draw(t, "n")))
		},
		"grant": func(t *rapid.T) {
			role := rapid.SampledFrom([]authority.Role{authority.Owner, authority.Admin, authority.Member, authority.Guest}).Draw(t, "role")
			c.expected(c.pick("who").R.GrantRole(ctx, c.pick("whom").ID.Root.ID, role, nil))
		},
		"department": func(t *rapid.T) {
			d := authority.OrgDept{Dept: choose(t, "department", depts), Parent: choose(t, "parent", depts)}
			if d.Gone = rapid.IntRange(0, 4).Draw(t, "ends") == 0; d.Gone {
				d.Parent, d.Into = nil, choose(t, "into", depts)
			}
			c.expected(c.pick("who").R.SetDept(ctx, d))
		},
		"place": func(t *rapid.T) {
			c.expected(c.pick("who").R.Place(ctx, c.pick("whom").user(), choose(t, "department", depts)))
		},
		"head": func(t *rapid.T) {
			role := rapid.SampledFrom([]authority.Role{authority.Head, authority.DeptAdmin}).Draw(t, "role")
			c.expected(c.pick("who").R.GrantRole(ctx, c.pick("whom").user(), role, choose(t, "department", depts)))
		},
		"by the head": func(*rapid.T) {
			m, of := c.pick("who"), c.pick("of").user()
			_, err := m.R.Submit(ctx, []replica.Submission{{Scope: m.R.CompanyScope(), Type: TypeTitleHead, Entity: of[:], Payload: textPayload{"head"}}}, nil)
			c.expected(err)
		},
		"group": func(*rapid.T) {
			if len(c.groups) < 3 {
				m := c.pick("who")
				id, err := m.R.CreateGroup(ctx, []op.UserID{c.pick("with").ID.Root.ID}, nil)
				c.expected(err)
				c.groups = append(c.groups, id)
			}
		},
		"add": func(t *rapid.T) {
			if len(c.groups) > 0 {
				g := choose(t, "group", c.groups)
				c.expected(c.pick("who").R.AddMembers(ctx, g, []op.UserID{c.pick("whom").ID.Root.ID}))
			}
		},
		"join": func(t *rapid.T) {
			if len(c.members) < 5 && rapid.Bool().Draw(t, "really") {
				c.members = append(c.members, c.members[0].Join(string(rune('a'+len(c.members)))))
			}
		},
		"wait": func(t *rapid.T) { c.clock.Add(rapid.Int64Range(1, 600_000).Draw(t, "ms")) },
		"judge": func(*rapid.T) {
			if err := c.pick("who").R.JudgeHeld(ctx); err != nil {
				c.t.Fatal(err)
			}
		},
		"restart": func(*rapid.T) { c.pick("who").Reopen() },
		"crash":   func(*rapid.T) { c.pick("who").Crash() },
		"remove": func(t *rapid.T) {
			mode := rapid.SampledFrom([]authority.Mode{authority.Removed, authority.Compromised, authority.Frozen}).Draw(t, "mode")
			c.expected(c.pick("who").R.Remove(ctx, c.pick("whom").user(), mode))
		},
		"unfreeze": func(*rapid.T) { c.expected(c.pick("who").R.Unfreeze(ctx, c.pick("whom").user())) },
		"leave": func(t *rapid.T) {
			if m := c.pick("who"); m != c.members[0] && rapid.IntRange(0, 3).Draw(t, "really") == 0 {
				c.expected(m.R.Leave(ctx))
			}
		},
		"out of the group": func(t *rapid.T) {
			if len(c.groups) > 0 {
				g := choose(t, "group", c.groups)
				c.expected(c.pick("who").R.RemoveMembers(ctx, g, []op.UserID{c.pick("whom").user()}))
			}
		},
		"leave the group": func(t *rapid.T) {
			if len(c.groups) > 0 {
				c.expected(c.pick("who").R.LeaveScope(ctx, choose(t, "group", c.groups)))
			}
		},
		"role in the group": func(t *rapid.T) {
			if len(c.groups) > 0 {
				role := rapid.SampledFrom([]authority.Role{authority.Owner, authority.Admin, authority.Member}).Draw(t, "role")
				c.expected(c.pick("who").R.GrantScopeRole(ctx, choose(t, "group", c.groups), c.pick("whom").user(), role))
			}
		},
		"device": func(t *rapid.T) {
			if m := c.pick("who"); len(c.members) < 6 && !m.R.Gone() && rapid.Bool().Draw(t, "really") {
				n := m.OtherDevice(m.Name+string(rune('0'+len(c.members))), true)
				if err := m.TryLink(n); err != nil {
					c.expected(err)
					return
				}
				c.members = append(c.members, n)
			}
		},
		"sign out": func(*rapid.T) {
			m, which := c.pick("who"), c.pick("which")
			if which != c.members[0] { // who lets people in
				c.expected(m.R.RevokeDevice(ctx, which.Device(), authority.Removed, &m.ID.Root))
			}
		},
		"a month": func(t *rapid.T) {
			if rapid.IntRange(0, 5).Draw(t, "really") == 0 {
				c.clock.Add(replica.RotateAfter.Milliseconds())
			}
		},
		"heal":      func(*rapid.T) { c.pick("who").Heal() },
		"cuts":      func(*rapid.T) { c.expected(c.pick("who").R.TellCuts(ctx)) },
		"deliver":   c.deliver,
		"deliver2":  c.deliver,
		"deliver3":  c.deliver,
		"ahead":     c.ahead,
		"registers": c.registers,
	}
}

// deliver hands over any stretch of any feed: in order or not, whole or in part, again or with a hole before it.
func (c *company) deliver(t *rapid.T) {
	from, to := c.pick("from"), c.pick("to")
	feeds := from.R.Feeds().Feeds()
	if from == to || len(feeds) == 0 {
		return
	}
	f := choose(t, "feed", sortFeeds(feeds))
	if f.Len == 0 {
		return
	}
	have := to.R.Feeds().Feed(f.FeedKey).Len
	first := min(f.Len, 1+rapid.Uint64Range(have-min(have, 2), have+1).Draw(t, "after"))
	last := rapid.Uint64Range(first, f.Len).Draw(t, "to seq")
	err := to.Take(from.Frame(&f, first, last))
	if err != nil && !errors.Is(err, oplog.ErrGap) && !errors.Is(err, replica.ErrStranger) {
		c.t.Fatal(err)
	}
}

// ahead hands over a stretch of a feed of which the one who gets it lacks what is before.
func (c *company) ahead(t *rapid.T) {
	from, to := c.pick("from"), c.pick("to")
	feeds := from.R.Feeds().Feeds()
	if from == to || len(feeds) == 0 {
		return
	}
	f := choose(t, "feed", sortFeeds(feeds))
	have := to.R.Feeds().Feed(f.FeedKey).Len
	if f.Len < have+2 {
		return
	}
	first := rapid.Uint64Range(have+2, f.Len).Draw(t, "first")
	last := rapid.Uint64Range(first, f.Len).Draw(t, "last")
	if err := to.TakeAhead(from.Frame(&f, first, last)); !errors.Is(err, oplog.ErrGap) && !errors.Is(err, replica.ErrForked) && !errors.Is(err, replica.ErrStranger) {
		t.Fatal(err)
	}
}

func (c *company) registers(t *rapid.T) {
	from, to := c.pick("from"), c.pick("to")
	regs, err := from.R.RegistersFor(to.Device(), 0)
	if err != nil {
		c.t.Fatal(err)
	}
	if len(regs) > 0 {
		n := rapid.IntRange(0, len(regs)-1).Draw(t, "n")
		to.TakeRegisters(regs[n : n+1])
	}
}

// P1, P2, P3, P4, P5, P6, P7, P9, P13, K6, K8, L3, L4, L13: whatever happens in whatever order, removals and new keys among it, is handed over in whatever pieces, twice, late or ahead, with
// restarts and crashes in between, and clocks that differ: in the end all see the same, and what they would see if they read
// it all again.
func TestReplicasConverge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newCompany(t)
		t.Repeat(c.actions())
		for _, m := range c.members {
			m.Newer = true // all get the new program in the end
			m.Reopen()
		}
		c.settle()
		for range 6 { // a device asks, another gives, what they wrote is due; what that opens may tell of more to ask for
			tellCuts(c.members...)
			for _, m := range c.members {
				m.Heal()
			}
			c.settle()
		}
		c.check()
	})
}

// readsAll tells whether m can read everything that it holds of a scope.
func (m *Member) readsAll(scope op.ScopeID) bool {
	m.T.Helper()
	return m.Count(`SELECT count(*) FROM op o JOIN feed f ON f.no = o.id >> 40 WHERE f.tag = ? AND o.status = ?`, tagBytes(m.Tag(scope)), int(oplog.NoKey)) == 0
}

// knows counts the ops that m holds of a scope, and tells whether m takes itself for a member and reads all of it.
func (m *Member) knows(scope op.ScopeID) (ops uint64, in bool) {
	m.T.Helper()
	for _, f := range m.R.Feeds().Scope(m.Tag(scope)) {
		ops += f.Len
	}
	info, _ := m.R.Scope(scope)
	_, in = info.Members[m.user()]
	return ops, in && !m.R.Gone() && m.readsAll(controlOf(m)) && m.readsAll(scope)
}

// checkScope compares those who are members of a scope, by the word of the one of them who holds most of it. Who was removed
// may be unable to read so, or to read what took a later grant back, and is not served what the others have.
func (c *company) checkScope(scope op.ScopeID) {
	c.t.Helper()
	var first *Member
	var most uint64
	for _, m := range c.members {
		if _, known := m.R.Scope(scope); !known && m.Dump(scope) != "" {
			c.t.Fatalf("%s does not know the scope and sees\n%s", m.Name, m.Dump(scope))
		}
		if n, in := m.knows(scope); in && n > most {
			first, most = m, n
		}
	}
	if first == nil {
		return // all have left
	}
	info, _ := first.R.Scope(scope)
	for _, m := range c.members {
		if _, in := info.Members[m.user()]; !in || first.R.Former(m.Device()) {
			continue // keeps what it had
		}
		n, in := m.knows(scope)
		if !in && n > most {
			return // the one who holds most of it knows that nobody is left
		}
		if !in {
			theirs, _ := m.R.Scope(scope)
			for _, x := range []*Member{first, m} {
				for _, f := range x.R.Feeds().Scope(x.Tag(scope)) {
					c.t.Logf("%s: %s/%d at %d", x.Name, f.Device, f.Incarnation, f.Len)
				}
			}
			c.t.Fatalf("%s is a member for %s and not for itself: %v, gone %v, reads all %v %v", m.Name, first.Name, theirs.Members, m.R.Gone(), m.readsAll(controlOf(m)), m.readsAll(scope))
		}
		if a, b := first.Dump(scope), m.Dump(scope); a != b {
			c.t.Fatalf("%s sees\n%s%s sees\n%s", first.Name, a, m.Name, b)
		}
		if a, b := first.R.Feeds().Sum(m.Tag(scope)), m.R.Feeds().Sum(m.Tag(scope)); a != b {
			c.t.Fatalf("%s and %s hold different ops", first.Name, m.Name)
		}
		if first.R.Authority().Digest() != m.R.Authority().Digest() {
			c.t.Fatalf("%s and %s see other rights", first.Name, m.Name)
		}
	}
}

// settle hands over everything and lets what was held come due.
func (c *company) settle() {
	c.t.Helper()
	Exchange(c.members...)
	c.clock.Add(3 * time.Hour.Milliseconds())
	for _, m := range c.members {
		if err := m.R.JudgeHeld(context.Background()); err != nil {
			c.t.Fatal(err)
		}
	}
	Exchange(c.members...)
}

func (c *company) check() {
	c.t.Helper()
	for _, scope := range append(c.groups, c.members[0].R.CompanyScope()) {
		c.checkScope(scope)
	}
	for _, m := range c.members {
		if n := m.Count(`SELECT count(*) FROM op WHERE status IN (2, 4)`); n > 0 {
			c.t.Fatalf("%s: %d ops are held or of unknown type in the end", m.Name, n)
		}
		before, status := c.all(m), m.Statuses()
		m.Rebuild()
		if after := c.all(m); before != after {
			c.t.Fatalf("%s: rebuilt\n%sinstead of\n%s", m.Name, after, before)
		}
		if after := m.Statuses(); status != after {
			c.t.Fatalf("%s: rebuilt statuses\n%sinstead of\n%s", m.Name, after, status)
		}
		m.Reopen()
		if after := c.all(m); before != after {
			c.t.Fatalf("%s: after a restart\n%sinstead of\n%s", m.Name, after, before)
		}
		if _, err := m.R.CheckChains(context.Background()); err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *company) all(m *Member) string {
	out := ""
	for _, scope := range append(c.groups, m.R.CompanyScope()) {
		out += m.Dump(scope)
	}
	return out
}

// depts are the departments that there may be.
var depts = [][]byte{[]byte("x"), []byte("y"), []byte("z")}

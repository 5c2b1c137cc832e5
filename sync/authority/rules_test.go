package authority_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
)

// Rules 1 to 5 and 8: the one pass finds what the rules say, for every op, and there is only one answer.
func TestRules1To8AgreeWithTheModel(t *testing.T) {
	seen := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		s := genHistory(t, true)
		st, m := s.state(), newModel(s.all)
		for _, o := range s.all {
			status := st.Status(o.ID)
			seen[fmt.Sprintf("%s %v %s", o.kind, status.Verdict, status.Reason)]++
			if got, want := status.Verdict == authority.Valid, m.valid(o.ID); got != want {
				t.Fatalf("%s by %s: %v %q, the model says %v", o.kind, o.by.name, status.Verdict, status.Reason, want)
			}
			held := slices.ContainsFunc(st.Grants(subjectOf(o)), func(h authority.Held) bool { return h.Op == o.ID })
			if want := m.live(o.ID); held != want {
				t.Fatalf("%s to %s is live: %v, the model says %v", o.kind, o.subject.name, held, want)
			}
		}
		if got, want := st.Roles(), m.roles(); !maps.Equal(got, want) {
			t.Fatalf("roles %v, the model says %v", got, want)
		}
	})
	for _, what := range []string{
		"grant/1 invalid device", "grant/1 invalid role", "admit/1 invalid cancelled", "device.link/1 valid ", "device.link/1 invalid known",
		"device.revoke/1 valid ", "org.dept/1 valid ",
	} {
		if seen[what] == 0 {
			t.Errorf("never exercised: %s", what)
		}
	}
	t.Logf("verdicts exercised: %v", seen)
}

func subjectOf(o *simOp) op.UserID {
	if o.subject == nil {
		return op.UserID{}
	}
	return o.subject.id()
}

// Rule 5: the answer depends on the set of ops alone, however it arrives.
func TestRule5OrderOfArrivalDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := genHistory(t, true)
		want := s.state()
		l := authority.NewLog(team, s.all[0].ID)
		for i, o := range rapid.Permutation(s.ops).Draw(t, "arrival") {
			l.Add(o, o)
			if i%7 == 0 {
				l.State() // an evaluation in between leaves nothing behind
			}
		}
		got := l.State()
		if got.Digest() != want.Digest() || !slices.Equal(got.Frontier(), want.Frontier()) {
			t.Fatal("arrival order changes the state")
		}
		for _, o := range s.all {
			if got.Status(o.ID) != want.Status(o.ID) {
				t.Fatalf("%s: %v, in order %v", o.kind, got.Status(o.ID), want.Status(o.ID))
			}
		}
	})
}

// Rule 4: an op counts only with its whole past, and a hole changes nothing else than hiding what stands on it.
func TestRule4HolesArePending(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := genHistory(t, false)
		hole := rapid.SampledFrom(s.all[1:]).Draw(t, "hole")
		m := newModel(s.all)
		var rest, closed []authority.Op
		for _, o := range s.all {
			if o == hole {
				continue
			}
			// Without forks, whoever knows an op cites it or something above it, except within a feed.
			rest = append(rest, o.Op)
			if !m.past[o.ID][hole.ID] {
				closed = append(closed, o.Op)
			}
		}
		got := authority.Eval(team, s.all[0].ID, rest)
		for _, o := range rest {
			cites := slices.Contains(o.Deps, hole.ID)
			if cites && got.Status(o.ID).Verdict != authority.Pending {
				t.Fatalf("an op with a hole in its past is %v", got.Status(o.ID))
			}
		}
		if got.Status(hole.ID).Verdict != authority.Unknown {
			t.Fatal("a missing op has a verdict")
		}
		want := authority.Eval(team, s.all[0].ID, closed)
		for _, o := range closed {
			if got.Status(o.ID).Verdict == authority.Pending {
				t.Fatal("an op with its whole past is pending")
			}
		}
		// A successor in the feed that does not cite the hole is evaluated as if the author had skipped it; only compare
		// when there is none.
		if len(rest)-len(closed) == pendingOf(got, rest) && got.Digest() != want.Digest() {
			t.Fatal("pending ops change the state")
		}
	})
}

func pendingOf(st *authority.State, ops []authority.Op) (n int) {
	for _, o := range ops {
		if st.Status(o.ID).Verdict == authority.Pending {
			n++
		}
	}
	return n
}

// Rule 4, principle: who is removed altogether by stronger authority gains nothing by writing ops that claim an earlier
// place, on any device and in any incarnation.
func TestRule4BackdatingGainsNothing(t *testing.T) {
	attacks := 0
	rapid.Check(t, func(t *rapid.T) {
		s := genHistory(t, false)
		st, m := s.state(), newModel(s.all)
		for _, r := range s.all {
			x := r.subject
			if r.kind != authority.TypeRevoke || st.Status(r.ID).Verdict != authority.Valid || x == r.by || !removesAll(m, s.all, r) {
				continue
			}
			before := st.Roles()
			// The attacker's view: everything that is not the removal or after it; other people's invitations left out,
			// because being able to use up an open one is a right of whoever has the link.
			var view []*simOp
			for _, o := range s.all {
				if o.ID != r.ID && !m.before(r.ID, o.ID) && (o.kind != authority.TypeInvite || o.by == x) {
					view = append(view, o)
				}
			}
			n := len(s.all)
			s.quiet, s.eager = true, true
			for i := range rapid.IntRange(1, 6).Draw(t, "attack") {
				l := len(s.all)
				s.act(x, m.known(view, t), uint32(100+i), rapid.IntRange(0, 2).Draw(t, "device"))
				view = append(view, s.all[l:]...)
				// An accomplice without any role uses the attacker's invitations.
				l = len(s.all)
				if sybil := people()[peopleCount-1]; i > 1 {
					s.act(sybil, view, uint32(200+i), 0)
				}
				view = append(view, s.all[l:]...)
			}
			attacks += len(s.all) - n
			if after := s.state().Roles(); !maps.Equal(before, after) {
				t.Fatalf("ops of the removed %s changed roles\n%v\n%v", x.name, before, after)
			}
			return
		}
	})
	if attacks == 0 {
		t.Fatal("no attack was tried")
	}
	t.Logf("backdated ops: %d", attacks)
}

// known draws what the attacker pretends to know: everything, or what lies in the past of one op. Those who gain something by
// an act may also gain by denying what they knew.
func (m *model) known(view []*simOp, t *rapid.T) []*simOp {
	top := rapid.SampledFrom(view).Draw(t, "top")
	if !m.knows(top) || rapid.Bool().Draw(t, "everything") {
		return view
	}
	return slices.DeleteFunc(slices.Clone(view), func(o *simOp) bool { return o != top && !m.past[top.ID][o.ID] })
}

// removesAll: the removal hits every grant of its subject, and the accomplice of the test is nobody.
func removesAll(m *model, all []*simOp, r *simOp) bool {
	any := false
	for _, g := range all {
		if !m.gives(g.ID) || !m.formed(g) {
			if g.subject == people()[peopleCount-1] {
				return false
			}
			continue
		}
		switch g.subject {
		case r.subject:
			any = true
			if !m.hits(r.ID, g.ID) {
				return false
			}
		case people()[peopleCount-1]:
			return false
		}
	}
	return any
}

// Principle: no ops of a person, forks included, change a grant that is not strictly weaker than their strongest ever.
func TestRule2NoInfluenceUpwards(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := genHistory(t, false)
		st, m := s.state(), newModel(s.all)
		u := rapid.SampledFrom(people()).Draw(t, "attacker")
		var best *rank
		for _, g := range s.all {
			if m.gives(g.ID) && g.subject == u && m.formed(g) {
				if r := m.rank(g.ID); best == nil || m.outranks(r, *best, op.ID{}) || r.class < best.class {
					best = &r
				}
			}
		}
		if best == nil {
			return
		}
		var view []*simOp // without other people's invitations, as above
		for _, o := range s.all {
			if o.kind != authority.TypeInvite || o.by == u {
				view = append(view, o)
			}
		}
		s.forks, s.quiet = true, true
		for range 6 {
			l := len(s.all)
			s.act(u, view, rapid.Uint32Range(1, 3).Draw(t, "incarnation"), rapid.IntRange(0, 1).Draw(t, "device"))
			view = append(view, s.all[l:]...)
		}
		after := s.state()
		for _, g := range s.all {
			if !m.knows(g) || !m.gives(g.ID) || g.subject == u || !m.formed(g) || m.outranks(*best, m.rank(g.ID), op.ID{}) || best.class < g.role {
				continue
			}
			was, is := holds(st, g), holds(after, g)
			if g.kind == authority.TypeAdmit && is && !was {
				continue // a fork voids the attacker's own admission and frees a place that the inviter had promised
			}
			if was != is {
				t.Fatalf("%s, at best %v, changed the grant of %v to %s", u.name, best.class, g.role, g.subject.name)
			}
		}
	})
}

// knows tells the ops of the history from those of the attack.
func (m *model) knows(o *simOp) bool { return m.ops[o.ID] != nil }

func holds(st *authority.State, g *simOp) bool {
	return slices.ContainsFunc(st.Grants(g.subject.id()), func(h authority.Held) bool { return h.Op == g.ID })
}

// Rule 6: only leaving and the council remove the founder.
func TestRule6FounderSurvives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := genHistory(t, true)
		founder := people()[0]
		for _, o := range s.all {
			if o.kind == authority.TypeLeave && o.by == founder || o.kind == authority.TypeReplaceOwner && o.of == founder {
				return
			}
		}
		if !holds(s.state(), s.all[0]) {
			t.Fatal("the founder is no owner any more")
		}
	})
}

// Rule 2: a removal beats every grant that it outranks and that does not follow it; what follows it stands.
func TestRule2RemovalWins(t *testing.T) {
	concurrent, again := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		s := genHistory(t, false)
		st, m := s.state(), newModel(s.all)
		for _, r := range s.all {
			if r.kind != authority.TypeRevoke || st.Status(r.ID).Verdict != authority.Valid {
				continue
			}
			for _, g := range s.all {
				if !m.gives(g.ID) || g.subject != r.subject || !m.formed(g) {
					continue
				}
				if m.before(r.ID, g.ID) {
					if holds(st, g) {
						again++
					}
					continue
				}
				if m.outranks(m.rank(r.proof), m.rank(g.ID), r.ID) {
					if !m.before(g.ID, r.ID) {
						concurrent++
					}
					if holds(st, g) {
						t.Fatalf("%s survives a removal that does not precede it", g.kind)
					}
				}
			}
		}
	})
	if concurrent == 0 || again == 0 {
		t.Fatalf("exercised %d concurrent pairs, %d returns", concurrent, again)
	}
	t.Logf("concurrent pairs %d, returns %d", concurrent, again)
}

// Rule 8: an invitation never admits more than it says, at most with its author's power, and only by its key.
func TestRule8OverUse(t *testing.T) {
	over := 0
	rapid.Check(t, func(t *rapid.T) {
		s := genHistory(t, false)
		st := s.state()
		for _, i := range st.Invites() {
			valid, used := 0, 0
			for _, o := range s.all {
				if o.kind != authority.TypeAdmit || o.proof != i.Op {
					continue
				}
				switch status := st.Status(o.ID); {
				case status.Verdict == authority.Valid:
					valid++
				case status.Reason == authority.ReasonUsedUp:
					used++
				}
			}
			over += used
			if valid > i.MaxUses || valid != i.Uses() || used > 0 && valid < i.MaxUses {
				t.Fatalf("%d admitted, %d refused as too many, uses %d of %d", valid, used, i.Uses(), i.MaxUses)
			}
		}
	})
	if over == 0 {
		t.Fatal("no invitation was over-used")
	}
}

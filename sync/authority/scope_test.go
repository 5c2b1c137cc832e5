package authority_test

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

var nonce = []byte("sixteen bytes ok")

// room is a private scope among the first people of a team where everybody is a member.
type room struct {
	*log
	team  *authority.State
	scope op.ScopeID
}

func newRoom(t fataler, members int) *room {
	l := newLog(t)
	genesis := l.found(people()[0])
	i := l.write(people()[0].devices[0], 1, authority.TypeInvite, authority.Invite{
		Pub: inviteKeys()[0].Pub(), Role: authority.Member, MaxUses: 20, Expires: 1 << 40, Proof: genesis.ID,
	}, genesis.ID)
	for _, p := range people()[1:members] {
		l.write(p.devices[0], 1, authority.TypeAdmit, l.admission(inviteKeys()[0], i.ID, p, 0), i.ID)
	}
	return &room{log: newLog(t), team: l.eval()}
}

func (r *room) state() *authority.ScopeState {
	return authority.EvalScope(r.team, r.scope, scopeTag, r.ops)
}

func (r *room) do(p *person, kind string, payload any) op.ID {
	r.t.Helper()
	return r.write(p.devices[0], 1, kind, payload, r.state().Frontier()...).ID
}

func (r *room) group(creator *person, members ...authority.ScopeMember) op.ID {
	n := authority.NewGroup(team, creator.id(), members, nonce)
	r.scope = n.Scope
	return r.do(creator, authority.TypeScopeNew, n)
}

func (r *room) grant(by, to *person, role authority.Role) op.ID {
	r.t.Helper()
	proof, _ := r.state().Proof(by.id(), authority.Guest)
	return r.do(by, authority.TypeScopeGrant, authority.ScopeGrant{Scope: r.scope, User: to.id(), Role: role, Proof: proof})
}

func (r *room) want(id op.ID, v authority.Verdict, reason authority.Reason) {
	r.t.Helper()
	if got := r.state().Status(id); got != (authority.Status{Verdict: v, Reason: reason}) {
		r.t.Fatalf("status %v %q, want %v %q", got.Verdict, got.Reason, v, reason)
	}
}

func (r *room) members(want map[*person]authority.Role) {
	r.t.Helper()
	byID := map[op.UserID]authority.Role{}
	for p, role := range want {
		byID[p.id()] = role
	}
	if got := r.state().Members(); !maps.Equal(got, byID) {
		r.t.Fatalf("members %v, want %v", got, byID)
	}
	for _, p := range people() {
		role, ok := want[p]
		if !ok {
			role = authority.None
		}
		if got := r.state().Role(p.id()); got != role {
			r.t.Fatalf("role of %s is %v, want %v", p.name, got, role)
		}
	}
}

func TestRule9Group(t *testing.T) { // R25
	r := newRoom(t, 5)
	a, b, c, d := people()[0], people()[1], people()[2], people()[3]
	r.group(b, authority.ScopeMember{User: c.id(), Role: authority.Admin}, authority.ScopeMember{User: people()[7].id(), Role: authority.Member})
	if r.state().Kind() != authority.Group || r.state().Kind().String() != "group" {
		t.Fatalf("kind %v", r.state().Kind())
	}
	r.members(map[*person]authority.Role{b: authority.Owner, c: authority.Admin}) // the last one is not in the team
	r.grant(c, d, authority.Member)
	r.want(r.grant(d, a, authority.Member), authority.Invalid, authority.ReasonRole)
	r.want(r.grant(c, a, authority.Admin), authority.Invalid, authority.ReasonRole)
	r.want(r.grant(a, a, authority.Owner), authority.Invalid, authority.ReasonProof) // the team's owner has no say here
	r.want(r.grant(b, a, authority.Head), authority.Invalid, authority.ReasonMalformed)
	r.members(map[*person]authority.Role{b: authority.Owner, c: authority.Admin, d: authority.Member})
	if _, ok := r.state().MayGrant(c.id(), authority.Member); !ok {
		t.Fatal("an admin may not add members")
	}
	if _, ok := r.state().MayGrant(b.id(), authority.Head); ok {
		t.Fatal("a group has no department heads")
	}
	proof, ok := r.state().MayRevoke(c.id(), d.id())
	if !ok {
		t.Fatal("an admin may not remove a member")
	}
	r.do(c, authority.TypeScopeRevoke, authority.ScopeRevoke{Scope: r.scope, User: d.id(), Proof: proof})
	r.do(c, authority.TypeScopeLeave, authority.ScopeLeave{Scope: r.scope})
	r.members(map[*person]authority.Role{b: authority.Owner})
	if _, ok := r.state().MayRevoke(b.id(), b.id()); ok {
		t.Fatal("nobody outranks the founder")
	}
}

func TestRule9OnlyTheFounderFounds(t *testing.T) {
	r := newRoom(t, 5)
	b, c := people()[1], people()[2]
	r.group(b)
	n := authority.NewGroup(team, b.id(), nil, nonce)
	r.want(r.do(c, authority.TypeScopeNew, n), authority.Invalid, authority.ReasonMalformed)
	taken := authority.NewGroup(team, c.id(), nil, nonce)
	taken.Scope = r.scope
	r.want(r.do(c, authority.TypeScopeNew, taken), authority.Invalid, authority.ReasonMalformed)
	other := authority.NewGroup(team, b.id(), []authority.ScopeMember{{User: c.id(), Role: authority.Admin}}, nonce)
	other.Scope = r.scope
	r.want(r.do(b, authority.TypeScopeNew, other), authority.Invalid, authority.ReasonMalformed)
	owner := authority.NewGroup(team, b.id(), []authority.ScopeMember{{User: c.id(), Role: authority.Owner}}, nonce)
	r.scope = owner.Scope
	r.want(r.do(b, authority.TypeScopeNew, owner), authority.Invalid, authority.ReasonMalformed)

	// Founded twice in the same words, it is one group: either founding op is a proof.
	r.scope = n.Scope
	first := r.do(b, authority.TypeScopeNew, n)
	second := r.write(b.devices[0], 2, authority.TypeScopeNew, n)
	for i, proof := range []op.ID{first, second.ID} {
		r.want(r.do(b, authority.TypeScopeGrant, authority.ScopeGrant{Scope: r.scope, User: people()[2+i].id(), Role: authority.Member, Proof: proof}),
			authority.Valid, "")
	}
	r.members(map[*person]authority.Role{b: authority.Owner, c: authority.Member, people()[3]: authority.Member})
}

func TestRule9Direct(t *testing.T) {
	r := newRoom(t, 4)
	a, b, c := people()[0], people()[1], people()[2]
	n := authority.NewDirect(team, b.id(), a.id())
	if n.Scope != keys.DirectScope(team, a.id(), b.id()) {
		t.Fatal("the id of a direct scope")
	}
	r.scope = n.Scope
	r.want(r.do(c, authority.TypeScopeNew, n), authority.Invalid, authority.ReasonMalformed)
	three := n
	three.Members = append(slices.Clone(n.Members), authority.ScopeMember{User: c.id(), Role: authority.Member})
	r.want(r.do(a, authority.TypeScopeNew, three), authority.Invalid, authority.ReasonMalformed)
	swapped := authority.NewDirect(team, a.id(), c.id())
	swapped.Scope = n.Scope
	r.want(r.do(a, authority.TypeScopeNew, swapped), authority.Invalid, authority.ReasonMalformed)
	alone := authority.NewDirect(team, a.id(), a.id())
	alone.Scope = n.Scope
	r.want(r.do(a, authority.TypeScopeNew, alone), authority.Invalid, authority.ReasonMalformed)
	admin := authority.NewDirect(team, a.id(), b.id())
	admin.Members[0].Role = authority.Admin
	r.want(r.do(a, authority.TypeScopeNew, admin), authority.Invalid, authority.ReasonMalformed)
	r.members(nil)

	r.write(b.devices[0], 1, authority.TypeScopeNew, n) // both at once
	r.write(a.devices[0], 2, authority.TypeScopeNew, n)
	both := map[*person]authority.Role{a: authority.Member, b: authority.Member}
	r.members(both)
	if r.state().Kind() != authority.Direct || r.state().Kind().String() != "direct" {
		t.Fatalf("kind %v", r.state().Kind())
	}
	r.want(r.grant(a, c, authority.Member), authority.Invalid, authority.ReasonRole)
	r.want(r.do(a, authority.TypeScopeLeave, authority.ScopeLeave{Scope: r.scope}), authority.Invalid, authority.ReasonRole)
	r.members(both)
}

func TestRule9OpsNameTheirScope(t *testing.T) {
	r := newRoom(t, 3)
	a, b := people()[0], people()[1]
	proof := r.group(a)
	other := op.ScopeID{1}
	r.want(r.do(a, authority.TypeScopeGrant, authority.ScopeGrant{Scope: other, User: b.id(), Role: authority.Member, Proof: proof}), authority.Invalid, authority.ReasonMalformed)
	r.want(r.do(a, authority.TypeScopeRevoke, authority.ScopeRevoke{Scope: other, User: b.id(), Proof: proof}), authority.Invalid, authority.ReasonMalformed)
	r.want(r.do(a, authority.TypeScopeLeave, authority.ScopeLeave{Scope: other}), authority.Invalid, authority.ReasonMalformed)
	if st := authority.EvalScope(r.team, other, scopeTag, r.ops); st.Kind() != 0 || len(st.Members()) != 0 {
		t.Fatal("founded under another id")
	}
}

// Rule 9: effective member = live grant ∧ active in the team; and ops of devices that the team does not know wait.
func TestRule9FollowsTheTeam(t *testing.T) {
	o := newOffice(t)
	a, b, c := people()[0], people()[1], people()[2]
	o.join(b)
	r := &room{log: newLog(t), team: o.eval()}
	r.group(b, authority.ScopeMember{User: c.id(), Role: authority.Member})
	x := r.write(c.devices[0], 1, authority.TypeScopeLeave, authority.ScopeLeave{Scope: r.scope}, r.ops[0].ID)
	y := r.write(b.devices[0], 1, authority.TypeScopeGrant, authority.ScopeGrant{Scope: r.scope, User: a.id(), Role: authority.Member, Proof: r.ops[0].ID}, x.ID)
	r.want(x.ID, authority.Pending, "")
	r.want(y.ID, authority.Pending, "")
	if got := r.state().Missing(); len(got) != 0 {
		t.Fatalf("an op that is there is missing: %v", got)
	}
	hole := op.ID{5}
	r.write(b.devices[0], 2, "x/1", nil, hole)
	if got := r.state().Missing(); !slices.Equal(got, []op.ID{hole}) {
		t.Fatalf("missing %v", got)
	}
	r.ops = r.ops[:len(r.ops)-1]
	r.members(map[*person]authority.Role{b: authority.Owner})
	o.join(c)
	r.team = o.eval()
	r.want(x.ID, authority.Valid, "")
	r.members(map[*person]authority.Role{a: authority.Member, b: authority.Owner})
	digest := r.state().Digest()
	o.revoke(a, b) // what the founder did before stands; the founder does not
	r.team = o.eval()
	r.members(map[*person]authority.Role{a: authority.Member})
	if r.state().Digest() != digest {
		t.Fatal("the team's doings change the digest of the scope's log")
	}
	if got := r.state().Frontier(); !slices.Equal(got, []op.ID{y.ID}) {
		t.Fatalf("frontier %v", got)
	}
}

// Rule 9: the same rules, so the same properties.
func TestRule9OrderAndFounder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRoom(t, 6)
		founder := people()[0]
		r.group(founder, authority.ScopeMember{User: people()[1].id(), Role: authority.Admin})
		left := false
		for range rapid.IntRange(3, 25).Draw(t, "steps") {
			known := r.ops[:rapid.IntRange(1, len(r.ops)).Draw(t, "known")]
			st := authority.EvalScope(r.team, r.scope, scopeTag, known)
			p := rapid.SampledFrom(people()[:6]).Draw(t, "who")
			x := rapid.SampledFrom(people()[:6]).Draw(t, "subject")
			proof, _ := st.Proof(p.id(), authority.Guest)
			role := rapid.SampledFrom([]authority.Role{authority.Owner, authority.Admin, authority.Member}).Draw(t, "role")
			incarnation := uint32(len(r.ops) + 1) // each op for itself, as from many devices
			switch rapid.IntRange(0, 6).Draw(t, "act") {
			case 0, 1:
				r.write(p.devices[0], incarnation, authority.TypeScopeRevoke, authority.ScopeRevoke{Scope: r.scope, User: x.id(), Proof: proof}, st.Frontier()...)
			case 2:
				left = left || p == founder
				r.write(p.devices[0], incarnation, authority.TypeScopeLeave, authority.ScopeLeave{Scope: r.scope}, st.Frontier()...)
			default:
				r.write(p.devices[0], incarnation, authority.TypeScopeGrant, authority.ScopeGrant{Scope: r.scope, User: x.id(), Role: role, Proof: proof}, st.Frontier()...)
			}
		}
		want := r.state()
		got := authority.EvalScope(r.team, r.scope, scopeTag, rapid.Permutation(r.ops).Draw(t, "arrival"))
		if got.Digest() != want.Digest() || !maps.Equal(got.Members(), want.Members()) {
			t.Fatal("arrival order changes the members")
		}
		if !left && want.Role(founder.id()) != authority.Owner {
			t.Fatal("the founder is no owner any more")
		}
	})
}

func TestRule9History(t *testing.T) {
	r := newRoom(t, 3)
	b := people()[1]
	r.group(b)
	if r.state().History() != authority.WholeHistory {
		t.Fatal("a group that says nothing")
	}
	n := authority.NewGroupWith(team, b.id(), nil, nonce, authority.FromJoining)
	if n.Scope == r.scope {
		t.Fatal("the id of a group does not commit to its history")
	}
	r.scope = n.Scope
	r.want(r.do(b, authority.TypeScopeNew, n), authority.Valid, "")
	if r.state().History() != authority.FromJoining {
		t.Fatal("history")
	}
	lie := n
	lie.History = authority.WholeHistory
	r.want(r.do(b, authority.TypeScopeNew, lie), authority.Invalid, authority.ReasonMalformed)
	r.scope = authority.NewGroupWith(team, b.id(), nil, nonce, 3).Scope
	r.want(r.do(b, authority.TypeScopeNew, authority.NewGroupWith(team, b.id(), nil, nonce, 3)), authority.Invalid, authority.ReasonMalformed)
	direct := authority.NewDirect(team, b.id(), people()[0].id())
	direct.History = authority.FromJoining
	r.scope = direct.Scope
	r.want(r.do(b, authority.TypeScopeNew, direct), authority.Invalid, authority.ReasonMalformed)
}

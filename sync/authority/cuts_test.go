package authority_test

import (
	"maps"
	"testing"

	"pgregory.net/rapid"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
)

var chatTag = op.ScopeTag{'c', 'h', 'a', 't'}

func cutAt(p *person, device int, inc uint32, seq uint64) authority.Cut {
	return authority.Cut{Scope: chatTag, Device: p.devices[device].ID, Incarnation: inc, Seq: seq}
}

// cutOff checks how far a feed counts; -1: without limit.
func (o *office) cutOff(p *person, device int, inc uint32, want int) {
	o.t.Helper()
	got := -1
	if seq, cut := o.eval().Cut(chatTag, p.devices[device].ID, inc); cut {
		got = int(seq)
	}
	if got != want {
		o.t.Fatalf("%s/%d.%d counts up to %d, want %d", p.name, device, inc, got, want)
	}
}

func (o *office) say(by *person, removal op.ID, cuts ...authority.Cut) op.ID {
	o.t.Helper()
	proof, _ := o.eval().Proof(by.id(), authority.Guest)
	return o.do(by, authority.TypeCut, authority.Cuts{Removal: removal, Cuts: cuts, Proof: proof})
}

func TestCutsOfARemoval(t *testing.T) { // R20
	o := newOffice(t)
	a, b, c := people()[0], people()[1], people()[2]
	o.join(b)
	o.join(c)
	o.cutOff(b, 0, 1, -1)
	bare := o.revokeAs(a, b, authority.Removed)
	o.cutOff(b, 0, 1, -1) // nobody has said anything yet
	o.want(o.say(c, bare, cutAt(b, 0, 1, 5)), authority.Valid, "")
	o.cutOff(b, 0, 1, 5)
	o.cutOff(b, 0, 2, 0) // not named, while others are
	o.cutOff(b, 1, 1, -1)
	if seq, cut := o.eval().Cut(op.ScopeTag{9}, b.devices[0].ID, 1); cut {
		t.Fatalf("cut at %d in a scope of which nobody spoke", seq)
	}
	o.say(a, bare, cutAt(b, 0, 1, 9), cutAt(b, 0, 2, 1))
	o.cutOff(b, 0, 1, 9) // the highest: work that was done in good faith stays
	o.cutOff(b, 0, 2, 1)
	o.say(c, bare, cutAt(b, 0, 1, 3))
	o.cutOff(b, 0, 1, 9)
	o.cutOff(c, 0, 1, -1)

	// Back again: what was named stays cut, all else counts.
	o.grant(a, b, authority.Member, "")
	o.cutOff(b, 0, 1, 9)
	o.cutOff(b, 0, 3, -1)
	// Removed once more: the first removal says nothing of what came after it.
	o.revokeAs(a, b, authority.Removed, cutAt(b, 0, 3, 7))
	o.cutOff(b, 0, 3, 7)
	o.cutOff(b, 0, 1, 0) // the second did not name it
	o.cutOff(b, 0, 4, 0)
	o.stepwise()
}

// Somebody who lost one grant of several is still there: what was named is cut, all else counts.
func TestCutsOfWhoKeepsAnotherRole(t *testing.T) {
	o := newOffice(t)
	a, b, c := people()[0], people()[1], people()[2]
	o.join(b)
	o.join(c)
	o.grant(a, c, authority.Head, "it")
	o.grant(c, b, authority.Member, "it")
	o.revokeAs(c, b, authority.Removed, cutAt(b, 0, 1, 5))
	o.role(b, authority.Member)
	o.cutOff(b, 0, 1, 5)
	o.cutOff(b, 0, 2, -1)
}

func TestCutsOfAStolenDevice(t *testing.T) {
	o := newOffice(t)
	a, b, c, d := people()[0], people()[1], people()[2], people()[3]
	for _, p := range []*person{b, c, d} {
		o.join(p)
	}
	o.grant(a, d, authority.Admin, "")
	r := o.revokeAs(a, b, authority.Compromised, cutAt(b, 0, 1, 8))
	o.cutOff(b, 0, 1, 8)
	o.say(c, r, cutAt(b, 0, 1, 2), cutAt(b, 0, 2, 50)) // a member has no say
	o.cutOff(b, 0, 1, 8)
	o.cutOff(b, 0, 2, 0)
	o.say(d, r, cutAt(b, 0, 1, 6))
	o.cutOff(b, 0, 1, 6) // the lowest
	o.say(a, r, cutAt(b, 0, 1, 7))
	o.cutOff(b, 0, 1, 6)
}

func TestCutsOfLeaveAndDevices(t *testing.T) {
	o := newOffice(t)
	a, b, c := people()[0], people()[1], people()[2]
	o.join(b)
	o.join(c)
	o.link(c, 0, 1)
	l := o.do(b, authority.TypeLeave, authority.Leave{Cuts: []authority.Cut{cutAt(b, 0, 1, 4)}})
	o.cutOff(b, 0, 1, 4)
	o.say(c, l, cutAt(b, 0, 1, 6))
	o.cutOff(b, 0, 1, 6)

	out := signOut(c, 1, op.ID{})
	out.Cuts = []authority.Cut{cutAt(c, 1, 1, 3), cutAt(c, 0, 1, 1)}
	r := o.by(c, 0, authority.TypeDeviceRevoke, out)
	o.cutOff(c, 1, 1, 3)
	o.cutOff(c, 1, 2, 0)
	o.cutOff(c, 0, 1, -1) // another device of the same person
	o.link(c, 0, 2)
	other := signOut(c, 2, op.ID{})
	other.Cuts = []authority.Cut{cutAt(c, 0, 1, 1)}
	o.by(c, 0, authority.TypeDeviceRevoke, other)
	o.cutOff(c, 2, 1, -1) // nobody has spoken of this one
	o.want(o.say(a, r, cutAt(c, 1, 1, 5)), authority.Valid, "")
	o.cutOff(c, 1, 1, 5)
	o.stepwise()
}

// Who may say how far somebody had written, and about what.
func TestAttackOnCuts(t *testing.T) {
	o := newOffice(t)
	a, b, c := people()[0], people()[1], people()[2]
	o.join(b)
	o.join(c)
	r := o.revokeAs(a, b, authority.Removed, cutAt(b, 0, 1, 5))
	past := o.eval().Frontier()
	member, _ := o.eval().Proof(c.id(), authority.Member)
	o.want(o.say(b, r, cutAt(b, 0, 1, 99)), authority.Invalid, authority.ReasonProof)
	for _, x := range o.ops {
		if x.Type == authority.TypeAdmit && x.Device == b.devices[0].ID { // by what they had
			o.want(o.do(b, authority.TypeCut, authority.Cuts{Removal: r, Cuts: []authority.Cut{cutAt(b, 0, 1, 99)}, Proof: x.ID}), authority.Invalid, authority.ReasonRevoked)
		}
	}
	guest := people()[3]
	o.do(guest, authority.TypeAdmit, o.admission(inviteKeys()[0], o.invite(a, authority.Guest, 1, o.genesis), guest, 0))
	o.want(o.say(guest, r, cutAt(b, 0, 1, 99)), authority.Invalid, authority.ReasonRole)
	o.want(o.say(c, member, cutAt(b, 0, 1, 99)), authority.Invalid, authority.ReasonProof) // of a grant
	o.want(o.say(c, op.ID{1}, cutAt(b, 0, 1, 99)), authority.Invalid, authority.ReasonProof)
	o.want(o.do(c, authority.TypeCut, authority.Cuts{Removal: r, Cuts: make([]authority.Cut, authority.MaxCuts+1), Proof: member}), authority.Invalid, authority.ReasonMalformed)
	o.cutOff(b, 0, 1, 5)
	// Who is removed later may have spoken before that, and not after.
	before := o.write(c.devices[0], 1, authority.TypeCut, authority.Cuts{Removal: r, Cuts: []authority.Cut{cutAt(b, 0, 1, 7)}, Proof: member}, past...)
	o.revokeAs(a, c, authority.Removed)
	o.want(before.ID, authority.Valid, "")
	o.cutOff(b, 0, 1, 7)
	after := o.write(c.devices[0], 8, authority.TypeCut, authority.Cuts{Removal: r, Cuts: []authority.Cut{cutAt(b, 0, 1, 99)}, Proof: member}, past...)
	o.want(after.ID, authority.Invalid, authority.ReasonRevoked)
	o.cutOff(b, 0, 1, 7)
	o.stepwise()
}

// Cut-offs converge: a statement about a removal only raises what counts, about a stolen device only lowers it.
func TestCutsConverge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mode := rapid.SampledFrom([]authority.Mode{authority.Removed, authority.Compromised, authority.Frozen}).Draw(t, "mode")
		l := newLog(t)
		a, b, c := people()[0], people()[1], people()[2]
		genesis := l.found(a).ID
		i := l.write(a.devices[0], 1, authority.TypeInvite, authority.Invite{Pub: inviteKeys()[0].Pub(), Role: authority.Admin, MaxUses: 2, Expires: 1 << 40, Proof: genesis}, genesis)
		l.write(b.devices[0], 1, authority.TypeAdmit, l.admission(inviteKeys()[0], i.ID, b, 0), i.ID)
		proof := l.write(c.devices[0], 1, authority.TypeAdmit, l.admission(inviteKeys()[0], i.ID, c, 0), i.ID).ID
		r := l.write(a.devices[0], 1, authority.TypeRevoke, authority.Revoke{Subject: b.id(), Mode: mode, Proof: genesis, Cuts: []authority.Cut{cutAt(b, 0, 1, 50)}}, l.eval().Frontier()...)
		last := uint64(50)
		for n := range uint32(6) {
			seq := rapid.Uint64Range(0, 100).Draw(t, "seq")
			l.write(c.devices[0], 10+n, authority.TypeCut, authority.Cuts{Removal: r.ID, Cuts: []authority.Cut{cutAt(b, 0, 1, seq)}, Proof: proof}, r.ID, proof)
			want := max(last, seq)
			if mode == authority.Compromised {
				want = min(last, seq)
			}
			got, cut := l.eval().Cut(chatTag, b.devices[0].ID, 1)
			if !cut || got != want {
				t.Fatalf("mode %d: %d after %d said %d", mode, got, last, seq)
			}
			last = want
		}
	})
}

// scopeWithRemoval is a group of four, of whom b is removed from the team, as everybody in it says.
func TestRule9CutsInAScope(t *testing.T) {
	o := newOffice(t)
	a, b, c, d := people()[0], people()[1], people()[2], people()[3]
	for _, p := range []*person{b, c, d} {
		o.join(p)
	}
	r := &room{log: newLog(t), team: o.eval()}
	founded := r.group(b, authority.ScopeMember{User: c.id(), Role: authority.Member}, authority.ScopeMember{User: d.id(), Role: authority.Admin})
	early := r.grant(b, a, authority.Member)
	removal := o.revokeAs(a, b, authority.Removed)
	r.team = o.eval()
	cutOff := func(p *person, inc uint32, want int) {
		t.Helper()
		got := -1
		if seq, cut := r.state().Cut(p.devices[0].ID, inc); cut {
			got = int(seq)
		}
		if got != want {
			t.Fatalf("%s.%d counts up to %d, want %d", p.name, inc, got, want)
		}
	}
	cut := func(p *person, inc uint32, seq uint64) authority.Cut {
		return authority.Cut{Scope: scopeTag, Device: p.devices[0].ID, Incarnation: inc, Seq: seq}
	}
	say := func(by *person, inc uint32, about op.ID, cuts ...authority.Cut) op.ID {
		return r.write(by.devices[0], inc, authority.TypeScopeCut, authority.ScopeCut{Scope: r.scope, Removal: about, Cuts: cuts, Proof: founded}, r.state().Frontier()...).ID
	}
	cutOff(b, 1, -1)
	late := r.write(b.devices[0], 1, authority.TypeScopeGrant, authority.ScopeGrant{Scope: r.scope, User: people()[5].id(), Role: authority.Admin, Proof: founded}, early)
	r.want(late.ID, authority.Valid, "") // nobody has spoken yet
	r.want(say(c, 1, removal, cut(b, 1, 2)), authority.Valid, "")
	cutOff(b, 1, 2)
	cutOff(b, 2, 0)
	r.want(early, authority.Valid, "")
	r.want(late.ID, authority.Invalid, authority.ReasonCut)
	r.members(map[*person]authority.Role{a: authority.Member, c: authority.Member, d: authority.Admin})
	// The removed cannot raise their own limit, in whatever feed; neither can who is not in the scope.
	say(b, 7, removal, cut(b, 1, 99), cut(b, 7, 99))
	cutOff(b, 1, 2)
	r.want(say(people()[5], 1, removal, cut(b, 1, 99)), authority.Pending, "")
	cutOff(b, 1, 2)

	// d is removed later: what d had said before counts, what d says as if before does not.
	said := say(d, 1, removal, cut(b, 1, 3))
	r.want(said, authority.Valid, "")
	r.want(late.ID, authority.Valid, "")
	o.revokeAs(a, d, authority.Removed, authority.Cut{Scope: scopeTag, Device: d.devices[0].ID, Incarnation: 1, Seq: 1})
	r.team = o.eval()
	cutOff(b, 1, 3)
	later := r.write(b.devices[0], 1, authority.TypeScopeGrant, authority.ScopeGrant{Scope: r.scope, User: d.id(), Role: authority.Owner, Proof: founded}, early)
	say(d, 2, removal, cut(b, 1, 99))
	cutOff(b, 1, 3)
	r.want(later.ID, authority.Invalid, authority.ReasonCut)
	cutOff(d, 1, 1)
	cutOff(d, 2, 0)

	// Removed from the scope only.
	o.join(people()[4])
	r.team = o.eval()
	r.want(r.do(c, authority.TypeScopeLeave, authority.ScopeLeave{Scope: r.scope, Cuts: []authority.Cut{cut(c, 1, 40)}}), authority.Valid, "")
	cutOff(c, 1, 40)
	cutOff(c, 2, 0)
	if seq, cut := o.eval().Cut(scopeTag, c.devices[0].ID, 1); cut {
		t.Fatalf("the team knows of %d", seq)
	}
}

func TestRule9CutsDoNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := genHistory(t, false)
		st := s.state()
		r := &room{log: newLog(t), team: st}
		founder := people()[1]
		r.group(founder, authority.ScopeMember{User: people()[2].id(), Role: authority.Admin}, authority.ScopeMember{User: people()[3].id(), Role: authority.Member})
		removals := st.Removals()
		for n := range rapid.IntRange(1, 20).Draw(t, "ops") {
			p := rapid.SampledFrom(people()[:5]).Draw(t, "who")
			state := r.state()
			proof, ok := state.Proof(p.id(), authority.Guest)
			if !ok {
				proof = r.ops[0].ID
			}
			var payload any = authority.ScopeGrant{Scope: r.scope, User: people()[rapid.IntRange(0, 5).Draw(t, "to")].id(), Role: authority.Member, Proof: proof}
			kind := authority.TypeScopeGrant
			if len(removals) > 0 && rapid.Bool().Draw(t, "cut") {
				x := rapid.SampledFrom(removals).Draw(t, "removal")
				cuts := s.cuts()
				for i := range cuts {
					cuts[i].Scope = scopeTag
				}
				kind, payload = authority.TypeScopeCut, authority.ScopeCut{Scope: r.scope, Removal: x.Op, Cuts: cuts, Proof: proof}
			}
			r.write(p.devices[0], uint32(1+n%3), kind, payload, state.Frontier()...)
		}
		want := r.state()
		got := authority.EvalScope(st, r.scope, scopeTag, rapid.Permutation(r.ops).Draw(t, "arrival"))
		if got.Digest() != want.Digest() || !maps.Equal(got.Members(), want.Members()) {
			t.Fatal("arrival order changes the members")
		}
		for _, p := range people()[:6] {
			for inc := range uint32(4) {
				a, x := got.Cut(p.devices[0].ID, inc)
				b, y := want.Cut(p.devices[0].ID, inc)
				if a != b || x != y {
					t.Fatal("arrival order changes a cut-off")
				}
			}
		}
		for _, o := range r.ops {
			if got.Status(o.ID) != want.Status(o.ID) {
				t.Fatal("arrival order changes a status")
			}
		}
	})
}

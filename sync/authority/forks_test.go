package authority_test

import (
	"slices"
	"testing"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
)

func TestGenesisIsPinned(t *testing.T) {
	o := newOffice(t)
	b := people()[1]
	second := o.found(b)
	o.want(second.ID, authority.Invalid, authority.ReasonMalformed)
	o.role(b, authority.None)
	if st := authority.Eval(op.TeamID{1}, o.genesis, o.ops); len(st.Roles()) != 0 {
		t.Fatal("the genesis of another team counts")
	}
	// The founder forks the very first place: the team stands, what followed in that feed does not.
	x := o.write(people()[0].devices[0], 1, authority.TypeGrant, authority.Grant{Subject: b.id(), Role: authority.Member, Proof: o.genesis}, o.genesis)
	o.want(x.ID, authority.Valid, "")
	twin := x
	twin.ID, twin.Ref.Seq = op.ID{7}, 1
	o.ops = append(o.ops, twin)
	o.want(x.ID, authority.Invalid, authority.ReasonForked)
	o.want(twin.ID, authority.Invalid, authority.ReasonForked)
	o.role(people()[0], authority.Owner)
	again := o.write(people()[0].devices[0], 2, authority.TypeGrant, authority.Grant{Subject: b.id(), Role: authority.Member, Proof: o.genesis}, o.eval().Frontier()...)
	o.want(again.ID, authority.Valid, "")
}

func TestForksFreezeTheFeedAndNothingElse(t *testing.T) {
	o := newOffice(t)
	a, b, c := people()[0], people()[1], people()[2]
	o.join(b)
	o.grant(a, b, authority.Admin, "")
	o.do(people()[4], "x/1", nil) // cited by the next op alone
	one := o.grant(b, c, authority.Member, "")
	two := o.ops[len(o.ops)-1]
	after := o.grant(a, people()[3], authority.Member, "") // cites the op that will turn out forked
	twin := two
	twin.ID, twin.HLC = op.ID{9}, two.HLC+1
	o.ops = append(o.ops, twin)
	o.want(one, authority.Invalid, authority.ReasonForked)
	o.want(twin.ID, authority.Invalid, authority.ReasonForked)
	o.want(after, authority.Valid, "")
	o.role(b, authority.Admin)
	if f := o.eval().Frontier(); !slices.Equal(f, []op.ID{after}) {
		t.Fatalf("frontier %v, want the newest op that counts", f)
	}
	o.ops = o.ops[:len(o.ops)-2] // before that op there was one fork, and what it cites stays to be cited
	o.ops = append(o.ops, twin)
	if f := o.eval().Frontier(); slices.Contains(f, one) || slices.Contains(f, twin.ID) || !slices.Contains(f, two.Deps[0]) {
		t.Fatalf("frontier %v", f)
	}
}

// Rule 4 and forks: a member who forks can hold up what others wrote only until the other branch is there too.
func TestForkedBranchIsAskedFor(t *testing.T) {
	o := newOffice(t)
	a, b := people()[0], people()[1]
	o.join(b)
	left := o.do(b, authority.TypeLeave, nil)
	branch := o.ops[len(o.ops)-1]
	more := o.do(b, "x/1", nil)
	next := o.ops[len(o.ops)-1]
	g := o.grant(a, people()[2], authority.Admin, "") // cites the branch
	all := o.ops
	twin := branch
	twin.ID, twin.Type = op.ID{9}, "x/1"
	// A replica that met the other branch first.
	o.ops = slices.DeleteFunc(slices.Clone(all), func(x authority.Op) bool { return x.ID == left || x.ID == more })
	o.ops = append(o.ops, twin)
	o.want(g, authority.Pending, "")
	if got := o.eval().Missing(); !slices.Equal(got, []op.ID{more}) {
		t.Fatalf("missing %v", got)
	}
	o.ops = append(o.ops, next)
	if got := o.eval().Missing(); !slices.Equal(got, []op.ID{left}) && len(got) > 0 {
		t.Fatalf("missing %v", got)
	}
	o.ops = append(o.ops, branch)
	o.want(g, authority.Valid, "")
	o.want(left, authority.Invalid, authority.ReasonForked)
	o.role(b, authority.Member)
	o.role(people()[2], authority.Admin)
	if want := authority.Eval(team, o.genesis, append(all, twin)); want.Digest() != o.eval().Digest() || len(o.eval().Missing()) != 0 {
		t.Fatal("the two replicas do not agree")
	}
}

// An op that is known to stand at a fork has no effect, whether or not what else stands there is among the ops, evaluated at once
// or one by one; what cites it counts.
func TestOpMarkedAsForked(t *testing.T) {
	o := newOffice(t)
	a, b, c := people()[0], people()[1], people()[2]
	o.join(b)
	o.grant(a, b, authority.Admin, "")
	one := o.grant(b, c, authority.Member, "")
	o.ops[len(o.ops)-1].Forked = true
	later := o.grant(b, people()[3], authority.Member, "")
	after := o.grant(a, people()[3], authority.Member, "")
	o.want(one, authority.Invalid, authority.ReasonForked)
	o.want(later, authority.Invalid, authority.ReasonForked)
	o.want(after, authority.Valid, "")
	l := authority.NewLog(team, o.genesis)
	for _, x := range o.ops {
		l.Add(x)
		l.State()
	}
	if l.State().Digest() != o.eval().Digest() {
		t.Fatal("one by one, another state")
	}
}

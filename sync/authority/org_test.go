package authority_test

import (
	"slices"
	"testing"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
)

func (o *office) dept(dept, parent string) op.ID {
	o.t.Helper()
	return o.do(people()[0], authority.TypeDept, authority.OrgDept{Dept: []byte(dept), Parent: []byte(parent), Proof: o.genesis})
}

func (o *office) endDept(dept, into string) op.ID {
	o.t.Helper()
	return o.do(people()[0], authority.TypeDept, authority.OrgDept{Dept: []byte(dept), Gone: true, Into: []byte(into), Proof: o.genesis})
}

func (o *office) place(p *person, dept string) op.ID {
	o.t.Helper()
	return o.do(people()[0], authority.TypePlace, authority.OrgPlace{User: p.id(), Dept: []byte(dept), Proof: o.genesis})
}

func (o *office) depts(want ...string) { // "id<parent"
	o.t.Helper()
	var got []string
	for _, d := range o.eval().Depts() {
		got = append(got, string(d.ID)+"<"+string(d.Parent))
	}
	if !slices.Equal(got, want) {
		o.t.Fatalf("departments %v, want %v", got, want)
	}
}

func TestDepartments(t *testing.T) { // R26, R27
	o := newOffice(t)
	b, c := people()[1], people()[2]
	o.join(b)
	o.join(c)
	o.dept("x", "nowhere") // skipped
	o.depts()
	o.dept("a", "")
	o.dept("b", "a")
	o.dept("c", "b")
	o.depts("a<", "b<a", "c<b")
	o.dept("a", "c") // a circle
	o.dept("a", "a")
	o.depts("a<", "b<a", "c<b")
	o.place(b, "c")
	o.place(c, "b")
	st := o.eval()
	if !st.InSubtree([]byte("c"), []byte("a")) || st.InSubtree([]byte("a"), []byte("c")) || !st.InSubtree([]byte("a"), []byte("a")) || st.InSubtree(nil, nil) {
		t.Fatal("subtree")
	}
	members := func(dept string, want ...*person) {
		t.Helper()
		var ids []op.UserID
		for _, p := range want {
			ids = append(ids, p.id())
		}
		slices.SortFunc(ids, func(a, b op.UserID) int { return slices.Compare(a[:], b[:]) })
		if got := o.eval().DeptMembers([]byte(dept)); !slices.Equal(got, ids) {
			t.Fatalf("members of %s: %v, want %v", dept, got, ids)
		}
	}
	members("a", b, c)
	members("c", b)
	o.endDept("b", "") // what was in it goes to what is above it
	o.depts("a<", "c<a")
	if got := o.eval().DeptOf(c.id()); string(got) != "a" {
		t.Fatalf("department %q", got)
	}
	o.endDept("c", "a")
	o.depts("a<")
	members("a", b, c)
	o.dept("b", "") // and back
	o.depts("a<", "b<")
	members("b", c)
	o.endDept("a", "b")
	members("b", b, c)
	o.place(c, "")
	members("b", b)
	o.grant(people()[0], c, authority.Head, "b")
	members("b", b, c)
	o.revoke(people()[0], b)
	members("b", c)
	if o.eval().DeptOf(people()[7].id()) != nil {
		t.Fatal("the department of a stranger")
	}
	for _, d := range []authority.OrgDept{{}, {Dept: make([]byte, 65)}, {Dept: []byte("x"), Parent: make([]byte, 65)}, {Dept: []byte("x"), Into: []byte("b")}} {
		d.Proof = o.genesis
		o.want(o.do(people()[0], authority.TypeDept, d), authority.Invalid, authority.ReasonMalformed)
	}
	o.want(o.do(people()[0], authority.TypePlace, authority.OrgPlace{User: b.id(), Dept: make([]byte, 65), Proof: o.genesis}), authority.Invalid, authority.ReasonMalformed)
	o.stepwise()
}

// Rule 1: heads act in the subtree of their department, by the departments that those saw who came after.
func TestRule1Subtrees(t *testing.T) {
	o := newOffice(t)
	a, b, c, d := people()[0], people()[1], people()[2], people()[3]
	for _, p := range []*person{b, c, d} {
		o.join(p)
	}
	o.dept("a", "")
	o.dept("b", "a")
	o.dept("z", "")
	o.grant(a, b, authority.Head, "a")
	o.want(o.grant(b, c, authority.Member, "b"), authority.Valid, "")
	o.want(o.grant(b, c, authority.DeptAdmin, "b"), authority.Valid, "")
	o.want(o.grant(b, d, authority.Member, "z"), authority.Invalid, authority.ReasonRole)
	o.want(o.grant(c, d, authority.Guest, "a"), authority.Invalid, authority.ReasonRole) // upwards
	past := o.eval().Frontier()
	o.dept("b", "z")
	o.want(o.grant(b, d, authority.Guest, "b"), authority.Invalid, authority.ReasonRole)
	proof, _ := o.eval().Proof(b.id(), authority.Head)
	// Backdating does not bring the old departments back.
	late := o.write(b.devices[0], 7, authority.TypeGrant, authority.Grant{Subject: d.id(), Role: authority.Guest, Dept: []byte("b"), Proof: proof}, past...)
	o.want(late.ID, authority.Invalid, authority.ReasonRole)
	o.stepwise()
	o.role(c, authority.DeptAdmin) // what was given before stands
	o.revoke(b, c)                 // and b cannot take it any more
	o.role(c, authority.DeptAdmin)
	if _, ok := o.eval().MayRevoke(b.id(), c.id()); ok {
		t.Fatal("may revoke outside the subtree")
	}
	o.dept("z", "a")
	if _, ok := o.eval().MayGrant(b.id(), authority.Member, []byte("b")); !ok {
		t.Fatal("may not grant in the subtree")
	}
	o.revoke(b, c)
	o.role(c, authority.Member)
	o.stepwise()
}

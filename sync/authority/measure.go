package authority

import (
	"bytes"
	"cmp"

	"tongzhou/sync/op"
)

// grant is a role that an op gives to one user: a genesis, grant, admit or council.owner op gives one, a scope.new op several.
type grant struct {
	vertex  int32 // the op
	base    int32 // what a removal must not precede to hit: the op itself, for an admission the invitation
	subject op.UserID
	measure measure
}

// measure says how strong a grant is. Smaller is stronger.
type measure struct {
	class Role
	dept  string // Head, DeptAdmin: what they head. Member, Guest: whose head may remove them; may be empty
	line  *line  // owners: where they stand among owners; nil at the top and for everyone else
}

// line is the path of an owner from the genesis, its last step first. It orders owners: shorter paths first, then
// lexicographic by (lamport, opid). A new owner is thereby always junior to its creator.
type line struct {
	up      *line
	lamport int32
	id      op.ID
	steps   int32
}

func (l *line) length() int32 {
	if l == nil {
		return 0
	}
	return l.steps
}

// compare looks for the first step in which two paths of one length differ. All tops are equal: the founding ops of one
// scope, the genesis, and whom the council put there.
func (l *line) compare(m *line) int {
	if c := cmp.Compare(l.length(), m.length()); c != 0 {
		return c
	}
	result := 0
	for ; l != m; l, m = l.up, m.up {
		result = cmp.Or(cmp.Compare(l.lamport, m.lamport), bytes.Compare(l.id[:], m.id[:]), result)
	}
	return result
}

// compare orders measures for the one pass of rule 5; departments are not compared.
func (m measure) compare(n measure) int {
	return cmp.Or(cmp.Compare(m.class, n.class), m.line.compare(n.line))
}

// headed tells the classes whose power ends with a department.
func (m measure) headed() bool { return m.class == Head || m.class == DeptAdmin }

// mightGrant is rule 1 without departments, which no op of a head's can change: owner → any; admin → head and below; heads
// and department admins → below themselves.
func (m measure) mightGrant(r Role) bool {
	switch m.class {
	case Owner:
		return r.grantable()
	case Admin, Head, DeptAdmin:
		return r > m.class && r.grantable()
	}
	return false
}

// mayGrant is the whole of rule 1: heads and department admins grant inside the subtree of their department.
func (m measure) mayGrant(r Role, dept string, t *tree) bool {
	return m.mightGrant(r) && (!m.headed() || t.within(dept, m.dept))
}

// mayRevoke tells the classes whose revocations can hit anything at all.
func (m measure) mayRevoke() bool { return m.class <= DeptAdmin }

// mayRun tells the classes that decide about departments, places and house rules.
func (m measure) mayRun() bool { return m.class <= Admin }

// outranks is the strict order of rule 2: owners by seniority, everyone else by class; heads and department admins only
// inside the subtree of their department. It implies m.compare(n) < 0, on which the one pass rests.
func (m measure) outranks(n measure, t *tree) bool {
	switch m.class {
	case Owner:
		return m.compare(n) < 0
	case Admin:
		return n.class > Admin
	case Head, DeptAdmin:
		return n.class > m.class && t.within(n.dept, m.dept)
	}
	return false
}

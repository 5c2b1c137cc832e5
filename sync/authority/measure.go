package authority

import (
	"cmp"
	"slices"

	"tongzhou/sync/op"
)

// grant is a role that an op gives to one user: a genesis, grant or admit op gives one, a scope.new op several.
type grant struct {
	vertex  int32 // the op
	base    int32 // what a removal must not precede to hit: the op itself, for an admission the invitation
	subject op.UserID
	measure measure
	parent  int32 // owners: the grant above in the path; -1 at the top
	depth   int32 // owners: length of the path
}

// measure says how strong a grant is. Smaller is stronger.
type measure struct {
	class Role
	dept  string // Head, DeptAdmin: what they head. Member, Guest: whose head may remove them; may be empty
	// seniority orders owners by their path from the genesis, shorter first, then lexicographic by (lamport, opid). A new
	// owner is thereby always junior to its creator. 0 for everyone else.
	seniority int32
}

// compare orders measures for the one pass of rule 5; departments are not compared.
func (m measure) compare(n measure) int {
	return cmp.Or(cmp.Compare(m.class, n.class), cmp.Compare(m.seniority, n.seniority))
}

// mayGrant is rule 1: owner → any; admin → head and below; heads and department admins → below themselves, in their own
// department. Only the class and department of m are used, so it may be asked before seniority is known.
func (m measure) mayGrant(r Role, dept string) bool {
	switch m.class {
	case Owner:
		return r.grantable()
	case Admin:
		return r > Admin && r.grantable()
	case Head, DeptAdmin:
		return r > m.class && r.grantable() && dept == m.dept
	}
	return false
}

// mayRevoke tells the classes whose revocations can hit anything at all.
func (m measure) mayRevoke() bool { return m.class <= DeptAdmin }

// outranks is the strict order of rule 2: owners by seniority, everyone else by class; heads and department admins only
// inside their department. It implies m.compare(n) < 0, on which the one pass rests.
func (m measure) outranks(n measure) bool {
	switch m.class {
	case Owner:
		return m.compare(n) < 0
	case Admin:
		return n.class > Admin
	case Head, DeptAdmin:
		return n.class > m.class && n.dept == m.dept
	}
	return false
}

// rankOwners fills in the seniority of every owner. Paths of one length compare by their beginnings, so each level is
// sorted by the rank of its parents, and no path is ever written out: a chain of n owners would make n²/2 elements.
func (e *engine) rankOwners() {
	levels := map[int32][]int32{}
	deepest := int32(0)
	for i, g := range e.grants {
		if g.measure.class == Owner {
			levels[g.depth] = append(levels[g.depth], int32(i))
			deepest = max(deepest, g.depth)
		}
	}
	rank := int32(0)
	for depth := range deepest + 1 {
		level := levels[depth]
		slices.SortFunc(level, func(a, b int32) int {
			ga, gb := &e.grants[a], &e.grants[b]
			if depth == 0 {
				return 0 // founding ops of one scope are equal, and so is what they give
			}
			return cmp.Or(
				cmp.Compare(e.grants[ga.parent].measure.seniority, e.grants[gb.parent].measure.seniority),
				cmp.Compare(ga.vertex, gb.vertex), // (lamport, opid)
			)
		})
		for _, i := range level {
			e.grants[i].measure.seniority = rank
			if depth > 0 {
				rank++
			}
		}
		if depth == 0 {
			rank = 1
		}
	}
}

package authority

import (
	"tongzhou/sync/op"
)

// Held is a live grant: something a user may cite as proof.
type Held struct {
	Op   op.ID // the genesis, grant or admit op
	Role Role
	Dept []byte // nil if of no department
}

// holdings is somebody's live grants, strongest first.
type holdings []holding

func (h holdings) role() Role {
	if len(h) == 0 {
		return None
	}
	return h[0].measure.class
}

func (h holdings) list() []Held {
	out := make([]Held, 0, len(h))
	for _, x := range h {
		held := Held{Op: x.op, Role: x.measure.class}
		if x.measure.dept != "" {
			held.Dept = []byte(x.measure.dept)
		}
		out = append(out, held)
	}
	return out
}

// first returns the strongest grant that passes.
func (h holdings) first(pass func(measure) bool) (op.ID, bool) {
	for _, x := range h {
		if pass(x.measure) {
			return x.op, true
		}
	}
	return op.ID{}, false
}

// proof returns the strongest grant if it is at least need.
func (h holdings) proof(need Role) (op.ID, bool) {
	return h.first(func(m measure) bool { return m.class <= need })
}

func (h holdings) mayGrant(r Role, dept []byte, t *tree) (op.ID, bool) {
	if checkRole(r, dept) != nil {
		return op.ID{}, false
	}
	return h.first(func(m measure) bool { return m.mayGrant(r, string(dept), t) })
}

// mayRevoke returns a grant that outranks every one of the subject's.
func (h holdings) mayRevoke(subject holdings, t *tree) (op.ID, bool) {
	if len(subject) == 0 {
		return op.ID{}, false
	}
	return h.first(func(m measure) bool {
		for _, x := range subject {
			if !m.outranks(x.measure, t) {
				return false
			}
		}
		return true
	})
}

func (s *State) held(u op.UserID) holdings {
	if p := s.person(u); p != nil {
		return p.held
	}
	return nil
}

// Grants returns the user's live grants, strongest first.
func (s *State) Grants(u op.UserID) []Held { return s.held(u).list() }

// Proof returns the grant to cite for an act that needs the given role or a stronger one, false if the user has none.
func (s *State) Proof(u op.UserID, need Role) (op.ID, bool) { return s.held(u).proof(need) }

// MayGrant returns the grant by which u may give the role (rule 1), to cite as proof of a grant or invitation.
func (s *State) MayGrant(u op.UserID, r Role, dept []byte) (op.ID, bool) {
	return s.held(u).mayGrant(r, dept, s.org.tree)
}

// MayRevoke returns the grant by which u may take everything that subject holds (rule 2).
func (s *State) MayRevoke(u, subject op.UserID) (op.ID, bool) {
	return s.held(u).mayRevoke(s.held(subject), s.org.tree)
}

// Strongest is the strongest role that the user ever had, whatever became of it; None if there was none.
func (s *State) Strongest(u op.UserID) Role {
	role := None
	if p := s.person(u); p != nil {
		for i := range p.grants {
			role = min(role, p.grants[i].measure.class)
		}
	}
	return role
}

package authority

import (
	"cmp"
	"maps"
	"slices"

	"tongzhou/sync/op"
)

// Held is a live grant: something a user may cite as proof.
type Held struct {
	Op   op.ID // the genesis, grant or admit op
	Role Role
	Dept []byte // nil if of no department
}

// holding is a live grant with what the rules need to compare it.
type holding struct {
	op      op.ID
	measure measure
	age     int32 // order of (lamport, opid)
}

// holdings lists everybody's live grants, strongest first, older first among equals. Users without any are absent.
type holdings map[op.UserID][]holding

func holdingsOf(e *engine) holdings {
	h := holdings{}
	for g := range e.grants {
		if e.live(int32(g)) {
			gr := &e.grants[g]
			h[gr.subject] = append(h[gr.subject], holding{e.vertices[gr.vertex].id, gr.measure, gr.vertex})
		}
	}
	for _, list := range h {
		slices.SortFunc(list, func(a, b holding) int {
			return cmp.Or(a.measure.compare(b.measure), cmp.Compare(a.age, b.age))
		})
	}
	return h
}

func (h holdings) role(u op.UserID) Role {
	if list := h[u]; len(list) > 0 {
		return list[0].measure.class
	}
	return None
}

func (h holdings) roles() map[op.UserID]Role {
	out := make(map[op.UserID]Role, len(h))
	for u := range maps.Keys(h) {
		out[u] = h.role(u)
	}
	return out
}

func (h holdings) of(u op.UserID) []Held {
	out := make([]Held, 0, len(h[u]))
	for _, x := range h[u] {
		held := Held{Op: x.op, Role: x.measure.class}
		if x.measure.dept != "" {
			held.Dept = []byte(x.measure.dept)
		}
		out = append(out, held)
	}
	return out
}

// first returns the strongest grant of u that passes.
func (h holdings) first(u op.UserID, pass func(measure) bool) (op.ID, bool) {
	for _, x := range h[u] {
		if pass(x.measure) {
			return x.op, true
		}
	}
	return op.ID{}, false
}

// proof returns the strongest grant of u if it is at least need.
func (h holdings) proof(u op.UserID, need Role) (op.ID, bool) {
	return h.first(u, func(m measure) bool { return m.class <= need })
}

func (h holdings) mayGrant(u op.UserID, r Role, dept []byte) (op.ID, bool) {
	if checkRole(r, dept) != nil {
		return op.ID{}, false
	}
	return h.first(u, func(m measure) bool { return m.mayGrant(r, string(dept)) })
}

// mayRevoke returns a grant of u that outranks every live grant of subject.
func (h holdings) mayRevoke(u, subject op.UserID) (op.ID, bool) {
	if len(h[subject]) == 0 {
		return op.ID{}, false
	}
	return h.first(u, func(m measure) bool {
		for _, x := range h[subject] {
			if !m.outranks(x.measure) {
				return false
			}
		}
		return true
	})
}

// Proof returns the grant to cite for an act that needs the given role or a stronger one, false if the user has none.
func (s *State) Proof(u op.UserID, need Role) (op.ID, bool) { return s.held.proof(u, need) }

// MayGrant returns the grant by which u may give the role (rule 1), to cite as proof of a grant or invitation.
func (s *State) MayGrant(u op.UserID, r Role, dept []byte) (op.ID, bool) {
	return s.held.mayGrant(u, r, dept)
}

// MayRevoke returns the grant by which u may take everything that subject holds (rule 2).
func (s *State) MayRevoke(u, subject op.UserID) (op.ID, bool) { return s.held.mayRevoke(u, subject) }

// verdicts is the status of every op.
type verdicts map[op.ID]Status

func verdictsOf(e *engine) verdicts {
	out := make(verdicts, len(e.vertices)+len(e.pending))
	for id := range e.pending {
		out[id] = Status{Verdict: Pending}
	}
	for n := range e.vertices {
		st := Status{Verdict: Invalid, Reason: e.reasons[n]}
		switch {
		case e.valid[n]:
			st = Status{Verdict: Valid}
		case e.vertices[n].act.kind == actOther:
			st = Status{Verdict: Ignored}
		}
		out[e.vertices[n].id] = st
	}
	return out
}

package authority_test

import (
	"bytes"
	"cmp"
	"slices"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
)

// model decides by the rules of protocol.md, section 3, word by word: each question is answered by asking all ops, and
// validity by recursion instead of one pass. It shares no code with the package.
type model struct {
	ops   map[op.ID]*simOp
	past  map[op.ID]map[op.ID]bool
	lam   map[op.ID]int
	void  map[op.ID]bool // from a fork on
	memo  map[op.ID]bool
	shape map[op.ID]bool
}

type rank struct {
	class authority.Role
	dept  string
	path  []op.ID
}

func newModel(ops []*simOp) *model {
	m := &model{
		ops: map[op.ID]*simOp{}, past: map[op.ID]map[op.ID]bool{}, lam: map[op.ID]int{},
		void: map[op.ID]bool{}, memo: map[op.ID]bool{}, shape: map[op.ID]bool{},
	}
	for _, o := range ops {
		m.ops[o.ID] = o
		for _, twin := range ops {
			fork := twin.Ref.Device == o.Ref.Device && twin.Ref.Incarnation == o.Ref.Incarnation && twin.Ref.Seq <= o.Ref.Seq
			for _, third := range ops {
				if fork && third != twin && third.Ref == twin.Ref && o.kind != authority.TypeGenesis {
					m.void[o.ID] = true
				}
			}
		}
	}
	for _, o := range ops { // written in causal order
		past := map[op.ID]bool{}
		for _, q := range ops {
			earlier := q.Ref.Device == o.Ref.Device && q.Ref.Incarnation == o.Ref.Incarnation && q.Ref.Seq < o.Ref.Seq
			if slices.Contains(o.Deps, q.ID) || earlier && !m.void[q.ID] {
				past[q.ID] = true
				for k := range m.past[q.ID] {
					past[k] = true
				}
			}
		}
		m.past[o.ID] = past
		for k := range past {
			m.lam[o.ID] = max(m.lam[o.ID], m.lam[k])
		}
		m.lam[o.ID]++
	}
	return m
}

func (m *model) before(a, b op.ID) bool { return m.past[b][a] && !m.void[a] }

func (m *model) older(a, b op.ID) int {
	return cmp.Or(cmp.Compare(m.lam[a], m.lam[b]), bytes.Compare(a[:], b[:]))
}

func (m *model) gives(id op.ID) bool { return gives(m.ops[id].kind) }

// formed: everything about rule 4 that does not depend on the validity of others.
func (m *model) formed(e *simOp) bool {
	if known, ok := m.shape[e.ID]; ok {
		return known
	}
	ok := m.form(e)
	m.shape[e.ID] = ok
	return ok
}

func (m *model) form(e *simOp) bool {
	switch {
	case m.void[e.ID]:
		return false
	case e.kind == authority.TypeGenesis:
		return true
	case e.kind == authority.TypeLeave:
		return m.cert(e, e.by) != nil
	case e.kind == authority.TypeReplaceOwner:
		return e.signed && m.founded(e)
	case e.kind == authority.TypeDeviceLink:
		return m.formLink(e)
	case e.kind == authority.TypeDeviceRevoke && e.form != grant:
		return m.formSignOut(e)
	case !m.before(e.proof, e.ID) || !m.formed(m.ops[e.proof]):
		return false
	case e.kind == authority.TypeAdmit:
		i := m.ops[e.proof]
		return i.kind == authority.TypeInvite && i.key == e.key && !e.expired
	}
	p := m.ops[e.proof]
	if !m.gives(e.proof) || p.subject != e.by || m.cert(e, e.by) == nil {
		return false
	}
	r := m.rank(e.proof)
	switch e.kind {
	case authority.TypeRevoke:
		return r.class <= authority.DeptAdmin
	case authority.TypeDeviceRevoke:
		return r.class <= authority.DeptAdmin && m.certOf(e.device, e) != nil
	case authority.TypeDept, authority.TypePlace, authority.TypeRule:
		return r.class <= authority.Admin
	case authority.TypeCut:
		return r.class <= authority.Member && m.before(e.target, e.ID) && m.formed(m.ops[e.target])
	case authority.TypeInviteCancel:
		return m.before(e.target, e.ID) && m.formed(m.ops[e.target])
	}
	switch r.class { // rule 1 without departments
	case authority.Owner:
		return true
	case authority.Admin:
		return e.role >= authority.Head
	case authority.Head, authority.DeptAdmin:
		return e.role > r.class
	}
	return false
}

// basis is the grant that an op relies on.
func (m *model) basis(e *simOp) op.ID {
	if e.kind == authority.TypeAdmit {
		return m.ops[e.proof].proof
	}
	return e.proof
}

func (m *model) rank(g op.ID) rank {
	o := m.ops[g]
	r := rank{class: o.role, dept: o.dept}
	if o.kind != authority.TypeGenesis && o.kind != authority.TypeReplaceOwner && o.role == authority.Owner {
		r.path = append(slices.Clone(m.rank(m.basis(o)).path), g)
	}
	return r
}

// outranks asks for the removal by: the departments that count are those that do not follow it.
func (m *model) outranks(a, b rank, by op.ID) bool {
	if a.class == authority.Owner && b.class == authority.Owner {
		return cmp.Or(cmp.Compare(len(a.path), len(b.path)), slices.CompareFunc(a.path, b.path, m.older)) < 0
	}
	if a.class >= b.class || a.class > authority.DeptAdmin {
		return false
	}
	return a.class <= authority.Admin || m.within(b.dept, a.dept, by)
}

// hits: rules 2 and 3, and the council above them.
func (m *model) hits(r, g op.ID) bool {
	ro, gr := m.ops[r], m.ops[g]
	base := g
	if gr.kind == authority.TypeAdmit {
		base = gr.proof
	}
	switch ro.kind {
	case authority.TypeLeave:
		return ro.by == gr.subject && m.before(g, r) && (gr.role != authority.Owner || !m.out(ro, ro, m.cert(ro, ro.by), g))
	case authority.TypeReplaceOwner:
		return ro.of == gr.subject && !m.before(r, base)
	}
	return ro.kind == authority.TypeRevoke && ro.subject == gr.subject &&
		m.outranks(m.rank(ro.proof), m.rank(g), r) && !m.before(r, base)
}

// valid: rule 4, and what goes with it in rules 1, 7 and 8.
func (m *model) valid(id op.ID) bool {
	if known, ok := m.memo[id]; ok {
		return known
	}
	ok := m.decide(m.ops[id])
	m.memo[id] = ok
	return ok
}

func (m *model) decide(e *simOp) bool {
	switch {
	case !m.formed(e):
		return false
	case e.kind == authority.TypeGenesis || e.kind == authority.TypeReplaceOwner || e.kind == authority.TypeLeave:
		return true
	case e.kind == authority.TypeDeviceLink:
		return !m.out(e, e, m.cert(e, e.by), op.ID{})
	case e.kind == authority.TypeDeviceRevoke && e.form != grant:
		return e.form != senior || !m.out(e, e, m.cert(e, e.by), op.ID{})
	case !m.valid(e.proof):
		return false
	}
	for r := range m.removals() {
		if m.formed(m.ops[r]) && m.hits(r, m.basis(e)) && !m.before(e.ID, r) && r != e.ID && m.valid(r) &&
			!(m.ops[r].kind == authority.TypeLeave && m.sealed(e, m.basis(e), r)) {
			return false
		}
	}
	if e.kind == authority.TypeAdmit {
		return m.admits(e)
	}
	return !m.out(e, e, m.cert(e, e.by), e.proof) && m.permitted(e)
}

// permitted: what of rule 1 depends on departments, and who may cancel.
func (m *model) permitted(e *simOp) bool {
	r := m.rank(e.proof)
	switch e.kind {
	case authority.TypeInviteCancel:
		i := m.ops[e.target]
		own := i.by == e.by && (r.class < m.rank(i.proof).class || r.class == m.rank(i.proof).class && !m.outranks(m.rank(i.proof), r, e.ID))
		return own || m.outranks(r, m.rank(i.proof), e.ID)
	case authority.TypeGrant, authority.TypeInvite:
		return r.class <= authority.Admin || m.within(e.dept, r.dept, e.ID)
	}
	return true
}

// admits: rule 8.
func (m *model) admits(e *simOp) bool {
	used := 0
	for id, o := range m.ops {
		if o.kind == authority.TypeAdmit && o.proof == e.proof && m.older(id, e.ID) < 0 && m.valid(id) {
			used++
		}
		if o.kind == authority.TypeInviteCancel && o.target == e.proof && !m.before(e.ID, id) && m.formed(o) && m.permitted(o) && m.valid(id) {
			return false
		}
	}
	return used < m.ops[e.proof].uses
}

func (m *model) removals() map[op.ID]*simOp {
	out := map[op.ID]*simOp{}
	for id, o := range m.ops {
		if o.kind == authority.TypeRevoke || o.kind == authority.TypeLeave || o.kind == authority.TypeReplaceOwner {
			out[id] = o
		}
	}
	return out
}

// live: a valid grant that no valid removal hits.
func (m *model) live(g op.ID) bool {
	if !m.gives(g) || !m.valid(g) {
		return false
	}
	for r := range m.removals() {
		if m.valid(r) && m.hits(r, g) {
			return false
		}
	}
	return true
}

func (m *model) roles() map[op.UserID]authority.Role {
	out := map[op.UserID]authority.Role{}
	for id, o := range m.ops {
		if !m.live(id) {
			continue
		}
		if have, ok := out[o.subject.id()]; !ok || o.role < have {
			out[o.subject.id()] = o.role
		}
	}
	return out
}

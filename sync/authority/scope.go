package authority

import (
	"maps"
	"slices"

	"tongzhou/sync/op"
)

// ScopeState says who is a member of a private scope. It is immutable and safe for concurrent use.
type ScopeState struct {
	scope    op.ScopeID
	tag      op.ScopeTag
	kind     ScopeKind
	history  History
	team     *State
	people   map[op.UserID]*person
	view     view
	limits   map[op.UserID][]cutTable // by what was taken in the team
	statuses map[op.ID]Status
	frontier []op.ID
	missing  []op.ID
	digest   [32]byte
}

// EvalScope evaluates the member log of a private scope by the same rules as the team's (rule 9): the founder of a group
// has rank 0, owner and admins of the group grant and revoke, and a member counts while active in the team. Who speaks
// for a device comes from the team's state; ops of devices that it does not know are pending. What somebody removed from
// the team wrote beyond their cut-off has no effect. The ops must be as those of a Log, all from this scope.
func EvalScope(team *State, scope op.ScopeID, tag op.ScopeTag, ops []Op) *ScopeState {
	l := scopeLog{team: team, scope: scope, tag: tag, facts: map[op.ID]*fact{}, parked: map[op.ID]bool{}, founds: map[op.ID]ScopeNew{}}
	missing := map[op.ID]bool{}
	for _, o := range ops {
		l.add(o)
	}
	for _, o := range ops {
		for _, d := range o.Deps {
			if l.facts[d] == nil && !l.parked[d] && !l.parked[o.ID] {
				missing[d] = true
			}
		}
	}
	e := l.eval()
	if limits := l.limits(e, bound); l.cut(limits) {
		e = l.eval()
	}
	s := &ScopeState{scope: scope, tag: tag, team: team, people: map[op.UserID]*person{}, view: e.view, statuses: map[op.ID]Status{}}
	s.fill(e, &l)
	s.limits = l.limits(e, valid)
	s.missing = slices.SortedFunc(maps.Keys(missing), compareIDs)
	return s
}

func (s *ScopeState) fill(e *engine, l *scopeLog) {
	for n := range e.vertices {
		v := &e.vertices[n]
		if v.act.kind == actFound && e.valid[n] {
			s.kind, s.history = l.founds[v.id].Kind, l.founds[v.id].History // the scope id fixes both, so all founding ops agree
		}
	}
	if s.kind == Direct {
		e.keepFoundingOnly()
	}
	d := newDigester("tongzhou/authority/scope/2")
	d.bytes(s.scope[:])
	d.number(uint64(s.kind))
	for _, u := range slices.SortedFunc(maps.Keys(e.given), compareUsers) {
		p := e.describe(u)
		if p.blank() {
			continue
		}
		s.people[u] = p
		if p.active() {
			d.bytes(u[:])
			d.held(p.held)
		}
	}
	s.digest = d.sum()
	for id, f := range l.facts {
		s.statuses[id] = Status{Verdict: Pending}
		if f.placed > 0 {
			s.statuses[id] = e.status(f.placed - 1)
		}
	}
	for id := range l.parked {
		s.statuses[id] = Status{Verdict: Pending}
	}
	s.frontier = frontier(&e.view, slices.Collect(maps.Keys(e.heads)))
}

// keepFoundingOnly undoes leaves, the one act that could change the members of a direct scope: its two people are fixed
// by its id, and a member has no say over grants.
func (e *engine) keepFoundingOnly() {
	clear(e.removals)
	for n := range e.vertices {
		if e.vertices[n].act.kind == actLeave && e.valid[n] {
			e.valid[n], e.reasons[n] = false, ReasonRole
		}
	}
}

// Scope returns the scope's id.
func (s *ScopeState) Scope() op.ScopeID { return s.scope }

// Kind is 0 while no valid scope.new is known; there are no members then.
func (s *ScopeState) Kind() ScopeKind { return s.kind }

// History says what later members read.
func (s *ScopeState) History() History { return max(s.history, WholeHistory) }

// Members returns everybody with a live grant who is active in the team: Owner, Admin or Member.
func (s *ScopeState) Members() map[op.UserID]Role {
	out := map[op.UserID]Role{}
	for u, p := range s.people {
		if p.active() && s.team.Role(u) != None {
			out[u] = p.role()
		}
	}
	return out
}

// Role returns the user's role in the scope, None if not an effective member.
func (s *ScopeState) Role(u op.UserID) Role {
	if s.team.Role(u) == None {
		return None
	}
	return s.held(u).role()
}

func (s *ScopeState) held(u op.UserID) holdings {
	if p := s.people[u]; p != nil {
		return p.held
	}
	return nil
}

// Proof returns the grant to cite for an act that needs the given role in the scope or a stronger one.
func (s *ScopeState) Proof(u op.UserID, need Role) (op.ID, bool) { return s.held(u).proof(need) }

// MayGrant returns the grant by which u may give the role in the scope.
func (s *ScopeState) MayGrant(u op.UserID, r Role) (op.ID, bool) {
	if !scopeRole(r) {
		return op.ID{}, false
	}
	return s.held(u).mayGrant(r, nil, nil)
}

// MayRevoke returns the grant by which u may remove subject from the scope.
func (s *ScopeState) MayRevoke(u, subject op.UserID) (op.ID, bool) {
	return s.held(u).mayRevoke(s.held(subject), nil)
}

// Status returns what became of an op.
func (s *ScopeState) Status(id op.ID) Status { return s.statuses[id] }

// Frontier returns at most MaxDeps ops to cite as the deps of the scope's next control op, newest first.
func (s *ScopeState) Frontier() []op.ID {
	return slices.Clone(s.frontier)
}

// Missing returns the ops that others cite and that are not there, by id; see State.Missing. Ops that wait for the team's
// log to name their device are left out.
func (s *ScopeState) Missing() []op.ID { return slices.Clone(s.missing) }

// Digest is equal for states with the same founding and the same live grants. Activity in the team is left out.
func (s *ScopeState) Digest() [32]byte { return s.digest }

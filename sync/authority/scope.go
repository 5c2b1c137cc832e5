package authority

import (
	"slices"

	"tongzhou/sync/op"
)

// ScopeState says who is a member of a private scope. It is immutable and safe for concurrent use.
type ScopeState struct {
	scope    op.ScopeID
	tag      op.ScopeTag
	kind     ScopeKind
	team     holdings
	held     holdings
	verdicts verdicts
	frontier []op.ID
	missing  []op.ID
	digest   [32]byte
}

// EvalScope evaluates the member log of a private scope by the same rules as the team's (rule 9): the founder of a group
// has rank 0, owner and admins of the group grant and revoke, and a member counts while active in the team. Who speaks
// for a device comes from the team's state; ops of devices that it does not know are pending. The ops must be as those of
// a Log, all from this scope.
func EvalScope(team *State, scope op.ScopeID, tag op.ScopeTag, ops []Op) *ScopeState {
	s := &ScopeState{scope: scope, tag: tag, team: team.held}
	acts := make([]act, len(ops))
	given := make(map[op.ID]bool, len(ops))
	parked := map[op.ID]bool{}
	kinds := make(map[op.ID]ScopeKind)
	var entries []entry
	for i := range ops {
		o := ops[i]
		if given[o.ID] {
			continue
		}
		given[o.ID] = true
		o.Ref.Device = o.Device
		author, known := team.devices[o.Device]
		if !known {
			parked[o.ID] = true
			continue
		}
		var kind ScopeKind
		acts[i], kind = scopeActOf(o, team.team, scope, author.User)
		if acts[i].kind == actFound {
			kinds[o.ID] = kind
		}
		entries = append(entries, entry{op: &o, act: &acts[i]})
	}
	e := newEngine(newGraph(entries, op.ID{}))
	e.authors = func(v int32) []op.UserID {
		return []op.UserID{team.devices[e.vertices[v].ref.Device].User}
	}
	e.run()
	e.missing = slices.DeleteFunc(e.missing, func(id op.ID) bool { return parked[id] })
	s.fill(e, kinds)
	for id := range parked {
		s.verdicts[id] = Status{Verdict: Pending}
	}
	return s
}

func (s *ScopeState) fill(e *engine, kinds map[op.ID]ScopeKind) {
	for n := range e.vertices {
		v := &e.vertices[n]
		if v.act.kind == actFound && e.valid[n] {
			s.kind = kinds[v.id] // the scope id fixes it, so all founding ops agree
		}
	}
	if s.kind == Direct {
		e.keepFoundingOnly()
	}
	s.held, s.verdicts, s.frontier, s.missing = holdingsOf(e), verdictsOf(e), e.frontier(), e.missing
	d := newDigester("tongzhou/authority/scope")
	d.bytes(s.scope[:])
	d.number(uint64(s.kind))
	d.holdings(s.held)
	s.digest = d.sum()
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
func (s *ScopeState) History() History { return WholeHistory }

// Members returns everybody with a live grant who is active in the team: Owner, Admin or Member.
func (s *ScopeState) Members() map[op.UserID]Role {
	out := map[op.UserID]Role{}
	for u, r := range s.held.roles() {
		if s.team.role(u) != None {
			out[u] = r
		}
	}
	return out
}

// Role returns the user's role in the scope, None if not an effective member.
func (s *ScopeState) Role(u op.UserID) Role {
	if s.team.role(u) == None {
		return None
	}
	return s.held.role(u)
}

// Proof returns the grant to cite for an act that needs the given role in the scope or a stronger one.
func (s *ScopeState) Proof(u op.UserID, need Role) (op.ID, bool) { return s.held.proof(u, need) }

// MayGrant returns the grant by which u may give the role in the scope.
func (s *ScopeState) MayGrant(u op.UserID, r Role) (op.ID, bool) {
	if !scopeRole(r) {
		return op.ID{}, false
	}
	return s.held.mayGrant(u, r, nil)
}

// MayRevoke returns the grant by which u may remove subject from the scope.
func (s *ScopeState) MayRevoke(u, subject op.UserID) (op.ID, bool) {
	return s.held.mayRevoke(u, subject)
}

// Status returns what became of an op.
func (s *ScopeState) Status(id op.ID) Status { return s.verdicts[id] }

// Frontier returns at most MaxDeps ops to cite as the deps of the scope's next control op, newest first.
func (s *ScopeState) Frontier() []op.ID {
	return slices.Clone(s.frontier[:min(len(s.frontier), MaxDeps)])
}

// Missing returns the ops that others cite and that are not there, by id; see State.Missing. Ops that wait for the team's
// log to name their device are left out.
func (s *ScopeState) Missing() []op.ID { return slices.Clone(s.missing) }

// Digest is equal for states with the same founding and the same live grants. Activity in the team is left out.
func (s *ScopeState) Digest() [32]byte { return s.digest }

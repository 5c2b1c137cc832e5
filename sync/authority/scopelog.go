package authority

import (
	"errors"
	"slices"

	"tongzhou/sync/op"
)

// scopeLog is the log of a private scope on its way to a ScopeState.
type scopeLog struct {
	team   *State
	scope  op.ScopeID
	tag    op.ScopeTag
	facts  map[op.ID]*fact
	parked map[op.ID]bool // of devices that the team does not know
	founds map[op.ID]ScopeNew
}

// errCut is the cause of an op that lies beyond what counts of its feed.
var errCut = errors.New("beyond the cut-off")

func (l *scopeLog) add(o Op) {
	if l.facts[o.ID] != nil || l.parked[o.ID] {
		return
	}
	o.Ref.Device = o.Device
	author, known := l.team.devices.get(o.Device)
	if !known {
		l.parked[o.ID] = true
		return
	}
	f := &fact{op: o}
	var found ScopeNew
	f.act, found = scopeActOf(o, l.team.team, l.scope, author)
	if f.act.kind == actFound {
		l.founds[o.ID] = found
	}
	l.facts[o.ID] = f
}

func (l *scopeLog) eval() *engine {
	e := newEngine(l.team.team, op.ID{})
	e.all = true
	e.users = func(n int32) []speaker {
		user, _ := l.team.devices.get(e.vertices[n].ref.Device)
		return []speaker{{user, -1}}
	}
	for _, f := range e.load(l.facts) {
		e.place(f, e.enter)
	}
	e.settle()
	return e
}

// cut marks ops beyond the limits as void and tells whether there are any. They stay in the causal order: people cited them
// before they knew.
func (l *scopeLog) cut(limits map[op.UserID][]cutTable) (any bool) {
	for _, f := range l.facts {
		user, _ := l.team.devices.get(f.op.Device)
		seq, cut := lowest(limits[user], l.tag, f.feed(), l.team.ActiveDevice(f.op.Device))
		if cut && f.op.Ref.Seq > seq {
			f.act = act{kind: f.act.kind, err: errCut}
			any = true
		}
	}
	return any
}

// Which scope.cut ops count: for the scope's own log those that are bound, because their validity is what the limits decide
// about; for content those that are valid.
func bound(e *engine, n int32) bool { return e.bound[n].reason == "" }
func valid(e *engine, n int32) bool { return e.valid[n] }

// pendingTable is a removal from the team whose statements in this scope are to be added.
type pendingTable struct {
	user  op.UserID
	table cutTable
}

// limits returns for everyone who was named or wrote here and was removed from the team, how far they had written as far as this scope
// is concerned. Statements by people who were removed themselves count if their own removal is later and they are within
// its limit, so removals are looked at from the last to the first.
func (l *scopeLog) limits(e *engine, counts func(*engine, int32) bool) map[op.UserID][]cutTable {
	var list []pendingTable
	seen := map[op.UserID]bool{}
	gather := func(user op.UserID) {
		if p := l.team.person(user); p != nil && !seen[user] && len(p.takings) > 0 {
			seen[user] = true
			for _, t := range p.work(&l.team.view).tables {
				list = append(list, pendingTable{user, t})
			}
		}
	}
	for u := range e.given {
		gather(u)
	}
	for _, f := range l.facts {
		user, _ := l.team.devices.get(f.op.Device)
		gather(user)
	}
	slices.SortStableFunc(list, func(a, b pendingTable) int { return l.team.view.older(b.table.vertex, a.table.vertex) })
	said := map[op.ID][]int32{}
	for n := range e.vertices {
		if v := &e.vertices[n]; v.act.kind == actCut && counts(e, int32(n)) {
			said[v.act.target] = append(said[v.act.target], int32(n))
		}
	}
	out := map[op.UserID][]cutTable{}
	for _, p := range list {
		var sources []cutSource
		for _, n := range said[l.team.view.vertices[p.table.vertex].id] {
			if by := &e.grants[e.bound[n].basis]; l.trusts(out[by.subject], &e.vertices[n], p.table.vertex) {
				sources = append(sources, cutSource{by: by.subject, class: by.measure.class, cuts: e.vertices[n].act.cuts})
			}
		}
		out[p.user] = append(out[p.user], p.table.with(sources))
	}
	return out
}

// trusts tells whether the author of a statement about a removal still had a say: is active, or was removed later and wrote
// it within their own limit.
func (l *scopeLog) trusts(later []cutTable, v *vertex, removal int32) bool {
	if l.team.ActiveDevice(v.ref.Device) {
		return true
	}
	user, _ := l.team.devices.get(v.ref.Device)
	for _, t := range l.team.person(user).work(&l.team.view).tables {
		if t.binding && l.team.view.older(t.vertex, removal) <= 0 {
			return false
		}
	}
	seq, cut := lowest(later, l.tag, Feed{v.ref.Device, v.ref.Incarnation}, false)
	return !cut || v.ref.Seq <= seq
}

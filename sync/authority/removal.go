package authority

import (
	"slices"

	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// Standing is what has become of a person.
type Standing uint8

// The standings.
const (
	StandingUnknown Standing = iota // never had a role
	StandingActive
	StandingFrozen  // until a grant (R16)
	StandingRemoved // by somebody else
	StandingLeft
)

func (s Standing) String() string {
	return [...]string{"unknown", "active", "frozen", "removed", "left"}[s]
}

// Removal is a valid op that took something from a person: a revoke, leave, device.revoke or act of the council.
type Removal struct {
	Op         op.ID
	By         op.UserID
	ByDevice   op.DeviceID
	Subject    op.UserID
	Device     op.DeviceID // of a device.revoke; zero otherwise
	At         hlc.Time
	Mode       Mode
	Left       bool // by the person
	FormerRole Role // the strongest role that it took; None of a device.revoke
	FormerDept []byte
	Cuts       []Cut // of the op itself; see Cut for what counts
}

// Standing returns what has become of a person.
func (s *State) Standing(u op.UserID) Standing {
	if s.Role(u) != None {
		return StandingActive
	}
	r, ok := s.Removal(u)
	switch {
	case !ok:
		return StandingUnknown
	case r.Left:
		return StandingLeft
	case r.Mode == Frozen:
		return StandingFrozen
	}
	return StandingRemoved
}

// Removal returns how a person who has no role now came to have none; false for everybody else. A removal that follows a
// freeze counts, not the freeze.
func (s *State) Removal(u op.UserID) (Removal, bool) {
	p := s.person(u)
	if p == nil || p.active() {
		return Removal{}, false
	}
	ev := p.work(&s.view)
	if ev.current < 0 {
		return Removal{}, false
	}
	return ev.removals[ev.current], true
}

// Removals returns every removal that took something, in the order (lamport, opid). The slice is shared and must not change.
func (s *State) Removals() []Removal {
	s.lazy.removals.Do(func() {
		type found struct {
			vertex int32
			Removal
		}
		var all []found
		s.people.each(func(_ op.UserID, p *person) {
			ev := p.work(&s.view)
			for i, r := range ev.removals {
				all = append(all, found{ev.tables[i].vertex, r})
			}
		})
		slices.SortStableFunc(all, func(a, b found) int { return s.view.older(a.vertex, b.vertex) })
		for _, f := range all {
			s.lazy.taken = append(s.lazy.taken, f.Removal)
		}
	})
	return s.lazy.taken
}

// work finds out which removals took something from the person, and what.
func (p *person) work(v *view) *evidence {
	p.evidence.once.Do(func() { p.evidence.fill(p, v) })
	return p.evidence
}

func (ev *evidence) fill(p *person, v *view) {
	ev.current = -1
	newest := len(p.grants) - 1
	for i := range p.takings {
		t := &p.takings[i]
		r := t.removal(p, v)
		table := cutTable{taking: t, vertex: t.vertex, mode: t.mode, by: t.by, device: t.device, binding: t.ended}
		if !t.device.IsZero() && !t.ended {
			continue
		}
		if t.device.IsZero() {
			role, dept, took := ev.former(t, p, v)
			if !took {
				continue
			}
			if r.FormerRole = role; dept != "" {
				r.FormerDept = []byte(dept)
			}
			table.binding = t.hits(&p.grants[newest], v)
			if table.binding && (ev.current < 0 || r.Mode != Frozen || ev.removals[ev.current].Mode == Frozen) {
				ev.current = len(ev.removals)
			}
		}
		table.join(t.cuts)
		ev.removals = append(ev.removals, r)
		ev.tables = append(ev.tables, table)
	}
}

// former tells what the person was before a removal, false if it took nothing: the strongest grant that it hit and the
// removal before it did not, of equals the newest. Where there is none, as after a freeze, they were what they had been then.
func (ev *evidence) former(t *taking, p *person, v *view) (role Role, dept string, took bool) {
	var before *taking
	last := len(ev.tables) - 1
	for ; last >= 0 && before == nil; last-- {
		if table := &ev.tables[last]; table.device.IsZero() && v.before(table.vertex, t.vertex) {
			before = table.taking
			role, dept = ev.removals[last].FormerRole, string(ev.removals[last].FormerDept)
		}
	}
	fresh := -1
	for g := range p.grants {
		gr := &p.grants[g]
		if !t.hits(gr, v) {
			continue
		}
		took = true
		if before != nil && before.hits(gr, v) {
			continue
		}
		if fresh < 0 || gr.measure.compare(p.grants[fresh].measure) <= 0 {
			fresh = g
		}
	}
	if fresh >= 0 {
		role, dept = p.grants[fresh].measure.class, p.grants[fresh].measure.dept
	}
	return role, dept, took
}

func (t *taking) removal(p *person, v *view) Removal {
	x := &v.vertices[t.vertex]
	r := Removal{
		Op: x.id, By: t.by, ByDevice: x.ref.Device, Subject: p.id, Device: t.device, At: x.clock,
		Mode: t.mode, Left: t.kind == actLeave, FormerRole: None, Cuts: x.act.cuts,
	}
	return r
}

// hits is rules 2 and 3 for one grant.
func (t *taking) hits(g *grant, v *view) bool {
	switch t.kind {
	case actLeave:
		return v.before(g.vertex, t.vertex) && !slices.Contains(t.spared, g.vertex)
	case actCouncil:
		return !v.before(t.vertex, g.base)
	}
	return t.measure.outranks(g.measure, t.tree) && !v.before(t.vertex, g.base)
}

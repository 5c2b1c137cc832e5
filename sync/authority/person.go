package authority

import (
	"bytes"
	"cmp"
	"slices"
	"sync"

	"tongzhou/sync/op"
)

// person is what a state knows of somebody. It never changes; states share it.
type person struct {
	id       op.UserID
	user     User      // zero if nobody certified them
	held     []holding // live grants, strongest first, older first among equals
	devices  []Device  // all of theirs, in the order in which they were added
	place    []byte    // by the last placement
	placed   bool
	grants   []grant  // valid ones, oldest first
	takings  []taking // valid removals, in the order (lamport, opid)
	digest   [32]byte
	evidence *evidence
}

// evidence is what is worked out of a person when somebody asks.
type evidence struct {
	once     sync.Once
	removals []Removal // that took something, in the order (lamport, opid)
	current  int       // the one by which they have no role now; -1
	tables   []cutTable
}

// taking is a valid removal as it concerns one person.
type taking struct {
	vertex  int32
	kind    actKind
	mode    Mode
	by      op.UserID
	measure measure // what a revoke relies on
	tree    *tree
	spared  []int32     // leave: ops whose grants its device could not give up
	device  op.DeviceID // device.revoke
	ended   bool        // device.revoke: it counts now
	cuts    []cutSource
}

// cutSource is one statement of how far people wrote.
type cutSource struct {
	by    op.UserID
	class Role
	cuts  []Cut
	self  bool // the removal itself
}

func (p *person) active() bool { return p != nil && len(p.held) > 0 }

func (p *person) role() Role {
	if !p.active() {
		return None
	}
	return p.held[0].measure.class
}

func (p *person) known() bool { return p.user.RootPub != nil }

func (p *person) blank() bool {
	return !p.known() && len(p.held) == 0 && len(p.takings) == 0 && !p.placed
}

// describe works out what there is to know of somebody.
func (e *engine) describe(u op.UserID) *person {
	p := &person{id: u, evidence: &evidence{}}
	for _, g := range e.given[u] {
		gr := &e.grants[g]
		if !e.valid[gr.vertex] {
			continue
		}
		p.grants = append(p.grants, *gr)
		if !e.taken(g, -1) {
			p.held = append(p.held, holding{e.vertices[gr.vertex].id, gr.measure, gr.vertex})
		}
	}
	slices.SortFunc(p.grants, func(a, b grant) int { return e.older(a.vertex, b.vertex) })
	slices.SortFunc(p.held, func(a, b holding) int {
		return cmp.Or(a.measure.compare(b.measure), e.older(a.vertex, b.vertex))
	})
	if list := e.places[u]; len(list) > 0 {
		p.placed, p.place = true, e.vertices[list[len(list)-1]].act.place
	}
	if roots := e.roots[u]; len(roots) > 0 {
		first := slices.MinFunc(roots, e.older)
		id := e.vertices[first].act.identity
		p.user = User{
			ID: u, RootPub: id.rootPub, RootBox: id.rootBox, Role: p.role(),
			Admitted: e.vertices[first].id, At: e.vertices[first].clock,
		}
	}
	e.describeDevices(u, p)
	for _, n := range e.removals[u].all() {
		p.takings = append(p.takings, e.takingOf(n, u))
	}
	for _, d := range p.devices {
		for _, n := range e.signOuts[d.ID].all() {
			t := e.takingOf(n, u)
			t.device, t.ended = d.ID, d.Revoked
			p.takings = append(p.takings, t)
		}
	}
	slices.SortFunc(p.takings, func(a, b taking) int { return e.older(a.vertex, b.vertex) })
	p.digest = e.digestOf(p)
	return p
}

func (e *engine) takingOf(n int32, u op.UserID) taking {
	v, b := &e.vertices[n], &e.bound[n]
	t := taking{vertex: n, kind: v.act.kind, mode: max(v.act.mode, Removed), by: u, tree: e.judged[n]}
	switch {
	case b.basis >= 0:
		t.by, t.measure = e.grants[b.basis].subject, e.grants[b.basis].measure
	case v.act.kind == actCouncil:
		t.by = op.UserID{}
	case v.act.kind == actLeave:
		for _, g := range e.given[u] {
			if gr := &e.grants[g]; gr.measure.class == Owner && e.signedOut(n, b.cert, g) {
				t.spared = append(t.spared, gr.vertex)
			}
		}
	}
	t.cuts = append(t.cuts, cutSource{by: t.by, cuts: v.act.cuts, self: true})
	for _, c := range e.cutOps[n] {
		by := &e.grants[e.bound[c].basis]
		t.cuts = append(t.cuts, cutSource{by: by.subject, class: by.measure.class, cuts: e.vertices[c].act.cuts})
	}
	return t
}

// describeDevices lists the devices of u. The first certificate of a device says what it is; the best one that still counts
// says where it stands.
func (e *engine) describeDevices(u op.UserID, p *person) {
	type added struct {
		d    Device
		cert int32
	}
	var list []added
	for _, device := range e.devicesOf(u) {
		owner, first := e.owner(device)
		if owner != u {
			continue
		}
		c := e.vertices[first].act.identity.cert
		d := Device{ID: device, User: u, SignPub: c.SignPub, BoxPub: c.BoxPub, PeerPub: c.PeerPub, Name: c.Name}
		best, active := int32(-1), false
		for _, x := range e.certs[device] {
			if e.vertices[x].act.identity.user != u {
				continue
			}
			counts := !e.out(x, p.held)
			if best < 0 || counts && !active || counts == active && cmp.Or(e.seniority(x, best), e.older(x, best)) < 0 {
				best, active = x, counts
			}
		}
		v := &e.vertices[best]
		d.Depth, d.Linked, d.At, d.Revoked = int(e.bound[best].depth), v.id, v.clock, !active
		if d.Depth > 1 {
			d.LinkedBy = v.ref.Device
		}
		list = append(list, added{d, first})
	}
	slices.SortFunc(list, func(a, b added) int { return e.older(a.cert, b.cert) })
	for _, a := range list {
		p.devices = append(p.devices, a.d)
		if !a.d.Revoked {
			p.user.Devices = append(p.user.Devices, a.d)
		}
	}
}

// out reports whether a device is signed out now, as far as it rests on the given certificate: by its person, or by
// somebody who outranks everything that its person holds, except for what was given after that.
func (e *engine) out(cert int32, held []holding) bool {
	for at := int32(-1); cert >= 0; at, cert = cert, e.bound[cert].cert {
		for _, l := range e.signOuts[e.vertices[cert].act.identity.cert.DeviceID()] {
			r := l.ops[0]
			if at >= 0 && e.before(at, r) {
				continue
			}
			spares := func(h holding) bool {
				return !e.grants[l.basis].measure.outranks(h.measure, l.tree) && !e.before(r, h.vertex)
			}
			if l.basis < 0 && e.ends(l, cert, -1) || l.basis >= 0 && !slices.ContainsFunc(held, spares) {
				return true
			}
		}
		if e.bound[cert].depth <= 1 {
			break
		}
	}
	return false
}

// devicesOf lists the devices that were certified for u.
func (e *engine) devicesOf(u op.UserID) []op.DeviceID {
	var out []op.DeviceID
	for _, n := range e.certified[u] {
		if d := e.vertices[n].act.identity.cert.DeviceID(); !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	return out
}

func (e *engine) digestOf(p *person) [32]byte {
	d := newDigester("tongzhou/authority/person")
	d.bytes(p.user.RootPub)
	d.bytes(p.user.RootBox)
	d.held(p.held)
	d.number(uint64(len(p.devices)))
	for _, v := range p.devices {
		for _, field := range [][]byte{v.SignPub, v.BoxPub, v.PeerPub, []byte(v.Name), v.LinkedBy[:]} {
			d.bytes(field)
		}
		d.number(uint64(v.Depth))
		d.flag(v.Revoked)
	}
	d.flag(p.placed)
	d.bytes(p.place)
	for _, t := range p.takings {
		if t.kind != actLeave { // one that took nothing is nothing
			d.bytes(e.vertices[t.vertex].id[:])
		}
		for _, c := range e.cutOps[t.vertex] {
			d.bytes(e.vertices[c].id[:])
		}
	}
	return d.sum()
}

// holding is a live grant with what the rules need to compare it.
type holding struct {
	op      op.ID
	measure measure
	vertex  int32
}

func compareUsers(a, b op.UserID) int { return bytes.Compare(a[:], b[:]) }

package authority_test

import (
	"bytes"
	"cmp"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
)

// This file is the part of the model that knows of devices and departments.

// certifies: op c says that the device belongs to its author's person.
func (m *model) certifies(c *simOp, device op.DeviceID) bool {
	switch c.kind {
	case authority.TypeGenesis, authority.TypeAdmit:
		return c.Device == device
	case authority.TypeDeviceLink:
		return c.device == device
	}
	return false
}

// certOf is the best certificate of a device in the past of op e.
func (m *model) certOf(device op.DeviceID, e *simOp) *simOp {
	var best *simOp
	for id, c := range m.ops {
		if !m.certifies(c, device) || !m.before(id, e.ID) || !m.formed(c) {
			continue
		}
		if best == nil || cmp.Or(m.seniority(c, best), m.older(c.ID, best.ID)) < 0 {
			best = c
		}
	}
	return best
}

// cert is the best certificate by which the author's device speaks for the person. In the histories no device has two.
func (m *model) cert(e *simOp, _ *person) *simOp {
	if (e.kind == authority.TypeGenesis || e.kind == authority.TypeAdmit || e.kind == authority.TypeDeviceLink && e.form == byRoot) && m.formed(e) {
		return e
	}
	return m.certOf(e.Device, e)
}

func (m *model) depth(c *simOp) int {
	if c.kind == authority.TypeDeviceLink && c.form != byRoot {
		return m.depth(m.cert(c, c.by)) + 1
	}
	return 1
}

func (m *model) seniority(a, b *simOp) int {
	da, db := m.depth(a), m.depth(b)
	if da == db && da > 1 {
		return m.older(a.ID, b.ID)
	}
	return cmp.Compare(da, db)
}

func (m *model) founded(e *simOp) bool {
	for id, o := range m.ops {
		if o.kind == authority.TypeGenesis && m.before(id, e.ID) {
			return true
		}
	}
	return false
}

// rooted: the person's root is known in the past of e.
func (m *model) rooted(e *simOp) bool {
	for id, o := range m.ops {
		root := o.kind == authority.TypeGenesis || o.kind == authority.TypeAdmit
		if root && o.by == e.by && m.before(id, e.ID) && m.formed(o) {
			return true
		}
	}
	return false
}

func (m *model) formLink(e *simOp) bool {
	depth := 1
	if e.form == byRoot {
		if !m.rooted(e) {
			return false
		}
	} else {
		by := m.certOf(e.Device, e)
		if by == nil || m.depth(by) >= authority.MaxLinkDepth {
			return false
		}
		depth = m.depth(by) + 1
	}
	known := m.certOf(e.device, e)
	return known == nil || m.depth(known) > depth
}

func (m *model) formSignOut(e *simOp) bool {
	own, target := m.certOf(e.Device, e), m.certOf(e.device, e)
	if own == nil || target == nil || !m.rooted(e) {
		return false
	}
	return e.form == byRoot || e.form == self || m.seniority(own, target) < 0
}

// out: a device on the way from the root to what acts by certificate c had lost its rights over grant g before x, and with
// it before e, for which the question is asked.
func (m *model) out(e, x, c *simOp, g op.ID) bool {
	for id, r := range m.ops {
		if r.kind != authority.TypeDeviceRevoke || id == x.ID || !m.certifies(c, r.device) || !m.formed(r) || m.before(x.ID, id) {
			continue
		}
		own := r.form == byRoot || r.form == self || r.form == senior && m.seniority(m.cert(r, r.by), c) < 0
		ends := own && !m.sealed(e, g, id) || r.form == grant && !g.IsZero() && m.outranks(m.rank(r.proof), m.rank(g), id)
		if ends && m.valid(id) {
			return true
		}
	}
	if m.depth(c) > 1 {
		return m.out(e, c, m.cert(c, c.by), g)
	}
	return false
}

// sealed: e had been known to somebody who took g, and r had not.
func (m *model) sealed(e *simOp, g, r op.ID) bool {
	if g.IsZero() {
		return false
	}
	for id, o := range m.removals() {
		if !m.formed(o) || !m.before(e.ID, id) || m.before(r, id) {
			continue
		}
		if leaves := o.kind == authority.TypeLeave; leaves && o.by == m.ops[g].subject && m.before(g, id) || !leaves && m.hits(id, g) && m.valid(id) {
			return true
		}
	}
	return false
}

// within: dept is root or below it, by the valid org.dept ops that do not follow e.
func (m *model) within(dept, root string, e op.ID) bool {
	var ops []*simOp
	for id, o := range m.ops {
		if o.kind == authority.TypeDept && !m.before(e, id) && m.valid(id) {
			ops = append(ops, o)
		}
	}
	return dept != "" && m.below(m.fold(ops), dept, root)
}

func (m *model) below(up map[string]string, dept, root string) bool {
	for at, ok := dept, true; ok && at != ""; at, ok = up[at] {
		if at == root {
			return true
		}
	}
	return false
}

// fold says for every department what is above it or, where it is gone, who took over.
func (m *model) fold(ops []*simOp) map[string]string {
	up := map[string]string{}
	for len(ops) > 0 {
		first := 0
		for i := range ops {
			if m.older(ops[i].ID, ops[first].ID) < 0 {
				first = i
			}
		}
		d := ops[first].org
		ops = append(ops[:first:first], ops[first+1:]...)
		fits := func(to []byte) bool {
			_, known := up[string(to)]
			return len(to) == 0 || known && !m.below(up, string(to), string(d.Dept)) && !bytes.Equal(to, d.Dept)
		}
		_, known := up[string(d.Dept)]
		switch {
		case !d.Gone && fits(d.Parent):
			up[string(d.Dept)] = string(d.Parent)
		case d.Gone && known && len(d.Into) > 0 && fits(d.Into):
			up[string(d.Dept)] = string(d.Into)
		}
	}
	return up
}

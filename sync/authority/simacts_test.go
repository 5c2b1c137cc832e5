package authority_test

import (
	"slices"

	"pgregory.net/rapid"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
)

func gives(kind string) bool {
	switch kind {
	case authority.TypeGenesis, authority.TypeGrant, authority.TypeAdmit, authority.TypeReplaceOwner:
		return true
	}
	return false
}

func removes(kind string) bool {
	switch kind {
	case authority.TypeRevoke, authority.TypeLeave, authority.TypeDeviceRevoke, authority.TypeReplaceOwner:
		return true
	}
	return false
}

// device draws one of p's devices that p believes to be certified, mostly the first.
func (s *sim) device(p *person) int {
	if rapid.IntRange(0, 2).Draw(s.rt, "first device") > 0 {
		return 0
	}
	var out []int
	for _, o := range s.known(p) {
		if o.kind == authority.TypeDeviceLink && o.by == p {
			out = append(out, deviceIndex(p, o.device))
		}
	}
	if len(out) == 0 {
		return 0
	}
	return rapid.SampledFrom(out).Draw(s.rt, "device")
}

func deviceIndex(p *person, id op.DeviceID) int {
	for i, d := range p.devices {
		if d.ID == id {
			return i
		}
	}
	return -1
}

// deviceAct links a device of p or signs one out, p's own or somebody else's.
func (s *sim) deviceAct(p *person, known []*simOp, incarnation uint32, device int) bool {
	deps := heads(known)
	if rapid.Bool().Draw(s.rt, "links") {
		to, f := rapid.IntRange(1, deviceCount-1).Draw(s.rt, "new device"), senior
		if rapid.IntRange(0, 4).Draw(s.rt, "by words") == 0 {
			f, device = byRoot, to
		}
		if f == senior && to == device {
			return false
		}
		s.add(&simOp{
			Op:   s.write(p.devices[device], incarnation, authority.TypeDeviceLink, linking(p, to, f == byRoot), deps...),
			kind: authority.TypeDeviceLink, by: p, device: p.devices[to].ID, form: f,
		})
		return true
	}
	of, f := p, rapid.SampledFrom([]form{senior, senior, byRoot, self, grant, grant}).Draw(s.rt, "form")
	out := authority.DeviceRevoke{Mode: rapid.SampledFrom([]authority.Mode{1, 2}).Draw(s.rt, "mode")}
	target := rapid.IntRange(0, 2).Draw(s.rt, "target")
	switch f {
	case self:
		target = device
	case grant:
		of = rapid.SampledFrom(people()[:6]).Draw(s.rt, "of")
		var proofs []*simOp
		for _, o := range known {
			if o.subject == p && gives(o.kind) && o.sound {
				proofs = append(proofs, o)
			}
		}
		if len(proofs) == 0 {
			return false
		}
		out.Proof = rapid.SampledFrom(proofs).Draw(s.rt, "proof").ID
	}
	if f != self && target == device && of == p {
		if target = device - 1; device == 0 {
			target = 1
		}
	}
	out.Device = of.devices[target].ID
	if f == byRoot {
		out.RootSig = authority.SignDeviceRevocation(p.root.Sign, team, out.Device, p.devices[device].ID)
	}
	s.add(&simOp{
		Op:   s.write(p.devices[device], incarnation, authority.TypeDeviceRevoke, out, deps...),
		kind: authority.TypeDeviceRevoke, by: p, device: out.Device, form: f, proof: out.Proof, mode: out.Mode,
	})
	return true
}

// otherAct does what admins do besides roles.
func (s *sim) otherAct(p *person, known []*simOp, incarnation uint32, device int, proof *simOp) bool {
	deps := heads(known)
	write := func(kind string, payload any, o simOp) bool {
		o.Op = s.write(p.devices[device], incarnation, kind, payload, deps...)
		o.kind, o.by, o.proof = kind, p, proof.ID
		s.add(&o)
		return true
	}
	pick := func(match func(*simOp) bool) *simOp {
		list := slices.DeleteFunc(slices.Clone(known), func(o *simOp) bool { return !match(o) })
		if len(list) == 0 {
			return nil
		}
		return rapid.SampledFrom(list).Draw(s.rt, "picked")
	}
	switch rapid.IntRange(0, 7).Draw(s.rt, "other act") {
	case 0, 1, 2:
		d := authority.OrgDept{Dept: []byte(rapid.SampledFrom(depts).Draw(s.rt, "which")), Proof: proof.ID}
		if rapid.Bool().Draw(s.rt, "below") {
			d.Parent = []byte(rapid.SampledFrom(depts).Draw(s.rt, "parent"))
		}
		if d.Gone = rapid.IntRange(0, 3).Draw(s.rt, "gone") == 0; d.Gone && rapid.Bool().Draw(s.rt, "merged") {
			d.Into = []byte(rapid.SampledFrom(depts).Draw(s.rt, "into"))
		}
		return write(authority.TypeDept, d, simOp{org: d})
	case 3:
		x := rapid.SampledFrom(people()[:6]).Draw(s.rt, "placed")
		dept := rapid.SampledFrom(depts).Draw(s.rt, "where")
		return write(authority.TypePlace, authority.OrgPlace{User: x.id(), Dept: []byte(dept), Proof: proof.ID}, simOp{subject: x, dept: dept})
	case 4:
		key := rapid.SampledFrom([]string{"a", "b"}).Draw(s.rt, "rule")
		return write(authority.TypeRule, authority.Rule{Key: key, Value: []byte{byte(rapid.IntRange(0, 9).Draw(s.rt, "value"))}, Proof: proof.ID}, simOp{})
	case 5:
		if r := pick(func(o *simOp) bool { return removes(o.kind) }); r != nil {
			return write(authority.TypeCut, authority.Cuts{Removal: r.ID, Cuts: s.cuts(), Proof: proof.ID}, simOp{target: r.ID})
		}
	case 6:
		if s.quiet || rapid.IntRange(0, 2).Draw(s.rt, "council meets") > 0 {
			return false
		}
		x, of := rapid.SampledFrom(people()[:6]).Draw(s.rt, "subject"), rapid.SampledFrom(people()[:6]).Draw(s.rt, "replaces")
		if x == of {
			return false
		}
		signers := [][]int{{0, 1}, {2, 0}, {1}}[rapid.IntRange(0, 2).Draw(s.rt, "signers")]
		r := replacing(s.next(p.devices[device], incarnation), x, of, signers...)
		o := simOp{subject: x, role: authority.Owner, signed: len(signers) > 1, sound: len(signers) > 1, of: of}
		o.Op = s.write(p.devices[device], incarnation, authority.TypeReplaceOwner, r, deps...)
		o.kind, o.by = authority.TypeReplaceOwner, p
		s.add(&o)
		return true
	default:
		if i := pick(func(o *simOp) bool { return o.kind == authority.TypeInvite }); i != nil {
			return write(authority.TypeInviteCancel, authority.InviteCancel{Invite: i.ID, Proof: proof.ID}, simOp{target: i.ID})
		}
	}
	return false
}

// cuts draws statements about the first devices of some people in two scopes.
func (s *sim) cuts() []authority.Cut {
	var out []authority.Cut
	for range rapid.IntRange(1, 3).Draw(s.rt, "cuts") {
		out = append(out, authority.Cut{
			Scope:       op.ScopeTag{byte(rapid.IntRange(1, 2).Draw(s.rt, "scope"))},
			Device:      rapid.SampledFrom(people()[:6]).Draw(s.rt, "cut off").devices[rapid.IntRange(0, 1).Draw(s.rt, "device")].ID,
			Incarnation: uint32(rapid.IntRange(1, 2).Draw(s.rt, "incarnation")),
			Seq:         uint64(rapid.IntRange(0, 9).Draw(s.rt, "seq")),
		})
	}
	return out
}

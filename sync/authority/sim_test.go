package authority_test

import (
	"fmt"
	"maps"
	"slices"

	"pgregory.net/rapid"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
)

// simOp is an op together with what it means, for the model and for choosing the next one.
type simOp struct {
	authority.Op
	kind    string
	by      *person // the person whose device wrote it
	subject *person // grant, revoke; admit: the person who joins
	role    authority.Role
	dept    string
	proof   op.ID // admit: the invitation
	key     int   // invite, admit: which invitation key
	uses    int
	expired bool        // admit: written after the invitation expired
	device  op.DeviceID // link, device.revoke: which one
	form    form        // link, device.revoke
	mode    authority.Mode
	org     authority.OrgDept
	target  op.ID   // cancel: the invitation. cut: the removal
	signed  bool    // council: by enough keys
	of      *person // council: who is replaced
	sound   bool    // as far as the writer can tell, this gives what it says
}

// GoString keeps the report of a failing history readable.
func (o *simOp) GoString() string {
	to := ""
	if o.subject != nil {
		to = " to " + o.subject.name
	}
	return fmt.Sprintf("%x %s by %s/%d.%d%s as %v %s by proof %x", o.ID[:3], o.kind, o.by.name, o.Ref.Incarnation, o.Ref.Seq, to, o.role, o.dept, o.proof[:3])
}

// sim is a random history: people who know different parts of the log, write, and meet.
type sim struct {
	*log
	rt    *rapid.T
	all   []*simOp
	seen  map[*person]map[op.ID]bool
	forks bool // may a device write two ops in one place
	quiet bool // nobody calls the council
	eager bool // leaving and devices are as likely as all else
}

// form is how a device is linked or signed out.
type form int

const (
	none   form = iota
	senior      // link, device.revoke: by a device of the person
	byRoot      // link: by the device itself. device.revoke: with the root's signature
	self        // device.revoke: by the device itself
	grant       // device.revoke: by somebody with a grant
)

var depts = []string{"sales", "it", "east", "west"}

// genHistory starts with a founder, an invitation that most people have used, and a few roles, then goes on at random.
func genHistory(rt *rapid.T, forks bool) *sim {
	s := &sim{log: newLog(rt), rt: rt, seen: map[*person]map[op.ID]bool{}, forks: forks}
	for _, p := range people() {
		s.seen[p] = map[op.ID]bool{}
	}
	founder := people()[0]
	genesis := s.add(&simOp{Op: s.found(founder), kind: authority.TypeGenesis, by: founder, subject: founder, role: authority.Owner, sound: true})
	invite := s.invite(founder, s.known(founder), 1, genesis, authority.Member, "", 0, rapid.IntRange(3, 8).Draw(rt, "uses"))
	for _, p := range people()[1:7] {
		maps.Copy(s.seen[p], s.seen[founder])
		if rapid.IntRange(0, 5).Draw(rt, "joins") > 0 {
			s.admit(p, s.known(p), 1, invite, 0)
		}
		if rapid.Bool().Draw(rt, "meets") {
			maps.Copy(s.seen[founder], s.seen[p])
		}
	}
	for range rapid.IntRange(15, 60).Draw(rt, "steps") {
		p := rapid.SampledFrom(people()[:8]).Draw(rt, "who")
		if rapid.IntRange(0, 2).Draw(rt, "step") == 0 {
			maps.Copy(s.seen[p], s.seen[rapid.SampledFrom(people()[:8]).Draw(rt, "from")])
			continue
		}
		if rapid.IntRange(0, 5).Draw(rt, "anybody") > 0 {
			p = rapid.SampledFrom(s.powerful()).Draw(rt, "who has a say")
		}
		s.act(p, s.known(p), rapid.SampledFrom([]uint32{1, 1, 2}).Draw(rt, "incarnation"), s.device(p))
	}
	return s
}

// powerful lists the people who believe that they have a say.
func (s *sim) powerful() []*person {
	out := []*person{people()[0]}
	for _, o := range s.all {
		if p := o.subject; o.sound && gives(o.kind) && o.role < authority.Member && s.seen[p][o.ID] {
			out = append(out, p)
		}
	}
	return out
}

func (s *sim) add(o *simOp) *simOp {
	s.all = append(s.all, o)
	s.seen[o.by][o.ID] = true
	if o.kind == authority.TypeGrant && rapid.IntRange(0, 2).Draw(s.rt, "told") > 0 { // by whoever gives the role
		maps.Copy(s.seen[o.subject], s.seen[o.by])
	}
	return o
}

func (s *sim) known(p *person) []*simOp {
	var out []*simOp
	for _, o := range s.all {
		if s.seen[p][o.ID] {
			out = append(out, o)
		}
	}
	return out
}

func heads(known []*simOp) []op.ID {
	covered := map[op.ID]bool{}
	for _, o := range known {
		for _, d := range o.Deps {
			covered[d] = true
		}
	}
	var out []op.ID
	for _, o := range known {
		if !covered[o.ID] {
			out = append(out, o.ID)
		}
	}
	return out[max(0, len(out)-op.MaxDeps):]
}

// act lets p do something at random with what it knows. Most of it is allowed, some is not.
func (s *sim) act(p *person, known []*simOp, incarnation uint32, device int) {
	var proofs, invites []*simOp
	rare := rapid.IntRange(0, 9).Draw(s.rt, "nonsense") == 0
	for _, o := range known {
		switch {
		case !o.sound && !rare:
		case o.subject == p && gives(o.kind):
			proofs = append(proofs, o)
		case o.kind == authority.TypeInvite:
			invites = append(invites, o)
		}
	}
	choice := rapid.IntRange(0, 29).Draw(s.rt, "act")
	if s.eager && choice < 18 {
		choice += 12
	}
	if choice >= 26 && s.deviceAct(p, known, incarnation, device) {
		return
	}
	if len(invites) > 0 && (choice < 2 || len(proofs) == 0) {
		i := rapid.SampledFrom(invites).Draw(s.rt, "invite")
		s.admit(p, known, incarnation, i, rapid.IntRange(0, 1).Draw(s.rt, "device"))
		return
	}
	if len(proofs) == 0 {
		return
	}
	proof := rapid.SampledFrom(proofs).Draw(s.rt, "proof")
	if rapid.IntRange(0, 3).Draw(s.rt, "best proof") > 0 { // weak proofs are allowed to nothing
		proof = slices.MinFunc(proofs, func(a, b *simOp) int { return int(a.role) - int(b.role) })
	}
	if proof.role >= authority.Member && !rare {
		return
	}
	if choice >= 20 && s.otherAct(p, known, incarnation, device, proof) {
		return
	}
	role := rapid.SampledFrom([]authority.Role{0, 0, 0, 1, 1, 2, 2, 3, 4, 4, 5}).Draw(s.rt, "role")
	if !rare && role <= proof.role && proof.role > authority.Owner {
		role = proof.role + 1
	}
	dept := s.dept(role, proof.dept)
	x := rapid.SampledFrom(people()[:6]).Draw(s.rt, "subject")
	sound := proof.sound && (proof.role == authority.Owner || role > proof.role && (proof.role == authority.Admin || dept == proof.dept))
	if s.forks && choice == 9 && rapid.IntRange(0, 3).Draw(s.rt, "fork") == 0 {
		feed := op.Ref{Device: p.devices[device].ID, Incarnation: incarnation}
		if s.seq[feed] > 1 {
			s.seq[feed]--
		}
	}
	switch {
	case choice < 10 || choice >= 19:
		g := authority.Grant{Subject: x.id(), Role: role, Proof: proof.ID, Dept: []byte(dept)}
		s.add(&simOp{
			Op:   s.write(p.devices[device], incarnation, authority.TypeGrant, g, heads(known)...),
			kind: authority.TypeGrant, by: p, subject: x, role: role, dept: dept, proof: proof.ID, sound: sound,
		})
	case choice < 15:
		r := authority.Revoke{Subject: x.id(), Mode: rapid.SampledFrom([]authority.Mode{1, 2, 3}).Draw(s.rt, "mode"), Proof: proof.ID}
		if rapid.Bool().Draw(s.rt, "with cuts") {
			r.Cuts = s.cuts()
		}
		s.add(&simOp{
			Op:   s.write(p.devices[device], incarnation, authority.TypeRevoke, r, heads(known)...),
			kind: authority.TypeRevoke, by: p, subject: x, proof: proof.ID, mode: r.Mode,
		})
	case choice < 16:
		s.add(&simOp{
			Op:   s.write(p.devices[device], incarnation, authority.TypeLeave, authority.Leave{}, heads(known)...),
			kind: authority.TypeLeave, by: p,
		})
	default:
		s.invite(p, known, incarnation, proof, role, dept, device, rapid.IntRange(1, 2).Draw(s.rt, "uses"))
	}
}

// dept draws a department that suits the role, mostly that of the proof.
func (s *sim) dept(role authority.Role, own string) string {
	if role < authority.Head || role >= authority.Member && own == "" && rapid.Bool().Draw(s.rt, "no dept") {
		return ""
	}
	if own != "" && rapid.IntRange(0, 3).Draw(s.rt, "own dept") > 0 {
		return own
	}
	return rapid.SampledFrom(depts).Draw(s.rt, "dept")
}

func (s *sim) invite(p *person, known []*simOp, incarnation uint32, proof *simOp, role authority.Role, dept string, device, uses int) *simOp {
	key := rapid.IntRange(0, 1).Draw(s.rt, "key")
	expires := int64(1 << 40)
	if rapid.IntRange(0, 4).Draw(s.rt, "short") == 0 {
		expires = int64(s.n + 4)
	}
	i := authority.Invite{Pub: inviteKeys()[key].Pub(), Role: role, MaxUses: uint32(uses), Expires: expires, Proof: proof.ID, Dept: []byte(dept)}
	return s.add(&simOp{
		Op:   s.write(p.devices[device], incarnation, authority.TypeInvite, i, heads(known)...),
		kind: authority.TypeInvite, by: p, role: role, dept: dept, proof: proof.ID, key: key, uses: uses,
		sound: proof.sound && proof.role < authority.Member,
	})
}

func (s *sim) admit(p *person, known []*simOp, incarnation uint32, invite *simOp, device int) {
	key := invite.key
	if rapid.IntRange(0, 9).Draw(s.rt, "wrong key") == 0 {
		key = 1 - key
	}
	var i authority.Invite
	if err := op.Unmarshal(invite.Payload, &i); err != nil {
		s.rt.Fatalf("invite: %v", err)
	}
	o := s.write(p.devices[device], incarnation, authority.TypeAdmit, s.admission(inviteKeys()[key], invite.ID, p, device), heads(known)...)
	s.add(&simOp{
		Op: o, kind: authority.TypeAdmit, by: p, subject: p, role: invite.role, dept: invite.dept,
		proof: invite.ID, key: key, expired: o.HLC.Millis() > i.Expires, sound: key == invite.key,
	})
}

func (s *sim) state() *authority.State {
	return authority.Eval(team, s.all[0].ID, s.ops)
}

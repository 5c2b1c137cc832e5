package main

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"tongzhou/sync/authority"
	"tongzhou/sync/hlc"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// The control log of a team as it may be after years.
const (
	authorityOps    = 50_000
	authorityPeople = 400
	authorityAdmins = 12
	authorityDepts  = 60
	authorityLate   = 1_000 // ops that come one by one
)

// authority: who may do what after 50,000 control ops, from scratch and op by op. The floor is decoding the payloads and
// checking as many signatures as the certificates hold.
func (r *run) authority() error {
	team, err := newOffice(authorityOps)
	if err != nil {
		return err
	}
	var scratch, floor, step []float64
	for range r.rounds {
		begin := time.Now()
		l := authority.NewLog(team.id, team.ops[0].ID)
		l.Add(team.ops...)
		st := l.State()
		scratch = append(scratch, float64(time.Since(begin).Nanoseconds())/1e6)
		if got := len(st.Users()); got < authorityPeople/2 {
			return fmt.Errorf("a team of %d", got)
		}
		bare, err := team.decodeBare()
		if err != nil {
			return err
		}
		floor = append(floor, bare)

		l = authority.NewLog(team.id, team.ops[0].ID)
		l.Add(team.ops[:authorityOps-authorityLate]...)
		l.State()
		begin = time.Now()
		for _, o := range team.ops[authorityOps-authorityLate:] {
			l.Add(o)
			l.State()
		}
		step = append(step, float64(time.Since(begin).Nanoseconds())/1e6/authorityLate)
		if l.State().Digest() != st.Digest() {
			return fmt.Errorf("op by op gives another state")
		}
	}
	r.add(Figure{
		Name: "authority_eval_50k_ms", Value: median(scratch), Unit: "ms", Floor: median(floor), N: r.rounds,
		Note: fmt.Sprintf("reach: ≤ 2000; %d people, %d departments; floor: decoding and signatures", authorityPeople, authorityDepts),
	})
	r.add(Figure{Name: "authority_incr_ms", Value: median(step), Unit: "ms", N: r.rounds * authorityLate, Note: "reach: ≤ 1 per op, with the state"})
	return nil
}

// office writes the control log of a team. Its random numbers are always the same.
type office struct {
	id      op.TeamID
	rnd     *rand.Rand
	ops     []authority.Op
	seq     map[op.DeviceID]uint64
	admins  []officer
	people  []*colleague // without the admins
	removed []op.ID
	seed    uint64
}

// officer is who gives and takes roles, by a grant.
type officer struct {
	*colleague
	proof op.ID
}

type colleague struct {
	root   keys.Root
	device keys.Device
}

// Read is a source of seeds.
func (t *office) Read(b []byte) (int, error) {
	for i := 0; i < len(b); i += 32 {
		t.seed++
		sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("bench authority"), t.seed))
		copy(b[i:], sum[:])
	}
	return len(b), nil
}

func newOffice(n int) (*office, error) {
	t := &office{id: op.TeamID{7}, rnd: rand.New(rand.NewPCG(1, 2)), seq: map[op.DeviceID]uint64{}}
	founder, err := t.person()
	if err != nil {
		return nil, err
	}
	cert, err := keys.Certify(founder.root, founder.device, "office")
	if err != nil {
		return nil, err
	}
	genesis, err := t.write(founder.device.ID, authority.TypeGenesis, authority.Genesis{
		Team: t.id, RootPub: founder.root.SignPub(), RootBox: founder.root.BoxPub(), Device: cert, Nonce: make([]byte, 16),
	})
	if err != nil {
		return nil, err
	}
	t.admins = []officer{{founder, genesis}}
	for i := range authorityDepts {
		d := authority.OrgDept{Dept: fmt.Appendf(nil, "dept %d", i), Proof: genesis}
		if i >= 8 {
			d.Parent = fmt.Appendf(nil, "dept %d", t.rnd.IntN(i))
		}
		if _, err := t.write(founder.device.ID, authority.TypeDept, d); err != nil {
			return nil, err
		}
	}
	for len(t.ops) < n {
		if err := t.day(n); err != nil {
			return nil, err
		}
	}
	t.ops = t.ops[:n]
	return t, nil
}

func (t *office) person() (*colleague, error) {
	var seed [32]byte
	_, _ = t.Read(seed[:])
	root, err := keys.NewRoot(seed)
	if err != nil {
		return nil, err
	}
	d, err := keys.NewDevice(t)
	return &colleague{root, d}, err
}

// write appends an op that knows everything up to two ops ago, as happens where several work at once.
func (t *office) write(d op.DeviceID, kind string, payload any) (op.ID, error) {
	b, err := op.Marshal(payload)
	if err != nil {
		return op.ID{}, err
	}
	n := len(t.ops)
	o := authority.Op{
		ID: sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n))), Device: d, Type: kind, Payload: b,
		HLC: hlc.New(int64(1_700_000_000_000+n*1000), 0),
	}
	t.seq[d]++
	o.Ref = op.Ref{Device: d, Incarnation: 1, Seq: t.seq[d]}
	if n > 0 {
		late := 0
		if kind != authority.TypeAdmit { // who joins knows the invitation
			late = min(t.rnd.IntN(3), n-1)
		}
		o.Deps = append(o.Deps, t.ops[n-1-late].ID)
	}
	t.ops = append(t.ops, o)
	return o.ID, nil
}

// day lets one of the admins do what admins do.
func (t *office) day(n int) error {
	by := t.admins[t.rnd.IntN(len(t.admins))]
	if len(t.people) < authorityPeople && len(t.ops)*authorityPeople >= len(t.people)*n/2 {
		return t.hire(by)
	}
	x := t.people[t.rnd.IntN(len(t.people))]
	dept := fmt.Appendf(nil, "dept %d", t.rnd.IntN(authorityDepts))
	var payload any
	var kind string
	switch t.rnd.IntN(20) {
	case 0, 1:
		kind, payload = authority.TypeRevoke, authority.Revoke{
			Subject: x.root.ID, Mode: authority.Mode(1 + t.rnd.IntN(3)), Proof: by.proof, Cuts: t.cuts(x, 8),
		}
	case 2:
		if len(t.removed) == 0 {
			return nil
		}
		kind, payload = authority.TypeCut, authority.Cuts{Removal: t.removed[t.rnd.IntN(len(t.removed))], Cuts: t.cuts(x, 4), Proof: by.proof}
	case 3:
		kind, payload = authority.TypeGrant, authority.Grant{Subject: x.root.ID, Role: authority.Head, Dept: dept, Proof: by.proof}
	case 4, 5, 6:
		kind, payload = authority.TypePlace, authority.OrgPlace{User: x.root.ID, Dept: dept, Proof: by.proof}
	case 7:
		kind, payload = authority.TypeRule, authority.Rule{Key: fmt.Sprintf("rule.%d", t.rnd.IntN(150)), Value: []byte{0x18, byte(24 + t.rnd.IntN(200))}, Proof: by.proof}
	case 8:
		if t.rnd.IntN(10) > 0 {
			return nil
		}
		kind, payload = authority.TypeDept, authority.OrgDept{Dept: dept, Parent: fmt.Appendf(nil, "dept %d", t.rnd.IntN(8)), Proof: by.proof}
	default:
		kind, payload = authority.TypeGrant, authority.Grant{Subject: x.root.ID, Role: authority.Member, Proof: by.proof}
	}
	id, err := t.write(by.device.ID, kind, payload)
	if kind == authority.TypeRevoke {
		t.removed = append(t.removed, id)
	}
	return err
}

// cuts says how far somebody had written in some scopes.
func (t *office) cuts(x *colleague, n int) []authority.Cut {
	out := make([]authority.Cut, n)
	for i := range out {
		out[i] = authority.Cut{Scope: op.ScopeTag{byte(i)}, Device: x.device.ID, Incarnation: 1, Seq: uint64(t.rnd.IntN(1000))}
	}
	return out
}

// hire invites somebody, who joins and links a second device. The first become admins.
func (t *office) hire(by officer) error {
	p, err := t.person()
	if err != nil {
		return err
	}
	key, err := keys.NewInvite(t)
	if err != nil {
		return err
	}
	role := authority.Member
	if len(t.admins) <= authorityAdmins {
		by, role = t.admins[0], authority.Admin
	}
	invite, err := t.write(by.device.ID, authority.TypeInvite, authority.Invite{
		Pub: key.Pub(), Role: role, MaxUses: 1, Expires: 1 << 45, Proof: by.proof,
	})
	if err != nil {
		return err
	}
	cert, err := keys.Certify(p.root, p.device, "laptop")
	if err != nil {
		return err
	}
	sig, err := authority.SignAdmission(key.Sign, t.id, invite, p.root.SignPub(), cert)
	if err != nil {
		return err
	}
	admit, err := t.write(p.device.ID, authority.TypeAdmit, authority.Admit{
		Invite: invite, RootPub: p.root.SignPub(), RootBox: p.root.BoxPub(), Device: cert, InviteSig: sig,
	})
	if err != nil {
		return err
	}
	second, err := keys.NewDevice(t)
	if err != nil {
		return err
	}
	link := second.Public("desktop")
	link.User = p.root.ID
	if err := second.Consent(&link); err != nil {
		return err
	}
	if _, err := t.write(p.device.ID, authority.TypeDeviceLink, authority.DeviceLink{User: p.root.ID, Device: link}); err != nil {
		return err
	}
	if role == authority.Admin {
		t.admins = append(t.admins, officer{p, admit})
	} else {
		t.people = append(t.people, p)
	}
	return nil
}

// decodeBare takes the time in ms to decode every payload and to verify what is signed inside.
func (t *office) decodeBare() (float64, error) {
	begin := time.Now()
	for _, o := range t.ops {
		var err error
		switch o.Type {
		case authority.TypeAdmit:
			var a authority.Admit
			if err = op.Unmarshal(o.Payload, &a); err == nil {
				err = a.Device.Verify(a.RootPub)
			}
		case authority.TypeDeviceLink:
			var l authority.DeviceLink
			if err = op.Unmarshal(o.Payload, &l); err == nil {
				err = l.Device.VerifyConsent()
			}
		case authority.TypeRevoke:
			err = op.Unmarshal(o.Payload, new(authority.Revoke))
		default:
			err = op.Unmarshal(o.Payload, new(map[uint64]any))
		}
		if err != nil {
			return 0, err
		}
	}
	return float64(time.Since(begin).Nanoseconds()) / 1e6, nil
}

package authority_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"sync"
	"testing"

	"tongzhou/sync/authority"
	"tongzhou/sync/hlc"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// person is a root with some devices and their certificates, all from the root. Making them takes a while, so all tests share them.
type person struct {
	name    string
	root    keys.Root
	devices [deviceCount]keys.Device
	certs   [deviceCount]keys.DeviceCert
}

func (p *person) id() op.UserID { return p.root.ID }

// GoString keeps the report of a failing history readable.
func (p *person) GoString() string { return p.name }

// counterReader is a deterministic source of bytes, so that a failing seed fails again.
type counterReader struct{ n uint64 }

func (r *counterReader) Read(b []byte) (int, error) {
	for i := 0; i < len(b); i += 32 {
		r.n++
		sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, r.n))
		copy(b[i:], sum[:])
	}
	return len(b), nil
}

const (
	peopleCount = 9
	deviceCount = 4
)

var people = sync.OnceValue(func() []*person {
	random := &counterReader{}
	var out []*person
	for i := range peopleCount {
		out = append(out, newPerson(random, string(rune('a'+i))))
	}
	return out
})

func newPerson(random *counterReader, name string) *person {
	var seed [32]byte
	_, _ = random.Read(seed[:])
	p := &person{name: name}
	var err error
	if p.root, err = keys.NewRoot(seed); err != nil {
		panic(err)
	}
	for d := range p.devices {
		if p.devices[d], err = keys.NewDevice(random); err != nil {
			panic(err)
		}
		if p.certs[d], err = keys.Certify(p.root, p.devices[d], fmt.Sprintf("%s's device %d", name, d+1)); err != nil {
			panic(err)
		}
	}
	return p
}

var inviteKeys = sync.OnceValue(func() []keys.Invite {
	random := &counterReader{n: 1 << 32}
	var out []keys.Invite
	for range 4 {
		i, err := keys.NewInvite(random)
		if err != nil {
			panic(err)
		}
		out = append(out, i)
	}
	return out
})

var (
	team     = op.TeamID{'t', 'e', 'a', 'm'}
	scopeTag = op.ScopeTag{'t', 'a', 'g'}
)

// log builds ops in the order they are written. Every op gets a clock above all earlier ones.
type log struct {
	t   fataler
	n   int
	ops []authority.Op
	seq map[op.Ref]uint64 // by ref without seq
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func newLog(t fataler) *log { return &log{t: t, seq: map[op.Ref]uint64{}} }

// write appends an op by a device in an incarnation. Ids are hashes, so that they say nothing about the order.
func (l *log) write(d keys.Device, incarnation uint32, kind string, payload any, deps ...op.ID) authority.Op {
	l.t.Helper()
	b, err := op.Marshal(payload)
	if err != nil {
		l.t.Fatalf("payload: %v", err)
	}
	l.n++
	feed := op.Ref{Device: d.ID, Incarnation: incarnation}
	l.seq[feed]++
	ref := feed
	ref.Seq = l.seq[feed]
	o := authority.Op{
		ID: sha256.Sum256(fmt.Appendf(nil, "op %d", l.n)), Ref: ref, Device: d.ID,
		Type: kind, Payload: b, Deps: deps, HLC: hlc.Time(l.n) << 16,
	}
	l.ops = append(l.ops, o)
	return o
}

func (l *log) eval() *authority.State { return authority.Eval(team, l.ops[0].ID, l.ops) }

var councilKeys = sync.OnceValue(func() []ed25519.PrivateKey {
	var out []ed25519.PrivateKey
	for i := range 3 {
		out = append(out, keys.CouncilKey([32]byte{byte(i + 1)}))
	}
	return out
})

// council is two of three.
func council() authority.Council {
	c := authority.Council{K: 2}
	for _, k := range councilKeys() {
		c.Keys = append(c.Keys, k.Public().(ed25519.PublicKey))
	}
	return c
}

// found writes the genesis by p.
func (l *log) found(p *person) authority.Op {
	return l.write(p.devices[0], 1, authority.TypeGenesis, authority.Genesis{
		Team: team, RootPub: p.root.SignPub(), RootBox: p.root.BoxPub(), Device: p.certs[0], Nonce: make([]byte, 16), Council: council(),
	})
}

// linking makes the payload by which another device of p, or the new one itself with the root's signature, adds a device.
func linking(p *person, device int, root bool) authority.DeviceLink {
	cert := p.certs[device]
	if !root {
		cert.Sig = nil
	}
	return authority.DeviceLink{User: p.id(), Device: cert}
}

// next returns the place of the next op of a feed.
func (l *log) next(d keys.Device, incarnation uint32) op.Ref {
	feed := op.Ref{Device: d.ID, Incarnation: incarnation}
	feed.Seq = l.seq[feed] + 1
	return feed
}

// replacing makes an act of the council for a place, signed by the keys with the given indexes.
func replacing(ref op.Ref, subject, replaces *person, signers ...int) authority.ReplaceOwner {
	out := authority.ReplaceOwner{Subject: subject.id()}
	if replaces != nil {
		out.Replaces = replaces.id()
	}
	for _, i := range signers {
		out.Sigs = append(out.Sigs, authority.SignCouncil(councilKeys()[i], uint8(i), team, ref, out.Subject, out.Replaces))
	}
	return out
}

// admission makes the payload by which p joins with one of their devices.
func (l *log) admission(key keys.Invite, invite op.ID, p *person, device int) authority.Admit {
	l.t.Helper()
	sig, err := authority.SignAdmission(key.Sign, team, invite, p.root.SignPub(), p.certs[device])
	if err != nil {
		l.t.Fatalf("admission: %v", err)
	}
	return authority.Admit{
		Invite: invite, RootPub: p.root.SignPub(), RootBox: p.root.BoxPub(), Device: p.certs[device], InviteSig: sig,
	}
}

// office is a small team for stories: everybody knows everything, and each op cites the state's frontier.
type office struct {
	*log
	genesis op.ID
}

func newOffice(t *testing.T) *office {
	l := newLog(t)
	return &office{log: l, genesis: l.found(people()[0]).ID}
}

func (o *office) do(p *person, kind string, payload any) op.ID {
	o.t.Helper()
	return o.write(p.devices[0], 1, kind, payload, o.eval().Frontier()...).ID
}

func (o *office) invite(by *person, role authority.Role, uses uint32, proof op.ID) op.ID {
	o.t.Helper()
	return o.do(by, authority.TypeInvite, authority.Invite{
		Pub: inviteKeys()[0].Pub(), Role: role, MaxUses: uses, Expires: 1 << 40, Proof: proof,
	})
}

// join admits p as a member by a fresh invitation of the founder and returns the admission.
func (o *office) join(p *person) op.ID {
	o.t.Helper()
	i := o.invite(people()[0], authority.Member, 1, o.genesis)
	return o.do(p, authority.TypeAdmit, o.admission(inviteKeys()[0], i, p, 0))
}

// grant gives a role by the strongest proof that by has.
func (o *office) grant(by, to *person, role authority.Role, dept string) op.ID {
	o.t.Helper()
	proof, _ := o.eval().Proof(by.id(), authority.Guest)
	g := authority.Grant{Subject: to.id(), Role: role, Proof: proof}
	if dept != "" {
		g.Dept = []byte(dept)
	}
	return o.do(by, authority.TypeGrant, g)
}

func (o *office) revoke(by, subject *person) op.ID {
	o.t.Helper()
	proof, _ := o.eval().Proof(by.id(), authority.Guest)
	return o.do(by, authority.TypeRevoke, authority.Revoke{Subject: subject.id(), Mode: authority.Removed, Proof: proof})
}

// want checks verdict and reason of an op.
func (o *office) want(id op.ID, v authority.Verdict, r authority.Reason) {
	o.t.Helper()
	if got := o.eval().Status(id); got != (authority.Status{Verdict: v, Reason: r}) {
		o.t.Fatalf("status %v %q, want %v %q", got.Verdict, got.Reason, v, r)
	}
}

func (o *office) role(p *person, want authority.Role) {
	o.t.Helper()
	if got := o.eval().Role(p.id()); got != want {
		o.t.Fatalf("role of %s is %v, want %v", p.name, got, want)
	}
}

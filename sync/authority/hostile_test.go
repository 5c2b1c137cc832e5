package authority_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"

	"tongzhou/sync/authority"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// anyType draws from all types, so that a fuzzed payload meets every decoder.
var anyType = []string{
	authority.TypeGenesis, authority.TypeGrant, authority.TypeRevoke, authority.TypeLeave, authority.TypeInvite, authority.TypeAdmit,
	authority.TypeScopeNew, authority.TypeScopeGrant, authority.TypeScopeRevoke, authority.TypeScopeLeave, "", "x/1",
	authority.TypeScopeCut, authority.TypeInviteCancel, authority.TypeDeviceLink, authority.TypeDeviceRevoke, authority.TypeCut,
	authority.TypeDept, authority.TypePlace, authority.TypeRule, authority.TypeReplaceOwner,
}

// No payload crashes an evaluation or changes the roles of a team in which its author has none.
func FuzzPayload(f *testing.F) {
	for _, v := range append(goldenPayloads(f), laterPayloads()...) {
		b, err := op.Marshal(v.payload)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(byte(slices.Index(anyType, v.kind)), b)
		f.Add(byte(5), b[:len(b)/2])
	}
	f.Add(byte(3), []byte{})
	f.Add(byte(5), []byte{0xbf, 0xff})
	f.Fuzz(func(t *testing.T, kind byte, payload []byte) {
		l := newLog(t)
		genesis := l.found(people()[0])
		o := authority.Op{
			ID: op.ID{1}, Ref: op.Ref{Device: people()[1].devices[0].ID, Incarnation: 1, Seq: 1}, Device: people()[1].devices[0].ID,
			Type: anyType[int(kind)%len(anyType)], Payload: payload, Deps: []op.ID{genesis.ID}, HLC: hlc.Max,
		}
		l.ops = append(l.ops, o)
		st := l.eval()
		if len(st.Roles()) != 1 || len(st.Users()) != 1 {
			t.Fatalf("a stranger's %s has an effect", o.Type)
		}
		authority.AuthorKey(o)
		st.ClaimedKey(o)
		st.Entries()
		st.Removals()
		o.Device, o.Ref.Device = people()[0].devices[0].ID, people()[0].devices[0].ID
		_ = authority.EvalScope(st, op.ScopeID{1}, scopeTag, []authority.Op{o})
	})
}

func TestBounds(t *testing.T) {
	o := newOffice(t)
	b := people()[1]
	g := authority.Grant{Subject: b.id(), Role: authority.Member, Proof: o.genesis}
	big := o.do(people()[0], authority.TypeGrant, struct {
		authority.Grant
		Padding []byte `cbor:"99,keyasint"`
	}{g, make([]byte, authority.MaxPayload)})
	o.want(big, authority.Invalid, authority.ReasonMalformed)

	var deps []op.ID
	for range authority.MaxDeps + 1 {
		deps = append(deps, o.do(people()[0], "x/1", nil))
	}
	o.want(o.write(people()[0].devices[0], 1, authority.TypeGrant, g, deps...).ID, authority.Invalid, authority.ReasonMalformed)
	cuts := authority.Revoke{Subject: b.id(), Mode: authority.Removed, Proof: o.genesis, Cuts: make([]authority.Cut, authority.MaxCuts+1)}
	o.want(o.do(people()[0], authority.TypeRevoke, cuts), authority.Invalid, authority.ReasonMalformed)
	cuts.Cuts = cuts.Cuts[:authority.MaxCuts]
	o.want(o.do(people()[0], authority.TypeRevoke, cuts), authority.Valid, "")
	cuts.Mode = 4
	o.want(o.do(people()[0], authority.TypeRevoke, cuts), authority.Invalid, authority.ReasonMalformed)
	o.want(o.invite(people()[0], authority.Member, authority.MaxUses+1, o.genesis), authority.Invalid, authority.ReasonMalformed)
	o.want(o.invite(people()[0], authority.Member, 0, o.genesis), authority.Invalid, authority.ReasonMalformed)
	o.role(b, authority.None)
}

// A newer version's field in a known payload does not make it another op for an older version.
func TestUnknownFieldsAreIgnored(t *testing.T) {
	o := newOffice(t)
	o.want(o.do(people()[0], authority.TypeGrant, struct {
		authority.Grant
		New string `cbor:"99,keyasint"`
	}{authority.Grant{Subject: people()[1].id(), Role: authority.Member, Proof: o.genesis}, "?"}), authority.Valid, "")
}

func TestDeviceOfTheHeaderCounts(t *testing.T) {
	o := newOffice(t)
	x := o.write(people()[0].devices[0], 1, authority.TypeGrant, authority.Grant{Subject: people()[1].id(), Role: authority.Member, Proof: o.genesis}, o.genesis)
	o.ops[1].Device = people()[2].devices[0].ID
	o.want(x.ID, authority.Invalid, authority.ReasonAuthor)
}

// More heads than an op may cite: none is lost, the next ops cite the rest.
func TestFrontierOfManyHeads(t *testing.T) {
	o := newOffice(t)
	for i := range 3 * authority.MaxDeps {
		o.write(people()[1].devices[0], uint32(i+1), "x/1", nil, o.genesis)
	}
	for range 5 {
		f := o.eval().Frontier()
		if len(f) > authority.MaxDeps {
			t.Fatalf("%d deps", len(f))
		}
		o.write(people()[0].devices[0], 1, "x/1", nil, f...)
	}
	if f := o.eval().Frontier(); len(f) != 1 || f[0] != o.ops[len(o.ops)-1].ID {
		t.Fatalf("frontier of %d ops after citing everything", len(f))
	}
}

func TestCyclesAndSelfReferenceArePending(t *testing.T) {
	o := newOffice(t)
	x := o.write(people()[1].devices[0], 1, "x/1", nil, o.genesis)
	y := o.write(people()[2].devices[0], 1, "x/1", nil, x.ID)
	z := o.write(people()[3].devices[0], 1, "x/1", nil)
	o.ops[1].Deps = []op.ID{y.ID}
	o.ops[3].Deps = []op.ID{z.ID}
	for _, id := range []op.ID{x.ID, y.ID, z.ID} {
		o.want(id, authority.Pending, "")
	}
	if f := o.eval().Frontier(); len(f) != 1 || f[0] != o.genesis {
		t.Fatal("the frontier cites pending ops")
	}
}

// hostileLogs are histories made to be slow: each is worse than anything a team does.
func hostileLogs(t fataler, n int) map[string]*log {
	owner, admin := people()[0], people()[1]
	base := func() (*log, op.ID, op.ID) {
		l := newLog(t)
		genesis := l.found(owner)
		i := l.write(owner.devices[0], 1, authority.TypeInvite, authority.Invite{
			Pub: inviteKeys()[0].Pub(), Role: authority.Admin, MaxUses: 9, Expires: 1 << 40, Proof: genesis.ID,
		}, genesis.ID)
		a := l.write(admin.devices[0], 1, authority.TypeAdmit, l.admission(inviteKeys()[0], i.ID, admin, 0), i.ID)
		return l, genesis.ID, a.ID
	}
	out := map[string]*log{}

	l, genesis, a := base() // half removals of one person, half grants to them, all concurrent
	x := people()[2].id()
	for i := range n / 2 {
		l.write(owner.devices[0], 1, authority.TypeRevoke, authority.Revoke{Subject: x, Mode: authority.Removed, Proof: genesis})
		l.write(admin.devices[0], 1+uint32(i%16), authority.TypeGrant, authority.Grant{Subject: x, Role: authority.Member, Proof: a}, a)
	}
	out["removals against grants"] = l

	l, genesis, _ = base() // a chain of owners, each made by the one before
	proof, by := genesis, 0
	l.write(admin.devices[0], 1, "x/1", nil)
	for range n {
		to := 1 - by
		g := l.write(people()[by].devices[0], 1, authority.TypeGrant, authority.Grant{Subject: people()[to].id(), Role: authority.Owner, Proof: proof}, l.ops[len(l.ops)-1].ID)
		proof, by = g.ID, to
	}
	out["chain of owners"] = l

	l, _, a = base() // a new feed for every op, each citing 64 heads
	ids := []op.ID{a}
	for i := range n {
		o := l.write(admin.devices[0], uint32(i+2), authority.TypeGrant, authority.Grant{Subject: x, Role: authority.Member, Proof: a}, ids[max(0, len(ids)-64):]...)
		ids = append(ids, o.ID)
	}
	out["a feed per op"] = l

	l, _, a = base() // many concurrent strands, joined over and over
	strands := make([]op.ID, 64)
	for i := range strands {
		strands[i] = a
	}
	for i := range n {
		deps := []op.ID{strands[i%64]}
		if i%8 == 0 {
			deps = strands
		}
		strands[i%64] = l.write(admin.devices[0], uint32(2+i%64), authority.TypeGrant, authority.Grant{Subject: x, Role: authority.Member, Proof: a}, append([]op.ID{}, deps...)...).ID
	}
	out["strands"] = l

	l, _, _ = base() // leaves by every second op of one who comes back
	for i := range n / 2 {
		l.write(owner.devices[0], 1, authority.TypeGrant, authority.Grant{Subject: admin.id(), Role: authority.Admin, Proof: l.ops[0].ID}, l.ops[len(l.ops)-1].ID)
		l.write(admin.devices[0], 1+uint32(i%16), authority.TypeLeave, authority.Leave{}, l.ops[len(l.ops)-1].ID)
	}
	out["coming and going"] = l
	return out
}

// BenchmarkHostileLogs shows that four times the ops take about four times as long; quadratic would be sixteen.
func BenchmarkHostileLogs(b *testing.B) {
	for _, n := range []int{2500, 10000} {
		for name, l := range hostileLogs(b, n) {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				for b.Loop() {
					fresh := authority.NewLog(team, l.ops[0].ID)
					fresh.Add(l.ops...)
					fresh.State()
				}
			})
		}
	}
}

// officeOfYears is a team as it may be after years: 1,000 people admitted by invitations of ten admins, roles given and
// taken, people leaving; everyone knows nearly everything when writing.
func officeOfYears(t fataler, n, admitted int) *log {
	l := newLog(t)
	owner := people()[0]
	genesis := l.found(owner)
	last := genesis.ID
	var admins []op.ID
	random := &counterReader{n: 1 << 40}
	for i := range 8 {
		a := people()[i+1]
		inv := l.write(owner.devices[0], 1, authority.TypeInvite, authority.Invite{
			Pub: inviteKeys()[0].Pub(), Role: authority.Admin, MaxUses: 1, Expires: 1 << 40, Proof: genesis.ID,
		}, last)
		last = l.write(a.devices[0], 1, authority.TypeAdmit, l.admission(inviteKeys()[0], inv.ID, a, 0), inv.ID).ID
		admins = append(admins, last)
	}
	var staff []*person
	for len(l.ops) < n {
		by := len(l.ops) % 8
		d := people()[by+1].devices[0]
		if len(staff) < admitted && len(l.ops)*admitted >= len(staff)*n {
			p := newPerson(random, fmt.Sprint(len(staff)))
			staff = append(staff, p)
			inv := l.write(d, 1, authority.TypeInvite, authority.Invite{
				Pub: inviteKeys()[1].Pub(), Role: authority.Member, MaxUses: 1, Expires: 1 << 40, Proof: admins[by],
			}, last)
			last = l.write(p.devices[0], 1, authority.TypeAdmit, l.admission(inviteKeys()[1], inv.ID, p, 0), inv.ID).ID
			continue
		}
		x := staff[int(sha256.Sum256(fmt.Append(nil, len(l.ops)))[0])%len(staff)]
		deps := []op.ID{last, l.ops[len(l.ops)-3].ID}
		if len(l.ops)%5 == 0 {
			last = l.write(d, 1, authority.TypeRevoke, authority.Revoke{Subject: x.id(), Mode: authority.Removed, Proof: admins[by]}, deps...).ID
		} else {
			last = l.write(d, 1, authority.TypeGrant, authority.Grant{Subject: x.id(), Role: authority.Member, Proof: admins[by]}, deps...).ID
		}
	}
	return l
}

func BenchmarkEval50000(b *testing.B) {
	l := officeOfYears(b, 50_000, 1000)
	b.Run("from scratch", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			l.eval()
		}
	})
	b.Run("one more op", func(b *testing.B) {
		b.ReportAllocs()
		x := authority.NewLog(team, l.ops[0].ID)
		x.Add(l.ops[:len(l.ops)-1]...)
		x.State()
		n := 0
		for b.Loop() {
			n++
			o := l.ops[len(l.ops)-1]
			o.ID = sha256.Sum256(fmt.Append(nil, n))
			o.Ref.Seq += uint64(n)
			x.Add(o)
			x.State()
		}
	})
}

func BenchmarkHostile(b *testing.B) {
	for name, l := range hostileLogs(b, 50_000) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				l.eval()
			}
		})
	}
}

package authority_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"testing"

	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// vectors is testdata/vectors.json: what the payloads of goldenPayloads encode to, for good. Nobody edits it; a changed
// payload is a new type with a new entry.
type vectors struct {
	Payloads  map[string]string // type → CBOR in hexadecimal digits
	Later     map[string]string // likewise, with the fields that came later
	Group     op.ScopeID        // of the scope.new payload, founded by user 1…
	Admission string            // signature of the key with seed 0, 1, 2 … over the admit payload
	Digest    string            // of the state of goldenHistory
}

type golden struct {
	kind    string
	payload any
}

func fill(n int, from byte) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = from + byte(i)
	}
	return b
}

func goldenCert() keys.DeviceCert {
	return keys.DeviceCert{
		User: op.UserID(fill(16, 1)), SignPub: fill(32, 2), BoxPub: fill(40, 3), PeerPub: fill(32, 4), Name: "王小明的电脑",
		Sig: fill(64, 5), DeviceSig: fill(64, 6), PeerSig: fill(64, 7),
	}
}

func goldenCuts() []authority.Cut {
	return []authority.Cut{
		{Scope: op.ScopeTag(fill(16, 60)), Device: op.DeviceID(fill(16, 61)), Incarnation: 7, Seq: 1 << 40, ID: op.ID(fill(32, 62))},
	}
}

// goldenPayloads are one payload of every type. The certificates are not genuine: this is about the encoding.
func goldenPayloads(testing.TB) []golden {
	user, proof, scope := op.UserID(fill(16, 1)), op.ID(fill(32, 9)), op.ScopeID(fill(16, 20))
	group := authority.NewGroup(team, user, []authority.ScopeMember{
		{User: op.UserID(fill(16, 30)), Role: authority.Admin}, {User: op.UserID(fill(16, 31)), Role: authority.Member},
	}, fill(16, 40))
	return []golden{
		{authority.TypeGenesis, authority.Genesis{Team: team, RootPub: fill(32, 10), RootBox: fill(40, 11), Device: goldenCert(), Nonce: fill(16, 12)}},
		{authority.TypeGrant, authority.Grant{Subject: user, Role: authority.Head, Proof: proof, Dept: fill(28, 50)}},
		{authority.TypeRevoke, authority.Revoke{Subject: user, Mode: authority.Compromised, Proof: proof, Cuts: goldenCuts()}},
		{authority.TypeLeave, authority.Leave{}},
		{authority.TypeInvite, authority.Invite{Pub: fill(32, 70), Role: authority.Member, MaxUses: 3, Expires: 1_900_000_000_000, Proof: proof}},
		{authority.TypeAdmit, authority.Admit{Invite: op.ID(fill(32, 80)), RootPub: fill(32, 10), RootBox: fill(40, 11), Device: goldenCert(), InviteSig: fill(64, 81)}},
		{authority.TypeScopeNew, group},
		{authority.TypeScopeGrant, authority.ScopeGrant{Scope: scope, User: user, Role: authority.Member, Proof: proof}},
		{authority.TypeScopeRevoke, authority.ScopeRevoke{Scope: scope, User: user, Proof: proof}},
		{authority.TypeScopeLeave, authority.ScopeLeave{Scope: scope}},
		{authority.TypeInviteCancel, authority.InviteCancel{Invite: op.ID(fill(32, 80)), Proof: proof}},
		{authority.TypeDeviceLink, authority.DeviceLink{User: user, Device: goldenCert()}},
		{authority.TypeDeviceRevoke, authority.DeviceRevoke{Device: op.DeviceID(fill(16, 61)), Mode: authority.Compromised, Cuts: goldenCuts(), RootSig: fill(64, 90)}},
		{authority.TypeCut, authority.Cuts{Removal: op.ID(fill(32, 91)), Cuts: goldenCuts(), Proof: proof}},
		{authority.TypeScopeCut, authority.ScopeCut{Scope: scope, Removal: op.ID(fill(32, 91)), Cuts: goldenCuts(), Proof: proof}},
		{authority.TypeDept, authority.OrgDept{Dept: fill(28, 50), Parent: fill(28, 51), Gone: true, Into: fill(28, 52), Proof: proof}},
		{authority.TypePlace, authority.OrgPlace{User: user, Dept: fill(28, 50), Proof: proof}},
		{authority.TypeRule, authority.Rule{Key: "chat.recall_minutes", Value: []byte{0x18, 0x1e}, Proof: proof}},
		{authority.TypeReplaceOwner, authority.ReplaceOwner{Subject: user, Replaces: op.UserID(fill(16, 30)), Sigs: []authority.CouncilSig{{Index: 1, Sig: fill(64, 92)}}}},
	}
}

// laterPayloads are payloads of the first types with fields that came later. Without them they encode as before.
func laterPayloads() []golden {
	user, proof, scope := op.UserID(fill(16, 1)), op.ID(fill(32, 9)), op.ScopeID(fill(16, 20))
	council := authority.Council{K: 1, Keys: [][]byte{fill(32, 93), fill(32, 94)}}
	return []golden{
		{authority.TypeGenesis, authority.Genesis{Team: team, RootPub: fill(32, 10), RootBox: fill(40, 11), Device: goldenCert(), Nonce: fill(16, 12), Council: council}},
		{authority.TypeRevoke, authority.Revoke{Subject: user, Mode: authority.Frozen, Proof: proof}},
		{authority.TypeLeave, authority.Leave{Cuts: goldenCuts()}},
		{authority.TypeScopeNew, authority.NewGroupWith(team, user, []authority.ScopeMember{{User: op.UserID(fill(16, 30)), Role: authority.Admin}}, fill(16, 40), authority.FromJoining)},
		{authority.TypeScopeRevoke, authority.ScopeRevoke{Scope: scope, User: user, Proof: proof, Cuts: goldenCuts()}},
		{authority.TypeScopeLeave, authority.ScopeLeave{Scope: scope, Cuts: goldenCuts()}},
	}
}

// goldenHistory touches everything that the digest covers.
func goldenHistory(t fataler) *log {
	l := newLog(t)
	a, b := people()[0], people()[1]
	g := l.found(a)
	i := l.write(a.devices[0], 1, authority.TypeInvite, authority.Invite{
		Pub: inviteKeys()[0].Pub(), Role: authority.Member, MaxUses: 2, Expires: 1 << 40, Proof: g.ID,
	}, g.ID)
	j := l.write(b.devices[0], 1, authority.TypeAdmit, l.admission(inviteKeys()[0], i.ID, b, 0), i.ID)
	h := l.write(a.devices[0], 1, authority.TypeGrant, authority.Grant{Subject: b.id(), Role: authority.Head, Dept: fill(28, 50), Proof: g.ID}, j.ID)
	l.write(a.devices[0], 1, authority.TypeRevoke, authority.Revoke{Subject: people()[2].id(), Mode: authority.Removed, Proof: g.ID}, h.ID)
	return l
}

func goldenVectors(t testing.TB) vectors {
	v := vectors{Payloads: map[string]string{}, Later: map[string]string{}}
	for _, g := range laterPayloads() {
		b, err := op.Marshal(g.payload)
		if err != nil {
			t.Fatal(err)
		}
		v.Later[g.kind] = hex.EncodeToString(b)
	}
	for _, g := range goldenPayloads(t) {
		b, err := op.Marshal(g.payload)
		if err != nil {
			t.Fatal(err)
		}
		v.Payloads[g.kind] = hex.EncodeToString(b)
		if n, ok := g.payload.(authority.ScopeNew); ok {
			v.Group = n.Scope
		}
		if a, ok := g.payload.(authority.Admit); ok {
			sig, err := authority.SignAdmission(ed25519.NewKeyFromSeed(fill(32, 0)), team, a.Invite, a.RootPub, a.Device)
			if err != nil {
				t.Fatal(err)
			}
			v.Admission = hex.EncodeToString(sig)
		}
	}
	d := goldenHistory(t).eval().Digest()
	v.Digest = hex.EncodeToString(d[:])
	return v
}

func TestEncodingsNeverChange(t *testing.T) {
	file, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var want vectors
	if err := json.Unmarshal(file, &want); err != nil {
		t.Fatal(err)
	}
	got := goldenVectors(t)
	for kind, encoded := range want.Payloads {
		if got.Payloads[kind] != encoded {
			t.Errorf("%s encodes to\n%s, want\n%s", kind, got.Payloads[kind], encoded)
		}
	}
	if !maps.Equal(got.Later, want.Later) {
		t.Errorf("later fields encode to %v", got.Later)
	}
	if len(got.Payloads) != len(want.Payloads) {
		t.Errorf("%d types, %d vectors", len(got.Payloads), len(want.Payloads))
	}
	if got.Group != want.Group || got.Admission != want.Admission || got.Digest != want.Digest {
		t.Errorf("group %s, admission %s, digest %s", got.Group, got.Admission, got.Digest)
	}
	for i, g := range append(goldenPayloads(t), laterPayloads()...) { // and back
		text := want.Payloads[g.kind]
		if i >= len(want.Payloads) {
			text = want.Later[g.kind]
		}
		encoded, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		v := reflect.New(reflect.TypeOf(g.payload))
		if err := op.Unmarshal(encoded, v.Interface()); err != nil {
			t.Fatalf("%s: %v", g.kind, err)
		}
		again, err := op.Marshal(v.Elem().Interface())
		if err != nil || !bytes.Equal(again, encoded) || !reflect.DeepEqual(v.Elem().Interface(), g.payload) {
			t.Errorf("%s decodes to %+v", g.kind, v.Elem())
		}
	}
}

func TestRolesAndModesKeepTheirNumbers(t *testing.T) {
	for r, want := range map[authority.Role]string{0: "owner", 1: "admin", 2: "head", 3: "dept_admin", 4: "member", 5: "guest", 255: "none", 6: "role 6"} {
		if r.String() != want {
			t.Errorf("role %d is %s, want %s", uint8(r), r, want)
		}
		parsed, ok := authority.ParseRole(want)
		if ok != (r <= 5) || ok && parsed != r {
			t.Errorf("%s reads as %v %v", want, parsed, ok)
		}
	}
	if authority.Removed != 1 || authority.Compromised != 2 || authority.Frozen != 3 || authority.WholeHistory != 1 || authority.FromJoining != 2 || authority.Group != 1 || authority.Direct != 2 {
		t.Error("a number on the wire changed")
	}
}

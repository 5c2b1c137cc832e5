package keys

import (
	"bytes"
	"regexp"
	"testing"

	"pgregory.net/rapid"

	"tongzhou/sync/op"
)

func TestScopesAreDistinct(t *testing.T) {
	a, b, c := op.UserID{1}, op.UserID{2}, op.UserID{3}
	seen := map[op.ScopeID]string{}
	for name, id := range map[string]op.ScopeID{
		"control":          ControlScope(team),
		"control, other":   ControlScope(op.TeamID{9}),
		"company":          CompanyScope(team),
		"company, other":   CompanyScope(op.TeamID{9}),
		"self a":           SelfScope(team, a),
		"self b":           SelfScope(team, b),
		"self a, other":    SelfScope(op.TeamID{9}, a),
		"department":       DeptScope(team, []byte("x")),
		"department, more": DeptScope(team, []byte("xy")),
		"dept., other":     DeptScope(op.TeamID{9}, []byte("x")),
		"direct a b":       DirectScope(team, a, b),
		"direct a c":       DirectScope(team, a, c),
		"direct b c":       DirectScope(team, b, c),
		"direct a a":       DirectScope(team, a, a),
		"direct a b other": DirectScope(op.TeamID{9}, a, b),
	} {
		if other, ok := seen[id]; ok {
			t.Errorf("%s and %s are one scope", name, other)
		}
		seen[id] = name
	}
}

// R37: both sides find the same chat, whoever begins.
func TestDirectScopeIsTheSameFromBothSides(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) op.UserID {
			return op.UserID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, label))
		}
		a, b := draw("a"), draw("b")
		if DirectScope(team, a, b) != DirectScope(team, b, a) {
			t.Fatalf("%s and %s see different chats", a, b)
		}
	})
}

func TestTeamSecretDerivations(t *testing.T) {
	one, two := TeamSecret{1}, TeamSecret{2}
	if one.ScopeTag(scope) == two.ScopeTag(scope) || one.ScopeTag(scope) == one.ScopeTag(op.ScopeID{3}) {
		t.Error("scope tags collide")
	}
	if one.RelaySecret() == two.RelaySecret() || one.RelaySecret() == [32]byte(one) {
		t.Error("the relay secret does not follow from the team secret alone")
	}
	if one.MDNSName() == two.MDNSName() {
		t.Error("two teams have one service name")
	}
	// RFC 6763: an underscore, then at most 15 letters, digits or hyphens.
	if name := one.MDNSName(); !regexp.MustCompile(`^_[a-z][a-z0-9]{1,14}\._udp$`).MatchString(name) {
		t.Errorf("service name %q", name)
	}
}

func TestBootstrapKeyIsOfOneScope(t *testing.T) {
	secret := TeamSecret{1}
	tagA, tagB := secret.ScopeTag(scope), secret.ScopeTag(op.ScopeID{3})
	keyA, err := secret.BootstrapKey(tagA)
	if err != nil {
		t.Fatal(err)
	}
	keyB, err := secret.BootstrapKey(tagB)
	if err != nil {
		t.Fatal(err)
	}
	h := op.Header{Version: op.Version, Kind: op.Control, Scope: tagA, Seq: 1}
	ct, err := op.SealBody(keyA, h, []byte("genesis"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := op.OpenBody(keyA, h, ct); err != nil || string(got) != "genesis" {
		t.Errorf("OpenBody = %q, %v", got, err)
	}
	if _, err := op.OpenBody(keyB, h, ct); err == nil {
		t.Error("the key of another scope opens it")
	}
}

func TestIdentityDerivesFromItsTeamSecret(t *testing.T) {
	id := newIdentity(t)
	if id.ScopeTag(scope) != id.TeamSecret.ScopeTag(scope) {
		t.Error("the identity tags a scope differently")
	}
}

func TestInviteFollowsFromItsSecret(t *testing.T) {
	a, err := NewInvite(bytes.NewReader(bytes.Repeat([]byte{5}, 16)))
	if err != nil {
		t.Fatal(err)
	}
	if b := InviteFromSecret([16]byte(bytes.Repeat([]byte{5}, 16))); !b.Pub().Equal(a.Pub()) || b.Secret != a.Secret {
		t.Error("the secret does not give the invitation back")
	}
	if InviteFromSecret([16]byte{6}).Pub().Equal(a.Pub()) {
		t.Error("two secrets give one key")
	}
	if _, err := NewInvite(bytes.NewReader(make([]byte, 15))); err == nil {
		t.Error("15 bytes of randomness were enough")
	}
}

package keys

import (
	"encoding/hex"
	"testing"

	"tongzhou/sync/op"
)

// A capability is the same for every holder of the epoch's key, another one for every epoch, scope and team, and what it signs
// is good for one connection and one successor.
func TestRelayCap(t *testing.T) {
	e := Epoch{Key: [32]byte{1}}
	same, other := Epoch{Key: [32]byte{1}, Gen: 7}, Epoch{Key: [32]byte{2}}
	c := e.RelayCap()
	if same := same.RelayCap(); c.Pub() != same.Pub() || c.Pub() == other.RelayCap().Pub() {
		t.Fatal("a capability follows from the key of its epoch, and from nothing else")
	}
	tag := op.ScopeTag{3}
	boot := TeamSecret{4}.RelayCap(tag)
	if boot.Pub() == (TeamSecret{5}).RelayCap(tag).Pub() || boot.Pub() == (TeamSecret{4}).RelayCap(op.ScopeTag{6}).Pub() {
		t.Fatal("the first capability is one of its team and scope")
	}
	next := other.RelayCap().Pub()
	sig := c.Hand(tag, next)
	if !VerifyRelayHand(c.Pub(), tag, next, sig) {
		t.Fatal("what was handed on is not believed")
	}
	for name, ok := range map[string]bool{
		"by another":       VerifyRelayHand(next, tag, next, sig),
		"of another scope": VerifyRelayHand(c.Pub(), op.ScopeTag{9}, next, sig),
		"to another":       VerifyRelayHand(c.Pub(), tag, c.Pub(), sig),
		"cut short":        VerifyRelayHand(c.Pub(), tag, next, sig[:63]),
	} {
		if ok {
			t.Errorf("believed: handed on %s", name)
		}
	}
	store, nonce, dev := [16]byte{1}, [32]byte{2}, op.DeviceID{3}
	proof := c.Prove(store, nonce, dev, tag)
	if !VerifyRelayProof(c.Pub(), store, nonce, dev, tag, proof) {
		t.Fatal("a proof is not believed")
	}
	for name, ok := range map[string]bool{
		"by another":        VerifyRelayProof(next, store, nonce, dev, tag, proof),
		"to another relay":  VerifyRelayProof(c.Pub(), [16]byte{9}, nonce, dev, tag, proof),
		"replayed":          VerifyRelayProof(c.Pub(), store, [32]byte{9}, dev, tag, proof),
		"by another device": VerifyRelayProof(c.Pub(), store, nonce, op.DeviceID{9}, tag, proof),
		"of another scope":  VerifyRelayProof(c.Pub(), store, nonce, dev, op.ScopeTag{9}, proof),
		"as a successor":    VerifyRelayHand(c.Pub(), tag, next, proof),
	} {
		if ok {
			t.Errorf("believed: proof %s", name)
		}
	}
}

// Relays keep what these stand for, so they never change.
func TestRelayVectors(t *testing.T) {
	e := Epoch{Key: [32]byte{1}}
	epochCap, boot, team := e.RelayCap().Pub(), TeamSecret{4}.RelayCap(op.ScopeTag{3}).Pub(), TeamSecret{4}.RelayTeam()
	for _, v := range []struct {
		name string
		got  []byte
		want string
	}{
		{"capability of an epoch", epochCap[:], "129c54774ed5f910ee991540ddc37a66a77df239a32f1c9148e6dffba71e498d"},
		{"first capability", boot[:], "4099da25c29a9a2d6595f27283c035f992258ef35d6f3277a639390a6ec2394f"},
		{"name of the team", team[:], "7ac459e5ef668b53d96a75ff847aa44b"},
		{"handed on", e.RelayCap().Hand(op.ScopeTag{3}, [32]byte{2})[:8], "001403e2bf100aa0"},
		{"proof", e.RelayCap().Prove([16]byte{1}, [32]byte{2}, op.DeviceID{3}, op.ScopeTag{4})[:8], "e0818f48c45a4105"},
	} {
		if got := hex.EncodeToString(v.got); got != v.want {
			t.Errorf("%s: %s, want %s", v.name, got, v.want)
		}
	}
}

package keys

import (
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"testing"

	"tongzhou/sync/op"
)

// A capability is the same for every holder of the epoch's key, and another one for every epoch, scope and team.
func TestRelayCap(t *testing.T) {
	e, same, other := Epoch{Key: [32]byte{1}}, Epoch{Key: [32]byte{1}, Gen: 7}, Epoch{Key: [32]byte{2}}
	c := e.RelayCap()
	if c.Pub() != same.RelayCap().Pub() || c.Pub() == other.RelayCap().Pub() {
		t.Fatal("a capability follows from the key of its epoch, and from nothing else")
	}
	tag := op.ScopeTag{3}
	boot := TeamSecret{4}.RelayCap(tag)
	if boot.Pub() == (TeamSecret{5}).RelayCap(tag).Pub() || boot.Pub() == (TeamSecret{4}).RelayCap(op.ScopeTag{6}).Pub() {
		t.Fatal("the first capability is one of its team and scope")
	}
	pub, sig := c.Pub(), c.Sign([]byte("x"))
	if !ed25519.Verify(pub[:], []byte("x"), sig[:]) {
		t.Fatal("the relay does not believe what the capability signs")
	}
	if s := fmt.Sprintf("%v %s", c, c); s != "relay capability relay capability" {
		t.Fatalf("a capability shows itself: %s", s)
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
	} {
		if got := hex.EncodeToString(v.got); got != v.want {
			t.Errorf("%s: %s, want %s", v.name, got, v.want)
		}
	}
}

package host

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"tongzhou/sync/op"
	"tongzhou/sync/wire"
)

// secondFolder holds the js-libp2p client; go run ./build setup installs what it needs.
const secondFolder = "../../../build/relay/second"

// second is what the js-libp2p client saw.
type second struct {
	Reserved bool   `json:"reserved"`
	Reason   string `json:"reason"`
	Answer   string `json:"answer"`
}

// runSecond lets the js-libp2p client of a transport key connect and say packets, and returns what it saw.
func (r *rig) runSecond(key ed25519.PrivateKey, say ...wire.Message) (seen second, heard []wire.Message) {
	r.t.Helper()
	var packets []byte
	for _, m := range append(say, &wire.Bye{Reason: "enough"}) {
		var err error
		if packets, err = wire.Encode(packets, m); err != nil {
			r.t.Fatal(err)
		}
	}
	relay := r.at.Addrs[0].String()
	for _, a := range r.host.Addrs() {
		if filepath.Base(filepath.Dir(a)) == "tcp" {
			relay = a
		}
	}
	cmd := exec.CommandContext(r.t.Context(), "node", "client.mjs", relay+"/p2p/"+r.host.ID(), hex.EncodeToString(key.Seed()), hex.EncodeToString(packets))
	cmd.Dir = secondFolder
	var errors bytes.Buffer
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil {
		r.t.Fatalf("%v\n%s", err, &errors)
	}
	if err := json.Unmarshal(out, &seen); err != nil {
		r.t.Fatalf("%v: %s", err, out)
	}
	raw, err := hex.DecodeString(seen.Answer)
	if err != nil {
		r.t.Fatal(err)
	}
	for in := wire.NewReader(bytes.NewReader(raw)); ; {
		m, _, err := in.Next()
		if err != nil {
			return seen, heard
		}
		heard = append(heard, m)
	}
}

// B6, B15: another implementation of libp2p is served as the standard has it: a device of the team gets a place in the circuit
// relay, another does not; neither gets the team's data without a scope's cap.
func TestSecondImplementation(t *testing.T) {
	if _, err := os.Stat(filepath.Join(secondFolder, "node_modules")); err != nil {
		if os.Getenv("CI") != "" { // what CI does not run is not checked
			t.Fatal("js-libp2p is not installed; go run ./build setup does it")
		}
		t.Skip("js-libp2p is not installed; go run ./build setup does it")
	}
	token := [16]byte{1}
	r := newRig(t, token)
	team, tag := wire.TeamTag{1}, op.ScopeTag{7}
	a := r.device(1)
	member := &device{sign: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{50}, 32))}
	transport := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{51}, 32))
	member.peer = [32]byte(transport.Public().(ed25519.PublicKey))
	r.found(team, token, a, member)
	r.leaveOp(a, team, tag)

	pub := member.entry().SignPub
	asks := []wire.Message{
		&wire.RelayHello{Version: 1, Team: team, Device: member.entry().Device},
		&wire.RelayCaps{Caps: []wire.RelayCap{{Tag: tag, Pub: pub, Proof: [64]byte(ed25519.Sign(member.sign, wire.CapProof([16]byte{}, [32]byte{}, member.entry().Device, tag, pub)))}}},
		&wire.Since{},
		&wire.Want{Tag: tag, Device: a.entry().Device, Incarnation: 1, From: 1, To: 1},
	}
	seen, heard := r.runSecond(transport, asks...)
	if !seen.Reserved {
		t.Errorf("a device of the team gets no place: %s", seen.Reason)
	}
	if welcome, ok := heard[0].(*wire.RelayWelcome); !ok || welcome.State != wire.RelayOK {
		t.Errorf("%+v", heard[0])
	}
	for _, m := range heard[1:] {
		switch m := m.(type) {
		case *wire.RelayScopes:
			if m.Scopes[0].State != wire.ScopeRefused {
				t.Errorf("%+v", m)
			}
		case *wire.Delta:
			if len(m.Feeds) > 0 {
				t.Errorf("%+v", m)
			}
		default:
			t.Errorf("it hears %+v", m)
		}
	}
	if len(heard) != 3 {
		t.Errorf("%d answers", len(heard))
	}

	seen, heard = r.runSecond(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{52}, 32)), asks...)
	if seen.Reserved || seen.Reason == "" {
		t.Errorf("a stranger: %+v", seen)
	}
	if welcome, ok := heard[0].(*wire.RelayWelcome); !ok || welcome.State != wire.RelayNotOnRoster {
		t.Errorf("%+v", heard[0])
	}
	for _, m := range heard[1:] {
		if no, ok := m.(*wire.RelayRefused); !ok || no.Code != wire.RelayBadState {
			t.Errorf("a stranger hears %+v", m)
		}
	}
}

// leaveOp puts one op of a device in a scope.
func (r *rig) leaveOp(d *device, team wire.TeamTag, tag op.ScopeTag) {
	r.t.Helper()
	s, in, welcome := r.speak(d, team, nil)
	pub := d.entry().SignPub
	proof := ed25519.Sign(d.sign, wire.CapProof(welcome.Store, welcome.Nonce, d.entry().Device, tag, pub))
	r.say(s, &wire.RelayCaps{Caps: []wire.RelayCap{{Tag: tag, Pub: pub, Proof: [64]byte(proof)}}})
	h := op.Header{Version: op.Version, Kind: op.Content, Scope: tag, Device: d.entry().Device, Incarnation: 1, Seq: 1, Epoch: op.EpochRef{1}}
	sealed := op.Sign(h, []byte("ciphertext"), d.sign)
	r.say(s, &wire.Frame{Raw: sealed.AppendTo(nil)})
	for {
		if _, ok := r.next(in).(*wire.Ack); ok {
			return
		}
	}
}

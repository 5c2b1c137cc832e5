package wire

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"testing"

	"tongzhou/sync/op"
)

// B4: a roster has one form; whoever signed it can be told.
func TestRoster(t *testing.T) {
	raw := sampleRoster(t)
	r, err := ParseRoster(raw)
	if err != nil {
		t.Fatal(err)
	}
	if pub := entry(1).SignPub; r.Signer != entry(1).Device || !VerifyRoster(raw, pub[:]) {
		t.Error("the signature is not accepted")
	}
	if pub := entry(2).SignPub; VerifyRoster(raw, pub[:]) {
		t.Error("the signature of another is accepted")
	}
	if d, ok := r.Find(entry(3).Device); !ok || d != entry(3) {
		t.Error("a device is not found")
	}
	if _, ok := r.Find(entry(4).Device); ok || !r.IsAdmin(entry(1).Device) || r.IsAdmin(entry(2).Device) {
		t.Error("devices and admins are mixed up")
	}
	for at := range raw {
		bent := bytes.Clone(raw)
		bent[at] ^= 1
		pub := entry(1).SignPub
		if _, err := ParseRoster(bent); err == nil && VerifyRoster(bent, pub[:]) {
			t.Fatalf("a change of byte %d goes unnoticed", at)
		}
	}
	for n := range raw {
		if _, err := ParseRoster(raw[:n]); err == nil {
			t.Fatalf("a roster cut off after %d bytes is read", n)
		}
	}
	one := entry(1)
	for name, bad := range map[string]Roster{
		"no devices":         {Gen: 1, Admins: []op.DeviceID{one.Device}},
		"no admins":          {Gen: 1, Devices: []RosterDevice{one}},
		"generation zero":    {Admins: []op.DeviceID{one.Device}, Devices: []RosterDevice{one}},
		"second, after none": {Gen: 2, Admins: []op.DeviceID{one.Device}, Devices: []RosterDevice{one}},
		"first, after one":   {Gen: 1, Prev: [32]byte{1}, Admins: []op.DeviceID{one.Device}, Devices: []RosterDevice{one}},
		"the same twice":     {Gen: 1, Admins: []op.DeviceID{one.Device}, Devices: []RosterDevice{one, one}},
		"foreign admin":      {Gen: 1, Admins: []op.DeviceID{{7}}, Devices: []RosterDevice{one}},
		"other keys":         {Gen: 1, Admins: []op.DeviceID{one.Device}, Devices: []RosterDevice{{Device: one.Device, SignPub: entry(2).SignPub, PeerPub: one.PeerPub}}},
		"no peer key":        {Gen: 1, Admins: []op.DeviceID{one.Device}, Devices: []RosterDevice{{Device: one.Device, SignPub: one.SignPub}}},
	} {
		if _, err := bad.Sign(seedKey(1)); !errors.Is(err, ErrRoster) {
			t.Errorf("%s was signed: %v", name, err)
		}
		bad.Signer = one.Device
		body, err := op.Marshal(&bad)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseRoster(append(body, make([]byte, ed25519.SignatureSize)...)); !errors.Is(err, ErrRoster) {
			t.Errorf("%s was read: %v", name, err)
		}
	}
}

// B4: the largest team fits a packet.
func TestLargestRoster(t *testing.T) {
	r := Roster{Gen: 1}
	for i := range MaxRosterDevices {
		var seed [32]byte
		seed[0], seed[1] = byte(i), byte(i>>8)
		pub := [32]byte(ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey))
		r.Devices = append(r.Devices, RosterDevice{Device: op.DeviceIDOf(pub[:]), SignPub: pub, PeerPub: pub})
		if i < 64 {
			r.Admins = append(r.Admins, r.Devices[i].Device)
		}
	}
	raw, err := r.Sign(seedKey(1))
	if err != nil {
		t.Fatal(err)
	}
	b, err := Encode(nil, &RelayRoster{Raw: raw})
	if err != nil {
		t.Fatal(err)
	}
	m, err := Decode(Type(b[4]), b[5:])
	if err != nil {
		t.Fatal(err)
	}
	if back, err := ParseRoster(m.(*RelayRoster).Raw); err != nil || len(back.Devices) != MaxRosterDevices {
		t.Errorf("%d devices, %v", len(back.Devices), err)
	}
	r.Devices = append(r.Devices, entry(9))
	if _, err := r.Sign(seedKey(1)); !errors.Is(err, ErrRoster) {
		t.Errorf("one device too many: %v", err)
	}
}

// B5: a vouch holds for one device, one team, one generation.
func TestVouch(t *testing.T) {
	v := RelayVouch{Team: TeamTag{1}, Gen: 2, Device: entry(4)}
	v.Sign(seedKey(1))
	pub := entry(1).SignPub
	if !v.Verify(pub[:]) || v.Signer != entry(1).Device {
		t.Fatal("the signature is not accepted")
	}
	for name, bend := range map[string]func(*RelayVouch){
		"team":       func(v *RelayVouch) { v.Team[0]++ },
		"generation": func(v *RelayVouch) { v.Gen++ },
		"device":     func(v *RelayVouch) { v.Device = entry(5) },
		"peer key":   func(v *RelayVouch) { v.Device.PeerPub[0]++ },
		"signer":     func(v *RelayVouch) { v.Signer[0]++ },
	} {
		bent := v
		if bend(&bent); bent.Verify(pub[:]) {
			t.Errorf("another %s goes unnoticed", name)
		}
	}
}

// B6: a proof holds for one store, one connection, one device, one scope.
func TestProofsDiffer(t *testing.T) {
	base := func() [][]byte {
		return [][]byte{
			CapProof([16]byte{}, [32]byte{}, op.DeviceID{}, op.ScopeTag{}, [32]byte{}),
			CapProof([16]byte{1}, [32]byte{}, op.DeviceID{}, op.ScopeTag{}, [32]byte{}),
			CapProof([16]byte{}, [32]byte{1}, op.DeviceID{}, op.ScopeTag{}, [32]byte{}),
			CapProof([16]byte{}, [32]byte{}, op.DeviceID{1}, op.ScopeTag{}, [32]byte{}),
			CapProof([16]byte{}, [32]byte{}, op.DeviceID{}, op.ScopeTag{1}, [32]byte{}),
			CapProof([16]byte{}, [32]byte{}, op.DeviceID{}, op.ScopeTag{}, [32]byte{1}),
			CapFollows(op.ScopeTag{}, [32]byte{}), CapFollows(op.ScopeTag{1}, [32]byte{}), CapFollows(op.ScopeTag{}, [32]byte{1}),
			BoxProof([16]byte{}, [32]byte{}, MailBox{}), BoxProof([16]byte{1}, [32]byte{}, MailBox{}), BoxProof([16]byte{}, [32]byte{1}, MailBox{}), BoxProof([16]byte{}, [32]byte{}, MailBox{1}),
		}
	}
	seen := map[string]bool{}
	for _, b := range base() {
		if seen[string(b)] {
			t.Errorf("two proofs cover the same: %x", b)
		}
		seen[string(b)] = true
	}
}

// B4: what is read as a roster can be signed and read again.
func FuzzRoster(f *testing.F) {
	f.Add(sampleRoster(f))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := ParseRoster(raw)
		if err != nil {
			if !errors.Is(err, ErrRoster) {
				t.Fatal(err)
			}
			return
		}
		again, err := op.Marshal(&r)
		if err != nil || !bytes.Equal(again, raw[:len(raw)-ed25519.SignatureSize]) {
			t.Fatalf("read as %+v, which is written otherwise: %v", r, err)
		}
	})
}

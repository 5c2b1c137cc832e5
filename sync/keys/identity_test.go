package keys

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tongzhou/sync/op"
)

func newIdentity(t fatal) Identity {
	t.Helper()
	return Identity{
		Root: newRoot(t, 1), Device: newDevice(t, 1), DeviceName: "李四的笔记本",
		Team: op.TeamID{3}, TeamSecret: TeamSecret{4, 4, 4, 4, 4, 4, 4, 4},
	}
}

func sameIdentity(a, b Identity) bool {
	boxA, errA := a.Device.Box.Bytes()
	boxB, errB := b.Device.Box.Bytes()
	return errA == nil && errB == nil && bytes.Equal(boxA, boxB) &&
		a.Root.ID == b.Root.ID && a.Root.Seed == b.Root.Seed && a.Root.Sign.Equal(b.Root.Sign) && a.Root.Whole() == b.Root.Whole() &&
		a.Root.SignPub().Equal(b.Root.SignPub()) && bytes.Equal(a.Root.BoxPub(), b.Root.BoxPub()) &&
		a.Device.ID == b.Device.ID && a.Device.Sign.Equal(b.Device.Sign) && a.Device.Peer.Equal(b.Device.Peer) &&
		a.DeviceName == b.DeviceName && a.Team == b.Team && a.TeamSecret == b.TeamSecret && a.Genesis == b.Genesis
}

func TestIdentityIsReadAsItWasWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "identity")
	id := newIdentity(t)
	before := id // before it belongs to a team
	before.Team, before.TeamSecret = op.TeamID{}, TeamSecret{}
	whole := id
	whole.Genesis = op.ID{5}
	seedless := whole
	seedless.Root = whole.Root.Public()
	for _, want := range []Identity{before, id, whole, seedless} {
		b, err := want.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Load(path)
		if err != nil || !sameIdentity(got, want) {
			t.Errorf("Load = %v, %v; want %v", got, err, want)
		}
	}
}

func TestAnIdentityThatCannotBeReadIsNotWritten(t *testing.T) {
	if _, err := (&Identity{}).Marshal(); err == nil {
		t.Error("an empty identity")
	}
	named := newIdentity(t)
	named.DeviceName = strings.Repeat("n", MaxDeviceName+1)
	if _, err := named.Marshal(); err == nil {
		t.Error("a name that is too long")
	}
}

func TestLoadTellsWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	if _, err := Load(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	path := filepath.Join(dir, "identity")
	for name, content := range map[string][]byte{"empty": nil, "text": []byte("hello"), "large": make([]byte, 1<<20)} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); !errors.Is(err, ErrIdentityDamaged) {
			t.Errorf("%s: %v, want %v", name, err, ErrIdentityDamaged)
		}
	}
	newer, err := op.Marshal(identityFile{Version: 3})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, newer, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); !errors.Is(err, ErrIdentityVersion) {
		t.Errorf("version 3: %v, want %v", err, ErrIdentityVersion)
	}
}

// A flipped bit would otherwise silently make another person of the owner.
func TestIdentityAnyFlippedBitIsNoticed(t *testing.T) {
	id := newIdentity(t)
	encoded, err := id.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for bit := range 8 * len(encoded) {
		if got, err := ParseIdentity(flip(encoded, bit)); err == nil {
			t.Errorf("bit %d flipped: %v", bit, got)
		}
	}
	for n := range len(encoded) {
		if _, err := ParseIdentity(encoded[:n]); !errors.Is(err, ErrIdentityDamaged) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
}

func TestIdentityIdsMustFollowFromTheSeeds(t *testing.T) {
	id := newIdentity(t)
	id.Root.ID[0]++ // as if a later version derived it differently
	encoded, err := id.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseIdentity(encoded); !errors.Is(err, ErrIdentityDamaged) {
		t.Errorf("another user id: %v", err)
	}
	id = newIdentity(t)
	id.Device.ID[0]++
	if encoded, err = id.Marshal(); err != nil {
		t.Fatal(err)
	}
	if _, err := ParseIdentity(encoded); !errors.Is(err, ErrIdentityDamaged) {
		t.Errorf("another device id: %v", err)
	}
}

func TestIdentityRefusesSecretsOfAnotherLength(t *testing.T) {
	for name, change := range map[string]func(c *identityContent){
		"root":           func(c *identityContent) { c.RootSeed = c.RootSeed[1:] },
		"sign":           func(c *identityContent) { c.SignSeed = c.SignSeed[1:] },
		"box":            func(c *identityContent) { c.BoxSeed = c.BoxSeed[1:] },
		"peer":           func(c *identityContent) { c.PeerSeed = nil },
		"team":           func(c *identityContent) { c.TeamSecret = append(c.TeamSecret, 0) },
		"genesis, short": func(c *identityContent) { c.Genesis = make([]byte, 31) },
		"genesis, long":  func(c *identityContent) { c.Genesis = make([]byte, 33) },
		"public halves beside the seed": func(c *identityContent) {
			c.RootPub, c.RootBox = make([]byte, 32), make([]byte, BoxPubSize)
		},
		"no one": func(c *identityContent) { *c = identityContent{} },
	} {
		id := newIdentity(t)
		encoded, err := id.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		var file identityFile
		var content identityContent
		if err := errors.Join(op.Unmarshal(encoded, &file), op.Unmarshal(file.Content, &content)); err != nil {
			t.Fatal(err)
		}
		change(&content)
		if file.Content, err = op.Marshal(content); err != nil {
			t.Fatal(err)
		}
		check := sha256.Sum256(file.Content)
		file.Check = check[:]
		if encoded, err = op.Marshal(file); err != nil {
			t.Fatal(err)
		}
		if _, err := ParseIdentity(encoded); !errors.Is(err, ErrIdentityDamaged) {
			t.Errorf("%s: %v, want %v", name, err, ErrIdentityDamaged)
		}
	}
}

// R2, R15: the seed leaves the device once the person has it as words; the device goes on being this person's.
func TestIdentityLivesWithoutTheSeed(t *testing.T) {
	id := newIdentity(t)
	seed := id.Root.Seed
	id.Root = id.Root.Public()
	encoded, err := id.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(encoded, seed[:]) {
		t.Error("the seed is still there")
	}
	got, err := ParseIdentity(encoded)
	if err != nil || !sameIdentity(got, id) || got.Root.Whole() {
		t.Fatalf("ParseIdentity = %v, %v", got, err)
	}
	again, err := NewRoot(seed)
	if err != nil || again.ID != got.Root.ID || !bytes.Equal(again.BoxPub(), got.Root.BoxPub()) {
		t.Errorf("the words lead to %v, %v; want %v", again, err, got.Root)
	}
	cert := got.Device.Public(got.DeviceName)
	cert.User = got.Root.ID
	if err := got.Root.Certify(&cert); !errors.Is(err, ErrNoRoot) {
		t.Errorf("certified without the seed: %v", err)
	}
	var file identityFile
	if err := op.Unmarshal(encoded, &file); err != nil || file.Version != 2 {
		t.Errorf("version %d, %v: an older program would call it damaged", file.Version, err)
	}
}

func FuzzParseIdentity(f *testing.F) {
	id := newIdentity(f)
	encoded, err := id.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(encoded)
	id.Root = id.Root.Public()
	if encoded, err = id.Marshal(); err != nil {
		f.Fatal(err)
	}
	f.Add(encoded)
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := ParseIdentity(b)
		if err != nil {
			if !errors.Is(err, ErrIdentityDamaged) && !errors.Is(err, ErrIdentityVersion) {
				t.Errorf("unexpected error: %v", err)
			}
			return
		}
		if _, err := got.Marshal(); err != nil {
			t.Errorf("parsed but cannot be encoded: %v", err)
		}
	})
}

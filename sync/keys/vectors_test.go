package keys

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"

	"tongzhou/sync/op"
)

// hexed is a byte string written as hexadecimal digits.
type hexed []byte

func (h hexed) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

func (h *hexed) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// vectors is testdata/vectors.json: secrets and what follows from them, for good. A second
// implementation has to agree with it. Nobody edits it; a new version of the format gets a new file.
type vectors struct {
	Team       op.TeamID
	TeamSecret hexed
	RootSeed   hexed
	DeviceSeed hexed // 96 bytes: signing, box, peer
	OtherUser  op.UserID

	Root struct {
		User    op.UserID
		SignPub hexed
		BoxPub  hexed
	}
	Device struct {
		ID      op.DeviceID
		SignPub hexed
		BoxPub  hexed
		PeerPub hexed
	}
	Cert struct {
		Name    string
		Encoded hexed
	}
	Scopes struct {
		Control, Company, Direct, Self op.ScopeID
	}
	TeamKeys struct {
		RelaySecret  hexed
		ControlTag   op.ScopeTag
		BootstrapKey hexed // of ControlTag
		MDNSName     string
	}
	Invite struct {
		Secret  hexed
		SignPub hexed
	}
	Parent epochVector
	Child  epochVector
	Box    struct { // the child's key for the device, info as below
		Info   hexed
		Sealed hexed
	}
	EpochNew hexed // the child's announcement: one box for the device, one key back
	EpochAdd hexed
	Roster   hexed
	Identity struct {
		DeviceName string
		Encoded    hexed
	}
}

type epochVector struct {
	Key     hexed // the randomness of NewEpoch
	Ref     op.EpochRef
	Gen     uint32
	Commit  hexed
	BodyKey hexed
	BackKey hexed
}

func readVectors(t *testing.T) (v vectors, root Root, dev Device) {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	if root, err = NewRoot([32]byte(v.RootSeed)); err != nil {
		t.Fatal(err)
	}
	if dev, err = NewDevice(bytes.NewReader(v.DeviceSeed)); err != nil {
		t.Fatal(err)
	}
	return v, root, dev
}

func checkBytes(t *testing.T, name string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%s:\n%x, want\n%x", name, got, want)
	}
}

func TestVectorsRootAndDevice(t *testing.T) {
	v, root, dev := readVectors(t)
	if root.ID != v.Root.User || dev.ID != v.Device.ID {
		t.Errorf("user %s, device %s; want %s, %s", root.ID, dev.ID, v.Root.User, v.Device.ID)
	}
	checkBytes(t, "root signing key", root.SignPub(), v.Root.SignPub)
	checkBytes(t, "root box key", root.BoxPub(), v.Root.BoxPub)
	checkBytes(t, "signing key", publicKey(dev.Sign), v.Device.SignPub)
	checkBytes(t, "box key", dev.Box.PublicKey().Bytes(), v.Device.BoxPub)
	checkBytes(t, "peer key", publicKey(dev.Peer), v.Device.PeerPub)
}

func TestVectorsDeviceCert(t *testing.T) {
	v, root, dev := readVectors(t)
	c, err := Certify(root, dev, v.Cert.Name)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	checkBytes(t, "certificate", encoded, v.Cert.Encoded)
	parsed, err := ParseDeviceCert(v.Cert.Encoded)
	if err != nil {
		t.Fatal(err)
	}
	if err := parsed.Verify(root.SignPub()); err != nil {
		t.Error(err)
	}
}

func TestVectorsNames(t *testing.T) {
	v, root, _ := readVectors(t)
	for name, c := range map[string][2]op.ScopeID{
		"control": {ControlScope(v.Team), v.Scopes.Control},
		"company": {CompanyScope(v.Team), v.Scopes.Company},
		"direct":  {DirectScope(v.Team, root.ID, v.OtherUser), v.Scopes.Direct},
		"self":    {SelfScope(v.Team, root.ID), v.Scopes.Self},
	} {
		if c[0] != c[1] {
			t.Errorf("%s scope %s, want %s", name, c[0], c[1])
		}
	}
	secret := TeamSecret(v.TeamSecret)
	relay := secret.RelaySecret()
	checkBytes(t, "relay secret", relay[:], v.TeamKeys.RelaySecret)
	if got := secret.ScopeTag(v.Scopes.Control); got != v.TeamKeys.ControlTag {
		t.Errorf("tag %s, want %s", got, v.TeamKeys.ControlTag)
	}
	if got := secret.MDNSName(); got != v.TeamKeys.MDNSName {
		t.Errorf("service name %s, want %s", got, v.TeamKeys.MDNSName)
	}
	bootstrap, err := secret.BootstrapKey(v.TeamKeys.ControlTag)
	if err != nil {
		t.Fatal(err)
	}
	checkSameKey(t, "bootstrap key", bootstrap, v.TeamKeys.BootstrapKey)
}

// checkSameKey compares a key with the raw one by what they encrypt to.
func checkSameKey(t *testing.T, name string, got op.BodyKey, raw []byte) {
	t.Helper()
	want, err := chacha20poly1305.NewX(raw)
	if err != nil {
		t.Fatal(err)
	}
	nonce := make([]byte, want.NonceSize())
	checkBytes(t, name, got.Seal(nil, nonce, []byte("text"), nil), want.Seal(nil, nonce, []byte("text"), nil))
}

func TestVectorsInvite(t *testing.T) {
	v, _, _ := readVectors(t)
	i := InviteFromSecret([16]byte(v.Invite.Secret))
	checkBytes(t, "invite key", i.Pub(), v.Invite.SignPub)
}

func TestVectorsEpochs(t *testing.T) {
	v, _, _ := readVectors(t)
	parent := v.Parent.check(t, v.Scopes.Company)
	v.Child.check(t, v.Scopes.Company, parent)
}

func (v epochVector) check(t *testing.T, scope op.ScopeID, parents ...Epoch) Epoch {
	t.Helper()
	e, err := NewEpoch(bytes.NewReader(v.Key), scope, parents...)
	if err != nil {
		t.Fatal(err)
	}
	if e.Ref != v.Ref || e.Gen != v.Gen {
		t.Errorf("%v, want epoch %s (gen %d)", e, v.Ref, v.Gen)
	}
	commit := e.Commit()
	checkBytes(t, "commitment", commit[:], v.Commit)
	body, err := e.BodyKey()
	if err != nil {
		t.Fatal(err)
	}
	checkSameKey(t, "body key", body, v.BodyKey)
	back, err := e.backKey()
	if err != nil {
		t.Fatal(err)
	}
	checkSameKey(t, "back key", back, v.BackKey)
	return e
}

// Boxes are different each time they are made, so the vectors are only opened.
func TestVectorsBox(t *testing.T) {
	v, _, dev := readVectors(t)
	checkBytes(t, "info", boxInfo(v.Team, v.Scopes.Company, v.Child.Ref, dev.ID), v.Box.Info)
	key, err := Open(dev.Box, v.Team, v.Scopes.Company, v.Child.Ref, dev.ID, v.Box.Sealed)
	if err != nil {
		t.Fatal(err)
	}
	checkBytes(t, "key", key[:], v.Child.Key)
}

func TestVectorsAnnouncement(t *testing.T) {
	v, root, dev := readVectors(t)
	n, err := DecodeEpochNew(v.EpochNew)
	if err != nil {
		t.Fatal(err)
	}
	checkBytes(t, "roster digest", n.RosterDigest[:], v.Roster)
	child, err := n.Open(v.Team, dev.ID, dev.Box)
	if err != nil {
		t.Fatal(err)
	}
	checkBytes(t, "key", child.Key[:], v.Child.Key)
	parent := v.Parent.check(t, v.Scopes.Company)
	announced, _, err := parent.Announce(rand.Reader, v.Team, FullHistory, nil, Digest{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := book{parent.Ref: announced, child.Ref: n}
	if got, err := child.Ancestors(b.find); err != nil || len(got) != 1 || got[0].Key != parent.Key {
		t.Errorf("the chain back opens %v, %v", got, err)
	}
	encoded, err := n.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	checkBytes(t, "announcement", encoded, v.EpochNew)

	add, err := DecodeEpochAdd(v.EpochAdd)
	if err != nil {
		t.Fatal(err)
	}
	again, err := add.Open(v.Team, root.Device(), root.Box)
	if err != nil {
		t.Fatal(err)
	}
	checkBytes(t, "key", again.Key[:], v.Child.Key)
	if encoded, err = add.Marshal(); err != nil {
		t.Fatal(err)
	}
	checkBytes(t, "added box", encoded, v.EpochAdd)
}

func TestVectorsIdentity(t *testing.T) {
	v, root, dev := readVectors(t)
	id := Identity{Root: root, Device: dev, DeviceName: v.Identity.DeviceName, Team: v.Team, TeamSecret: TeamSecret(v.TeamSecret)}
	encoded, err := id.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	checkBytes(t, "identity", encoded, v.Identity.Encoded)
	if got, err := ParseIdentity(v.Identity.Encoded); err != nil || !sameIdentity(got, id) {
		t.Errorf("parsed as %v, %v", got, err)
	}
}

package op_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"

	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// hexed is a byte string written as hexadecimal digits.
type hexed []byte

func (h hexed) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

func (h *hexed) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// vectors is testdata/vectors.json: inputs and what they encode to, for good. A second implementation of
// the format has to agree with it. Nobody edits it; a new version of the format gets a new file.
type vectors struct {
	SignSeed hexed // Ed25519 seed of the device
	BodyKey  hexed // XChaCha20-Poly1305
	Nonce    hexed // of every ciphertext below

	Header   headerVector
	Bodies   []bodyVector
	Sealed   []sealedVector
	Packed   []packedVector
	Register registerVector
	Fork     hexed // ForkProof of Sealed[0] and Sealed[1]
	Ref      refVector
}

type headerVector struct {
	Kind           op.Kind
	Flags          uint16
	Scope          op.ScopeTag
	Device         op.DeviceID
	Incarnation    uint32
	Seq            uint64
	Prev           op.ID
	Epoch          op.EpochRef
	CiphertextLen  uint32
	CiphertextHash hexed
	Encoded        hexed
}

func (v headerVector) header() op.Header {
	return op.Header{
		Version: op.Version, Kind: v.Kind, Flags: v.Flags, Scope: v.Scope, Device: v.Device, Incarnation: v.Incarnation,
		Seq: v.Seq, Prev: v.Prev, Epoch: v.Epoch, CiphertextLen: v.CiphertextLen, CiphertextHash: [32]byte(v.CiphertextHash),
	}
}

type bodyVector struct {
	HLC     hlc.Time
	Type    string
	Entity  hexed
	Payload hexed
	Deps    []op.ID
	Encoded hexed
}

// sealedVector has the body Bodies[Body], sealed with Nonce and signed.
type sealedVector struct {
	Header  headerVector // before sealing: no length and hash, no encoding
	Body    int
	Encoded hexed
	ID      op.ID
}

// packedVector was compressed; another compressor may write it differently, but everyone reads it.
type packedVector struct {
	Header     headerVector
	Plain      string
	Repeat     int
	Ciphertext hexed
}

type registerVector struct {
	Scope   op.ScopeTag
	Key     string
	Version uint64
	Epoch   op.EpochRef
	Plain   hexed
	Encoded hexed
}

type refVector struct {
	Device      op.DeviceID
	Incarnation uint32
	Seq         uint64
	Bytes       hexed
	Text        string
}

func readVectors(t *testing.T) (v vectors, priv ed25519.PrivateKey, key op.BodyKey) {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	if key, err = chacha20poly1305.NewX(v.BodyKey); err != nil {
		t.Fatal(err)
	}
	return v, ed25519.NewKeyFromSeed(v.SignSeed), key
}

func (v bodyVector) body() op.Body {
	return op.Body{HLC: v.HLC, Type: v.Type, Entity: v.Entity, Payload: []byte(v.Payload), Deps: v.Deps}
}

func TestVectorsHeader(t *testing.T) {
	v, _, _ := readVectors(t)
	h := v.Header.header()
	if got := h.AppendTo(nil); !bytes.Equal(got, v.Header.Encoded) {
		t.Errorf("encoded as\n%x, want\n%x", got, v.Header.Encoded)
	}
	if got, err := op.ParseHeader(v.Header.Encoded); err != nil || got != h {
		t.Errorf("decoded as %+v, %v; want %+v", got, err, h)
	}
}

func TestVectorsBody(t *testing.T) {
	v, _, _ := readVectors(t)
	for _, c := range v.Bodies {
		got, err := op.EncodeBody(c.body())
		if err != nil || !bytes.Equal(got, c.Encoded) {
			t.Errorf("%s: encoded as\n%x, %v; want\n%x", c.Type, got, err, c.Encoded)
		}
		if got, err := op.DecodeBody(c.Encoded); err != nil || !sameBody(got, c.body()) {
			t.Errorf("%s: decoded as %+v, %v", c.Type, got, err)
		}
	}
}

func TestVectorsSealed(t *testing.T) {
	v, priv, key := readVectors(t)
	pub := priv.Public().(ed25519.PublicKey)
	for i, c := range v.Sealed {
		plain := v.Bodies[c.Body].Encoded
		ct, err := op.SealBodyFrom(bytes.NewReader(v.Nonce), key, c.Header.header(), plain)
		if err != nil {
			t.Fatal(err)
		}
		s := op.Sign(c.Header.header(), ct, priv)
		if got := s.AppendTo(nil); !bytes.Equal(got, c.Encoded) || s.ID() != c.ID {
			t.Errorf("op %d: sealed as %s\n%x, want %s\n%x", i, s.ID(), got, c.ID, c.Encoded)
		}
		parsed, rest, err := op.Parse(c.Encoded)
		if err != nil || len(rest) != 0 || parsed.ID() != c.ID || !parsed.VerifySig(pub) || parsed.CheckBody() != nil {
			t.Errorf("op %d: parsed as %+v, %v", i, parsed, err)
		}
		if got, err := op.OpenBody(key, parsed.Header, parsed.Ciphertext); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("op %d: opened as %x, %v; want %x", i, got, err, plain)
		}
	}
}

func TestVectorsCompressedBody(t *testing.T) {
	v, _, key := readVectors(t)
	for i, c := range v.Packed {
		want := bytes.Repeat([]byte(c.Plain), c.Repeat)
		if got, err := op.OpenBody(key, c.Header.header(), c.Ciphertext); err != nil || !bytes.Equal(got, want) {
			t.Errorf("body %d: opened as %q, %v; want %q", i, got, err, want)
		}
	}
}

func TestVectorsRegister(t *testing.T) {
	v, priv, key := readVectors(t)
	c := v.Register
	pub := priv.Public().(ed25519.PublicKey)
	r := op.Register{Scope: c.Scope, Device: op.DeviceIDOf(pub), Key: c.Key, Version: c.Version, Epoch: c.Epoch}
	if err := r.Seal(bytes.NewReader(v.Nonce), key, c.Plain); err != nil {
		t.Fatal(err)
	}
	if err := r.Sign(priv); err != nil {
		t.Fatal(err)
	}
	if got := r.AppendTo(nil); !bytes.Equal(got, c.Encoded) {
		t.Errorf("encoded as\n%x, want\n%x", got, c.Encoded)
	}
	parsed, rest, err := op.ParseRegister(c.Encoded)
	if err != nil || len(rest) != 0 || parsed.Verify(pub) != nil || parsed.Key != c.Key || parsed.Version != c.Version {
		t.Fatalf("parsed as %+v, %v", parsed, err)
	}
	if got, err := parsed.Open(key); err != nil || !bytes.Equal(got, c.Plain) {
		t.Errorf("opened as %x, %v", got, err)
	}
}

func TestVectorsForkProof(t *testing.T) {
	v, priv, _ := readVectors(t)
	p, err := op.ParseForkProof(v.Fork)
	if err != nil || p.A.ID() != v.Sealed[0].ID || p.B.ID() != v.Sealed[1].ID {
		t.Fatalf("parsed as %+v, %v", p, err)
	}
	if err := p.Verify(priv.Public().(ed25519.PublicKey)); err != nil {
		t.Error(err)
	}
	if got := p.AppendTo(nil); !bytes.Equal(got, v.Fork) {
		t.Errorf("encoded as\n%x, want\n%x", got, v.Fork)
	}
}

func TestVectorsRef(t *testing.T) {
	v, _, _ := readVectors(t)
	ref := op.Ref{Device: v.Ref.Device, Incarnation: v.Ref.Incarnation, Seq: v.Ref.Seq}
	if !bytes.Equal(ref.Bytes(), v.Ref.Bytes) || ref.String() != v.Ref.Text {
		t.Errorf("%x, %s; want %x, %s", ref.Bytes(), ref, v.Ref.Bytes, v.Ref.Text)
	}
	if got, err := op.ParseRef(v.Ref.Text); err != nil || got != ref {
		t.Errorf("read as %+v, %v", got, err)
	}
}

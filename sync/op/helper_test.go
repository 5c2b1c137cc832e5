package op_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"runtime"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"
	"pgregory.net/rapid"

	"tongzhou/sync/op"
)

// fatal is what testing.T and rapid.T have in common.
type fatal interface {
	Helper()
	Fatalf(format string, args ...any)
}

// signer is a device as this package sees one.
type signer struct {
	priv ed25519.PrivateKey
	pub  ed25519.PublicKey
	id   op.DeviceID
}

func newSigner(seed byte) signer {
	s := sha256.Sum256([]byte{seed})
	priv := ed25519.NewKeyFromSeed(s[:])
	pub := priv.Public().(ed25519.PublicKey)
	return signer{priv: priv, pub: pub, id: op.DeviceIDOf(pub)}
}

func (s signer) header(seq uint64, prev op.ID) op.Header {
	return op.Header{
		Version: op.Version, Kind: op.Content, Scope: op.ScopeTag{1}, Device: s.id, Incarnation: 7,
		Seq: seq, Prev: prev, Epoch: op.EpochRef{9},
	}
}

// chain writes a feed with these ciphertexts.
func (s signer) chain(cts ...string) []op.Sealed {
	ops := make([]op.Sealed, len(cts))
	var prev op.ID
	for i, ct := range cts {
		ops[i] = op.Sign(s.header(uint64(i)+1, prev), []byte(ct), s.priv)
		prev = ops[i].ID()
	}
	return ops
}

func bodyKey(t fatal, seed byte) op.BodyKey {
	t.Helper()
	s := sha256.Sum256([]byte{seed})
	key, err := chacha20poly1305.NewX(s[:])
	if err != nil {
		t.Fatalf("body key: %v", err)
	}
	return key
}

// drawHeader draws a header that Parse accepts.
func drawHeader(t *rapid.T) op.Header {
	h := op.Header{
		Version:     op.Version,
		Kind:        op.Kind(rapid.IntRange(int(op.Content), int(op.Snapshot)).Draw(t, "kind")),
		Scope:       op.ScopeTag(drawBytes(t, "scope", 16)),
		Device:      op.DeviceID(drawBytes(t, "device", 16)),
		Incarnation: rapid.Uint32().Draw(t, "incarnation"),
		Seq:         rapid.Uint64Range(1, op.MaxSeq).Draw(t, "seq"),
		Epoch:       op.EpochRef(drawBytes(t, "epoch", 8)),
	}
	if h.Seq > 1 {
		h.Prev = op.ID(drawBytes(t, "prev", 32))
		h.Prev[0] |= 1
	}
	return h
}

func drawBytes(t *rapid.T, label string, n int) []byte {
	return rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, label)
}

// drawText draws bytes that compress about as well as what people write.
func drawText(t *rapid.T, label string, limit int) []byte {
	word := rapid.SampledFrom([]string{"预算", "会议室", "please ", "bring ", "the ", "明天", "📎", "\x00", "\x80", "q"})
	var text []byte
	for _, w := range rapid.SliceOf(word).Draw(t, label) {
		text = append(text, w...)
	}
	for range rapid.IntRange(0, 9).Draw(t, label+" doublings") {
		text = append(text, text...)
	}
	return text[:min(len(text), limit)]
}

// allocated is how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// checkAllocated fails if decoding n bytes from a stranger allocates out of proportion.
func checkAllocated(t *testing.T, n int, limit uint64, decode func()) {
	t.Helper()
	if got := allocated(decode); got > limit {
		t.Errorf("%d bytes made the decoder allocate %d, limit %d", n, got, limit)
	}
}

func unhex(t fatal, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatalf("hex: %v", err)
	}
	return b
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }

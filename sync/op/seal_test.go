package op_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"testing"
	"testing/iotest"

	"golang.org/x/crypto/chacha20poly1305"
	"pgregory.net/rapid"

	"tongzhou/sync/op"
)

func TestBodyRoundTrip(t *testing.T) {
	key := bodyKey(t, 1)
	rapid.Check(t, func(t *rapid.T) {
		h := drawHeader(t)
		plain := drawText(t, "plain", 12<<10) // what every kind takes, compressible or not
		ct, err := op.SealBody(key, h, plain)
		if err != nil {
			t.Fatalf("SealBody of %d bytes: %v", len(plain), err)
		}
		h = op.Sign(h, ct, newSigner(1).priv).Header
		got, err := op.OpenBody(key, h, ct)
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("OpenBody = %q, %v; want %q", got, err, plain)
		}
	})
}

func TestSealBodyKeepsToTheLimitOfTheKind(t *testing.T) {
	key := bodyKey(t, 1)
	noise := make([]byte, op.MaxCiphertext+1) // does not compress
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	const overhead = 24 + 16 + 2
	for kind, limit := range map[op.Kind]int{
		op.Content: op.MaxCiphertext, op.Epoch: op.MaxCiphertext, op.Snapshot: op.MaxCiphertext, op.Control: op.MaxControl,
	} {
		h := newSigner(1).header(1, op.ID{})
		h.Kind = kind
		ct, err := op.SealBody(key, h, noise[:limit-overhead])
		if err != nil || len(ct) != limit {
			t.Errorf("%v: the largest body: %d bytes, %v; want %d", kind, len(ct), err, limit)
		}
		if _, err := op.SealBody(key, h, noise[:limit-overhead+1]); !errors.Is(err, op.ErrTooLarge) {
			t.Errorf("%v: one byte more: %v", kind, err)
		}
	}
	h := newSigner(1).header(1, op.ID{})
	if _, err := op.SealBody(key, h, make([]byte, op.MaxPlain)); err != nil {
		t.Errorf("the largest compressible body: %v", err)
	}
	if _, err := op.SealBody(key, h, make([]byte, op.MaxPlain+1)); !errors.Is(err, op.ErrTooLarge) {
		t.Errorf("one zero more: %v", err)
	}
}

func TestOpenBodyOpensOnlyInItsPlace(t *testing.T) {
	key := bodyKey(t, 1)
	h := newSigner(1).header(5, op.ID{1})
	ct, err := op.SealBody(key, h, []byte("salaries of the sales department"))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(h *op.Header){
		"kind":        func(h *op.Header) { h.Kind = op.Snapshot },
		"scope":       func(h *op.Header) { h.Scope[3]++ },
		"device":      func(h *op.Header) { h.Device[3]++ },
		"incarnation": func(h *op.Header) { h.Incarnation++ },
		"seq":         func(h *op.Header) { h.Seq++ },
		"prev":        func(h *op.Header) { h.Prev[3]++ },
		"epoch":       func(h *op.Header) { h.Epoch[3]++ },
		"version":     func(h *op.Header) { h.Version++ },
	} {
		moved := h
		change(&moved)
		if _, err := op.OpenBody(key, moved, ct); !errors.Is(err, op.ErrOpen) {
			t.Errorf("another %s: %v, want %v", name, err, op.ErrOpen)
		}
	}
	if _, err := op.OpenBody(bodyKey(t, 2), h, ct); !errors.Is(err, op.ErrOpen) {
		t.Errorf("another key: %v", err)
	}
	for bit := range 8 * len(ct) {
		flipped := bytes.Clone(ct)
		flipped[bit/8] ^= 1 << (bit % 8)
		if _, err := op.OpenBody(key, h, flipped); !errors.Is(err, op.ErrOpen) {
			t.Fatalf("bit %d flipped: %v, want %v", bit, err, op.ErrOpen)
		}
	}
	for n := range len(ct) {
		if _, err := op.OpenBody(key, h, ct[:n]); !errors.Is(err, op.ErrOpen) {
			t.Fatalf("cut to %d bytes: %v, want %v", n, err, op.ErrOpen)
		}
	}
}

func TestSealBodyRefusesWhatCannotBeOpened(t *testing.T) {
	key := bodyKey(t, 1)
	h := newSigner(1).header(1, op.ID{})
	flagged := h
	flagged.Flags = 1
	if _, err := op.SealBody(key, flagged, nil); !errors.Is(err, op.ErrFlags) {
		t.Errorf("sealing with an unknown flag: %v", err)
	}
	if _, err := op.OpenBody(key, flagged, make([]byte, 64)); !errors.Is(err, op.ErrFlags) {
		t.Errorf("opening with an unknown flag: %v", err)
	}
	unset := h
	unset.Version = 0
	if _, err := op.SealBody(key, unset, nil); !errors.Is(err, op.ErrVersion) {
		t.Errorf("no version: %v", err)
	}
	reused := h // of the op before, with its length still there
	reused.CiphertextLen = op.MaxCiphertext + 1
	if _, err := op.SealBody(key, reused, nil); err != nil {
		t.Errorf("a header that was signed before: %v", err)
	}
	short, err := chacha20poly1305.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := op.SealBody(short, h, nil); err == nil {
		t.Error("sealed with a key whose nonces are too short to be random")
	}
	if _, err := op.OpenBody(short, h, make([]byte, 64)); !errors.Is(err, op.ErrOpen) {
		t.Errorf("opening with such a key: %v", err)
	}
	broken := errors.New("no entropy")
	if _, err := op.SealBodyFrom(iotest.ErrReader(broken), key, h, nil); !errors.Is(err, broken) {
		t.Errorf("no randomness: %v", err)
	}
}

func TestSealBodyNeverRepeatsANonce(t *testing.T) {
	key := bodyKey(t, 1)
	h := newSigner(1).header(1, op.ID{})
	seen := map[string]bool{}
	for range 100 {
		ct, err := op.SealBody(key, h, []byte("same"))
		if err != nil {
			t.Fatal(err)
		}
		if nonce := string(ct[:24]); seen[nonce] {
			t.Fatal("a nonce came twice")
		} else {
			seen[nonce] = true
		}
	}
}

// The length of the ciphertext tells little of the length of the text, and long text gets shorter.
func TestSealBodyHidesLengthAndCompresses(t *testing.T) {
	key := bodyKey(t, 1)
	h := newSigner(1).header(1, op.ID{})
	lengths := map[int]bool{}
	for n := 100; n <= 250; n++ {
		ct, err := op.SealBody(key, h, make([]byte, n))
		if err != nil {
			t.Fatal(err)
		}
		lengths[len(ct)] = true
		if over := float64(len(ct)-40-2-n) / float64(n+2); over > 0.12 {
			t.Errorf("%d bytes are padded by %.0f %%", n, 100*over)
		}
	}
	if len(lengths) > 20 {
		t.Errorf("151 lengths remain distinguishable as %d", len(lengths))
	}
	text := bytes.Repeat([]byte("各部门负责人请于明日上午十点开会。"), 20)
	ct, err := op.SealBody(key, h, text)
	if err != nil || len(ct) > len(text)/4 {
		t.Errorf("%d bytes of repeated text take %d: %v", len(text), len(ct), err)
	}
}

package op_test

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tongzhou/sync/op"
)

func TestVerifyChainAcceptsAnyPartOfAFeed(t *testing.T) {
	dev := newSigner(1)
	ops := dev.chain("a", "b", "c", "d", "e")
	for from := range ops {
		for to := from + 1; to <= len(ops); to++ {
			if err := op.VerifyChain(ops[from].Prev, uint64(from)+1, ops[from:to], dev.pub); err != nil {
				t.Errorf("ops %d to %d: %v", from+1, to, err)
			}
		}
	}
}

// Only the head's signature is verified, so whatever is done to the ops before it has to show in the
// chain of hashes.
func TestVerifyChainCatchesWhatHappenedBeforeTheHead(t *testing.T) {
	dev, other := newSigner(1), newSigner(2)
	first, second := newSigner(1).chain("a", "b", "c", "d", "e"), newSigner(1).chain("a", "B", "C", "D", "E")
	cases := map[string]struct {
		change func(ops []op.Sealed) []op.Sealed
		want   error
	}{
		"swapped":    {func(o []op.Sealed) []op.Sealed { o[1], o[2] = o[2], o[1]; return o }, op.ErrChain},
		"omitted":    {func(o []op.Sealed) []op.Sealed { return slices.Delete(o, 2, 3) }, op.ErrChain},
		"repeated":   {func(o []op.Sealed) []op.Sealed { return slices.Insert(o, 2, o[2]) }, op.ErrChain},
		"no first":   {func(o []op.Sealed) []op.Sealed { return o[1:] }, op.ErrChain},
		"none":       {func([]op.Sealed) []op.Sealed { return nil }, op.ErrChain},
		"ciphertext": {func(o []op.Sealed) []op.Sealed { o[2].Ciphertext = []byte("x"); return o }, op.ErrCiphertext},
		"ciphertext gone": {func(o []op.Sealed) []op.Sealed {
			o[2].Ciphertext = nil
			return o
		}, op.ErrCiphertext},
		"forged by another": {func(o []op.Sealed) []op.Sealed {
			o[2] = op.Sign(o[2].Header, []byte("x"), other.priv)
			return o
		}, op.ErrChain},
		"other op of the same device at the place": {func(o []op.Sealed) []op.Sealed { o[2] = second[2]; return o }, op.ErrChain},
		"other op re-signed to follow": {func(o []op.Sealed) []op.Sealed {
			o[2] = op.Sign(dev.header(3, o[1].ID()), []byte("x"), dev.priv)
			return o
		}, op.ErrChain},
		"signature":   {func(o []op.Sealed) []op.Sealed { o[2].Sig[5] ^= 1; return o }, op.ErrChain},
		"seq":         {func(o []op.Sealed) []op.Sealed { o[2].Seq++; return o }, op.ErrChain},
		"scope":       {func(o []op.Sealed) []op.Sealed { o[2].Scope[0]++; return o }, op.ErrChain},
		"device":      {func(o []op.Sealed) []op.Sealed { o[2].Device[0]++; return o }, op.ErrChain},
		"incarnation": {func(o []op.Sealed) []op.Sealed { o[2].Incarnation++; return o }, op.ErrChain},
		"version":     {func(o []op.Sealed) []op.Sealed { o[2].Version++; return o }, op.ErrVersion},
		"head signed by another": {func(o []op.Sealed) []op.Sealed {
			o[4] = op.Sign(o[4].Header, o[4].Ciphertext, other.priv)
			return o
		}, op.ErrSignature},
		"head signature": {func(o []op.Sealed) []op.Sealed { o[4].Sig[5] ^= 1; return o }, op.ErrSignature},
		"head flags":     {func(o []op.Sealed) []op.Sealed { o[4].Flags++; return o }, op.ErrSignature},
		"head kind":      {func(o []op.Sealed) []op.Sealed { o[4].Kind = op.Control; return o }, op.ErrSignature},
		"head epoch":     {func(o []op.Sealed) []op.Sealed { o[4].Epoch[0]++; return o }, op.ErrSignature},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := op.VerifyChain(op.ID{}, 1, c.change(slices.Clone(first)), dev.pub)
			if !errors.Is(err, c.want) {
				t.Errorf("VerifyChain: %v, want %v", err, c.want)
			}
		})
	}
}

func TestVerifyChainChecksWhereTheRunBegins(t *testing.T) {
	dev := newSigner(1)
	ops := dev.chain("a", "b", "c")
	if err := op.VerifyChain(op.ID{1}, 2, ops[1:], dev.pub); !errors.Is(err, op.ErrChain) {
		t.Errorf("wrong predecessor: %v", err)
	}
	if err := op.VerifyChain(ops[1].Prev, 3, ops[1:], dev.pub); !errors.Is(err, op.ErrChain) {
		t.Errorf("wrong first seq: %v", err)
	}
	if err := op.VerifyChain(op.ID{}, 1, ops, newSigner(2).pub); !errors.Is(err, op.ErrChain) {
		t.Errorf("key of another device: %v", err)
	}
	if err := op.VerifyChain(op.ID{}, 1, ops, nil); !errors.Is(err, op.ErrChain) {
		t.Errorf("no key: %v", err)
	}
}

// The rule's other half: by signing its head a device vouches for everything before, whatever the
// signatures there are.
func TestVerifyChainVerifiesOnlyTheHeadSignature(t *testing.T) {
	dev := newSigner(1)
	unsigned := op.Sign(dev.header(1, op.ID{}), []byte("a"), newSigner(2).priv)
	head := op.Sign(dev.header(2, unsigned.ID()), []byte("b"), dev.priv)
	if err := op.VerifyChain(op.ID{}, 1, []op.Sealed{unsigned, head}, dev.pub); err != nil {
		t.Errorf("run vouched for by its head: %v", err)
	}
	if err := op.VerifyChain(op.ID{}, 1, []op.Sealed{unsigned}, dev.pub); !errors.Is(err, op.ErrSignature) {
		t.Errorf("the same op as the head: %v, want %v", err, op.ErrSignature)
	}
}

// A device that signs over ops of another feed must not smuggle them into this one.
func TestVerifyChainKeepsToOneFeed(t *testing.T) {
	dev := newSigner(1)
	for name, change := range map[string]func(h *op.Header){
		"scope":       func(h *op.Header) { h.Scope[0]++ },
		"device":      func(h *op.Header) { h.Device[0]++ },
		"incarnation": func(h *op.Header) { h.Incarnation++ },
	} {
		ops := dev.chain("a")
		h := dev.header(2, ops[0].ID())
		change(&h)
		strange := op.Sign(h, []byte("b"), dev.priv)
		head := op.Sign(dev.header(3, strange.ID()), []byte("c"), dev.priv)
		if err := op.VerifyChain(op.ID{}, 1, append(ops, strange, head), dev.pub); !errors.Is(err, op.ErrChain) {
			t.Errorf("another %s in the middle: %v, want %v", name, err, op.ErrChain)
		}
	}
}

func TestCheckBodyComparesTheLength(t *testing.T) {
	s := newSigner(1).chain("ciphertext")[0]
	s.CiphertextLen--
	if err := s.CheckBody(); !errors.Is(err, op.ErrCiphertext) {
		t.Errorf("right hash, wrong length: %v, want %v", err, op.ErrCiphertext)
	}
}

// Whatever a stranger does to a run of ops on its way, either it arrives as it was or it is refused.
func TestVerifyChainAcceptsOnlyTheOriginal(t *testing.T) {
	dev := newSigner(1)
	ops := dev.chain("a", "bb", "", "dddd", "e", "ff")
	var wire []byte
	for i := range ops {
		wire = ops[i].AppendTo(wire)
	}
	rapid.Check(t, func(t *rapid.T) {
		sent := slices.Clone(wire)
		for range rapid.IntRange(1, 3).Draw(t, "changes") {
			at := rapid.IntRange(0, len(sent)-1).Draw(t, "at")
			if rapid.Bool().Draw(t, "flip") {
				sent[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
				continue
			}
			to := rapid.IntRange(0, len(sent)-1).Draw(t, "to")
			n := min(rapid.IntRange(1, 200).Draw(t, "n"), len(sent)-max(at, to))
			copy(sent[to:to+n], slices.Clone(sent[at:at+n]))
		}
		var got []op.Sealed
		for rest := sent; len(rest) > 0; {
			s, next, err := op.Parse(rest)
			if err != nil {
				return
			}
			got, rest = append(got, s), next
		}
		if op.VerifyChain(op.ID{}, 1, got, dev.pub) == nil && !slices.Equal(sent, wire) {
			t.Fatalf("a changed run was accepted")
		}
	})
}

func TestForkProof(t *testing.T) {
	dev, other := newSigner(1), newSigner(2)
	one, two := dev.chain("a", "b"), dev.chain("a", "c")
	proof := op.ForkProof{A: one[1], B: two[1]}
	if err := proof.Verify(dev.pub); err != nil {
		t.Fatalf("Verify: %v", err)
	}
	wire := proof.AppendTo(nil)
	parsed, err := op.ParseForkProof(wire)
	if err != nil {
		t.Fatal(err)
	}
	if err := parsed.Verify(dev.pub); err != nil {
		t.Errorf("Verify without the ciphertexts: %v", err)
	}
	if parsed.A.ID() != one[1].ID() || parsed.B.ID() != two[1].ID() {
		t.Error("the parsed proof is about other ops")
	}
	for _, wrong := range [][]byte{nil, wire[1:], append(slices.Clone(wire), 0)} {
		if _, err := op.ParseForkProof(wrong); !errors.Is(err, op.ErrTruncated) {
			t.Errorf("ParseForkProof of %d bytes: %v", len(wrong), err)
		}
	}

	framed := func(ct string) op.Sealed {
		h := dev.header(2, one[0].ID())
		h.Device = other.id
		return op.Sign(h, []byte(ct), dev.priv)
	}
	otherScope := dev.header(2, one[0].ID())
	otherScope.Scope = op.ScopeTag{2}
	for name, p := range map[string]op.ForkProof{
		"the same op":        {A: one[1], B: one[1]},
		"successive ops":     {A: one[0], B: one[1]},
		"another scope":      {A: one[1], B: op.Sign(otherScope, []byte("b"), dev.priv)},
		"signed by another":  {A: one[1], B: op.Sign(two[1].Header, two[1].Ciphertext, other.priv)},
		"of another device":  {A: other.chain("a", "b")[1], B: other.chain("a", "c")[1]},
		"in another's name":  {A: framed("a"), B: framed("b")},
		"first is forged":    {A: op.Sign(one[1].Header, one[1].Ciphertext, other.priv), B: two[1]},
		"different seq only": {A: one[1], B: op.Sign(dev.header(3, two[1].ID()), nil, dev.priv)},
	} {
		if err := p.Verify(dev.pub); !errors.Is(err, op.ErrNoFork) {
			t.Errorf("%s: %v, want %v", name, err, op.ErrNoFork)
		}
	}
}

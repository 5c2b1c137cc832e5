package op_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"tongzhou/sync/op"
)

func TestSealedRoundTrip(t *testing.T) {
	dev := newSigner(1)
	rapid.Check(t, func(t *rapid.T) {
		h := drawHeader(t)
		h.Flags = rapid.Uint16().Draw(t, "flags")
		ct := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "ct")
		s := op.Sign(h, ct, dev.priv)
		tail := rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t, "tail")
		wire := s.AppendTo(nil)
		if len(wire) != s.Size() || len(wire) != op.HeaderSize+op.SigSize+len(ct) {
			t.Fatalf("%d bytes on the wire, Size() = %d", len(wire), s.Size())
		}
		wire = append(wire, tail...)
		got, rest, err := op.Parse(wire)
		if err != nil {
			t.Fatalf("Parse: %v", err)
		}
		if got.Header != s.Header || got.Sig != s.Sig || !bytes.Equal(got.Ciphertext, ct) || !bytes.Equal(rest, tail) {
			t.Fatalf("Parse = %+v and %x, want %+v and %x", got, rest, s, tail)
		}
		if got.ID() != s.ID() || !got.VerifySig(dev.pub) || got.CheckBody() != nil {
			t.Fatalf("the parsed op is not the signed one")
		}
		if got.Ref() != (op.Ref{Device: h.Device, Incarnation: h.Incarnation, Seq: h.Seq}) {
			t.Fatalf("Ref() = %v", got.Ref())
		}
		if header, err := op.ParseHeader(wire); err != nil || header != s.Header {
			t.Fatalf("ParseHeader = %+v, %v", header, err)
		}
	})
}

// Every bit of header, signature and ciphertext is covered (R14: what is attributed to a device was
// written by it).
func TestAnyFlippedBitIsNoticed(t *testing.T) {
	dev := newSigner(1)
	ops := dev.chain("first", "the ciphertext of the second")
	wire := ops[1].AppendTo(nil)
	for bit := range 8 * len(wire) {
		flipped := bytes.Clone(wire)
		flipped[bit/8] ^= 1 << (bit % 8)
		s, rest, err := op.Parse(flipped)
		if err != nil {
			continue
		}
		if len(rest) == 0 && op.VerifyChain(ops[0].ID(), 2, []op.Sealed{s}, dev.pub) == nil {
			t.Errorf("bit %d of byte %d can be flipped unnoticed", bit%8, bit/8)
		}
		inHead := bit < 8*(op.HeaderSize+op.SigSize)
		if inHead && s.ID() == ops[1].ID() {
			t.Errorf("bit %d of byte %d does not change the id", bit%8, bit/8)
		}
		if inHead && s.VerifySig(dev.pub) {
			t.Errorf("bit %d of byte %d leaves the signature valid", bit%8, bit/8)
		}
	}
}

func TestParseRefusesMalformedOps(t *testing.T) {
	dev := newSigner(1)
	valid := dev.chain("one", "two")
	cases := map[string]struct {
		change func(b []byte) []byte
		want   error
	}{
		"empty":               {func([]byte) []byte { return nil }, op.ErrTruncated},
		"half a header":       {func(b []byte) []byte { return b[:op.HeaderSize-1] }, op.ErrTruncated},
		"no signature":        {func(b []byte) []byte { return b[:op.HeaderSize] }, op.ErrTruncated},
		"ciphertext cut":      {func(b []byte) []byte { return b[:len(b)-1] }, op.ErrTruncated},
		"version 0":           {func(b []byte) []byte { b[0] = 0; return b }, op.ErrVersion},
		"version 2":           {func(b []byte) []byte { b[0] = 2; return b }, op.ErrVersion},
		"kind 0":              {func(b []byte) []byte { b[1] = 0; return b }, op.ErrKind},
		"kind 5":              {func(b []byte) []byte { b[1] = 5; return b }, op.ErrKind},
		"seq 0":               {func(b []byte) []byte { clear(b[40:48]); return b }, op.ErrSeq},
		"seq 2^63":            {func(b []byte) []byte { b[40] = 0x80; return b }, op.ErrSeq},
		"first with prev":     {func(b []byte) []byte { b[47] = 1; return b }, op.ErrSeq},
		"second without prev": {func(b []byte) []byte { clear(b[48:80]); return b }, op.ErrSeq},
		"claims 64 KiB + 1": {func(b []byte) []byte {
			binary.BigEndian.PutUint32(b[88:], op.MaxCiphertext+1)
			return b
		}, op.ErrTooLarge},
		"claims 4 GiB": {func(b []byte) []byte { clear(b[88:92]); b[88] = 0xff; return b }, op.ErrTooLarge},
		"control op claims 16 KiB + 1": {func(b []byte) []byte {
			b[1] = byte(op.Control)
			binary.BigEndian.PutUint32(b[88:], op.MaxControl+1)
			return b
		}, op.ErrTooLarge},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, _, err := op.Parse(c.change(valid[1].AppendTo(nil)))
			if !errors.Is(err, c.want) {
				t.Errorf("Parse: %v, want %v", err, c.want)
			}
		})
	}
}

func TestParseAcceptsTheLimits(t *testing.T) {
	dev := newSigner(1)
	for kind, limit := range map[op.Kind]int{
		op.Content: op.MaxCiphertext, op.Epoch: op.MaxCiphertext, op.Snapshot: op.MaxCiphertext, op.Control: op.MaxControl,
	} {
		h := dev.header(1, op.ID{})
		h.Kind = kind
		s := op.Sign(h, make([]byte, limit), dev.priv)
		if _, _, err := op.Parse(s.AppendTo(nil)); err != nil {
			t.Errorf("%v of %d bytes: %v", kind, limit, err)
		}
	}
}

func TestParseNeitherCopiesNorAllocates(t *testing.T) {
	dev := newSigner(1)
	wire := dev.chain("ciphertext")[0].AppendTo(nil)
	wire = append(wire, "rest"...)
	s, rest, err := op.Parse(wire)
	if err != nil {
		t.Fatal(err)
	}
	if &s.Ciphertext[0] != &wire[op.HeaderSize+op.SigSize] {
		t.Error("the ciphertext is a copy")
	}
	if cap(s.Ciphertext) != len(s.Ciphertext) {
		t.Error("appending to the ciphertext would overwrite what follows")
	}
	if string(rest) != "rest" {
		t.Errorf("rest = %q", rest)
	}
	if n := testing.AllocsPerRun(100, func() {
		s, _, _ := op.Parse(wire)
		_ = s.ID()
	}); n != 0 {
		t.Errorf("Parse and ID allocate %v times", n)
	}
}

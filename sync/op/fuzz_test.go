package op_test

import (
	"bytes"
	"testing"
	"time"

	"tongzhou/sync/op"
)

// slack covers what the testing machinery allocates beside the decoder.
const slack = 16 << 10

func FuzzParse(f *testing.F) {
	for _, s := range newSigner(1).chain("", "ciphertext") {
		f.Add(s.AppendTo(nil))
	}
	stub := newSigner(1).expiring(time.UnixMilli(1e12), "ciphertext")[0].Pruned()
	f.Add(stub.AppendTo(nil))
	f.Add([]byte("\x01\x02"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var (
			s    op.Sealed
			rest []byte
			err  error
		)
		checkAllocated(t, len(b), slack, func() { s, rest, err = op.Parse(b) })
		if err != nil {
			return
		}
		if s.Kind == op.Control && len(s.Ciphertext) > op.MaxControl || len(s.Ciphertext) > op.MaxCiphertext {
			t.Errorf("accepted %d bytes of ciphertext", len(s.Ciphertext))
		}
		if again := append(s.AppendTo(nil), rest...); !bytes.Equal(again, b) {
			t.Errorf("parsed %x, encoded again as %x", b, again)
		}
	})
}

func FuzzParseHeader(f *testing.F) {
	h := newSigner(1).header(1, op.ID{})
	f.Add(h.AppendTo(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := op.ParseHeader(b)
		if err == nil && !bytes.Equal(h.AppendTo(nil), b[:op.HeaderSize]) {
			t.Errorf("parsed %x, encoded again as %x", b, h.AppendTo(nil))
		}
	})
}

func FuzzDecodeBody(f *testing.F) {
	for _, body := range []op.Body{
		{Type: "a/1"},
		{HLC: 1 << 40, Type: "chat.message/1", Entity: []byte{1}, Payload: []byte{0xa1, 1, 0x61, 'x'}, Deps: []op.ID{{1}, {2}}},
	} {
		b, err := op.EncodeBody(body)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var (
			body op.Body
			err  error
		)
		// Per byte at most: one element of Deps, 32 bytes, from a one-byte item, before it is refused.
		checkAllocated(t, len(b), uint64(64*len(b)+slack), func() { body, err = op.DecodeBody(b) })
		if err != nil {
			return
		}
		encoded, err := op.EncodeBody(body)
		if err != nil {
			t.Fatalf("decoded %x but cannot encode it: %v", b, err)
		}
		if again, err := op.DecodeBody(encoded); err != nil || !sameBody(again, body) {
			t.Errorf("%+v became %+v, %v", body, again, err)
		}
	})
}

func FuzzParseRegister(f *testing.F) {
	r := signedRegister(f, newSigner(1), "42")
	f.Add(r.AppendTo(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		var (
			r    op.Register
			rest []byte
			err  error
		)
		checkAllocated(t, len(b), slack, func() { r, rest, err = op.ParseRegister(b) })
		if err != nil {
			return
		}
		if again := append(r.AppendTo(nil), rest...); !bytes.Equal(again, b) {
			t.Errorf("parsed %x, encoded again as %x", b, again)
		}
	})
}

func FuzzParseForkProof(f *testing.F) {
	dev := newSigner(1)
	p := op.ForkProof{A: dev.chain("a")[0], B: dev.chain("b")[0]}
	f.Add(p.AppendTo(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := op.ParseForkProof(b)
		if err != nil {
			return
		}
		if !bytes.Equal(p.AppendTo(nil), b) {
			t.Errorf("parsed %x, encoded again as %x", b, p.AppendTo(nil))
		}
		if p.Verify(dev.pub) == nil && !bytes.Equal(p.A.Device[:], dev.id[:]) {
			t.Error("a proof against another device was accepted")
		}
	})
}

func FuzzOpenBody(f *testing.F) {
	key := bodyKey(f, 1)
	h := newSigner(1).header(1, op.ID{})
	// The nonce is fixed because every fuzz worker is a process of its own.
	ct, err := op.SealBodyFrom(bytes.NewReader(make([]byte, 24)), key, h, []byte("plain"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(ct)
	f.Fuzz(func(t *testing.T, b []byte) {
		original := bytes.Clone(b)
		_, err := op.OpenBody(key, h, b)
		if err == nil && !bytes.Equal(b, ct) {
			t.Errorf("a forged ciphertext opens: %x", b)
		}
		if !bytes.Equal(b, original) {
			t.Error("OpenBody changed its input")
		}
	})
}

func FuzzParseText(f *testing.F) {
	f.Add(op.TeamID{1}.String())
	f.Add(op.Ref{Seq: 1}.String())
	f.Fuzz(func(t *testing.T, text string) {
		for name, kind := range identifiers() {
			id := kind.fresh()
			if id.UnmarshalText([]byte(text)) == nil && id.String() != text {
				t.Errorf("%s %q is written as %q", name, text, id.String())
			}
		}
	})
}

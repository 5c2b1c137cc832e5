package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"testing"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// S15: a frame is bounded in ops and in bytes, exactly.
func TestFrameLimits(t *testing.T) {
	one, _, err := op.Parse(sampleOps())
	if err != nil {
		t.Fatal(err)
	}
	one.Ciphertext, one.CiphertextLen = nil, 0
	full := []byte{0}
	for range MaxFrameOps {
		full = one.AppendTo(full)
	}
	if m, err := Decode(TFrame, full); err != nil || len(m.(*Frame).Ops) != MaxFrameOps {
		t.Errorf("a full frame: %v", err)
	}
	if _, err := Decode(TFrame, one.AppendTo(full)); !errors.Is(err, ErrMalformed) {
		t.Errorf("one op too many: %v", err)
	}
	if _, err := Decode(TFrame, make([]byte, MaxFrameBytes+2)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("one byte too many: %v", err)
	}
	if _, err := Encode(nil, &Frame{Raw: make([]byte, MaxPacket)}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a packet too large was made: %v", err)
	}
	b := sampleOps()
	for cut := 1; cut < len(b); cut++ {
		if _, err := Decode(TFrame, append([]byte{0}, b[:cut]...)); err == nil && cut != one.Size()+60 {
			t.Errorf("a frame cut off after %d bytes was read", cut)
		}
	}
}

// S15: proofs of forks have one size, arrival numbers are not negative, feeds have no impossible seq.
func TestFieldLimits(t *testing.T) {
	for name, m := range map[string]Message{
		"short proof":             &Fork{Proof: make([]byte, forkProofSize-1)},
		"long proof":              &Fork{Proof: make([]byte, forkProofSize+1)},
		"fingerprint before zero": &Fingerprint{UpTo: -1},
		"delta before zero":       &Delta{UpTo: -1},
		"hello before zero":       &Hello{Version: 1, LSeq: -1},
		"hello without a version": &Hello{},
		"want beyond all":         &Want{From: 1, To: 1 << 40},
	} {
		b, err := Encode(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(Type(b[4]), b[5:]); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// S15: what is claimed and not there costs no memory.
func TestLiesCostNoMemory(t *testing.T) {
	for name, b := range map[string][]byte{
		"packet of 4 GiB":         {0xff, 0xff, 0xff, 0xff, byte(THello)},
		"array of 2^32 feeds":     {0, 0, 0, 11, byte(TAck), 0x81, 0x9b, 0, 0, 0, 1, 0, 0, 0, 0},
		"string of 2^40 bytes":    {0, 0, 0, 11, byte(TBye), 0x81, 0x7b, 0, 0, 1, 0, 0, 0, 0, 0},
		"bytes of 2^40 bytes":     {0, 0, 0, 11, byte(TFork), 0x81, 0x5b, 0, 0, 1, 0, 0, 0, 0, 0},
		"register of 2^40 bytes":  {0, 0, 0, 12, byte(TRegisters), 0x81, 0x81, 0x5b, 0, 0, 1, 0, 0, 0, 0, 0},
		"array of unknown length": {0, 0, 0, 3, byte(TAck), 0x9f, 0xff},
	} {
		read := func() error {
			_, _, err := NewReader(bytes.NewReader(b)).Next()
			return err
		}
		if err := read(); !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range 100 {
			_ = read()
		}
		runtime.ReadMemStats(&after)
		if per := (after.TotalAlloc - before.TotalAlloc) / 100; per > 16<<10 {
			t.Errorf("%s: %d bytes are allocated", name, per)
		}
	}
}

// A stream that ends between packets ends cleanly; inside one it does not.
func TestEndOfStream(t *testing.T) {
	b, err := Encode(nil, &Credit{Bytes: 5})
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(b) {
		want := io.ErrUnexpectedEOF
		if cut == 0 {
			want = io.EOF
		}
		if _, _, err := NewReader(bytes.NewReader(b[:cut])).Next(); !errors.Is(err, want) {
			t.Errorf("cut off after %d bytes: %v", cut, err)
		}
	}
}

// A feed is named the same way in every message.
func TestFeedKeys(t *testing.T) {
	f := oplog.Feed{FeedKey: oplog.FeedKey{Tag: op.ScopeTag{1}, Device: op.DeviceID{2}, Incarnation: 3}, Len: 4, Head: op.ID{5, 6}}
	s, w := State(&f), Want{Tag: f.Tag, Device: f.Device, Incarnation: f.Incarnation}
	if s.Key() != f.FeedKey || w.Key() != f.FeedKey || s.Len != 4 || s.Head != [8]byte{5, 6} {
		t.Fatalf("%+v, %+v", s, w)
	}
}

// What Decode accepts it reads as the same again, of every type.
func FuzzDecode(f *testing.F) {
	for _, m := range samples() {
		b, err := Encode(nil, m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[4], b[5:])
	}
	f.Fuzz(func(t *testing.T, typ byte, body []byte) {
		m, err := Decode(Type(typ), body)
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrTooLarge) {
				t.Fatal(err)
			}
			return
		}
		if m == nil {
			return
		}
		b, err := Encode(nil, m)
		if err != nil {
			t.Fatalf("%+v was read and cannot be written: %v", m, err)
		}
		again, err := Decode(Type(b[4]), b[5:])
		if err != nil || fmt.Sprintf("%+v", m) != fmt.Sprintf("%+v", again) {
			t.Fatalf("%+v is read again as %+v, %v", m, again, err)
		}
	})
}

package wire

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"tongzhou/sync/op"
)

var update = flag.Bool("update", false, "write testdata anew; only for a new message")

// sampleOps are two consecutive ops of one feed, by fixed keys.
func sampleOps() []byte {
	priv := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))
	h := op.Header{Version: op.Version, Kind: op.Content, Scope: op.ScopeTag{1}, Device: op.DeviceIDOf(priv.Public().(ed25519.PublicKey)), Incarnation: 9, Seq: 1, Epoch: op.EpochRef{3}}
	a := op.Sign(h, bytes.Repeat([]byte{0xaa}, 60), priv)
	h.Seq, h.Prev = 2, a.ID()
	b := op.Sign(h, bytes.Repeat([]byte{0xbb}, 61), priv)
	return b.AppendTo(a.AppendTo(nil))
}

// sampleFork is the proof that a device signed two ops for one seq.
func sampleFork() []byte {
	priv := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))
	h := op.Header{Version: op.Version, Kind: op.Content, Scope: op.ScopeTag{1}, Device: op.DeviceIDOf(priv.Public().(ed25519.PublicKey)), Incarnation: 9, Seq: 1, Epoch: op.EpochRef{3}}
	p := op.ForkProof{A: op.Sign(h, bytes.Repeat([]byte{1}, 60), priv), B: op.Sign(h, bytes.Repeat([]byte{2}, 60), priv)}
	return p.AppendTo(nil)
}

func samples() map[string]Message {
	f := FeedState{Tag: op.ScopeTag{1, 2}, Device: op.DeviceID{3, 4}, Incarnation: 5, Len: 6, Head: [8]byte{7, 8}}
	return map[string]Message{
		"hello":       &Hello{Version: 1, Team: [8]byte{1}, Store: [16]byte{2}, LSeq: 3, AuthDigest: [32]byte{4}, ClockMS: 1_790_000_000_000, App: "0.1"},
		"since":       &Since{LSeq: 77, Control: true},
		"delta":       &Delta{Feeds: []FeedState{f, f}, UpTo: 12},
		"want":        &Want{Tag: f.Tag, Device: f.Device, Incarnation: 5, From: 2, To: 9, Urgent: true},
		"frame":       &Frame{Raw: sampleOps(), Kind: Live},
		"credit":      &Credit{Bytes: 65536},
		"ack":         &Ack{Feeds: []FeedState{f}},
		"registers":   &Registers{Raw: [][]byte{{1, 2}, {3}}},
		"fingerprint": &Fingerprint{Sum: [16]byte{9}, Count: 10, AuthDigest: [32]byte{11}, UpTo: 12},
		"ranges":      &Ranges{Lower: [16]byte{1}, Ranges: []Range{{Upper: [16]byte{2}, Sum: [16]byte{3}, Count: 4, Items: []FeedState{}}, {Upper: [16]byte{255}, Items: []FeedState{f}, List: true}}},
		"have":        &Have{Feeds: []FeedState{f}},
		"fork":        &Fork{Proof: sampleFork()},
		"keys":        &Keys{Raw: [][]byte{{4, 5}}},
		"bye":         &Bye{Reason: "enough"},
	}
}

// The bytes of every message are for good: an older program must read them.
func TestGoldenMessages(t *testing.T) {
	golden(t, "testdata/messages.json", samples())
}

// golden compares the bytes of messages with those recorded in a file.
func golden(t *testing.T, path string, messages map[string]Message) {
	t.Helper()
	got := map[string]string{}
	for name, m := range messages {
		b, err := Encode(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		got[name] = hex.EncodeToString(b)
	}
	if *update {
		b, err := json.MarshalIndent(got, "", "  ")
		if err == nil {
			err = os.WriteFile(path, append(b, '\n'), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	for name := range got {
		if got[name] != want[name] {
			t.Errorf("%s:\n got %s\nwant %s", name, got[name], want[name])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d messages, %d recorded", len(got), len(want))
	}
}

func TestMessagesSurviveTheWire(t *testing.T) {
	var stream []byte
	var order []string
	for name, m := range samples() {
		var err error
		if stream, err = Encode(stream, m); err != nil {
			t.Fatal(err)
		}
		order = append(order, name)
	}
	r := NewReader(bytes.NewReader(stream))
	total := 0
	for _, name := range order {
		m, n, err := r.Next()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		total += n
		want := samples()[name]
		if f, ok := m.(*Frame); ok {
			w := want.(*Frame)
			if !bytes.Equal(f.Raw, w.Raw) || f.Kind != w.Kind || len(f.Ops) != 2 || f.Ops[1].Prev != f.Ops[0].ID() {
				t.Errorf("frame changed on the wire")
			}
			continue
		}
		if fmt.Sprintf("%+v", m) != fmt.Sprintf("%+v", want) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, m, want)
		}
	}
	if total != len(stream) {
		t.Errorf("%d bytes counted of %d", total, len(stream))
	}
	if _, _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

// S16: lies about lengths are found before anything is allocated.
func TestLengthsThatLie(t *testing.T) {
	for name, c := range map[string]struct {
		packet string
		want   error
	}{
		"four gigabytes":   {"ffffffff01", ErrTooLarge},
		"just too long":    {fmt.Sprintf("%08x01", MaxPacket+1), ErrTooLarge},
		"nothing":          {"0000000001", ErrTooLarge},
		"cut off":          {"0000000a01ff", io.ErrUnexpectedEOF},
		"array of 2^32":    {"0000000a039bffffffffffffffff", ErrMalformed},
		"empty frame":      {"000000020500", ErrMalformed},
		"frame of rubbish": {"00000006050101020304", ErrMalformed},
		"frame, odd head":  {"000000020507", ErrMalformed},
	} {
		b, err := hex.DecodeString(c.packet)
		if err != nil {
			t.Fatal(err)
		}
		allocs := testing.AllocsPerRun(1, func() {
			if _, _, err := NewReader(bytes.NewReader(b)).Next(); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		})
		if allocs > 60 {
			t.Errorf("%s: %.0f allocations", name, allocs)
		}
	}
}

// S15: every list has an end.
func TestListsThatAreTooLong(t *testing.T) {
	many := make([]FeedState, MaxDeltaFeeds+1)
	for name, m := range map[string]Message{
		"delta":     &Delta{Feeds: many},
		"have":      &Have{Feeds: many},
		"ack":       &Ack{Feeds: make([]FeedState, MaxAcks+1)},
		"registers": &Registers{Raw: make([][]byte, MaxRegisters+1)},
		"keys":      &Keys{Raw: make([][]byte, MaxKeys+1)},
		"ranges":    &Ranges{Ranges: make([]Range, MaxRanges+1)},
		"range":     &Ranges{Ranges: []Range{{Items: make([]FeedState, MaxRangeItems+1)}}},
		"want":      &Want{From: 3, To: 2},
		"want zero": &Want{From: 0, To: 2},
		"since":     &Since{LSeq: -1},
		"hello":     &Hello{Version: 1, App: strings.Repeat("x", 1000)},
		"bye":       &Bye{Reason: strings.Repeat("x", 10_000)},
	} {
		b, err := Encode(nil, m)
		if err != nil {
			continue // does not even fit a packet
		}
		if _, _, err := NewReader(bytes.NewReader(b)).Next(); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s was accepted: %v", name, err)
		}
	}
}

// S16: what a newer program says is skipped.
func TestUnknownTypesAreSkipped(t *testing.T) {
	m, n, err := NewReader(bytes.NewReader([]byte{0, 0, 0, 3, 200, 1, 2})).Next()
	if m != nil || n != 7 || err != nil {
		t.Errorf("%v, %d, %v", m, n, err)
	}
}

// Whatever comes, decoding ends without a crash, and what it accepts it can say again.
func FuzzReader(f *testing.F) {
	for _, m := range samples() {
		b, err := Encode(nil, m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)/2])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := NewReader(bytes.NewReader(b))
		for {
			m, n, err := r.Next()
			if err != nil {
				return
			}
			if n > len(b) {
				t.Fatalf("%d bytes read of %d", n, len(b))
			}
			if m == nil {
				continue
			}
			again, err := Encode(nil, m)
			if err != nil {
				t.Fatalf("%T cannot be said again: %v", m, err)
			}
			if _, _, err := NewReader(bytes.NewReader(again)).Next(); err != nil {
				t.Fatalf("%T said again is not understood: %v", m, err)
			}
		}
	})
}

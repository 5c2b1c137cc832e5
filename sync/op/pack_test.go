package op

import (
	"bytes"
	"errors"
	"runtime"
	"testing"

	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"
)

func TestPaddedIsPadme(t *testing.T) {
	// From the definition: the last E − S bits are zero, E = ⌊log2 n⌋, S = ⌊log2 E⌋ + 1.
	for n, want := range map[int]int{0: 0, 1: 1, 2: 2, 9: 10, 100: 104, 200: 208, 1000: 1024, 1025: 1088, 65000: 65536} {
		if got := padded(n); got != want {
			t.Errorf("padded(%d) = %d, want %d", n, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, MaxPlain).Draw(t, "n")
		p := padded(n)
		if p < n || float64(p) > 1.12*float64(n) && n > 8 || padded(p) != p || padded(n+1) < p {
			t.Fatalf("padded(%d) = %d", n, p)
		}
	})
}

func TestUnpackRefusesWhatPackDoesNotWrite(t *testing.T) {
	for name, packed := range map[string][]byte{
		"empty":             nil,
		"zeros":             make([]byte, 64),
		"no end mark":       {formatRaw, 'a'},
		"only the end mark": {padMark},
		"junk in padding":   {formatRaw, 'a', padMark, 0, 1, 0},
		"unknown format":    {2, 'a', padMark},
		"not zstd":          {formatZstd, 'a', 'b', padMark},
	} {
		if got, err := unpack(packed); !errors.Is(err, ErrPacking) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// A few bytes must not unfold to more than MaxPlain, whatever they claim.
func TestUnpackBoundsDecompression(t *testing.T) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		t.Fatal(err)
	}
	bomb := append([]byte{formatZstd}, enc.EncodeAll(make([]byte, 64*MaxPlain), nil)...)
	bomb = append(bomb, padMark)
	loadPacker()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = unpack(bomb)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, ErrPacking) {
		t.Errorf("a bomb of %d bytes: %v", len(bomb), err)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 4*MaxPlain {
		t.Errorf("a bomb of %d bytes made the decoder allocate %d", len(bomb), got)
	}
	var frames []byte
	for range 3 { // several frames in a row, each within the limit
		frames = enc.EncodeAll(make([]byte, MaxPlain/2), frames)
	}
	packed := append(append([]byte{formatZstd}, frames...), padMark)
	if _, err := unpack(packed); !errors.Is(err, ErrPacking) {
		t.Errorf("a chain of frames: %v", err)
	}
}

func TestPackRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 0, 0x80, 'a'}), 0, 1000).Draw(t, "plain")
		limit := padded(len(plain) + packOverhead)
		packed, err := pack([]byte("in front"), plain, limit)
		if err != nil || !bytes.HasPrefix(packed, []byte("in front")) || len(packed) > limit+8 {
			t.Fatalf("pack: %d bytes, %v", len(packed), err)
		}
		got, err := unpack(packed[8:])
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("unpack = %x, %v; want %x", got, err, plain)
		}
	})
}

func FuzzUnpack(f *testing.F) {
	for _, plain := range [][]byte{nil, []byte("short"), bytes.Repeat([]byte("long 长 "), 100)} {
		packed, err := pack(nil, plain, MaxCiphertext)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packed)
	}
	f.Fuzz(func(t *testing.T, packed []byte) {
		plain, err := unpack(packed)
		if err != nil {
			return
		}
		if len(plain) > MaxPlain {
			t.Errorf("%d bytes unfold to %d", len(packed), len(plain))
		}
		if packed[0] == formatRaw {
			again, err := pack(nil, plain, len(packed))
			if len(plain) <= compressAbove && (err != nil || !bytes.HasPrefix(packed, bytes.TrimRight(again, "\x00"))) {
				t.Errorf("unpacked %x, packed again as %x: %v", packed, again, err)
			}
		}
	})
}

package op

import (
	"bytes"
	"errors"
	"fmt"
	"math/bits"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// The plaintext under the encryption is format(1) ‖ content ‖ 0x80 ‖ zeros. The zeros round the length
// up (Padmé), so that the length tells little about the text.
const (
	formatRaw  = 0
	formatZstd = 1

	padMark      = 0x80
	packOverhead = 2
)

// MaxPlain is the most that one body may decompress to, in bytes.
const MaxPlain = 1 << 20

// compressAbove is the size from which compression is tried; below it does not pay.
const compressAbove = 256

// ErrPacking is returned for a plaintext that is not packed as this version packs.
var ErrPacking = errors.New("malformed packing")

// packer compresses and decompresses. Both directions are safe for concurrent use and costly to build.
type packer struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

var loadPacker = sync.OnceValue(func() packer {
	enc, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.SpeedFastest), // 0.6 MB of tables instead of 2.7; small bodies gain nothing from more
		zstd.WithEncoderCRC(false),               // the AEAD authenticates
		zstd.WithWindowSize(MaxPlain),
		zstd.WithLowerEncoderMem(true))
	if err != nil {
		panic(fmt.Sprintf("op: zstd encoder options: %v", err))
	}
	dec, err := zstd.NewReader(nil,
		zstd.WithDecoderMaxMemory(MaxPlain),
		zstd.WithDecoderLowmem(true))
	if err != nil {
		panic(fmt.Sprintf("op: zstd decoder options: %v", err))
	}
	return packer{enc: enc, dec: dec}
})

// pack appends the packed form of plain to dst, at most limit bytes of it.
func pack(dst, plain []byte, limit int) ([]byte, error) {
	if len(plain) > MaxPlain {
		return nil, fmt.Errorf("%w: %d bytes of plaintext", ErrTooLarge, len(plain))
	}
	format, content := byte(formatRaw), plain
	if len(plain) > compressAbove {
		if small := loadPacker().enc.EncodeAll(plain, nil); len(small) < len(plain) {
			format, content = formatZstd, small
		}
	}
	size := len(content) + packOverhead
	if size > limit {
		return nil, fmt.Errorf("%w: %d bytes, limit %d", ErrTooLarge, size, limit)
	}
	dst = append(dst, format)
	dst = append(dst, content...)
	dst = append(dst, padMark)
	return append(dst, make([]byte, min(padded(size), limit)-size)...), nil
}

// unpack returns the content; for the raw format it aliases packed.
func unpack(packed []byte) ([]byte, error) {
	end := len(bytes.TrimRight(packed, "\x00")) - 1
	if end < 1 || packed[end] != padMark {
		return nil, fmt.Errorf("%w: no end mark", ErrPacking)
	}
	content := packed[1:end]
	switch packed[0] {
	case formatRaw:
		return content, nil
	case formatZstd:
		plain, err := loadPacker().dec.DecodeAll(content, nil)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrPacking, err)
		}
		return plain, nil
	}
	return nil, fmt.Errorf("%w: format %d", ErrPacking, packed[0])
}

// padded rounds n up to a length with few significant bits (Padmé: at most 12 % more, and only
// O(log log n) bits of the length remain visible).
func padded(n int) int {
	if n < 2 {
		return n
	}
	exponent := bits.Len(uint(n)) - 1
	round := 1<<(exponent-bits.Len(uint(exponent))) - 1
	return (n + round) &^ round
}

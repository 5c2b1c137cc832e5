package keys

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tyler-smith/go-bip39/wordlists"
)

// WordCount is how many words stand for a seed.
const WordCount = 24

// bitsPerWord follows from the 2048 words of the list.
const bitsPerWord = 11

// Errors of reading recovery words.
var (
	ErrWordCount    = errors.New("recovery words: there must be 24")
	ErrWordChecksum = errors.New("recovery words: one of them is wrong, or their order is")
)

// WordError names a word that is not in the list.
type WordError struct {
	Position int // from 1
	Word     string
}

func (e *WordError) Error() string {
	return fmt.Sprintf("recovery words: word %d is not in the list", e.Position)
}

// Words writes a seed as 24 English words, as BIP 39 writes 256 bits: the seed, then the first byte of its SHA-256, eleven bits
// a word. They are as secret as the seed.
func Words(seed [32]byte) []string {
	sum := sha256.Sum256(seed[:])
	bits := append(seed[:], sum[0])
	words := make([]string, WordCount)
	for i := range words {
		n := 0
		for b := i * bitsPerWord; b < (i+1)*bitsPerWord; b++ {
			n = n<<1 | int(bits[b/8]>>(7-b%8)&1)
		}
		words[i] = wordlists.English[n]
	}
	return words
}

// ParseWords is the reverse of Words; case and space around words do not matter. Errors: ErrWordCount, *WordError,
// ErrWordChecksum.
func ParseWords(words []string) ([32]byte, error) {
	if len(words) != WordCount {
		return [32]byte{}, ErrWordCount
	}
	var bits [33]byte
	for i, word := range words {
		word = strings.ToLower(strings.TrimSpace(word))
		n, ok := slices.BinarySearch(wordlists.English, word)
		if !ok {
			return [32]byte{}, &WordError{Position: i + 1, Word: word}
		}
		for b := range bitsPerWord {
			at := i*bitsPerWord + b
			bits[at/8] |= byte(n>>(bitsPerWord-1-b)&1) << (7 - at%8)
		}
	}
	seed := [32]byte(bits[:32])
	if sum := sha256.Sum256(seed[:]); sum[0] != bits[32] {
		return [32]byte{}, ErrWordChecksum
	}
	return seed, nil
}

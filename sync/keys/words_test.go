package keys

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tyler-smith/go-bip39"
	"github.com/tyler-smith/go-bip39/wordlists"
	"pgregory.net/rapid"
)

// R15, R17: what a person writes down leads back to the same seed, and is what any other program that knows the standard writes.
func TestWordsAreThoseOfTheStandard(t *testing.T) {
	if !slices.IsSorted(wordlists.English) || len(wordlists.English) != 2048 {
		t.Fatal("the list is not sorted: words would not be found")
	}
	rapid.Check(t, func(t *rapid.T) {
		seed := [32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "seed"))
		words := Words(seed)
		standard, err := bip39.NewMnemonic(seed[:])
		if err != nil || strings.Join(words, " ") != standard {
			t.Fatalf("%q, the standard says %q, %v", words, standard, err)
		}
		for i := range words {
			words[i] = "  " + strings.ToUpper(words[i][:1]) + words[i][1:] + " "
		}
		if got, err := ParseWords(words); err != nil || got != seed {
			t.Fatalf("ParseWords = %x, %v", got, err)
		}
	})
}

func TestWrongWordsAreNamed(t *testing.T) {
	words := Words([32]byte{1, 2, 3})
	if _, err := ParseWords(words[:23]); !errors.Is(err, ErrWordCount) {
		t.Errorf("23 words: %v", err)
	}
	if _, err := ParseWords(append(slices.Clone(words), "zoo")); !errors.Is(err, ErrWordCount) {
		t.Errorf("25 words: %v", err)
	}
	for i := range words {
		other := slices.Clone(words)
		other[i] = "tongzhou"
		_, err := ParseWords(other)
		wrong, ok := errors.AsType[*WordError](err)
		if !ok || wrong.Position != i+1 || strings.Contains(err.Error(), words[0]) {
			t.Errorf("word %d: %v", i+1, err)
		}
	}
	swapped := slices.Clone(words)
	swapped[0], swapped[5] = swapped[5], swapped[0]
	if swapped[0] == swapped[5] {
		t.Fatal("the words to swap are the same")
	}
	if _, err := ParseWords(swapped); !errors.Is(err, ErrWordChecksum) {
		t.Errorf("swapped words: %v", err)
	}
}

package keys

import (
	"errors"
	"testing"
)

// R15: the words open what was sealed for them on a device that does not hold the seed, and nothing else does.
func TestRecoveryOpensForTheWordsOnly(t *testing.T) {
	root, key, of := newRoot(t, 1), [32]byte{7}, [16]byte{1}
	sealed, err := SealRecovery(root.Public(), of, key)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := OpenRecovery(root, of, sealed); err != nil || got != key {
		t.Errorf("OpenRecovery = %v, %v", got, err)
	}
	if _, err := OpenRecovery(root.Public(), of, sealed); !errors.Is(err, ErrNoRoot) {
		t.Errorf("without the words: %v", err)
	}
	if _, err := OpenRecovery(newRoot(t, 2), of, sealed); !errors.Is(err, ErrBox) {
		t.Errorf("with another person's words: %v", err)
	}
	if _, err := OpenRecovery(root, [16]byte{2}, sealed); !errors.Is(err, ErrBox) {
		t.Errorf("for something else: %v", err)
	}
	if _, err := OpenRecovery(root, of, flip(sealed, 8*len(sealed)-1)); !errors.Is(err, ErrBox) {
		t.Errorf("changed: %v", err)
	}
}

package vault

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// rescued makes a vault that others can open, and returns what opens it.
func (s *scene) rescued() (v *Vault, secret [RescueSize]byte) {
	s.t.Helper()
	v = s.made()
	secret, err := v.Rescue([32]byte{1})
	if err != nil || secret == [RescueSize]byte{} {
		s.t.Fatalf("rescue %x, %v", secret, err)
	}
	return v, secret
}

func isWrong(err error) bool {
	_, ok := errors.AsType[*WrongError](err)
	return ok
}

// R15: the secret opens the vault over restarts, until there is a new passphrase.
func TestTheRescueSecretOpensItOnce(t *testing.T) {
	s := newScene(t)
	open, secret := s.rescued()
	v := s.loaded()
	if err := v.UnlockRescue(secret); err != nil || v.Contents() != open.Contents() {
		t.Fatalf("unlock: %v", err)
	}
	if again, err := v.Rescue([32]byte{1}); err != nil || again != secret {
		t.Errorf("another secret for the same ones: %v", err)
	}
	if err := v.SetPassphrase("another#1"); err != nil {
		t.Fatal(err)
	}
	v = s.loaded()
	if err := v.UnlockRescue(secret); !errors.Is(err, ErrNoSlot) || v.Open() {
		t.Errorf("used: %v", err)
	}
	s.unlocks(v, staff, "another#1")
	next, err := v.Rescue([32]byte{1})
	if err != nil || next == secret {
		t.Fatalf("the same secret again, %v", err)
	}
	v = s.loaded()
	if err := v.UnlockRescue(secret); !isWrong(err) || v.Open() {
		t.Errorf("used, and replaced: %v", err)
	}
	s.now = s.now.Add(time.Minute)
	if err := v.UnlockRescue(next); err != nil {
		t.Errorf("the new one: %v", err)
	}
}

// Who is no longer to have the secret holds one that opens nothing.
func TestTheRescueSecretIsForSome(t *testing.T) {
	s := newScene(t)
	v, secret := s.rescued()
	other, err := v.Rescue([32]byte{2})
	if err != nil || other == secret {
		t.Fatalf("the same secret for others, %v", err)
	}
	if err := s.loaded().UnlockRescue(secret); !isWrong(err) {
		t.Errorf("the earlier one: %v", err)
	}
	if none, err := v.Rescue([32]byte{}); err != nil || none != [RescueSize]byte{} {
		t.Errorf("for nobody: %x, %v", none, err)
	}
	if err := s.loaded().UnlockRescue(other); !errors.Is(err, ErrNoSlot) {
		t.Errorf("for nobody: %v", err)
	}
	if err := v.Lock(false); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Rescue([32]byte{3}); err == nil {
		t.Error("made while closed")
	}
}

// Guessing costs what guessing a passphrase costs, the same pauses for both, and destroys nothing.
func TestAWrongRescueSecretCostsTime(t *testing.T) {
	s := newScene(t)
	_, secret := s.rescued()
	for n := 1; n <= 9; n++ {
		v := s.loaded()
		wrong, ok := errors.AsType[*WrongError](v.UnlockRescue([RescueSize]byte{byte(n)}))
		if !ok || wrong.Wait != pause(n) || v.Open() {
			t.Fatalf("try %d: %+v", n, wrong)
		}
		if _, ok := errors.AsType[*WaitError](s.loaded().UnlockRescue(secret)); !ok {
			t.Fatalf("try %d: looked at too early", n)
		}
		if _, ok := errors.AsType[*WaitError](s.loaded().Unlock(staff, pass)); !ok {
			t.Fatalf("try %d: the passphrase was looked at too early", n)
		}
		s.now = s.now.Add(wrong.Wait)
	}
	if err := s.loaded().UnlockRescue(secret); err != nil {
		t.Errorf("unlock: %v", err)
	}
	s.unlocks(s.loaded(), staff, pass)
}

// A slot that somebody changed, or took from another vault, opens nothing; the passphrase still does.
func TestARescueSlotThatWasChanged(t *testing.T) {
	s := newScene(t)
	v, secret := s.rescued()
	at := slices.IndexFunc(v.file.Slots, func(s slot) bool { return s.Kind == slotRescue })
	box := v.file.Slots[at].Box
	foreign, err := newScene(t).made().Rescue([32]byte{1})
	if err != nil || foreign == secret {
		t.Fatalf("two vaults with one secret, %v", err)
	}
	path := filepath.Join(s.o.Dir, FileName)
	whole, err := os.ReadFile(path)
	if err != nil || bytes.Contains(whole, secret[:]) {
		t.Fatalf("the secret lies there in clear, %v", err)
	}
	for name, changed := range map[string]slot{
		"flipped":   {Kind: slotRescue, Box: append(slices.Clone(box[:len(box)-1]), box[len(box)-1]^1)},
		"cut":       {Kind: slotRescue, Box: box[:7]},
		"with salt": {Kind: slotRescue, Box: box, Salt: []byte{1}},
		"of another kind": func() slot {
			for _, other := range v.file.Slots {
				if other.Kind == slotRecovery {
					return slot{Kind: slotRescue, Box: other.Box}
				}
			}
			return slot{}
		}(),
	} {
		if err := write(path, v.file.with(changed)); err != nil {
			t.Fatal(err)
		}
		s.now = s.now.Add(time.Hour)
		if v := s.loaded(); !isWrong(v.UnlockRescue(secret)) || v.Open() {
			t.Errorf("%s: opened", name)
		}
		s.now = s.now.Add(time.Hour)
		s.unlocks(s.loaded(), staff, pass)
	}
}

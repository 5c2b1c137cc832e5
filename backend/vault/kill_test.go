package vault

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"tongzhou/backend/durable"
	"tongzhou/backend/durable/durabletest"
)

func TestMain(m *testing.M) { durabletest.Main(m, changeUntilKilled) }

func killOptions(dir string) Options {
	return Options{Dir: dir, Params: Params{Memory: 8, Time: 1, Threads: 1}, Now: func() time.Time { return today }}
}

// changeUntilKilled changes the passphrase to and fro, and says which is said to be the one.
func changeUntilKilled(dir string) error {
	v, err := Load(killOptions(dir))
	if err != nil {
		return err
	}
	if which(v) == "" {
		return errors.New("no passphrase opens it")
	}
	for n := 0; ; n++ {
		next := fmt.Sprintf("changed#%d", n%2)
		if err := v.SetPassphrase(next); err != nil {
			return err
		}
		fmt.Println(next)
	}
}

// which finds the passphrase that opens a vault.
func which(v *Vault) string {
	for _, one := range []string{pass, "changed#0", "changed#1"} {
		v.tries = tries{}
		if v.Unlock(staff, one) == nil {
			return one
		}
	}
	return ""
}

// Bad input: the program is killed again and again while the passphrase is changed. The one before or the one after opens the
// vault, and what it holds is the same.
func TestKilledWhileChangingThePassphrase(t *testing.T) {
	s := newScene(t)
	want := s.made().Contents().DatabaseKey
	for round := range 12 {
		said := durabletest.KillAfter(t, s.o.Dir, 1+round*7)
		v := s.loaded()
		got := which(v)
		if got == "" || v.Contents().DatabaseKey != want {
			t.Fatalf("round %d: opened with %q after %q was said", round, got, said)
		}
	}
	if err := durable.Sweep(s.o.Dir); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(s.o.Dir, "*"))
	left = slices.DeleteFunc(left, func(path string) bool { return slices.Contains([]string{FileName, waitName}, filepath.Base(path)) })
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	s.loaded()
}

package vault

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"tongzhou/backend/durable"
)

// childDir tells the test binary to be the program that gets killed.
const childDir = "VAULT_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		fmt.Fprintln(os.Stderr, changeUntilKilled(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

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
		said := killAfter(t, s.o.Dir, 1+round*7)
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

// killAfter runs the child until it has said n times that the passphrase is changed, and kills it.
func killAfter(t *testing.T, dir string, n int) (said string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(exe)
	c.Env = append(os.Environ(), childDir+"="+dir)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		said = lines.Text()
		if n--; n == 0 {
			if err := c.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = c.Wait()
	if n > 0 {
		t.Fatal("the child ended by itself")
	}
	return said
}

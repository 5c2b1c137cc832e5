package vault

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zalando/go-keyring"

	"tongzhou/backend/durable"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

const (
	staff = "1001"
	pass  = "kT7#mwzq"
)

// scene is a data folder with a clock.
type scene struct {
	t    *testing.T
	o    Options
	now  time.Time
	root keys.Root
}

func (s *scene) exists() bool {
	_, err := os.Lstat(filepath.Join(s.o.Dir, FileName))
	return err == nil
}

func newScene(t *testing.T) *scene {
	t.Helper()
	root, err := keys.NewRoot([32]byte{1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{t: t, now: today, root: root}
	s.o = Options{Dir: t.TempDir(), Params: Params{Memory: 8, Time: 1, Threads: 1}, Now: func() time.Time { return s.now }}
	return s
}

// made makes a vault on the disk and returns it open.
func (s *scene) made() *Vault {
	s.t.Helper()
	v, err := New(s.o, staff, pass, s.root.Public(), "")
	if err == nil {
		err = v.Save()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

// loaded reads the vault anew, as the next start of the program does.
func (s *scene) loaded() *Vault {
	s.t.Helper()
	v, err := Load(s.o)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

func (s *scene) unlocks(v *Vault, staffNo, passphrase string) {
	s.t.Helper()
	if err := v.Unlock(staffNo, passphrase); err != nil {
		s.t.Fatalf("unlock: %v", err)
	}
}

// R1: staff number and passphrase open it, on every start; what was sealed is there.
func TestAVaultOpensWithStaffNumberAndPassphrase(t *testing.T) {
	s := newScene(t)
	v := s.made()
	sealed, err := v.Seal("identity", []byte("机密"))
	if err != nil {
		t.Fatal(err)
	}
	want := v.Contents()
	v = s.loaded()
	if v.Open() || v.Contents() != (Contents{}) {
		t.Fatal("open without a passphrase")
	}
	if _, err := v.Unseal("identity", sealed); err == nil {
		t.Error("unsealed while closed")
	}
	if err := v.Update(func(*Contents) {}); err == nil {
		t.Error("changed while closed")
	}
	// Full-width digits and spaces are what an input method makes of the same keys.
	s.unlocks(v, " １００１ ", "ｋT7#mwzq")
	if v.Contents() != want || want.StaffNo != staff || want.DatabaseKey == [32]byte{} {
		t.Errorf("contents %+v, want %+v", v.Contents(), want)
	}
	if plain, err := v.Unseal("identity", sealed); err != nil || string(plain) != "机密" {
		t.Errorf("unsealed %q, %v", plain, err)
	}
	if _, err := v.Unseal("other", sealed); !errors.Is(err, ErrDamaged) {
		t.Errorf("for another purpose: %v", err)
	}
	if err := v.Lock(false); err != nil || v.Open() {
		t.Errorf("lock: %v", err)
	}
	if _, err := Load(Options{Dir: t.TempDir()}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no vault: %v", err)
	}
}

func TestNothingIsInClearOnTheDisk(t *testing.T) {
	s := newScene(t)
	v := s.made()
	key := v.Contents().DatabaseKey
	b, err := os.ReadFile(filepath.Join(s.o.Dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	seed := s.root.Seed
	for name, secret := range map[string][]byte{"passphrase": []byte(pass), "staff number": []byte(staff), "database key": key[:], "vault key": v.key[:], "seed": seed[:]} {
		if bytes.Contains(b, secret) {
			t.Errorf("the %s is in the file", name)
		}
	}
}

// Bad input: a wrong passphrase many times is slowed down, over restarts, and never destroys anything.
func TestWrongPassphrasesAreSlowedDownAndNeverLockOut(t *testing.T) {
	s := newScene(t)
	s.made()
	before, err := os.ReadFile(filepath.Join(s.o.Dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60, 60} {
		want *= time.Second
		v := s.loaded() // a restart between any two
		err := v.Unlock(staff, "wrong")
		wrong, ok := errors.AsType[*WrongError](err)
		if !ok || wrong.Wait != want {
			t.Fatalf("try %d: %v, wait %v, want %v", i, err, wrong, want)
		}
		for _, again := range []*Vault{v, s.loaded()} {
			wait, ok := errors.AsType[*WaitError](again.Unlock(staff, pass))
			if !ok || wait.Wait != want || again.Wait() != want {
				t.Fatalf("try %d: the right one at once: %+v", i, wait)
			}
		}
		s.now = s.now.Add(want)
	}
	for range 200 {
		_ = s.loaded().Unlock("other", pass)
		s.now = s.now.Add(time.Minute)
	}
	after, err := os.ReadFile(filepath.Join(s.o.Dir, FileName))
	if err != nil || !bytes.Equal(before, after) {
		t.Error("wrong passphrases changed the vault")
	}
	v := s.loaded()
	s.unlocks(v, staff, pass)
	if wrong, ok := errors.AsType[*WrongError](s.loaded().Unlock(staff, "wrong")); !ok || wrong.Wait != time.Second {
		t.Errorf("after the right one: %+v", wrong)
	}
}

// Killing the program while it looks at a passphrase does not make the try free.
func TestATryCountsBeforeItIsMade(t *testing.T) {
	s := newScene(t)
	s.made()
	v := s.loaded()
	v.file.Slots = v.file.Slots[:0:0] // as if nothing came back from looking
	v.file.Slots = append(v.file.Slots, slot{Kind: slotPassphrase, Params: s.o.Params, Salt: make([]byte, 16), Box: nil})
	_ = v.Unlock(staff, pass)
	if got := loadTries(s.o.Dir); got.Count != 1 {
		t.Errorf("counted %d", got.Count)
	}
}

// A clock that is put back or forward, and a count that cannot be read, lock nobody out.
func TestTheClockLocksNobodyOut(t *testing.T) {
	s := newScene(t)
	s.made()
	for range 7 {
		_ = s.loaded().Unlock(staff, "wrong")
		s.now = s.now.Add(time.Minute)
	}
	_ = s.loaded().Unlock(staff, "wrong")
	s.now = s.now.AddDate(-3, 0, 0)
	v := s.loaded()
	if wait := v.Wait(); wait != longestWait {
		t.Errorf("wait %v after the clock was put back", wait)
	}
	for _, nonsense := range []string{"", "{", `{"count":-5}`, `{"count":99999999,"last":-1}`, strings.Repeat("x", 1<<20)} {
		if err := os.WriteFile(filepath.Join(s.o.Dir, waitName), []byte(nonsense), 0o600); err != nil {
			t.Fatal(err)
		}
		if wait := s.loaded().Wait(); wait > longestWait {
			t.Errorf("%.20q: wait %v", nonsense, wait)
		}
	}
	s.unlocks(s.loaded(), staff, pass)
}

// R15: the words open it, also where the seed never was, and a new passphrase replaces the forgotten one.
func TestTheWordsOpenIt(t *testing.T) {
	s := newScene(t)
	want := s.made().Contents().DatabaseKey
	v := s.loaded()
	if err := v.UnlockWords(s.root.Public()); !errors.Is(err, keys.ErrNoRoot) {
		t.Errorf("without the seed: %v", err)
	}
	other, err := keys.NewRoot([32]byte{9})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.UnlockWords(other); !errors.Is(err, keys.ErrBox) {
		t.Errorf("with another person's words: %v", err)
	}
	if err := v.UnlockWords(s.root); err != nil || v.Contents().DatabaseKey != want {
		t.Fatalf("unlock: %v", err)
	}
	s.now = s.now.Add(time.Hour)
	if err := errors.Join(v.SetPassphrase("another#1"), v.Update(func(c *Contents) { c.StaffNo = "1002" })); err != nil {
		t.Fatal(err)
	}
	v = s.loaded()
	s.unlocks(v, "1002", "another#1")
	if c := v.Contents(); c.StaffNo != "1002" || c.Set != s.now.UnixMilli() || c.DatabaseKey != want {
		t.Errorf("contents %+v", c)
	}
	if _, ok := errors.AsType[*WrongError](s.loaded().Unlock(staff, pass)); !ok {
		t.Error("the old passphrase still opens it")
	}
}

// R1: a vault that was made before the staff number was known opens without; once it is known it is asked for.
func TestTheStaffNumberMayComeLater(t *testing.T) {
	s := newScene(t)
	v, err := New(s.o, "", pass, s.root, "")
	if err == nil {
		err = v.Save()
	}
	if err != nil {
		t.Fatal(err)
	}
	v = s.loaded()
	s.unlocks(v, "whatever", pass)
	if err := v.Update(func(c *Contents) { c.StaffNo = staff }); err != nil {
		t.Fatal(err)
	}
	v = s.loaded()
	if _, ok := errors.AsType[*WrongError](v.Unlock("whatever", pass)); !ok || v.Open() {
		t.Error("opened with another staff number")
	}
	s.now = s.now.Add(time.Minute)
	s.unlocks(v, staff, pass)
}

func TestContentsAndSetupAreKept(t *testing.T) {
	s := newScene(t)
	v, err := New(s.o, staff, pass, s.root, "joining")
	if err != nil || s.exists() {
		t.Fatalf("made %v, on the disk %v", err, s.exists())
	}
	if err := v.Save(); err != nil || s.loaded().Setup() != "joining" {
		t.Fatalf("saved %v", err)
	}
	for range 2 {
		if err := v.Settle(); err != nil || s.loaded().Setup() != "" {
			t.Errorf("settled: %v", err)
		}
	}
	if err := v.Update(func(c *Contents) { c.IdleMinutes, c.WordsSettled, c.DatabaseReady = 5, true, true }); err != nil {
		t.Fatal(err)
	}
	want := v.Contents()
	v = s.loaded()
	s.unlocks(v, staff, pass)
	if v.Contents() != want || want.IdleMinutes != 5 || !want.WordsSettled || !want.DatabaseReady {
		t.Errorf("contents %+v, want %+v", v.Contents(), want)
	}
	if err := v.Verify(pass); err != nil {
		t.Errorf("verify: %v", err)
	}
	if _, ok := errors.AsType[*WrongError](v.Verify("wrong")); !ok {
		t.Error("a wrong passphrase was verified")
	}
	if err := Remove(s.o.Dir); err != nil || s.exists() {
		t.Errorf("remove: %v", err)
	}
}

// Bad input: a tampered vault is refused, whatever is changed, and never taken for a wrong passphrase only.
func TestATamperedVaultIsRefused(t *testing.T) {
	s := newScene(t)
	s.made()
	path := filepath.Join(s.o.Dir, FileName)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range whole {
		b := bytes.Clone(whole)
		b[at] ^= 0x10
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := durable.Remove(filepath.Join(s.o.Dir, waitName)); err != nil {
			t.Fatal(err)
		}
		v, err := Load(s.o)
		if err != nil {
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrVersion) {
				t.Errorf("byte %d: %v", at, err)
			}
			continue
		}
		if err := v.Unlock(staff, pass); err == nil {
			// What may be changed: slots that were not used, and the two hints.
			c := v.Contents()
			if c.StaffNo != staff || c.Set != today.UnixMilli() {
				t.Errorf("byte %d: contents %+v", at, c)
			}
		} else if v.Open() {
			t.Errorf("byte %d: open in spite of %v", at, err)
		}
	}
	for n := range len(whole) {
		if _, err := parse(whole[:n]); !errors.Is(err, ErrDamaged) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
}

// Bad input: a hostile file cannot take the machine's memory or time.
func TestCostsOutOfBoundsAreRefused(t *testing.T) {
	s := newScene(t)
	s.made()
	for name, p := range map[string]Params{
		"memory": {Memory: 1 << 31, Time: 1, Threads: 1}, "time": {Memory: 8, Time: 1 << 30, Threads: 1}, "threads": {Memory: 8, Time: 1, Threads: 255},
		"no memory": {Time: 1, Threads: 1}, "no time": {Memory: 8, Threads: 1}, "no threads": {Memory: 8, Time: 1},
	} {
		v := s.loaded()
		for i := range v.file.Slots {
			if v.file.Slots[i].Kind == slotPassphrase {
				v.file.Slots[i].Params = p
			}
		}
		if err := v.Save(); err != nil {
			t.Fatal(err)
		}
		if err := s.loaded().Unlock(staff, pass); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	newer, err := op.Marshal(file{Version: 2})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parse(newer); !errors.Is(err, ErrVersion) {
		t.Errorf("version 2: %v", err)
	}
	if DefaultParams().check() != nil {
		t.Error("the default is out of bounds")
	}
}

// R18: the keychain opens it only where the person asked for that, and not after the person locked.
func TestTheKeychain(t *testing.T) {
	keyring.MockInit()
	s := newScene(t)
	s.o.Keychain = System{}
	v := s.made()
	opens := func(want bool) {
		t.Helper()
		v = s.loaded()
		if ok, err := v.UnlockKeychain(); ok != want || err != nil || v.Open() != want {
			t.Fatalf("keychain opens %v, %v, want %v", ok, err, want)
		}
	}
	opens(false)
	s.unlocks(v, staff, pass)
	for range 2 {
		if err := v.Remember(true); err != nil || !v.Remembered() {
			t.Fatal(err)
		}
	}
	opens(true)
	if err := v.Lock(true); err != nil {
		t.Fatal(err)
	}
	opens(false)
	s.unlocks(v, staff, pass)
	opens(true)
	if err := v.SetPassphrase("another#1"); err != nil || v.Remembered() {
		t.Errorf("remembered over a change of the passphrase, %v", err)
	}
	opens(false)
	s.unlocks(v, staff, "another#1")
	if err := v.Remember(true); err != nil {
		t.Fatal(err)
	}
	if err := keyring.Set(service, v.account(), "nonsense"); err != nil {
		t.Fatal(err)
	}
	opens(false)
	s.unlocks(v, staff, "another#1")
	if err := v.Remember(false); err != nil || v.Remembered() {
		t.Errorf("forget: %v", err)
	}
	if _, ok, err := (System{}).Get(v.account()); ok || err != nil {
		t.Errorf("the entry is still there, %v", err)
	}
	opens(false)
}

// A full disk keeps nobody with the right passphrase out, also after they locked.
func TestTheDiskIsFull(t *testing.T) {
	keyring.MockInit()
	s := newScene(t)
	s.o.Keychain = System{}
	v := s.made()
	if err := errors.Join(v.Remember(true), v.Lock(true)); err != nil {
		t.Fatal(err)
	}
	v = s.loaded()
	v.opts.Dir = filepath.Join(v.opts.Dir, "nothing can be written here")
	s.unlocks(v, staff, pass)
	if ok, err := s.loaded().UnlockKeychain(); ok || err != nil {
		t.Errorf("the next start asks nobody: %v", err)
	}
}

func TestWithoutAKeychain(t *testing.T) {
	keyring.MockInitWithError(errors.New("no secret service"))
	t.Cleanup(keyring.MockInit)
	s := newScene(t)
	s.o.Keychain = System{}
	v := s.made()
	if err := v.Remember(true); !errors.Is(err, ErrKeychain) || v.Remembered() {
		t.Errorf("remember: %v", err)
	}
	s.unlocks(s.loaded(), staff, pass)
}

func FuzzParse(f *testing.F) {
	root, err := keys.NewRoot([32]byte{1})
	if err != nil {
		f.Fatal(err)
	}
	v, err := New(Options{Params: Params{Memory: 8, Time: 1, Threads: 1}, Now: func() time.Time { return today }}, staff, pass, root, "x")
	if err != nil {
		f.Fatal(err)
	}
	b, err := op.Marshal(v.file)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		parsed, err := parse(b)
		if err != nil {
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrVersion) {
				t.Errorf("unexpected error: %v", err)
			}
			return
		}
		for _, s := range parsed.Slots {
			if s.Params.check() == nil && s.Params.Memory > maxMemory {
				t.Errorf("accepted %+v", s.Params)
			}
		}
	})
}

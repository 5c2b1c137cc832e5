package vault

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"tongzhou/backend/durable"
)

// waitName counts wrong passphrases. It is beside the vault, which is not written for that.
const waitName = "vault.wait"

// WrongError is returned for a wrong 工号 or passphrase; the two are not told apart.
type WrongError struct {
	Wait time.Duration // until the next try
}

func (e *WrongError) Error() string { return "wrong staff number or passphrase" }

// WaitError is returned for a try that comes too early. It was not looked at.
type WaitError struct{ Wait time.Duration }

func (e *WaitError) Error() string { return fmt.Sprintf("too early, wait %v", e.Wait) }

// tries counts wrong passphrases in a row.
type tries struct {
	Count int   `json:"count"`
	Last  int64 `json:"last"` // ms since 1970
}

const longestWait = 60 * time.Second

// pause is how long to wait after so many wrong tries.
func pause(count int) time.Duration {
	switch {
	case count <= 0:
		return 0
	case count > 6:
		return longestWait
	default:
		return time.Second << (count - 1)
	}
}

// left is how long to wait still. A clock that was put back makes nobody wait longer than the pause.
func (t tries) left(now time.Time) time.Duration {
	wait := pause(t.Count)
	passed := now.Sub(time.UnixMilli(t.Last))
	if passed < 0 {
		return wait
	}
	return max(0, wait-passed)
}

// loadTries reads the count; a file that cannot be read counts as none, for it is no lock.
func loadTries(dir string) tries {
	var t tries
	b, err := os.ReadFile(filepath.Join(dir, waitName))
	if err != nil || json.Unmarshal(b, &t) != nil || t.Count < 0 {
		return tries{}
	}
	return t
}

func (t tries) save(dir string) error {
	b, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode tries: %w", err)
	}
	return durable.Write(filepath.Join(dir, waitName), b)
}

// tryPassphrase opens the slot of the passphrase.
func (v *Vault) tryPassphrase(passphrase string, right func(key [32]byte) (bool, error)) error {
	s, ok := v.file.slot(slotPassphrase)
	if !ok {
		return fmt.Errorf("%w: no passphrase", ErrDamaged)
	}
	if err := s.Params.check(); err != nil {
		return err
	}
	return v.try(s, func() [32]byte { return s.Params.stretch(passphrase, s.Salt) }, right)
}

// try opens a slot with a key that somebody typed, not too often. The try is counted before it is made, so that ending the
// program does not make it free. right looks at the vault key that came out, and opens the vault with it or not.
func (v *Vault) try(s slot, typed func() [32]byte, right func(key [32]byte) (bool, error)) error {
	bound, err := v.file.bound(s)
	if err != nil {
		return err
	}
	now := v.opts.Now()
	if wait := v.tries.left(now); wait > 0 {
		return &WaitError{Wait: wait}
	}
	v.tries = tries{Count: v.tries.Count + 1, Last: now.UnixMilli()}
	// On a full disk the count is in memory only: to refuse the right passphrase would be worse.
	saving := v.tries.save(v.opts.Dir)
	plain, ok := unseal(typed(), bound, s.Box)
	if ok = ok && len(plain) == 32; ok {
		if ok, err = right([32]byte(plain)); err != nil {
			return err
		}
	}
	if !ok {
		v.tries.Last = v.opts.Now().UnixMilli() // the pause begins when the person hears of it
		return &WrongError{Wait: pause(v.tries.Count)}
	}
	v.tries = tries{}
	if err := durable.Remove(filepath.Join(v.opts.Dir, waitName)); err != nil && saving == nil {
		return err
	}
	return nil
}

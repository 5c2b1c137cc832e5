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

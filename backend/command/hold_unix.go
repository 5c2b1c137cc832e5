//go:build unix

package command

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lockFile locks the file until it is closed, without waiting.
func lockFile(file *os.File) error {
	err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return errLocked
	}
	return err
}

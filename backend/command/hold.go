package command

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"tongzhou/backend/fault"
)

// lockName is the file whose lock stands for the whole data directory. It stays when the process ends: removing it could
// remove the file that the next process has just locked.
const lockName = "lock"

// errLocked is returned by lockFile if another process has the lock.
var errLocked = errors.New("locked by another process")

// createAndHold makes the data directory if it is missing, readable by this person only, and holds it.
func createAndHold(dir string) (release func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	return hold(dir)
}

// hold takes an existing data directory for this process until release. It never waits: if another process has the directory
// it returns fault "data.held" with the process's number.
func hold(dir string) (release func() error, err error) {
	file, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("hold the data directory: %w", err)
	}
	if err := lockFile(file); err != nil {
		holder := readHolder(file)
		_ = file.Close()
		if errors.Is(err, errLocked) {
			return nil, fault.Wrap("data.held", err, "dir", dir, "pid", holder)
		}
		return nil, fmt.Errorf("hold the data directory: %w", err)
	}
	if err := writeHolder(file); err != nil {
		return nil, errors.Join(fmt.Errorf("hold the data directory: %w", err), file.Close())
	}
	return func() error {
		// Closing the file gives the lock back.
		if err := file.Close(); err != nil {
			return fmt.Errorf("give the data directory back: %w", err)
		}
		return nil
	}, nil
}

// writeHolder notes the number of this process, for the message that another one shows.
func writeHolder(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// readHolder returns "?" if the other process has not noted its number yet.
func readHolder(file *os.File) string {
	text, err := io.ReadAll(io.NewSectionReader(file, 0, 32))
	pid := strings.TrimSpace(string(text))
	if _, malformed := strconv.Atoi(pid); err != nil || malformed != nil {
		return "?"
	}
	return pid
}

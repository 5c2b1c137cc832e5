package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// tempPrefix begins the names of files that are being written. They lie beside what they replace: a rename is atomic within
// one file system only.
const tempPrefix = ".tongzhou-new-"

// Write replaces the file at path, or makes it.
func Write(path string, data []byte) error { return write(path, data, syncDir) }

func write(path string, data []byte, syncDir func(dir string) error) error {
	temp, err := os.CreateTemp(filepath.Dir(path), tempPrefix+"*") // 0600
	if err == nil {
		_, err = temp.Write(data)
		if err == nil {
			err = temp.Sync()
		}
		err = errors.Join(err, temp.Close())
		if err == nil {
			err = os.Rename(temp.Name(), path)
		}
		if err != nil {
			err = errors.Join(err, os.Remove(temp.Name()))
		} else {
			err = syncDir(filepath.Dir(path))
		}
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return nil
}

// Rename gives a file whose bytes are on the disk another name in the same folder, in place of what has it.
func Rename(from, to string) error {
	err := os.Rename(from, to)
	if err == nil {
		err = syncDir(filepath.Dir(to))
	}
	if err != nil {
		return fmt.Errorf("replace %s: %w", filepath.Base(to), err)
	}
	return nil
}

// Remove removes a file that may be missing.
func Remove(path string) error {
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("remove %s: %w", filepath.Base(path), err)
	}
	return nil
}

// Sweep removes what a crash in the middle of Write left in the folder, which may be secret.
func Sweep(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, tempPrefix+"*"))
	if err != nil {
		return fmt.Errorf("look for left files: %w", err)
	}
	for _, path := range left {
		if err := Remove(path); err != nil {
			return err
		}
	}
	return nil
}

// syncDir makes names last. Windows has no such call and does not need it.
func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Folder makes a folder that may be there, for its owner only; the one it lies in must be there.
func Folder(path string) error {
	err := os.Mkdir(path, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("make folder %s: %w", filepath.Base(path), err)
	}
	return nil
}

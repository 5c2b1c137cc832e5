package backup

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// Folder is where a set lies: a flat folder of files. Names have no separators. The zero of each error is the operating system's.
type Folder interface {
	// Path names the folder to people.
	Path() string
	// Create makes a file, empty if there was one.
	Create(name string) (File, error)
	Open(name string) (io.ReadCloser, error)
	// Rename gives a file another name; one that has it already is replaced.
	Rename(from, to string) error
	// Remove removes a file that may be missing.
	Remove(name string) error
	Names() ([]string, error)
	// Sync makes what was made, renamed and removed last through a power cut.
	Sync() error
}

// File is a file that is being written.
type File interface {
	io.WriteCloser
	Sync() error
}

// Disk is a Folder of the operating system.
type Disk string

// Path implements Folder.
func (d Disk) Path() string { return string(d) }

// Create implements Folder.
func (d Disk) Create(name string) (File, error) {
	return os.OpenFile(filepath.Join(string(d), name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
}

// Open implements Folder.
func (d Disk) Open(name string) (io.ReadCloser, error) {
	return os.Open(filepath.Join(string(d), name))
}

// Rename implements Folder.
func (d Disk) Rename(from, to string) error {
	return os.Rename(filepath.Join(string(d), from), filepath.Join(string(d), to))
}

// Remove implements Folder.
func (d Disk) Remove(name string) error {
	if err := os.Remove(filepath.Join(string(d), name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Names implements Folder.
func (d Disk) Names() ([]string, error) {
	entries, err := os.ReadDir(string(d))
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, nil
}

// Sync implements Folder. Windows has no such call and does not need it; some sticks do not take it, and their files were
// written through by then.
func (d Disk) Sync() error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(string(d))
	if err != nil {
		return err
	}
	err = dir.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = nil
	}
	return errors.Join(err, dir.Close())
}

// partial ends the names of files that are being written.
const partial = ".partial"

// replace writes a small file so that after a crash the old or the new one is there, whole.
func replace(f Folder, name string, data []byte) error {
	out, err := f.Create(name + partial)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	_, err = out.Write(data)
	return settle(f, out, name, err)
}

// settle gives a file that was written its name, once it is on the disk for good; err is what went wrong in writing it.
func settle(f Folder, out File, name string, err error) error {
	if err == nil {
		err = out.Sync()
	}
	err = errors.Join(err, out.Close())
	if err == nil {
		err = f.Rename(name+partial, name)
	}
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		_ = f.Remove(name + partial) // what cannot be removed now is swept by the next run
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// readAll reads a file of at most limit bytes.
func readAll(f Folder, name string, limit int64) ([]byte, error) {
	in, err := f.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	b, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err = errors.Join(err, in.Close()); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return b, nil
}

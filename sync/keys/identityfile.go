package keys

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// maxIdentity is the most that Load reads, in bytes; an identity takes a few hundred.
const maxIdentity = 4 << 10

// Save writes the identity to path so that after a crash either the old or the new file is there, and
// only the owner can read it.
func (id *Identity) Save(path string) (err error) {
	b, err := id.Marshal()
	if err != nil {
		return fmt.Errorf("save identity: %w", err)
	}
	// Beside the target: a rename is atomic inside one file system only. CreateTemp makes it 0600.
	temp, err := os.CreateTemp(filepath.Dir(path), ".identity-*")
	if err != nil {
		return fmt.Errorf("save identity: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, discard(temp.Name()))
		}
	}()
	_, err = temp.Write(b)
	if err == nil {
		err = temp.Sync()
	}
	if err = errors.Join(err, temp.Close()); err != nil {
		return fmt.Errorf("save identity: %w", err)
	}
	if err = os.Rename(temp.Name(), path); err != nil {
		return fmt.Errorf("save identity: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

func discard(path string) error {
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// syncDir makes a rename last through a power cut. Windows has no such call and does not need it.
func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("save identity: %w", err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("save identity: %w", err)
	}
	return nil
}

// Load reads what Save wrote. The error wraps os.ErrNotExist, ErrIdentityDamaged or ErrIdentityVersion.
func Load(path string) (Identity, error) {
	f, err := os.Open(path)
	if err != nil {
		return Identity{}, fmt.Errorf("load identity: %w", err)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxIdentity))
	if err = errors.Join(err, f.Close()); err != nil {
		return Identity{}, fmt.Errorf("load identity: %w", err)
	}
	id, err := ParseIdentity(b)
	if err != nil {
		return Identity{}, fmt.Errorf("load identity: %w", err)
	}
	return id, nil
}

package keys

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// maxIdentity is the most that Load reads, in bytes; an identity takes a few hundred.
const maxIdentity = 4 << 10

// Load reads the file that earlier versions kept an identity in, not encrypted. The error wraps os.ErrNotExist, ErrIdentityDamaged or ErrIdentityVersion.
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

package vault

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"tongzhou/backend/durable"
	"tongzhou/sync/op"
)

// FileName is the vault in the data folder.
const FileName = "vault"

const (
	fileVersion = 1
	maxFile     = 64 << 10 // bytes; a vault takes about two thousand
)

// Errors of opening.
var (
	ErrDamaged = errors.New("vault is damaged")
	ErrVersion = errors.New("vault was written by a newer version")
)

// slotKind is a way to open the vault.
type slotKind uint8

const (
	slotPassphrase slotKind = 1
	slotRecovery   slotKind = 2
	slotKeychain   slotKind = 3
	slotRescue     slotKind = 4
)

// slot is the vault key, sealed for one way to open it.
type slot struct {
	Kind   slotKind `cbor:"1,keyasint"`
	Params Params   `cbor:"2,keyasint"`
	Salt   []byte   `cbor:"3,keyasint"`
	Box    []byte   `cbor:"4,keyasint"`
}

// file is what lies on the disk. Setup and Ask are no secrets, and forging them gains nothing but a question.
type file struct {
	Version  int    `cbor:"1,keyasint"`
	ID       []byte `cbor:"2,keyasint"` // 16 random bytes
	Setup    string `cbor:"3,keyasint"` // why the vault was made, until that is settled
	Ask      bool   `cbor:"4,keyasint"` // the person locked: the keychain is not enough
	Slots    []slot `cbor:"5,keyasint"`
	Contents []byte `cbor:"6,keyasint"`
}

// bound is what the seal of a slot also protects.
func (f *file) bound(s slot) ([]byte, error) {
	s.Box = nil
	b, err := op.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode slot: %w", err)
	}
	return append([]byte("slot\x00"+string(f.ID)), b...), nil
}

func (f *file) slot(kind slotKind) (slot, bool) {
	for _, s := range f.Slots {
		if s.Kind == kind {
			return s, true
		}
	}
	return slot{}, false
}

// with returns a copy of the file with this slot in place of those of its kind; without a box they are only removed.
func (f *file) with(s slot) *file {
	next := *f
	next.Slots = nil
	for _, old := range f.Slots {
		if old.Kind != s.Kind {
			next.Slots = append(next.Slots, old)
		}
	}
	if s.Box != nil {
		next.Slots = append(next.Slots, s)
	}
	return &next
}

func read(path string) (*file, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read vault: %w", err)
	}
	b, err := io.ReadAll(io.LimitReader(in, maxFile))
	if err = errors.Join(err, in.Close()); err != nil {
		return nil, fmt.Errorf("read vault: %w", err)
	}
	return parse(b)
}

func parse(b []byte) (*file, error) {
	var f file
	if op.Unmarshal(b, &f) != nil {
		return nil, fmt.Errorf("%w: not a vault", ErrDamaged)
	}
	switch {
	case f.Version > fileVersion:
		return nil, fmt.Errorf("%w: %d", ErrVersion, f.Version)
	case f.Version != fileVersion, len(f.ID) != 16, len(f.Slots) == 0, len(f.Slots) > 8:
		return nil, fmt.Errorf("%w: form", ErrDamaged)
	}
	return &f, nil
}

// write replaces the vault so that after a crash the old or the new one is there.
func write(path string, f *file) error {
	b, err := op.Marshal(f)
	if err != nil {
		return fmt.Errorf("write vault: %w", err)
	}
	return durable.Write(path, b)
}

// Remove removes the vault, and with it what was sealed under it.
func Remove(dir string) error {
	return errors.Join(durable.Remove(filepath.Join(dir, FileName)), durable.Remove(filepath.Join(dir, waitName)))
}

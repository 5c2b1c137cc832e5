package app

import (
	"encoding/binary"
	"fmt"
	"os"
	"sync"

	"tongzhou/backend/durable"
)

const markFile = "writes.mark"

// writeMark is the number of own ops, in a small file beside the database. It is written without waiting for the disk: after
// a power cut it may be behind the database, which is harmless; a database behind the file was rolled back.
type writeMark struct {
	mu sync.Mutex // orders writing
	f  *os.File
}

func openMark(path string) (*writeMark, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open write mark: %w", err)
	}
	return &writeMark{f: f}, nil
}

// newMark starts counting for a new identity.
func newMark(path string) (*writeMark, error) {
	if err := durable.Remove(path); err != nil {
		return nil, err
	}
	return openMark(path)
}

// Load implements replica.Mark.
func (m *writeMark) Load() (uint64, error) {
	var b [8]byte
	n, err := m.f.ReadAt(b[:], 0)
	if n < 8 {
		return 0, nil // new, or cut off while it was first written
	}
	return binary.BigEndian.Uint64(b[:]), err
}

// Store implements replica.Mark.
func (m *writeMark) Store(n uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, err := m.f.WriteAt(binary.BigEndian.AppendUint64(nil, n), 0)
	return err
}

func (m *writeMark) close() error { return m.f.Close() }

package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"tongzhou/backend/durable"
	"tongzhou/sync/p2p"
)

const maxKnown = 512

// addressBook keeps addresses of colleagues in a file, which may be lost without harm.
type addressBook struct {
	path string
	mu   sync.Mutex // guards known
	list []p2p.Known
}

func openAddressBook(path string) (*addressBook, error) {
	b := &addressBook{path: path}
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return b, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read address book: %w", err)
	}
	if err := json.Unmarshal(raw, &b.list); err != nil {
		b.list = nil // cut off: addresses are found again
	}
	return b, nil
}

// Load implements p2p.AddressBook.
func (b *addressBook) Load() ([]p2p.Known, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]p2p.Known(nil), b.list...), nil
}

// Save implements p2p.AddressBook.
func (b *addressBook) Save(k p2p.Known) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	found := false
	for i := range b.list {
		if string(b.list[i].PeerPub) == string(k.PeerPub) && b.list[i].Addr == k.Addr {
			b.list[i], found = k, true
		}
	}
	if !found {
		if len(b.list) >= maxKnown {
			b.dropOldest()
		}
		b.list = append(b.list, k)
	}
	raw, err := json.Marshal(b.list)
	if err != nil {
		return fmt.Errorf("encode address book: %w", err)
	}
	return durable.Write(b.path, raw)
}

func (b *addressBook) dropOldest() {
	oldest, at := 0, time.Time{}
	for i, k := range b.list {
		if i == 0 || k.LastOK.Before(at) {
			oldest, at = i, k.LastOK
		}
	}
	b.list = append(b.list[:oldest], b.list[oldest+1:]...)
}

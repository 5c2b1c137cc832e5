package blob

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// memory is a folder that fails where a test wants it to.
type memory struct {
	mu    sync.Mutex // guards what follows
	files map[string][]byte
	at    map[string]time.Time
	full  bool
}

func newMemory() *memory { return &memory{files: map[string][]byte{}, at: map[string]time.Time{}} }

var errDisk = errors.New("no space left")

func (m *memory) Write(name string, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.full {
		return errDisk
	}
	m.files[name], m.at[name] = bytes.Clone(data), day
	return nil
}

func (m *memory) Read(name string, limit int64) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.files[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	if int64(len(b)) > limit {
		return nil, errors.New("too long")
	}
	return bytes.Clone(b), nil
}

func (m *memory) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.files, name)
	return nil
}

func (m *memory) List() ([]File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []File
	for name, b := range m.files {
		out = append(out, File{Name: name, Size: int64(len(b)), Changed: m.at[name]})
	}
	return out, nil
}

// damage turns a bit of every file.
func (m *memory) damage() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, b := range m.files {
		b[len(b)/2] ^= 4
	}
}

func (m *memory) copied() map[string][]byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.files)
}

var day = time.Date(2026, 11, 10, 10, 0, 0, 0, time.UTC)

// scope is a scope with one epoch.
type scope struct {
	id   op.ScopeID
	tag  op.ScopeTag
	ref  op.EpochRef
	keys keys.BlobKeys
}

func newScope(n byte) scope {
	e := keys.Epoch{Scope: op.ScopeID{n}, Gen: 1, Key: [32]byte{n}}
	return scope{op.ScopeID{n}, op.ScopeTag{n}, op.EpochRef{n}, e.BlobKeys()}
}

// content looks like nothing, and is the same every time.
func content(seed uint64, n int) []byte {
	out := make([]byte, n)
	x := seed*2 + 1
	for i := 0; i < n; i += 8 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		copy(out[i:], binary.LittleEndian.AppendUint64(nil, x))
	}
	return out
}

// home is a device: a folder, its store, and what it has to do with others.
type home struct {
	t     *testing.T
	files *memory
	store *Store

	arrived atomic.Int32 // times that content became complete
}

func newHome(t *testing.T) *home {
	t.Helper()
	h := &home{t: t, files: newMemory()}
	h.open(1 << 30)
	return h
}

func (h *home) open(quota int64) {
	h.t.Helper()
	var err error
	if h.store, err = Open(h.files, quota); err != nil {
		h.t.Fatal(err)
	}
}

func (h *home) write(s scope, b []byte) Manifest {
	h.t.Helper()
	m, err := h.store.Write(s.tag, s.ref, s.keys, bytes.NewReader(b), day)
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

// reads fails unless the content is here and what it should be.
func (h *home) reads(s scope, m Manifest, want []byte) {
	h.t.Helper()
	got, err := h.store.Read(s.tag, s.keys, &m, len(want))
	if err != nil || !bytes.Equal(got, want) {
		h.t.Errorf("read %d of %d bytes, %v", len(got), len(want), err)
	}
}

func everybody(op.DeviceID, op.ScopeTag) bool { return true }

// pipe connects two ends; answer is what the other side does.
func pipe(t *testing.T, answer func(Stream)) Stream {
	a, b := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		answer(end{b})
		b.Close()
	}()
	t.Cleanup(func() { a.Close(); <-done })
	return end{a}
}

type end struct{ net.Conn }

func (e end) Reset() error { return e.Close() }

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

package blob

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestC1ContentComesBackAsItWas(t *testing.T) {
	s := newScope(1)
	rapid.Check(t, func(rt *rapid.T) {
		h := newHome(t)
		want := content(rapid.Uint64().Draw(rt, "seed"), rapid.SampledFrom([]int{1, 2, 70, minChunk - 1, minChunk, minChunk + 1}).Draw(rt, "size"))
		m := h.write(s, want)
		if err := m.Check(); err != nil {
			rt.Fatal(err)
		}
		h.open(1 << 30) // as after a restart
		h.reads(s, m, want)
		if again := h.write(s, want); len(h.files.copied()) != len(again.Chunks) {
			rt.Errorf("%d chunks, %d files: the same content is stored twice", len(again.Chunks), len(h.files.copied()))
		}
	})
}

// A few bytes in the front leave the places of the cuts after them where they were.
func TestC2AnInsertionCostsFewChunks(t *testing.T) {
	s, h := newScope(1), newHome(t)
	old := content(7, 12<<20)
	first := h.write(s, old)
	before := len(h.files.copied())
	if before < 6 || before > 24 {
		t.Errorf("%d chunks of 12 MiB", before)
	}
	changed := h.write(s, append([]byte("fourteen bytes"), old...))
	if more := len(h.files.copied()) - before; more > 3 {
		t.Errorf("an insertion costs %d of %d chunks", more, before)
	}
	for _, c := range changed.Chunks {
		if c.Len > MaxChunkSize {
			t.Errorf("a chunk of %d bytes", c.Len)
		}
	}
	h.reads(s, first, old)
}

func TestC2ScopesHaveNothingInCommon(t *testing.T) {
	h := newHome(t)
	want := content(3, 6<<20)
	one, other := newScope(1), newScope(2)
	m1, m2 := h.write(one, want), h.write(other, want)
	ids := map[ID]bool{}
	for _, c := range m1.Chunks {
		ids[c.ID] = true
	}
	sizes := map[uint32]bool{}
	for _, c := range m1.Chunks {
		sizes[c.Len] = true
	}
	same := 0
	for _, c := range m2.Chunks {
		if ids[c.ID] {
			t.Error("a chunk has the same id in two scopes")
		}
		if sizes[c.Len] {
			same++
		}
	}
	if same == len(m2.Chunks) {
		t.Error("two scopes cut at the same places")
	}
	for name, b := range h.files.copied() {
		if bytes.Contains(b, want[:64]) || bytes.Contains(b, want[len(want)-64:]) {
			t.Errorf("%s holds plaintext", name)
		}
	}
	if _, err := h.store.Read(other.tag, one.keys, &m2, len(want)); !errors.Is(err, ErrMissing) {
		t.Errorf("with the keys of another scope: %v", err)
	}
}

func TestC3WhatDoesNotMatchItsIDIsDropped(t *testing.T) {
	s, h := newScope(1), newHome(t)
	want := content(1, 100)
	m := h.write(s, want)
	h.files.damage()
	if _, err := h.store.Read(s.tag, s.keys, &m, 100); !errors.Is(err, ErrMissing) {
		t.Errorf("a turned bit: %v", err)
	}
	if h.store.Complete(s.tag, &m) || len(h.files.copied()) != 0 {
		t.Error("a damaged chunk counts as here")
	}
	h.write(s, want)
	h.reads(s, m, want)

	// Who holds the key can encrypt something else under an id; it is not taken for the content.
	forged, err := seal(s.keys, m.Chunks[0].ID, content(2, 100))
	if err != nil {
		t.Fatal(err)
	}
	if err := h.files.Write((Key{s.tag, m.Chunks[0].ID}).file(), forged); err != nil {
		t.Fatal(err)
	}
	if _, err := h.store.Read(s.tag, s.keys, &m, 100); !errors.Is(err, ErrMissing) {
		t.Errorf("forged under the key: %v", err)
	}
}

func TestC1ManifestsThatLieAreRefused(t *testing.T) {
	s, h := newScope(1), newHome(t)
	m := h.write(s, content(1, 100))
	for name, change := range map[string]func(*Manifest){
		"no chunks":        func(m *Manifest) { m.Chunks, m.Size = nil, 0 },
		"too many chunks":  func(m *Manifest) { m.Chunks = make([]Chunk, MaxChunks+1) },
		"an empty chunk":   func(m *Manifest) { m.Chunks = append(m.Chunks, Chunk{}) },
		"a huge chunk":     func(m *Manifest) { m.Chunks[0].Len = MaxChunkSize + 1; m.Size = MaxChunkSize + 1 },
		"another total":    func(m *Manifest) { m.Size++ },
		"another hash":     func(m *Manifest) { m.Hash[0] ^= 1 },
		"more than wanted": func(m *Manifest) { m.Chunks = append(m.Chunks, m.Chunks[0]); m.Size = 200 },
	} {
		lie := m
		lie.Chunks = append([]Chunk(nil), m.Chunks...)
		change(&lie)
		if _, err := h.store.Read(s.tag, s.keys, &lie, 150); !errors.Is(err, ErrManifest) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := h.store.Write(s.tag, s.ref, s.keys, bytes.NewReader(nil), day); !errors.Is(err, ErrManifest) {
		t.Errorf("empty content: %v", err)
	}
}

func TestC6AFullDiskAndTheQuotaLoseNothing(t *testing.T) {
	s, h := newScope(1), newHome(t)
	want := content(1, 1000)
	m := h.write(s, want)
	h.files.full = true
	if _, err := h.store.Write(s.tag, s.ref, s.keys, bytes.NewReader(content(2, 1000)), day); !errors.Is(err, errDisk) {
		t.Errorf("a full disk: %v", err)
	}
	h.files.full = false
	h.reads(s, m, want)
	h.open(1500)
	if _, err := h.store.Write(s.tag, s.ref, s.keys, bytes.NewReader(content(2, 1000)), day); !errors.Is(err, ErrFull) {
		t.Errorf("over the quota: %v", err)
	}
	if again := h.write(s, want); again.Hash != m.Hash { // nothing new
		t.Error("what is here already is refused")
	}
	if got, err := h.store.Read(s.tag, s.keys, &m, len(want)); err != nil || !bytes.Equal(got, want) {
		t.Errorf("after it: %v", err)
	}
}

func TestC7WhatNothingCitesIsCollectedInTime(t *testing.T) {
	s, h := newScope(1), newHome(t)
	kept, gone := h.write(s, content(1, 50)), h.write(s, content(2, 50))
	if err := h.files.Write("notes.txt", []byte("not ours")); err != nil {
		t.Fatal(err)
	}
	cited := map[Key]wanted{{s.tag, kept.Chunks[0].ID}: {}}
	collect := func(at time.Duration, want int) {
		t.Helper()
		if n, err := h.store.Collect(cited, day.Add(at)); err != nil || n != want {
			t.Errorf("after %v: %d collected, %v", at, n, err)
		}
	}
	collect(0, 0)            // it may be about to be cited
	collect(2*time.Hour, 0)  // still
	collect(24*time.Hour, 1) // not for a day
	if h.store.Complete(s.tag, &gone) || !h.store.Complete(s.tag, &kept) {
		t.Error("the wrong one was collected")
	}
	if _, left := h.files.copied()["notes.txt"]; !left {
		t.Error("a file of somebody else was removed")
	}
	// A restart, and an op that is judged again: what is missed for a moment stays.
	h.open(1 << 30)
	clear(cited)
	collect(48*time.Hour, 0)
	cited[Key{s.tag, kept.Chunks[0].ID}] = wanted{}
	collect(49*time.Hour, 0)
	clear(cited)
	collect(50*time.Hour, 0)
	collect(50*time.Hour+59*time.Minute, 0)
	collect(51*time.Hour, 1)
}

// Whoever writes content again relies on it from then on, however old it is.
func TestC7ContentThatIsWrittenAgainIsYoung(t *testing.T) {
	s, h := newScope(1), newHome(t)
	h.write(s, content(1, 50))
	if _, err := h.store.Collect(nil, day.Add(30*time.Hour)); err != nil {
		t.Fatal(err)
	}
	m, err := h.store.Write(s.tag, s.ref, s.keys, bytes.NewReader(content(1, 50)), day.Add(32*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Duration{33 * time.Hour, 50 * time.Hour} {
		if n, err := h.store.Collect(nil, day.Add(at)); n != 0 || err != nil {
			t.Errorf("%d collected, %v", n, err)
		}
	}
	h.reads(s, m, content(1, 50))
}

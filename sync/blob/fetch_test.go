package blob

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"time"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// fetches makes a fetcher of a home that wants content, from mates whose answers are given.
func (h *home) fetches(s scope, m Manifest, mates ...func(Stream)) *Fetcher {
	return NewFetcher(FetchConfig{
		Store: h.store,
		Keys: func(id op.ScopeID, ref op.EpochRef) (op.ScopeTag, keys.BlobKeys, bool) {
			return s.tag, s.keys, id == s.id && ref == s.ref
		},
		Cited: func(context.Context) ([]Cited, error) { return []Cited{{s.id, m}}, nil },
		Mates: func() []op.DeviceID {
			var out []op.DeviceID
			for i := range mates {
				out = append(out, op.DeviceID{byte(i)})
			}
			return out
		},
		Dial: func(_ context.Context, dev op.DeviceID) (Stream, error) {
			return pipe(h.t, mates[dev[0]]), nil
		},
		Arrived: func() {}, Log: quiet(), Now: func() time.Time { return day },
	})
}

func (h *home) serves(reads func(op.DeviceID, op.ScopeTag) bool) func(Stream) {
	s := NewServer(h.store, reads)
	return func(st Stream) { _ = s.Serve(context.Background(), op.DeviceID{9}, st) }
}

func TestC4WhatIsCitedComesFromWhoeverHasIt(t *testing.T) {
	s, a, b, empty := newScope(1), newHome(t), newHome(t), newHome(t)
	want := content(5, 5<<20)
	m := a.write(s, want)
	f := b.fetches(s, m, empty.serves(everybody), a.serves(everybody))
	arrived := 0
	f.cfg.Arrived = func() { arrived++ }
	if left, err := f.round(t.Context()); left != 0 || err != nil || arrived != 1 {
		t.Fatalf("%d chunks are missing, %v, told %d times", left, err, arrived)
	}
	b.reads(s, m, want)
	if left, err := f.round(t.Context()); left != 0 || err != nil || arrived != 1 {
		t.Errorf("once more: %d, %v, %d", left, err, arrived)
	}
}

func TestC5NothingIsThereForWhoDoesNotReadTheScope(t *testing.T) {
	s, a, b := newScope(1), newHome(t), newHome(t)
	m := a.write(s, content(5, 100))
	nobody := func(op.DeviceID, op.ScopeTag) bool { return false }
	if left, err := b.fetches(s, m, a.serves(nobody)).round(t.Context()); left != 1 || err != nil {
		t.Errorf("%d missing, %v", left, err)
	}
	// Who knows the id asks for it all the same.
	c := &client{st: pipe(t, a.serves(nobody))}
	c.in = bufio.NewReader(c.st)
	if _, there, err := c.ask(s.tag, map[ID]wanted{m.Chunks[0].ID: {}}); len(there) != 0 || err != nil {
		t.Errorf("it is told that %d chunks are there, %v", len(there), err)
	}
	if _, err := c.get(s.tag, m.Chunks[0].ID, m.Chunks[0].Len); !errors.Is(err, ErrMissing) {
		t.Errorf("a known id: %v", err)
	}
	// The id under a scope that it does read is another place.
	other := newScope(2)
	readsOther := func(_ op.DeviceID, tag op.ScopeTag) bool { return tag == other.tag }
	c = &client{st: pipe(t, a.serves(readsOther))}
	c.in = bufio.NewReader(c.st)
	if _, err := c.get(other.tag, m.Chunks[0].ID, m.Chunks[0].Len); !errors.Is(err, ErrMissing) {
		t.Errorf("under another scope: %v", err)
	}
}

// answers is a mate that says it has everything and then sends what reply makes.
func answers(reply func(Stream)) func(Stream) {
	return func(st Stream) {
		for {
			kind, body, err := read(st, maxQuestion)
			if err != nil {
				return
			}
			if kind == tAsk {
				a, err := parseAsk(body)
				if err != nil {
					return
				}
				bits := make([]byte, (len(a.IDs)+7)/8)
				for i := range bits {
					bits[i] = 0xff
				}
				if write(st, tHolds, holds{Bits: bits}) != nil {
					return
				}
				continue
			}
			reply(st)
		}
	}
}

func TestC3HostileMatesCostNothing(t *testing.T) {
	s := newScope(1)
	want := content(5, 3000)
	send := func(b []byte) func(Stream) {
		return answers(func(st Stream) { _, _ = st.Write(b) })
	}
	head := func(n uint32, kind byte) []byte { return append(binary.BigEndian.AppendUint32(nil, n), kind) }
	for name, mate := range map[string]func(Stream){
		"wrong content of the right length": answers(func(st Stream) { _ = write(st, tChunk, content(6, 3000+overhead)) }),
		"too short":                         answers(func(st Stream) { _ = write(st, tChunk, []byte{1}) }),
		"oversized":                         send(head(1<<31, tChunk)),
		"one byte too long":                 send(head(3000+overhead+2, tChunk)),
		"a length of nothing":               send([]byte{0, 0, 0, 0, 0}),
		"endless": answers(func(st Stream) {
			for {
				if _, err := st.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		}),
		"has it not after all":        answers(func(st Stream) { _ = write(st, tAbsent, nil) }),
		"another answer":              answers(func(st Stream) { _ = write(st, tHolds, holds{}) }),
		"cut off":                     answers(func(st Stream) { _, _ = st.Write(head(3000, tChunk)); _ = st.Close() }),
		"answers for other questions": func(st Stream) { _, _, _ = read(st, maxQuestion); _ = write(st, tHolds, holds{Bits: make([]byte, 9)}) },
		"garbage":                     func(st Stream) { _, _, _ = read(st, maxQuestion); _, _ = st.Write(content(8, 4000)) },
		"hangs up":                    func(Stream) {},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := newHome(t), newHome(t)
			m := a.write(s, want)
			if left, err := b.fetches(s, m, mate).round(t.Context()); left != 1 || err != nil || len(b.files.copied()) != 0 {
				t.Errorf("%d missing, %v, %d files", left, err, len(b.files.copied()))
			}
			if left, err := b.fetches(s, m, mate, a.serves(everybody)).round(t.Context()); left != 0 || err != nil {
				t.Errorf("with an honest mate beside: %d missing, %v", left, err)
			}
			b.reads(s, m, want)
		})
	}
}

func TestC5HostileQuestionsEndTheStream(t *testing.T) {
	s, a := newScope(1), newHome(t)
	a.write(s, content(5, 100))
	server := NewServer(a.store, everybody)
	for name, ask := range map[string]func(Stream){
		"oversized":         func(st Stream) { _, _ = st.Write([]byte{0xff, 0xff, 0xff, 0xff, tAsk}) },
		"for nothing":       func(st Stream) { _ = write(st, tAsk, ask{Tag: s.tag}) },
		"for too much":      func(st Stream) { _ = write(st, tAsk, ask{Tag: s.tag, IDs: make([]ID, maxAsk+1)}) },
		"of no known type":  func(st Stream) { _ = write(st, 77, nil) },
		"an answer":         func(st Stream) { _ = write(st, tChunk, []byte{1, 2, 3}) },
		"garbage for a get": func(st Stream) { _ = write(st, tGet, []byte{0xff, 1, 2}) },
		"cut off":           func(st Stream) { _, _ = st.Write([]byte{0, 0, 1, 0, tAsk, 1}) },
	} {
		err := server.Serve(t.Context(), op.DeviceID{1}, pipe(t, func(st Stream) {
			if ask(st); name != "cut off" {
				_, _ = io.Copy(io.Discard, st) // waits to be sent away
			}
		}))
		if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrTooLarge) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The device that asks too many things at once is sent away, and others are served again.
	for range atOnce {
		server.slots <- struct{}{}
	}
	if err := server.Serve(t.Context(), op.DeviceID{1}, pipe(t, func(Stream) {})); !errors.Is(err, errBusy) {
		t.Errorf("at once: %v", err)
	}
}

func TestC6AFullStoreStopsFetching(t *testing.T) {
	s, a, b := newScope(1), newHome(t), newHome(t)
	m := a.write(s, content(5, 3000))
	b.open(1000)
	if left, err := b.fetches(s, m, a.serves(everybody)).round(t.Context()); left != 1 || !errors.Is(err, ErrFull) {
		t.Errorf("%d missing, %v", left, err)
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add([]byte{0, 0, 0, 3, tHolds, 0x81, 0x40}, 1)
	f.Add([]byte{0, 0, 0, 1, tAbsent}, 9)
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		r := bytes.NewReader(b)
		kind, body, err := read(r, maxQuestion)
		if err != nil {
			return
		}
		if len(body) > maxQuestion {
			t.Fatalf("%d bytes of body", len(body))
		}
		switch kind {
		case tAsk:
			if a, err := parseAsk(body); err == nil && (len(a.IDs) == 0 || len(a.IDs) > maxAsk) {
				t.Fatalf("asks for %d", len(a.IDs))
			}
		case tGet:
			_, _ = parseGet(body)
		case tHolds:
			n = min(max(n, 1), maxAsk)
			if bits, err := parseHolds(body, n); err == nil && len(bits) != n {
				t.Fatalf("%d answers for %d", len(bits), n)
			}
		}
	})
}

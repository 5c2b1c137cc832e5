package relay

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"tongzhou/sync/op"
	"tongzhou/sync/wire"
)

// sealed is a ciphertext and the copy that it is under the id n.
func sealed(n byte, size int, fill byte) ([]byte, wire.RelayCopy) {
	b := bytes.Repeat([]byte{fill}, size)
	return b, wire.RelayCopy{ID: [32]byte{n}, Sum: sha256.Sum256(b), Size: uint32(size)}
}

// parts sends a ciphertext as a copy, part by part, and takes the window back.
func (c *client) parts(tag op.ScopeTag, x wire.RelayCopy, b []byte) {
	c.t.Helper()
	for from := 0; from < len(b); from += wire.MaxChunkPart {
		c.send(&wire.RelayBlobPut{Tag: tag, Copy: x, From: uint32(from), Part: b[from:min(from+wire.MaxChunkPart, len(b))]})
	}
}

// leaves leaves a copy and returns the code that answers; 0: it is stored.
func (c *client) leaves(n byte, size int, fill byte) (wire.RelayCopy, wire.RelayCode) {
	c.t.Helper()
	b, x := sealed(n, size, fill)
	c.parts(companyTag(), x, b)
	s := expect[*wire.RelayBlobStored](c)
	if s.Copy != x || s.Tag != companyTag() {
		c.t.Fatalf("answered about %+v", s)
	}
	return x, s.Code
}

func (c *client) mustLeave(n byte, size int, fill byte) wire.RelayCopy {
	c.t.Helper()
	x, code := c.leaves(n, size, fill)
	if code != 0 {
		c.t.Fatalf("chunk %d is refused with code %d", n, code)
	}
	return x
}

// has asks which chunks are there.
func (c *client) has(tag op.ScopeTag, ns ...byte) []wire.RelayCopy {
	c.t.Helper()
	q := &wire.RelayBlobHas{Tag: tag}
	for _, n := range ns {
		q.IDs = append(q.IDs, [32]byte{n})
	}
	c.send(q)
	for {
		if held := expect[*wire.RelayBlobHeld](c); !held.New {
			return held.Copies
		}
	}
}

// gets fetches a copy; nil if it is not there.
func (c *client) gets(tag op.ScopeTag, x wire.RelayCopy) (b []byte) {
	c.t.Helper()
	c.send(&wire.RelayBlobGet{Tag: tag, Copy: x})
	for {
		p := expect[*wire.RelayBlobPart](c)
		if p.Copy != x || p.Tag != tag || int(p.From) != len(b) && len(p.Part) > 0 {
			c.t.Fatalf("part of %+v from %d, of which %d are here", p.Copy, p.From, len(b))
		}
		if len(p.Part) == 0 {
			return nil
		}
		c.send(&wire.Credit{Bytes: uint32(len(p.Part))})
		if b = append(b, p.Part...); len(b) == int(x.Size) {
			return b
		}
	}
}

// bytesOf is what the team's use is counted as.
func (w *world) bytesOf() int64 {
	w.t.Helper()
	t, _, err := w.store.Team(w.t.Context(), w.team)
	if err != nil {
		w.t.Fatal(err)
	}
	return t.Bytes
}

// B16: what one device left, another gets byte for byte, is told of at once, and finds after a restart of the relay.
func TestB16ChunksAreLeftAndFetched(t *testing.T) {
	w, a, b, ca, cb := two(t, Limits{})
	cb.since(0)
	want, x := sealed(1, wire.MaxRelayChunk, 7)
	if got := ca.mustLeave(1, wire.MaxRelayChunk, 7); got != x {
		t.Fatal("another copy")
	}
	if held := expect[*wire.RelayBlobHeld](cb); !held.New || len(held.Copies) != 1 || held.Copies[0] != x {
		t.Errorf("the other device is told %+v", held)
	}
	small := ca.mustLeave(2, 1, 8)
	if got := cb.has(companyTag(), 1, 2, 3); len(got) != 2 || got[0] != x || got[1] != small {
		t.Errorf("there are %+v", got)
	}
	if !bytes.Equal(cb.gets(companyTag(), x), want) || len(cb.gets(companyTag(), small)) != 1 {
		t.Error("other bytes came")
	}
	before := w.bytesOf()
	cb.mustLeave(1, wire.MaxRelayChunk, 7) // is there: nothing is stored twice
	if now := w.bytesOf(); now != before || before < int64(x.Size) {
		t.Errorf("%d bytes are counted, %d before", now, before)
	}
	status, err := w.relay.Status(t.Context())
	if err != nil || status.Teams[0].Chunks != 2 || status.Teams[0].ChunkBytes != int64(x.Size)+1 || status.StoredChunks != 3 || status.ServedChunks != 2 {
		t.Errorf("%+v, %v", status, err)
	}
	ca.close()
	w.restart(Limits{})
	expect[*wire.Bye](cb)
	cb = w.connect(b)
	cb.mustOpen(cb.prove(companyTag(), 1))
	if !bytes.Equal(cb.gets(companyTag(), x), want) {
		t.Error("gone with a restart")
	}
	if found, err := Remove(t.Context(), w.store, w.team); !found || err != nil {
		t.Fatal(found, err)
	}
	ca = w.dial(a)
	ca.send(&wire.RelayHello{Version: wire.RelayVersion, Team: w.team, Device: a.id})
	if state := expect[*wire.RelayWelcome](ca).State; state != wire.RelayNotAllowed {
		t.Errorf("state %d after the team was removed", state)
	}
}

// B16: of a scope that is not open, no chunk exists, and none is taken.
func TestB16ChunksOfOtherScopes(t *testing.T) {
	_, _, _, ca, cb := two(t, Limits{})
	x := ca.mustLeave(1, 10, 7)
	group := op.ScopeTag{20}
	ca.mustOpen(ca.prove(group, 1))
	b, y := sealed(2, 3*wire.MaxChunkPart, 7)
	ca.parts(group, y, b)
	if s := expect[*wire.RelayBlobStored](ca); s.Code != 0 {
		t.Fatalf("%+v", s)
	}
	if got := cb.has(group, 2); len(got) != 0 {
		t.Errorf("of a scope that is not open: %+v", got)
	}
	if got := cb.gets(group, y); got != nil {
		t.Error("handed out of a scope that is not open")
	}
	cb.parts(group, y, b)
	if s := expect[*wire.RelayBlobStored](cb); s.Code != wire.RelayNoRight {
		t.Errorf("%+v", s)
	}
	if got := cb.gets(companyTag(), x); len(got) != 10 {
		t.Error("what it may fetch does not come after that")
	}
	// A superseded cap opens no chunks any more.
	ca.mustOpen(ca.prove(companyTag(), 2, 1))
	if s := expect[*wire.RelayScopes](cb); s.Scopes[0].State != wire.ScopeEpochs {
		t.Fatalf("%+v", s)
	}
	if got := cb.has(companyTag(), 1); len(got) != 0 {
		t.Errorf("by a superseded cap: %+v", got)
	}
}

// B17: a copy that is not what its hash says, or parts out of order, end the conversation; nothing of it is handed out.
func TestB17ALieAboutAChunk(t *testing.T) {
	for name, lie := range map[string]func(c *client, x wire.RelayCopy, b []byte){
		"other bytes": func(c *client, x wire.RelayCopy, b []byte) {
			b[len(b)-1]++
			c.parts(companyTag(), x, b)
		},
		"a part left out": func(c *client, x wire.RelayCopy, b []byte) {
			c.parts(companyTag(), x, b[:wire.MaxChunkPart])
			c.send(&wire.RelayBlobPut{Tag: companyTag(), Copy: x, From: 2 * wire.MaxChunkPart, Part: b[2*wire.MaxChunkPart:]})
		},
		"no first part": func(c *client, x wire.RelayCopy, b []byte) {
			c.send(&wire.RelayBlobPut{Tag: companyTag(), Copy: x, From: 2 * wire.MaxChunkPart, Part: b[2*wire.MaxChunkPart:]})
		},
	} {
		_, _, _, ca, cb := two(t, Limits{})
		b, x := sealed(1, 2*wire.MaxChunkPart+5, 7)
		lie(ca, x, b)
		expect[*wire.Bye](ca)
		if err := ca.ended(); !errors.Is(err, ErrPeer) {
			t.Errorf("%s: %v", name, err)
		}
		if got := cb.has(companyTag(), 1); len(got) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// B17: who lies about what an id stands for keeps nobody from leaving the truth; of one device there is one copy.
func TestB17CopiesOfSeveralDevices(t *testing.T) {
	w := newWorld(t, Limits{})
	ms := []machine{newMachine(1), newMachine(2), newMachine(3), newMachine(4), newMachine(5)}
	_, first := w.found(ms...)
	var last *client
	for i, m := range ms {
		c := first
		if i > 0 {
			c = w.connect(m)
		}
		c.mustOpen(c.prove(companyTag(), 1))
		_, code := c.leaves(1, 100+i, byte(i))
		if want := map[bool]wire.RelayCode{true: wire.RelayTooMany}[i >= wire.MaxChunkCopies]; code != want {
			t.Errorf("device %d: code %d", i, code)
		}
		last = c
	}
	before := w.bytesOf()
	first.mustLeave(1, 90, 9)
	got := last.has(companyTag(), 1)
	if len(got) != wire.MaxChunkCopies || got[3].Size != 90 {
		t.Errorf("copies %+v", got)
	}
	if now := w.bytesOf(); now != before-10 {
		t.Errorf("%d bytes are counted, %d before", now, before)
	}
	if b := last.gets(companyTag(), got[1]); len(b) != 102 {
		t.Errorf("%d bytes of one of them", len(b))
	}
}

// B18: chunks have three quarters of the team's room. There, what was fetched and not named for a week goes for others, what
// nobody has fetched yet never.
func TestB18RoomForChunks(t *testing.T) {
	w, _, _, ca, cb := two(t, Limits{TeamBytes: 4_000_000})
	base := int(w.bytesOf())
	kept := ca.mustLeave(1, 1_500_000-base, 1)
	read := ca.mustLeave(2, 1_000_000, 2)
	if len(cb.gets(companyTag(), read)) != 1_000_000 {
		t.Fatal("not fetched")
	}
	w.wait(func() bool { return w.fetched(read) })
	if _, code := ca.leaves(3, 600_000, 3); code != wire.RelayQuota {
		t.Errorf("code %d above three quarters", code)
	}
	w.clock.add(namedFor + time.Hour)
	if got := cb.has(companyTag(), 2); len(got) != 1 { // it is still cited
		t.Fatal("gone")
	}
	if _, code := ca.leaves(3, 600_000, 3); code != wire.RelayQuota {
		t.Errorf("code %d for a chunk in place of one that is still cited", code)
	}
	w.clock.add(namedFor + time.Hour)
	ca.mustLeave(3, 600_000, 3)
	if got := cb.has(companyTag(), 1, 2, 3); len(got) != 2 || got[0] != kept || got[1].ID != [32]byte{3} {
		t.Errorf("left are %+v", got)
	}
	if now := w.bytesOf(); now != 2_100_000 {
		t.Errorf("%d bytes are counted", now)
	}
}

// B18: what people write goes before chunks that were fetched, not before others.
func TestB18WordsGoBeforeChunks(t *testing.T) {
	w, a, _, ca, cb := two(t, Limits{TeamBytes: 400_000})
	read, kept := ca.mustLeave(1, 100_000, 1), ca.mustLeave(2, 100_000, 2)
	if len(cb.gets(companyTag(), read)) != 100_000 {
		t.Fatal("not fetched")
	}
	w.wait(func() bool { return w.fetched(read) })
	f := newFeed(a, companyTag())
	text := string(make([]byte, 50_000))
	ca.put(f.next(3, text)...)
	if got := cb.has(companyTag(), 1, 2); len(got) != 2 {
		t.Fatalf("gone while there was room: %+v", got)
	}
	ca.put(f.next(2, text)...)
	if got := cb.has(companyTag(), 1, 2); len(got) != 1 || got[0] != kept {
		t.Errorf("left are %+v", got)
	}
	ca.send(frame(f.next(2, text)...))
	ca.expectRefused(wire.RelayQuota, 0)
	if got := cb.has(companyTag(), 2); len(got) != 1 {
		t.Error("what nobody fetched is gone")
	}
}

// fetched tells whether it is noted that another device has a copy.
func (w *world) fetched(x wire.RelayCopy) bool {
	w.t.Helper()
	t, _, err := w.store.Team(w.t.Context(), w.team)
	if err != nil {
		w.t.Fatal(err)
	}
	list, err := w.store.Chunks(w.t.Context(), t.No, companyTag(), [][32]byte{x.ID})
	if err != nil {
		w.t.Fatal(err)
	}
	return len(list) == 1 && list[0].Fetched
}

// wait waits for what no message tells.
func (w *world) wait(is func() bool) {
	w.t.Helper()
	tick, over := time.NewTicker(time.Millisecond), time.After(patience)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-over:
			w.t.Fatal("it does not become so")
		}
	}
}

// B18: chunks that nobody names any more go after a month, those that nobody has fetched after three, a part of one soon.
func TestB18ChunksThatNobodyNames(t *testing.T) {
	w, _, _, ca, cb := two(t, Limits{})
	base := w.bytesOf()
	read, named := ca.mustLeave(1, 100, 1), ca.mustLeave(2, 100, 2)
	ca.mustLeave(3, 100, 3)
	for _, x := range []wire.RelayCopy{read, named} {
		cb.gets(companyTag(), x)
		w.wait(func() bool { return w.fetched(x) })
	}
	b, x := sealed(4, wire.MaxChunkPart+1, 4)
	cb.send(&wire.RelayBlobPut{Tag: companyTag(), Copy: x, Part: b[:wire.MaxChunkPart]})
	w.wait(func() bool { return w.bytesOf() == base+300+int64(x.Size) })
	collect := func(after time.Duration, want ...byte) {
		t.Helper()
		w.clock.add(after)
		if err := w.relay.Collect(t.Context()); err != nil {
			t.Fatal(err)
		}
		if now := w.bytesOf(); now != base+100*int64(len(want)) {
			t.Errorf("%d bytes after %v, want %d chunks", now-base, after, len(want))
		}
	}
	collect(2*time.Hour, 1, 2, 3)
	w.clock.add(20 * 24 * time.Hour)
	cb.has(companyTag(), 2)
	collect(11*24*time.Hour, 2, 3)
	collect(25*24*time.Hour, 3)
	collect(40 * 24 * time.Hour)
}

// B9, S8: parts of chunks count against the window and the rate, in both directions.
func TestB9ChunksWaitForTheWindow(t *testing.T) {
	w, a, _, ca, cb := two(t, Limits{OpsPerSecond: 100, OpsBurst: 100})
	x := ca.mustLeave(1, wire.MaxRelayChunk/2, 7)
	ca.since(0) // everything that was on the way has come
	for _, m := range ca.inbox {
		if _, ok := m.(*wire.Credit); ok {
			t.Fatal("the window comes back at once")
		}
	}
	w.clock.add(time.Minute)
	expect[*wire.Credit](ca)
	cb.send(&wire.RelayBlobGet{Tag: companyTag(), Copy: x}) // and takes no more than a part of the window without giving it back
	got := 0
	for got < chunkWindow {
		got += len(expect[*wire.RelayBlobPart](cb).Part)
	}
	f := newFeed(a, companyTag())
	ca.put(f.next(1, "meanwhile")...)
	feeds, _ := cb.since(0)
	cb.send(&wire.Want{Tag: companyTag(), Device: a.id, Incarnation: 1, From: 1, To: feeds[0].Len})
	expect[*wire.Frame](cb) // what was written goes before the rest of the chunk
	for _, m := range cb.inbox {
		if p, ok := m.(*wire.RelayBlobPart); ok {
			t.Errorf("a part from %d came beyond the window", p.From)
		}
	}
	for range maxDownloads {
		cb.send(&wire.RelayBlobGet{Tag: companyTag(), Copy: x})
	}
	expect[*wire.Bye](cb)
	if err := cb.ended(); !errors.Is(err, ErrPeer) {
		t.Errorf("who asks for too many: %v", err)
	}

	_, _, _, cc, _ := two(t, Limits{OpsPerSecond: 1, OpsBurst: 1})
	b, y := sealed(2, wire.MaxRelayChunk, 8)
	cc.parts(companyTag(), y, b) // the last part is beyond the window
	expect[*wire.Bye](cc)
	if err := cc.ended(); !errors.Is(err, ErrPeer) {
		t.Errorf("who sends more than the window: %v", err)
	}
}

// B10: on a full disk a chunk is refused with a code, and taken when there is room again.
func TestB10ChunksOnAFullDisk(t *testing.T) {
	w := newWorld(t, Limits{})
	a := newMachine(1)
	_, ca := w.found(a)
	disk := &diskless{Store: w.store}
	w.store = disk
	w.restart(Limits{})
	expect[*wire.Bye](ca)
	ca = w.connect(a)
	ca.mustOpen(ca.prove(companyTag(), 1))
	x := ca.mustLeave(1, 10, 1)
	disk.full.Store(true)
	if _, code := ca.leaves(2, 3*wire.MaxChunkPart, 2); code != wire.RelayQuota {
		t.Errorf("code %d", code)
	}
	if got := ca.gets(companyTag(), x); len(got) != 10 {
		t.Error("what is there is not served")
	}
	disk.full.Store(false)
	ca.mustLeave(2, 3*wire.MaxChunkPart, 2)
	if got := ca.has(companyTag(), 1, 2); len(got) != 2 {
		t.Errorf("there are %+v", got)
	}
}

package backup

import (
	"context"
	"slices"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"tongzhou/backend/fault"
)

// U1, U2: whatever is written, backed up, cut off, filled up and pulled out, in any order: the newest run that was finished can be
// read, and holds the state of its moment and nothing else; a run that was not finished changed nothing.
func TestU1U2AnyHistory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := newDevice(t)
		defer d.close()
		usb := newStick()
		s, _ := newSet(t, usb)
		some := func(n int) int { return rapid.IntRange(0, n).Draw(t, "some") }
		good := contents(nil) // of the newest run
		runs := uint64(0)

		check := func(states ...contents) {
			t.Helper()
			c, err := s.Chain(0)
			if err != nil {
				t.Fatalf("chain: %v", err)
			}
			if len(c.Runs) == 0 {
				if runs > 0 && len(states) == 1 {
					t.Fatal("the runs are gone")
				}
				return
			}
			if err := s.Check(context.Background(), c, nil); err != nil {
				t.Fatalf("check: %v", err)
			}
			got := read(t, s, c)
			i := slices.IndexFunc(states, func(want contents) bool { return want != nil && difference(got, want) == "" })
			if i < 0 {
				t.Fatalf("run %d is none of the states that it may be: %s", c.Last().No, difference(got, states[len(states)-1]))
			}
			good, runs = states[i], c.Last().No
		}
		t.Repeat(map[string]func(*rapid.T){
			"write": func(t *rapid.T) {
				d.add(feedKey(some(6)), 1+some(3), some(300))
			},
			"fork": func(*rapid.T) {
				k := feedKey(some(6))
				d.fork(k, uint64(some(int(d.log.Feed(k).Len))))
			},
			"register": func(*rapid.T) { d.register(some(4)) },
			"content":  func(*rapid.T) { d.content(some(4), 1+some(300)) },
			"note":     func(t *rapid.T) { d.note(some(4), rapid.StringN(0, 20, 40).Draw(t, "text")) },
			"back up": func(*rapid.T) {
				c := d.mustTake(s)
				check(d.contents())
				if err := s.Prune(c); err != nil {
					t.Fatal(err)
				}
				check(good)
			},
			"back up onto a full stick": func(*rapid.T) {
				usb.room = some(3000)
				_, err := d.take(context.Background(), s)
				if err != nil && fault.Code(err) != "backup.full" {
					t.Fatalf("full: %v", err)
				}
				usb.room = -1
				if err != nil {
					check(good)
				} else {
					check(d.contents())
				}
			},
			"pull the stick out": func(*rapid.T) {
				usb.calls, usb.gone = some(20), syscall.EIO
				_, err := d.take(context.Background(), s)
				if err != nil && fault.Code(err) != "backup.unplugged" {
					t.Fatalf("unplugged: %v", err)
				}
				usb.pull(some)
				if err == nil {
					check(d.contents())
				} else {
					check(good, d.contents()) // the last name may have got there, and nobody was told
				}
			},
			"cancel": func(*rapid.T) {
				ctx, cancel := context.WithCancel(context.Background())
				cancel()
				if _, err := d.take(ctx, s); err != nil {
					check(good)
				} else {
					check(d.contents())
				}
			},
		})
	})
}

// U8: a chunk is written once a chain, anew when its file was, and a new chain holds all of them. What is gone before it is read is
// left out, and what is no chunk's file.
func TestU8ContentIsCopiedOnce(t *testing.T) {
	t.Parallel()
	d := newDevice(t)
	t.Cleanup(d.close)
	s, _ := newSet(t, newStick())
	d.content(1, maxChunk)
	d.content(2, 50_000)
	c := d.mustTake(s)
	if c.Last().DataSize < maxChunk+50_000 || len(c.Last().Chunks) != 2 {
		t.Errorf("run of %d bytes with %d chunks", c.Last().DataSize, len(c.Last().Chunks))
	}
	want := d.contents()
	d.box["notes.txt"] = boxed{data: []byte("x")}
	d.box[chunkName(3)] = boxed{data: []byte("x"), gone: true}
	d.box[chunkName(4)] = boxed{data: make([]byte, maxChunk+1)}
	if c = d.mustTake(s); c.Last().DataSize > 10_000 || len(c.Last().Chunks) != 0 {
		t.Errorf("run of %d bytes with %d chunks and nothing new", c.Last().DataSize, len(c.Last().Chunks))
	}
	if got := difference(read(t, s, c), want); got != "" {
		t.Error(got)
	}
	delete(d.box, chunkName(4))
	delete(d.box, chunkName(3))
	delete(d.box, "notes.txt")
	d.content(2, 50_001)
	if c = d.mustTake(s); len(c.Last().Chunks) != 1 || c.Last().DataSize < 50_001 || c.Last().DataSize > maxChunk {
		t.Errorf("run of %d bytes with %d chunks of which one was written anew", c.Last().DataSize, len(c.Last().Chunks))
	}
	src := d.source()
	src.Anew = true
	c, err := Take(context.Background(), s, src, nil)
	if err != nil || len(c.Runs) != 1 || len(c.Last().Chunks) != 2 {
		t.Fatalf("a new chain: %+v, %v", c, err)
	}
	if err := s.Check(context.Background(), c, nil); err != nil {
		t.Error(err)
	}
	if got := difference(read(t, s, c), d.contents()); got != "" {
		t.Error(got)
	}
	// A chunk that the manifest does not name, or that is not there, is no good run.
	for _, chunks := range [][]Chunk{nil, {c.Last().Chunks[1], c.Last().Chunks[0]}, append(slices.Clone(c.Last().Chunks), Chunk{Name: chunkName(9)})} {
		m := *c.Last()
		m.Chunks = chunks
		wantFault(t, s.Check(context.Background(), &Chain{Runs: []*Manifest{&m}}, nil), "backup.altered")
	}
}

// U8: backups from before content was in them are read and built upon.
func TestU8ChainsWithoutContent(t *testing.T) {
	t.Parallel()
	d := newDevice(t)
	t.Cleanup(d.close)
	usb := newStick()
	s, _ := newSet(t, usb)
	d.add(feedKey(0), 3, 40)
	m := *d.mustTake(s).Last()
	m.Version = 1
	b, err := s.sealManifest(&m)
	if err != nil {
		t.Fatal(err)
	}
	usb.files[manifestName(1)].data = b
	d.content(1, 10)
	c := d.mustTake(s)
	if len(c.Runs) != 2 || len(c.Last().Chunks) != 1 || s.Check(context.Background(), c, nil) != nil {
		t.Errorf("%+v", c)
	}
	if got := difference(read(t, s, c), d.contents()); got != "" {
		t.Error(got)
	}
}

// U2: a database whose feed took another course than the backup knows, as after its disk was exchanged, is copied as it is.
func TestU2AnotherCourse(t *testing.T) {
	t.Parallel()
	for _, more := range []int{0, 2} {
		usb := newStick()
		s, _ := newSet(t, usb)
		one, two := newDevice(t), newDevice(t)
		t.Cleanup(one.close)
		t.Cleanup(two.close)
		one.add(feedKey(1), 5, 10)
		two.n = 100
		two.add(feedKey(1), 5+more, 10)
		one.mustTake(s)
		c := two.mustTake(s)
		if err := s.Check(context.Background(), c, nil); err != nil {
			t.Fatal(err)
		}
		if got := difference(read(t, s, c), two.contents()); got != "" {
			t.Error(got)
		}
	}
}

// U1, U2: a chain that was damaged on the stick is not built upon; the next run begins anew, and the damaged one goes only when
// the new one was read back.
func TestU2ADamagedChainIsBegunAnew(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]func(usb *stick){
		"newest manifest": func(usb *stick) { usb.cut("000003.manifest", 60) },
		"older manifest":  func(usb *stick) { delete(usb.files, "000002.manifest") },
	} {
		d, usb, s := three(t)
		bad(usb)
		c := d.mustTake(s)
		if c.Last().No != 4 || c.Last().Base != 4 {
			t.Fatalf("%s: run %d of base %d", name, c.Last().No, c.Last().Base)
		}
		if _, err := s.Chain(1); err != nil {
			t.Errorf("%s: what was good is gone: %v", name, err)
		}
		if err := s.Check(context.Background(), c, nil); err != nil {
			t.Fatal(err)
		}
		if err := s.Prune(c); err != nil {
			t.Fatal(err)
		}
		if got := difference(read(t, s, c), d.contents()); got != "" {
			t.Error(got)
		}
	}
	d, usb, s := three(t)
	usb.files["000001.data"].data[300] ^= 1
	c := d.mustTake(s)
	wantFault(t, s.Check(context.Background(), c, nil), "backup.altered")
	src := d.source()
	src.Anew = true
	c, err := Take(context.Background(), s, src, nil)
	if err != nil || c.Last().Base != 5 || s.Check(context.Background(), c, nil) != nil {
		t.Errorf("anew: %+v, %v", c.Last(), err)
	}
}

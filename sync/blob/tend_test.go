package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tongzhou/sync/op"
)

// depot is a Depot in memory, which keeps the copies of every device.
type depot struct {
	mu     sync.Mutex // guards what follows
	copies map[op.ScopeTag]map[Copy][]byte
	closed bool
	room   int
	taken  bool // takes no copy of a chunk that it has one of
	broken error
	said   said
}

// said is what was asked of a depot and told to it.
type said struct {
	asked int // ids
	gave  int
	owed  int
	full  bool
}

// now is what was said so far.
func (d *depot) now() said {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.said
}

func newDepot() *depot {
	return &depot{copies: map[op.ScopeTag]map[Copy][]byte{}, room: 1 << 30}
}

// of is one device's conversation with the depot.
type of struct {
	*depot
	news chan struct{}
}

func (d *depot) visit() *of { return &of{d, make(chan struct{}, 1)} }

func (o *of) News() <-chan struct{} { return o.news }

func (o *of) hear() {
	select {
	case o.news <- struct{}{}:
	default:
	}
}

func (d *depot) begin() error {
	if d.broken != nil {
		return d.broken
	}
	if d.closed {
		return ErrClosed
	}
	return nil
}

func (d *depot) Held(_ context.Context, tag op.ScopeTag, ids []ID) (out []Copy, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.said.asked += len(ids)
	for _, id := range ids {
		for c := range d.copies[tag] {
			if c.ID == id {
				out = append(out, c)
			}
		}
	}
	return out, d.begin()
}

func (d *depot) Get(_ context.Context, tag op.ScopeTag, c Copy) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.said.gave++
	if b, ok := d.copies[tag][c]; ok {
		return bytes.Clone(b), d.begin()
	}
	return nil, ErrMissing
}

func (d *depot) Put(_ context.Context, tag op.ScopeTag, c Copy, sealed []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.begin(); err != nil {
		return err
	}
	if sha256.Sum256(sealed) != c.Sum || int(c.Size) != len(sealed) {
		return errors.New("a lie")
	}
	if d.room -= len(sealed); d.room < 0 {
		d.room += len(sealed)
		return ErrFull
	}
	for other := range d.copies[tag] {
		if d.taken && other.ID == c.ID {
			return ErrRefused
		}
	}
	if d.copies[tag] == nil {
		d.copies[tag] = map[Copy][]byte{}
	}
	d.copies[tag][c] = bytes.Clone(sealed)
	return nil
}

func (d *depot) Report(_ context.Context, owed int, full bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.said.owed, d.said.full = owed, full
}

func (d *depot) change(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
}

func (d *depot) holds(tag op.ScopeTag) map[Copy][]byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.copies[tag])
}

// tends runs a fetcher of a home, and its exchange with a depot, until the function returned is called.
func (h *home) tends(s scope, m Manifest, d *of, mates ...func(Stream)) (stop func() error) {
	f := h.fetches(s, m, mates...)
	f.cfg.Now = time.Now
	f.cfg.Arrived = func() { h.arrived.Add(1) }
	ctx, cancel := context.WithCancel(h.t.Context())
	var run sync.WaitGroup
	var end error
	run.Go(func() { f.Run(ctx) })
	run.Go(func() { end = f.Tend(ctx, d) })
	return func() error {
		cancel()
		run.Wait()
		return end
	}
}

func sleep(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// B19: who made content leaves it at the depot at once; who is away meanwhile gets it from there.
func TestB19OwnContentIsLeftAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, a, b, d := newScope(1), newHome(t), newHome(t), newDepot()
		want := content(5, 5<<20)
		m := a.write(s, want)
		stop := a.tends(s, m, d.visit())
		synctest.Wait()
		if n := len(d.holds(s.tag)); n != len(m.Chunks) || n < 2 || d.now().owed != 0 || d.now().full {
			t.Errorf("%d of %d chunks are there, %d owed", n, len(m.Chunks), d.now().owed)
		}
		_ = stop()
		stop = b.tends(s, m, d.visit())
		synctest.Wait()
		_ = stop()
		b.reads(s, m, want)
		if n := b.arrived.Load(); n != 1 || d.now().gave != len(m.Chunks) {
			t.Errorf("told %d times, %d chunks fetched", n, d.now().gave)
		}
		for _, sealed := range d.holds(s.tag) {
			if bytes.Contains(sealed, want[:32]) {
				t.Error("plaintext lies there")
			}
		}
	})
}

// B19: what another device made is left after that device had time to, and not where it did.
func TestB19OthersContentIsLeftLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, a, d := newScope(1), newHome(t), newDepot()
		m := a.write(s, content(5, 3000))
		a.open(1 << 30) // a restart: as if another device had made it
		stop := a.tends(s, m, d.visit())
		synctest.Wait()
		if len(d.holds(s.tag)) != 0 || d.now().owed != 1 {
			t.Errorf("left at once, %d owed", d.now().owed)
		}
		sleep(2 * leaveAfter)
		if len(d.holds(s.tag)) != 1 || d.now().owed != 0 {
			t.Errorf("not left, %d owed", d.now().owed)
		}
		asked := d.now().asked
		sleep(nameAgain - time.Hour)
		if d.now().asked != asked {
			t.Errorf("asked about %d chunks that are there", d.now().asked-asked)
		}
		sleep(2 * time.Hour)
		if d.now().asked == asked {
			t.Error("never named again")
		}
		_ = stop()
	})
}

// B19, C4: what mates have comes from them; what nobody had is asked of the depot when there are news, not all the time.
func TestB19MatesGoBeforeTheDepot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, a, b, c, d := newScope(1), newHome(t), newHome(t), newHome(t), newDepot()
		m := a.write(s, content(5, 3000))
		stop := b.tends(s, m, d.visit(), a.serves(everybody))
		synctest.Wait()
		b.reads(s, m, content(5, 3000))
		if d.now().gave != 0 {
			t.Error("fetched from the depot what a mate had")
		}
		_ = stop()
		d.change(func() { clear(d.copies) })
		v := d.visit()
		stop = c.tends(s, m, v)
		sleep(30 * time.Second)
		asked := d.now().asked
		sleep(5 * time.Minute)
		if d.now().asked != asked {
			t.Errorf("asked %d times for what is not there", d.now().asked-asked)
		}
		stopA := a.tends(s, m, d.visit())
		synctest.Wait()
		_ = stopA()
		v.hear()
		synctest.Wait()
		c.reads(s, m, content(5, 3000))
		_ = stop()
	})
}

// C3, B17: a wrong copy at the depot is let go and not asked for again; who has the right one leaves it beside, and it is taken.
func TestC3WrongCopiesAtADepot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, a, b, d := newScope(1), newHome(t), newHome(t), newDepot()
		m := a.write(s, content(5, 3000))
		lie := content(9, 3000+overhead)
		wrong := Copy{ID: m.Chunks[0].ID, Sum: sha256.Sum256(lie), Size: uint32(len(lie))}
		long := Copy{ID: m.Chunks[0].ID, Sum: [32]byte{1}, Size: MaxChunkSize + overhead}
		d.copies[s.tag] = map[Copy][]byte{wrong: lie, long: nil}
		v := d.visit()
		stop := b.tends(s, m, v)
		synctest.Wait()
		v.hear()
		synctest.Wait()
		if len(b.files.copied()) != 0 || d.now().gave != 1 {
			t.Fatalf("%d files, fetched %d times", len(b.files.copied()), d.now().gave)
		}
		stopA := a.tends(s, m, d.visit())
		synctest.Wait()
		if n := len(d.holds(s.tag)); n != 3 {
			t.Fatalf("%d copies are there", n)
		}
		_ = stopA()
		v.hear()
		synctest.Wait()
		b.reads(s, m, content(5, 3000))
		_ = stop()
	})
}

// B19: a depot without room is left alone for a while, and told of; nothing is lost. One that takes no more copies of a chunk is
// not asked again, and a scope that is closed waits.
func TestB19ADepotThatRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, a, d := newScope(1), newHome(t), newDepot()
		want := content(5, 5<<20)
		m := a.write(s, want)
		d.room = 1 << 20
		v := d.visit()
		stop := a.tends(s, m, v)
		synctest.Wait()
		there := len(d.holds(s.tag))
		if there == len(m.Chunks) || d.now().owed != len(m.Chunks)-there || !d.now().full {
			t.Errorf("%d there, %d owed, full: %v", there, d.now().owed, d.now().full)
		}
		d.change(func() { d.room = 1 << 30 })
		sleep(fullWait + time.Second)
		if len(d.holds(s.tag)) != len(m.Chunks) || d.now().owed != 0 || d.now().full {
			t.Errorf("%d there, %d owed, full: %v", len(d.holds(s.tag)), d.now().owed, d.now().full)
		}
		a.reads(s, m, want)
		_ = stop()

		d = newDepot()
		d.closed = true
		v = d.visit()
		stop = a.tends(s, m, v)
		sleep(time.Hour)
		if d.now().asked > 100 {
			t.Errorf("a closed scope is asked about %d times", d.now().asked)
		}
		d.change(func() { d.closed = false })
		v.hear()
		synctest.Wait()
		if len(d.holds(s.tag)) != len(m.Chunks) {
			t.Error("not left when the scope was open again")
		}
		_ = stop()

		d = newDepot()
		d.taken = true
		d.copies[s.tag] = map[Copy][]byte{}
		for _, c := range m.Chunks {
			d.copies[s.tag][Copy{ID: c.ID, Size: 20}] = nil
		}
		stop = a.tends(s, m, d.visit())
		sleep(time.Hour)
		if d.now().owed != 0 || d.now().full {
			t.Errorf("%d owed, full: %v", d.now().owed, d.now().full)
		}
		_ = stop()

		d = newDepot()
		d.broken = errors.New("gone")
		stop = a.tends(s, m, d.visit())
		synctest.Wait()
		if err := stop(); !errors.Is(err, d.broken) {
			t.Errorf("%v", err)
		}
	})
}

// C3: what is damaged here is not left at a depot: it is fetched again.
func TestC3DamagedContentIsNotLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, a, b, d := newScope(1), newHome(t), newHome(t), newDepot()
		m := a.write(s, content(5, 3000))
		for name, raw := range a.files.copied() {
			if err := b.files.Write(name, raw); err != nil {
				t.Fatal(err)
			}
		}
		b.files.damage()
		b.open(1 << 30)
		stop := b.tends(s, m, d.visit(), a.serves(everybody))
		sleep(5 * leaveAfter)
		_ = stop()
		b.reads(s, m, content(5, 3000))
		for c, sealed := range d.holds(s.tag) {
			if right := a.files.copied(); len(right) != 1 || !bytes.Equal(sealed, right[(Key{s.tag, c.ID}).file()]) {
				t.Error("damaged content was left")
			}
		}
		if len(d.holds(s.tag)) != 1 {
			t.Error("nothing was left")
		}
	})
}

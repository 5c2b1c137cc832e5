package oplog

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"testing"

	_ "github.com/mattn/go-sqlite3" // the driver
	"pgregory.net/rapid"

	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// base is a log on an empty database in memory.
type base struct {
	db  *sql.DB
	log *Log
}

func open(t interface {
	Fatal(...any)
	Cleanup(func())
},
) *base {
	db, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Exec(Schema); err != nil {
		t.Fatal(err)
	}
	if err := Init(db, [16]byte{1}, 7); err != nil {
		t.Fatal(err)
	}
	l, err := Open(db)
	if err != nil {
		t.Fatal(err)
	}
	return &base{db, l}
}

// write runs a batch and commits it, unless f fails.
func (b *base) write(f func(*Batch) error) error {
	tx, err := b.db.Begin()
	if err != nil {
		return err
	}
	batch := b.log.Begin(tx)
	if err := f(batch); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if _, err := batch.Flush(); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	batch.Commit()
	return nil
}

func key(n byte) FeedKey {
	return FeedKey{Tag: op.ScopeTag{n % 2}, Device: op.DeviceID{n}, Incarnation: 7}
}

// next makes an op that continues the feed; nobody looks at its signature here.
func next(f *Feed, text string) op.Sealed {
	s := op.Sealed{Ciphertext: []byte(text)}
	s.Version, s.Kind, s.Scope, s.Device, s.Incarnation = op.Version, op.Content, f.Tag, f.Device, f.Incarnation
	s.Seq, s.Prev, s.CiphertextLen = f.Len+1, f.Head, uint32(len(text))
	return s
}

func add(b *Batch, k FeedKey, s op.Sealed, st Status, clock hlc.Time) error {
	f, err := b.Open(k)
	if err != nil {
		return err
	}
	_, err = b.Append(f, s.ID(), &s, s.AppendTo(nil), st, clock, 1)
	return err
}

// reopened is the log as a restart reads it.
func (b *base) reopened(t interface{ Fatal(...any) }) *Log {
	l, err := Open(b.db)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// L1, L4, L5: random batches, some of which fail, truncate or forget: memory is what a restart reads, feeds have no gaps, sums
// are those of the feeds, and arrival numbers rise.
func TestLogFollowsTheDatabase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := open(t)
		fails := errors.New("fails")
		arrived := int64(0)
		t.Repeat(map[string]func(*rapid.T){
			"batch": func(t *rapid.T) {
				n := rapid.IntRange(1, 5).Draw(t, "ops")
				bad := rapid.IntRange(0, 3).Draw(t, "bad") == 0
				err := b.write(func(p *Batch) error {
					for range n {
						k := key(rapid.Byte().Draw(t, "feed") % 5)
						f, err := p.Open(k)
						if err != nil {
							return err
						}
						s := next(f, fmt.Sprint(f.Len))
						st := Status(rapid.IntRange(0, 5).Draw(t, "status"))
						if !f.Takes(s.Seq) {
							continue
						}
						if err := add(p, k, s, st, hlc.Time(f.Len+1)); err != nil {
							return err
						}
					}
					if bad {
						return fails
					}
					return nil
				})
				if bad != errors.Is(err, fails) || !bad && err != nil {
					t.Fatal(err)
				}
			},
			"truncate": func(t *rapid.T) {
				k := key(rapid.Byte().Draw(t, "feed") % 5)
				err := b.write(func(p *Batch) error {
					f := p.Feed(k)
					if f == nil || f.Len == 0 {
						return nil
					}
					seq := rapid.Uint64Range(0, f.Len-1).Draw(t, "seq")
					var head op.ID
					if seq > 0 {
						var err error
						if head, err = HeadAt(p.tx, f.No, seq); err != nil {
							return err
						}
					}
					clock, err := ClockBefore(p.tx, f.No, 1, seq+1)
					if err != nil {
						return err
					}
					if err := p.Freeze(f, seq+1+rapid.Uint64Range(0, 3).Draw(t, "later"), []byte("proof")); err != nil {
						return err
					}
					return p.Truncate(f, seq, head, clock)
				})
				if err != nil {
					t.Fatal(err)
				}
			},
			"incarnation": func(t *rapid.T) {
				store, inc := [16]byte{rapid.Byte().Draw(t, "store")}, rapid.Uint32().Draw(t, "inc")
				if err := b.write(func(p *Batch) error { return p.SetIncarnation(store, inc) }); err != nil {
					t.Fatal(err)
				}
				if b.log.StoreID() != store || b.log.Incarnation() != inc {
					t.Fatal("not taken over")
				}
			},
			"": func(t *rapid.T) {
				again := b.reopened(t)
				if !reflect.DeepEqual(byKey(b.log), byKey(again)) {
					t.Fatalf("memory has\n%v\nthe database has\n%v", byKey(b.log), byKey(again))
				}
				if b.log.LSeq() != again.LSeq() || b.log.LSeq() < arrived || b.log.Incarnation() != again.Incarnation() || b.log.StoreID() != again.StoreID() {
					t.Fatalf("arrival %d, after a restart %d, before %d", b.log.LSeq(), again.LSeq(), arrived)
				}
				arrived = b.log.LSeq()
				checkSums(t, b.log)
				checkRows(t, b)
			},
		})
	})
}

func byKey(l *Log) map[FeedKey]Feed {
	out := map[FeedKey]Feed{}
	for _, f := range l.Feeds() {
		out[f.FeedKey] = f
	}
	return out
}

// checkSums compares the running sums with sums made from nothing.
func checkSums(t *rapid.T, l *Log) {
	var both Sum
	var merged Sum
	for n := range byte(2) {
		var sum Sum
		tag := op.ScopeTag{n}
		for _, f := range l.Scope(tag) {
			if f.Len > 0 {
				sum.AddFeed(&f)
				both.AddFeed(&f)
			}
		}
		if sum != l.Sum(tag) {
			t.Fatalf("sum of scope %d is %v, its feeds give %v", n, l.Sum(tag), sum)
		}
		merged.Merge(l.Sum(tag))
	}
	if both != merged || both.Fingerprint() != merged.Fingerprint() {
		t.Fatal("the sum of sums is not the sum of all feeds")
	}
}

// checkRows compares the rows of ops with the lengths of feeds.
func checkRows(t *rapid.T, b *base) {
	for _, f := range b.log.Feeds() {
		n := uint64(0)
		head := op.ID{}
		err := Read(b.db, f.No, 1, 1<<40-1, func(s Stored) (bool, error) {
			n++
			o, _, err := op.Parse(s.Raw)
			if err != nil || o.Seq != n || o.Prev != head || s.Key != Key(f.No, n) {
				t.Fatalf("op %d of feed %d: seq %d, %v", n, f.No, o.Seq, err)
			}
			head = o.ID()
			return true, nil
		})
		if err != nil || n != f.Len || head != f.Head || f.Fork != 0 && f.Len >= f.Fork {
			t.Fatalf("feed of length %d, fork at %d, has %d rows, %v", f.Len, f.Fork, n, err)
		}
		if clock, err := ClockBefore(b.db, f.No, 1, f.Len+1); err != nil || clock != f.HLC {
			t.Fatalf("clock %d, of the ops %d, %v", f.HLC, clock, err)
		}
	}
}

// L9: a sum depends on the set of feeds alone, changes with every part of a feed, and is undone exactly.
func TestSumAlgebra(t *testing.T) {
	feed := rapid.Custom(func(t *rapid.T) Feed {
		f := Feed{FeedKey: key(rapid.Byte().Draw(t, "key")), Len: rapid.Uint64Range(1, 9).Draw(t, "len")}
		f.Head[0] = rapid.Byte().Draw(t, "head")
		return f
	})
	rapid.Check(t, func(t *rapid.T) {
		feeds := rapid.SliceOfN(feed, 1, 12).Draw(t, "feeds")
		var forward, backward, left, right Sum
		for i := range feeds {
			forward.AddFeed(&feeds[i])
			backward.AddFeed(&feeds[len(feeds)-1-i])
			if i%2 == 0 {
				left.AddFeed(&feeds[i])
			} else {
				right.AddFeed(&feeds[i])
			}
		}
		left.Merge(right)
		if forward != backward || forward != left || forward.Count() != uint64(len(feeds)) {
			t.Fatal("the order matters")
		}
		without := forward
		without.sub(itemHash(&feeds[0]))
		if len(feeds) == 1 && without != (Sum{}) {
			t.Fatal("taking the only one away leaves something")
		}
		for _, change := range []func(*Feed){
			func(f *Feed) { f.Len++ }, func(f *Feed) { f.Head[5]++ }, func(f *Feed) { f.Incarnation++ },
			func(f *Feed) { f.Device[9]++ }, func(f *Feed) { f.Tag[9]++ },
		} {
			other, f := without, feeds[0]
			change(&f)
			other.AddFeed(&f)
			if other == forward || other.Fingerprint() == forward.Fingerprint() {
				t.Fatalf("%+v and %+v sum up alike", f, feeds[0])
			}
		}
		without.AddFeed(&feeds[0])
		if without != forward {
			t.Fatal("taken away and added again, it differs")
		}
	})
}

// L1: what does not continue the feed is refused: a gap, the same again, another predecessor, anything from a fork on.
func TestAppendRefuses(t *testing.T) {
	b := open(t)
	k := key(1)
	err := b.write(func(p *Batch) error {
		f, err := p.Open(k)
		if err != nil {
			return err
		}
		one := next(f, "1")
		if err := add(p, k, one, Applied, 1); err != nil {
			return err
		}
		gap, other := next(f, "3"), next(f, "2")
		gap.Seq++
		other.Prev[3] ^= 1
		for name, s := range map[string]op.Sealed{"the same again": one, "a gap": gap, "another predecessor": other} {
			if err := add(p, k, s, Applied, 2); !errors.Is(err, ErrGap) {
				t.Errorf("%s: %v", name, err)
			}
		}
		two := next(f, "2")
		if err := p.Freeze(f, 2, []byte("proof")); err != nil {
			return err
		}
		if err := add(p, k, two, Applied, 2); !errors.Is(err, ErrGap) {
			t.Errorf("from the fork on: %v", err)
		}
		if err := p.Freeze(f, 9, []byte("a later proof")); err != nil {
			return err
		}
		if f.Fork != 2 {
			t.Errorf("a later proof moves the fork to %d", f.Fork)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if f := b.reopened(t).Feed(k); f.Len != 1 || f.Fork != 2 {
		t.Fatalf("length %d, fork %d", f.Len, f.Fork)
	}
}

// L8: a device has room for so many incarnations in a scope, counted over batches and inside one; other scopes and devices
// are not concerned.
func TestIncarnationCap(t *testing.T) {
	b := open(t)
	k := key(1)
	take := func(p *Batch, inc uint32) error { k.Incarnation = inc; _, err := p.Open(k); return err }
	for inc := range uint32(MaxIncarnations - 2) {
		if err := b.write(func(p *Batch) error { return take(p, inc) }); err != nil {
			t.Fatal(err)
		}
	}
	err := b.write(func(p *Batch) error {
		if err := errors.Join(take(p, 100), take(p, 101), take(p, 100), take(p, 0)); err != nil {
			return err
		}
		if err := take(p, 102); !errors.Is(err, ErrFull) {
			t.Errorf("one too many: %v", err)
		}
		other, elsewhere := key(3), k
		elsewhere.Tag[5]++
		_, err1 := p.Open(other)
		_, err2 := p.Open(elsewhere)
		return errors.Join(err1, err2)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// L9: of two registers the one with the higher version stays, of equal versions the one whose bytes sort last, in whatever
// order they come; a device has room for a limited number of keys in a scope.
func TestRegisters(t *testing.T) {
	reg := func(key string, version uint64) *op.Register {
		return &op.Register{Scope: op.ScopeTag{1}, Device: op.DeviceID{2}, Key: key, Version: version}
	}
	type put struct {
		version uint64
		raw     string
	}
	for _, order := range [][]put{
		{{1, "a"}, {2, "b"}, {2, "c"}}, {{2, "c"}, {2, "b"}, {1, "a"}}, {{2, "b"}, {1, "a"}, {2, "c"}}, {{2, "c"}, {2, "c"}, {1, "z"}},
	} {
		b := open(t)
		for _, x := range order {
			if err := b.write(func(p *Batch) error { _, err := p.PutRegister(reg("k", x.version), []byte(x.raw)); return err }); err != nil {
				t.Fatal(err)
			}
		}
		rows, err := ScopeRegisters(b.db, op.ScopeTag{1})
		if err != nil || len(rows) != 1 || string(rows[0].Raw) != "c" {
			t.Errorf("%v leaves %v, %v", order, rows, err)
		}
	}
	b := open(t)
	err := b.write(func(p *Batch) error {
		for i := range MaxRegisterKeys + 5 {
			newer, err := p.PutRegister(reg(fmt.Sprint(i), 1), []byte("x"))
			if err != nil || newer != (i < MaxRegisterKeys) {
				t.Errorf("key %d: %v, %v", i, newer, err)
			}
		}
		newer, err := p.PutRegister(reg("0", 2), []byte("y"))
		if !newer || err != nil {
			t.Errorf("a known key: %v, %v", newer, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if b.log.LSeq() != MaxRegisterKeys+1 || b.reopened(t).LSeq() != b.log.LSeq() {
		t.Errorf("arrival %d, after a restart %d", b.log.LSeq(), b.reopened(t).LSeq())
	}
}

// Frames hold whole ops, at least one, within both limits.
func TestReadFrame(t *testing.T) {
	b := open(t)
	k := key(1)
	var all [][]byte
	err := b.write(func(p *Batch) error {
		for i := range 20 {
			f, err := p.Open(k)
			if err != nil {
				return err
			}
			s := next(f, string(bytes.Repeat([]byte{'x'}, i*10)))
			all = append(all, s.AppendTo(nil))
			if err := add(p, k, s, Applied, hlc.Time(i+1)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	no := b.log.Feed(k).No
	for _, c := range []struct {
		from, to     uint64
		limit, ops   int
		want         int
		wantFromHere bool
	}{
		{1, 20, 1 << 20, 100, 20, true},
		{1, 20, 1 << 20, 7, 7, true},
		{5, 6, 1 << 20, 100, 2, true},
		{1, 20, 1, 100, 1, true},
		{1, 20, len(all[0]) + len(all[1]), 100, 2, true},
		{1, 20, len(all[0]) + len(all[1]) + 5, 100, 2, true},
		{21, 30, 1 << 20, 100, 0, false},
	} {
		raw, n, err := ReadFrame(b.db, no, c.from, c.to, c.limit, c.ops)
		if err != nil || n != c.want || c.wantFromHere && !bytes.Equal(raw, bytes.Join(all[c.from-1:int(c.from)-1+n], nil)) {
			t.Errorf("%+v: %d ops of %d bytes, %v", c, n, len(raw), err)
		}
	}
	for seq := uint64(1); seq < 20; seq++ {
		o, _, err := op.Parse(all[seq-1])
		if err != nil {
			t.Fatal(err)
		}
		if head, err := HeadAt(b.db, no, seq); err != nil || head != o.ID() {
			t.Errorf("head at %d: %v", seq, err)
		}
	}
	if err := EachOp(b.db, no, 21, 30, func(*Stored) error { return nil }); err == nil {
		t.Error("nothing of something")
	}
}

// P4: what is unsettled is found per feed: ops that could be read one by one, and from the first that could not be on, all.
func TestUnsettled(t *testing.T) {
	b := open(t)
	k := key(1)
	err := b.write(func(p *Batch) error {
		for i, st := range []Status{Applied, Denied, Void, Unknown, Held, NoKey, Applied, Denied} {
			f, err := p.Open(k)
			if err != nil {
				return err
			}
			clock := hlc.Time(i + 1)
			if st == NoKey {
				clock = 0
			}
			if err := add(p, k, next(f, "x"), st, clock); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	open, err := AllUnsettled(b.db)
	if err != nil {
		t.Fatal(err)
	}
	got := open[b.log.Feed(k).No]
	if len(open) != 1 || !reflect.DeepEqual(got, &Unsettled{Loose: []uint64{2, 4, 5}, From: 6}) {
		t.Fatalf("%+v", got)
	}
}

// A database that is not one of a log is refused, not misread.
func TestMalformedRows(t *testing.T) {
	for name, q := range map[string]string{
		"short tag":  `INSERT INTO feed (no, tag, device, inc, len, head, hlc, lseq) VALUES (1, x'00', zeroblob(16), 1, 0, zeroblob(32), 0, 0)`,
		"short head": `INSERT INTO feed (no, tag, device, inc, len, head, hlc, lseq) VALUES (1, zeroblob(16), zeroblob(16), 1, 0, x'00', 0, 0)`,
		"no store":   `DELETE FROM meta WHERE key = 'store'`,
		"no table":   `DROP TABLE register`,
	} {
		b := open(t)
		if _, err := b.db.Exec(q); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(b.db); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
}

// Keys of rows hold feed and seq, up to the limits of both.
func TestRowKeys(t *testing.T) {
	for _, x := range []struct {
		no  int64
		seq uint64
	}{{1, 1}, {MaxFeeds, 1<<40 - 1}, {3, 0}} {
		if no, seq := SplitKey(Key(x.no, x.seq)); no != x.no || seq != x.seq || Key(x.no, x.seq) < 0 {
			t.Errorf("%d, %d become %d, %d", x.no, x.seq, no, seq)
		}
	}
}

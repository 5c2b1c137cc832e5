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

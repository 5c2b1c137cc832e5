package backup

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"testing"

	"tongzhou/backend/durable/durabletest"
)

// TestMain bounds the property tests to what a developer waits for; -rapid.checks says otherwise.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		_ = flag.Set("rapid.checks", "40")
	}
	durabletest.Main(m, backUpUntilKilled)
}

// backUpUntilKilled makes runs, and says all the time which was the last that is finished.
func backUpUntilKilled(path string) error {
	s, err := OpenPassphrase(Disk(path), passphrase)
	if err != nil {
		return err
	}
	before, err := s.Chain(0)
	if err != nil {
		return err
	}
	finished := uint64(0)
	if len(before.Runs) > 0 {
		finished = before.Last().No
	}
	d := newDevice(panics{})
	for {
		for n := range 7 {
			d.add(feedKey(n), 40, 200)
		}
		d.register(1)
		src := d.source()
		c, err := Take(context.Background(), s, src, func(Progress) { fmt.Println(finished) })
		if err != nil {
			return err
		}
		if err := s.Prune(c); err != nil {
			return err
		}
		finished = c.Last().No
		fmt.Println(finished)
	}
}

// panics is the failer of a process of its own.
type panics struct{}

func (panics) Helper()                      {}
func (panics) Fatal(args ...any)            { panic(fmt.Sprint(args...)) }
func (panics) Fatalf(f string, args ...any) { panic(fmt.Sprintf(f, args...)) }

// U1: the program is killed again and again while it backs up. What was finished is there, whole, and the next run goes on.
func TestU1KilledWhileBackingUp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	newSet(t, Disk(dir))
	var runs uint64
	for round := range 12 {
		said, err := strconv.ParseUint(durabletest.KillAfter(t, dir, 1+round*5), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		s, err := OpenPassphrase(Disk(dir), passphrase)
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.Chain(0)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if len(c.Runs) == 0 {
			if said > 0 {
				t.Fatalf("round %d: run %d is gone", round, said)
			}
			continue
		}
		if runs = c.Last().No; runs < said {
			t.Fatalf("round %d: run %d is the last, and run %d was finished", round, runs, said)
		}
		if err := s.Check(context.Background(), c, nil); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
	}
	if runs == 0 {
		t.Fatal("nothing was backed up")
	}
}

package simnet

import (
	"errors"
	"io"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// A packet arrives when it is delivered, in order, and not otherwise; the end comes after what was sent before it.
func TestDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := NewNet(NewStats())
		_, a, b := n.Connect(1, 2)
		for _, p := range []string{"one", "two"} {
			if _, err := a.Write([]byte(p)); err != nil {
				t.Fatal(err)
			}
		}
		_ = a.Close()
		got := make(chan string, 10)
		go func() {
			defer close(got)
			for {
				buf := make([]byte, 100)
				k, err := b.Read(buf)
				if err != nil {
					if !errors.Is(err, io.EOF) {
						t.Errorf("ended with %v", err)
					}
					return
				}
				got <- string(buf[:k])
			}
		}()
		synctest.Wait()
		if len(got) != 0 {
			t.Fatal("something arrived by itself")
		}
		for _, want := range []string{"one", "two"} {
			n.Deliver(n.Ways()[0])
			synctest.Wait()
			if x := <-got; x != want {
				t.Fatalf("%q arrived instead of %q", x, want)
			}
		}
		n.Deliver(n.Ways()[0])
		if _, more := <-got; more {
			t.Fatal("more arrived")
		}
	})
}

// A link that is cut tells both sides, or nobody; what was under way is lost, and what is held or parted waits.
func TestCutHoldAndSplit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := NewNet(NewStats())
		l, a, b := n.Connect(1, 2)
		_, _ = a.Write([]byte("x"))
		n.Split(map[NodeID]int{1: 1})
		if len(n.Ways()) != 0 || n.Reaches(1, 2) {
			t.Fatal("a partition lets something through")
		}
		n.Split(nil)
		l.Hold(1, time.Now().Add(time.Second))
		if len(n.Ways()) != 0 {
			t.Fatal("held, and to be delivered")
		}
		time.Sleep(time.Second)
		if len(n.Ways()) != 1 {
			t.Fatal("held for too long")
		}
		l.Cut(false)
		if _, err := b.Read(make([]byte, 1)); !errors.Is(err, ErrCut) {
			t.Fatalf("read after a cut: %v", err)
		}
		if _, err := a.Write([]byte("x")); !errors.Is(err, ErrCut) {
			t.Fatalf("write after a cut: %v", err)
		}
		l, a, b = n.Connect(1, 2)
		l.Cut(true)
		if _, err := a.Write([]byte("x")); err != nil {
			t.Fatalf("a silent cut tells: %v", err)
		}
		_ = b.SetReadDeadline(time.Now().Add(time.Second))
		if _, err := b.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("read after a silent cut: %v", err)
		}
		if len(n.Ways()) != 0 {
			t.Fatal("something is under way on links that are cut")
		}
	})
}

// What a malicious node sends arrives as it was altered; a dead one sends nothing more.
func TestTamperAndKill(t *testing.T) {
	n := NewNet(NewStats())
	l, a, b := n.Connect(1, 2)
	l.Tamper(1, func(p []byte) [][]byte { return [][]byte{p, p} })
	_, _ = a.Write([]byte("x"))
	n.Deliver(n.Ways()[0])
	buf := make([]byte, 10)
	if k, err := b.Read(buf); err != nil || string(buf[:k]) != "xx" {
		t.Fatalf("%q, %v", buf[:k], err)
	}
	_, _ = a.Write([]byte("y"))
	n.Kill(1)
	_, _ = a.Write([]byte("z"))
	if len(n.Ways()) != 0 {
		t.Fatal("the dead speak")
	}
}

// Equal seeds draw equal numbers, and traces tell runs apart.
func TestSourceAndTrace(t *testing.T) {
	draw := func(seed uint64) (out []int, hash string) {
		s, tr := NewSource(seed), NewTrace(2)
		for range 20 {
			k := s.Weighted(1, 0, 3) + 10*s.IntN(5)
			out = append(out, k)
			tr.Add("%d", k)
		}
		if len(tr.Last()) != 2 || tr.Len() != 20 || slices.Contains(out, 1) {
			t.Fatalf("%v %v", tr.Last(), out)
		}
		return out, tr.Hash()
	}
	a, x := draw(7)
	b, y := draw(7)
	c, z := draw(8)
	if !slices.Equal(a, b) || x != y || slices.Equal(a, c) || x == z {
		t.Fatalf("%v %v %v, %s %s %s", a, b, c, x, y, z)
	}
}

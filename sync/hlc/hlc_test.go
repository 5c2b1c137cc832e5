package hlc_test

import (
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tongzhou/sync/hlc"
)

// wall is a clock that a test turns by hand.
type wall struct {
	mu sync.Mutex
	at time.Time
}

func (w *wall) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *wall) turn(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

var start = time.Date(2026, 11, 10, 14, 3, 0, 120_000_000, time.UTC)

func TestTimeHasMillisecondsAndCounter(t *testing.T) {
	at := hlc.New(start.UnixMilli(), 3)
	if at.Millis() != start.UnixMilli() || at.Counter() != 3 || !at.Wall().Equal(start) {
		t.Errorf("New(…, 3) = %v", at)
	}
	if got, want := at.String(), "2026-11-10T14:03:00.120Z#3"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	if got, want := uint64(at), uint64(start.UnixMilli())<<16|3; got != want {
		t.Errorf("encoded as %#x, want %#x", got, want)
	}
}

func TestTimeStaysInRange(t *testing.T) {
	if got := hlc.New(-1, 5); got != hlc.New(0, 5) {
		t.Errorf("before 1970: %v", got)
	}
	if got := hlc.New(1<<60, 0xffff); got != hlc.Max {
		t.Errorf("far future: %v, want %v", got, hlc.Max)
	}
	if int64(hlc.Max) < 0 {
		t.Error("Max does not fit a signed database column")
	}
}

func TestTimeSortsByWallThenCounter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.Int64Range(0, 1<<47-1)
		counter := rapid.Uint16()
		m1, c1, m2, c2 := ms.Draw(t, "ms1"), counter.Draw(t, "c1"), ms.Draw(t, "ms2"), counter.Draw(t, "c2")
		a, b := hlc.New(m1, c1), hlc.New(m2, c2)
		if less := m1 < m2 || m1 == m2 && c1 < c2; less != (a < b) {
			t.Fatalf("%v < %v is %v", a, b, a < b)
		}
		if a.Millis() != m1 || a.Counter() != c1 {
			t.Fatalf("%d, %d became %v", m1, c1, a)
		}
	})
}

// The wall clock jumps back and forth, colleagues have clocks of their own: what Now returns rises
// strictly, is never behind the wall, and no Time from more than five minutes ahead moves it (R57: the
// order of a chat is never lost).
func TestClockRisesAndIsNotDraggedAhead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &wall{at: start}
		c := hlc.NewClock(w.now)
		var last hlc.Time            // the newest that Now returned
		limit := hlc.FromWall(start) // the most that Now may come to, less one per call
		jump := rapid.Int64Range(-2*3600_000, 2*3600_000)
		t.Repeat(map[string]func(*rapid.T){
			"turn": func(t *rapid.T) {
				w.turn(time.Duration(jump.Draw(t, "ms")) * time.Millisecond)
			},
			"now": func(t *rapid.T) {
				limit = max(limit+1, hlc.FromWall(w.now()))
				got := c.Now()
				if got <= last {
					t.Fatalf("Now() = %v after %v", got, last)
				}
				if got < hlc.FromWall(w.now()) {
					t.Fatalf("Now() = %v is behind the wall %v", got, w.now())
				}
				if got > limit {
					t.Fatalf("Now() = %v was dragged beyond %v", got, limit)
				}
				last = got
			},
			"observe": func(t *rapid.T) {
				at := hlc.New(w.now().UnixMilli()+jump.Draw(t, "ms"), rapid.Uint16().Draw(t, "counter"))
				ahead := at.Millis() > w.now().Add(hlc.MaxAhead).UnixMilli()
				if c.Ahead(at) != ahead || c.Observe(at) == ahead {
					t.Fatalf("%v at wall %v: Ahead %v, want %v; Observe must be the opposite", at, w.now(), c.Ahead(at), ahead)
				}
				if !ahead {
					last, limit = max(last, at), max(limit, at)
				}
			},
		})
	})
}

func TestClockAllowsExactlyFiveMinutes(t *testing.T) {
	w := &wall{at: start}
	c := hlc.NewClock(w.now)
	edge := hlc.New(start.Add(5*time.Minute).UnixMilli(), 0xffff)
	if c.Observe(edge + 1) {
		t.Error("merged a time one step beyond five minutes")
	}
	if got := c.Now(); got != hlc.FromWall(start) {
		t.Errorf("Now() = %v after a refused time, want %v", got, hlc.FromWall(start))
	}
	if !c.Observe(edge) {
		t.Error("refused a time just within five minutes")
	}
	if got := c.Now(); got != edge+1 {
		t.Errorf("Now() = %v, want %v", got, edge+1)
	}
}

func TestClockCarriesAFullCounter(t *testing.T) {
	w := &wall{at: start}
	c := hlc.NewClock(w.now)
	c.Observe(hlc.New(start.UnixMilli(), 0xffff))
	if got, want := c.Now(), hlc.New(start.UnixMilli()+1, 0); got != want {
		t.Errorf("Now() = %v, want %v", got, want)
	}
}

func TestClockIsSafeForConcurrentUse(t *testing.T) {
	w := &wall{at: start}
	c := hlc.NewClock(w.now)
	const workers, each = 8, 500
	times := make([][]hlc.Time, workers)
	var group sync.WaitGroup
	for i := range times {
		group.Go(func() {
			for k := range each {
				times[i] = append(times[i], c.Now())
				c.Observe(times[i][k] + 3)
				w.turn(time.Duration(k%3-1) * time.Millisecond)
			}
		})
	}
	group.Wait()
	seen := map[hlc.Time]bool{}
	for _, own := range times {
		for k, at := range own {
			if seen[at] || k > 0 && at <= own[k-1] {
				t.Fatalf("%v came twice or out of order", at)
			}
			seen[at] = true
		}
	}
}

func BenchmarkNow(b *testing.B) {
	c := hlc.NewClock(time.Now)
	for b.Loop() {
		c.Now()
	}
}

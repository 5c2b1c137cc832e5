package simnet

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"math/rand/v2"
	"time"
)

// Source is where a run takes its choices from. It belongs to one goroutine.
type Source struct {
	seed uint64
	rng  *rand.Rand
}

// NewSource begins a run.
func NewSource(seed uint64) *Source {
	return &Source{seed: seed, rng: rand.New(rand.NewPCG(seed, 0x74_6f_6e_67))}
}

// Seed is what the run is a function of.
func (s *Source) Seed() uint64 { return s.seed }

// IntN is a number in [0, n).
func (s *Source) IntN(n int) int { return s.rng.IntN(n) }

// Chance is true in so many of a hundred cases.
func (s *Source) Chance(percent int) bool { return s.rng.IntN(100) < percent }

// Between is a duration in [from, to), to the microsecond.
func (s *Source) Between(from, to time.Duration) time.Duration {
	return from + time.Duration(s.rng.Int64N(int64((to-from)/time.Microsecond)))*time.Microsecond
}

// Pick is one of a list that is not empty.
func Pick[E any](s *Source, from []E) E { return from[s.IntN(len(from))] }

// Weighted is the index of one of the weights, each as likely as it is heavy.
func (s *Source) Weighted(weights ...int) int {
	total := 0
	for _, w := range weights {
		total += w
	}
	n := s.IntN(total)
	for i, w := range weights {
		if n -= w; n < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// Trace is what happened in a run. It belongs to one goroutine.
type Trace struct {
	hash hash.Hash
	last []string
	keep int
	n    int
}

// NewTrace begins a trace that keeps its last lines, so many of them.
func NewTrace(keep int) *Trace { return &Trace{hash: sha256.New(), keep: keep} }

// Add adds a line.
func (t *Trace) Add(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	t.n++
	_, _ = fmt.Fprintln(t.hash, line)
	if t.keep == 0 {
		return
	}
	if len(t.last) >= 2*t.keep {
		t.last = append(t.last[:0], t.last[len(t.last)-t.keep:]...)
	}
	t.last = append(t.last, fmt.Sprintf("%d %s", t.n, line))
}

// Len is the number of lines.
func (t *Trace) Len() int { return t.n }

// Hash stands for all lines so far.
func (t *Trace) Hash() string { return hex.EncodeToString(t.hash.Sum(nil)[:8]) }

// Last are the last lines, as many as are kept.
func (t *Trace) Last() []string {
	if t.keep == 0 {
		return nil
	}
	return append([]string(nil), t.last[max(0, len(t.last)-t.keep):]...)
}

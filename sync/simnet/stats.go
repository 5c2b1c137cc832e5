package simnet

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Kind is a kind of fault or act that is counted.
type Kind string

// The faults of this package. Drivers add their own kinds.
const (
	FaultCut       Kind = "cut"        // a conversation ends, what was under way is lost, both sides are told
	FaultSilence   Kind = "silence"    // the same, and nobody is told
	FaultDelay     Kind = "delay"      // a direction carries nothing for a while
	FaultPartition Kind = "partition"  // nodes fall into groups that do not reach each other
	FaultDuplicate Kind = "duplicate"  // a second conversation of two nodes beside the first
	FaultReorder   Kind = "reorder"    // a packet is delivered before one that was sent earlier elsewhere
	FaultKilled    Kind = "killed"     // a node ends between two writes
	FaultBefore    Kind = "die before" // a node ends in a write, before the commit
	FaultAfter     Kind = "die after"  // a node ends in a write, after the commit and before anybody learns of it
	FaultFull      Kind = "disk full"  // a commit fails for lack of room
	FaultSkew      Kind = "clock skew" // a wall clock is set
	FaultTampered  Kind = "tampered"   // a packet is altered, replayed, withheld or invented by a malicious node
)

// Stats count faults and acts by kind. They are safe for concurrent use.
type Stats struct {
	mu sync.Mutex
	by map[Kind]int
}

// NewStats counts from nothing.
func NewStats() *Stats { return &Stats{by: map[Kind]int{}} }

// Add counts one.
func (s *Stats) Add(k Kind) { s.AddN(k, 1) }

// AddN counts n.
func (s *Stats) AddN(k Kind, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.by[k] += n
}

// Count is how many of a kind there were.
func (s *Stats) Count(k Kind) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.by[k]
}

// Counts are all that there were.
func (s *Stats) Counts() map[Kind]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.by)
}

// String lists the kinds by name.
func (s *Stats) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]string, 0, len(s.by))
	for _, k := range slices.Sorted(maps.Keys(s.by)) {
		out = append(out, fmt.Sprintf("%s %d", k, s.by[k]))
	}
	return strings.Join(out, ", ")
}

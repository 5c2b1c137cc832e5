package hlc

import (
	"sync"
	"time"
)

// MaxAhead is how far a Time may be in front of the wall clock before it is held back.
const MaxAhead = 5 * time.Minute

// Clock hands out Times for one replica. It is safe for concurrent use.
type Clock struct {
	now func() time.Time

	mu   sync.Mutex
	last Time // guarded by mu; the largest Time handed out or merged
}

// NewClock returns a clock over the given wall clock. After a restart, Observe the newest op of the
// device's own feeds: when that returns false, the device once wrote from the future and has to go on
// in a new incarnation.
func NewClock(now func() time.Time) *Clock { return &Clock{now: now} }

// Now returns a Time above every one it returned or merged before, and not behind the wall clock.
func (c *Clock) Now() Time {
	wall := FromWall(c.now())
	c.mu.Lock()
	defer c.mu.Unlock()
	// A full counter carries into the milliseconds, which keeps the order.
	c.last = max(wall, c.last+1)
	return c.last
}

// Observe merges a remote Time, so that the next Now is above it. It returns false and merges nothing
// when t is more than MaxAhead in front of the wall clock.
func (c *Clock) Observe(t Time) bool {
	if c.Ahead(t) {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = max(c.last, t)
	return true
}

// Ahead reports whether t is more than MaxAhead in front of the wall clock.
func (c *Clock) Ahead(t Time) bool {
	return t.Millis() > c.now().Add(MaxAhead).UnixMilli()
}

package simnet

import (
	"sync/atomic"
	"time"
)

// Clock is the wall clock of a node: that of the simulation, put off by some amount. It is safe for concurrent use.
type Clock struct {
	off atomic.Int64 // a time.Duration
}

// Now is what the node takes for the time.
func (c *Clock) Now() time.Time { return time.Now().Add(c.Off()) }

// Off is how far the clock is ahead.
func (c *Clock) Off() time.Duration { return time.Duration(c.off.Load()) }

// Set sets the clock so far ahead, or behind where it is negative.
func (c *Clock) Set(off time.Duration) { c.off.Store(int64(off)) }

package hlc

import (
	"fmt"
	"time"
)

const (
	counterBits = 16
	// The top bit stays clear: a Time sorts the same in a signed database column. Enough until the year 6429.
	maxMillis = 1<<47 - 1
)

// Time is 48 bits of milliseconds since the Unix epoch, then a 16-bit counter. The zero Time is before
// every other.
type Time uint64

// Max is the largest Time that exists. What a stranger sends may be above it and is refused then.
const Max = Time(maxMillis+1)<<counterBits - 1

// New builds a Time from milliseconds since the Unix epoch. Milliseconds out of range are clamped:
// a machine whose clock shows 1969 still has to be able to write.
func New(ms int64, counter uint16) Time {
	ms = min(max(ms, 0), maxMillis)
	return Time(ms)<<counterBits | Time(counter)
}

// FromWall is the first Time of t's millisecond.
func FromWall(t time.Time) Time { return New(t.UnixMilli(), 0) }

// Millis is the wall part in milliseconds since the Unix epoch.
func (t Time) Millis() int64 { return int64(t >> counterBits) }

// Counter tells apart Times of one millisecond.
func (t Time) Counter() uint16 { return uint16(t) }

// Wall is the wall part in UTC.
func (t Time) Wall() time.Time { return time.UnixMilli(t.Millis()).UTC() }

// String is for logs and failing tests, for instance "2026-11-10T14:03:00.120Z#3".
func (t Time) String() string {
	return fmt.Sprintf("%s#%d", t.Wall().Format("2006-01-02T15:04:05.000Z"), t.Counter())
}

package p2p

import "time"

const (
	redialFirst = 500 * time.Millisecond
	redialMax   = 60 * time.Second
	// steady is how long a conversation must have lasted for its end to be an
	// accident and not one more failure.
	steady = 30 * time.Second
)

// redial decides when the next attempt at one peer is due. It reads no clock.
// The zero value is due at once.
type redial struct {
	failures int
	last     time.Time // the latest attempt began
	next     time.Time // no attempt before
}

func (r *redial) due(now time.Time) bool { return !now.Before(r.next) }

func (r *redial) begin(now time.Time) { r.last = now }

// failed waits twice as long as before, up to redialMax, less up to half of it
// by jitter in [0,1): an office that comes back together must not dial in step.
func (r *redial) failed(now time.Time, jitter float64) {
	r.failures++
	wait := redialMax
	if r.failures < 8 { // 0.5 s << 7 is above redialMax
		wait = min(redialFirst<<(r.failures-1), redialMax)
	}
	r.next = now.Add(wait - time.Duration(jitter*float64(wait/2)))
}

// ended is called when a conversation of the given length is over.
func (r *redial) ended(now time.Time, length time.Duration, jitter float64) {
	if length >= steady {
		r.failures = 0
	}
	r.failed(now, jitter)
}

// hurry makes the next attempt due now: something has changed. Attempts still
// keep redialFirst apart, so that a caller in a loop does no harm.
func (r *redial) hurry(now time.Time) {
	r.failures = 0
	soonest := now
	if earliest := r.last.Add(redialFirst); !r.last.IsZero() && earliest.After(now) {
		soonest = earliest
	}
	if r.next.After(soonest) {
		r.next = soonest
	}
}

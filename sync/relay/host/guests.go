package host

import (
	"sync"
	"time"
)

// B15: a newcomer is on no roster, and must reach the member who invites from wherever both are. So somebody unknown may call a
// rostered device that has a reservation, and nothing more: not reserve, not be called. The device lets nobody in but while
// an invitation is open, and for minutes only. Here it is bounded how often that may be tried.
const (
	guestsAtOnce  = 64 // calls in a row, to all devices together
	guestsEvery   = time.Second
	guestsToOne   = 8 // and to one device
	guestsToEvery = 10 * time.Second
	maxGuestTable = 1024
)

// guests counts calls by strangers. The zero value is ready.
type guests struct {
	mu  sync.Mutex
	all bucket
	to  map[[32]byte]*bucket
}

// admit says whether one more stranger may call the device to.
func (g *guests) admit(now time.Time, to [32]byte) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	own := g.to[to]
	if own == nil {
		if g.to == nil {
			g.to = map[[32]byte]*bucket{}
		}
		g.forget(now)
		if len(g.to) >= maxGuestTable {
			return false
		}
		own = &bucket{}
		g.to[to] = own
	}
	return own.take(now, guestsToOne, guestsToEvery) && g.all.take(now, guestsAtOnce, guestsEvery)
}

// forget drops the devices that nobody called for so long that it makes no difference.
func (g *guests) forget(now time.Time) {
	for to, b := range g.to {
		if b.refill(now, guestsToEvery); b.used == 0 {
			delete(g.to, to)
		}
	}
}

// bucket is a token bucket; the zero value is full.
type bucket struct {
	used float64 // tokens taken and not yet refilled
	last time.Time
}

func (b *bucket) refill(now time.Time, every time.Duration) {
	if !b.last.IsZero() && now.After(b.last) {
		b.used = max(0, b.used-float64(now.Sub(b.last))/float64(every))
	}
	b.last = now
}

func (b *bucket) take(now time.Time, burst int, every time.Duration) bool {
	b.refill(now, every)
	if b.used+1 > float64(burst) {
		return false
	}
	b.used++
	return true
}

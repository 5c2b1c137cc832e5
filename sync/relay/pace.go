package relay

import (
	"sync"
	"time"
)

// pace holds how much each device has put lately. It refuses nothing: who is above the rate gets its window back later.
type pace struct {
	perSecond, burst float64

	mu sync.Mutex
	by map[deviceKey]bucket
}

// bucket is what a device may still put at a time.
type bucket struct {
	left float64
	at   time.Time
}

// maxBuckets bounds what is remembered of devices; full buckets are forgotten, which changes nothing.
const maxBuckets = 4096

func newPace(l Limits) *pace {
	return &pace{perSecond: float64(l.OpsPerSecond), burst: float64(l.OpsBurst), by: map[deviceKey]bucket{}}
}

// spend takes n ops of a device and returns when it is below its rate again; now if it is.
func (p *pace) spend(k deviceKey, n int, now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	b, ok := p.by[k]
	if !ok {
		p.forgetFull(now)
		b = bucket{p.burst, now}
	}
	b.left = min(p.burst, b.left+p.perSecond*max(0, now.Sub(b.at).Seconds())) - float64(n)
	b.at = now
	p.by[k] = b
	if b.left >= 0 {
		return now
	}
	return now.Add(time.Duration(-b.left / p.perSecond * float64(time.Second)))
}

func (p *pace) forgetFull(now time.Time) {
	if len(p.by) < maxBuckets {
		return
	}
	for k, b := range p.by {
		if b.left+p.perSecond*now.Sub(b.at).Seconds() >= p.burst {
			delete(p.by, k)
		}
	}
}

package p2p

import (
	"context"
	"time"
)

// changed makes OnChange due.
func (h *Host) changed() { signal(h.dirty) }

// changePause keeps a burst of changes from becoming a burst of calls.
const changePause = 50 * time.Millisecond

func (h *Host) changeLoop() {
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-h.dirty:
		}
		if h.cfg.OnChange != nil {
			h.cfg.OnChange()
		}
		if !pause(h.ctx, changePause) {
			return
		}
	}
}

// signal leaves a note in a channel of capacity one.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// pause waits; false: ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

package host

import (
	"testing"
	"time"
)

func TestCallsByStrangersAreFewToOneDeviceAndToAll(t *testing.T) {
	var g guests
	now := time.Unix(1_000_000, 0)
	calls := func(to byte, n int) (through int) {
		for range n {
			if g.admit(now, [32]byte{to}) {
				through++
			}
		}
		return through
	}
	if n := calls(1, 100); n != guestsToOne {
		t.Errorf("%d calls to one device", n)
	}
	all := guestsToOne
	for to := byte(2); to < 60; to++ {
		all += calls(to, 100)
	}
	if all != guestsAtOnce {
		t.Errorf("%d calls to all", all)
	}
	now = now.Add(guestsToEvery)
	if n := calls(1, 100); n != 1 {
		t.Errorf("%d calls after %v", n, guestsToEvery)
	}
	now = now.Add(time.Hour)
	calls(99, 1)
	if len(g.to) != 1 {
		t.Errorf("%d devices remembered after an hour", len(g.to))
	}
}

package apptest

import (
	"context"
	"crypto/sha256"
	"testing/synctest"
	"time"

	"tongzhou/sync/simnet"
)

// This file lets a simulation run.

// wait returns when nothing moves any more.
func (w *world) wait() {
	synctest.Wait()
	for w.net.Grant() {
		synctest.Wait()
	}
}

// sleep lets time go by.
func (w *world) sleep(d time.Duration) {
	const slice = 200 * time.Millisecond
	for ; d > slice; d -= slice {
		<-time.After(slice)
		w.wait()
	}
	<-time.After(d)
	w.wait()
}

// run does so many steps.
func (w *world) run(steps int) {
	for range steps {
		w.step()
		w.wait()
		w.bury()
		w.reap()
	}
}

func (w *world) step() {
	ways := w.net.Ways()
	deliver := 0
	if len(ways) > 0 {
		deliver = 70
	}
	switch w.src.Weighted(deliver, 14, 10, 8, 5, 6) {
	case 0:
		w.deliver(ways)
	case 1:
		w.act()
	case 2:
		w.pass()
	case 3:
		w.dialSomebody()
	case 4:
		w.fault()
	default:
		w.wakeSomebody()
	}
}

// deliver hands over one packet, mostly the oldest.
func (w *world) deliver(ways []simnet.Way) {
	oldest := simnet.Oldest(ways)
	way := oldest
	if w.src.Chance(40) {
		if way = simnet.Pick(w.src, ways); way != oldest {
			w.stats.Add(simnet.FaultReorder)
		}
	}
	w.hand(way)
}

func (w *world) hand(way simnet.Way) {
	w.sleep(w.src.Between(10*time.Microsecond, 400*time.Microsecond)) // so that timers of different nodes do not meet
	p := w.net.Deliver(way)
	sum := sha256.Sum256(p)
	w.stats.Add("deliveries")
	w.trace.Add("%d: %s → %s: %s, %d bytes %x", way.Link.No, w.nameOf(way.From), w.nameOf(way.To), describe(p), len(p), sum[:4])
	w.wait()
}

// pass lets time go by, in which nothing is delivered.
func (w *world) pass() {
	d := w.src.Between(time.Millisecond, 100*time.Millisecond)
	switch w.src.IntN(12) {
	case 0:
		d = w.src.Between(time.Second, 8*time.Second)
	case 1:
		w.calm(w.src.Between(time.Second, 10*time.Second))
		return
	case 2: // machines sleep
		w.jump += w.src.Between(time.Minute, 2*time.Hour)
		for _, n := range w.nodes {
			w.setClock(n)
		}
	}
	w.trace.Add("%s pass", d)
	w.sleep(d)
}

// calm lets time go by in which the network works.
func (w *world) calm(d time.Duration) {
	w.trace.Add("%s of calm", d)
	for end := time.Now().Add(d); time.Now().Before(end); {
		w.drain()
		w.sleep(w.src.Between(20*time.Millisecond, 200*time.Millisecond))
	}
	w.drain()
}

// drain delivers everything that can be, in the order in which it was sent.
func (w *world) drain() {
	w.wait()
	for range 20_000 {
		ways := w.net.Ways()
		if len(ways) == 0 {
			return
		}
		w.hand(simnet.Oldest(ways))
		w.bury()
	}
	w.fail("replicas talk without end")
}

func (w *world) dialSomebody() {
	a, b := simnet.Pick(w.src, w.nodes), simnet.Pick(w.src, w.nodes)
	if w.mayDial(a, b) && len(w.talking(a, b)) == 0 {
		w.trace.Add("%s dials %s", a.Name, b.Name)
		w.dial(a, b)
	}
}

func (w *world) wakeSomebody() {
	for _, n := range w.nodes {
		if n.dead && w.src.Chance(50) {
			w.trace.Add("%s starts", n.Name)
			w.start(n)
			return
		}
	}
}

// heal repairs everything: from here on all that was written has to reach everybody.
func (w *world) heal() {
	w.trace.Add("heal")
	w.unite()
	for _, n := range w.nodes {
		n.disk.Plan(0, "")
		n.disk.SetFull(nil)
		if n.lies != nil {
			w.reform(n)
		}
		n.skew = 0
	}
	w.bury()
	w.raise()
	for _, n := range w.nodes {
		if n.hurt {
			_, err := n.R.CheckChains(context.Background())
			if err == nil {
				w.fail("%s: a stored op was altered, and nobody notices", n.Name)
			}
			w.noticed(n)
		}
	}
	w.jump += 2 * time.Hour
	for _, n := range w.nodes {
		w.setClock(n)
	}
	for _, k := range w.talks {
		if k.link.Gone() { // the systems notice at last
			k.stop[0]()
			k.stop[1]()
		}
	}
	w.wait()
	w.reap()
}

// settle lets everything come to rest, or fails.
func (w *world) settle() {
	const rounds = 40
	quiet := 0
	for round := range rounds {
		w.reap()
		for i, a := range w.nodes {
			for _, b := range w.nodes[:i] {
				former := a.R.Former(b.Device()) || b.R.Former(a.Device())
				if w.mayDial(a, b) && len(w.talking(a, b)) == 0 && (!former || round%5 == 0) {
					w.dial(a, b)
				}
			}
		}
		w.drain()
		ctx := context.Background()
		for _, n := range w.nodes { // what the program does by itself within half a minute
			for _, err := range []error{n.R.JudgeHeld(ctx), n.R.TellCuts(ctx), n.R.Heal(ctx)} {
				if err != nil {
					w.fail("%s: %v", n.Name, err)
				}
			}
			w.wait()
		}
		w.drain()
		w.calm(w.src.Between(1500*time.Millisecond, 2500*time.Millisecond))
		if w.atRest() && round > 1 {
			if quiet++; quiet == 3 {
				w.trace.Add("at rest after %d rounds", round)
				return
			}
			continue
		}
		quiet = 0
	}
	w.fail("the replicas do not come to rest")
}

// atRest tells whether all that take each other for members say that they are in sync, and are.
func (w *world) atRest() bool {
	for i, a := range w.nodes {
		for _, b := range w.nodes[:i] {
			if a.Device() == b.Device() || !a.counts(b.Device()) || !b.counts(a.Device()) || a.R.Gone() || b.R.Gone() {
				continue
			}
			if !InSync(a.Member, b.Member) || a.R.SharedSum(b.Device()) != b.R.SharedSum(a.Device()) {
				return false
			}
		}
	}
	return true
}

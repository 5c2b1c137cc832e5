package apptest

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"testing"
	"testing/cryptotest"
	"testing/synctest"

	"tongzhou/sync/simnet"
)

// simSteps is how long a simulation goes on before everything is healed.
const simSteps = 220

// More seeds: go run ./build bench -sim 5000. One again, with all that happened: go test ./backend/apptest -run TestSimulation
// -sim.first 17 -sim.seeds 1 -sim.lines 100000.
var (
	simFirst  = flag.Uint64("sim.first", 1, "first seed of TestSimulation")
	simSeeds  = flag.Int("sim.seeds", 32, "seeds of TestSimulation")
	simLines  = flag.Int("sim.lines", 40, "lines of the trace that a simulation shows when it fails")
	simReport = flag.Bool("sim.report", false, "say what happened so that build/bench finds it")
)

// TestSimulation: whatever happens to people, programs, disks, clocks and networks, once it is over all see the same; see
// simcheck_test.go.
func TestSimulation(t *testing.T) {
	defer oneAtATime()()
	tmpl := newTemplate(t)
	stats := simnet.NewStats()
	for seed := *simFirst; seed < *simFirst+uint64(*simSeeds); seed++ {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			simulate(t, seed, tmpl, stats, *simLines)
		})
	}
	report(t, "seeds", stats, []simnet.Kind{
		simnet.FaultCut, simnet.FaultSilence, simnet.FaultDelay, simnet.FaultPartition, simnet.FaultDuplicate, simnet.FaultReorder,
		simnet.FaultKilled, simnet.FaultBefore, simnet.FaultAfter, simnet.FaultFull, simnet.FaultSkew, simnet.FaultTampered,
		faultRolledBack, faultCloned, faultBits, faultNewDisk, lieWithhold, lieReplay, lieAlter, lieLength, lieForge,
	})
}

// report says what happened, of the kinds that must happen also that they did not: a simulation without them shows nothing about
// them.
func report(t *testing.T, seeds simnet.Kind, stats *simnet.Stats, must []simnet.Kind) {
	t.Helper()
	if !*simReport {
		t.Logf("%s from %d: %s", seeds, *simFirst, stats)
		return
	}
	counts := stats.Counts()
	for _, k := range must {
		counts[k] += 0
	}
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		kind := k
		if k == "seeds" {
			kind = seeds
		}
		_, _ = fmt.Fprintf(os.Stdout, "simulated\t%s\t%d\n", kind, counts[k])
	}
}

// TestSimulationIsAFunctionOfItsSeed: the same seed gives the same packets in the same order, and another one others.
func TestSimulationIsAFunctionOfItsSeed(t *testing.T) {
	defer oneAtATime()()
	tmpl := newTemplate(t)
	hashes := map[string]uint64{}
	for seed := uint64(1); seed <= 8; seed++ {
		var was string
		for again := range 2 {
			t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
				hash := simulate(t, seed, tmpl, simnet.NewStats(), 0)
				if again > 0 && hash != was {
					t.Errorf("seed %d: %s, then %s", seed, was, hash)
				}
				was = hash
			})
		}
		if other, ok := hashes[was]; ok {
			t.Errorf("seeds %d and %d are one", seed, other)
		}
		hashes[was] = seed
	}
}

// oneAtATime makes one goroutine run at a time, so that the boxes of a key are sealed in one order.
func oneAtATime() func() {
	n := runtime.GOMAXPROCS(1)
	return func() { runtime.GOMAXPROCS(n) }
}

// simulate runs one seed and returns the hash of its trace.
func simulate(t *testing.T, seed uint64, tmpl *template, stats *simnet.Stats, lines int) (hash string) {
	cryptotest.SetGlobalRandom(t, seed)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, seed, tmpl, stats, lines)
		defer w.close()
		w.run(simSteps)
		w.heal()
		w.settle()
		w.check()
		hash = w.trace.Hash()
	})
	stats.Add("seeds")
	return hash
}

// close ends everything.
func (w *world) close() {
	w.net.Free()
	for _, k := range w.talks {
		k.stop[0]()
		k.stop[1]()
	}
	for _, k := range w.talks {
		k.done[0].Wait()
		k.done[1].Wait()
	}
}

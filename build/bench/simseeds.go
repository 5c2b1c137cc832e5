package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// simChunk is how many seeds one process runs. A simulation lets one goroutine run at a time, so that what happens follows from the
// seed: a machine with several processors runs several processes.
const simChunk = 40

// simTotal is what the processes of a run have said.
type simTotal struct {
	mu     sync.Mutex // guards what follows
	open   []uint64   // seeds that are known to fail
	counts map[string]int
	failed []uint64 // seeds
	broken int      // processes that ended without naming a seed
}

// simSeeds runs so many seeds of the simulation, from first on, and says what happened to them. open names those whose failure is
// known and not mended yet: they are said, and fail nothing.
func simSeeds(first uint64, seeds int, open string) error {
	known, err := parseSeeds(open)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "tongzhou-sim-")
	if err != nil {
		return fmt.Errorf("simulate: %w", err)
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "sim.test")
	build := exec.Command("go", "test", "-c", "-tags", "sqlite_fts5", "-o", program, "./backend/apptest")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("simulate: %w", err)
	}
	begin := time.Now()
	total := &simTotal{open: known, counts: map[string]int{}}
	chunks := make(chan [2]uint64)
	var workers sync.WaitGroup
	for range runtime.NumCPU() {
		workers.Go(func() {
			for c := range chunks {
				total.run(program, c[0], int(c[1]))
			}
		})
	}
	for done := 0; done < seeds; done += simChunk {
		chunks <- [2]uint64{first + uint64(done), uint64(min(simChunk, seeds-done))}
	}
	close(chunks)
	workers.Wait()
	return total.say(os.Stdout, time.Since(begin))
}

// parseSeeds reads seeds that commas separate.
func parseSeeds(text string) (seeds []uint64, err error) {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' }) {
		seed, err := strconv.ParseUint(word, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("simulate: seeds %q: %w", text, err)
		}
		seeds = append(seeds, seed)
	}
	return seeds, nil
}

// run lets one process run seeds.
func (s *simTotal) run(program string, first uint64, seeds int) {
	cmd := exec.Command(program, "-test.run", "^TestSimulation(WithRelay)?$", "-test.v", "-test.timeout", "0", "-sim.report",
		"-sim.first", strconv.FormatUint(first, 10), "-sim.seeds", strconv.Itoa(seeds))
	cmd.Dir = filepath.FromSlash("backend/apptest")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	s.mu.Lock()
	defer s.mu.Unlock()
	failed := s.read(&out, err != nil)
	if err != nil && !failed {
		s.broken++
		fmt.Printf("FAIL: a process with the seeds from %d on: %v\n", first, err)
	}
}

var simFailed = regexp.MustCompile(`^    --- FAIL: TestSimulation(WithRelay)?/seed=(\d+)`)

// read takes in what a process said, shows it if something failed, and tells whether a seed did. The caller holds mu.
func (s *simTotal) read(out io.Reader, show bool) (failed bool) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		line := lines.Text()
		if f := strings.Split(line, "\t"); len(f) == 3 && f[0] == "simulated" {
			if n, err := strconv.Atoi(f[2]); err == nil {
				s.counts[f[1]] += n
			}
			continue
		}
		if m := simFailed.FindStringSubmatch(line); m != nil {
			seed, _ := strconv.ParseUint(m[2], 10, 64)
			s.failed, failed = append(s.failed, seed), true
		}
		if show && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "    --- PASS") {
			fmt.Println(line)
		}
	}
	return failed
}

// say sums up, and is an error where a seed failed or something that must happen did not.
func (s *simTotal) say(out io.Writer, took time.Duration) error {
	var faults, missing []string
	for _, k := range slices.Sorted(maps.Keys(s.counts)) {
		switch {
		case s.counts[k] == 0:
			missing = append(missing, k)
		case !strings.HasPrefix(k, "act: ") && !strings.HasPrefix(k, "seeds"):
			faults = append(faults, fmt.Sprintf("%s %d", k, s.counts[k]))
		}
	}
	seeds := s.counts["seeds"] + s.counts["seeds with a relay"]
	fmt.Fprintf(out, "simulated: %d seeds and %d with a relay in %.0f s\n", s.counts["seeds"], s.counts["seeds with a relay"], took.Seconds())
	fmt.Fprintf(out, "simulated: %s\n", strings.Join(faults, ", "))
	slices.Sort(s.failed)
	failed := 0
	for _, seed := range slices.Compact(s.failed) {
		word := "FAIL"
		if slices.Contains(s.open, seed) {
			word = "open"
		} else {
			failed++
		}
		fmt.Fprintf(out, "%s: seed %d; again: go run ./build bench -sim 1 -first %d\n", word, seed, seed)
	}
	switch {
	case failed > 0 || s.broken > 0:
		return fmt.Errorf("simulate: %d seeds failed, %d processes broke", failed, s.broken)
	case len(missing) > 0 && seeds > 500: // a few seeds need not have met everything
		return fmt.Errorf("simulate: never happened: %s", strings.Join(missing, ", "))
	}
	return nil
}

package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
)

// Figure is one measured value. Ratio is value ÷ floor (for rates too), where rounds alternate with their floors the median of
// theirs; 0 where there is no floor.
type Figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Floor float64 `json:"floor"`
	Ratio float64 `json:"ratio"`
	N     int     `json:"n"` // samples or rounds behind the value
	Note  string  `json:"note"`
}

// run collects figures.
type run struct {
	rounds  int
	big     int // messages of the large database
	only    []string
	tmp     string
	plain   bool // members that start now do not encrypt their databases
	figures []Figure

	profiles string // folder for CPU profiles; "": none
	parts    int    // profiled so far
}

func (r *run) wants(names ...string) bool {
	if len(r.only) == 0 {
		return true
	}
	for _, n := range names {
		if slices.Contains(r.only, n) {
			return true
		}
	}
	return false
}

func (r *run) add(f Figure) {
	if f.Floor > 0 && f.Ratio == 0 {
		f.Ratio = f.Value / f.Floor
	}
	r.figures = append(r.figures, f)
	fmt.Printf("%-30s %12.3f %-8s floor %12.3f  ratio %7.2f  n %d  %s\n", f.Name, f.Value, f.Unit, f.Floor, f.Ratio, f.N, f.Note)
}

func main() {
	if os.Getenv(workerEnv) != "" {
		if dir := os.Getenv(profileEnv); dir != "" {
			defer profileTo(filepath.Join(dir, fmt.Sprintf("member-%d.pprof", os.Getpid())))()
		}
		serveWorker(os.Stdin, os.Stdout)
		return
	}
	only := flag.String("only", "", "comma-separated names of figures")
	out := flag.String("json", "", "write the figures to this file")
	rounds := flag.Int("rounds", 3, "rounds behind each median")
	big := flag.Int("big", 1_000_000, "messages of the large database")
	seeds := flag.Int("sim", 0, "only simulate replicas under faults, with so many seeds")
	openSeeds := flag.String("open", "", "seeds of -sim whose failure is known and not mended yet")
	firstSeed := flag.Uint64("first", 1, "first seed of -sim")
	profiles := flag.String("cpuprofile", "", "folder for CPU profiles of every member process, and of what is measured in this one")
	flag.Parse()
	if *profiles != "" {
		if err := os.Setenv(profileEnv, *profiles); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
	}
	if *seeds > 0 {
		if err := simSeeds(*firstSeed, *seeds, *openSeeds); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	r := &run{rounds: *rounds, big: *big, profiles: *profiles}
	if *only != "" {
		r.only = strings.Split(*only, ",")
	}
	if err := r.all(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	if *out != "" {
		b, err := json.MarshalIndent(map[string]any{"figures": r.figures}, "", "  ")
		if err == nil {
			err = os.WriteFile(*out, append(b, '\n'), 0o644)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
	}
}

func (r *run) all() error {
	tmp, err := os.MkdirTemp("", "tongzhou-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	r.tmp = tmp
	for _, part := range []struct {
		names []string
		run   func() error
	}{
		{[]string{"append_p99_ms"}, r.appendOne},
		{[]string{"live_p50_ms", "live_p99_ms", "burst_10k_msgs_s"}, r.live},
		{[]string{"cold_sync_100k_s", "cold_sync_100k_searchable_s", "rss_100k_mb", "catchup_100_of_100k_ms", "catchup_100_of_100k_bytes"}, r.coldSync},
		{[]string{"open_chat_1m_ms", "search_1m_p95_ms", "start_1m_ms"}, r.large},
		{[]string{"first_usable_s", "complete_s"}, r.newcomer},
		{[]string{"rotate_200_devices_ms"}, r.rotate},
		{[]string{"authority_eval_50k_ms", "authority_incr_ms"}, r.authority},
		{[]string{"members_200_converge_s"}, r.membersConverge},
		{[]string{"sync_1_change_in_100k_feeds_bytes"}, r.oneChange},
		{[]string{"unlock_ms"}, r.unlock},
		{[]string{"relay_store_ops_s", "relay_fetch_ops_s"}, r.relayFigures},
		{[]string{"relay_path_live_p50_ms"}, r.relayPath},
		{[]string{"week_offline_s"}, r.weekOffline},
		{[]string{"idle_bytes_per_peer_hour", "idle_cpu_percent"}, r.idle},
		{[]string{"rest_append_ratio"}, r.restAppend},
		{[]string{"rest_cold_sync_ratio"}, r.restColdSync},
		{[]string{"rest_search_ratio"}, r.restSearch},
	} {
		if !r.wants(part.names...) {
			continue
		}
		if err := part.run(); err != nil {
			return fmt.Errorf("%s: %w", part.names[0], err)
		}
	}
	return nil
}

func median(v []float64) float64 { return quantile(v, 0.5) }

func quantile(v []float64, q float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Clone(v)
	slices.Sort(s)
	return s[min(int(q*float64(len(s))), len(s)-1)]
}

// profileEnv names the folder for CPU profiles of workers.
const profileEnv = "TONGZHOU_BENCH_PROFILES"

// profileTo profiles this process into a file. The returned function ends it.
func profileTo(path string) func() {
	f, err := os.Create(path)
	if err == nil {
		err = pprof.StartCPUProfile(f)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench: no profile:", err)
		return func() {}
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close()
	}
}

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// appendOne: send → durable → in the sender's own query, against a bare commit of one row.
func (r *run) appendOne() error {
	t, err := r.withMate("append", 0)
	if err != nil {
		return err
	}
	defer t.close()
	var own, floor []float64
	for round := range r.rounds {
		s, err := t.a.do(request{Cmd: "send", Chat: t.chat, N: 1000, From: round * 1000})
		if err != nil {
			return err
		}
		f, err := r.commits(1000)
		if err != nil {
			return err
		}
		own, floor = append(own, quantile(s.Values, 0.99)), append(floor, quantile(f, 0.99))
	}
	r.add(Figure{Name: "append_p99_ms", Value: median(own), Unit: "ms", Floor: median(floor), N: 1000 * r.rounds, Note: "reach: ratio ≤ 3"})
	return nil
}

// live: two processes. One sends at an even pace, then in a burst.
func (r *run) live() error {
	var p50, p99, floor50, floor99, rate, floorRate []float64
	for round := range r.rounds {
		rtt, err := roundTrips(500)
		if err != nil {
			return err
		}
		f, err := r.commits(2000)
		if err != nil {
			return err
		}
		floor50 = append(floor50, median(rtt)+median(f))
		floor99 = append(floor99, quantile(rtt, 0.99)+quantile(f, 0.99))
		total := 0.0
		for _, ms := range f {
			total += ms
		}
		floorRate = append(floorRate, 1000*float64(len(f))/total)
		lags, perSecond, err := r.liveRound(fmt.Sprintf("live%d", round))
		if err != nil {
			return err
		}
		p50, p99, rate = append(p50, median(lags)), append(p99, quantile(lags, 0.99)), append(rate, perSecond)
	}
	r.add(Figure{Name: "live_p50_ms", Value: median(p50), Unit: "ms", Floor: median(floor50), N: r.rounds * 1000, Note: "reach: ≤ 3 ms; floor: round trip + commit"})
	r.add(Figure{Name: "live_p99_ms", Value: median(p99), Unit: "ms", Floor: median(floor99), N: r.rounds * 1000, Note: "reach: ≤ 30 ms"})
	r.add(Figure{Name: "burst_10k_msgs_s", Value: median(rate), Unit: "msgs/s", Floor: median(floorRate), N: r.rounds, Note: "reach: ratio ≥ 0.5"})
	return nil
}

func (r *run) liveRound(name string) (lags []float64, perSecond float64, err error) {
	t, err := r.two(name, 0)
	if err != nil {
		return nil, 0, err
	}
	defer t.close()
	if _, err := t.b.do(request{Cmd: "await", Chat: t.chat, N: 0}); err != nil {
		return nil, 0, err
	}
	if _, err := t.a.do(request{Cmd: "send", Chat: t.chat, N: 50}); err != nil { // warm
		return nil, 0, err
	}
	if _, err := t.b.do(request{Cmd: "await", Chat: t.chat, N: 50}); err != nil {
		return nil, 0, err
	}
	measure := func(q request) (sent, got reply, err error) {
		if _, err = t.b.do(request{Cmd: "watch", Chat: t.chat, N: q.N}); err != nil {
			return sent, got, err
		}
		if sent, err = t.a.do(q); err != nil {
			return sent, got, err
		}
		got, err = t.b.do(request{Cmd: "seen"})
		return sent, got, err
	}
	_, paced, err := measure(request{Cmd: "send", Chat: t.chat, N: 1000, From: 50, Gap: 5000})
	if err != nil {
		return nil, 0, err
	}
	sent, burst, err := measure(request{Cmd: "send", Chat: t.chat, N: 10_000, From: 1050})
	if err != nil {
		return nil, 0, err
	}
	return paced.Values, 10_000 / (float64(burst.N-sent.N) / 1e9), nil
}

// roundTrips measures a bare stream between two processes.
func roundTrips(n int) ([]float64, error) {
	a, err := spawn()
	if err != nil {
		return nil, err
	}
	defer a.close()
	b, err := spawn()
	if err != nil {
		return nil, err
	}
	defer b.close()
	ra, err := a.do(request{Cmd: "echo", Name: "server"})
	if err != nil {
		return nil, err
	}
	rb, err := b.do(request{Cmd: "echo"})
	if err != nil {
		return nil, err
	}
	aKey, aAddr, _ := strings.Cut(ra.Text, " ")
	bKey, bAddr, _ := strings.Cut(rb.Text, " ")
	if _, err := a.do(request{Cmd: "echo", Link: bKey, IDs: []string{bAddr}}); err != nil {
		return nil, err
	}
	if _, err := b.do(request{Cmd: "echo", Link: aKey, IDs: []string{aAddr}}); err != nil {
		return nil, err
	}
	out, err := b.do(request{Cmd: "ping", N: n})
	return out.Values, err
}

// coldSync: an empty device joins a team and is let into a group of 100,000 messages; then it misses 100 more.
func (r *run) coldSync() error {
	const n = 100_000
	first, err := r.withMate("cold", n)
	if err != nil {
		return err
	}
	defer first.close()
	a, aDir, group := first.a, first.aDir, first.chat
	if _, err := a.do(request{Cmd: "fill", Chat: group, N: n}); err != nil {
		return err
	}
	if _, err := a.do(request{Cmd: "searchable"}); err != nil { // its own indexing must not disturb
		return err
	}
	ops, err := rawOps(aDir, n)
	if err != nil {
		return err
	}
	var cold, searchable, floor, floorFTS, rss, late, lateBytes []float64
	for round := range r.rounds {
		f, err := r.inserts(ops, false)
		if err != nil {
			return err
		}
		ff, err := r.inserts(ops, true)
		if err != nil {
			return err
		}
		floor, floorFTS = append(floor, f), append(floorFTS, ff)
		t := &team{a: a, aDir: aDir, bDir: filepath.Join(r.tmp, fmt.Sprintf("cold-b%d", round)), chat: group}
		begin, err := t.joinB(0)
		if err != nil {
			return err
		}
		if _, err := a.do(request{Cmd: "add", Chat: group, IDs: []string{t.bUser}}); err != nil {
			return err
		}
		have, err := a.do(request{Cmd: "count", Chat: group})
		if err != nil {
			return err
		}
		done, err := t.b.do(request{Cmd: "await", Chat: group, N: int(have.N)})
		if err != nil {
			return err
		}
		cold = append(cold, float64(done.At-begin.UnixNano())/1e9)
		if done, err = t.b.do(request{Cmd: "searchable"}); err != nil {
			return err
		}
		searchable = append(searchable, float64(done.At-begin.UnixNano())/1e9)
		time.Sleep(5 * time.Second) // idle: what is measured is a member at rest
		mb, err := t.b.do(request{Cmd: "rss"})
		if err != nil {
			return err
		}
		rss = append(rss, mb.Values[0])
		ms, bytes, err := t.missed(int(have.N))
		if err != nil {
			return err
		}
		late, lateBytes = append(late, ms), append(lateBytes, bytes)
		t.b.close()
	}
	size := 0
	for _, o := range ops[:100] {
		size += len(o)
	}
	r.add(Figure{Name: "cold_sync_100k_s", Value: median(cold), Unit: "s", Floor: median(floor), N: r.rounds, Note: "reach: ratio ≤ 3; from the link to all messages projected"})
	r.add(Figure{Name: "cold_sync_100k_searchable_s", Value: median(searchable), Unit: "s", Floor: median(floorFTS), N: r.rounds, Note: "reach: ratio ≤ 3"})
	r.add(Figure{Name: "rss_100k_mb", Value: median(rss), Unit: "MB", N: r.rounds, Note: "reach: ≤ 150"})
	r.add(Figure{Name: "catchup_100_of_100k_ms", Value: median(late), Unit: "ms", N: r.rounds, Note: "reach: ≤ 100; from the connection to all visible; hypercore 178"})
	r.add(Figure{Name: "catchup_100_of_100k_bytes", Value: median(lateBytes), Unit: "bytes", Floor: float64(size), N: r.rounds, Note: "reach: ratio ≤ 1.5; all bytes received on the connection"})
	return nil
}

// missed lets b be away while a writes 100 messages, and measures how b catches up.
func (t *team) missed(have int) (ms, bytes float64, err error) {
	if _, err = t.b.do(request{Cmd: "stop"}); err != nil {
		return 0, 0, err
	}
	if _, err = t.a.do(request{Cmd: "fill", Chat: t.chat, N: 100, From: have}); err != nil {
		return 0, 0, err
	}
	if _, err = t.b.do(request{Cmd: "start", Data: t.bDir, Plain: t.plain}); err != nil {
		return 0, 0, err
	}
	done, err := t.b.do(request{Cmd: "await", Chat: t.chat, N: have + 100})
	if err != nil {
		return 0, 0, err
	}
	p, err := t.b.do(request{Cmd: "peer"})
	if err != nil {
		return 0, 0, err
	}
	return float64(done.At-p.N) / 1e6, p.Values[0], nil
}

// large: one member with a million messages in twenty chats.
func (r *run) large() error {
	first, err := r.withMate("large", r.big)
	if err != nil {
		return err
	}
	p, dir := first.a, first.aDir
	const chats = 20
	var ids []string
	for i := range chats {
		g, err := p.do(request{Cmd: "group", N: i, IDs: []string{first.bUser}})
		if err != nil {
			return err
		}
		ids = append(ids, g.Text)
		if _, err := p.do(request{Cmd: "fill", Chat: g.Text, N: r.big / chats, From: i * (r.big / chats)}); err != nil {
			return err
		}
	}
	if r.wants("search_1m_p95_ms") {
		fmt.Fprintln(os.Stderr, "bench: indexing …")
		if _, err := p.do(request{Cmd: "searchable"}); err != nil {
			return err
		}
	}
	rand.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	h, err := p.do(request{Cmd: "history", IDs: ids, N: 400})
	if err != nil {
		return err
	}
	r.add(Figure{Name: "open_chat_1m_ms", Value: quantile(h.Values, 0.95), Unit: "ms", N: len(h.Values), Note: fmt.Sprintf("reach: p95 ≤ 20; %d messages; p50 %.2f", r.big, median(h.Values))})
	if r.wants("search_1m_p95_ms") {
		s, err := p.do(request{Cmd: "search", IDs: ids, N: 400})
		if err != nil {
			return err
		}
		r.add(Figure{Name: "search_1m_p95_ms", Value: quantile(s.Values, 0.95), Unit: "ms", N: len(s.Values), Note: fmt.Sprintf("reach: ≤ 50; half of them in one chat; p50 %.2f", median(s.Values))})
	}
	p.close()
	var starts []float64
	for range max(r.rounds, 3) {
		begin := time.Now()
		q, err := spawn()
		if err != nil {
			return err
		}
		if _, err := q.do(request{Cmd: "start", Data: dir}); err != nil {
			return err
		}
		done, err := q.do(request{Cmd: "page"})
		if err != nil {
			return err
		}
		starts = append(starts, float64(done.At-begin.UnixNano())/1e6)
		q.close()
	}
	r.add(Figure{Name: "start_1m_ms", Value: median(starts), Unit: "ms", N: len(starts), Note: "reach: ≤ 1000; process start to the first page"})
	return nil
}

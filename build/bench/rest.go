package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// What encryption at rest costs: the same with and without, in turn, so that both have the same machine.

// bothWays measures with and without encryption, and adds the quotient as a figure.
func (r *run) bothWays(name, unit, note string, measure func(name string) (float64, error)) error {
	var sealed, plain []float64
	for round := range r.rounds {
		for _, way := range []struct {
			plain bool
			to    *[]float64
		}{{true, &plain}, {false, &sealed}} {
			r.plain = way.plain
			v, err := measure(fmt.Sprintf("%s-%d-%v", name, round, way.plain))
			r.plain = false
			if err != nil {
				return err
			}
			*way.to = append(*way.to, v)
		}
	}
	r.add(Figure{
		Name: name, Value: median(sealed) / median(plain), Unit: "×", N: r.rounds,
		Note: fmt.Sprintf("reach: ≤ 1.5; %s: %.3f %s encrypted, %.3f %s not", note, median(sealed), unit, median(plain), unit),
	})
	return nil
}

func (r *run) restAppend() error {
	return r.bothWays("rest_append_ratio", "ms", "median of sending a message", func(name string) (float64, error) {
		t, err := r.withMate(name, 0)
		if err != nil {
			return 0, err
		}
		defer t.close()
		if _, err := t.a.do(request{Cmd: "send", Chat: t.chat, N: 200}); err != nil { // warm
			return 0, err
		}
		s, err := t.a.do(request{Cmd: "send", Chat: t.chat, N: 2000, From: 200})
		return median(s.Values), err
	})
}

func (r *run) restColdSync() error {
	const n = 100_000
	return r.bothWays("rest_cold_sync_ratio", "s", "joining 100,000 messages", func(name string) (float64, error) {
		first, err := r.withMate(name, n)
		if err != nil {
			return 0, err
		}
		defer first.close()
		defer os.RemoveAll(first.aDir)
		for _, q := range []request{{Cmd: "fill", Chat: first.chat, N: n}, {Cmd: "searchable"}} {
			if _, err := first.a.do(q); err != nil {
				return 0, err
			}
		}
		t := &team{a: first.a, aDir: first.aDir, bDir: filepath.Join(r.tmp, name+"-c"), chat: first.chat, plain: r.plain}
		begin, err := t.joinB(0)
		if err != nil {
			return 0, err
		}
		defer t.b.close()
		defer os.RemoveAll(t.bDir)
		if _, err := t.a.do(request{Cmd: "add", Chat: t.chat, IDs: []string{t.bUser}}); err != nil {
			return 0, err
		}
		have, err := t.a.do(request{Cmd: "count", Chat: t.chat})
		if err != nil {
			return 0, err
		}
		done, err := t.b.do(request{Cmd: "await", Chat: t.chat, N: int(have.N)})
		return float64(done.At-begin.UnixNano()) / 1e9, err
	})
}

// restSearch fills two large databases, which takes long, so it does that once.
func (r *run) restSearch() error {
	rounds := r.rounds
	r.rounds = 1
	defer func() { r.rounds = rounds }()
	return r.bothWays("rest_search_ratio", "ms", fmt.Sprintf("p95 of searching %d messages", r.big), func(name string) (float64, error) {
		t, err := r.withMate(name, r.big)
		if err != nil {
			return 0, err
		}
		defer t.close()
		defer os.RemoveAll(t.aDir)
		const chats = 20
		var ids []string
		for i := range chats {
			g, err := t.a.do(request{Cmd: "group", N: i, IDs: []string{t.bUser}})
			if err != nil {
				return 0, err
			}
			ids = append(ids, g.Text)
			if _, err := t.a.do(request{Cmd: "fill", Chat: g.Text, N: r.big / chats, From: i * (r.big / chats)}); err != nil {
				return 0, err
			}
		}
		if _, err := t.a.do(request{Cmd: "searchable"}); err != nil {
			return 0, err
		}
		rand.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
		s, err := t.a.do(request{Cmd: "search", IDs: ids, N: 400})
		return quantile(s.Values, 0.95), err
	})
}

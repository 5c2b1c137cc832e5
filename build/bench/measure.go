package main

import (
	"fmt"
	"path/filepath"
	"runtime"
	"time"
)

// cost is what work took: time on the clock, processor time of all threads of this process, and what was allocated.
type cost struct {
	seconds, cpu, mb float64
}

// spend measures work. With -cpuprofile it also profiles it, into a file with its name.
func (r *run) spend(name string, work func() error) (cost, error) {
	stop := func() {}
	if r.profiles != "" {
		r.parts++
		stop = profileTo(filepath.Join(r.profiles, fmt.Sprintf("%s-%d.pprof", name, r.parts)))
	}
	var before, after runtime.MemStats
	runtime.GC() // what others left behind is not this work's
	runtime.ReadMemStats(&before)
	cpu, err := processorSeconds()
	if err != nil {
		return cost{}, err
	}
	begin := time.Now()
	if err = work(); err != nil {
		return cost{}, err
	}
	c := cost{seconds: time.Since(begin).Seconds()}
	if c.cpu, err = processorSeconds(); err != nil {
		return cost{}, err
	}
	c.cpu -= cpu
	stop()
	runtime.ReadMemStats(&after)
	c.mb = float64(after.TotalAlloc-before.TotalAlloc) / (1 << 20)
	return c, nil
}

// paired is work and its floor in short rounds that alternate: what disturbs one disturbs the other, so what holds on a machine
// with other work is the median of the rounds' ratios.
type paired struct {
	work, floor []cost
}

func (p *paired) add(work, floor cost) {
	p.work, p.floor = append(p.work, work), append(p.floor, floor)
}

// each is the median of what f makes of a round.
func (p *paired) each(f func(work, floor cost) float64) float64 {
	var v []float64
	for i := range p.work {
		v = append(v, f(p.work[i], p.floor[i]))
	}
	return median(v)
}

func (p *paired) costs() string {
	return fmt.Sprintf("processor time %.2f × the floor's: %.3f s and %.3f s; %.0f MB and %.0f MB allocated", p.each(func(w, f cost) float64 { return w.cpu / f.cpu }),
		p.each(func(w, _ cost) float64 { return w.cpu }), p.each(func(_, f cost) float64 { return f.cpu }),
		p.each(func(w, _ cost) float64 { return w.mb }), p.each(func(_, f cost) float64 { return f.mb }))
}

// rate is the figure of n things per second.
func (p *paired) rate(name, unit, note string, n float64) Figure {
	return Figure{
		Name: name, Unit: unit, N: len(p.work), Note: note + "; " + p.costs(),
		Value: p.each(func(w, _ cost) float64 { return n / w.seconds }), Floor: p.each(func(_, f cost) float64 { return n / f.seconds }),
		Ratio: p.each(func(w, f cost) float64 { return f.seconds / w.seconds }),
	}
}

// time is the figure of seconds.
func (p *paired) time(name, note string) Figure {
	return Figure{
		Name: name, Unit: "s", N: len(p.work), Note: note + "; " + p.costs(),
		Value: p.each(func(w, _ cost) float64 { return w.seconds }), Floor: p.each(func(_, f cost) float64 { return f.seconds }),
		Ratio: p.each(func(w, f cost) float64 { return w.seconds / f.seconds }),
	}
}

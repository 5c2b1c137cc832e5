package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// step is one thing that is checked. In each lane one step runs at a time: the first of the list that may begin. One that
// fails stops only those that need it.
type step struct {
	name  string
	lane  lane
	needs []string // have to have passed
	after []string // have to have ended, passed or not
	run   func(ctx context.Context, out io.Writer) error
	// closing picks the lines with which the test runner inside ended. They are repeated after everything else. May be nil.
	closing func(output string) []string
}

// lane is what a step keeps busy. There are few, which bounds the load.
type lane string

const (
	laneGo      lane = "go"      // the compiler and Go tests: side by side they would compile the same packages twice
	lanePage    lane = "page"    // the frontend's tools and its tests
	laneProcess lane = "process" // real processes, which mostly wait for each other
)

// stepLimit ends a step that hangs, long before a build machine would give up on the whole run.
const stepLimit = 25 * time.Minute

// errSkip says that a step cannot run on this system. It is shown, and it is not a failure.
type errSkip struct{ why string }

func (e errSkip) Error() string { return e.why }

type state string

const (
	passed  state = "ok"
	failed  state = "FAIL"
	skipped state = "skip" // cannot run on this system
	blocked state = "----" // what it needs has failed
)

type outcome struct {
	step  step
	state state // empty until it has ended
	began time.Duration
	took  time.Duration
	note  string
	lines []string
}

// runSteps runs every step, prints what each takes, and ends with a table and the runners' own closing lines.
func (t *tool) runSteps(ctx context.Context, steps []step) error {
	begin := time.Now()
	terminal := &shared{to: t.out}
	t = &tool{root: t.root, goos: t.goos, out: terminal}
	p := newPlan(steps)
	ended := make(chan outcome)
	for {
		for o := p.next(); o != nil && ctx.Err() == nil; o = p.next() {
			if o.state != "" {
				t.say("==> %s: not run, it %s", o.step.name, o.note)
				continue
			}
			t.say("==> %s", o.step.name)
			o.began = time.Since(begin)
			p.busy[o.step.lane] = true
			go func(o outcome) { ended <- t.runStep(ctx, o, terminal) }(*o)
		}
		if len(p.busy) == 0 {
			break
		}
		o := <-ended
		t.say("    %s %s %s %s", o.state, o.step.name, short(o.took), o.note)
		p.end(o)
	}
	done := p.ended()
	t.report(done, time.Since(begin))
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("stopped: %w", err)
	}
	var bad []string
	for _, o := range done {
		if o.state == failed || o.state == blocked {
			bad = append(bad, o.step.name)
		}
	}
	if len(bad) > 0 {
		return fmt.Errorf("failed: %s", strings.Join(bad, ", "))
	}
	if len(done) < len(steps) {
		return fmt.Errorf("only %d of %d steps could begin: the others wait for each other", len(done), len(steps))
	}
	return nil
}

// runStep runs a step and says how it ended.
func (t *tool) runStep(ctx context.Context, o outcome, terminal *shared) outcome {
	ctx, cancel := context.WithTimeout(ctx, stepLimit)
	defer cancel()
	out := &transcript{to: terminal, name: o.step.name}
	begin := time.Now()
	err := o.step.run(ctx, out)
	o.state, o.took = passed, time.Since(begin)
	seen := out.close()
	if o.step.closing != nil {
		o.lines = o.step.closing(seen)
	}
	if skip, ok := errors.AsType[errSkip](err); ok {
		o.state, o.note = skipped, skip.why
	} else if err != nil {
		o.state, o.note = failed, err.Error()
	}
	return o
}

func (t *tool) report(done []outcome, took time.Duration) {
	t.say("\n%d steps in %s", len(done), short(took))
	for _, o := range done {
		t.say("  %-4s %8s  from %6s  %s%s", o.state, short(o.took), short(o.began), o.step.name, after("  ", o.note))
	}
	for _, o := range done {
		if len(o.lines) == 0 {
			continue
		}
		t.say("\n%s:", o.step.name)
		for _, line := range o.lines {
			t.say("%s", line)
		}
	}
}

func after(gap, text string) string {
	if text == "" {
		return ""
	}
	return gap + text
}

func short(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
}

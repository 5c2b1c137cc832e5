package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// step is one thing that is checked. Steps run in order; one that fails stops only those that need it.
type step struct {
	name  string
	needs []string
	run   func(ctx context.Context, out io.Writer) error
	// closing picks the lines with which the test runner inside ended. They are repeated after everything else. May be nil.
	closing func(output string) []string
}

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
	state state
	took  time.Duration
	note  string
	lines []string
}

// runSteps runs every step, prints what each takes, and ends with a table and the runners' own closing lines.
func (t *tool) runSteps(ctx context.Context, steps []step) error {
	begin := time.Now()
	var done []outcome
	for _, s := range steps {
		if ctx.Err() != nil {
			break
		}
		done = append(done, t.runStep(ctx, s, done))
	}
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
	return nil
}

func (t *tool) runStep(ctx context.Context, s step, before []outcome) outcome {
	for _, o := range before {
		if slices.Contains(s.needs, o.step.name) && o.state != passed {
			t.say("==> %s: not run, it needs %q", s.name, o.step.name)
			next := outcome{step: s, state: blocked, note: "needs " + o.step.name}
			if o.state == skipped {
				next.state = skipped
			}
			return next
		}
	}
	t.say("==> %s", s.name)
	ctx, cancel := context.WithTimeout(ctx, stepLimit)
	defer cancel()
	var seen bytes.Buffer
	begin := time.Now()
	err := s.run(ctx, io.MultiWriter(t.out, &seen))
	o := outcome{step: s, state: passed, took: time.Since(begin)}
	if s.closing != nil {
		o.lines = s.closing(seen.String())
	}
	if skip, ok := errors.AsType[errSkip](err); ok {
		o.state, o.note = skipped, skip.why
	} else if err != nil {
		o.state, o.note = failed, err.Error()
	}
	t.say("    %s %s %s %s", o.state, s.name, short(o.took), o.note)
	return o
}

func (t *tool) report(done []outcome, took time.Duration) {
	t.say("\n%d steps in %s", len(done), short(took))
	for _, o := range done {
		t.say("  %-4s %8s  %s%s", o.state, short(o.took), o.step.name, after("  ", o.note))
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

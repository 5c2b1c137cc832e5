package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

func result(err error) func(context.Context, io.Writer) error {
	return func(context.Context, io.Writer) error { return err }
}

func TestAFailedStepStopsOnlyWhatNeedsIt(t *testing.T) {
	var ran []string
	mark := func(name string, err error) func(context.Context, io.Writer) error {
		return func(context.Context, io.Writer) error { ran = append(ran, name); return err }
	}
	var out bytes.Buffer
	tool := &tool{out: &out}
	err := tool.runSteps(context.Background(), []step{
		{name: "a", run: mark("a", errors.New("broken"))},
		{name: "b", needs: []string{"a"}, run: mark("b", nil)},
		{name: "c", needs: []string{"b"}, run: mark("c", nil)},
		{name: "d", run: mark("d", nil)},
	})
	if got, want := ran, []string{"a", "d"}; !slices.Equal(got, want) {
		t.Errorf("ran %v, want %v", got, want)
	}
	if err == nil || err.Error() != "failed: a, b, c" {
		t.Errorf("error %v names not all that failed or could not run", err)
	}
}

func TestASkippedStepIsShownAndIsNoFailure(t *testing.T) {
	var out bytes.Buffer
	tool := &tool{out: &out}
	err := tool.runSteps(context.Background(), []step{
		{name: "window", run: result(errSkip{"no Xvfb here"})},
		{name: "more", needs: []string{"window"}, run: result(errors.New("must not run"))},
	})
	if err != nil {
		t.Errorf("error %v", err)
	}
	if !strings.Contains(out.String(), "no Xvfb here") {
		t.Errorf("the reason is not shown in:\n%s", out.String())
	}
}

func TestClosingLinesComeLast(t *testing.T) {
	var out bytes.Buffer
	tool := &tool{out: &out}
	err := tool.runSteps(context.Background(), []step{
		{name: "go tests", closing: goClosing, run: func(_ context.Context, out io.Writer) error {
			_, err := io.WriteString(out, "=== RUN x\nok  \ttongzhou/sync/op\t0.1s\n?   \ttongzhou\t[no test files]\n")
			return err
		}},
		{name: "other", run: result(nil)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(out.String(), "\ngo tests:\nok  \ttongzhou/sync/op\t0.1s\n") {
		t.Errorf("ends with:\n%s", out.String())
	}
}

func TestClosingLinesOfEachRunner(t *testing.T) {
	cases := []struct {
		name   string
		pick   func(string) []string
		output string
		want   []string
	}{
		{
			"go", goClosing, "--- FAIL: TestX (0.0s)\n    x_test.go:1: no\nFAIL\nFAIL\tpkg\t0.1s\nok  \tother\t(cached)\n",
			[]string{"--- FAIL: TestX (0.0s)", "FAIL\tpkg\t0.1s", "ok  \tother\t(cached)"},
		},
		{
			"vitest", vitestClosing, " ✓ src/a.test.ts\n\n Test Files  2 passed (2)\n      Tests  9 passed (9)\n   Start at  10:00:00\n   Duration  1.2s\n",
			[]string{" Test Files  2 passed (2)", "      Tests  9 passed (9)", "   Duration  1.2s"},
		},
		{
			"node", nodeClosing, "✔ found (1ms)\nℹ tests 1\nℹ suites 0\nℹ pass 1\nℹ fail 0\n",
			[]string{"ℹ tests 1", "ℹ pass 1", "ℹ fail 0"},
		},
	}
	for _, c := range cases {
		if got := c.pick(c.output); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

package main

import (
	"context"
	"os"
)

// bench hands everything to the benchmark program. The headless binary is built first, because some figures are taken
// from real processes.
func (t *tool) bench(ctx context.Context, args []string) error {
	if err := t.compile(ctx, t.out, t.headless()); err != nil {
		return err
	}
	line := append([]string{"run", "-tags", headlessTags, "./build/bench"}, args...)
	cmd := t.command(ctx, os.Stdout, "go", line...)
	cmd.Stderr = os.Stderr
	cmd.Env = append(os.Environ(), "TONGZHOU_BIN="+t.headless().output)
	return become(cmd)
}

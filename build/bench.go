package main

import (
	"context"
	"os"
)

// bench hands everything to the benchmark program.
func (t *tool) bench(ctx context.Context, args []string) error {
	if err := t.buildCipher(ctx, os.Stderr, t.here()); err != nil {
		return err
	}
	line := append([]string{"run", "-tags", headlessTags, "./build/bench"}, args...)
	cmd := t.command(ctx, os.Stdout, "go", line...)
	cmd.Stderr = os.Stderr
	return become(cmd)
}

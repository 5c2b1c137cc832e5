package main

import (
	"context"
	"io"

	"tongzhou/build/smoke"
)

// window looks at the real window under a display of its own.
func (t *tool) window(ctx context.Context, out io.Writer) error {
	return smoke.Run(ctx, smoke.Options{Binary: t.desktop().output, Keep: t.path("out", "window"), Out: out})
}

package main

import (
	"context"
	"io"

	nettest "tongzhou/build/net"
)

// network plays the stories on machines of their own. Where none can be made it is skipped, or fails if it was asked for.
func (t *tool) network(ctx context.Context, out io.Writer, asked bool) error {
	if err := nettest.Possible(); err != nil {
		if asked {
			return err
		}
		return errSkip{err.Error()}
	}
	return nettest.Run(ctx, nettest.Options{Binary: t.headless().output, Keep: t.path("out", "net"), Out: out})
}

//go:build !linux

package main

import (
	"context"
	"errors"
	"io"
)

func (t *tool) network(_ context.Context, _ io.Writer, asked bool) error {
	const why = "network namespaces are on Linux only"
	if asked {
		return errors.New(why)
	}
	return errSkip{why}
}

//go:build !linux

package main

import (
	"context"
	"io"
)

func (t *tool) window(context.Context, io.Writer) error {
	return errSkip{"Xvfb and WebKitWebDriver are on Linux only"}
}

//go:build !windows

package command

import "context"

// asService runs a command; only Windows has services that are more than programs in the background.
func asService(ctx context.Context, run func(context.Context) error) error { return run(ctx) }

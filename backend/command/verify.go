package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"tongzhou/backend/fault"
)

// verifyCommand recomputes everything shown from the ops and compares, or verifies an exported audit file by itself.
type verifyCommand struct {
	dataFlag
	Audit string `help:"${audit}" placeholder:"FILE"`
}

func (v *verifyCommand) Run(ctx context.Context, c *call) (err error) {
	ctx, stop := untilSignal(ctx)
	defer stop()
	if v.Audit != "" {
		return c.verifyAudit(v.Audit)
	}
	if err := c.fit(); err != nil {
		return err
	}
	dir, err := v.dir(c.Environment)
	if err != nil {
		return err
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap("data.missing", err, "dir", dir)
	}
	release, err := hold(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	if err := c.Verify(ctx, dir, c.Stdout); err != nil {
		return fmt.Errorf("verify %s: %w", dir, err)
	}
	return nil
}

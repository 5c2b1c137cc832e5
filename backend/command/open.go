package command

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"tongzhou/backend/desktop"
	"tongzhou/backend/web"
)

// openCommand opens the window. It is what happens without a command.
type openCommand struct{ appFlags }

func (o *openCommand) Run(ctx context.Context, c *call) error {
	err := c.CanOpen(c.Getenv)
	switch {
	case errors.Is(err, desktop.ErrNotBuilt):
		fmt.Fprintln(c.Stderr, c.words.say("open.not_built", nil))
	case errors.Is(err, desktop.ErrNoDisplay):
		fmt.Fprintln(c.Stderr, c.words.say("open.no_display", nil))
	case err != nil:
		return err
	}
	if err != nil {
		serve := serveCommand{appFlags: o.appFlags, Listen: anyPort}
		return serve.Run(ctx, c)
	}
	// Signals are the window's from here on: it must close before the app does.
	app, err := o.make(c)
	if err != nil {
		return err
	}
	fingerprint := sha256.Sum256([]byte(app.DataDir()))
	return c.Open(desktop.Options{
		App:      app,
		Frontend: web.Frontend(c.Frontend),
		Instance: hex.EncodeToString(fingerprint[:8]),
		Hold:     func() (func() error, error) { return createAndHold(app.DataDir()) },
		Explain:  c.words.explain,
		Log:      c.log,
	})
}

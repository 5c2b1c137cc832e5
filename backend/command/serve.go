package command

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"tongzhou/backend/web"
)

const (
	// anyPort lets the system choose a free port.
	anyPort = "127.0.0.1:0"
	// closeTimeout is how long running calls may take to finish after a signal.
	closeTimeout = 10 * time.Second
)

// serveCommand offers the interface to a browser.
type serveCommand struct {
	appFlags
	Listen string `help:"${listen}" placeholder:"127.0.0.1:PORT" default:"127.0.0.1:0"`
}

func (s *serveCommand) Run(ctx context.Context, c *call) (err error) {
	ctx, stop := untilSignal(ctx)
	defer stop()
	app, err := s.make(c)
	if err != nil {
		return err
	}
	release, err := createAndHold(app.DataDir())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	// Before the app: a port that is taken should cost nothing.
	listener, err := web.Listen(s.Listen)
	if err != nil {
		return err
	}
	server, err := newServer(c, app, listener)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	err = start(ctx, app, func() error {
		fmt.Fprintf(c.Stdout, "%s\n%s\n", c.words.say("serve.ready", nil), server.Address())
		return serveUntil(ctx, server)
	})
	// Serving closed it already, unless the app did not start.
	if closing := listener.Close(); closing != nil && !errors.Is(closing, net.ErrClosed) {
		err = errors.Join(err, closing)
	}
	return err
}

func newServer(c *call, app App, listener net.Listener) (*web.Server, error) {
	token, err := web.NewToken(rand.Reader)
	if err != nil {
		return nil, err
	}
	return web.New(listener, web.Options{
		Bound:    app.Bound(),
		Events:   app.Bus(),
		Frontend: web.Frontend(c.Frontend),
		Token:    token,
		Now:      time.Now,
		Log:      c.log,
	})
}

// start runs serve between the start and the close of the app. The end of ctx abandons the start and is then no error; once
// started, the app's own context outlives ctx, so that closing can still write.
func start(ctx context.Context, app App, serve func() error) error {
	appCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	keep := context.AfterFunc(ctx, cancel)
	err := app.Start(appCtx)
	switch {
	case err == nil:
		keep()
		err = serve()
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		err = nil
	default:
		err = fmt.Errorf("start the app: %w", err)
	}
	if closing := app.Close(); closing != nil {
		err = errors.Join(err, fmt.Errorf("close the app: %w", closing))
	}
	return err
}

// serveUntil serves until ctx ends or serving fails.
func serveUntil(ctx context.Context, server *web.Server) error {
	served := make(chan error, 1)
	go func() { served <- server.Serve() }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	return errors.Join(server.Close(limit), <-served)
}

// untilSignal returns a context that ends at the first SIGINT or SIGTERM; from then on a signal ends the process at once.
func untilSignal(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(parent, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

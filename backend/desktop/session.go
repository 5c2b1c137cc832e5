package desktop

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// screen is what a session does to the window. Its methods may be called from any goroutine.
type screen interface {
	Emit(topic string, payload any)
	// Alert shows a message and returns when the person has read it.
	Alert(text string)
	Quit()
}

// session is one life of the window: startup, then shutdown. The window's toolkit calls the two from different goroutines, and
// shutdown may come while startup is still at work.
type session struct {
	options Options
	ctx     context.Context // of the app
	cancel  context.CancelFunc

	settled chan struct{} // closed when starting has succeeded or failed
	// Written before settled is closed, read after.
	failure error          // why starting failed
	undo    []func() error // in the order of startup
}

func newSession(o Options) *session {
	s := &session{options: o, settled: make(chan struct{})}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// startup is called once, before or while the page loads.
func (s *session) startup(window screen) {
	cause := s.start(window)
	if cause != nil {
		// Nothing is left open while the message shows, for however long that is.
		undoing := s.unwind()
		if s.ctx.Err() != nil && errors.Is(cause, context.Canceled) {
			cause = nil // the window closed early, as somebody wished
		}
		s.failure = errors.Join(cause, undoing)
	}
	close(s.settled)
	if cause == nil {
		return
	}
	s.options.Log.Error("start", "err", cause)
	// After settled: closing the window while the message shows must not wait for the message.
	window.Alert(s.options.Explain(cause))
	window.Quit()
}

func (s *session) start(window screen) error {
	release, err := s.options.Hold()
	if err != nil {
		return err
	}
	s.undo = append(s.undo, release)
	// Before Start, so that the page misses nothing.
	unsubscribe := s.options.App.Bus().Subscribe(window.Emit)
	s.undo = append(s.undo, s.options.App.Close, func() error { unsubscribe(); return nil })
	if err := s.options.App.Start(s.ctx); err != nil {
		return fmt.Errorf("start the app: %w", err)
	}
	return nil
}

// shutdown is called once, after the window has closed, and returns when nothing runs any more. The error is why the window
// closed, if not by the person's wish, and what went wrong in closing.
func (s *session) shutdown() error {
	select {
	case <-s.settled:
	default:
		s.cancel() // the window closed before the app was ready
		<-s.settled
	}
	defer s.cancel()
	return errors.Join(s.failure, s.unwind())
}

// unwind undoes what start did, the last first.
func (s *session) unwind() error {
	var errs []error
	for i := len(s.undo) - 1; i >= 0; i-- {
		errs = append(errs, s.undo[i]())
	}
	s.undo = nil
	return errors.Join(errs...)
}

// page serves the frontend once the app has started; until then the window waits.
func (s *session) page() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-s.settled:
		case <-r.Context().Done():
			return
		}
		if s.failure != nil {
			w.WriteHeader(http.StatusServiceUnavailable) // the message says the rest
			return
		}
		s.options.Frontend.ServeHTTP(w, r)
	})
}

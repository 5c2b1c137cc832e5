package desktop

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"tongzhou/backend/event"
)

// diary records what happened, in order.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) note(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
}

func (d *diary) expect(t *testing.T, want ...string) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if !slices.Equal(d.lines, want) {
		t.Errorf("what happened: %q, want %q", d.lines, want)
	}
}

type fakeApp struct {
	*diary
	bus   *event.Bus
	start func(context.Context) error
}

func (a *fakeApp) Bound() []any                    { return nil }
func (a *fakeApp) Bus() *event.Bus                 { return a.bus }
func (a *fakeApp) Start(ctx context.Context) error { a.note("start"); return a.start(ctx) }
func (a *fakeApp) Close() error                    { a.note("close"); return nil }

type fakeScreen struct {
	*diary
	emitted chan string
	read    chan struct{} // if not nil, Alert waits for it
}

func (s *fakeScreen) Emit(topic string, _ any) { s.emitted <- topic }
func (s *fakeScreen) Alert(text string) {
	s.note("alert " + text)
	if s.read != nil {
		<-s.read
	}
}
func (s *fakeScreen) Quit() { s.note("quit") }

func newFakes(start func(context.Context) error) (*session, *fakeApp, *fakeScreen) {
	d := &diary{}
	app := &fakeApp{d, event.NewBus(0), start}
	s := newSession(Options{
		App:      app,
		Frontend: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { d.note("page") }),
		Hold: func() (func() error, error) {
			d.note("hold")
			return func() error { d.note("release"); return nil }, nil
		},
		Explain: func(err error) string { return "explained" },
		Log:     slog.New(slog.DiscardHandler),
	})
	return s, app, &fakeScreen{diary: d, emitted: make(chan string, 1)}
}

func TestSessionStartsAndStopsInOrder(t *testing.T) {
	s, app, screen := newFakes(func(context.Context) error { return nil })
	s.startup(screen)
	app.bus.Publish("state", nil)
	if topic := <-screen.emitted; topic != "state" {
		t.Errorf("the window received %q", topic)
	}
	s.page().ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	if s.ctx.Err() != nil {
		t.Error("the app's context ended while it runs")
	}
	if err := s.shutdown(); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	app.expect(t, "hold", "start", "page", "close", "release")
	if s.ctx.Err() == nil {
		t.Error("the app's context outlives it")
	}
}

func TestSessionForwardsWhatIsPublishedWhileStarting(t *testing.T) {
	var app *fakeApp
	s, app, screen := newFakes(func(context.Context) error { app.bus.Publish("early", nil); return nil })
	s.startup(screen)
	if topic := <-screen.emitted; topic != "early" {
		t.Errorf("the window received %q", topic)
	}
	if err := s.shutdown(); err != nil {
		t.Error(err)
	}
}

func TestSessionTellsWhyItDidNotStart(t *testing.T) {
	broken := errors.New("database is malformed")
	s, app, screen := newFakes(func(context.Context) error { return broken })
	s.startup(screen)
	answer := httptest.NewRecorder()
	s.page().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
	if answer.Code != http.StatusServiceUnavailable {
		t.Errorf("page of an app that did not start: %d", answer.Code)
	}
	if err := s.shutdown(); !errors.Is(err, broken) {
		t.Errorf("shutdown: %v, want the cause", err)
	}
	app.expect(t, "hold", "start", "close", "release", "alert explained", "quit")
}

func TestSessionWithoutTheDataDirectoryTouchesNothing(t *testing.T) {
	taken := errors.New("another program has it")
	s, app, screen := newFakes(nil)
	s.options.Hold = func() (func() error, error) { return nil, taken }
	s.startup(screen)
	if err := s.shutdown(); !errors.Is(err, taken) {
		t.Errorf("shutdown: %v", err)
	}
	app.expect(t, "alert explained", "quit")
}

func TestSessionClosedWhileTheMessageShows(t *testing.T) {
	s, _, screen := newFakes(func(context.Context) error { return errors.New("no") })
	screen.read = make(chan struct{})
	done := make(chan struct{})
	go func() { s.startup(screen); close(done) }()
	<-s.settled
	if err := s.shutdown(); err == nil {
		t.Error("the cause is lost")
	}
	close(screen.read)
	<-done
}

func TestSessionClosedWhileStarting(t *testing.T) {
	entered := make(chan struct{})
	s, app, screen := newFakes(func(ctx context.Context) error { close(entered); <-ctx.Done(); return ctx.Err() })
	done := make(chan struct{})
	go func() { s.startup(screen); close(done) }()
	<-entered
	if err := s.shutdown(); err != nil {
		t.Errorf("closing early is no failure: %v", err)
	}
	<-done
	app.expect(t, "hold", "start", "close", "release")
}

func TestPageWaitsForTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		goOn := make(chan struct{})
		s, app, screen := newFakes(func(context.Context) error { <-goOn; return nil })
		go s.page().ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
		go s.startup(screen)
		synctest.Wait()
		app.expect(t, "hold", "start")
		close(goOn)
		synctest.Wait()
		app.expect(t, "hold", "start", "page")
		if err := s.shutdown(); err != nil {
			t.Error(err)
		}
	})
}

type good struct{}

func (*good) Send(string, []string, *struct{}) error { return nil }

type takesContext struct{}

func (*takesContext) Send(context.Context, string) error { return nil }

type takesFunction struct{}

func (*takesFunction) Send(func()) error { return nil }

func TestCheckBindable(t *testing.T) {
	if err := checkBindable([]any{&good{}}); err != nil {
		t.Error(err)
	}
	for _, bad := range []any{&takesContext{}, &takesFunction{}} {
		if checkBindable([]any{&good{}, bad}) == nil {
			t.Errorf("%T passes", bad)
		}
	}
}

func TestRunWithoutAWindow(t *testing.T) {
	if Built {
		t.Skip("built with a window")
	}
	if err := Run(Options{}); !errors.Is(err, ErrNotBuilt) {
		t.Errorf("Run: %v", err)
	}
	if err := Available(func(string) string { return ":0" }); !errors.Is(err, ErrNotBuilt) {
		t.Errorf("Available: %v", err)
	}
}

func TestHasDisplay(t *testing.T) {
	for _, c := range []struct {
		goos, variable string
		want           bool
	}{
		{"linux", "", false},
		{"linux", "DISPLAY", true},
		{"linux", "WAYLAND_DISPLAY", true},
		{"freebsd", "", false},
		{"windows", "", true},
		{"darwin", "", true},
	} {
		getenv := func(name string) string {
			if name == c.variable {
				return "x"
			}
			return ""
		}
		if got := hasDisplay(c.goos, getenv); got != c.want {
			t.Errorf("%s with %q: %v", c.goos, c.variable, got)
		}
	}
}

package web

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"tongzhou/backend/fault"
)

// API is bound under the name of this package, "web".
type API struct {
	mu       sync.Mutex
	greeted  []string
	waiting  chan struct{} // closed when Wait runs
	canceled chan struct{} // closed when its context ends
}

type greeting struct {
	Name  string   `json:"name"`
	Times int      `json:"times"`
	Tags  []string `json:"tags"`
}

func (a *API) Greet(g greeting, loud bool) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.greeted = append(a.greeted, g.Name)
	if loud {
		return "你好，" + g.Name + "！", nil
	}
	return "你好，" + g.Name, nil
}
func (a *API) Nothing()                                            {}
func (a *API) Plain() int                                          { return 7 }
func (a *API) Optional(g *greeting) bool                           { return g == nil }
func (a *API) WithContext(ctx context.Context, n int) (int, error) { return n + 1, ctx.Err() }
func (a *API) Refuse() error                                       { return fault.New("chat.too_long", "max", "4000") }

func (a *API) RefuseDeep() (int, error) {
	return 1, errors.Join(errors.New("store: constraint"), fault.New("org.taken"))
}
func (a *API) Break() error           { return errors.New("disk secret") }
func (a *API) Panic() (string, error) { panic("boom") }
func (a *API) Endless() (any, error)  { return func() {}, nil }

// hidden must not be callable; the variable is its use.
func (a *API) hidden() string { return "hidden" }

var _ = (*API).hidden

func (a *API) Wait(ctx context.Context) error {
	close(a.waiting)
	<-ctx.Done()
	close(a.canceled)
	return ctx.Err()
}

// bus is a source of events that tests publish to.
type bus struct {
	mu          sync.Mutex
	subscribers map[*func(string, any)]struct{}
	changed     chan int // receives the number of subscribers after each change
}

func newBus() *bus {
	return &bus{subscribers: map[*func(string, any)]struct{}{}, changed: make(chan int, 16)}
}

func (b *bus) Subscribe(fn func(string, any)) func() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.subscribers[&fn] = struct{}{}
	b.changed <- len(b.subscribers)
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.subscribers, &fn)
		b.changed <- len(b.subscribers)
	}
}

func (b *bus) publish(topic string, payload any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for fn := range b.subscribers {
		(*fn)(topic, payload)
	}
}

// bridge is a running server and what tests look at.
type bridge struct {
	*Server
	api   *API
	bus   *bus
	token string
	host  string
	log   *syncBuffer
}

type syncBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func startBridge(t *testing.T) *bridge {
	t.Helper()
	listener, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	token, err := NewToken(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b := &bridge{
		api:   &API{waiting: make(chan struct{}), canceled: make(chan struct{})},
		bus:   newBus(),
		token: string(token),
		host:  listener.Addr().String(),
		log:   &syncBuffer{},
	}
	b.Server, err = New(listener, Options{
		Bound:    []any{b.api},
		Events:   b.bus,
		Frontend: Frontend(fstest.MapFS{"index.html": {Data: []byte("<!doctype html><title>t</title>")}}),
		Token:    token,
		Now:      time.Now,
		Log:      slog.New(slog.NewTextHandler(b.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- b.Serve() }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := b.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return b
}

// request builds one as the bridge's own page would send it.
func (b *bridge) request(t *testing.T, verb, path, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), verb, "http://"+b.host+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+b.token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", "http://"+b.host)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

func send(t *testing.T, r *http.Request) (status int, body string, header http.Header) {
	t.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(data), answer.Header
}

func TestListenRefusesWhatOthersCanReach(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "example.com:0", "127.0.0.1.example.com:0", "localhost.:0"} {
		listener, err := Listen(address)
		if !errors.Is(err, ErrNotLoopback) {
			t.Errorf("Listen(%q) = %v, want ErrNotLoopback", address, err)
		}
		if listener != nil {
			_ = listener.Close()
		}
	}
	if _, err := Listen("127.0.0.1"); err == nil {
		t.Error("Listen without a port succeeded")
	}
	for _, address := range []string{"127.0.0.1:0", "localhost:0", "127.9.9.9:0"} {
		listener, err := Listen(address)
		if err != nil {
			t.Errorf("Listen(%q): %v", address, err)
			continue
		}
		if _, err := Listen(listener.Addr().String()); fault.Code(err) != "web.listen" {
			t.Errorf("Listen on a port in use: %v", err)
		}
		_ = listener.Close()
	}
}

// reachable pretends to be a listener on all interfaces.
type reachable struct{ net.Listener }

func (reachable) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4zero, Port: 80} }

func TestNewRefuses(t *testing.T) {
	loopback, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer loopback.Close()
	good := Options{Events: newBus(), Frontend: http.NotFoundHandler(), Token: "t", Now: time.Now, Log: slog.New(slog.DiscardHandler)}

	if _, err := New(reachable{loopback}, good); !errors.Is(err, ErrNotLoopback) {
		t.Errorf("listener on all interfaces: %v, want ErrNotLoopback", err)
	}
	noToken := good
	noToken.Token = ""
	if _, err := New(loopback, noToken); err == nil {
		t.Error("a server without a token was made")
	}
	for name, bound := range map[string][]any{
		"struct by value": {API{}},
		"nil pointer":     {(*API)(nil)},
		"same package":    {&API{}, &bridge{}},
		"variadic":        {&variadic{}},
		"two values":      {&twoValues{}},
	} {
		o := good
		o.Bound = bound
		if _, err := New(loopback, o); err == nil {
			t.Errorf("%s: bound without an error", name)
		}
	}
}

type variadic struct{}

func (*variadic) Many(...int) {}

type twoValues struct{}

func (*twoValues) Two() (int, int) { return 1, 2 }

func TestTokenIs256BitsAndFresh(t *testing.T) {
	first, err := NewToken(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	second, err := NewToken(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if first == second || len(first) != 43 { // 32 bytes in base64
		t.Errorf("tokens %q and %q", first, second)
	}
	if _, err := NewToken(strings.NewReader("short")); err == nil {
		t.Error("a token was made from too little randomness")
	}
}

func TestCloseBeforeServe(t *testing.T) {
	listener, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, err := New(listener, Options{Events: newBus(), Frontend: http.NotFoundHandler(), Token: "t", Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := listener.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the listener stayed open: %v", err)
	}
	if err := server.Serve(); err != nil {
		t.Errorf("serve after close: %v", err)
	}
}

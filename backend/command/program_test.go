package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"tongzhou/backend/desktop"
	"tongzhou/backend/event"
)

// API is what the fake app binds, under the package name "command".
type API struct{}

func (*API) Double(n int) (int, error) { return 2 * n, nil }

// fakeApp records what happens to it.
type fakeApp struct {
	options Options
	bus     *event.Bus
	onStart func(ctx context.Context) error

	mu    sync.Mutex
	ctx   context.Context
	calls []string
}

func (a *fakeApp) Bound() []any    { return []any{&API{}} }
func (a *fakeApp) Bus() *event.Bus { return a.bus }
func (a *fakeApp) DataDir() string { return a.options.Data }

func (a *fakeApp) Start(ctx context.Context) error {
	a.mu.Lock()
	a.ctx = ctx
	a.calls = append(a.calls, "start")
	a.mu.Unlock()
	if a.onStart != nil {
		return a.onStart(ctx)
	}
	return nil
}

func (a *fakeApp) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ctx.Err() != nil {
		a.calls = append(a.calls, "close after its context")
		return nil
	}
	a.calls = append(a.calls, "close")
	return nil
}

func (a *fakeApp) did() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return strings.Join(a.calls, ", ")
}

// stage is a program with fakes and the environment it runs in.
type stage struct {
	Program
	Environment
	app            *fakeApp
	stdout, stderr *bytes.Buffer
	opened         []desktop.Options
}

func newStage(t *testing.T, env map[string]string) *stage {
	t.Helper()
	config := t.TempDir()
	s := &stage{app: &fakeApp{bus: event.NewBus(0)}, stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}}
	s.Program = Program{
		Frontend: fstest.MapFS{".gitkeep": {}},
		New: func(o Options) (App, error) {
			s.app.options = o
			return s.app, nil
		},
		Doctor:  func(context.Context, string) []Check { return nil },
		Verify:  func(context.Context, string, io.Writer) error { return nil },
		CanOpen: func(func(string) string) error { return nil },
		Open: func(o desktop.Options) error {
			s.opened = append(s.opened, o)
			return nil
		},
	}
	if env == nil {
		env = map[string]string{"LANG": "en_US.UTF-8"}
	}
	s.Environment = Environment{
		Stdout: s.stdout, Stderr: s.stderr,
		Getenv:    func(name string) string { return env[name] },
		ConfigDir: func() (string, error) { return config, nil },
	}
	return s
}

func (s *stage) run(ctx context.Context, args ...string) int {
	s.Args = args
	return s.Run(ctx, s.Environment)
}

// serving runs a command until its address is printed, and returns it and what ends the command.
func (s *stage) serving(t *testing.T, args ...string) (address string, end func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	s.Stdout = io.MultiWriter(s.stdout, writer)
	exit := make(chan int, 1)
	go func() {
		code := s.run(ctx, args...)
		_ = writer.Close()
		exit <- code
	}()
	var text []byte
	for buffer := make([]byte, 1024); ; {
		n, err := reader.Read(buffer)
		text = append(text, buffer[:n]...)
		if match := regexp.MustCompile(`(http://\S+)\n`).FindSubmatch(text); match != nil {
			address = string(match[1])
			break
		}
		if err != nil {
			cancel()
			t.Fatalf("no address in %q; stderr %s", text, s.stderr)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	return address, func() int { cancel(); return <-exit }
}

func TestServe(t *testing.T) {
	s := newStage(t, nil)
	dir := filepath.Join(t.TempDir(), "new", "data")
	address, end := s.serving(t, "serve", "--data", dir, "--p2p-port", "4001", "--no-mdns",
		"--p2p-listen", "/ip4/127.0.0.1/tcp/0", "--p2p-listen", "/dns4/a,b/udp/0/quic-v1")

	base, token, ok := strings.Cut(address, "/#token=")
	if !ok || !strings.HasPrefix(base, "http://127.0.0.1:") {
		t.Fatalf("address %s", address)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/api/command/Double", strings.NewReader("[21]"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err != nil || string(body) != "42" {
		t.Errorf("answer %d %s, %v", answer.StatusCode, body, err)
	}
	if page, err := http.Get(base + "/"); err != nil || page.StatusCode != 200 {
		t.Errorf("page: %v %v", page, err)
	} else {
		_ = page.Body.Close()
	}

	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("data directory %v, %v; want it private", info, err)
	}
	want := Options{Data: dir, P2PPort: 4001, P2PListen: []string{"/ip4/127.0.0.1/tcp/0", "/dns4/a,b/udp/0/quic-v1"}, NoMDNS: true}
	got := s.app.options
	got.Log = nil
	if a, b := mustJSON(t, got), mustJSON(t, want); a != b {
		t.Errorf("options %s, want %s", a, b)
	}

	if second := newStage(t, nil); second.run(t.Context(), "serve", "--data", dir) != exitFail ||
		!strings.Contains(second.stderr.String(), "in use by another Tongzhou") || second.app.did() != "" {
		t.Errorf("a second program on the same data: %s, app %q", second.stderr, second.app.did())
	}

	if code := end(); code != exitOK {
		t.Errorf("exit %d: %s", code, s.stderr)
	}
	if s.app.did() != "start, close" {
		t.Errorf("the app did %q", s.app.did())
	}
	if _, err := http.Get(base + "/"); err == nil {
		t.Error("the port is still open")
	}
	again := newStage(t, nil)
	_, end = again.serving(t, "serve", "--data", dir)
	if code := end(); code != exitOK {
		t.Errorf("the directory was not given back: %s", again.stderr)
	}
}

func mustJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestServeRefusesOtherMachines(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":8080", "192.0.2.1:0"} {
		s := newStage(t, nil)
		if code := s.run(t.Context(), "serve", "--listen", address); code != exitFail {
			t.Errorf("%s: exit %d", address, code)
		}
		if !strings.Contains(s.stderr.String(), "Refusing to listen on "+address) || s.app.did() != "" {
			t.Errorf("%s: %s, app %q", address, s.stderr, s.app.did())
		}
	}
}

func TestServeWhenTheAppDoesNotStart(t *testing.T) {
	s := newStage(t, nil)
	s.app.onStart = func(context.Context) error { return errors.New("database is malformed") }
	if code := s.run(t.Context(), "serve"); code != exitFail || !strings.Contains(s.stderr.String(), "start the app: database is malformed") {
		t.Errorf("exit %d: %s", code, s.stderr)
	}
	if s.app.did() != "start, close" {
		t.Errorf("the app did %q", s.app.did())
	}
	if s.stdout.Len() > 0 {
		t.Errorf("an address of nothing: %s", s.stdout)
	}
}

func TestSignalWhileStarting(t *testing.T) {
	s := newStage(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	s.app.onStart = func(ctx context.Context) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	}
	if code := s.run(ctx, "serve"); code != exitOK || s.app.did() != "start, close after its context" {
		t.Errorf("exit %d, the app did %q: %s", code, s.app.did(), s.stderr)
	}
}

func TestOpen(t *testing.T) {
	s := newStage(t, nil)
	if code := s.run(t.Context(), "--p2p-port", "4001"); code != exitOK || len(s.opened) != 1 {
		t.Fatalf("exit %d, %d windows: %s", code, len(s.opened), s.stderr)
	}
	config, _ := s.ConfigDir()
	if want := filepath.Join(config, "Tongzhou"); s.app.options.Data != want || s.app.options.P2PPort != 4001 {
		t.Errorf("options %+v, want data in %s", s.app.options, want)
	}
	if entries, _ := os.ReadDir(config); len(entries) > 0 || s.app.did() != "" {
		t.Errorf("something happened before the window opened: %v, %s", entries, s.app.did())
	}
	window := s.opened[0]
	release, err := window.Hold()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := window.Hold(); err == nil || !strings.Contains(window.Explain(err), "in use by another") {
		t.Errorf("held twice: %v", err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}

	other := newStage(t, nil)
	if other.run(t.Context(), "--data", t.TempDir()); other.opened[0].Instance == window.Instance || window.Instance == "" {
		t.Error("two data directories are one instance")
	}
}

func TestOpenServesWhereNoWindowCanOpen(t *testing.T) {
	for _, c := range []struct {
		why  error
		says string
	}{
		{desktop.ErrNotBuilt, "built without the desktop tag"},
		{desktop.ErrNoDisplay, "no display here"},
	} {
		s := newStage(t, nil)
		s.CanOpen = func(func(string) string) error { return c.why }
		address, end := s.serving(t)
		if code := end(); code != exitOK || !strings.Contains(s.stderr.String(), c.says) || address == "" || len(s.opened) > 0 {
			t.Errorf("%v: exit %d, address %s, said %s", c.why, code, address, s.stderr)
		}
	}
}

func TestWrongUsage(t *testing.T) {
	for _, args := range [][]string{{"sevre"}, {"serve", "--port", "1"}, {"serve", "--p2p-port", "70000"}, {"serve", "--p2p-port", "-1"}, {"version", "now"}} {
		s := newStage(t, nil)
		if code := s.run(t.Context(), args...); code != exitUsage || !strings.Contains(s.stderr.String(), "--help") {
			t.Errorf("%v: exit %d: %s", args, code, s.stderr)
		}
		if len(s.opened) > 0 || s.app.did() != "" {
			t.Errorf("%v did something", args)
		}
	}
}

func TestHelpSpeaksTheLanguage(t *testing.T) {
	for language, want := range map[string]string{"zh_CN.UTF-8": "数据目录", "en_GB.UTF-8": "Data directory"} {
		s := newStage(t, map[string]string{"LANG": language})
		if code := s.run(t.Context(), "serve", "--help"); code != exitOK || !strings.Contains(s.stdout.String(), want) {
			t.Errorf("%s: exit %d: %s%s", language, code, s.stdout, s.stderr)
		}
		if strings.Contains(s.stdout.String(), "${") || len(s.opened) > 0 || s.app.did() != "" {
			t.Errorf("%s: %s", language, s.stdout)
		}
	}
}

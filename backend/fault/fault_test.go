package fault_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"tongzhou/backend/fault"
)

func TestErrorIsJSONWithoutCause(t *testing.T) {
	cause := errors.New("open /home/someone/secret")
	err := fault.Wrap("chat.too_long", cause, "max", 4000)
	if got, want := err.Error(), `{"code":"chat.too_long","params":{"max":"4000"}}`; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	if !errors.Is(err, cause) {
		t.Fatal("the cause is lost")
	}
	if got, want := fault.New("x.y").Error(), `{"code":"x.y","params":{}}`; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
}

func TestCodeAndTextSeeThroughWrapping(t *testing.T) {
	inner := fault.New("org.no_such_member", "id", "abc")
	wrapped := fmt.Errorf("save profile: %w", inner)
	if got := fault.Code(wrapped); got != "org.no_such_member" {
		t.Fatalf("code %q", got)
	}
	if got, want := fault.Text(wrapped), inner.Error(); got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	outer := fault.Wrap("join.failed", wrapped)
	if got := fault.Code(outer); got != "join.failed" {
		t.Fatalf("code %q, want that of the outermost fault", got)
	}
}

func TestEverythingElseIsInternal(t *testing.T) {
	err := errors.New("disk I/O error in /var/lib/x")
	if got := fault.Code(err); got != fault.Internal {
		t.Fatalf("code %q", got)
	}
	if got, want := fault.Text(err), `{"code":"internal","params":{}}`; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	if fault.Code(nil) != "" || fault.Wrap("a.b", nil) != nil {
		t.Fatal("nil is not an error")
	}
}

func TestParamsAreACopy(t *testing.T) {
	err := fault.New("a.b", "k", "v")
	fault.Params(err)["k"] = "changed"
	if got := fault.Params(err)["k"]; got != "v" {
		t.Fatalf("got %q", got)
	}
}

func TestLogShowsTheCause(t *testing.T) {
	var buf bytes.Buffer
	slog.New(slog.NewTextHandler(&buf, nil)).Error("send", "err", fault.Wrap("chat.closed", errors.New("log is read-only")))
	if got := buf.String(); !strings.Contains(got, "err.code=chat.closed") || !strings.Contains(got, "log is read-only") {
		t.Fatalf("log line %q", got)
	}
}

// oddParameters keeps the mistake from the checkers, which find it too.
func oddParameters() []any { return []any{"k"} }

func TestOddParametersPanic(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Fatal("a parameter without value went unnoticed")
		}
	}()
	_ = fault.New("a.b", oddParameters()...)
}

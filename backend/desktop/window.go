package desktop

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"tongzhou/backend/event"
)

var (
	// ErrNotBuilt is returned by Run and Available in a program that was compiled without the desktop tag.
	ErrNotBuilt = errors.New("built without a desktop window")
	// ErrNoDisplay is returned by Available where no window can open, for example over SSH.
	ErrNoDisplay = errors.New("no display")
)

// Title is the name on the window.
const Title = "同舟"

// App is what the window shows.
type App interface {
	// Bound returns pointers to the structs whose exported methods the page may call. It is called before Start.
	Bound() []any
	Bus() *event.Bus
	// Start returns when the bound structs can answer. ctx lives until Close returned; it ends earlier only to abandon Start.
	Start(ctx context.Context) error
	// Close is called once after Start, also if Start failed.
	Close() error
}

// Options is what Run needs. All fields are required.
type Options struct {
	App      App
	Frontend http.Handler // the page; it may assume that the app has started
	Instance string       // identifies the data directory among the programs of this person
	// Hold takes the data directory for this process alone and returns what gives it back.
	Hold func() (release func() error, err error)
	// Explain says in the person's language why starting failed.
	Explain func(error) string
	Log     *slog.Logger
}

package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"

	"github.com/alecthomas/kong"

	"tongzhou/backend/desktop"
	"tongzhou/backend/event"
)

// App is the app as the command line runs it. Making one touches nothing; Start does.
type App interface {
	// Bound returns pointers to the structs whose exported methods the interface may call. It is called before Start.
	Bound() []any
	Bus() *event.Bus
	// Start returns when the bound structs can answer. ctx lives until Close returned; it ends earlier only to abandon Start.
	Start(ctx context.Context) error
	// Close is called once after Start, also if Start failed.
	Close() error
	DataDir() string
}

// Options is what the command line decides about the app.
type Options struct {
	Data      string   // absolute
	P2PPort   int      // 0: the app chooses
	P2PListen []string // multiaddrs, instead of all interfaces
	NoMDNS    bool
	Log       *slog.Logger
}

// Check is one answer of the doctor.
type Check struct {
	Name   string            `json:"name"`  // "cipher", "keychain", "mdns", "ports", "webview", "disk", "clock"
	State  string            `json:"state"` // "ok", "warn", "fail"
	Code   string            `json:"code"`  // what was found; messages/ has a sentence and a remedy for each
	Params map[string]string `json:"params,omitempty"`
}

// States of a check. A warning is something the app can do without.
const (
	StateOK   = "ok"
	StateWarn = "warn"
	StateFail = "fail"
)

// Program is what the command line can do. All fields are required.
type Program struct {
	Frontend fs.FS // the root holds index.html, or nothing if the interface is not built
	New      func(Options) (App, error)
	Doctor   func(ctx context.Context, dataDir string) []Check
	Verify   func(ctx context.Context, dataDir string, out io.Writer) error
	Backup   func(ctx context.Context, dataDir string, in Backup, progress Progress) (Outcome, error)
	Restore  func(ctx context.Context, dataDir string, in Restore, progress Progress) (Outcome, error)
	Fit      func() error // why this program may not touch data; nil: it may
	// CanOpen and Open are desktop.Available and desktop.Run.
	CanOpen func(getenv func(string) string) error
	Open    func(desktop.Options) error
}

// Environment is what surrounds the process.
type Environment struct {
	Args           []string // without the program's name
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	ConfigDir      func() (string, error) // os.UserConfigDir
}

// Exit codes.
const (
	exitOK    = 0
	exitFail  = 1
	exitUsage = 2
)

// errReported is returned by commands that have already said on standard output what is wrong.
var errReported = errors.New("reported")

// Run does what the arguments say and returns the exit code. ctx ends the command like SIGTERM does.
func (p Program) Run(ctx context.Context, e Environment) int {
	words, err := loadWords(languageOf(e.Getenv))
	if err != nil {
		fmt.Fprintln(e.Stderr, err)
		return exitFail
	}
	var asked grammar
	exit := -1
	parser, err := kong.New(&asked,
		kong.Name("tongzhou"),
		kong.Description(words.say("help.description", nil)),
		kong.Vars(words.help()),
		kong.Writers(e.Stdout, e.Stderr),
		kong.Exit(func(code int) { exit = code }),
	)
	if err != nil {
		fmt.Fprintln(e.Stderr, err)
		return exitFail
	}
	chosen, err := parser.Parse(e.Args)
	if exit >= 0 { // help was asked for and printed
		return exit
	}
	if err != nil {
		fmt.Fprintf(e.Stderr, "tongzhou: %s\n%s\n", err, words.say("usage", nil))
		return exitUsage
	}
	c := call{p, e, words, slog.New(slog.NewTextHandler(e.Stderr, &slog.HandlerOptions{Level: asked.level()}))}
	chosen.BindTo(ctx, (*context.Context)(nil))
	switch err := chosen.Run(&c); {
	case err == nil:
		return exitOK
	case errors.Is(err, errReported):
		return exitFail
	default:
		fmt.Fprintf(e.Stderr, "tongzhou: %s\n", words.explain(err))
		return exitFail
	}
}

// fit tells whether this program may touch data.
func (p Program) fit() error {
	if p.Fit == nil {
		return nil
	}
	return p.Fit()
}

// call is one run of a command.
type call struct {
	Program
	Environment
	words words
	log   *slog.Logger
}

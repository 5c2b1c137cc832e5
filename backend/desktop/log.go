//go:build desktop || bindings

package desktop

import (
	"log/slog"
	"os"
)

// wailsLog sends what the toolkit logs to the app's log.
type wailsLog struct{ log *slog.Logger }

func (l wailsLog) Print(message string)   { l.log.Info(message, "from", "wails") }
func (l wailsLog) Debug(message string)   { l.log.Debug(message, "from", "wails") }
func (l wailsLog) Info(message string)    { l.log.Info(message, "from", "wails") }
func (l wailsLog) Warning(message string) { l.log.Warn(message, "from", "wails") }
func (l wailsLog) Error(message string)   { l.log.Error(message, "from", "wails") }

// Trace drops the message: it holds the arguments and results of every call, which are people's texts.
func (l wailsLog) Trace(string) {}

// Fatal ends the program: the toolkit calls it where it cannot go on and relies on not returning.
func (l wailsLog) Fatal(message string) {
	l.log.Error(message, "from", "wails", "fatal", true)
	os.Exit(1)
}

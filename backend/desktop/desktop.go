//go:build desktop || bindings

package desktop

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/wailsapp/wails/v2"
	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/options/assetserver"
	"github.com/wailsapp/wails/v2/pkg/options/linux"
	"github.com/wailsapp/wails/v2/pkg/runtime"

	"tongzhou/backend/fault"
)

// Built tells whether this program can open a window.
const Built = true

// Sizes of the window in pixels; the minimum is what the layout of the interface needs.
const (
	width     = 1280
	height    = 800
	minWidth  = 960
	minHeight = 640
)

// Run opens the window and returns when it has closed and the app has stopped. SIGINT and SIGTERM close it too. The error is
// why the window could not open, why the app did not start, or what went wrong in closing. Run must be called from the main
// goroutine.
func Run(o Options) error {
	dialogs := &API{}
	bound := append(o.App.Bound(), dialogs)
	if err := checkBindable(bound); err != nil {
		return err
	}
	s := newSession(o)
	var window wailsWindow
	var closing error
	err := wails.Run(&options.App{
		Title:       Title,
		Width:       width,
		Height:      height,
		MinWidth:    minWidth,
		MinHeight:   minHeight,
		AssetServer: &assetserver.Options{Handler: s.page()},
		Bind:        bound,
		ErrorFormatter: func(err error) any {
			if fault.Code(err) == fault.Internal {
				o.Log.Error("call failed", "err", err)
			}
			return fault.Text(err)
		},
		Logger: wailsLog{o.Log},
		OnStartup: func(ctx context.Context) {
			window = wailsWindow{ctx}
			dialogs.use(window)
			s.startup(window)
		},
		OnShutdown: func(context.Context) { closing = s.shutdown() },
		SingleInstanceLock: &options.SingleInstanceLock{
			UniqueId: "tongzhou-" + o.Instance,
			OnSecondInstanceLaunch: func(options.SecondInstanceData) {
				<-s.settled // the window exists
				window.raise()
			},
		},
		// The toolkit shows it in text fields and on selected text only.
		EnableDefaultContextMenu: true,
		Linux: &linux.Options{
			ProgramName: "tongzhou",
			// Hardware acceleration shows an empty window with some drivers and in virtual machines.
			WebviewGpuPolicy: linux.WebviewGpuPolicyNever,
		},
	})
	if err != nil {
		err = fmt.Errorf("open the window: %w", err)
	}
	return errors.Join(err, closing)
}

// wailsWindow is the screen of a running window. ctx is the one Wails hands to its hooks; it carries the window.
type wailsWindow struct{ ctx context.Context }

func (w wailsWindow) Emit(topic string, payload any) { runtime.EventsEmit(w.ctx, topic, payload) }

func (w wailsWindow) Alert(text string) {
	// The toolkit does not end a dialog for a signal, and nothing is open that would need closing.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	read := make(chan struct{})
	defer close(read)
	go func() {
		select {
		case <-signals:
			os.Exit(1)
		case <-read:
		}
	}()
	// The answer of a dialog with one button means nothing, and there is nobody left to tell that it did not open.
	_, _ = runtime.MessageDialog(w.ctx, runtime.MessageDialogOptions{Type: runtime.ErrorDialog, Title: Title, Message: text})
}

func (w wailsWindow) Quit() { runtime.Quit(w.ctx) }

func (w wailsWindow) raise() {
	runtime.WindowUnminimise(w.ctx)
	runtime.WindowShow(w.ctx)
}

//go:build linux

package smoke

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Limits are generous because a build machine may be busy; a working window takes one to three seconds.
const (
	windowLimit  = 90 * time.Second
	contentLimit = 60 * time.Second
	pollEvery    = 200 * time.Millisecond
)

// Options say what to look at.
type Options struct {
	Binary string    // the desktop build
	Keep   string    // folder for the screenshots and the programs' logs
	Out    io.Writer // one line per check, "ok: …"
}

// Run does both looks and returns the first thing that is wrong.
func Run(ctx context.Context, o Options) error {
	if err := os.MkdirAll(o.Keep, 0o755); err != nil {
		return fmt.Errorf("make the folder for screenshots: %w", err)
	}
	screen, err := startDisplay(ctx, o.Keep)
	if err != nil {
		return err
	}
	defer screen.stop()
	if err := lookAtPicture(ctx, o, screen); err != nil {
		fmt.Fprintln(o.Out, "FAIL: window as a picture:", err)
		return err
	}
	if err := lookAtDocument(ctx, o, screen); err != nil {
		fmt.Fprintln(o.Out, "FAIL: window as a document:", err)
		return err
	}
	return nil
}

func lookAtPicture(ctx context.Context, o Options, screen *display) error {
	home, err := os.MkdirTemp("", "tongzhou-window-")
	if err != nil {
		return fmt.Errorf("make a home for the app: %w", err)
	}
	defer os.RemoveAll(home)
	app, err := launch(ctx, program{argv: []string{o.Binary}, env: appEnv(screen, home), log: filepath.Join(o.Keep, "app.log")})
	if err != nil {
		return err
	}
	defer app.stop()
	id, err := waitForWindow(ctx, screen, app.ended)
	if err != nil {
		return err
	}
	file := filepath.Join(o.Keep, "start.png")
	look, err := waitForContent(ctx, screen, app.ended, id, file)
	if err != nil {
		return err
	}
	fmt.Fprintf(o.Out, "ok: the window shows a drawn page: %s\n", look)
	return nil
}

// appEnv gives the app a home of its own, so that neither a developer's data nor an earlier run's is touched.
func appEnv(screen *display, home string) []string {
	return append(os.Environ(),
		"DISPLAY="+screen.name, "WAYLAND_DISPLAY=", "GDK_BACKEND=x11", "NO_AT_BRIDGE=1", "LIBGL_ALWAYS_SOFTWARE=1",
		"LC_ALL=C.UTF-8", "LANGUAGE=zh_CN", "HOME="+home,
		"XDG_DATA_HOME="+filepath.Join(home, "data"), "XDG_CONFIG_HOME="+filepath.Join(home, "config"),
		"XDG_CACHE_HOME="+filepath.Join(home, "cache"), "XDG_RUNTIME_DIR="+home)
}

// waitForWindow waits for a visible window with the product's name and returns its X id. ended is nil as long as waiting makes
// sense.
func waitForWindow(ctx context.Context, screen *display, ended func() error) (string, error) {
	var id string
	err := until(ctx, windowLimit, func() (bool, error) {
		if err := ended(); err != nil {
			return false, err
		}
		found, err := screen.ask("xdotool", "search", "--onlyvisible", "--name", "同舟")
		if err != nil {
			return false, nil // xdotool exits 1 as long as there is none
		}
		id, _, _ = strings.Cut(found, "\n")
		return id != "", nil
	})
	if err != nil {
		return "", fmt.Errorf("wait for the window: %w", err)
	}
	return id, nil
}

// waitForContent takes pictures until one is of a drawn page. The last picture stays in file either way.
func waitForContent(ctx context.Context, screen *display, ended func() error, id, file string) (Look, error) {
	var look Look
	err := until(ctx, contentLimit, func() (bool, error) {
		if err := ended(); err != nil {
			return false, err
		}
		if _, err := screen.ask("import", "-window", id, "png:"+file); err != nil {
			return false, err
		}
		picture, err := readPicture(file)
		if err != nil {
			return false, err
		}
		look = Examine(picture)
		return len(look.Problems()) == 0, nil
	})
	if errors.Is(err, errLimit) {
		return look, fmt.Errorf("%s is not a picture of the interface: %s (%s)", file, strings.Join(look.Problems(), "; "), look)
	}
	return look, err
}

//go:build linux

package smoke

import (
	"context"
	_ "embed"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

//go:embed webkit/automation.c
var automationSource []byte

// lookAtDocument founds a team in the real window, as a person would, and reads the page.
func lookAtDocument(ctx context.Context, o Options, screen *display) error {
	home, err := os.MkdirTemp("", "tongzhou-driven-")
	if err != nil {
		return fmt.Errorf("make a home for the app: %w", err)
	}
	defer os.RemoveAll(home)
	wrapper, err := drivable(ctx, home, o.Binary)
	if err != nil {
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	server, err := launch(ctx, program{
		argv: []string{"WebKitWebDriver", "--port=" + port},
		env:  appEnv(screen, home),
		log:  filepath.Join(o.Keep, "webdriver.log"),
	})
	if err != nil {
		return err
	}
	defer server.stop()
	page := newDriver("http://127.0.0.1:" + port)
	if err := until(ctx, windowLimit, func() (bool, error) {
		if err := server.ended(); err != nil {
			return false, err
		}
		return page.call(ctx, http.MethodGet, "/status", nil, nil) == nil, nil
	}); err != nil {
		return fmt.Errorf("wait for WebKitWebDriver: %w", err)
	}
	if err := page.open(ctx, wrapper); err != nil {
		return err
	}
	defer page.close(context.WithoutCancel(ctx))
	return foundTeam(ctx, o, screen, page)
}

// drivable makes a program that starts the binary with the automation library preloaded.
func drivable(ctx context.Context, dir, binary string) (string, error) {
	source, library := filepath.Join(dir, "automation.c"), filepath.Join(dir, "automation.so")
	if err := os.WriteFile(source, automationSource, 0o600); err != nil {
		return "", fmt.Errorf("write the automation library: %w", err)
	}
	flags, err := exec.CommandContext(ctx, "pkg-config", "--cflags", "--libs", "webkit2gtk-4.1").Output()
	if err != nil {
		return "", fmt.Errorf("ask pkg-config for WebKitGTK: %w", err)
	}
	args := append([]string{"-shared", "-fPIC", "-o", library, source}, strings.Fields(string(flags))...)
	if text, err := exec.CommandContext(ctx, "gcc", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("compile the automation library: %w: %s", err, text)
	}
	wrapper := filepath.Join(dir, "drivable")
	script := "#!/bin/sh\nexec env LD_PRELOAD=" + library + " " + strconv.Quote(binary) + "\n"
	if err := os.WriteFile(wrapper, []byte(script), 0o700); err != nil {
		return "", fmt.Errorf("write the wrapper: %w", err)
	}
	return wrapper, nil
}

// freePort asks the system for a port that nobody uses now.
func freePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer listener.Close()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port), nil
}

// foundTeam goes through the first minute of a new user.
func foundTeam(ctx context.Context, o Options, screen *display, page *driver) error {
	shown, err := page.waitForText(ctx, "同舟")
	if err != nil {
		return err
	}
	fmt.Fprintf(o.Out, "ok: the window's page can be read (%d characters)\n", len([]rune(shown)))
	return nil
}

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

// lookAtDocument founds a team in the real window, as a person would, and unlocks it again after a restart.
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
	if err := withPage(ctx, o, screen, home, wrapper, func(page *driver, ended func() error) error {
		return foundTeam(ctx, o, screen, page, ended)
	}); err != nil {
		return err
	}
	return withPage(ctx, o, screen, home, wrapper, func(page *driver, _ func() error) error {
		if err := inTurn(
			func() error { return page.fill(ctx, field("工号"), staffNo) },
			func() error { return page.fill(ctx, password(1), passphrase) },
			func() error { return page.click(ctx, `//button[@type="submit"]`) },
			func() error { _, err := page.waitForText(ctx, teamName, "消息"); return err },
		); err != nil {
			return err
		}
		fmt.Fprintln(o.Out, "ok: the team is unlocked again after a restart")
		return nil
	})
}

// withPage opens the window with a driver attached to its page, and closes both.
func withPage(ctx context.Context, o Options, screen *display, home, wrapper string, use func(page *driver, ended func() error) error) error {
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
	return use(page, server.ended)
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

const (
	teamName   = "星海科技"
	staffNo    = "XH1014"
	passphrase = "Tong-Zhou.7315"
)

// foundTeam goes through the first minute of a new user: name the team and oneself, look around, choose the dark theme. Each
// click goes through the generated bindings into the program and comes back as an event or an answer.
func foundTeam(ctx context.Context, o Options, screen *display, page *driver, ended func() error) error {
	if err := inTurn(
		func() error { return page.click(ctx, `//button[contains(., "创建团队")]`) },
		func() error { return page.fill(ctx, field("团队名称"), teamName) },
		func() error { return page.fill(ctx, field("姓名"), "林晓雯") },
		func() error { return page.fill(ctx, field("工号"), staffNo) },
		func() error { return page.fill(ctx, field("部门"), "研发中心") },
		func() error { return page.fill(ctx, field("职位"), "设计师") },
		func() error { return page.fill(ctx, password(1), passphrase) },
		func() error { return page.fill(ctx, password(2), passphrase) },
		func() error { return page.click(ctx, `//button[@type="submit"]`) },
		func() error { return page.click(ctx, `//button[contains(., "稍后再抄")]`) },
		func() error { _, err := page.waitFor(ctx, `//nav[@aria-label="模块"]`); return err },
		func() error { _, err := page.waitForText(ctx, teamName, "消息"); return err },
	); err != nil {
		return err
	}
	fmt.Fprintln(o.Out, "ok: a team was founded in the window")
	id, err := waitForWindow(ctx, screen, ended)
	if err != nil {
		return err
	}
	light, err := waitForContent(ctx, screen, ended, id, filepath.Join(o.Keep, "light.png"))
	if err != nil {
		return err
	}
	if err := page.click(ctx, `//button[@aria-label="切换到深色模式"]`); err != nil {
		return err
	}
	if _, err := page.waitFor(ctx, `//button[@aria-label="切换到浅色模式"]`); err != nil {
		return err
	}
	var dark Look
	if err := until(ctx, contentLimit, func() (bool, error) {
		dark, err = waitForContent(ctx, screen, ended, id, filepath.Join(o.Keep, "dark.png"))
		return dark.Brightness < light.Brightness/2, err
	}); err != nil {
		return fmt.Errorf("wait for the dark theme (light: %s; now: %s): %w", light, dark, err)
	}
	fmt.Fprintf(o.Out, "ok: light and dark are drawn: %s; %s\n", light, dark)
	return nil
}

// field finds a text field by its label.
func field(label string) string {
	return fmt.Sprintf(`//label[starts-with(normalize-space(.), %q)]/following::input[1]`, label)
}

// password finds the nth field for a passphrase.
func password(n int) string { return fmt.Sprintf(`(//input[@type="password"])[%d]`, n) }

// inTurn takes steps until one fails.
func inTurn(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

package main

import (
	"context"
	"fmt"
	"os"
)

// mingw is the C compiler for Windows that Debian has.
const mingw = "x86_64-w64-mingw32-gcc"

// release builds what users get, into out/: for this system, and on Linux also for Windows where the compiler is there.
func (t *tool) release(ctx context.Context, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("package takes no arguments, got %q", args)
	}
	if err := t.setup(ctx, forWindow); err != nil {
		return err
	}
	if err := t.buildFrontend(ctx, t.out); err != nil {
		return err
	}
	version := t.version(ctx)
	if err := t.releaseOne(ctx, version, t.here(), t.desktopEnv()); err != nil {
		return err
	}
	if t.goos != "linux" {
		return nil
	}
	if !has(mingw) {
		t.say("not built for Windows: %s is missing (on Debian: apt-get install gcc-mingw-w64-x86-64)", mingw)
		return nil
	}
	to := windowsFromHere()
	if err := t.buildCipher(ctx, t.out, to); err != nil {
		return err
	}
	env := append(t.cipherEnv(to), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=1", "CC="+to.cc)
	return t.releaseOne(ctx, version, to, env)
}

func (t *tool) releaseOne(ctx context.Context, version string, to platform, env []string) error {
	name := fmt.Sprintf("tongzhou-%s-%s-%s", version, to.goos, to.goarch)
	ldflags := "-s -w -X tongzhou/backend/command.version=" + version
	if to.goos == "windows" {
		name += ".exe"
		ldflags += " -H windowsgui"
	}
	what := target{tags: desktopTags(to.goos), output: t.path("out", name), flags: []string{"-trimpath", "-ldflags", ldflags}, env: env}
	t.say("building %s", name)
	if err := t.compile(ctx, t.out, what); err != nil {
		return err
	}
	info, err := os.Stat(what.output)
	if err != nil {
		return fmt.Errorf("look at what was built: %w", err)
	}
	t.say("out/%s  %.1f MB", name, float64(info.Size())/1e6)
	return nil
}

package main

import (
	"context"
	"os"
	"slices"
)

// run opens the app as a user would see it. Where there is no display it serves the same interface on loopback.
func (t *tool) run(ctx context.Context, args []string) error {
	args = slices.DeleteFunc(slices.Clone(args), func(a string) bool { return a == "--" })
	if !hasDisplay(t.goos, os.Getenv) {
		t.say("There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can open.")
		t.say("Serving the same interface on loopback instead: open the address below in a browser.")
		return t.start(ctx, 0, t.headless(), append([]string{"serve"}, args...))
	}
	return t.start(ctx, forWindow, t.desktop(), args)
}

func (t *tool) start(ctx context.Context, what purpose, build target, args []string) error {
	if err := t.setup(ctx, what); err != nil {
		return err
	}
	t.say("building the frontend")
	if err := t.buildFrontend(ctx, t.out); err != nil {
		return err
	}
	t.say("building the app (the first time takes a few minutes)")
	if err := t.compile(ctx, t.out, build); err != nil {
		return err
	}
	cmd := t.command(ctx, os.Stdout, build.output, args...)
	cmd.Stderr = os.Stderr
	return become(cmd)
}

// hasDisplay tells whether a window can open. Only Unix systems other than macOS run without one as a matter of course.
func hasDisplay(goos string, getenv func(string) string) bool {
	if goos == "windows" || goos == "darwin" {
		return true
	}
	return getenv("DISPLAY") != "" || getenv("WAYLAND_DISPLAY") != ""
}

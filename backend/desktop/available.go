package desktop

import "runtime"

// Available tells whether Run can open a window: it returns nil, ErrNotBuilt, or ErrNoDisplay where the person's session has
// no screen. getenv reads the environment.
func Available(getenv func(string) string) error {
	switch {
	case !Built:
		return ErrNotBuilt
	case generating || hasDisplay(runtime.GOOS, getenv):
		return nil
	default:
		return ErrNoDisplay
	}
}

// hasDisplay knows that only Unix systems other than macOS run without a display as a matter of course.
func hasDisplay(goos string, getenv func(string) string) bool {
	if goos == "windows" || goos == "darwin" {
		return true
	}
	return getenv("DISPLAY") != "" || getenv("WAYLAND_DISPLAY") != ""
}

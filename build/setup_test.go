package main

import (
	"slices"
	"strings"
	"testing"
)

func TestNodeFits(t *testing.T) {
	for version, want := range map[string]bool{
		"v20.19.0": true, "v20.20.2": true, "v22.12.1": true, "v24.0.0": true, "v23.1.0": true,
		"v20.18.3": false, "v18.20.0": false, "v21.7.0": false, "v22.11.0": false, "": false, "nonsense": false,
	} {
		if got := nodeFits(version); got != want {
			t.Errorf("nodeFits(%q) = %v, want %v", version, got, want)
		}
	}
}

// Whatever is missing, a person gets a line to type that names a package of their own system.
func TestEveryNeedHasAPackageForEveryManager(t *testing.T) {
	managers := map[string][]string{
		"linux":   {"apt-get", "dnf", "zypper", "pacman"},
		"windows": {"winget"},
	}
	for goos, names := range managers {
		for _, n := range needs(goos) {
			for _, manager := range names {
				if n.packages[manager] == "" {
					t.Errorf("%s: %s has no package for %s", goos, n.what, manager)
				}
			}
		}
	}
}

func TestAdvice(t *testing.T) {
	missing := func(goos string) []need { return needs(goos) }
	cases := []struct{ goos, manager, prefix string }{
		{"linux", "apt-get", "sudo apt-get install -y --no-install-recommends gcc libc6-dev pkg-config libgtk-3-dev libwebkit2gtk-4.1-dev"},
		{"linux", "dnf", "sudo dnf install -y gcc"},
		{"darwin", "brew", "xcode-select --install"},
		{"windows", "winget", "winget install --exact --id BrechtSanders.WinLibs.POSIX.UCRT"},
	}
	for _, c := range cases {
		lines := advice(c.goos, c.manager, missing(c.goos))
		if !slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, c.prefix) }) {
			t.Errorf("%s: %q has no line that begins with %q", c.goos, lines, c.prefix)
		}
	}
}

func TestAPackageIsNamedOnce(t *testing.T) {
	list := packagesFor("apt-get", needs("linux"))
	for i, name := range list {
		if slices.Contains(list[:i], name) {
			t.Errorf("%s is named twice in %v", name, list)
		}
	}
	if !slices.Contains(list, "fonts-noto-cjk") {
		t.Errorf("%v has no Chinese font: every Chinese character would be a box", list)
	}
}

func TestDisplay(t *testing.T) {
	env := func(set map[string]string) func(string) string { return func(k string) string { return set[k] } }
	if hasDisplay("linux", env(nil)) {
		t.Error("a machine without DISPLAY and WAYLAND_DISPLAY has no display")
	}
	for goos, set := range map[string]map[string]string{
		"linux": {"DISPLAY": ":0"}, "freebsd": {"WAYLAND_DISPLAY": "wayland-0"}, "windows": nil, "darwin": nil,
	} {
		if !hasDisplay(goos, env(set)) {
			t.Errorf("%s with %v has a display", goos, set)
		}
	}
}

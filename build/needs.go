package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// purpose says what a missing thing would stop.
type purpose int

const (
	forWindow purpose = 1 << iota // building and opening the desktop window
	forTests                      // the window and browser tests
)

// need is one thing of the system that is not installed with Go or npm.
type need struct {
	what    string
	purpose purpose
	found   func() bool
	// packages names it for each package manager; a manager that is not listed cannot install it.
	packages map[string]string
}

// needs lists what this system must have. Whether a thing is there is asked of the thing, not of the package manager, so
// that it counts however it was installed.
func needs(goos string) []need {
	switch goos {
	case "linux":
		return linuxNeeds()
	case "darwin":
		return []need{
			{"the command line tools of Xcode", forWindow, runs("xcrun", "--find", "clang"), map[string]string{"xcode-select": "--install"}},
			{"Chrome or Chromium", forTests, hasBrowser, map[string]string{"brew": "--cask chromium"}},
		}
	case "windows":
		return []need{
			{"a C compiler (gcc)", forWindow, onPath("gcc"), map[string]string{"winget": "BrechtSanders.WinLibs.POSIX.UCRT"}},
			{"Chrome or Edge", forTests, hasBrowser, map[string]string{"winget": "Google.Chrome"}},
		}
	default:
		return []need{{"a C compiler", forWindow, onPath("cc"), nil}}
	}
}

func linuxNeeds() []need {
	return []need{
		{"a C compiler", forWindow, onPath("gcc"), map[string]string{
			"apt-get": "gcc libc6-dev", "dnf": "gcc", "zypper": "gcc", "pacman": "gcc",
		}},
		{"pkg-config", forWindow, onPath("pkg-config"), map[string]string{
			"apt-get": "pkg-config", "dnf": "pkgconf-pkg-config", "zypper": "pkgconf-pkg-config", "pacman": "pkgconf",
		}},
		{"GTK 3", forWindow, runs("pkg-config", "--exists", "gtk+-3.0"), map[string]string{
			"apt-get": "libgtk-3-dev", "dnf": "gtk3-devel", "zypper": "gtk3-devel", "pacman": "gtk3",
		}},
		{"WebKitGTK 4.1", forWindow, runs("pkg-config", "--exists", "webkit2gtk-4.1"), map[string]string{
			"apt-get": "libwebkit2gtk-4.1-dev", "dnf": "webkit2gtk4.1-devel", "zypper": "webkit2gtk3-soup2-devel", "pacman": "webkit2gtk-4.1",
		}},
		{"a font with Chinese characters", forWindow, hasFont("zh-cn"), map[string]string{
			"apt-get": "fontconfig fonts-noto-cjk", "dnf": "google-noto-sans-cjk-fonts", "zypper": "noto-sans-sc-fonts", "pacman": "noto-fonts-cjk",
		}},
		{"a font with emoji", forWindow, hasFont("und-zsye"), map[string]string{
			"apt-get": "fontconfig fonts-noto-color-emoji", "dnf": "google-noto-color-emoji-fonts", "zypper": "noto-coloremoji-fonts", "pacman": "noto-fonts-emoji",
		}},
		{"ip", forTests, onPath("ip"), map[string]string{
			"apt-get": "iproute2", "dnf": "iproute", "zypper": "iproute2", "pacman": "iproute2",
		}},
		{"Xvfb", forTests, onPath("Xvfb"), map[string]string{
			"apt-get": "xvfb", "dnf": "xorg-x11-server-Xvfb", "zypper": "xorg-x11-server-Xvfb", "pacman": "xorg-server-xvfb",
		}},
		{"xauth", forTests, onPath("xauth"), map[string]string{
			"apt-get": "xauth", "dnf": "xorg-x11-xauth", "zypper": "xauth", "pacman": "xorg-xauth",
		}},
		{"ImageMagick's import", forTests, onPath("import"), map[string]string{
			"apt-get": "imagemagick", "dnf": "ImageMagick", "zypper": "ImageMagick", "pacman": "imagemagick",
		}},
		{"xdotool", forTests, onPath("xdotool"), map[string]string{
			"apt-get": "xdotool", "dnf": "xdotool", "zypper": "xdotool", "pacman": "xdotool",
		}},
		{"WebKitWebDriver", forTests, onPath("WebKitWebDriver"), map[string]string{
			"apt-get": "webkit2gtk-driver", "dnf": "webkit2gtk-driver", "zypper": "webkit2gtk-driver", "pacman": "webkit2gtk-driver",
		}},
		{"Chromium", forTests, hasBrowser, map[string]string{
			"apt-get": "chromium", "dnf": "chromium", "zypper": "chromium", "pacman": "chromium",
		}},
		{"PostgreSQL", forTests, hasPostgres, map[string]string{
			"apt-get": "postgresql", "dnf": "postgresql-server", "zypper": "postgresql-server", "pacman": "postgresql",
		}},
	}
}

func onPath(program string) func() bool {
	return func() bool { return has(program) }
}

func runs(name string, args ...string) func() bool {
	return func() bool { return exec.Command(name, args...).Run() == nil }
}

// hasFont asks fontconfig for a font that covers a language.
func hasFont(lang string) func() bool {
	return func() bool {
		list, err := exec.Command("fc-list", ":lang="+lang, "family").Output()
		return err == nil && strings.TrimSpace(string(list)) != ""
	}
}

// hasPostgres looks where Debian keeps the server too, which is not on the path.
func hasPostgres() bool {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	return has("initdb") || err == nil && len(found) > 0
}

func hasBrowser() bool { return browser() != "" }

// browser finds a Chromium for the end-to-end tests; TONGZHOU_CHROMIUM overrides the search. Empty if there is none.
func browser() string {
	if chosen := os.Getenv("TONGZHOU_CHROMIUM"); chosen != "" {
		return chosen
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome", "msedge"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	places := []string{
		"/Applications/Chromium.app/Contents/MacOS/Chromium",
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
		filepath.Join(os.Getenv("ProgramFiles"), "Google", "Chrome", "Application", "chrome.exe"),
		filepath.Join(os.Getenv("ProgramFiles(x86)"), "Microsoft", "Edge", "Application", "msedge.exe"),
	}
	for _, path := range places {
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path
		}
	}
	return ""
}

package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// setup installs what is missing for the given purposes, SQLite with encryption, and the frontend's packages.
func (t *tool) setup(ctx context.Context, what purpose) error {
	if err := t.installSystem(ctx, t.out, what); err != nil {
		return err
	}
	if err := t.buildCipher(ctx, t.out, t.here()); err != nil {
		return err
	}
	return t.installFrontend(ctx, t.out)
}

// installSystem installs missing system packages where it may, and otherwise says exactly what to type.
func (t *tool) installSystem(ctx context.Context, out io.Writer, what purpose) error {
	missing := missingNeeds(t.goos, what)
	if len(missing) == 0 {
		return nil
	}
	var names []string
	for _, n := range missing {
		names = append(names, n.what)
	}
	fmt.Fprintf(out, "missing: %s\n", strings.Join(names, ", "))
	if t.goos == "linux" && has("apt-get") {
		prefix, ok := t.asRoot(ctx)
		if ok {
			return t.installDebian(ctx, out, prefix, what, missing)
		}
	}
	return fmt.Errorf("install what is missing, then run this again:\n\n  %s", strings.Join(advice(t.goos, manager(t.goos), missing), "\n  "))
}

func missingNeeds(goos string, what purpose) []need {
	return slices.DeleteFunc(needs(goos), func(n need) bool { return n.purpose&what == 0 || n.found() })
}

// asRoot returns what to put before a command that needs root, and whether that works without asking anybody.
func (t *tool) asRoot(ctx context.Context) (prefix []string, ok bool) {
	if os.Geteuid() == 0 {
		return nil, true
	}
	if has("sudo") && t.do(ctx, io.Discard, "sudo", "-n", "true") == nil {
		return []string{"sudo", "-n"}, true
	}
	return nil, false
}

func (t *tool) installDebian(ctx context.Context, out io.Writer, prefix []string, what purpose, missing []need) error {
	// env, because sudo does not pass variables on.
	base := append(slices.Clone(prefix), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=300")
	update := append(slices.Clone(base), "update")
	if err := t.do(ctx, out, update[0], update[1:]...); err != nil {
		// One broken third-party source must not stop the rest: the installation decides.
		fmt.Fprintln(out, "apt-get update:", err)
	}
	install := append(slices.Clone(base), "install", "-y", "--no-install-recommends")
	install = append(install, packagesFor("apt-get", missing)...)
	if err := t.do(ctx, out, install[0], install[1:]...); err != nil {
		return err
	}
	if still := missingNeeds(t.goos, what); len(still) > 0 {
		return fmt.Errorf("still missing after the installation: %s", still[0].what)
	}
	return nil
}

// packagesFor lists the packages of one manager, each once, in order.
func packagesFor(manager string, missing []need) []string {
	var list []string
	for _, n := range missing {
		for name := range strings.FieldsSeq(n.packages[manager]) {
			if !slices.Contains(list, name) {
				list = append(list, name)
			}
		}
	}
	return list
}

// manager finds this system's package manager. Empty if it is none that we know.
func manager(goos string) string {
	switch goos {
	case "darwin":
		return "brew"
	case "windows":
		return "winget"
	}
	for _, name := range []string{"apt-get", "dnf", "zypper", "pacman"} {
		if has(name) {
			return name
		}
	}
	return ""
}

// advice is what a person types to install what is missing.
func advice(goos, manager string, missing []need) []string {
	var lines []string
	switch {
	case goos == "darwin":
		for _, n := range missing {
			if _, ok := n.packages["xcode-select"]; ok {
				lines = append(lines, "xcode-select --install")
			} else {
				lines = append(lines, "brew install "+n.packages["brew"])
			}
		}
		return lines
	case goos == "windows":
		for _, id := range packagesFor("winget", missing) {
			lines = append(lines, "winget install --exact --id "+id)
		}
		return lines
	}
	list := strings.Join(packagesFor(manager, missing), " ")
	switch manager {
	case "apt-get":
		return []string{"sudo apt-get update", "sudo apt-get install -y --no-install-recommends " + list}
	case "dnf":
		return []string{"sudo dnf install -y " + list}
	case "zypper":
		return []string{"sudo zypper install -y " + list}
	case "pacman":
		return []string{"sudo pacman -S --needed " + list}
	default:
		for _, n := range missing {
			lines = append(lines, n.what)
		}
		return lines
	}
}

// installFrontend installs what npm has for the frontend and for the tests.
func (t *tool) installFrontend(ctx context.Context, out io.Writer) error {
	if !has("node") || !has("npm") {
		return errors.New("this needs Node 20.19 or newer and npm: https://nodejs.org")
	}
	node, err := t.ask(ctx, "node", "--version")
	if err != nil {
		return err
	}
	if !nodeFits(node) {
		return fmt.Errorf("this needs Node 20.19 or newer, here is %s: https://nodejs.org", node)
	}
	// The second folder holds js-libp2p, another implementation that a test lets speak with the relay.
	for _, folder := range []string{"frontend", filepath.Join("build", "relay", "second")} {
		if err := t.installPackages(ctx, out, node, folder); err != nil {
			return err
		}
	}
	return nil
}

// installPackages runs npm ci in a folder when its lock file, Node or the system changed since the last time.
func (t *tool) installPackages(ctx context.Context, out io.Writer, node, folder string) error {
	lock, err := os.ReadFile(t.path(folder, "package-lock.json"))
	if err != nil {
		return fmt.Errorf("read the lock file of %s: %w", folder, err)
	}
	major, _, _ := strings.Cut(node, ".")
	want := fmt.Sprintf("%x %s %s/%s\n", sha256.Sum256(lock), major, runtime.GOOS, runtime.GOARCH)
	stamp := t.path(folder, "node_modules", ".tongzhou-stamp")
	if have, err := os.ReadFile(stamp); err == nil && string(have) == want {
		return nil
	}
	fmt.Fprintf(out, "installing the packages of %s (npm ci)\n", folder)
	cmd := t.command(ctx, out, "npm", "ci", "--no-audit", "--no-fund")
	cmd.Dir = filepath.Dir(filepath.Dir(stamp))
	if err := named(cmd.Run(), "npm", []string{"ci"}); err != nil {
		return err
	}
	if err := os.WriteFile(stamp, []byte(want), 0o644); err != nil {
		return fmt.Errorf("remember what is installed: %w", err)
	}
	return nil
}

// nodeFits tells whether a version as node prints it ("v20.19.2") is one that Vite supports.
func nodeFits(version string) bool {
	parts := strings.Split(strings.TrimPrefix(version, "v"), ".")
	if len(parts) < 2 {
		return false
	}
	major, err1 := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	if err1 != nil || err2 != nil {
		return false
	}
	switch major {
	case 20:
		return minor >= 19
	case 22:
		return minor >= 12
	default:
		return major > 22
	}
}

package archtest

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
)

// direction forbids some imports to some folders.
type direction struct {
	name    string
	applies func(f *goFile) bool
	allows  func(f *goFile, imported string) bool
	why     string
}

// Directions checks every import of every Go file, tests and files with any build tag included.
func Directions(t *Tree) []Finding {
	var findings []Finding
	rules := directions()
	for _, f := range t.gos {
		t.imports(f, func(imported string, line int, _ *ast.ImportSpec) {
			for _, rule := range rules {
				if rule.applies(f) && !rule.allows(f, imported) {
					findings = append(findings, Finding{f.name, line, fmt.Sprintf("imports %s: %s", imported, rule.why)})
				}
			}
		})
	}
	return findings
}

func directions() []direction {
	everywhere := func(*goFile) bool { return true }
	// Tests, and packages made for tests, may reach further to set the scene.
	code := func(folders ...string) func(*goFile) bool {
		return func(f *goFile) bool { return !f.test && !strings.HasSuffix(f.dir, "test") && within(f.dir, folders...) }
	}
	return []direction{
		{
			"sync stands alone",
			func(f *goFile) bool { return within(f.dir, "sync") },
			func(_ *goFile, imported string) bool { return !isOurs(imported, "backend", ".", "build") },
			"sync is the replication engine and never imports the app that uses it",
		},
		{
			"libp2p in one place",
			everywhere,
			func(f *goFile, imported string) bool {
				// The benchmark measures the bare libp2p round trip as the floor of live delivery.
				return !isLibp2p(imported) || within(f.dir, "sync/p2p", "sync/relay", "build/bench")
			},
			"libp2p is used in sync/p2p and sync/relay only, so that everything else runs over a simulated network",
		},
		{
			"Wails in one place",
			everywhere,
			func(f *goFile, imported string) bool {
				return !strings.HasPrefix(imported, "github.com/wailsapp/") || within(f.dir, "backend/desktop")
			},
			"Wails is used in backend/desktop only, so that the headless build needs no GTK",
		},
		{
			"the SQLite driver in one place",
			func(f *goFile) bool { return !f.test },
			func(f *goFile, imported string) bool {
				return !strings.HasPrefix(imported, "github.com/mattn/go-sqlite3") || within(f.dir, "backend/store", "build/bench")
			},
			"backend/store opens databases; everything else speaks database/sql",
		},
		{
			"the entry hands over",
			func(f *goFile) bool { return f.dir == "." },
			func(_ *goFile, imported string) bool {
				return notOurs(imported) || isOurs(imported, "backend/command", "frontend")
			},
			"main picks the mode and hands over to backend/command, nothing else",
		},
		{
			"a feature's room is closed",
			code("backend/features"),
			func(f *goFile, imported string) bool { return notOurs(imported) || allowedToFeature(f.dir, imported) },
			"a feature uses module, access, fault, store, event, rules and the vocabulary of sync; what it needs of another feature it declares as an interface, and app adapts",
		},
		{
			"features are composed in app",
			func(f *goFile) bool {
				return !f.test && !within(f.dir, "backend/features", "backend/app", "backend/apptest", "build/bench")
			},
			func(_ *goFile, imported string) bool { return !isOurs(imported, "backend/features") },
			"only backend/app knows the features; others go through it",
		},
		{
			"the app does not know its shells",
			code("backend/app", "backend/module", "backend/store", "backend/access", "backend/fault", "backend/event"),
			func(_ *goFile, imported string) bool {
				return !isOurs(imported, "backend/desktop", "backend/web", "backend/command")
			},
			"window, loopback and command line are shells around app, not parts of it",
		},
		{
			"the words come first",
			code("backend/durable", "backend/fault", "backend/event", "backend/access", "backend/store", "backend/rules", "backend/module"),
			func(_ *goFile, imported string) bool {
				return notOurs(imported) || isOurs(imported, "sync", "backend/durable", "backend/fault", "backend/event", "backend/access", "backend/store", "backend/rules")
			},
			"this is vocabulary that everything speaks; it depends on nothing that speaks it",
		},
		{
			"the network is outermost in sync",
			code("sync"),
			func(f *goFile, imported string) bool {
				return !isOurs(imported, "sync/p2p") || within(f.dir, "sync/p2p", "sync/relay")
			},
			"log, authority and replica work without a network; sync/p2p carries them",
		},
		{
			"no dependency of ours in the tool",
			func(f *goFile) bool {
				return within(f.dir, "build") && !within(f.dir, "build/bench", "build/net", "build/tools")
			},
			func(_ *goFile, imported string) bool { return isStandard(imported) || isOurs(imported, "build") },
			"the tool runs on a machine where nothing is installed yet: standard library only",
		},
	}
}

// allowedToFeature lists what a feature may see of this repository. Its own subfolders belong to it.
func allowedToFeature(dir, imported string) bool {
	feature := strings.Join(strings.SplitN(dir, "/", 4)[:min(3, strings.Count(dir, "/")+1)], "/")
	return isOurs(imported, feature) || isExactly(imported,
		"backend/module", "backend/access", "backend/fault", "backend/store", "backend/event", "backend/rules",
		"sync/op", "sync/crdt", "sync/hlc")
}

func isOurs(imported string, folders ...string) bool {
	dir, ok := ours(imported)
	return ok && within(dir, folders...)
}

func isExactly(imported string, folders ...string) bool {
	dir, ok := ours(imported)
	return ok && slices.Contains(folders, dir)
}

func notOurs(imported string) bool {
	_, ok := ours(imported)
	return !ok
}

// isLibp2p knows the library and the address format that comes with it.
func isLibp2p(imported string) bool {
	return strings.HasPrefix(imported, "github.com/libp2p/") || strings.HasPrefix(imported, "github.com/multiformats/")
}

// isStandard goes by the rule of the go command: paths of the standard library have no dot in their first part.
func isStandard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".") && first != module
}

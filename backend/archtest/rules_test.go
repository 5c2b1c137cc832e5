package archtest

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// room is a feature that breaks no rule, on both sides, with the two lists.
func room() map[string]string {
	return map[string]string{
		"backend/app/doc.go":                                    "// Package app composes.\npackage app\n",
		"backend/app/features.go":                               "package app\n\nimport _ \"tongzhou/backend/features/task\"\n",
		"backend/features/task/doc.go":                          "// Package task serves R89.\npackage task\n",
		"backend/features/task/ops.go":                          "package task\n\nconst opAssign = \"task.assign/1\"\n",
		"backend/features/task/policy.go":                       "package task\n",
		"backend/features/task/reduce.go":                       "package task\n",
		"backend/features/task/service.go":                      "package task\n",
		"backend/features/task/queries.go":                      "package task\n",
		"backend/features/task/api.go":                          "package task\n\ntype API struct{}\n",
		"backend/features/task/module.go":                       "package task\n\nimport \"tongzhou/backend/module\"\n\nfunc New(d module.Deps) module.Module { return module.Module{} }\n",
		"backend/features/task/schema/0001_task.sql":            "CREATE TABLE task_item (id BLOB PRIMARY KEY, n INTEGER CHECK (n > 0)) STRICT, WITHOUT ROWID; -- one row a task\n",
		"backend/features/task/testdata/ops/task.assign.1.json": "{}",
		"frontend/src/app/features.ts":                          "import { routes } from '../features/task/routes'\n",
		"frontend/src/features/task/api.ts":                     "",
		"frontend/src/features/task/queries.ts":                 "",
		"frontend/src/features/task/routes.tsx":                 "",
		"frontend/src/features/task/messages/zh-CN.json":        `{"n": {"title": "任务 {{name}}", "left_other": "还有 {{count}} 项"}}`,
		"frontend/src/features/task/messages/en.json":           `{"n": {"title": "Task {{name}}", "left_one": "One left", "left_other": "{{count}} left"}}`,
	}
}

func load(t *testing.T, files map[string]string) *Tree {
	t.Helper()
	made := fstest.MapFS{}
	for name, text := range files {
		made[name] = &fstest.MapFile{Data: []byte(text), Mode: fs.FileMode(0o644)}
	}
	tree, err := Load(made)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestAGoodRoomPassesEveryRule(t *testing.T) {
	tree := load(t, room())
	for name, rule := range rules() {
		for _, finding := range rule(tree) {
			t.Errorf("%s: %s", name, finding)
		}
	}
}

// Every rule must find what it is there for: each case changes one thing in a good tree.
func TestEachRuleFindsWhatBreaksIt(t *testing.T) {
	doc := func(name, rest string) string {
		return "// Package " + name + " is here.\npackage " + name + "\n" + rest
	}
	cases := []struct {
		name   string
		rule   func(*Tree) []Finding
		change map[string]string // "" removes the file
		want   string            // in the only finding
	}{
		{"sync imports backend", Directions, map[string]string{"sync/op/doc.go": doc("op", "import _ \"tongzhou/backend/fault\"\n")}, "sync/op/doc.go:3: imports tongzhou/backend/fault"},
		{"a test in sync imports backend", Directions, map[string]string{"sync/op/op_test.go": "package op\n\nimport _ \"tongzhou/backend/store\"\n"}, "never imports the app"},
		{"libp2p elsewhere", Directions, map[string]string{"sync/session/doc.go": doc("session", "import _ \"github.com/libp2p/go-libp2p/core/peer\"\n")}, "libp2p is used in"},
		{"multiaddr elsewhere", Directions, map[string]string{"backend/app/doc.go": doc("app", "import _ \"github.com/multiformats/go-multiaddr\"\n")}, "libp2p is used in"},
		{"Wails elsewhere, behind a tag", Directions, map[string]string{"backend/app/w.go": "//go:build desktop\n\npackage app\n\nimport _ \"github.com/wailsapp/wails/v2\"\n"}, "Wails is used in"},
		{"the driver elsewhere", Directions, map[string]string{"backend/app/doc.go": doc("app", "import _ \"github.com/mattn/go-sqlite3\"\n")}, "opens databases"},
		{"main reaches into the app", Directions, map[string]string{"main.go": doc("main", "import _ \"tongzhou/backend/app\"\n")}, "hands over"},
		{"a feature imports another", Directions, map[string]string{"backend/features/task/service.go": "package task\n\nimport _ \"tongzhou/backend/features/chat\"\n"}, "declares as an interface"},
		{"a feature imports the replica", Directions, map[string]string{"backend/features/task/service.go": "package task\n\nimport _ \"tongzhou/sync/replica\"\n"}, "declares as an interface"},
		{"a shell imports a feature", Directions, map[string]string{"backend/web/doc.go": doc("web", "import _ \"tongzhou/backend/features/task\"\n")}, "only backend/app knows"},
		{"app imports its shell", Directions, map[string]string{"backend/app/doc.go": doc("app", "import _ \"tongzhou/backend/web\"\n")}, "shells around app"},
		{"a word imports a speaker", Directions, map[string]string{"backend/fault/doc.go": doc("fault", "import _ \"tongzhou/backend/app\"\n")}, "vocabulary"},
		{"the replica imports the network", Directions, map[string]string{"sync/replica/doc.go": doc("replica", "import _ \"tongzhou/sync/p2p\"\n")}, "work without a network"},
		{"the tool has a dependency", Directions, map[string]string{"build/doc.go": doc("main", "import _ \"golang.org/x/mod/modfile\"\n")}, "standard library only"},

		{"no package doc", PackageDocs, map[string]string{"sync/op/op.go": "package op\n"}, "sync/op: no package comment"},
		{"two package docs", PackageDocs, map[string]string{"backend/features/task/ops.go": doc("task", "const op = \"task.assign/1\"\n")}, "a second package comment"},

		{"a leftover in Go", Leftovers, map[string]string{"sync/op/doc.go": doc("op", "// TO"+"DO: more\n")}, "sync/op/doc.go:3: TO" + "DO"},
		{"a leftover in TypeScript", Leftovers, map[string]string{"frontend/src/app/a.ts": "// FIX" + "ME\n"}, "finish it"},
		{"a test that is switched off", Leftovers, map[string]string{"frontend/src/app/a.test.ts": "it.sk" + "ip('x', f)\n"}, "disabled test"},
		{"a fixed wait in a browser", Leftovers, map[string]string{"frontend/test/e2e/a.mjs": "page.waitForTime" + "out(1)\n"}, "fixed wait"},

		{"a vague name", Habits, map[string]string{"backend/util/doc.go": doc("util", "")}, "not util"},
		{"a dot import", Habits, map[string]string{"sync/op/doc.go": doc("op", "import . \"fmt\"\n")}, "dot imports"},
		{"an init", Habits, map[string]string{"sync/op/doc.go": doc("op", "func init() {}\n")}, "no init"},
		{"a test that sleeps", Habits, map[string]string{"sync/op/a_test.go": "package op\n\nimport \"time\"\n\nfunc f() { time.Sleep(1) }\n"}, "time.Sleep in a test"},
		{"logic that reads the clock", Habits, map[string]string{"backend/features/task/service.go": "package task\n\nimport \"time\"\n\nvar now = time.Now()\n"}, "the clock is handed in"},
		{"logic that reads the clock under another name", Habits, map[string]string{"sync/replica/doc.go": doc("replica", "import t \"time\"\n\nvar x = t.Since(t.Time{})\n")}, "time.Since in logic"},

		{"a reducer with chance", Purity, map[string]string{"backend/features/task/reduce.go": "package task\n\nimport _ \"math/rand/v2\"\n"}, "the same answer on every device"},
		{"a policy with files", Purity, map[string]string{"backend/features/task/policy.go": "package task\n\nimport _ \"os\"\n"}, "the same answer on every device"},

		{"a file is missing", Rooms, map[string]string{"backend/features/task/policy.go": ""}, "no policy.go"},
		{"no requirement is named", Rooms, map[string]string{"backend/features/task/doc.go": doc("task", "")}, "names the requirements"},
		{"nothing is bound", Rooms, map[string]string{"backend/features/task/api.go": "package task\n"}, "declares type API struct"},
		{"nothing is handed over", Rooms, map[string]string{"backend/features/task/module.go": "package task\n"}, "declares func New"},
		{"another package name", Rooms, map[string]string{"backend/features/task/queries.go": "package tasks\n"}, "named like its folder"},
		{"no schema", Rooms, map[string]string{"backend/features/task/schema/0001_task.sql": ""}, "no schema"},
		{"a loose table", Rooms, map[string]string{"backend/features/task/schema/0001_task.sql": "CREATE TABLE task_item (id BLOB PRIMARY KEY); -- not STRICT\n"}, "is not STRICT"},
		{"a table of nobody", Rooms, map[string]string{"backend/features/task/schema/0001_task.sql": "CREATE TABLE item (id BLOB) STRICT;\n"}, "task_"},
		{"an op nobody recorded", Rooms, map[string]string{"backend/features/task/testdata/ops/task.assign.1.json": ""}, "no recorded encoding task.assign.1.json"},
		{"no ops", Rooms, map[string]string{"backend/features/task/ops.go": "package task\n"}, "no op type is declared"},
		{"no frontend", Rooms, map[string]string{"frontend/src/features/task/routes.tsx": ""}, "no routes.tsx"},
		{"a room only in the frontend", Rooms, map[string]string{"frontend/src/features/chat/api.ts": "//"}, "no feature of this name"},
		{"a room of the app that is not in the list", Rooms, map[string]string{"frontend/src/features/settings/api.ts": "//"}, "does not list settings"},
		{"not in the list of the backend", Rooms, map[string]string{"backend/app/features.go": "package app\n"}, "does not list task"},
		{"not in the list of the frontend", Rooms, map[string]string{"frontend/src/app/features.ts": "//"}, "does not list task"},

		{"a language is missing", Messages, map[string]string{"frontend/src/features/task/messages/en.json": ""}, "no en.json"},
		{"a text is missing in English", Messages, map[string]string{"frontend/src/features/task/messages/en.json": `{"n": {"left_other": "{{count}} left"}}`}, "en.json: n.title is missing"},
		{"a text is missing in Chinese", Messages, map[string]string{"frontend/src/features/task/messages/zh-CN.json": `{"n": {"left_other": "还有 {{count}} 项"}}`}, "zh-CN.json: n.title is missing"},
		{"a value is missing", Messages, map[string]string{"frontend/src/features/task/messages/en.json": `{"n": {"title": "Task", "left_other": "{{count}} left"}}`}, "fills in [], but zh-CN fills in [name]"},
		{"an empty text", Messages, map[string]string{"frontend/src/features/task/messages/en.json": `{"n": {"title": "{{name}}", "left_other": " "}}`}, "n.left_other is empty"},
		{"a list among the texts", Messages, map[string]string{"frontend/src/features/task/messages/en.json": `{"n": ["a"]}`}, "neither a text nor a group"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			files := room()
			for name, text := range c.change {
				if text == "" {
					delete(files, name)
				} else {
					files[name] = text
				}
			}
			findings := c.rule(load(t, files))
			if len(findings) != 1 || !strings.Contains(findings[0].String(), c.want) {
				t.Errorf("found %q, want one finding with %q", findings, c.want)
			}
		})
	}
}

// What the rules excuse, they excuse on purpose.
func TestWhatIsExcused(t *testing.T) {
	files := room()
	maps.Copy(files, map[string]string{
		"sync/session/doc.go":                                "// Package session talks.\npackage session\n\nimport \"time\"\n\nfunc f(c interface{ SetReadDeadline(time.Time) error }) { _ = c.SetReadDeadline(time.Now().Add(1)) }\n",
		"sync/session/a_test.go":                             "package session\n\nimport (\n\t\"testing/synctest\"\n\t\"time\"\n)\n\nfunc g() { synctest.Test(nil, func() { time.Sleep(1) }) }\n",
		"sync/p2p/doc.go":                                    "// Package p2p carries.\npackage p2p\n\nimport _ \"github.com/libp2p/go-libp2p\"\n",
		"frontend/node_modules/flatted/golang/flatted.go":    "package flatted // FIX" + "ME\n",
		"backend/module/moduletest/doc.go":                   "// Package moduletest sets the scene.\npackage moduletest\n\nimport _ \"tongzhou/backend/app\"\n",
		"frontend/wailsjs/go/task/API.js":                    "// TO" + "DO\n",
		"backend/features/task/testdata/ops/old/leftover.go": "not Go at all",
		"backend/features/task/service_test.go":              "package task\n\nimport _ \"tongzhou/backend/apptest\"\n",
		"backend/features/task/schema/0002_search.sql":       "CREATE VIRTUAL TABLE IF NOT EXISTS task_text USING fts5(words, content='');\n",
		"frontend/src/features/task/messages/README.md":      "XX" + "X",
		"backend/features/task/internal/order/doc.go":        "// Package order sorts.\npackage order\n",
		"backend/features/task/task.go":                      "package task\n\nimport _ \"tongzhou/backend/features/task/internal/order\"\n",
	})
	tree := load(t, files)
	for _, name := range slices.Sorted(maps.Keys(rules())) {
		for _, finding := range rules()[name](tree) {
			t.Errorf("%s: %s", name, finding)
		}
	}
}

func TestLoadRefusesWhatDoesNotParse(t *testing.T) {
	_, err := Load(fstest.MapFS{"a.go": {Data: []byte("package")}})
	if err == nil {
		t.Error("a file that does not parse was passed over: nothing in it would be checked")
	}
}

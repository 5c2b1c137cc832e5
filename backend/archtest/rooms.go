package archtest

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

const (
	backendRooms  = "backend/features"
	frontendRooms = "frontend/src/features"
)

// Rooms demands that every feature is built like every other, on both sides, so that a reader finds any of them blind.
func Rooms(t *Tree) []Finding {
	var findings []Finding
	for _, feature := range t.folders(backendRooms) {
		findings = append(findings, backendRoom(t, feature)...)
		findings = append(findings, frontendRoom(t, feature)...)
		findings = append(findings, listed(t, feature, "backend/app/features.go", `"`+module+"/"+backendRooms+"/"+feature+`"`)...)
		findings = append(findings, listed(t, feature, "frontend/src/app/features.ts", "features/"+feature+"/")...)
	}
	for _, feature := range t.folders(frontendRooms) {
		switch {
		case slices.Contains(t.folders(backendRooms), feature):
		case slices.Contains(appRooms(), feature):
			findings = append(findings, listed(t, feature, "frontend/src/app/features.ts", "features/"+feature+"/")...)
		default:
			findings = append(findings, Finding{frontendRooms + "/" + feature, 0, "no feature of this name in the backend: rooms have the same names on both sides"})
		}
	}
	return findings
}

// appRooms are the features of the interface that show backend/app itself, which is no feature: getting into a team, the account and its devices, the
// connections of this device, its settings and backups.
func appRooms() []string { return []string{"team", "account", "connections", "settings", "backup"} }

func backendRoom(t *Tree, feature string) []Finding {
	room := backendRooms + "/" + feature
	findings := missing(t, room, "doc.go", "ops.go", "policy.go", "service.go", "queries.go", "api.go", "module.go")
	if !slices.Contains(controlRooms(), feature) {
		findings = append(findings, missing(t, room, "reduce.go")...)
		findings = append(findings, schema(t, room, feature)...)
	}
	for _, f := range t.gos {
		if f.dir == room && !f.test && f.ast.Name.Name != feature {
			findings = append(findings, Finding{f.name, t.line(f.ast.Name.Pos()), "the package is named like its folder: it is the key of its bindings"})
		}
	}
	for _, demand := range []struct{ file, pattern, why string }{
		{"doc.go", `\bR\d+\b`, "names the requirements it serves, as in R35"},
		{"api.go", `(?m)^type API struct`, "declares type API struct, which is bound to the interface"},
		{"module.go", `(?m)^func New\(`, "declares func New, which hands the feature to app"},
	} {
		name := room + "/" + demand.file
		if !t.has(name) {
			continue // said above
		}
		if text, err := t.read(name); err != nil || !regexp.MustCompile(demand.pattern).MatchString(text) {
			findings = append(findings, Finding{name, 0, demand.why})
		}
	}
	return append(findings, goldens(t, room)...)
}

// controlRooms are the features whose ops are control ops: package authority folds them, so they have neither reducers nor
// tables.
func controlRooms() []string { return []string{"rules"} }

// schema demands strict tables with the feature's prefix.
func schema(t *Tree, room, feature string) []Finding {
	table := regexp.MustCompile(`(?is)CREATE\s+(VIRTUAL\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?"?(\w+)"?([^;]*)`)
	strict := regexp.MustCompile(`(?i)\)[^()]*\bSTRICT\b[^()]*$`)
	var findings []Finding
	files := 0
	for _, name := range t.below(room + "/schema") {
		if path.Ext(name) != ".sql" {
			continue
		}
		files++
		text, err := t.read(name)
		if err != nil {
			findings = append(findings, Finding{name, 0, err.Error()})
			continue
		}
		text = withoutComments(text)
		for _, match := range table.FindAllStringSubmatch(text, -1) {
			virtual, named, body := match[1] != "", match[2], match[3]
			if !strings.HasPrefix(named, feature+"_") {
				findings = append(findings, Finding{name, 0, fmt.Sprintf("table %s: the tables of a feature begin with its name, %s_", named, feature)})
			}
			if !virtual && !strict.MatchString(strings.TrimSpace(body)) {
				findings = append(findings, Finding{name, 0, fmt.Sprintf("table %s is not STRICT", named)})
			}
		}
	}
	if files == 0 {
		findings = append(findings, Finding{room + "/schema", 0, "no schema: a feature's tables are declared in schema/*.sql"})
	}
	return findings
}

func withoutComments(sql string) string {
	return regexp.MustCompile(`--[^\n]*`).ReplaceAllString(sql, "")
}

// goldens demands the recorded encoding of every op type that ops.go declares: once written by anybody, an op must be
// readable for ever.
func goldens(t *Tree, room string) []Finding {
	name := room + "/ops.go"
	if !t.has(name) {
		return nil
	}
	text, err := t.read(name)
	if err != nil {
		return []Finding{{name, 0, err.Error()}}
	}
	recorded := t.below(room + "/testdata/ops")
	var findings []Finding
	kinds := regexp.MustCompile(`"([a-z]+(?:\.[a-z_]+)+)/(\d+)"`).FindAllStringSubmatch(text, -1)
	if len(kinds) == 0 {
		findings = append(findings, Finding{name, 0, `no op type is declared, as in "task.assign/1"`})
	}
	for _, kind := range kinds {
		file := regexp.MustCompile(`/` + regexp.QuoteMeta(kind[1]) + `[._@/-]v?` + kind[2] + `\.json$`)
		if !slices.ContainsFunc(recorded, file.MatchString) {
			why := fmt.Sprintf("op type %s/%s has no recorded encoding %s.%s.json", kind[1], kind[2], kind[1], kind[2])
			findings = append(findings, Finding{room + "/testdata/ops", 0, why})
		}
	}
	return findings
}

func frontendRoom(t *Tree, feature string) []Finding {
	return missing(t, frontendRooms+"/"+feature, "api.ts", "queries.ts", "routes.tsx", "messages/zh-CN.json", "messages/en.json")
}

func missing(t *Tree, room string, files ...string) []Finding {
	var findings []Finding
	for _, file := range files {
		if !t.has(room + "/" + file) {
			findings = append(findings, Finding{room, 0, "no " + file + ": every feature has the same files"})
		}
	}
	return findings
}

// listed demands that a file names the feature: it is the one list of all features on its side.
func listed(t *Tree, feature, list, mention string) []Finding {
	if !t.has(list) {
		return []Finding{{list, 0, "is not there: it is the list of features"}}
	}
	text, err := t.read(list)
	if err != nil {
		return []Finding{{list, 0, err.Error()}}
	}
	if !strings.Contains(text, mention) {
		return []Finding{{list, 0, "does not list " + feature}}
	}
	return nil
}

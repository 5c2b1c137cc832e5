package archtest

import (
	"fmt"
	"go/ast"
	"path"
	"regexp"
	"slices"
	"strings"
)

// PackageDocs demands that every package says what it is for, once, in doc.go.
func PackageDocs(t *Tree) []Finding {
	documented := map[string]string{} // folder → file
	var order []string
	var findings []Finding
	for _, f := range t.gos {
		if f.test {
			continue
		}
		if _, seen := documented[f.dir]; !seen {
			documented[f.dir] = ""
			order = append(order, f.dir)
		}
		if f.ast.Doc == nil {
			continue
		}
		if first := documented[f.dir]; first != "" {
			findings = append(findings, Finding{f.name, t.line(f.ast.Doc.Pos()), "a second package comment, the first is in " + first})
			continue
		}
		documented[f.dir] = f.name
	}
	for _, dir := range order {
		if documented[dir] == "" {
			findings = append(findings, Finding{dir, 0, "no package comment: doc.go says what the package is for"})
		}
	}
	return findings
}

// Leftovers finds marks of unfinished work, in everything we write.
func Leftovers(t *Tree) []Finding {
	// Written in two parts so that this file does not find itself.
	mark := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b`)
	only := regexp.MustCompile(`\b(it|test|describe)\.(only|skip|to` + `do)\b|\bwaitForTime` + `out\(`)
	kinds := []string{".go", ".ts", ".tsx", ".mjs", ".js", ".cjs", ".css", ".sql", ".c", ".html", ".sh", ".yml"}
	var findings []Finding
	for _, name := range t.names {
		if !slices.Contains(kinds, path.Ext(name)) {
			continue
		}
		text, err := t.read(name)
		if err != nil {
			findings = append(findings, Finding{name, 0, err.Error()})
			continue
		}
		number := 0
		for line := range strings.Lines(text) {
			number++
			if word := mark.FindString(line); word != "" {
				findings = append(findings, Finding{name, number, word + ": finish it, or open an issue"})
			}
			if word := only.FindString(line); word != "" && !strings.HasSuffix(name, ".go") {
				findings = append(findings, Finding{name, number, word + ": a disabled test or a fixed wait is a defect"})
			}
		}
	}
	return findings
}

// Habits checks what the style asks of Go code and a parser can see.
func Habits(t *Tree) []Finding {
	var findings []Finding
	for _, f := range t.gos {
		report := func(node ast.Node, why string) {
			findings = append(findings, Finding{f.name, t.line(node.Pos()), why})
		}
		if vague := []string{"util", "utils", "common", "helpers", "misc", "base"}; slices.Contains(vague, f.ast.Name.Name) {
			report(f.ast.Name, "a package is named after what it does, not "+f.ast.Name.Name)
		}
		for _, spec := range f.ast.Imports {
			if spec.Name != nil && spec.Name.Name == "." {
				report(spec, "no dot imports: a reader must see where a name comes from")
			}
		}
		for _, declaration := range f.ast.Decls {
			if fn, ok := declaration.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				report(fn, "no init: what happens at the start is called from main")
			}
		}
		clockCalls(f, report)
	}
	return findings
}

// clockCalls reports tests that sleep and logic that reads the clock. Inside synctest.Test the clock is made up and sleeping
// is exact; a deadline of a stream is by definition one of the real clock.
func clockCalls(f *goFile, report func(ast.Node, string)) {
	excused := func(call *ast.CallExpr) bool {
		selector, ok := call.Fun.(*ast.SelectorExpr)
		deadline := ok && strings.HasPrefix(selector.Sel.Name, "Set") && strings.HasSuffix(selector.Sel.Name, "Deadline")
		return deadline || selected(f, call.Fun) == "synctest.Test"
	}
	ast.Inspect(f.ast, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok {
			return true
		}
		if excused(call) {
			return false
		}
		switch called := selected(f, call.Fun); {
		case f.test && called == "time.Sleep":
			report(call, "time.Sleep in a test: wait for the condition, or use testing/synctest")
		case !f.test && isLogic(f.dir) && (called == "time.Now" || called == "time.Since" || called == "time.Until"):
			report(call, called+" in logic: the clock is handed in")
		}
		return true
	})
}

// isLogic names the folders whose results must depend on their inputs only.
func isLogic(dir string) bool {
	return within(dir, "backend/features", "backend/access", "sync/op", "sync/hlc", "sync/crdt", "sync/keys",
		"sync/authority", "sync/oplog", "sync/replica", "sync/wire", "sync/session")
}

// Purity keeps reducers and policies free of everything that differs between two devices.
func Purity(t *Tree) []Finding {
	impure := []string{"math/rand", "math/rand/v2", "crypto/rand", "os", "net", "net/http", "runtime", "sync", "context"}
	var findings []Finding
	for _, f := range t.gos {
		base := path.Base(f.name)
		if !within(f.dir, "backend/features") || (base != "reduce.go" && base != "policy.go") {
			continue
		}
		t.imports(f, func(imported string, line int, _ *ast.ImportSpec) {
			if slices.Contains(impure, imported) {
				why := fmt.Sprintf("imports %s: %s gives the same answer on every device", imported, base)
				findings = append(findings, Finding{f.name, line, why})
			}
		})
	}
	return findings
}

// selected returns "package.Name" for a call through an import of that name, or "".
func selected(f *goFile, expression ast.Expr) string {
	selector, ok := expression.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	name, ok := selector.X.(*ast.Ident)
	if !ok {
		return ""
	}
	for _, spec := range f.ast.Imports {
		imported := strings.Trim(spec.Path.Value, `"`)
		local := path.Base(imported)
		if spec.Name != nil {
			local = spec.Name.Name
		}
		if local == name.Name {
			return path.Base(imported) + "." + selector.Sel.Name
		}
	}
	return ""
}

package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// module is the path that our own imports begin with.
const module = "tongzhou"

// Finding is one place that breaks a rule, with the reason for the rule, because the person who reads it wants to know what
// to do instead.
type Finding struct {
	Path string // slash path from the repository's root
	Line int    // 0 if it is about the whole file or folder
	Why  string
}

func (f Finding) String() string {
	if f.Line == 0 {
		return f.Path + ": " + f.Why
	}
	return fmt.Sprintf("%s:%d: %s", f.Path, f.Line, f.Why)
}

// Tree is the repository as the rules see it.
type Tree struct {
	files fs.FS
	set   *token.FileSet
	names []string // every file of ours, slash paths, sorted
	gos   []*goFile
}

// goFile is one parsed Go file, whatever its build tags are.
type goFile struct {
	name string
	dir  string // "." for the root
	test bool
	ast  *ast.File
}

// Load reads and parses everything below the root that is ours: not what npm installed, not what was generated or built.
func Load(root fs.FS) (*Tree, error) {
	t := &Tree{files: root, set: token.NewFileSet()}
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if skipped(name) {
				return fs.SkipDir
			}
			return nil
		}
		t.names = append(t.names, name)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list files: %w", err)
	}
	slices.Sort(t.names)
	for _, name := range t.names {
		if !strings.HasSuffix(name, ".go") || strings.Contains(name, "/testdata/") {
			continue
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		parsed, err := parser.ParseFile(t.set, name, text, parser.ParseComments)
		if err != nil {
			return nil, fmt.Errorf("parse: %w", err)
		}
		t.gos = append(t.gos, &goFile{name: name, dir: path.Dir(name), test: strings.HasSuffix(name, "_test.go"), ast: parsed})
	}
	return t, nil
}

func skipped(dir string) bool {
	switch base := path.Base(dir); {
	case base == "node_modules", base == "dist", base == "wailsjs", dir == "out":
		return true
	default:
		return dir != "." && strings.HasPrefix(base, ".")
	}
}

// read returns the text of a file that Load has listed.
func (t *Tree) read(name string) (string, error) {
	text, err := fs.ReadFile(t.files, name)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	return string(text), nil
}

func (t *Tree) has(name string) bool {
	_, found := slices.BinarySearch(t.names, name)
	return found
}

// below lists the files in a folder and its subfolders.
func (t *Tree) below(dir string) []string {
	var list []string
	for _, name := range t.names {
		if strings.HasPrefix(name, dir+"/") {
			list = append(list, name)
		}
	}
	return list
}

// folders lists the direct subfolders of a folder that hold any file, by their own names.
func (t *Tree) folders(dir string) []string {
	var list []string
	for _, name := range t.below(dir) {
		sub, _, isFolder := strings.Cut(strings.TrimPrefix(name, dir+"/"), "/")
		if isFolder && !slices.Contains(list, sub) {
			list = append(list, sub)
		}
	}
	return list
}

func (t *Tree) line(at token.Pos) int { return t.set.Position(at).Line }

// imports calls yield with every import of the file.
func (t *Tree) imports(f *goFile, yield func(imported string, line int, spec *ast.ImportSpec)) {
	for _, spec := range f.ast.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has accepted it, so this is a string
		}
		yield(imported, t.line(spec.Pos()), spec)
	}
}

// ours turns an import path into a folder of this repository, and tells whether it is one.
func ours(imported string) (dir string, ok bool) {
	if imported == module {
		return ".", true
	}
	return strings.CutPrefix(imported, module+"/")
}

// within tells whether dir is one of the folders or lies below one.
func within(dir string, folders ...string) bool {
	return slices.ContainsFunc(folders, func(folder string) bool {
		return dir == folder || strings.HasPrefix(dir, folder+"/")
	})
}

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// fuzz searches every fuzz target for a while; go test takes one at a time.
func (t *tool) fuzz(ctx context.Context, out io.Writer, each time.Duration) error {
	files, err := goFiles(t.root)
	if err != nil {
		return err
	}
	target := regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(t.path(file))
		if err != nil {
			return fmt.Errorf("look for fuzz targets: %w", err)
		}
		pkg := "./" + filepath.ToSlash(filepath.Dir(file))
		for _, match := range target.FindAllStringSubmatch(string(text), -1) {
			fmt.Fprintf(out, "%s %s\n", pkg, match[1])
			if err := t.do(ctx, out, "go", "test", "-tags", headlessTags, "-run", "^$",
				"-fuzz", "^"+match[1]+"$", "-fuzztime", each.String(), pkg); err != nil {
				return err
			}
		}
	}
	return nil
}

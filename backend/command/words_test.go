package command

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every fault that this package makes has a sentence in both languages, and both languages have the same sentences.
func TestEveryFaultHasASentence(t *testing.T) {
	zh, err := loadWords("zh-CN")
	if err != nil {
		t.Fatal(err)
	}
	en, err := loadWords("en")
	if err != nil {
		t.Fatal(err)
	}
	if a, b := slices.Sorted(maps.Keys(zh)), slices.Sorted(maps.Keys(en)); !slices.Equal(a, b) {
		t.Errorf("zh-CN has\n%s\nen has\n%s", strings.Join(a, " "), strings.Join(b, " "))
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	codes := 0
	made := regexp.MustCompile(`fault\.(?:New|Wrap)\("([a-z_.]+)"`)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range made.FindAllStringSubmatch(string(text), -1) {
			codes++
			if zh["fault."+m[1]] == "" {
				t.Errorf("%s: %s has no sentence", name, m[1])
			}
		}
	}
	if codes < 10 {
		t.Errorf("only %d faults found", codes)
	}
}

package archtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// languages of the interface. The first is the one that texts are written in.
func languages() []string { return []string{"zh-CN", "en"} }

// Messages demands that every folder of texts says the same things in every language, with the same values filled in.
func Messages(t *Tree) []Finding {
	var findings []Finding
	var folders []string
	for _, name := range t.names {
		dir := path.Dir(name)
		if path.Base(dir) == "messages" && path.Ext(name) == ".json" && !slices.Contains(folders, dir) {
			folders = append(folders, dir)
		}
	}
	for _, dir := range folders {
		var texts []map[string]string
		for _, language := range languages() {
			name := dir + "/" + language + ".json"
			if !t.has(name) {
				findings = append(findings, Finding{dir, 0, "no " + language + ".json: every text is in every language"})
				continue
			}
			one, err := loadTexts(t, name)
			if err != nil {
				findings = append(findings, Finding{name, 0, err.Error()})
				continue
			}
			texts = append(texts, one)
			findings = append(findings, emptyTexts(name, one)...)
		}
		if len(texts) == len(languages()) {
			findings = append(findings, compareTexts(dir, texts[0], texts[1])...)
		}
	}
	return findings
}

func emptyTexts(name string, texts map[string]string) []Finding {
	var findings []Finding
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		if strings.TrimSpace(texts[key]) == "" {
			findings = append(findings, Finding{name, 0, key + " is empty"})
		}
	}
	return findings
}

func compareTexts(dir string, chinese, english map[string]string) []Finding {
	var findings []Finding
	report := func(language, format string, args ...any) {
		findings = append(findings, Finding{dir + "/" + language + ".json", 0, fmt.Sprintf(format, args...)})
	}
	// A language has as many plural forms as it has; what must agree is the text they are forms of.
	here, there := byText(chinese), byText(english)
	for _, key := range slices.Sorted(maps.Keys(here)) {
		other, ok := there[key]
		if !ok {
			report("en", "%s is missing", key)
			continue
		}
		if !slices.Equal(here[key], other) {
			report("en", "%s fills in %v, but zh-CN fills in %v", key, other, here[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(there)) {
		if _, ok := here[key]; !ok {
			report("zh-CN", "%s is missing", key)
		}
	}
	return findings
}

// byText maps the key of each text, without its plural ending, to the sorted names of the values it fills in. The number
// that picks the plural form need not be written out ("one message"), so it is left aside where there are plural forms.
func byText(texts map[string]string) map[string][]string {
	plural := regexp.MustCompile(`_(zero|one|two|few|many|other)$`)
	value := regexp.MustCompile(`\{\{-?\s*(\w+)[^}]*\}\}`)
	filled := map[string][]string{}
	for key, text := range texts {
		base := plural.ReplaceAllString(key, "")
		names := filled[base]
		if names == nil {
			names = []string{}
		}
		for _, match := range value.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(names, match[1]) && match[1] != "count" {
				names = append(names, match[1])
			}
		}
		slices.Sort(names)
		filled[base] = names
	}
	return filled
}

// loadTexts flattens a file of nested texts to dotted keys.
func loadTexts(t *Tree, name string) (map[string]string, error) {
	text, err := t.read(name)
	if err != nil {
		return nil, err
	}
	var nested map[string]any
	if err := json.Unmarshal([]byte(text), &nested); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	flat := map[string]string{}
	return flat, flatten(flat, "", nested)
}

func flatten(into map[string]string, prefix string, nested map[string]any) error {
	for key, value := range nested {
		switch value := value.(type) {
		case string:
			into[prefix+key] = value
		case map[string]any:
			if err := flatten(into, prefix+key+".", value); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%s%s is neither a text nor a group of texts", prefix, key)
		}
	}
	return nil
}

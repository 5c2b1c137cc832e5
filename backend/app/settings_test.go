package app

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

func errNoSpace() error { return &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC} }

func TestSettings(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "张三")
	standard := SettingsDTO{Language: "system", Theme: "system", SendKey: "enter"}
	if s, err := p.api.Settings(); err != nil || s != standard {
		t.Fatalf("at first %+v, %v", s, err)
	}
	good := SettingsDTO{Language: "zh-CN", Theme: "dark", SendKey: "ctrl_enter"}
	for _, bad := range []SettingsDTO{
		{}, {Language: "fr", Theme: "dark", SendKey: "enter"}, {Language: "en", Theme: "pink", SendKey: "enter"}, {Language: "en", Theme: "dark", SendKey: "shift"},
	} {
		_, err := p.api.SaveSettings(bad)
		wantFault(t, err, "settings.invalid")
	}
	if s, _ := p.api.Settings(); s != standard {
		t.Fatalf("something invalid was saved: %+v", s)
	}
	heard := make(chan struct{}, 1)
	defer p.Bus().Subscribe(func(topic string, _ any) {
		if topic == "settings" {
			heard <- struct{}{}
		}
	})()
	if s, err := p.api.SaveSettings(good); err != nil || s != good {
		t.Fatalf("saved %+v, %v", s, err)
	}
	select {
	case <-heard:
	case <-time.After(soon):
		t.Error("nobody heard of it")
	}
	p.found()
	p.stop()
	if err := os.WriteFile(p.file(settingsFile), []byte(`{"language":"zh-CN","theme":"nonsense","sendKey":"ctrl_enter"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	p.start()
	good.Theme = "system"
	if s := p.state().Settings; s != good {
		t.Errorf("after a restart %+v, want %+v", s, good)
	}
}

// Every finding of the doctor has a sentence, and what is not fine has a remedy, wherever it is shown.
func TestTheDoctorsCodesHaveTexts(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("doctor.go")
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]string{} // code → state
	for _, m := range regexp.MustCompile(`Name: "(\w+)", State: "(\w+)", Code: "([\w.]+)"`).FindAllStringSubmatch(string(source), -1) {
		if !strings.HasPrefix(m[3], m[1]+".") || (m[2] == "ok") != strings.HasSuffix(m[3], ".ok") {
			t.Errorf("check %q", m[0])
		}
		codes[m[3]] = m[2]
	}
	if n := strings.Count(string(source), `Code: "`); len(codes) < 10 || n != strings.Count(string(source), `Check{Name: "`) {
		t.Fatalf("%d codes found in %d places", len(codes), n)
	}
	for _, language := range []string{"zh-CN", "en"} {
		raw, err := os.ReadFile(filepath.Join("..", "command", "messages", language+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var texts map[string]string
		if err := json.Unmarshal(raw, &texts); err != nil {
			t.Fatal(err)
		}
		shown := screenTexts(t, language)
		for code, state := range codes {
			keys := []string{"doctor.text." + code, "doctor.name." + code[:strings.Index(code, ".")]}
			if state != "ok" {
				keys = append(keys, "doctor.remedy."+code)
			}
			for _, key := range keys {
				if texts[key] == "" {
					t.Errorf("%s: the command line has no %s", language, key)
				}
				if !shown[key] {
					t.Errorf("%s: the screen has no %s", language, key)
				}
			}
		}
	}
}

// screenTexts are the keys of the settings' texts, joined with dots.
func screenTexts(t *testing.T, language string) map[string]bool {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "frontend", "src", "features", "settings", "messages", language+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := json.Unmarshal(raw, &tree); err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	var walk func(prefix string, node map[string]any)
	walk = func(prefix string, node map[string]any) {
		for key, v := range node {
			if next, ok := v.(map[string]any); ok {
				walk(prefix+key+".", next)
			} else {
				out[prefix+key] = true
			}
		}
	}
	walk("", tree)
	return out
}

func TestTheDoctorLooksAtThisMachine(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "张三")
	seen := map[string]bool{}
	for _, c := range p.api.Doctor() {
		seen[c.Name] = true
		if c.Params == nil || c.OK != (c.State == "ok") || !strings.HasPrefix(c.Code, c.Name+".") {
			t.Errorf("check %+v", c)
		}
	}
	for _, name := range []string{"keychain", "mdns", "ports", "disk", "clock"} {
		if !seen[name] {
			t.Errorf("no check of %s", name)
		}
	}
	file := filepath.Join(p.dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if c := checkDisk(filepath.Join(file, "not there", "yet")); c.State != "fail" || c.Code != "disk.not_writable" {
		t.Errorf("a folder below a file: %+v", c)
	}
	if c := checkDisk(filepath.Join(p.dir, "not there", "yet")); c.State == "fail" {
		t.Errorf("a folder that can be made: %+v", c)
	}
	if entries, err := filepath.Glob(filepath.Join(p.dir, ".tongzhou-check-*")); err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	for at, state := range map[string]string{"1970-01-01T00:00:00Z": "fail", "2027-03-01T00:00:00Z": "ok", "2070-01-01T00:00:00Z": "fail"} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if c := checkClock(now); c.State != state {
			t.Errorf("at %s: %+v", at, c)
		}
	}
}

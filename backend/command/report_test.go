package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"tongzhou/backend/desktop"
	"tongzhou/backend/fault"
)

func TestDoctor(t *testing.T) {
	checks := []Check{
		{Name: "disk", State: StateOK, Code: "disk.ok", Params: map[string]string{"free": "12 GB"}},
		{Name: "ports", State: StateFail, Code: "ports.taken", Params: map[string]string{"port": "4001"}},
		{Name: "mdns", State: StateWarn, Code: "mdns.no_interface"},
		{Name: "clock", State: StateWarn, Code: "clock.of_the_future"},
	}
	for language, want := range map[string][]string{
		"zh_CN.UTF-8": {"[正常] 磁盘: 剩余 12 GB\n", "[失败] 网络端口: 端口 4001 已被其他程序占用\n     → 退出占用该端口的程序", "[注意] 桌面窗口: 此程序不带桌面窗口\n     → "},
		"en_US.UTF-8": {"[ok] Disk: 12 GB free\n", "[failed] Network ports: port 4001 is used by another program\n     → Quit the program", "[warning] Clock: clock.of_the_future\n"},
	} {
		s := newStage(t, map[string]string{"LANG": language})
		s.CanOpen = func(func(string) string) error { return desktop.ErrNotBuilt }
		var asked string
		s.Doctor = func(_ context.Context, dir string) []Check { asked = dir; return checks }
		dir := filepath.Join(t.TempDir(), "absent")
		if code := s.run(t.Context(), "doctor", "--data", dir); code != exitFail {
			t.Errorf("exit %d although a check failed", code)
		}
		for _, text := range want {
			if !strings.Contains(s.stdout.String(), text) {
				t.Errorf("the report lacks %q:\n%s", text, s.stdout)
			}
		}
		if _, err := os.Stat(dir); asked != dir || err == nil {
			t.Errorf("asked about %s, and made the directory: %v", asked, err == nil)
		}
		if s.stderr.Len() > 0 {
			t.Errorf("said %s", s.stderr)
		}
	}
}

func TestDoctorJSON(t *testing.T) {
	s := newStage(t, nil)
	s.Doctor = func(context.Context, string) []Check {
		return []Check{{Name: "webview", State: StateOK, Code: "webview.ok", Params: map[string]string{"engine": "E"}}, {Name: "mdns", State: StateWarn, Code: "mdns.no_interface"}}
	}
	if code := s.run(t.Context(), "doctor", "--json"); code != exitOK {
		t.Errorf("exit %d for warnings only: %s", code, s.stderr)
	}
	var report []map[string]any
	if err := json.Unmarshal(s.stdout.Bytes(), &report); err != nil {
		t.Fatal(err)
	}
	if len(report) != 2 || report[0]["text"] != "available (E)" || report[0]["remedy"] != nil || report[1]["remedy"] == nil {
		t.Errorf("report %v", report)
	}
}

func TestEveryProblemHasARemedy(t *testing.T) {
	for _, language := range []string{"zh-CN", "en"} {
		words, err := loadWords(language)
		if err != nil {
			t.Fatal(err)
		}
		for key := range words {
			code, isText := strings.CutPrefix(key, "doctor.text.")
			if !isText {
				continue
			}
			if _, has := words["doctor.remedy."+code]; has == strings.HasSuffix(code, ".ok") {
				t.Errorf("%s: remedy for %s: %v", language, code, has)
			}
			name, _, _ := strings.Cut(code, ".")
			if _, has := words["doctor.name."+name]; !has {
				t.Errorf("%s: %s has no name", language, name)
			}
		}
	}
}

func TestVerify(t *testing.T) {
	s := newStage(t, nil)
	dir := t.TempDir()
	s.Verify = func(_ context.Context, asked string, out io.Writer) error {
		if asked != dir {
			t.Errorf("verified %s, want %s", asked, dir)
		}
		if _, err := hold(dir); err == nil {
			t.Error("the directory is not held")
		}
		_, err := fmt.Fprintln(out, "42 rows equal")
		return err
	}
	if code := s.run(t.Context(), "verify", "--data", dir); code != exitOK || s.stdout.String() != "42 rows equal\n" {
		t.Errorf("exit %d: %s%s", code, s.stdout, s.stderr)
	}
	s.Verify = func(context.Context, string, io.Writer) error { return errors.New("chat_message differs") }
	if code := s.run(t.Context(), "verify", "--data", dir); code != exitFail || !strings.Contains(s.stderr.String(), "chat_message differs") {
		t.Errorf("exit %d for a difference: %s", code, s.stderr)
	}
}

func TestVerifyRefuses(t *testing.T) {
	s := newStage(t, nil)
	s.Verify = func(context.Context, string, io.Writer) error { t.Error("verified"); return nil }
	absent := filepath.Join(t.TempDir(), "absent")
	if code := s.run(t.Context(), "verify", "--data", absent); code != exitFail || !strings.Contains(s.stderr.String(), "no data directory") {
		t.Errorf("exit %d: %s", code, s.stderr)
	}
	if _, err := os.Stat(absent); err == nil {
		t.Error("verify made the directory")
	}
	held := t.TempDir()
	release, err := hold(held)
	if err != nil {
		t.Fatal(err)
	}
	if code := s.run(t.Context(), "verify", "--data", held); code != exitFail || !strings.Contains(s.stderr.String(), fmt.Sprintf("process %d", os.Getpid())) {
		t.Errorf("exit %d: %s", code, s.stderr)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
}

func TestHoldKeepsTheNumberOfTheHolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, lockName), []byte("an old and longer text\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	release, err := hold(dir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, lockName))
	if err != nil || string(text) != fmt.Sprintf("%d\n", os.Getpid()) {
		t.Errorf("the lock says %q, %v", text, err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if _, err := hold(filepath.Join(dir, "absent")); err == nil || fault.Code(err) == "data.held" {
		t.Errorf("held a directory that is not there: %v", err)
	}
}

func TestVersion(t *testing.T) {
	s := newStage(t, nil)
	if code := s.run(t.Context(), "version"); code != exitOK {
		t.Fatalf("exit %d: %s", code, s.stderr)
	}
	for _, want := range []string{"tongzhou dev\n", "commit ", "go1."} {
		if !strings.Contains(s.stdout.String(), want) {
			t.Errorf("version lacks %q: %s", want, s.stdout)
		}
	}
	info := &debug.BuildInfo{Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.time", Value: "2026-01-02T03:04:05Z"}, {Key: "vcs.modified", Value: "true"},
	}}
	if got := commitOf(info); got != "abc 2026-01-02T03:04:05Z modified" {
		t.Errorf("commit %q", got)
	}
	if got := commitOf(nil); got != "unknown" {
		t.Errorf("commit %q", got)
	}
}

func TestLanguage(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want string
	}{
		{nil, "zh-CN"},
		{map[string]string{"LANG": "zh_CN.UTF-8"}, "zh-CN"},
		{map[string]string{"LANG": "zh_TW.UTF-8"}, "zh-CN"},
		{map[string]string{"LANG": "en_US.UTF-8"}, "en"},
		{map[string]string{"LANG": "de_DE.UTF-8"}, "en"},
		{map[string]string{"LANG": "C"}, "en"},
		{map[string]string{"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"},
		{map[string]string{"LC_ALL": "C.UTF-8", "LANGUAGE": "zh_CN"}, "zh-CN"},
		{map[string]string{"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"}, "zh-CN"},
		{map[string]string{"LC_ALL": "C.UTF-8", "LANG": "en_US.UTF-8"}, "en"},
	} {
		if got := languageOf(func(name string) string { return c.env[name] }); got != c.want {
			t.Errorf("%v: %s, want %s", c.env, got, c.want)
		}
	}
}

func TestExplain(t *testing.T) {
	words, err := loadWords("en")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		err  error
		want string
	}{
		{errors.New("plain"), "plain"},
		{fmt.Errorf("outer: %w", fault.New("data.missing", "dir", "/x")), "There is no data directory /x. Name Tongzhou's data directory with --data."},
		{fault.Wrap("store.damaged", errors.New("page 7"), "file", "a b"), `store.damaged file="a b": page 7`},
	} {
		if got := words.explain(c.err); got != c.want {
			t.Errorf("%v: %q, want %q", c.err, got, c.want)
		}
	}
}

package command

import (
	"context"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"tongzhou/sync/relay/link"
	"tongzhou/sync/relay/store"
	"tongzhou/sync/wire"
)

// linkIn finds the link in what a command printed.
func linkIn(t *testing.T, text string) link.Link {
	t.Helper()
	l, err := link.Parse(text)
	if err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	return l
}

func TestRelay(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "relay")
	first := newStage(t, map[string]string{"LANG": "zh_CN.UTF-8"})
	address, end := first.serving(t, "relay", "--data", dir, "--listen", "/ip4/127.0.0.1/tcp/0")
	l := linkIn(t, first.stdout.String())
	if len(l.Addrs) != 1 || !strings.HasPrefix(l.Addrs[0], "/ip4/127.0.0.1/tcp/") || len(l.Token) != 16 {
		t.Errorf("%+v", l)
	}
	if !strings.Contains(first.stdout.String(), "中继已启动") || !strings.Contains(first.stdout.String(), "█") {
		t.Errorf("printed:\n%s", first.stdout)
	}
	answer, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil || !strings.Contains(string(page), "同舟中继") || strings.Contains(string(page), "relay.page.") {
		t.Errorf("the page: %v\n%s", err, page)
	}

	// Beside the running relay.
	second := newStage(t, nil)
	if code := second.run(t.Context(), "relay", "--data", dir); code != exitFail || !strings.Contains(second.stderr.String(), dir) {
		t.Errorf("a second relay on the same data: exit %d, %s", code, second.stderr)
	}
	another := newStage(t, nil)
	if code := another.run(t.Context(), "relay", "allow", "--data", dir); code != exitOK {
		t.Errorf("exit %d: %s", code, another.stderr)
	}
	if m := linkIn(t, another.stdout.String()); m.Key != l.Key || string(m.Token) == string(l.Token) {
		t.Errorf("%+v", m)
	}
	if code := end(); code != exitOK {
		t.Errorf("exit %d: %s", code, first.stderr)
	}
	for path, mode := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, relayKeyFile): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode && os.PathSeparator == '/' {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}

	// With a team, it prints no link by itself, and is the same relay as before.
	tag := wire.TeamTag{0xaa, 0xbb}
	s, err := store.OpenSQLite(t.Context(), filepath.Join(dir, relayDatabase))
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), func(tx store.Tx) error {
		_, err := tx.AddTeam(t.Context(), tag, time.Date(2026, 1, 2, 12, 0, 0, 0, time.Local).UnixMilli())
		return err
	})
	if err = errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	again := newStage(t, nil)
	_, end = again.serving(t, "relay", "--data", dir, "--listen", "/ip4/127.0.0.1/tcp/0")
	if code := end(); code != exitOK || strings.Contains(again.stdout.String(), link.Scheme) {
		t.Errorf("exit %d, printed:\n%s", code, again.stdout)
	}
	teams := newStage(t, nil)
	if code := teams.run(t.Context(), "relay", "teams", "--data", dir); code != exitOK || !strings.Contains(teams.stdout.String(), hex.EncodeToString(tag[:])) || !strings.Contains(teams.stdout.String(), "2026-01-02") {
		t.Errorf("exit %d, printed:\n%s", code, teams.stdout)
	}
	for want, name := range map[int]string{exitOK: hex.EncodeToString(tag[:]), exitFail: hex.EncodeToString(make([]byte, 16))} {
		remove := newStage(t, nil)
		if code := remove.run(t.Context(), "relay", "remove", "--data", dir, name); code != want {
			t.Errorf("removing %s: exit %d, %s", name, code, remove.stderr)
		}
	}
}

func TestRelayRefuses(t *testing.T) {
	damaged := t.TempDir()
	if err := os.WriteFile(filepath.Join(damaged, relayKeyFile), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(t.TempDir(), "nothing")
	for name, args := range map[string][]string{
		"a damaged key":              {"relay", "--data", damaged},
		"an unknown kind of store":   {"relay", "--data", t.TempDir(), "--store", "mysql://x"},
		"a status page for everyone": {"relay", "--data", t.TempDir(), "--listen", "/ip4/127.0.0.1/tcp/0", "--status", "0.0.0.0:0"},
		"an address that is none":    {"relay", "--data", t.TempDir(), "--listen", "here"},
		"allow without a relay":      {"relay", "allow", "--data", empty},
		"teams without a relay":      {"relay", "teams", "--data", empty},
		"remove without a relay":     {"relay", "remove", "--data", empty, strings.Repeat("00", 16)},
		"remove without a tag":       {"relay", "remove", "--data", damaged, "abc"},
	} {
		s := newStage(t, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		if code := s.run(ctx, args...); code != exitFail || s.stderr.Len() == 0 || strings.Contains(s.stderr.String(), "fault.") {
			t.Errorf("%s: exit %d, %s", name, code, s.stderr)
		}
		cancel()
	}
	if text, err := os.ReadFile(filepath.Join(damaged, relayKeyFile)); string(text) != "short" || err != nil {
		t.Errorf("the damaged key was changed: %q, %v", text, err)
	}
	if _, err := os.Stat(empty); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder was made: %v", err)
	}
}

// The examples for service managers call the program as it is.
func TestServiceExamples(t *testing.T) {
	const folder = "../../build/relay/"
	read := func(name string) string {
		t.Helper()
		text, err := os.ReadFile(folder + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	fields := func(name, pattern string) []string {
		t.Helper()
		m := regexp.MustCompile(pattern).FindStringSubmatch(read(name))
		if m == nil {
			t.Fatalf("%s has no command", name)
		}
		return strings.Fields(strings.NewReplacer("`\"", "").Replace(m[1]))
	}
	var plist struct {
		Strings []string `xml:"dict>array>string"`
	}
	if err := xml.Unmarshal([]byte(read("cn.tongzhou.relay.plist")), &plist); err != nil || len(plist.Strings) < 2 {
		t.Fatalf("%d words, %v", len(plist.Strings), err)
	}
	for name, args := range map[string][]string{
		"systemd": fields("tongzhou-relay.service", `ExecStart=\S+ (.*)`),
		"Windows": fields("install-service.ps1", "BinaryPathName \"`\"\\$program`\" (.*)\" \\|"),
		"launchd": plist.Strings[1:],
	} {
		var asked grammar
		words, err := loadWords("en")
		if err != nil {
			t.Fatal(err)
		}
		parser, err := kong.New(&asked, kong.Vars(words.help()))
		if err != nil {
			t.Fatal(err)
		}
		chosen, err := parser.Parse(args)
		if err != nil || chosen.Command() != "relay start" || asked.Relay.Start.Data == "" || !strings.HasPrefix(asked.Relay.Start.Status, "127.0.0.1:") {
			t.Errorf("%s: %q is understood as %v, %+v, %v", name, args, chosen, asked.Relay.Start, err)
		}
	}
}

package command

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tongzhou/backend/fault"
)

// U4: a passphrase comes from a file or standard input, never from an argument, and what came of it is a sentence.
func TestBackupCommand(t *testing.T) {
	data, to, secret := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("kT7#mwzq\r\nnot this\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want Backup
	}{
		{nil, Backup{}},
		{[]string{"--to", to, "--passphrase", secret}, Backup{To: to, Passphrase: "kT7#mwzq"}},
		{[]string{"--to", to, "--passphrase", "-"}, Backup{To: to, Passphrase: "typed"}},
	} {
		s := newStage(t, nil)
		s.Stdin = strings.NewReader("typed\n")
		var got Backup
		s.Backup = func(_ context.Context, dir string, in Backup, progress Progress) (Outcome, error) {
			if dir != data {
				t.Errorf("backs up %s", dir)
			}
			got = in
			progress("writing", 1, 2)
			return Outcome{"backup.tested", map[string]string{"folder": to, "added": "1 kB", "size": "2 kB", "ops": "3"}}, nil
		}
		if code := s.run(t.Context(), append([]string{"backup", "--data", data}, c.args...)...); code != exitOK || got != c.want {
			t.Errorf("%v: exit %d, asked for %+v; %s", c.args, code, got, s.stderr)
		}
		if !strings.Contains(s.stdout.String(), "restored on trial") || !strings.Contains(s.stderr.String(), "Writing: 1 of 2") {
			t.Errorf("says %s, %s", s.stdout, s.stderr)
		}
	}
	s := newStage(t, nil)
	if code := s.run(t.Context(), "backup", "--data", filepath.Join(data, "gone")); code != exitFail || !strings.Contains(s.stderr.String(), "gone") {
		t.Errorf("exit %d, %s", code, s.stderr)
	}
	if _, err := os.Stat(filepath.Join(data, "gone")); err == nil {
		t.Error("a data directory was made")
	}
}

// U5, U6: restoring asks whether the old machine is gone, and says what was done.
func TestRestoreCommand(t *testing.T) {
	data, from := filepath.Join(t.TempDir(), "new"), t.TempDir()
	s := newStage(t, nil)
	s.Stdin = strings.NewReader("apple banana\n")
	var got Restore
	s.Restore = func(_ context.Context, _ string, in Restore, _ Progress) (Outcome, error) {
		got = in
		if !in.OldIsGone {
			return Outcome{}, fault.New("restore.old", "device", "PC", "at", "2026-01-02 03:04")
		}
		return Outcome{"restore.done", map[string]string{"dir": data, "device": "PC", "at": "2026", "ops": "3", "rows": "4"}}, nil
	}
	args := []string{"restore", "--data", data, "--from", from, "--words", "-", "--number", "2"}
	if code := s.run(t.Context(), args...); code != exitFail || !strings.Contains(s.stderr.String(), "--old-machine-gone") {
		t.Errorf("exit %d, %s", code, s.stderr)
	}
	if got != (Restore{From: from, Words: "apple banana", Run: 2}) {
		t.Errorf("asked for %+v", got)
	}
	s.Stdin = strings.NewReader("apple banana\n")
	if code := s.run(t.Context(), append(args, "--old-machine-gone")...); code != exitOK || !strings.Contains(s.stdout.String(), "4 rows") || !got.OldIsGone {
		t.Errorf("exit %d, %s, %s", code, s.stdout, s.stderr)
	}
	if code := s.run(t.Context(), "restore", "--data", data); code != exitUsage {
		t.Errorf("without --from: exit %d", code)
	}
}

// Both write into, or beside, a data directory that belongs to one process at a time.
func TestBackupAndRestoreHoldTheDataDirectory(t *testing.T) {
	data := t.TempDir()
	release, err := hold(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"backup"}, {"restore", "--from", t.TempDir()}} {
		s := newStage(t, nil)
		if code := s.run(t.Context(), append(args, "--data", data)...); code != exitFail || !strings.Contains(s.stderr.String(), "another Tongzhou") {
			t.Errorf("%v: exit %d, %s", args, code, s.stderr)
		}
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
}

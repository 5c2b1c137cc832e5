package command

import (
	"context"
	"os"
	"strings"
	"testing"

	"tongzhou/backend/fault"
)

// The passphrase of a program without a person is read once, and nothing started from here inherits it.
func TestThePassphraseLeavesTheEnvironment(t *testing.T) {
	if u := takeUnlock(); u != nil {
		t.Fatal("unlocked by nothing")
	}
	t.Setenv("TONGZHOU_STAFF_NO", "1001")
	t.Setenv("TONGZHOU_PASSPHRASE", "kT7#mwzq")
	u := takeUnlock()
	if u == nil || u.StaffNo != "1001" || u.Passphrase != "kT7#mwzq" {
		t.Fatalf("read %v", u)
	}
	if strings.Contains(u.String(), "kT7") {
		t.Error("it is printed")
	}
	for _, name := range []string{"TONGZHOU_STAFF_NO", "TONGZHOU_PASSPHRASE"} {
		if _, there := os.LookupEnv(name); there {
			t.Errorf("%s is still there", name)
		}
	}
}

// A release without encryption touches no data, and says why; it still tells its version and what is wrong.
func TestAProgramThatIsNotFitRefuses(t *testing.T) {
	for _, args := range [][]string{{"serve"}, {"verify"}, {}} {
		s := newStage(t, map[string]string{"LANG": "en"})
		s.Fit = func() error { return fault.New("store.no_cipher") }
		s.Args = append(args, "--data", t.TempDir())
		if code := s.Run(context.Background(), s.Environment); code != exitFail || !strings.Contains(s.stderr.String(), "without encryption") {
			t.Errorf("%v: exit %d, %s", args, code, s.stderr)
		}
		if s.app != nil && s.app.did() != "" {
			t.Errorf("%v: %s", args, s.app.did())
		}
	}
	if err := fit(); err != nil { // no release
		t.Errorf("this build refuses: %v", err)
	}
}

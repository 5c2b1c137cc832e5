package command

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tongzhou/sync/authority"
	"tongzhou/sync/evidence"
	"tongzhou/sync/hlc"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// auditFile is the export of a team of one, whose founder has set a house rule.
func auditFile(t *testing.T) []byte {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	root, err := keys.NewRoot([32]byte{1})
	check(err)
	device, err := keys.NewDevice(rand.Reader)
	check(err)
	cert, err := keys.Certify(root, device, "laptop\x1b[31m")
	if err != nil { // names of devices are checked; a plain one does as well
		cert, err = keys.Certify(root, device, "laptop")
	}
	check(err)
	team, secret, noon := op.TeamID{1}, keys.TeamSecret{2}, time.Date(2026, 11, 10, 12, 0, 0, 0, time.UTC)
	tag := secret.ScopeTag(keys.ControlScope(team))
	key, err := secret.BootstrapKey(tag)
	check(err)
	var raw []byte
	var head op.ID
	write := func(seq uint64, typ string, payload any, deps ...op.ID) op.ID {
		enc, err := op.Marshal(payload)
		check(err)
		plain, err := op.EncodeBody(op.Body{HLC: hlc.FromWall(noon) + hlc.Time(seq), Type: typ, Payload: enc, Deps: deps})
		check(err)
		h := op.Header{Version: op.Version, Kind: op.Control, Scope: tag, Device: device.ID, Incarnation: 7, Seq: seq, Prev: head}
		ct, err := op.SealBody(key, h, plain)
		check(err)
		o := op.Sign(h, ct, device.Sign)
		raw, head = o.AppendTo(raw), o.ID()
		return head
	}
	genesis := write(1, authority.TypeGenesis, authority.Genesis{Team: team, RootPub: root.SignPub(), RootBox: root.BoxPub(), Device: cert, Nonce: make([]byte, 16)})
	three, err := op.Marshal(3)
	check(err)
	write(2, authority.TypeRule, authority.Rule{Key: "chat.burst_same", Value: three, Proof: genesis}, genesis)
	var out bytes.Buffer
	_, err = evidence.Write(&out, evidence.Input{
		Team: team, Genesis: genesis, Tag: tag, User: root.ID, Device: device.ID, Sign: device.Sign, At: noon.Add(time.Minute),
		Bootstrap: secret.BootstrapSecret(tag), Frames: func(frame func([]byte) error) error { return frame(raw) },
		Names: []evidence.Name{{ID: root.ID[:], Name: "张\x1b[2J伟", StaffNo: "XH001"}},
	})
	check(err)
	return out.Bytes()
}

func TestR139VerifyAudit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.tzaudit")
	file := auditFile(t)
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	s := newStage(t, nil)
	if code := s.run(t.Context(), "verify", "--audit", path); code != exitOK {
		t.Fatalf("exit %d: %s%s", code, s.stdout, s.stderr)
	}
	got := s.stdout.String()
	for _, want := range []string{
		"2026-11-10T12:00:00Z\t张·[2J伟 XH001\tlaptop\tfounded the team (device laptop)\tvalid\n", "set rule chat.burst_same to 3\tvalid\n",
		"PASS: " + path, "2 entries (1 signed chains, 2 operations", "team fingerprint",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in:\n%s", want, got)
		}
	}
	if strings.Contains(got, "\x1b") {
		t.Error("a name steers the terminal")
	}

	file[len(file)/2] ^= 1
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	s = newStage(t, map[string]string{"LANG": "zh_CN.UTF-8"})
	if code := s.run(t.Context(), "verify", "--audit", path); code != exitFail || !strings.HasPrefix(s.stdout.String(), "不通过：") {
		t.Errorf("exit %d for a changed file: %s%s", code, s.stdout, s.stderr)
	}
	if code := s.run(t.Context(), "verify", "--audit", path+".absent"); code != exitFail || !strings.Contains(s.stderr.String(), "无法打开") {
		t.Errorf("exit %d for no file: %s", code, s.stderr)
	}
}

// TestEveryActIsDescribed holds the texts against the acts that there are.
func TestEveryActIsDescribed(t *testing.T) {
	for _, language := range []string{"zh-CN", "en"} {
		w, err := loadWords(language)
		if err != nil {
			t.Fatal(err)
		}
		for _, action := range strings.Fields(`found invite invite_cancel join grant remove freeze remove_compromised leave replace_owner device_link
			device_sign_out device_lost cut dept_set dept_end place rule_set rule_reset unknown`) {
			if _, ok := w["audit.action."+action]; !ok {
				t.Errorf("%s: no words for %s", language, action)
			}
		}
		for v := authority.Unknown; v <= authority.Valid; v++ {
			if _, ok := w["audit.state."+v.String()]; !ok {
				t.Errorf("%s: no words for %s", language, v)
			}
		}
	}
}

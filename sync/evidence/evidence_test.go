package evidence_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"testing"
	"time"

	"tongzhou/sync/authority"
	"tongzhou/sync/evidence"
	"tongzhou/sync/hlc"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

func TestR140AFileProvesItself(t *testing.T) {
	l := newLog(t)
	boss, ann := l.members[0], l.members[1]
	l.write(ann, true, authority.TypeGrant, authority.Grant{Subject: boss.root.ID, Role: authority.Owner, Proof: l.genesis}) // not hers to rely on
	report, err := evidence.Verify(bytes.NewReader(write(t, l.input())))
	if err != nil {
		t.Fatal(err)
	}
	if report.Team != l.team || report.Genesis != l.genesis || report.By != ann.root.ID || report.Feeds != 2 || report.Ops != 5 || report.Void != 0 {
		t.Errorf("%+v", report)
	}
	if report.At != noon.Add(time.Minute) || report.State().Role(ann.root.ID) != authority.Admin {
		t.Errorf("written %s, ann is %s", report.At, report.State().Role(ann.root.ID))
	}
	var got []string
	for _, e := range report.Entries {
		got = append(got, e.Type+" "+e.Verdict.String())
	}
	want := []string{"genesis/1 valid", "invite/1 valid", "admit/1 valid", "grant/1 valid", "grant/1 invalid"}
	if len(got) != len(want) {
		t.Fatalf("entries %v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("entry %d: %s, want %s", i, got[i], want[i])
		}
	}
	if last := report.Entries[4]; last.User != ann.root.ID || last.Reason == "" || report.DeviceName(last.Device) != "laptop" {
		t.Errorf("the refused grant: %+v", last)
	}
	if n, ok := report.Name(ann.root.ID[:]); !ok || n.Name != "李娜" || n.StaffNo != "XH002" {
		t.Errorf("name %+v", n)
	}
}

// TestAFileOfTheFirstFormatIsReadForEver: what was once exported must be provable by every later version.
func TestAFileOfTheFirstFormatIsReadForEver(t *testing.T) {
	file, err := os.Open("testdata/v1.tzaudit")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	report, err := evidence.Verify(file)
	if err != nil {
		t.Fatal(err)
	}
	if report.Team != (op.TeamID{1}) || len(report.Entries) != 4 || report.At != noon.Add(time.Minute) {
		t.Errorf("%+v", report)
	}
	if n, ok := report.Name(report.By[:]); !ok || n.Name != "李娜" {
		t.Errorf("the exporter is called %+v", n)
	}
}

// TestATamperedFileIsNamed changes every byte of a file, one at a time: none of them may pass.
func TestATamperedFileIsNamed(t *testing.T) {
	good := write(t, newLog(t).input())
	for i := range good {
		if i > 400 && i%7 != 0 { // chunks are alike inside
			continue
		}
		bad := bytes.Clone(good)
		bad[i] ^= 0x20
		if _, err := evidence.Verify(bytes.NewReader(bad)); !refused(err) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
	}
	for n := range good {
		if n%13 != 0 {
			continue
		}
		if _, err := evidence.Verify(bytes.NewReader(good[:n])); !refused(err) {
			t.Fatalf("cut to %d bytes: %v", n, err)
		}
	}
	if _, err := evidence.Verify(bytes.NewReader(append(bytes.Clone(good), 'N', 0, 0, 0, 0))); !errors.Is(err, evidence.ErrTampered) {
		t.Errorf("something after the signature: %v", err)
	}
}

func refused(err error) bool {
	for _, known := range []error{evidence.ErrFormat, evidence.ErrTooLarge, evidence.ErrTampered, evidence.ErrUnreadable, evidence.ErrIncomplete} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// TestADishonestExporter signs what it changed: the ops speak against it.
func TestADishonestExporter(t *testing.T) {
	frames := func(ops ...[]op.Sealed) func(func([]byte) error) error {
		return func(frame func([]byte) error) error {
			for _, list := range ops {
				if err := frame(raw(list...)); err != nil {
					return err
				}
			}
			return nil
		}
	}
	for name, c := range map[string]struct {
		change func(l *log, in *evidence.Input)
		want   error
	}{
		"leaves out a colleague": {func(l *log, in *evidence.Input) { in.Frames = frames(l.members[0].ops) }, evidence.ErrIncomplete},
		"leaves out an act in the middle": {func(l *log, in *evidence.Input) {
			boss := l.members[0].ops
			in.Frames = frames([]op.Sealed{boss[0], boss[2]}, l.members[1].ops)
		}, evidence.ErrTampered},
		"leaves out an act that others cite": {func(l *log, in *evidence.Input) {
			l.write(l.members[1], true, authority.TypeLeave, authority.Leave{})
			in.Frames = frames(l.members[0].ops[:2], l.members[1].ops)
		}, evidence.ErrIncomplete},
		"puts words into a colleague's mouth": {func(l *log, in *evidence.Input) {
			forged := *l.members[0]
			forged.device = l.members[1].device // signs with her own key
			forged.device.ID = l.members[0].device.ID
			l.write(&forged, true, authority.TypeGrant, authority.Grant{Subject: l.members[1].root.ID, Role: authority.Owner, Proof: l.genesis})
			in.Frames = frames(forged.ops, l.members[1].ops)
		}, evidence.ErrTampered},
		"makes up a member": {func(l *log, in *evidence.Input) {
			l.write(l.members[2], true, authority.TypeLeave, authority.Leave{})
		}, evidence.ErrTampered},
		"states another genesis": {func(l *log, in *evidence.Input) { in.Genesis[0]++ }, evidence.ErrIncomplete},
		"states another team":    {func(l *log, in *evidence.Input) { in.Team[0]++ }, evidence.ErrIncomplete},
		"is not of the team": {func(l *log, in *evidence.Input) {
			in.User, in.Device, in.Sign = l.members[2].root.ID, l.members[2].device.ID, l.members[2].device.Sign
		}, evidence.ErrTampered},
		"exports in a colleague's name": {func(l *log, in *evidence.Input) {
			in.User, in.Device = l.members[0].root.ID, l.members[0].device.ID
		}, evidence.ErrTampered},
		"states another person as the owner of the device": {func(l *log, in *evidence.Input) { in.User = l.members[0].root.ID }, evidence.ErrTampered},
		"withholds the key": {func(l *log, in *evidence.Input) { in.Epochs = nil }, evidence.ErrIncomplete},
		"gives a false key": {func(l *log, in *evidence.Input) { in.Epochs[0].Key[0]++ }, evidence.ErrIncomplete},
	} {
		l := newLog(t)
		in := l.input()
		c.change(l, &in)
		if _, err := evidence.Verify(bytes.NewReader(write(t, in))); !errors.Is(err, c.want) {
			t.Errorf("an exporter who %s: %v, want %v", name, err, c.want)
		}
	}
}

// TestAHostileMemberDoesNotSpoilTheFile writes what nobody can read, or what is out of order: it has no effect on colleagues
// and none on the file.
func TestAHostileMemberDoesNotSpoilTheFile(t *testing.T) {
	l := newLog(t)
	ann, own := l.members[1], l.epoch
	heads := l.heads
	var err error
	if l.epoch, err = keys.NewEpoch(&zeros{}, keys.ControlScope(l.team)); err != nil {
		t.Fatal(err)
	}
	l.write(ann, true, authority.TypeLeave, authority.Leave{})
	l.epoch, l.heads, l.clock = own, heads, hlc.FromWall(noon)
	l.write(ann, true, authority.TypeLeave, authority.Leave{}) // before her admission, by her clock
	l.heads, l.clock = heads, hlc.FromWall(noon.Add(time.Hour))
	l.write(ann, true, authority.TypeLeave, authority.Leave{}) // not due when the file is written
	report, err := evidence.Verify(bytes.NewReader(write(t, l.input())))
	if err != nil || report.Void != 3 || report.State().Role(ann.root.ID) != authority.Admin {
		t.Fatalf("%v, %+v", err, report)
	}
}

// TestAForkedFeed: a member writes two ops in one place, and a colleague cites the one that the feed does not hold.
func TestAForkedFeed(t *testing.T) {
	l := newLog(t)
	boss, ann := l.members[0], l.members[1]
	heads, clock := l.heads, l.clock
	l.write(ann, true, authority.TypeGrant, authority.Grant{Subject: ann.root.ID, Role: authority.Member, Proof: l.genesis})
	branch := ann.ops[len(ann.ops)-1]
	l.write(boss, true, authority.TypeGrant, authority.Grant{Subject: ann.root.ID, Role: authority.Head, Dept: []byte("d"), Proof: l.genesis})
	ann.ops, l.heads, l.clock = ann.ops[:1], heads, clock
	l.write(ann, true, authority.TypeLeave, authority.Leave{})
	in := l.input()
	if _, err := evidence.Verify(bytes.NewReader(write(t, in))); !errors.Is(err, evidence.ErrIncomplete) {
		t.Errorf("without the branch: %v", err)
	}
	in.Branches = [][]byte{raw(branch), raw(ann.ops[1])}
	report, err := evidence.Verify(bytes.NewReader(write(t, in)))
	if err != nil {
		t.Fatal(err)
	}
	if got := report.State().Status(branch.ID()); got.Reason != authority.ReasonForked {
		t.Errorf("the branch is %+v", got)
	}
	// Somebody puts words into a colleague's mouth where the chain does not show it.
	forger := *boss
	forger.device.Sign = ann.device.Sign
	l.write(&forger, true, authority.TypeGrant, authority.Grant{Subject: ann.root.ID, Role: authority.Owner, Proof: l.genesis})
	in.Branches = [][]byte{raw(branch), raw(ann.ops[1]), raw(forger.ops[len(forger.ops)-1])}
	if _, err := evidence.Verify(bytes.NewReader(write(t, in))); !errors.Is(err, evidence.ErrTampered) {
		t.Errorf("a forged branch: %v", err)
	}
	bad := branch
	bad.Sig[0] ^= 1
	in.Branches = [][]byte{raw(bad)}
	if _, err := evidence.Verify(bytes.NewReader(write(t, in))); !refused(err) {
		t.Errorf("a forged branch: %v", err)
	}
}

type zeros struct{}

func (*zeros) Read(b []byte) (int, error) { return len(b), nil }

func TestHostileFilesAreBounded(t *testing.T) {
	magic := []byte("tongzhou-audit/1\n")
	for name, c := range map[string]struct {
		rest []byte
		want error
	}{
		"a chunk of 4 GiB":    {[]byte{'H', 0xff, 0xff, 0xff, 0xff}, evidence.ErrTooLarge},
		"a chunk too large":   {binary.BigEndian.AppendUint32([]byte{'H'}, evidence.MaxChunk+1), evidence.ErrTooLarge},
		"no header":           {[]byte{'F', 0, 0, 0, 0}, evidence.ErrFormat},
		"nothing":             {nil, evidence.ErrFormat},
		"an empty header":     {[]byte{'H', 0, 0, 0, 0}, evidence.ErrFormat},
		"ends in the length":  {[]byte{'H', 0}, evidence.ErrFormat},
		"ends in the content": {[]byte{'H', 0, 0, 0, 9, 1}, evidence.ErrFormat},
	} {
		if _, err := evidence.Verify(bytes.NewReader(append(bytes.Clone(magic), c.rest...))); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := evidence.Verify(bytes.NewReader([]byte("PK\x03\x04 some other file, longer than the line"))); !errors.Is(err, evidence.ErrFormat) {
		t.Errorf("another file: %v", err)
	}
}

func FuzzVerify(f *testing.F) {
	f.Add(write(f, newLog(f).input()))
	f.Add([]byte("tongzhou-audit/1\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if _, err := evidence.Verify(bytes.NewReader(file)); err != nil && !refused(err) {
			t.Fatalf("an error nobody expects: %v", err)
		}
	})
}

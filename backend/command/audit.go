package command

import (
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"
	"time"

	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/sync/authority"
	"tongzhou/sync/evidence"
	"tongzhou/sync/op"
)

// verifyAudit verifies an exported audit file from the file alone (R139, R140), and prints what it proves: every act with its
// verdict, then PASS with what the reader must compare themselves, or FAIL with the part that is wrong. It reads no data
// directory.
func (c *call) verifyAudit(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fault.Wrap("data.audit", err, "path", path)
	}
	defer file.Close()
	report, err := evidence.Verify(file)
	if err != nil {
		fmt.Fprintln(c.Stdout, c.words.say("audit.fail", map[string]string{"path": path, "reason": c.auditReason(err), "detail": err.Error()}))
		return errReported
	}
	for i := range report.Entries {
		fmt.Fprintln(c.Stdout, c.auditLine(report, &report.Entries[i]))
	}
	fmt.Fprintln(c.Stdout, c.words.say("audit.pass", map[string]string{
		"path": path, "feeds": fmt.Sprint(report.Feeds), "ops": fmt.Sprint(report.Ops), "entries": fmt.Sprint(len(report.Entries)), "void": fmt.Sprint(report.Void),
		"by": personIn(report, report.By), "device": printable(report.DeviceName(report.Device)), "at": report.At.Format(time.RFC3339),
		"genesis": report.Genesis.String(), "digest": hex.EncodeToString(report.Digest[:]),
	}))
	return nil
}

func (c *call) auditReason(err error) string {
	for _, known := range []struct {
		err error
		key string
	}{
		{evidence.ErrFormat, "format"},
		{evidence.ErrTooLarge, "too_large"},
		{evidence.ErrTampered, "tampered"},
		{evidence.ErrUnreadable, "unreadable"},
		{evidence.ErrIncomplete, "incomplete"},
	} {
		if errors.Is(err, known.err) {
			return c.words.say("audit.reason."+known.key, nil)
		}
	}
	return c.words.say("audit.reason.read", nil)
}

// auditLine is one act: when, who, on which device, what, and what became of it.
func (c *call) auditLine(r *evidence.Report, e *evidence.Entry) string {
	act := module.DescribeControl(e.Type, e.Payload)
	values := map[string]string{"subject": "", "replaced": "", "dept": "", "parent": "", "into": ""}
	maps.Copy(values, act.Params)
	for name, u := range act.Users {
		values[name] = personIn(r, u)
	}
	for name, id := range act.Depts {
		values[name] = nameIn(r, id)
	}
	for name, v := range values {
		values[name] = printable(v)
	}
	state := c.words.say("audit.state."+e.Verdict.String(), nil)
	if e.Verdict == authority.Invalid {
		state += " (" + string(e.Reason) + ")"
	}
	return strings.Join([]string{
		e.HLC.Wall().Format(time.RFC3339), personIn(r, e.User), printable(r.DeviceName(e.Device)), c.words.say("audit.action."+act.Action, values), state,
	}, "\t")
}

// personIn is what the exporter calls somebody, with the staff number (R6), or the id for one without a name.
func personIn(r *evidence.Report, u op.UserID) string {
	n, ok := r.Name(u[:])
	switch {
	case u == (op.UserID{}):
		return "?"
	case !ok:
		return u.String()
	case n.StaffNo == "":
		return printable(n.Name)
	}
	return printable(n.Name + " " + n.StaffNo)
}

func nameIn(r *evidence.Report, id []byte) string {
	if n, ok := r.Name(id); ok {
		return printable(n.Name)
	}
	return hex.EncodeToString(id)
}

// printable keeps what a hostile file says from steering the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '·'
		}
		return r
	}, s)
}

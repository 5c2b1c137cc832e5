package app

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tongzhou/backend/fault"
	"tongzhou/backend/vault"
	"tongzhou/sync/join"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/replica"
)

// outside checks that somebody is in no team, and that nothing of an attempt is left in the folder, in memory or on screen.
func (p *person) outside(kept ...string) {
	p.t.Helper()
	if s := p.state(); s.Phase != "none" || s.TeamID != "" || s.Damage != "" {
		p.t.Fatalf("%s: state %+v", p.name, s)
	}
	entries, err := os.ReadDir(p.dir)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == settingsFile || e.Name() == vault.FileName && slices.Contains(kept, joiningFile) {
			continue // the vault opens the identity that is kept
		}
		if !slices.Contains(append(kept, dbFiles...), e.Name()) {
			p.t.Errorf("%s: left in the folder: %s", p.name, e.Name())
		}
	}
	for _, table := range []string{"feed", "op", "register", "epoch", "meta", "org_profile"} {
		var n int
		if err := p.database().Read().QueryRow(`SELECT count(*) FROM ` + table).Scan(&n); err != nil || n > 0 {
			p.t.Errorf("%s: %d rows left in %s, %v", p.name, n, table, err)
		}
	}
}

// unsettle makes the vault of somebody whose app does not run that of an attempt which is not over.
func (p *person) unsettle(setup string) {
	p.t.Helper()
	path := p.file(vault.FileName)
	b, err := os.ReadFile(path)
	if err != nil {
		p.t.Fatal(err)
	}
	fields := map[int]any{}
	if err := op.Unmarshal(b, &fields); err != nil {
		p.t.Fatal(err)
	}
	fields[3] = setup
	if b, err = op.Marshal(fields); err == nil {
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

func changed(t *testing.T, link string, change func(*join.Invitation)) string {
	t.Helper()
	inv, err := join.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	change(&inv)
	out, err := inv.Link()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestLinksThatCannotBeUsedAreRefusedAtOnce(t *testing.T) {
	t.Parallel()
	a, b := newPerson(t, "张三"), newPerson(t, "李四")
	a.found()
	link := a.invite()
	newer, err := op.Marshal(map[int]any{1: 2, 40: "what nobody knows today"})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(newer)
	for name, c := range map[string]struct{ link, code string }{
		"empty":      {"", "join.damaged"},
		"truncated":  {link[:len(link)-9], "join.damaged"},
		"mistyped":   {link[:60] + string(link[60]^1) + link[61:], "join.damaged"},
		"an address": {"https://example.com/", "join.damaged"},
		"newer":      {join.Scheme + base64.RawURLEncoding.EncodeToString(append(newer, sum[:4]...)), "join.newer"},
		"expired":    {changed(t, link, func(i *join.Invitation) { i.Expires = time.Now().Add(-time.Second).UnixMilli() }), "join.expired"},
	} {
		if _, err := b.api.PreviewInvitation(c.link); fault.Code(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
		wantFault(t, b.join(c.link, "1002"), c.code)
		if j := b.api.JoinProgress(); j.Step != "idle" {
			t.Fatalf("%s: progress %+v", name, j)
		}
	}
	b.outside()
	p, err := b.api.PreviewInvitation("您好，邀请您加入：\n" + link + "\n谢谢")
	if err != nil || p.TeamName != "星海科技" || p.Inviter != "张三" || p.Addresses == 0 {
		t.Fatalf("preview %+v, %v", p, err)
	}
	wantFault(t, b.api.Join(JoinInput{Link: link, Profile: ProfileInput{Name: "x"}}), "org.name_length")
	b.outside()
}

// Only the member's word counts for what the link says of itself.
func TestAnInvitationThatIsExpiredForTheTeamIsRefused(t *testing.T) {
	t.Parallel()
	a, b := newPerson(t, "张三"), newPerson(t, "李四")
	a.found()
	link := changed(t, a.invite(), func(i *join.Invitation) { i.Expires = time.Now().Add(1000 * time.Hour).UnixMilli() })
	a.invite() // keeps the door open to strangers
	a.ahead.Store(int64(7*day + time.Hour))
	last, err := a.api.CreateInvitation(InvitationInput{})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.join(link, "1002"); err != nil {
		t.Fatal(err)
	}
	b.joinEnds("failed", "join.expired")
	b.outside()
	states := ""
	list, err := a.api.Invitations()
	for _, i := range list {
		states += i.State + " "
		if (i.Link != "") != (i.State == "open") {
			t.Errorf("invitation %+v", i)
		}
	}
	if err != nil || states != "open expired expired " || list[0].ID != last.ID {
		t.Fatalf("invitations %+v, %v", list, err)
	}
}

func TestAnInvitationAdmitsOnePerson(t *testing.T) {
	t.Parallel()
	a, b, c := newPerson(t, "张三"), newPerson(t, "李四"), newPerson(t, "王五")
	a.found()
	link := a.invite()
	b.joined(link, "1002")
	a.until("the newcomer's name", func() bool {
		l, err := a.api.Invitations()
		return err == nil && len(l) == 1 && l[0].State == "used" && l[0].UsedBy == "李四" && l[0].Link == "" && l[0].Note == "测试"
	})
	a.invite() // else nobody answers a stranger at all
	if err := c.join(link, "1003"); err != nil {
		t.Fatal(err)
	}
	c.joinEnds("failed", "join.used")
	c.outside()
	c.joined(a.invite(), "1003")
	a.until("all three", func() bool { return strings.Count(a.names(), "销售部") == 3 })
	wantFault(t, c.join(a.invite(), "1003"), "team.exists")
	_, err := c.api.Found(FoundInput{TeamName: "另一个", Profile: c.profile("1"), Passphrase: passphrase})
	wantFault(t, err, "team.exists")
}

func TestOfTwoWithOneLinkOneIsLetIn(t *testing.T) {
	t.Parallel()
	a := newPerson(t, "张三")
	both := []*person{newPerson(t, "李四"), newPerson(t, "王五")}
	a.found()
	link := a.invite()
	a.invite()
	for _, p := range both {
		if err := p.join(link, ""); err != nil {
			t.Fatal(err)
		}
	}
	var in, out []*person
	for _, p := range both {
		p.until("end of joining", func() bool { s := p.api.JoinProgress().Step; return s == "done" || s == "failed" })
		if j := p.api.JoinProgress(); j.Step == "done" {
			in = append(in, p)
		} else if out = append(out, p); j.Code != join.CodeUsed {
			t.Errorf("%s: %+v", p.name, j)
		}
	}
	if len(in) != 1 || len(out) != 1 {
		t.Fatalf("%d let in, %d refused", len(in), len(out))
	}
	out[0].outside()
	out[0].joined(a.invite(), "")
	a.until("all three", func() bool { return strings.Count(a.names(), "销售部") == 3 })
	a.synced(2)
}

func TestJoiningWaitsForSomebodyToComeOnline(t *testing.T) {
	t.Parallel()
	a, b := newPerson(t, "张三"), newPerson(t, "李四")
	a.found()
	link := a.invite()
	a.stop()
	if err := b.join(link, "1002"); err != nil {
		t.Fatal(err)
	}
	b.until("the reason", func() bool { return b.api.JoinProgress().Code == "join.nobody_online" })
	j := b.api.JoinProgress()
	if j.Step != "searching" || j.Params["inviter"] != "张三" {
		t.Fatalf("progress %+v", j)
	}
	wantFault(t, b.join(link, "1002"), "join.running")
	_, err := b.api.Found(FoundInput{TeamName: "另一个", Profile: b.profile("1"), Passphrase: passphrase})
	wantFault(t, err, "join.running")
	if now := b.api.JoinProgress(); now.Since != j.Since {
		t.Errorf("waiting since %s, before since %s", now.Since, j.Since)
	}
	a.start()
	b.joinEnds("done", "")
	a.until("both", func() bool { return strings.Count(a.names(), "销售部") == 2 })
}

func TestCancelWhileNobodyAnswers(t *testing.T) {
	t.Parallel()
	a, b := newPerson(t, "张三"), newPerson(t, "李四")
	a.found()
	link := a.invite()
	a.stop()
	if _, err := b.api.SaveSettings(SettingsDTO{Language: "en", Theme: "dark", SendKey: "enter"}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := b.join(link, "1002"); err != nil {
			t.Fatal(err)
		}
		b.api.CancelJoin()
		b.joinEnds("idle", "")
		b.outside()
	}
	b.api.CancelJoin()
	if s := b.state().Settings; s.Language != "en" || s.Theme != "dark" {
		t.Fatalf("settings after joining failed: %+v", s)
	}
	b.found() // instead
}

// The member is busy: it has been asked, and does not answer.
func TestCancelWhileTheMemberConsiders(t *testing.T) {
	t.Parallel()
	a, b := newPerson(t, "张三"), newPerson(t, "李四")
	a.found()
	link := a.invite()
	release, holding := make(chan struct{}), make(chan struct{})
	go func() {
		_ = a.database().Write(context.Background(), func(replica.Tx) error {
			close(holding)
			<-release
			return nil
		})
	}()
	<-holding
	if err := b.join(link, "1002"); err != nil {
		t.Fatal(err)
	}
	b.until("asking", func() bool { return b.api.JoinProgress().Step == "proving" })
	b.api.CancelJoin()
	b.joinEnds("idle", "")
	b.outside()
	close(release)
	b.joined(link, "1002")
}

// Cancelled at any moment, joining leaves either no trace or a member; and the same link still works for the same person.
func TestCancelAtAnyMoment(t *testing.T) {
	t.Parallel()
	a, b := newPerson(t, "张三"), newPerson(t, "李四")
	a.found()
	link := a.invite()
	a.invite()
	for _, ms := range []int{0, 5, 10, 15, 20, 25, 30, 40} { // strangers are not let try much more often
		if err := b.join(link, "1002"); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Duration(ms) * time.Millisecond)
		b.api.CancelJoin()
		if b.phase() == "ready" {
			break
		}
		b.joinEnds("idle", "")
		b.outside(joiningFile)
	}
	if b.phase() == "none" {
		b.joined(link, "1002")
	}
	b.joinEnds("done", "")
	a.until("the newcomer's name", func() bool { return a.names() == "李四 1002 销售部; 张三 1001 销售部" })
	a.verified()
	b.verified()
}

// The worst moment: the team counts the newcomer a member, and the newcomer does not know it.
func TestCrashAfterTheAdmission(t *testing.T) {
	t.Parallel()
	a, b := newPerson(t, "张三"), newPerson(t, "李四")
	a.found()
	link := a.invite()
	b.joined(link, "1002")
	user := b.user()
	b.kill()
	// The folder as it was before the identity was saved.
	if err := os.Rename(filepath.Join(b.dir, identityFile), filepath.Join(b.dir, joiningFile)); err != nil {
		t.Fatal(err)
	}
	b.unsettle(vaultJoining)
	b.start()
	b.outside(joiningFile)
	b.joined(link, "1002")
	if b.user() != user {
		t.Fatal("the same person is somebody else")
	}
	for _, p := range []*person{a, b} {
		p.until("the directory", func() bool { return p.names() == "李四 1002 销售部; 张三 1001 销售部" })
	}
	a.synced(1)
	d := b.direct(a)
	b.send(d, "终于")
	a.reads(d, "终于")
	if exists(filepath.Join(b.dir, joiningFile)) {
		t.Error("the key of the attempt is still there")
	}
	a.verified()
	b.verified()
}

func TestSavingTheIdentityFailsAfterTheAdmission(t *testing.T) {
	t.Parallel()
	a, b := newPerson(t, "张三"), newPerson(t, "李四")
	a.found()
	link := a.invite()
	occupied := filepath.Join(b.dir, identityFile)
	if err := os.MkdirAll(filepath.Join(occupied, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := b.join(link, "1002"); err != nil {
		t.Fatal(err)
	}
	b.joinEnds("failed", "join.failed")
	b.outside(joiningFile, identityFile)
	v, err := vault.Load(b.vaultOptions())
	if err == nil {
		err = v.Unlock("1002", passphrase)
	}
	if err != nil {
		t.Fatal(err)
	}
	id, err := b.loadSealed(v, joiningFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(occupied); err != nil {
		t.Fatal(err)
	}
	b.joined(link, "1002")
	if b.user() != id.Root.ID.String() {
		t.Fatal("the same person is somebody else")
	}
	a.until("the newcomer's name", func() bool { return a.names() == "李四 1002 销售部; 张三 1001 销售部" })
}

// The member's machine goes down between storing the admission and saying so.
func TestTheMemberGoesDownBeforeItAnswers(t *testing.T) {
	t.Parallel()
	a, b := newPerson(t, "张三"), newPerson(t, "李四")
	a.found()
	link := a.invite()
	closed := make(chan error, 1)
	a.keepPort()
	host := a.teamNow().net.host
	cancel := a.Replica().Subscribe(func(e *replica.Event) {
		if e.Authority && len(a.Replica().Members()) == 2 { // stored; the answer waits for this to return
			go func() { closed <- host.Close() }()
			until(t, "the connection breaks", func() bool { return b.api.JoinProgress().Step == "searching" })
		}
	})
	if err := b.join(link, "1002"); err != nil {
		t.Fatal(err)
	}
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	cancel()
	a.stop()
	a.start()
	b.joinEnds("done", "")
	a.until("the newcomer's name", func() bool { return a.names() == "李四 1002 销售部; 张三 1001 销售部" })
}

func TestAPendingProfileIsWrittenAfterARestart(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	a.stop()
	p := b.profile("1002")
	p.Phone = "13800000000" // what needs no review
	if err := b.keepProfile(context.Background(), p); err != nil {
		t.Fatal(err)
	}
	b.kill()
	b.start()
	phone := func(of *person) string {
		m, err := of.org().Member(b.user())
		if err != nil {
			return err.Error()
		}
		return m.Phone
	}
	if got := phone(b); got != "" {
		t.Fatalf("written before the history is here: %s", got)
	}
	a.start()
	a.until("the new number", func() bool { return phone(a) == "13800000000" })
	b.until("nothing pending", func() bool { return b.setting(pendingProfile) == "" })
}

// Somebody whose staff number is taken gets a name all the same, and hears of it.
func TestAStaffNumberThatIsTakenIsLeftOut(t *testing.T) {
	t.Parallel()
	a, b := newPerson(t, "张三"), newPerson(t, "李四")
	a.found()
	if err := b.join(a.invite(), "1001"); err != nil {
		t.Fatal(err)
	}
	b.joinEnds("done", "org.staff_no_taken")
	if j := b.api.JoinProgress(); j.Params["name"] != "张三" {
		t.Errorf("progress %+v", j)
	}
	a.until("the newcomer's name", func() bool { return a.names() == "李四  销售部; 张三 1001 销售部" })
}

func TestOddNamesOfDevices(t *testing.T) {
	for given, want := range map[string]string{
		"  办公室\t的\n电脑 ":          "办公室的电脑",
		strings.Repeat("机", 100): strings.Repeat("机", keys.MaxDeviceName/3),
		"a\xffb":                 "ab",
		"\u202egnp.exe":          "gnp.exe",
	} {
		id, err := newIdentity(given)
		if err != nil || id.DeviceName != want {
			t.Errorf("%q: %q, %v", given, id.DeviceName, err)
		}
		if _, err := id.Marshal(); err != nil {
			t.Errorf("%q: %v", given, err)
		}
	}
	if id, err := newIdentity(" "); err != nil || id.DeviceName == "" {
		t.Errorf("no name: %q, %v", id.DeviceName, err)
	}
}

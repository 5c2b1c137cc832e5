package app

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tongzhou/backend/fault"
	"tongzhou/backend/features/announcement"
	"tongzhou/backend/features/chat"
	"tongzhou/backend/features/org"
	"tongzhou/backend/store"
	"tongzhou/backend/vault"
	"tongzhou/sync/replica"
)

// Most of the time people wait for each other, so more of them run at once than there are processors.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// passphrase is everybody's in tests, derived at no cost.
const passphrase = "kT7#mwzq"

var quickParams = vault.Params{Memory: 8, Time: 1, Threads: 1}

// memoryKeychain is the keychain of a system.
type memoryKeychain struct{ entries sync.Map }

func (k *memoryKeychain) Get(account string) (string, bool, error) {
	v, ok := k.entries.Load(account)
	s, _ := v.(string)
	return s, ok, nil
}

func (k *memoryKeychain) Set(account, secret string) error {
	k.entries.Store(account, secret)
	return nil
}

func (k *memoryKeychain) Delete(account string) error {
	k.entries.Delete(account)
	return nil
}

// soon is how long a test waits for what must happen. It is never slept away.
const soon = 20 * time.Second

// person is somebody with one device: a data folder and the app that runs on it.
type person struct {
	*App
	t      *testing.T
	name   string
	listen string // multiaddr, kept over restarts
	dir    string
	adapt  []func(*App)
	log    *logBuffer
	staff  string // what goes with the passphrase; "" before there is a team
	chain  *memoryKeychain
	ahead  atomic.Int64 // how far this person's clock is in front, in ns
}

// logBuffer keeps what the app said, and shows it when the test fails.
type logBuffer struct {
	mu sync.Mutex // guards the field below
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newPerson starts an app on an empty folder. adapt changes it between New and Start, at every start.
func newPerson(t *testing.T, name string, adapt ...func(*App)) *person {
	t.Helper()
	p := prepared(t, name, adapt...)
	p.start()
	return p
}

// prepared is newPerson before the first start.
func prepared(t *testing.T, name string, adapt ...func(*App)) *person {
	t.Helper()
	p := &person{t: t, name: name, dir: t.TempDir(), listen: "/ip4/127.0.0.1/tcp/0", adapt: adapt, log: &logBuffer{}, chain: &memoryKeychain{}}
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			t.Logf("log of %s:\n%s", name, p.log)
		}
	})
	return p
}

func (p *person) make() {
	p.t.Helper()
	a, err := New(Options{
		Data: p.dir, P2PListen: []string{p.listen}, NoMDNS: true, Version: "test",
		Now: func() time.Time { return time.Now().Add(time.Duration(p.ahead.Load())) },
		Log: slog.New(slog.NewTextHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Keychain: p.chain,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	a.tune.joinHint, a.tune.joinRetry = 100*time.Millisecond, 20*time.Millisecond
	a.tune.passphrase = quickParams
	for _, f := range p.adapt {
		f(a)
	}
	p.App = a
}

// start starts the app and unlocks it.
func (p *person) start() {
	p.t.Helper()
	p.startLocked()
	if p.phase() != "locked" {
		return
	}
	if _, err := p.api.Unlock(UnlockInput{StaffNo: p.staff, Passphrase: passphrase}); err != nil {
		p.t.Fatalf("unlock %s: %v", p.name, err)
	}
}

func (p *person) startLocked() {
	p.t.Helper()
	p.make()
	if err := p.App.Start(context.Background()); err != nil {
		p.t.Fatalf("start %s: %v", p.name, err)
	}
}

// stop closes the app; the folder stays. The next start listens where this one did.
func (p *person) stop() {
	p.t.Helper()
	if p.App == nil {
		return
	}
	p.keepPort()
	if p.teamNow() != nil { // a linked device learns it from the directory
		if number := p.state().Account.StaffNo; number != "" {
			p.staff = number
		}
	}
	if err := p.App.Close(); err != nil {
		p.t.Errorf("close %s: %v", p.name, err)
	}
	p.App = nil
}

func (p *person) keepPort() {
	if t := p.teamNow(); t != nil {
		if addr := t.net.connections().Self.Code; addr != "" { // not after the host was closed
			p.listen, _, _ = strings.Cut(addr, "/p2p/")
		}
	}
}

func (p *person) teamNow() *team {
	p.App.mu.RLock()
	defer p.App.mu.RUnlock()
	return p.App.team
}

// kill leaves the folder as the end of the process at this moment leaves it: nothing is flushed or closed first.
func (p *person) kill() {
	p.t.Helper()
	p.keepPort()
	if t := p.teamNow(); t != nil { // a dead process is silent at once
		if err := t.net.close(); err != nil {
			p.t.Fatal(err)
		}
	}
	copied := p.t.TempDir()
	copyFolder(p.t, p.dir, copied)
	if err := p.App.Close(); err != nil {
		p.t.Fatal(err)
	}
	p.dir, p.App = copied, nil
}

// copyFolder copies the database before its log: what is committed between the two is then in the log or in neither.
func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	entries, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := os.MkdirAll(filepath.Join(to, e.Name()), 0o700); err != nil {
				t.Fatal(err)
			}
			copyFolder(t, filepath.Join(from, e.Name()), filepath.Join(to, e.Name()))
			continue
		}
		b, err := os.ReadFile(filepath.Join(from, e.Name()))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, e.Name()), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// The bound structs, as the interface has them.

func (p *person) org() *org.API           { return bound[*org.API](p) }
func (p *person) chat() *chat.API         { return bound[*chat.API](p) }
func (p *person) news() *announcement.API { return bound[*announcement.API](p) }

func bound[T any](p *person) T {
	for _, b := range p.Bound() {
		if api, ok := b.(T); ok {
			return api
		}
	}
	panic("not bound")
}

func (p *person) profile(staffNo string) ProfileInput {
	return ProfileInput{Name: p.name, StaffNo: staffNo, DepartmentName: "销售部", Position: "经理", Kind: "regular"}
}

// found founds the team 星海科技.
func (p *person) found() {
	p.t.Helper()
	p.staff = "1001"
	in := FoundInput{TeamName: "星海科技", Profile: p.profile("1001"), DeviceName: p.name + "的电脑", Passphrase: passphrase}
	if _, err := p.api.Found(in); err != nil {
		p.t.Fatal(err)
	}
}

func (p *person) invite() string {
	p.t.Helper()
	inv, err := p.api.CreateInvitation(InvitationInput{Note: "测试"})
	if err != nil {
		p.t.Fatal(err)
	}
	if inv.Link == "" {
		p.t.Fatal("an invitation without a link")
	}
	return inv.Link
}

func (p *person) join(link, staffNo string) error {
	p.staff = staffNo
	return p.api.Join(JoinInput{Link: link, Profile: p.profile(staffNo), DeviceName: p.name + "的电脑", Passphrase: passphrase})
}

// joined joins and waits for the end.
func (p *person) joined(link, staffNo string) {
	p.t.Helper()
	if err := p.join(link, staffNo); err != nil {
		p.t.Fatal(err)
	}
	p.joinEnds("done", "")
}

// joinEnds waits until joining is over, and checks how.
func (p *person) joinEnds(step, code string) {
	p.t.Helper()
	p.until("end of joining", func() bool {
		j := p.api.JoinProgress()
		return j.Step == "done" || j.Step == "failed" || j.Step == "idle"
	})
	if j := p.api.JoinProgress(); j.Step != step || j.Code != code {
		p.t.Fatalf("%s: joining ended as %+v, want %s %q", p.name, j, step, code)
	}
}

func (p *person) phase() string { return p.state().Phase }

func (p *person) state() StateDTO {
	p.t.Helper()
	s, err := p.api.State()
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

func (p *person) user() string { return p.state().Me.UserID }

func (p *person) connections() ConnectionsDTO {
	p.t.Helper()
	c, err := p.api.Connections()
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

// address is the first of this device, "" while it has none.
func (p *person) address() string { return p.connections().Self.Code }

// synced waits until the panel says that everything is equal.
func (p *person) synced(online int) {
	p.t.Helper()
	var c ConnectionsDTO
	defer func() {
		if p.t.Failed() {
			p.t.Logf("%s: %+v", p.name, c)
		}
	}()
	p.until("in sync", func() bool {
		c = p.connections()
		return c.State == "synced" && c.Online == online
	})
}

// until waits for a condition on what the app shows.
func (p *person) until(what string, ok func() bool) {
	p.t.Helper()
	until(p.t, p.name+": "+what, ok)
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(soon)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s: not within %v", what, soon)
		}
	}
}

// names lists the directory: everybody's name, staff number and department.
func (p *person) names() string {
	p.t.Helper()
	page, err := p.org().Members(org.MemberQuery{})
	if err != nil {
		p.t.Fatal(err)
	}
	var out []string
	for _, m := range page.Members {
		out = append(out, m.Name+" "+m.StaffNo+" "+strings.Join(m.DepartmentPath, "/"))
	}
	return strings.Join(out, "; ")
}

func (p *person) send(chatID, text string) {
	p.t.Helper()
	if _, err := p.chat().Send(chat.SendInput{ChatID: chatID, Text: text}); err != nil {
		p.t.Fatalf("%s sends %q: %v", p.name, text, err)
	}
}

// texts are the last messages of a chat.
func (p *person) texts(chatID string) []string {
	p.t.Helper()
	h, err := p.chat().History(chat.HistoryQuery{ChatID: chatID, Limit: 100})
	if fault.Code(err) == "chat.unknown" {
		return nil
	}
	if err != nil {
		p.t.Fatal(err)
	}
	var out []string
	for _, m := range h.Messages {
		out = append(out, m.Text)
	}
	return out
}

func (p *person) reads(chatID string, want ...string) {
	p.t.Helper()
	p.until(fmt.Sprintf("messages %q", want), func() bool { return strings.Join(p.texts(chatID), "|") == strings.Join(want, "|") })
}

func (p *person) direct(other *person) string {
	p.t.Helper()
	c, err := p.chat().OpenDirect(other.user())
	if err != nil {
		p.t.Fatal(err)
	}
	return c.ID
}

func (p *person) group(name string, others ...*person) string {
	p.t.Helper()
	var ids []string
	for _, o := range others {
		ids = append(ids, o.user())
	}
	c, err := p.chat().CreateGroup(chat.GroupInput{Name: name, Members: ids})
	if err != nil {
		p.t.Fatal(err)
	}
	return c.ID
}

// verified stops the app and runs the check that recomputes everything.
func (p *person) verified() {
	p.t.Helper()
	p.stop()
	var out strings.Builder
	if err := Verify(context.Background(), p.dir, p.unlock(), &out); err != nil {
		p.t.Fatalf("verify %s: %v\n%s", p.name, err, &out)
	}
}

func (p *person) unlock() *Unlock { return &Unlock{StaffNo: p.staff, Passphrase: passphrase} }

// key is that of the database of somebody whose app does not run.
func (p *person) key() *store.Key {
	p.t.Helper()
	if !exists(p.file(vault.FileName)) {
		return nil
	}
	_, key, err := openFolder(p.dir, p.unlock())
	if err != nil {
		p.t.Fatal(err)
	}
	return key
}

func wantFault(t *testing.T, err error, code string) {
	t.Helper()
	if fault.Code(err) != code {
		t.Fatalf("error %v, want fault %s", err, code)
	}
}

var _ io.Writer = (*logBuffer)(nil)

// exec changes the database of somebody whose app does not run.
func (p *person) exec(query string, args ...any) {
	p.t.Helper()
	db, err := store.Open(filepath.Join(p.dir, "tongzhou.db"), store.Options{Key: p.key()})
	if err != nil {
		p.t.Fatal(err)
	}
	err = db.Write(context.Background(), func(tx replica.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		p.t.Fatal(err)
	}
}

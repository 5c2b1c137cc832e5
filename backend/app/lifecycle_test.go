package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tongzhou/backend/durable"
	"tongzhou/backend/fault"
	"tongzhou/backend/features/chat"
)

// Tests without t.Parallel run alone, before the others: what they leave behind is theirs.

func TestCloseLeavesNothingBehind(t *testing.T) {
	alone := goleak.IgnoreCurrent()
	p := newPerson(t, "张三")
	for range 2 {
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	p.start()
	p.found()
	p.stop() // the network is just starting
	for range 3 {
		p.start()
		p.stop()
	}
	p.start()
	p.until("the network", func() bool { return p.address() != "" })
	p.stop()
	goleak.VerifyNone(t, alone)
}

func TestCloseWhileJoining(t *testing.T) {
	a := newPerson(t, "张三")
	a.found()
	link := a.invite()
	alone := goleak.IgnoreCurrent()
	for _, ms := range []int{0, 2, 5, 10, 20} {
		b := newPerson(t, "李四")
		if err := b.join(link, "1002"); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Duration(ms) * time.Millisecond)
		b.stop()
		b.start() // in a team, or not; never something between
		if s := b.state(); s.Phase == "none" {
			b.outside(joiningFile)
		} else if s.Phase != "ready" || s.Me.UserID == "" {
			t.Fatalf("state %+v", s)
		}
		b.stop()
	}
	a.until("the connections to end", func() bool { return a.connections().Online == 0 })
	if err := a.teamNow().net.close(); err != nil {
		t.Fatal(err)
	}
	goleak.VerifyNone(t, alone)
}

func TestCloseBeforeStart(t *testing.T) {
	p := prepared(t, "张三")
	p.make()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAfterClose(t *testing.T) {
	p := newPerson(t, "张三")
	p.found()
	a := p.App
	p.stop()
	if _, err := a.api.Connections(); fault.Code(err) != "team.none" && fault.Code(err) != "app.start" {
		t.Errorf("connections: %v", err)
	}
	if _, err := a.api.Found(FoundInput{TeamName: "另一个", Profile: p.profile("1"), Passphrase: passphrase}); fault.Code(err) != "app.start" {
		t.Errorf("found: %v", err)
	}
	if _, err := a.api.SaveSettings(SettingsDTO{Language: "en", Theme: "dark", SendKey: "enter"}); err == nil {
		t.Error("settings were saved after the end")
	}
	if s, err := a.api.State(); err != nil || s.Phase == "ready" {
		t.Errorf("state %+v, %v", s, err)
	}
}

func TestAStartThatFailsSaysWhy(t *testing.T) {
	p := prepared(t, "张三")
	folder := filepath.Join(p.dir, "taken")
	if err := os.WriteFile(folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p.dir = folder
	p.make()
	err := p.Start(context.Background())
	if err == nil || !strings.Contains(err.Error(), "data folder") {
		t.Fatalf("start: %v", err)
	}
	if s := p.state(); s.Phase != "damaged" || s.Damage != err.Error() || s.Settings.Language != "system" {
		t.Errorf("state %+v", s)
	}
	_, err = p.api.Connections()
	wantFault(t, err, "app.start")
	wantFault(t, p.join("tongzhou://join/x", "1"), "join.damaged")
	if _, err := p.chat().Chats(); err == nil {
		t.Error("chats without a database")
	}
}

// Two clicks on the same button.
func TestFoundingTwiceAtOnce(t *testing.T) {
	p := newPerson(t, "张三")
	errs := make([]error, 2)
	var both sync.WaitGroup
	for i := range errs {
		both.Go(func() {
			_, errs[i] = p.api.Found(FoundInput{TeamName: fmt.Sprintf("团队%d", i), Profile: p.profile("1001"), Passphrase: passphrase})
		})
	}
	both.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Fatalf("founded: %v and %v", errs[0], errs[1])
	}
	wantFault(t, errors.Join(errs...), "team.exists")
	if s := p.state(); s.Phase != "ready" || !strings.HasPrefix(s.TeamName, "团队") || s.Me.Name != "张三" {
		t.Errorf("state %+v", s)
	}
}

func TestFoundingThatIsCutOff(t *testing.T) {
	t.Run("before the identity is saved", func(t *testing.T) {
		p := newPerson(t, "张三")
		p.found()
		p.kill()
		if err := durable.Remove(p.file(identityFile)); err != nil {
			t.Fatal(err)
		}
		p.unsettle(vaultFound)
		p.start()
		p.outside()
		p.found()
		p.verified()
	})
	t.Run("before the names are written", func(t *testing.T) {
		p := newPerson(t, "张三")
		team, err := p.makeTeam(context.Background(), "电脑", passphrase, 0, teamNames{"星海科技", p.profile("1001")})
		if err != nil {
			t.Fatal(err)
		}
		p.staff = "1001"
		if err := team.discard(); err != nil {
			t.Fatal(err)
		}
		p.stop()
		p.start()
		p.until("the names", func() bool { return p.state().TeamName == "星海科技" && p.names() == "张三 1001 销售部" })
		p.verified()
	})
	t.Run("because the identity cannot be saved", func(t *testing.T) {
		p := newPerson(t, "张三")
		occupied := p.file(identityFile)
		if err := os.MkdirAll(filepath.Join(occupied, "x"), 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := p.api.Found(FoundInput{TeamName: "星海科技", Profile: p.profile("1001"), Passphrase: passphrase}); err == nil {
			t.Fatal("founded without an identity")
		}
		if p.phase() != "none" {
			t.Errorf("state %+v", p.state())
		}
		if err := os.RemoveAll(occupied); err != nil {
			t.Fatal(err)
		}
		p.found()
		p.verified()
	})
}

// A key of an attempt to join that led nowhere must not be taken for the reason when the identity is lost later.
func TestAStaleKeyOfJoining(t *testing.T) {
	a, b := newPerson(t, "张三"), newPerson(t, "李四")
	a.found()
	if err := os.MkdirAll(filepath.Join(b.file(identityFile), "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := b.join(a.invite(), "1002"); err != nil {
		t.Fatal(err)
	}
	b.joinEnds("failed", "join.failed")
	if err := os.RemoveAll(b.file(identityFile)); err != nil {
		t.Fatal(err)
	}
	if !exists(b.file(joiningFile)) {
		t.Fatal("the identity that the team knows was thrown away")
	}
	b.found()
	b.stop()
	if exists(b.file(joiningFile)) {
		t.Error("the key is still there")
	}
	before := b.readDB()
	if err := os.Rename(b.file(identityFile), b.file(joiningFile)); err != nil {
		t.Fatal(err)
	}
	b.make()
	wantFault(t, b.Start(context.Background()), "identity.missing")
	b.stop()
	if string(b.readDB()) != string(before) {
		t.Error("the database was touched")
	}
}

// Secrets that a crash left half written are not kept.
func TestLeftFilesAreSweptAway(t *testing.T) {
	p := prepared(t, "张三")
	for _, name := range []string{".tongzhou-new-123", ".identity-123", "addresses.json.tmp", "mine.tmp"} {
		if err := os.WriteFile(p.file(name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.start()
	if exists(p.file(".tongzhou-new-123")) || exists(p.file(".identity-123")) || exists(p.file("addresses.json.tmp")) || !exists(p.file("mine.tmp")) {
		t.Error("swept too little or too much")
	}
}

// kill -9 in the middle of sending.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	g := a.group("销售群", b)
	var mu sync.Mutex
	var sent []string
	stop, ended := make(chan struct{}), make(chan struct{})
	api := a.chat()
	go func() {
		defer close(ended)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			text := fmt.Sprint("第 ", i)
			if _, err := api.Send(chat.SendInput{ChatID: g, Text: text}); err != nil {
				return
			}
			mu.Lock()
			sent = append(sent, text)
			mu.Unlock()
		}
	}()
	count := func() int { mu.Lock(); defer mu.Unlock(); return len(sent) }
	a.until("some messages", func() bool { return count() >= 20 })
	if err := a.teamNow().net.close(); err != nil {
		t.Fatal(err)
	}
	a.until("some more", func() bool { return count() >= 30 })
	acknowledged := count()
	copied := t.TempDir()
	copyFolder(t, a.dir, copied)
	close(stop)
	<-ended
	a.stop()
	a.dir = copied
	a.start()
	got := a.texts(g)
	if len(got) < acknowledged || strings.Join(got[:acknowledged], "|") != strings.Join(sent[:acknowledged], "|") {
		t.Fatalf("%d messages, %d were acknowledged", len(got), acknowledged)
	}
	b.reads(g, got...)
	b.send(g, "都在")
	a.reads(g, append(got, "都在")...)
	a.verified()
	b.verified()
}

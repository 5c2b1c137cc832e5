package app

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tongzhou/backend/fault"
	"tongzhou/backend/features/chat"
	"tongzhou/sync/keys"
)

const backupPassphrase = "qX9!tmrv"

// backsUp sets up backups in a folder and waits for the first run.
func (p *person) backsUp(folder string) BackupDTO {
	p.t.Helper()
	if _, err := p.api.SetUpBackup(SetUpBackupInput{Folder: folder, Passphrase: backupPassphrase}); err != nil {
		p.t.Fatal(err)
	}
	return p.backedUp()
}

// again makes another run.
func (p *person) backsUpAgain() BackupDTO {
	p.t.Helper()
	if _, err := p.api.BackUpNow(); err != nil {
		p.t.Fatal(err)
	}
	return p.backedUp()
}

func (p *person) backup() BackupDTO {
	p.t.Helper()
	b, err := p.api.Backup()
	if err != nil {
		p.t.Fatal(err)
	}
	return b
}

// backedUp waits for the end of a run that succeeds.
func (p *person) backedUp() (b BackupDTO) {
	p.t.Helper()
	p.until("a backup", func() bool {
		b = p.backup()
		return b.Phase == ""
	})
	if !b.Last.Tested || !b.Last.Read || b.Last.Code != "" || b.Failed.Code != "" || b.Due {
		p.t.Fatalf("backed up: %+v", b)
	}
	return b
}

// restored is a new machine of p, made of the backup in a folder and unlocked.
func (p *person) restored(folder string) *person {
	p.t.Helper()
	n := prepared(p.t, p.name+"的新电脑")
	n.staff = p.staff
	n.make()
	in := RestoreInput{From: folder, Passphrase: backupPassphrase, OldIsGone: true}
	out, err := Restore(context.Background(), n.opts, in, nil)
	if err != nil || out.Missing != 0 || out.Rows == 0 {
		p.t.Fatalf("restore: %+v, %v", out, err)
	}
	n.start()
	return n
}

// forks counts the forks that somebody knows.
func (p *person) forks() int { return countRows(p, "fork") }

// R137, R138, U5: a machine that is lost is replaced by one made of its backup. It is the same device; what was written after the
// backup comes back from a colleague, and nothing forks.
func TestABackupIsRestoredOnANewMachine(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	d, g := a.direct(b), a.group("销售群", b)
	a.send(d, "备份之前")
	b.reads(d, "备份之前")
	b.send(d, "收到")
	a.send(g, "群里")
	a.reads(d, "备份之前", "收到")
	if err := a.chat().SaveDraft(g, "还没发的话"); err != nil {
		t.Fatal(err)
	}
	stick := t.TempDir()
	if first := a.backsUp(stick); first.Last.Ops == 0 || first.Last.Size == 0 {
		t.Fatalf("backed up: %+v", first)
	}
	late := a.texts(d)
	a.send(d, "备份之后")
	b.reads(d, "备份之前", "收到", "备份之后")
	a.synced(1)
	was := a.device()
	a.stop()

	c := a.restored(stick)
	if c.device() != was || c.user() == "" {
		t.Fatal("another device")
	}
	if got := c.texts(d); len(got) < len(late) {
		t.Fatalf("restored %q", got)
	}
	chats, err := c.chat().Chats()
	if err != nil || !slices.ContainsFunc(chats, func(x chat.ChatDTO) bool { return x.ID == g && x.Draft == "还没发的话" }) {
		t.Fatalf("chats %+v, %v", chats, err)
	}
	c.reads(d, "备份之前", "收到", "备份之后")
	c.send(d, "换了电脑")
	b.reads(d, "备份之前", "收到", "备份之后", "换了电脑")
	b.send(g, "欢迎回来")
	c.reads(g, "群里", "欢迎回来")
	c.synced(1)
	if n := b.forks() + c.forks(); n != 0 {
		t.Errorf("%d forks", n)
	}
	c.verified()
	b.verified()
}

// U5: a machine that was not gone and goes on beside the restored one: both write, nothing forks and nothing is lost.
func TestBothMachinesRun(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	d := a.direct(b)
	a.send(d, "1")
	b.reads(d, "1")
	stick := t.TempDir()
	a.backsUp(stick)
	a.send(d, "2 旧电脑")
	b.reads(d, "1", "2 旧电脑")
	a.stop()
	c := a.restored(stick)
	c.reads(d, "1", "2 旧电脑")
	c.send(d, "3 新电脑")
	b.reads(d, "1", "2 旧电脑", "3 新电脑")
	a.listen = "/ip4/127.0.0.1/tcp/0"
	a.start() // beside the new one
	a.send(d, "4 旧电脑")
	c.send(d, "5 新电脑")
	all := func(p *person) bool {
		got := p.texts(d)
		slices.Sort(got)
		return strings.Join(got, "|") == "1|2 旧电脑|3 新电脑|4 旧电脑|5 新电脑"
	}
	b.until("what both wrote", func() bool { return all(b) })
	c.stop()
	a.until("what the new one wrote", func() bool { return all(a) })
	a.stop()
	c.start()
	c.until("what the old one wrote", func() bool { return all(c) })
	if n := b.forks() + c.forks(); n != 0 {
		t.Errorf("%d forks", n)
	}
	b.verified()
	c.verified()
}

// U5: the words restore as well, and a forgotten passphrase of the device is replaced with them.
func TestRestoringWithWords(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "张三")
	p.found()
	words, err := p.api.RecoveryWords(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	stick := t.TempDir()
	p.backsUp(stick)
	p.stop()
	n := prepared(t, "新电脑")
	n.make()
	if err := n.App.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	in := RestoreInput{From: stick, Words: strings.Join(words, " ")}
	out, err := n.api.InspectBackup(in)
	if err != nil || out.DeviceName != "张三的电脑" || out.Ops == 0 {
		t.Fatalf("inspect: %+v, %v", out, err)
	}
	_, err = n.api.RestoreBackup(in)
	wantFault(t, err, "restore.old")
	if n.phase() != "none" {
		t.Fatal("restored without being asked")
	}
	in.OldIsGone = true
	if out, err = n.api.RestoreBackup(in); err != nil || n.phase() != "locked" {
		t.Fatalf("restore: %+v, %v, %s", out, err, n.phase())
	}
	if _, err := n.api.ResetPassphrase(ResetPassphraseInput{Words: words, Next: "vR7#pL2!"}); err != nil || n.phase() != "ready" {
		t.Fatalf("reset: %v", err)
	}
	_, err = n.api.RestoreBackup(in)
	wantFault(t, err, "team.exists")
	n.until("the names", func() bool { return n.names() == "张三 1001 销售部" })
}

// U6: whatever is wrong with a backup or with the place for it, the folder is as before, and the person is told.
func TestU6RestoringThatIsRefused(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	d := a.direct(b)
	a.send(d, "1")
	stick, other := t.TempDir(), t.TempDir()
	set := a.backsUp(stick).Set
	a.send(d, "2")
	a.backsUpAgain()
	theirs := b.backsUp(other).Set
	words := keys.Words([32]byte{9})
	good := RestoreInput{From: stick, Passphrase: backupPassphrase, OldIsGone: true}
	damaged := func(change func(dir string)) RestoreInput {
		dir := t.TempDir()
		copyFolder(t, set, dir)
		change(dir)
		in := good
		in.From = dir
		return in
	}
	data := func(dir string) string { return filepath.Join(dir, "000002.data") }
	full := t.TempDir()
	for _, dir := range []string{set, theirs} {
		if err := os.Mkdir(filepath.Join(full, filepath.Base(dir)), 0o700); err != nil {
			t.Fatal(err)
		}
		copyFolder(t, dir, filepath.Join(full, filepath.Base(dir)))
	}
	for name, c := range map[string]struct {
		in   RestoreInput
		code string
	}{
		"no backup":           {RestoreInput{From: t.TempDir(), Passphrase: backupPassphrase, OldIsGone: true}, "backup.none"},
		"not plugged in":      {RestoreInput{From: filepath.Join(stick, "gone"), Passphrase: backupPassphrase, OldIsGone: true}, "backup.unplugged"},
		"two backups":         {RestoreInput{From: full, Passphrase: backupPassphrase, OldIsGone: true}, "backup.several"},
		"no whole path":       {RestoreInput{From: "stick", Passphrase: backupPassphrase, OldIsGone: true}, "backup.path"},
		"a wrong passphrase":  {RestoreInput{From: stick, Passphrase: passphrase, OldIsGone: true}, "backup.passphrase"},
		"other words":         {RestoreInput{From: stick, Words: strings.Join(words, " "), OldIsGone: true}, "backup.words"},
		"no words":            {RestoreInput{From: stick, Words: "apple", OldIsGone: true}, "vault.words"},
		"a run that is not":   {RestoreInput{From: stick, Passphrase: backupPassphrase, OldIsGone: true, Run: 9}, "backup.none"},
		"the old one is used": {RestoreInput{From: stick, Passphrase: backupPassphrase}, "restore.old"},
		"cut off": {damaged(func(dir string) {
			if err := os.Truncate(data(dir), 3000); err != nil {
				t.Fatal(err)
			}
		}), "backup.cut"},
		"altered": {damaged(func(dir string) { flip(t, data(dir), 3000) }), "backup.altered"},
		"reordered": {damaged(func(dir string) {
			if err := os.Rename(filepath.Join(dir, "000001.data"), data(dir)); err != nil {
				t.Fatal(err)
			}
		}), "backup.altered"},
		"of another team": {damaged(func(dir string) {
			b, err := os.ReadFile(filepath.Join(theirs, "000001.data"))
			if err == nil {
				err = os.WriteFile(data(dir), b, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}), "backup.foreign"},
	} {
		n := prepared(t, name)
		n.make()
		_, err := Restore(context.Background(), n.opts, c.in, nil)
		if fault.Code(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
		if left := filesIn(t, n.dir); len(left) > 0 {
			t.Errorf("%s left %v", name, left)
		}
	}
	first := good
	first.Run = 1
	n := prepared(t, "到第一次为止")
	n.make()
	if out, err := Restore(context.Background(), n.opts, first, nil); err != nil || out.Run != 1 {
		t.Errorf("run 1: %+v, %v", out, err)
	}
	_, err := Restore(context.Background(), n.opts, good, nil)
	wantFault(t, err, "restore.occupied")
	a.stop()
	before := filesIn(t, a.dir)
	_, err = Restore(context.Background(), Options{Data: a.dir}, good, nil)
	wantFault(t, err, "restore.occupied")
	if after := filesIn(t, a.dir); !slices.Equal(before, after) {
		t.Errorf("changed: %v, %v", before, after)
	}
}

func flip(t *testing.T, path string, at int) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		b[at] ^= 1
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// U6: a crash while the restored files are put in their place is followed by the rest of it.
func TestU6RestoringThatIsCutOff(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "张三")
	p.found()
	stick := t.TempDir()
	p.backsUp(stick)
	p.stop()
	whole := prepared(t, "完整")
	whole.make()
	a, err := New(whole.opts)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.restore(context.Background(), RestoreInput{From: stick, Passphrase: backupPassphrase, OldIsGone: true}, nil); err != nil {
		t.Fatal(err)
	}
	moved := append([]string{"tongzhou.db"}, backedUpFiles()...)
	for n := range len(moved) + 1 {
		q := prepared(t, fmt.Sprint("断在第", n, "步"))
		q.staff = p.staff
		copyFolder(t, whole.dir, q.dir)
		for _, name := range moved[:n] {
			if exists(filepath.Join(q.dir, restoringFolder, name)) {
				if err := os.Rename(filepath.Join(q.dir, restoringFolder, name), filepath.Join(q.dir, name)); err != nil {
					t.Fatal(err)
				}
			}
		}
		q.start()
		q.until("the names", func() bool { return q.names() == "张三 1001 销售部" })
		if exists(q.path(restoringFolder)) {
			t.Error("something is left")
		}
		q.stop()
	}
	cut := prepared(t, "没有写完") // before it was whole
	copyFolder(t, whole.dir, cut.dir)
	if err := os.Remove(filepath.Join(cut.dir, restoringFolder, restoredFile)); err != nil {
		t.Fatal(err)
	}
	cut.start()
	if cut.phase() != "none" || exists(cut.path(restoringFolder)) {
		t.Errorf("phase %s", cut.phase())
	}
}

// U1, U2, U7: runs follow each other while people write; what was restored of any of them is what was there.
func TestBackingUpWhileInUse(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	g := a.group("销售群", b)
	stick := t.TempDir()
	first := a.backsUp(stick)
	stop := make(chan struct{})
	written := make(chan int)
	go func() {
		n := 0
		defer func() { written <- n }()
		for ; ; n++ {
			select {
			case <-stop:
				return
			default:
				a.send(g, fmt.Sprint("第 ", n))
			}
		}
	}()
	second := a.backsUpAgain()
	third := a.backsUpAgain()
	close(stop)
	n := <-written
	if n == 0 || third.Last.Ops <= first.Last.Ops || second.Last.Added >= second.Last.Size {
		t.Fatalf("%d written; %+v, %+v", n, second.Last, third.Last)
	}
	last := a.backsUpAgain()
	a.stop()
	c := a.restored(stick)
	if got := c.texts(g); len(got) != min(n, 100) {
		t.Errorf("%d of %d messages; %+v", len(got), n, last)
	}
	c.verified()
}

// U7: a backup that cannot be tried out says so.
func TestU7WhatWasNotTestedIsNotSaidToBe(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "张三")
	p.found()
	p.tune.store.MaxPages = 20 // of databases that are opened from now on
	if _, err := p.api.SetUpBackup(SetUpBackupInput{Folder: t.TempDir(), Passphrase: backupPassphrase}); err != nil {
		t.Fatal(err)
	}
	p.until("a backup", func() bool { return p.backup().Phase == "" })
	if b := p.backup(); b.Last.Tested || !b.Last.Read || b.Last.Code != "store.full" || b.Failed.Code != "" {
		t.Errorf("%+v", b)
	}
}

// R137: what is due is made by itself when the stick is there, and told when it is not.
func TestABackupThatIsDue(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "张三", func(a *App) { a.tune.backupCheck = 20 * time.Millisecond })
	p.found()
	if b := p.backup(); b.Due || b.Days != 7 || b.Folder != "" {
		t.Errorf("at first: %+v", b)
	}
	week := int64(7*24*time.Hour + time.Minute)
	p.until("a beginning", func() bool { return p.setting(backupSince) != "" })
	p.ahead.Add(week)
	if b := p.backup(); !b.Due {
		t.Errorf("after a week: %+v", b)
	}
	if b, err := p.api.RemindLater(); err != nil || !b.Later || !b.Due {
		t.Errorf("later: %+v, %v", b, err)
	}
	stick := t.TempDir()
	first := p.backsUp(stick)
	p.ahead.Add(week)
	var second BackupDTO
	p.until("a run by itself", func() bool {
		second = p.backup()
		return second.Phase == "" && second.Last.At > first.Last.At
	})
	gone := second.Set + "-away"
	if err := os.Rename(second.Set, gone); err != nil {
		t.Fatal(err)
	}
	p.ahead.Add(week)
	if b := p.backup(); !b.Due || b.Failed.Code != "" {
		t.Errorf("without the stick: %+v", b)
	}
	if _, err := p.api.BackUpNow(); err != nil {
		t.Fatal(err)
	}
	p.until("a failure", func() bool { return p.backup().Phase == "" })
	if b := p.backup(); b.Failed.Code != "backup.none" || b.Last != second.Last {
		t.Errorf("without the stick: %+v", b)
	}
	if err := os.Rename(gone, second.Set); err != nil {
		t.Fatal(err)
	}
	p.backsUpAgain()
	if b, err := p.api.ForgetBackup(); err != nil || b.Folder != "" {
		t.Errorf("forgotten: %+v, %v", b, err)
	}
	_, err := p.api.BackUpNow()
	wantFault(t, err, "backup.unset")
}

// What cannot be backed up to is refused before anything is written there.
func TestFoldersThatAreNoPlaceForABackup(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "张三")
	p.found()
	inside := filepath.Join(p.dir, "backups")
	if err := os.Mkdir(inside, 0o700); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(inside, link); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ folder, passphrase, code string }{
		"inside the data":     {inside, backupPassphrase, "backup.inside"},
		"the data themselves": {p.dir, backupPassphrase, "backup.inside"},
		"a link into them":    {link, backupPassphrase, "backup.inside"},
		"not there":           {filepath.Join(inside, "no"), backupPassphrase, "backup.unplugged"},
		"no whole path":       {"backups", backupPassphrase, "backup.path"},
		"an easy passphrase":  {t.TempDir(), "password", "vault.weak"},
	} {
		_, err := p.api.SetUpBackup(SetUpBackupInput{Folder: c.folder, Passphrase: c.passphrase})
		if fault.Code(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	if b := p.backup(); b.Folder != "" {
		t.Errorf("%+v", b)
	}
}

// U4: neither the set nor the data folder tells its key or the words.
func TestU4NoKeyOfABackupInClear(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "张三")
	p.found()
	stick := t.TempDir()
	p.backsUp(stick)
	v, _ := p.theVault()
	plan, err := p.loadPlan(v)
	if err != nil {
		t.Fatal(err)
	}
	id := p.teamNow().id
	secrets := map[string][]byte{
		"key of the set": plan.Key[:], "seed": id.Root.Seed[:], "passphrase": []byte(backupPassphrase), "name": []byte("张三"), "device": id.Device.Sign.Seed(),
	}
	p.stop()
	for _, dir := range []string{stick, p.dir} {
		for _, path := range filesIn(t, dir) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for name, secret := range secrets {
				if bytes.Contains(b, secret) && !(name == "name" && strings.Contains(path, "tongzhou.db")) { // this build may not encrypt
					t.Errorf("%s is in %s", name, filepath.Base(path))
				}
			}
		}
	}
}

// U3, U7: a stick that loses bytes is told of when it is read back, and the next run begins anew; what was said to be tested is.
func TestAStickThatLosesBytes(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "张三")
	p.found()
	stick := t.TempDir()
	first := p.backsUp(stick)
	flip(t, filepath.Join(first.Set, "000001.data"), 2000)
	again := func() BackupDTO {
		if _, err := p.api.BackUpNow(); err != nil {
			t.Fatal(err)
		}
		p.until("a run", func() bool { return p.backup().Phase == "" })
		return p.backup()
	}
	if b := again(); b.Last.Read || b.Last.Tested || b.Last.Code != "backup.altered" || b.Failed.Code != "" {
		t.Fatalf("damaged: %+v", b)
	}
	if b := again(); !b.Last.Tested || b.Last.Code != "" || exists(filepath.Join(b.Set, "000001.data")) {
		t.Fatalf("anew: %+v", b)
	}
	p.stop()
	p.restored(stick)
}

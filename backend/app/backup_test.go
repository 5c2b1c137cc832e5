package app

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tongzhou/backend/fault"
)

const backupPassphrase = "qX9!tmrv"

// backsUp sets up backups in a folder and waits for the first run.
func (p *person) backsUp(folder string) BackupDTO {
	p.t.Helper()
	if _, err := p.api.SetUpBackup(SetUpBackupInput{Current: passphrase, Folder: folder, Passphrase: backupPassphrase}); err != nil {
		p.t.Fatal(err)
	}
	return p.backedUp()
}

// backsUpAgain makes another run.
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
	if _, err := p.api.SetUpBackup(SetUpBackupInput{Current: passphrase, Folder: t.TempDir(), Passphrase: backupPassphrase}); err != nil {
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

// What cannot be backed up to is refused before anything is written there, and so is whoever found the device unlocked.
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
		_, err := p.api.SetUpBackup(SetUpBackupInput{Current: passphrase, Folder: c.folder, Passphrase: c.passphrase})
		if fault.Code(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	place := t.TempDir()
	_, err := p.api.SetUpBackup(SetUpBackupInput{Current: "not this", Folder: place, Passphrase: backupPassphrase})
	wantFault(t, err, "vault.wrong")
	if b := p.backup(); b.Folder != "" || len(filesIn(t, place)) > 0 {
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

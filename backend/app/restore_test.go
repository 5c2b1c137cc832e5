package app

import (
	"context"
	"errors"
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

// restored is a new machine of p, made of the backup in a folder and unlocked.
func (p *person) restored(folder string) *person {
	p.t.Helper()
	n := prepared(p.t, p.name+"的新电脑")
	n.staff = p.staff
	n.ahead.Store(p.ahead.Load())
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
	first := a.backsUp(stick)
	if first.Last.Ops == 0 || first.Last.Size == 0 {
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
	at, err := time.Parse(time.RFC3339, first.Last.At)
	if err != nil {
		t.Fatal(err)
	}
	var before uint64 // ops that are said to have arrived before the backup, as all but those of its very moment did
	if err := c.database().Read().QueryRow(`SELECT count(*) FROM op WHERE at <= ?`, at.UnixMilli()).Scan(&before); err != nil || 2*before < first.Last.Ops {
		t.Errorf("%d of %d ops came before the backup, %v", before, first.Last.Ops, err)
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

// U8: the pictures that a device holds are in its backups, once, and come back with it, from nobody else; one that was damaged is
// left out.
func TestU8ContentIsRestored(t *testing.T) {
	t.Parallel()
	a := newPerson(t, "张三")
	a.found()
	if err := a.org().SetPicture(photograph(t, 512)); err != nil {
		t.Fatal(err)
	}
	own := a.picture(a.user())
	chunk, err := os.ReadFile(a.chunks()[0])
	if err != nil || own == "" {
		t.Fatal(err)
	}
	stick := t.TempDir()
	if first := a.backsUp(stick); first.Last.Added < int64(len(chunk)) || !first.Last.Tested {
		t.Fatalf("%+v", first.Last)
	}
	if second := a.backsUpAgain(); second.Last.Added > int64(len(chunk)) {
		t.Errorf("the chunk was written again: %+v", second.Last)
	}
	was := a.device()
	a.stop()
	c := a.restored(stick)
	if got := c.picture(c.user()); got != own || c.device() != was {
		t.Errorf("the picture after restoring: %.40q", got)
	}
	c.verified()
	path := c.chunks()[0]
	c.stop()
	flip(t, path, len(chunk)/2)
	c.start()
	other := t.TempDir()
	c.backsUp(other)
	c.stop()
	d := c.restored(other)
	if n := len(d.chunks()); n != 0 {
		t.Errorf("%d damaged chunks were restored", n)
	}
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
	moved := restoredNames()
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

// U1, U6: what is cancelled, and what finds no room, leaves everything as it was; the same folder restores afterwards.
func TestU6CancelledOrWithoutRoom(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "张三")
	p.found()
	stick := t.TempDir()
	good := p.backsUp(stick)
	v, _ := p.theVault()
	plan, err := p.loadPlan(v)
	if err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(context.Background())
	cancel()
	if err := p.backUp(over, v, p.teamNow().id, plan, nil); !errors.Is(err, context.Canceled) {
		t.Fatalf("cancelled: %v", err)
	}
	if b := p.backup(); b.Last != good.Last || b.Failed.Code != "" {
		t.Errorf("cancelled: %+v", b)
	}
	p.stop()

	in := RestoreInput{From: stick, Passphrase: backupPassphrase, OldIsGone: true}
	n := newPerson(t, "新电脑")
	n.staff = p.staff
	if _, err := n.restore(over, in, nil); !errors.Is(err, context.Canceled) {
		t.Fatalf("cancelled: %v", err)
	}
	n.tune.store.MaxPages = 20
	_, err = n.api.RestoreBackup(in)
	wantFault(t, err, "store.full")
	if n.phase() != "none" || exists(n.path(restoringFolder)) {
		t.Fatalf("phase %s", n.phase())
	}
	n.tune.store.MaxPages = 0
	if _, err := n.api.RestoreBackup(in); err != nil {
		t.Fatal(err)
	}
	n.unlocks(p.staff, passphrase, false)
	n.until("the names", func() bool { return n.names() == "张三 1001 销售部" })
}

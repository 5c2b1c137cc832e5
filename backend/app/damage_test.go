package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tongzhou/backend/durable"
	"tongzhou/backend/features/announcement"
	"tongzhou/backend/store"
)

// life is what two colleagues have done so far.
type life struct {
	direct, group string
	texts         []string // of the group, what both hold
	damaged       *person
	other         *person
}

// grown makes a team of two with some history. damaged is the founder or the newcomer; what it wrote last only it has.
func grown(t *testing.T, founder bool, adapt ...func(*App)) *life {
	t.Helper()
	a, b := pair(t, adapt...)
	l := &life{damaged: b, other: a}
	if founder {
		l.damaged, l.other = a, b
	}
	l.direct, l.group = b.direct(a), a.group("销售群", b)
	b.until("the group", func() bool { return len(b.texts(l.group)) == 0 && len(chats(t, b)) == 2 })
	for i := range 4 {
		for _, p := range []*person{a, b} {
			text := fmt.Sprintf("%s 的第 %d 条", p.name, i)
			p.send(l.group, text)
			l.texts = append(l.texts, text)
			l.both("history", func(p *person) bool { return strings.Join(p.texts(l.group), "|") == strings.Join(l.texts, "|") })
		}
	}
	b.send(l.direct, "私下")
	a.reads(l.direct, "私下")
	if _, err := a.news().Publish(announcement.PublishInput{Title: "公告", Text: "内容"}); err != nil {
		t.Fatal(err)
	}
	l.whole()
	if _, err := l.damaged.api.SaveSettings(SettingsDTO{Language: "en", Theme: "dark", SendKey: "ctrl_enter"}); err != nil {
		t.Fatal(err)
	}
	a.synced(1)
	b.synced(1)
	l.other.stop()
	return l
}

func chats(t *testing.T, p *person) []string {
	t.Helper()
	list, err := p.chat().Chats()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range list {
		out = append(out, c.ID)
	}
	return out
}

func (l *life) both(what string, ok func(p *person) bool) {
	l.damaged.t.Helper()
	for _, p := range []*person{l.damaged, l.other} {
		p.until(what, func() bool { return ok(p) })
	}
}

// whole waits until both have everything.
func (l *life) whole() {
	l.damaged.t.Helper()
	l.both("history", func(p *person) bool {
		news, err := p.news().List()
		return err == nil && len(news) == 1 && strings.Join(p.texts(l.group), "|") == strings.Join(l.texts, "|") &&
			strings.Join(p.texts(l.direct), "|") == "私下" && p.names() == "李四 1002 销售部; 张三 1001 销售部"
	})
}

// goesOn checks that both write and read as before, that nothing of the damaged one was forked, and that both verify.
func (l *life) goesOn() {
	t := l.damaged.t
	t.Helper()
	l.whole()
	for _, p := range []*person{l.damaged, l.other} {
		p.send(l.group, p.name+"继续")
		l.texts = append(l.texts, p.name+"继续")
		l.whole()
	}
	l.damaged.synced(1)
	l.other.synced(1)
	for _, p := range []*person{l.damaged, l.other} {
		var forks int
		if err := p.database().Read().QueryRow(`SELECT count(*) FROM fork`).Scan(&forks); err != nil || forks > 0 {
			t.Errorf("%s: %d forks, %v", p.name, forks, err)
		}
		p.verified()
	}
}

func (p *person) dbFile() string { return filepath.Join(p.dir, "tongzhou.db") }

func (p *person) readDB() []byte {
	p.t.Helper()
	b, err := os.ReadFile(p.dbFile())
	if err != nil {
		p.t.Fatal(err)
	}
	return b
}

func (p *person) writeDB(b []byte) {
	p.t.Helper()
	if err := os.WriteFile(p.dbFile(), b, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// opAt finds the bytes of some op of the company scope in the file.
func (p *person) opAt() int {
	p.t.Helper()
	db, err := store.OpenReadOnly(p.dbFile(), p.key())
	if err != nil {
		p.t.Fatal(err)
	}
	defer db.Close()
	var raw []byte
	err = db.QueryRow(`SELECT op.data FROM op JOIN chat_message m ON m.op = op.id ORDER BY m.hlc LIMIT 1 OFFSET 3`).Scan(&raw)
	if err != nil {
		p.t.Fatal(err)
	}
	if p.key() != nil {
		return p.leafOf(raw)
	}
	at := bytes.Index(p.readDB(), raw[:64])
	if at < 0 {
		p.t.Fatal("op not found in the file")
	}
	return at
}

// leafOf finds the page of an op in an encrypted file: the one without which this op cannot be read, and the first one can.
func (p *person) leafOf(raw []byte) int {
	p.t.Helper()
	good, key := p.readDB(), p.key()
	path := filepath.Join(p.t.TempDir(), "tried.db")
	reads := func(query string, args ...any) bool {
		db, err := store.OpenReadOnly(path, key)
		if err != nil {
			p.t.Fatal(err)
		}
		defer db.Close()
		var n int
		return db.QueryRow(query, args...).Scan(&n) == nil
	}
	var id int64
	db, err := store.OpenReadOnly(p.dbFile(), key)
	if err == nil {
		err = errors.Join(db.QueryRow(`SELECT id FROM op WHERE data = ?`, raw).Scan(&id), db.Close())
	}
	if err != nil {
		p.t.Fatal(err)
	}
	for at := pageSize; at < len(good); at += pageSize {
		bad := bytes.Clone(good)
		clear(bad[at : at+pageSize])
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			p.t.Fatal(err)
		}
		if !reads(`SELECT length(data) FROM op WHERE id = ?`, id) && reads(`SELECT length(data) FROM op ORDER BY id LIMIT 1`) {
			return at
		}
	}
	p.t.Fatal("op not found in the file")
	return 0
}

const pageSize = 4096

// unencrypted is for damage within a page: an encrypted page is whole or not there.
func unencrypted(a *App) { a.tune.plain = true }

// L10: whatever was damaged, the app goes on with a new database, what can be read of the old one, and what colleagues have.
func TestADamagedDatabaseIsReplaced(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		founder bool
		keeps   bool // what only this device has can be read; within a page, so the database is not encrypted
		damage  func(p *person, b []byte) []byte
	}{
		{"garbage", true, false, func(_ *person, b []byte) []byte { return bytes.Repeat([]byte("garbage!"), len(b)/8) }},
		{"empty pages", false, false, func(_ *person, b []byte) []byte { clear(b[pageSize:]); return b }},
		{"header", false, false, func(_ *person, b []byte) []byte {
			clear(b[16:100]) // the beginning alone is only a random number in an encrypted file
			copy(b, "not a database")
			return b
		}},
		{"cut short", true, false, func(_ *person, b []byte) []byte { return b[:len(b)/2] }},
		{"last page missing", false, false, func(_ *person, b []byte) []byte { return b[:len(b)-pageSize] }},
		{"a bit of an op", true, true, func(p *person, b []byte) []byte {
			head := bytes.Clone(b[p.opAt():][:64])
			for from := 0; ; { // a page that was moved leaves its old content behind, which nobody reads
				at := bytes.Index(b[from:], head)
				if at < 0 {
					return b
				}
				b[from+at+200] ^= 4
				from += at + len(head)
			}
		}},
		{"a page of ops", false, false, func(p *person, b []byte) []byte {
			at := p.opAt() / pageSize * pageSize
			clear(b[at : at+pageSize])
			return b
		}},
		{"a page's own header", true, false, func(p *person, b []byte) []byte { b[p.opAt()/pageSize*pageSize+3] ^= 0x55; return b }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var adapt []func(*App)
			if c.keeps {
				adapt = append(adapt, unencrypted)
			}
			l := grown(t, c.founder, adapt...)
			p := l.damaged
			p.send(l.group, "只有我有")
			l.drafts()
			p.stop()
			before := c.damage(p, p.readDB())
			p.writeDB(before)
			p.adapt = append(p.adapt, func(a *App) { a.tune.checkAfter = 0 })
			p.start()
			p.until("repair", func() bool { s := p.state(); return s.Phase == "ready" && s.Damage != "" })
			kept := p.state().Damage
			if b, err := os.ReadFile(filepath.Join(kept, "tongzhou.db")); err != nil || len(b) < len(before) || !strings.HasPrefix(kept, p.dir) {
				t.Errorf("kept %d of %d bytes in %s, %v", len(b), len(before), kept, err)
			}
			if exists(p.path(repairFile)) {
				t.Error("the repair is not over")
			}
			l.other.start()
			l.both("what both had", func(q *person) bool { return len(q.texts(l.group)) >= len(l.texts) })
			p.synced(1)
			if c.keeps || len(p.texts(l.group)) > len(l.texts) {
				l.texts = append(l.texts, "只有我有")
			}
			if c.keeps {
				if s := p.state().Settings; s.Language != "en" || s.SendKey != "ctrl_enter" {
					t.Errorf("settings %+v", s)
				}
				if draft := p.draft(l.group); draft != "草稿" {
					t.Errorf("draft %q", draft)
				}
			}
			l.goesOn()
			p.start() // not noticed again
			if s := p.state(); s.Damage != "" || s.Phase != "ready" {
				t.Errorf("after the repair: %+v", s)
			}
		})
	}
}

// drafts leaves a draft, which only this device has.
func (l *life) drafts() {
	l.damaged.t.Helper()
	if err := l.damaged.chat().SaveDraft(l.group, "草稿"); err != nil {
		l.damaged.t.Fatal(err)
	}
}

func (p *person) draft(chatID string) string {
	p.t.Helper()
	list, err := p.chat().Chats()
	if err != nil {
		p.t.Fatal(err)
	}
	for _, c := range list {
		if c.ID == chatID {
			return c.Draft
		}
	}
	return ""
}

// Every byte of the file may be the one that is wrong. Whatever it is, the app starts, and in the end all is well.
func TestAnyFlippedByte(t *testing.T) {
	t.Parallel()
	l := grown(t, false)
	p := l.damaged
	p.stop()
	good := p.readDB()
	l.other.start()
	for i := range 8 {
		bad := bytes.Clone(good)
		at := (i*len(good)/8 + 37*i) % len(good)
		for j := at; j < min(at+16, len(bad)); j++ {
			bad[j] ^= byte(0x5a + i)
		}
		dir := t.TempDir()
		copyFolder(t, p.dir, dir)
		q := &person{t: t, name: p.name, dir: dir, listen: p.listen, log: p.log, staff: p.staff, chain: p.chain}
		q.writeDB(bad)
		q.make()
		if err := q.App.Start(context.Background()); err != nil {
			t.Errorf("flipped at %d of %d: %v", at, len(good), err)
		}
		if _, err := q.api.Unlock(UnlockInput{StaffNo: q.staff, Passphrase: passphrase}); err != nil {
			t.Errorf("flipped at %d of %d: %v", at, len(good), err)
		}
		if err := q.App.Close(); err != nil {
			t.Errorf("flipped at %d of %d: %v", at, len(good), err)
		}
	}
}

// Nothing is left of the database; the identity is here.
func TestADeletedDatabaseComesBackFromColleagues(t *testing.T) {
	t.Parallel()
	for _, founder := range []bool{true, false} {
		t.Run(fmt.Sprintf("founder %v", founder), func(t *testing.T) {
			t.Parallel()
			l := grown(t, founder)
			p := l.damaged
			p.stop()
			for _, f := range dbFiles {
				if err := durable.Remove(p.file(f)); err != nil {
					t.Fatal(err)
				}
			}
			if founder { // to SQLite, an empty file is none
				p.writeDB(nil)
			}
			p.start()
			if s := p.state(); s.Phase != "ready" || s.Me.UserID == "" {
				t.Fatalf("state %+v", s)
			}
			l.other.start()
			l.goesOn()
		})
	}
}

func (p *person) file(name string) string { return filepath.Join(p.dir, name) }

// A crash in the middle of the repair: the new database is there, and has nothing yet.
func TestARepairThatWasCutOffGoesOn(t *testing.T) {
	t.Parallel()
	t.Run("as it is", func(t *testing.T) {
		t.Parallel()
		repairIsCutOff(t, func(*person) {})
	})
	t.Run("within a page", func(t *testing.T) {
		t.Parallel()
		repairIsCutOff(t, func(p *person) {
			b := p.readDB()
			b[p.opAt()+200] ^= 4 // unreadable from the second message of a feed on
			p.writeDB(b[:len(b)-1])
		}, unencrypted)
	})
}

func repairIsCutOff(t *testing.T, damage func(p *person), adapt ...func(*App)) {
	t.Helper()
	l := grown(t, false, adapt...)
	p := l.damaged
	p.send(l.group, "只有我有")
	l.texts = append(l.texts, "只有我有")
	p.stop()
	damage(p)
	for _, cut := range []string{"noted", "moved", "made"} {
		p.make()
		if err := p.noteDamage(); err != nil {
			t.Fatal(err)
		}
		if cut != "noted" {
			if _, err := p.putAside(); err != nil {
				t.Fatal(err)
			}
		}
		if cut == "made" {
			p.App.key = p.key()
			if err := errors.Join(p.openDB(), p.closeDB()); err != nil {
				t.Fatal(err)
			}
		}
	}
	p.App = nil
	p.start()
	if s := p.state(); s.Phase != "ready" || s.Damage == "" {
		t.Fatalf("state %+v", s)
	}
	l.other.start()
	l.goesOn()
}

// Whoever puts back an older copy of the folder's database must not write other things in the place of what colleagues have.
func TestADatabaseThatWasRolledBack(t *testing.T) {
	t.Parallel()
	for _, founder := range []bool{true, false} {
		t.Run(fmt.Sprintf("founder %v", founder), func(t *testing.T) {
			t.Parallel()
			l := grown(t, founder)
			p := l.damaged
			p.stop()
			old := p.readDB()
			p.start()
			l.other.start()
			p.send(l.group, "后来")
			l.texts = append(l.texts, "后来")
			l.whole()
			l.other.stop()
			p.stop()
			p.writeDB(old)
			p.start()
			p.send(l.group, "又后来") // before it could hear of what it has lost
			if s := p.state(); s.Damage != "" {
				t.Errorf("state %+v", s)
			}
			l.texts = append(l.texts, "又后来")
			l.other.start()
			l.goesOn()
		})
	}
}

func TestAnIdentityThatIsGoneOrDamaged(t *testing.T) {
	t.Parallel()
	l := grown(t, false)
	p := l.damaged
	p.stop()
	good, err := os.ReadFile(p.file(identityFile))
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(good)
	flipped[len(flipped)/2] ^= 1
	before := p.readDB()
	for name, c := range map[string]struct {
		content []byte
		code    string
	}{
		"missing": {nil, "identity.missing"},
		"empty":   {[]byte{}, "identity.damaged"},
		"flipped": {flipped, "identity.damaged"},
		"short":   {good[:len(good)-1], "identity.damaged"},
	} {
		err := durable.Remove(p.file(identityFile))
		if c.content != nil {
			err = os.WriteFile(p.file(identityFile), c.content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		p.make()
		phase, refusal := "locked", "locked"
		if err := p.App.Start(context.Background()); c.content == nil {
			wantFault(t, err, c.code)
			phase, refusal = "damaged", "app.start"
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		} else {
			_, err := p.api.Unlock(UnlockInput{StaffNo: p.staff, Passphrase: passphrase})
			wantFault(t, err, c.code)
		}
		if s := p.state(); s.Phase != phase || phase == "damaged" && s.Damage != c.code {
			t.Errorf("%s: state %+v", name, s)
		}
		_, err = p.api.Invitations()
		wantFault(t, err, refusal)
		_, err = p.api.Found(FoundInput{TeamName: "另一个", Profile: p.profile("1"), Passphrase: passphrase})
		wantFault(t, err, refusal)
		if err := p.App.Close(); err != nil {
			t.Error(err)
		}
		p.App = nil
		if !bytes.Equal(p.readDB(), before) {
			t.Fatalf("%s: the database was touched", name)
		}
	}
	if err := os.WriteFile(p.file(identityFile), good, 0o600); err != nil {
		t.Fatal(err)
	}
	p.start()
	l.other.start()
	l.goesOn()
}

// Damage that shows while people work is repaired without them.
func TestDamageThatShowsWhileRunning(t *testing.T) {
	t.Parallel()
	l := grown(t, false)
	p := l.damaged
	l.other.start()
	p.synced(1)
	l.drafts()
	p.repairSoon(errors.New("a page is wrong"))
	p.repairSoon(errors.New("and another"))
	p.until("repair", func() bool { s := p.state(); return s.Phase == "ready" && s.Damage != "" })
	if draft := p.draft(l.group); draft != "草稿" {
		t.Errorf("draft %q", draft)
	}
	l.goesOn()
}

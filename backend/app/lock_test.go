package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tongzhou/backend/durable"
	"tongzhou/backend/fault"
	"tongzhou/backend/features/chat"
	"tongzhou/backend/store"
	"tongzhou/backend/vault"
	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
)

// open are the calls that work while the device is locked: what the screen that asks for the passphrase needs, what concerns
// no team, and what gets into one, which is refused where there is one.
var openCalls = []string{
	"app.State", "app.Settings", "app.SaveSettings", "app.Doctor", "app.CheckPassphrase", "app.Unlock", "app.Lock", "app.ResetPassphrase",
	"app.ResetPassphraseByCode",
	"app.PreviewInvitation", "app.JoinProgress", "app.CancelJoin", "app.LinkState", "app.CancelLink",
}

// R1, R16, R18: while it is locked, no call of any feature does or tells anything, however many there are.
func TestEveryCallIsRefusedWhileLocked(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "张三")
	p.found()
	if err := p.api.Lock(); err != nil {
		t.Fatal(err)
	}
	everyCallIsRefused(t, p, "locked")
}

func everyCallIsRefused(t *testing.T, p *person, code string) {
	t.Helper()
	refused := 0
	for _, api := range p.Bound() {
		v := reflect.ValueOf(api)
		pkg := v.Type().Elem().PkgPath()
		for i := range v.NumMethod() {
			name := filepath.Base(pkg) + "." + v.Type().Method(i).Name
			if slices.Contains(openCalls, name) {
				continue
			}
			in := make([]reflect.Value, v.Method(i).Type().NumIn())
			for n := range in {
				in[n] = sample(v.Method(i).Type().In(n))
			}
			out := v.Method(i).Call(in)
			err, failed := out[len(out)-1].Interface().(error)
			if !failed && !saysNothing(out) && !slices.Contains(constant, name) {
				t.Errorf("%s answers %v", name, out[0])
			}
			if fault.Code(err) == code {
				refused++
			}
		}
	}
	if refused < 20 {
		t.Errorf("only %d calls reached what refuses them", refused)
	}
}

// constant are answers that say nothing of the team: what the program knows by itself.
var constant = []string{"audit.Kinds", "rules.List"}

// saysNothing tells whether an answer without an error holds nothing.
func saysNothing(out []reflect.Value) bool {
	for _, v := range out {
		if !v.IsZero() && (v.Kind() != reflect.Slice || v.Len() > 0) {
			return false
		}
	}
	return true
}

// sample is a value of a type that says something, so that the call goes further than its first check.
func sample(of reflect.Type) reflect.Value {
	v := reflect.New(of).Elem()
	switch of.Kind() {
	case reflect.String:
		v.SetString("aaaaaaaaaaaaaaaaaaaaaaaaaa")
	case reflect.Struct:
		for i := range of.NumField() {
			if of.Field(i).IsExported() {
				v.Field(i).Set(sample(of.Field(i).Type))
			}
		}
	case reflect.Slice:
		if of.Elem().Kind() == reflect.String {
			v.Set(reflect.Append(v, sample(of.Elem())))
		}
	}
	return v
}

func (p *person) lockNow() {
	p.t.Helper()
	if err := p.api.Lock(); err != nil {
		p.t.Fatal(err)
	}
	if s := p.state(); s.Phase != "locked" || s.TeamName != "" || s.Me != (MeDTO{}) || s.Account.Name != "" || s.Account.StaffNo != "" {
		p.t.Fatalf("locked: %+v", s)
	}
}

func (p *person) unlocks(staffNo, with string, remember bool) {
	p.t.Helper()
	if s, err := p.api.Unlock(UnlockInput{StaffNo: staffNo, Passphrase: with, Remember: remember}); err != nil || s.Phase != "ready" {
		p.t.Fatalf("unlock: %+v, %v", s, err)
	}
}

// R1, R18: locking closes everything, also over a restart, and unlocking brings all of it back.
func TestLockAndUnlock(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	g := a.group("销售群", b)
	a.send(g, "早")
	b.reads(g, "早")
	a.lockNow()
	if a.teamNow() != nil || a.database() != nil {
		t.Error("something is still open")
	}
	b.until("the connection to end", func() bool { return b.connections().Online == 0 })
	b.send(g, "在吗")
	if err := a.api.Lock(); err != nil {
		t.Errorf("lock twice: %v", err)
	}
	a.unlocks("1001", passphrase, false)
	a.unlocks("1001", "of a second click, not looked at", false)
	a.reads(g, "早", "在吗")
	a.send(g, "在")
	b.reads(g, "早", "在吗", "在")
	a.stop()
	a.startLocked()
	if s := a.state(); s.Phase != "locked" {
		t.Fatalf("after a restart: %+v", s)
	}
	a.unlocks("1001", passphrase, false)
	a.reads(g, "早", "在吗", "在")
	a.verified()
}

// Bad input: wrong passphrases are slowed down, over restarts, and open nothing.
func TestAWrongPassphrase(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "张三")
	p.found()
	p.lockNow()
	try := func(staffNo, with string) error {
		_, err := p.api.Unlock(UnlockInput{StaffNo: staffNo, Passphrase: with})
		return err
	}
	for i, wait := range []string{"1", "2", "4"} {
		staffNo, with := "1001", "wrong"
		if i == 1 {
			staffNo, with = "1002", passphrase
		}
		err := try(staffNo, with)
		wantFault(t, err, "vault.wrong")
		if got := fault.Params(err)["wait"]; got != wait {
			t.Errorf("try %d: wait %s", i, got)
		}
		p.stop()
		p.startLocked()
		wantFault(t, try("1001", passphrase), "vault.wait")
		p.ahead.Add(int64(10 * time.Second))
	}
	if err := try("1001", passphrase); err != nil {
		t.Fatal(err)
	}
	wantFault(t, mustFail(p.api.RecoveryWords("wrong")), "vault.wrong")
	wantFault(t, mustFail(p.api.RecoveryWords(passphrase)), "vault.wait")
}

func mustFail[T any](_ T, err error) error { return err }

// R18: the keychain opens the device at the start, where the person wished that, and not after they locked it.
func TestRememberedInTheKeychain(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "张三")
	p.found()
	p.lockNow()
	p.unlocks("1001", passphrase, true)
	if a := p.state().Account; !a.Remembered || !a.Keychain {
		t.Errorf("account %+v", a)
	}
	restarts := func(want string) {
		t.Helper()
		p.stop()
		p.startLocked()
		if got := p.phase(); got != want {
			t.Fatalf("after a restart %s, want %s", got, want)
		}
	}
	restarts("ready")
	p.lockNow()
	restarts("locked")
	p.unlocks("1001", passphrase, true)
	restarts("ready")
	p.lockNow()
	p.unlocks("1001", passphrase, false)
	restarts("locked")
}

// R9–R12: weak passphrases are refused, a reminder comes 14 days before 90 days are over, and then nothing is written before
// there is a new one.
func TestThePassphraseGrowsOld(t *testing.T) {
	t.Parallel()
	p, mate := newPerson(t, "张三"), newPerson(t, "李四")
	in := FoundInput{TeamName: "星海科技", Profile: p.profile("1001"), Passphrase: "12345678"}
	_, err := p.api.Found(in)
	wantFault(t, err, "vault.weak")
	if got := fault.Params(err)["problems"]; got != "no_letter,no_special,simple" {
		t.Errorf("problems %s", got)
	}
	p.outside()
	p.found()
	mate.joined(p.invite(), "1002")
	group := p.group("销售群", mate)
	account := func() AccountDTO { return p.state().Account }
	if a := account(); a.PassphraseState != "ok" || a.PassphraseDays != 90 || a.StaffNo != "1001" || a.Name != "张三" {
		t.Errorf("at first %+v", a)
	}
	p.ahead.Add(int64(77 * 24 * time.Hour))
	if a := account(); a.PassphraseState != "soon" || a.PassphraseDays != 13 {
		t.Errorf("after 77 days %+v", a)
	}
	p.send(group, "还能写")
	p.ahead.Add(int64(14 * 24 * time.Hour))
	if a := account(); a.PassphraseState != "overdue" || a.PassphraseDays != 0 {
		t.Errorf("after 91 days %+v", a)
	}
	_, err = p.chat().Send(chat.SendInput{ChatID: group, Text: "不能写"})
	wantFault(t, err, "vault.overdue")
	wantFault(t, mustFail(p.api.CreateInvitation(InvitationInput{})), "vault.overdue")
	change := func(old, next string) error {
		return mustFail(p.api.ChangePassphrase(ChangePassphraseInput{Old: old, Next: next}))
	}
	wantFault(t, change(passphrase, "short"), "vault.weak")
	wantFault(t, change(passphrase, passphrase), "vault.weak")
	wantFault(t, change("wrong", "vR7#pL2!"), "vault.wrong")
	p.ahead.Add(int64(time.Second))
	if err := change(passphrase, "vR7#pL2!"); err != nil {
		t.Fatal(err)
	}
	if a := account(); a.PassphraseState != "ok" || a.PassphraseDays != 90 {
		t.Errorf("afterwards %+v", a)
	}
	p.send(group, "又能写")
	p.lockNow()
	_, err = p.api.Unlock(UnlockInput{StaffNo: "1001", Passphrase: passphrase})
	wantFault(t, err, "vault.wrong")
	p.ahead.Add(int64(time.Second))
	p.unlocks("1001", "vR7#pL2!", false)
}

// R15, R17: the words are shown against the passphrase, leave the disk once they were confirmed, and replace a forgotten
// passphrase.
func TestTheRecoveryWords(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "张三")
	p.found()
	user := p.user()
	words, err := p.api.RecoveryWords(passphrase)
	if err != nil || len(words) != keys.WordCount {
		t.Fatalf("%d words, %v", len(words), err)
	}
	wrong := slices.Clone(words)
	wrong[6] = "tongzhou"
	err = p.api.ConfirmRecoveryWords(wrong)
	wantFault(t, err, "vault.words")
	if got := fault.Params(err)["word"]; got != "7" {
		t.Errorf("the wrong word is number %s", got)
	}
	wantFault(t, p.api.ConfirmRecoveryWords(keys.Words([32]byte{1})), "vault.words")
	if p.state().Account.WordsConfirmed {
		t.Fatal("confirmed")
	}
	if err := p.api.ConfirmRecoveryWords(words); err != nil || !p.state().Account.WordsConfirmed {
		t.Fatalf("confirm: %v", err)
	}
	wantFault(t, mustFail(p.api.RecoveryWords(passphrase)), "vault.words_gone")
	wantFault(t, p.api.ConfirmRecoveryWords(words), "vault.words_gone")
	p.stop()
	if id, _, err := openFolder(p.dir, p.unlock()); err != nil || id.Root.Whole() {
		t.Errorf("the seed is still on the disk, %v", err)
	}
	p.startLocked()
	reset := func(words []string, next string) error {
		return mustFail(p.api.ResetPassphrase(ResetPassphraseInput{Words: words, Next: next}))
	}
	wantFault(t, reset(wrong, "vR7#pL2!"), "vault.words")
	wantFault(t, reset(keys.Words([32]byte{1}), "vR7#pL2!"), "vault.words")
	wantFault(t, reset(words, "short"), "vault.weak")
	wantFault(t, reset(words, "x#1001abzq"), "vault.weak")
	if p.phase() != "locked" {
		t.Fatal("open after words that were refused")
	}
	if err := reset(words, "vR7#pL2!"); err != nil || p.user() != user {
		t.Fatalf("reset: %v", err)
	}
	p.lockNow()
	p.unlocks("1001", "vR7#pL2!", false)
	if s, err := p.api.SetIdleLock(25); err != nil || s.Account.IdleMinutes != 25 {
		t.Errorf("idle lock: %+v, %v", s.Account, err)
	}
	wantFault(t, mustFail(p.api.SetIdleLock(-1)), "settings.invalid")
}

// The recovery council: each key's words are shown until they were handed out, and the team knows the keys.
func TestFoundingWithACouncil(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "张三")
	in := FoundInput{TeamName: "星海科技", Profile: p.profile("1001"), Passphrase: passphrase, Council: 1}
	wantFault(t, mustFail(p.api.Found(in)), "council.size")
	in.Council = 3
	p.staff = "1001"
	if _, err := p.api.Found(in); err != nil {
		t.Fatal(err)
	}
	if k, n := p.teamNow().replica.Authority().Council(); k != 2 || n != 3 {
		t.Errorf("%d of %d", k, n)
	}
	p.lockNow()
	p.unlocks("1001", passphrase, false)
	words, err := p.api.CouncilWords(passphrase)
	if err != nil || len(words) != 3 {
		t.Fatalf("%d lists, %v", len(words), err)
	}
	for _, list := range words {
		if _, err := keys.ParseWords(list); err != nil {
			t.Error(err)
		}
	}
	wantFault(t, mustFail(p.api.CouncilWords("wrong")), "vault.wrong")
	if err := p.api.ForgetCouncilWords(); err != nil || exists(p.file(councilFile)) {
		t.Errorf("forget: %v", err)
	}
	wantFault(t, mustFail(p.api.CouncilWords(passphrase)), "vault.words_gone")
}

// A6: two of three holders of the council's words make somebody owner in place of a founder who is lost or has gone rogue. Words
// that are wrong, of no key, of one key twice or of too few holders change nothing.
func TestTheCouncilReplacesTheOwner(t *testing.T) {
	t.Parallel()
	a, b := newPerson(t, "张三"), newPerson(t, "李四")
	a.staff = "1001"
	if _, err := a.api.Found(FoundInput{TeamName: "星海科技", Profile: a.profile("1001"), Passphrase: passphrase, Council: 3}); err != nil {
		t.Fatal(err)
	}
	words, err := a.api.CouncilWords(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	b.joined(a.invite(), "1002")
	founder, heir := a.user(), b.user()
	b.until("the founder is known", func() bool {
		c, err := b.api.Council()
		return err == nil && c.Needed == 2 && c.Keys == 3 && len(c.Owners) == 1 && c.Owners[0].UserID == founder
	})
	strange := keys.Words([32]byte{7})
	typo := append([]string{}, words[1]...)
	typo[4] = "tongzhou"
	for _, x := range []struct {
		replaces, subject string
		words             [][]string
		code              string
	}{
		{founder, heir, words[:1], "council.few"},
		{founder, heir, [][]string{words[0], words[0]}, "council.twice"},
		{founder, heir, [][]string{words[0], strange}, "council.key"},
		{founder, heir, [][]string{words[0], typo}, "council.words"},
		{heir, founder, words[:2], "council.person"},
		{founder, founder, words[:2], "council.person"},
	} {
		wantFault(t, b.api.ReplaceOwner(ReplaceOwnerInput{Replaces: x.replaces, Subject: x.subject, Words: x.words}), x.code)
	}
	if role := b.state().Role; role != "member" {
		t.Fatalf("%s after refusals", role)
	}
	if err := b.api.ReplaceOwner(ReplaceOwnerInput{Replaces: founder, Subject: heir, Words: words[1:]}); err != nil {
		t.Fatal(err)
	}
	if role := b.state().Role; role != "owner" {
		t.Errorf("the heir is %s", role)
	}
	a.until("the founder hears of it", func() bool { return a.phase() == "removed" })
}

// older makes the folder of somebody whose app does not run one from before there were passphrases.
func (p *person) older() {
	p.t.Helper()
	id, key, err := openFolder(p.dir, p.unlock())
	if err != nil {
		p.t.Fatal(err)
	}
	db, err := store.OpenReadOnly(p.dbFile(), key)
	if err != nil {
		p.t.Fatal(err)
	}
	plain := filepath.Join(p.t.TempDir(), "plain.db")
	if err := errors.Join(store.CopyTo(context.Background(), db, plain, nil), db.Close()); err != nil {
		p.t.Fatal(err)
	}
	for _, name := range append([]string{vault.FileName, identityFile}, dbFiles...) {
		if err := durable.Remove(p.file(name)); err != nil {
			p.t.Fatal(err)
		}
	}
	whole, err := id.Marshal()
	if err == nil {
		err = errors.Join(os.WriteFile(p.file(plainIdentityFile), whole, 0o600), os.Rename(plain, p.dbFile()))
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// A folder from before there were passphrases works until it has to write, and is taken over when one is set.
func TestAFolderOfAnEarlierVersionIsTakenOver(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	g := a.group("销售群", b)
	a.send(g, "以前的")
	b.reads(g, "以前的")
	user := a.user()
	a.stop()
	a.older()
	a.start()
	if s := a.state(); s.Phase != "ready" || s.Account.PassphraseState != "overdue" || s.Account.StaffNo != "1001" || s.Me.UserID != user {
		t.Fatalf("state %+v", s)
	}
	_, err := a.chat().Send(chat.SendInput{ChatID: g, Text: "还没有口令"})
	wantFault(t, err, "vault.overdue")
	wantFault(t, mustFail(a.api.ChangePassphrase(ChangePassphraseInput{Next: "1001"})), "vault.weak")
	if _, err := a.api.ChangePassphrase(ChangePassphraseInput{Next: passphrase}); err != nil {
		t.Fatal(err)
	}
	if s := a.state(); s.Phase != "ready" || s.Account.PassphraseState != "ok" || s.Me.UserID != user {
		t.Fatalf("taken over: %+v", s)
	}
	a.send(g, "有了口令")
	b.reads(g, "以前的", "有了口令")
	if exists(a.file(plainIdentityFile)) {
		t.Error("the identity still lies there readable")
	}
	if plain, err := store.IsPlain(a.dbFile()); err != nil || plain == (a.key() != nil) {
		t.Errorf("the database is plain: %v, %v", plain, err)
	}
	a.stop()
	a.startLocked()
	if a.phase() != "locked" {
		t.Error("open without the passphrase")
	}
	a.unlocks("1001", passphrase, false)
	a.reads(g, "以前的", "有了口令")
	a.verified()
}

// Crashes while a folder is taken over: whatever was written, the next start goes on.
func TestTakingOverThatIsCutOff(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "张三")
	p.found()
	user := p.user()
	p.stop()
	p.older()
	id, err := keys.Load(p.file(plainIdentityFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, written := range []string{"vault", "vault and identity"} {
		t.Run(written, func(t *testing.T) {
			q := &person{t: t, name: p.name, dir: t.TempDir(), listen: p.listen, log: p.log, staff: "1001", chain: &memoryKeychain{}}
			copyFolder(t, p.dir, q.dir)
			q.make()
			if _, err := q.takeOver(&id, "1001", passphrase); err != nil {
				t.Fatal(err)
			}
			if err := q.App.Close(); err != nil {
				t.Fatal(err)
			}
			if written == "vault" {
				if err := durable.Remove(q.file(identityFile)); err != nil {
					t.Fatal(err)
				}
			}
			q.start()
			defer q.stop()
			if s := q.state(); s.Phase != "ready" || s.Me.UserID != user || (s.Account.PassphraseState == "overdue") != (written == "vault") {
				t.Fatalf("state %+v", s)
			}
			if exists(q.file(plainIdentityFile)) != (written == "vault") {
				t.Error("the readable identity")
			}
		})
	}
}

// A program that runs as a service is unlocked by its environment, and takes an older folder over by it.
func TestUnlockWithoutAPerson(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "张三")
	p.found()
	with := p.unlock()
	p.adapt = append(p.adapt, func(a *App) { a.opts.Unlock = with })
	for _, older := range []bool{false, true, false} {
		p.stop()
		if older {
			p.older()
		}
		p.startLocked()
		if p.phase() != "ready" || exists(p.file(plainIdentityFile)) {
			t.Fatalf("older %v: %+v", older, p.state())
		}
	}
	p.stop()
	with.Passphrase = "wrong"
	p.startLocked()
	if p.phase() != "locked" || strings.Contains(p.log.String(), passphrase) {
		t.Errorf("with a wrong one: %s", p.phase())
	}
}

// R16: a frozen account may do nothing on any device, hears why and by whom, and goes on after the freeze is lifted.
func TestAFrozenDeviceRefusesEverything(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	g := a.group("销售群", b)
	a.send(g, "之前")
	b.reads(g, "之前")
	ctx := context.Background()
	user := b.teamNow().id.Root.ID
	if err := a.teamNow().replica.Remove(ctx, user, authority.Frozen); err != nil {
		t.Fatal(err)
	}
	b.until("frozen", func() bool { return b.phase() == "frozen" })
	check := func() {
		t.Helper()
		s := b.state()
		if s.Phase != "frozen" || s.Account.By != "张三" || s.Account.Since == "" || s.Me.Name != "李四" || s.TeamName != "星海科技" {
			t.Errorf("state %+v, %+v", s, s.Account)
		}
		everyCallIsRefused(t, b, "account.frozen")
	}
	check()
	b.stop()
	b.start()
	check()
	if err := a.teamNow().replica.Unfreeze(ctx, user); err != nil {
		t.Fatal(err)
	}
	b.until("the freeze to be lifted", func() bool { return b.phase() == "ready" })
	b.reads(g, "之前")
	if s := b.state(); s.Account.Since != "" || s.Account.By != "" {
		t.Errorf("account %+v", s.Account)
	}
}

// R20, R21: a removed person's device refuses everything too.
func TestARemovedDeviceRefusesEverything(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	if err := a.teamNow().replica.Remove(context.Background(), b.teamNow().id.Root.ID, authority.Removed); err != nil {
		t.Fatal(err)
	}
	b.until("removed", func() bool { return b.phase() == "removed" })
	everyCallIsRefused(t, b, "account.removed")
	if s := b.state(); s.Account.By != "张三" {
		t.Errorf("account %+v", s.Account)
	}
}

package app

import (
	"testing"

	"tongzhou/backend/features/announcement"
	"tongzhou/backend/features/audit"
	"tongzhou/backend/features/chat"
	"tongzhou/backend/features/org"
	"tongzhou/backend/features/rules"
	house "tongzhou/backend/rules"
	"tongzhou/sync/authority"
)

// R16, R17: whoever may do nothing any more hears why, and not that what they know is unknown or that their role is too low.
// Nor does anything answer from memory.
func TestARefusalSaysWhy(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	a2 := newPerson(t, "张三的手机")
	a.linked(a2)
	direct, group := a2.direct(b), a2.group("销售群", b)
	a2.send(direct, "还在")
	b.reads(direct, "还在")
	if n := len(departments(t, a2)); n == 0 {
		t.Fatal("no departments")
	}
	if err := a.api.RevokeDevice(RevokeDeviceInput{DeviceID: a2.device()}); err != nil {
		t.Fatal(err)
	}
	a2.until("signed out", func() bool { return a2.phase() == phaseSignedOut })
	refusesWith(t, a2, b.user(), direct, group, "account.signed_out")
	if err := b.api.Lock(); err != nil {
		t.Fatal(err)
	}
	refusesWith(t, b, a.user(), direct, group, "locked")
}

// R16: a service that opens its vault by itself starts, and says why it may do nothing.
func TestAFrozenServiceStarts(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	if err := a.teamNow().replica.Remove(t.Context(), b.teamNow().id.Root.ID, authority.Frozen); err != nil {
		t.Fatal(err)
	}
	b.until("frozen", func() bool { return b.phase() == phaseFrozen })
	with := b.unlock()
	b.adapt = append(b.adapt, func(a *App) { a.opts.Unlock = with })
	b.stop()
	b.startLocked()
	if s := b.state(); s.Phase != phaseFrozen || s.Account.By != "张三" || s.Account.Name == "" {
		t.Errorf("state %+v, %+v", s, s.Account)
	}
}

// A passphrase that was not set is not said to be set: with the words, somebody at another window may have unlocked meanwhile.
func TestNothingIsResetOnAnOpenDevice(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "张三")
	p.found()
	words, err := p.api.RecoveryWords(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	wantFault(t, mustFail(p.api.ResetPassphrase(ResetPassphraseInput{Words: words, Next: "vR7#pL2!"})), "vault.none")
	p.lockNow()
	p.unlocks(p.staff, passphrase, false)
}

func departments(t *testing.T, p *person) []org.DepartmentDTO {
	t.Helper()
	list, err := p.org().Departments()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func refusesWith(t *testing.T, p *person, other, direct, group, code string) {
	t.Helper()
	for name, call := range map[string]func() error{
		"send":        func() error { return mustFail(p.chat().Send(chat.SendInput{ChatID: direct, Text: "不算"})) },
		"history":     func() error { return mustFail(p.chat().History(chat.HistoryQuery{ChatID: direct})) },
		"chat people": func() error { return mustFail(p.chat().Members(group)) },
		"draft":       func() error { return p.chat().SaveDraft(group, "不算") },
		"open chat":   func() error { return mustFail(p.chat().OpenDirect(other)) },
		"group": func() error {
			return mustFail(p.chat().CreateGroup(chat.GroupInput{Name: "新群", Members: []string{other}}))
		},
		"group name":   func() error { return p.chat().RenameGroup(group, "别名") },
		"group people": func() error { return p.chat().AddMembers(group, []string{other}) },
		"departments":  func() error { return mustFail(p.org().Departments()) },
		"people":       func() error { return mustFail(p.org().Members(org.MemberQuery{})) },
		"team name":    func() error { return p.org().RenameTeam("别的") },
		"freeze":       func() error { return mustFail(p.org().Freeze(org.FreezeInput{UserID: other})) },
		"unfreeze":     func() error { return mustFail(p.org().Unfreeze(other)) },
		"offboard":     func() error { return mustFail(p.org().Offboard(org.OffboardInput{UserID: other, Mode: "removed"})) },
		"announcement": func() error {
			return mustFail(p.news().Publish(announcement.PublishInput{Title: "公告", Text: "内容"}))
		},
		"rule":         func() error { return mustFail(bound[*rules.API](p).Reset(string(house.ProfileReview))) },
		"audit":        func() error { return mustFail(bound[*audit.API](p).List(audit.Query{UserID: other})) },
		"audit export": func() error { return mustFail(bound[*audit.API](p).Export()) },
	} {
		t.Run(name, func(t *testing.T) {
			wantFault(t, call(), code)
		})
	}
}

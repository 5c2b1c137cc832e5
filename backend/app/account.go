package app

import (
	"context"
	"errors"
	"strings"
	"time"

	"tongzhou/backend/fault"
	"tongzhou/backend/rules"
	"tongzhou/backend/vault"
)

// AccountDTO is the account on this device.
type AccountDTO struct {
	StaffNo         string `json:"staffNo"`
	Name            string `json:"name"`
	WordsConfirmed  bool   `json:"wordsConfirmed"`
	PassphraseState string `json:"passphraseState"` // "ok"; "soon": it is to be changed; "overdue": before anything is written
	PassphraseDays  int    `json:"passphraseDays"`  // until it has to be changed; 0 when that is overdue
	Keychain        bool   `json:"keychain"`        // the system has one
	Remembered      bool   `json:"remembered"`      // it opens this device at the start
	IdleMinutes     int    `json:"idleMinutes"`     // lock after so long without a person; 0: never
	Since           string `json:"since"`           // of the end of the account's or the device's rights, RFC 3339
	By              string `json:"by"`              // who ended them
}

// States of the passphrase.
const (
	passphraseOK      = "ok"
	passphraseSoon    = "soon"
	passphraseOverdue = "overdue"
)

// UnlockInput opens the device. Remember keeps a key in the system's keychain; without it, what was kept is removed.
type UnlockInput struct {
	StaffNo    string `json:"staffNo"`
	Passphrase string `json:"passphrase"`
	Remember   bool   `json:"remember"`
}

// ChangePassphraseInput replaces the passphrase. Old is not looked at where there is none yet: a data folder of an earlier
// version is taken over by setting one.
type ChangePassphraseInput struct {
	Old  string `json:"old"`
	Next string `json:"next"`
}

// CheckPassphraseInput is a passphrase somebody thinks of.
type CheckPassphraseInput struct {
	Passphrase string `json:"passphrase"`
	StaffNo    string `json:"staffNo"`
	Name       string `json:"name"`
}

// PassphraseCheckDTO judges a passphrase.
type PassphraseCheckDTO struct {
	Problems []string `json:"problems"` // short, no_letter, no_digit, no_special, simple, birthday, staff_no, name
	Score    int      `json:"score"`    // 0 refused … 4
}

const maxIdleMinutes = 24 * 60

// account tells of the account on this device; empty while there is none, and but for the keychain while it is locked.
func (a *App) account() AccountDTO {
	a.mu.RLock()
	v, locked, t, e := a.vault, a.locked, a.team, a.ended
	a.mu.RUnlock()
	out := AccountDTO{PassphraseState: passphraseOK, Keychain: a.keychain(), Since: e.since, By: e.by}
	if v != nil {
		out.Remembered = v.Remembered()
	}
	if t == nil || locked {
		return out
	}
	out.Name = a.directory.Names()(t.id.Root.ID)
	if v == nil { // a folder of an earlier version
		out.StaffNo, out.PassphraseState = a.directory.StaffNo(t.id.Root.ID), passphraseOverdue
		return out
	}
	c := v.Contents()
	out.StaffNo, out.WordsConfirmed = c.StaffNo, c.WordsSettled || !t.id.Root.Whole()
	out.IdleMinutes = a.idleMinutes(c)
	out.PassphraseState, out.PassphraseDays = a.passphraseState(time.UnixMilli(c.Set))
	return out
}

func (a *App) passphraseState(set time.Time) (state string, days int) {
	left := set.Add(time.Duration(a.rules.Int(rules.PassphraseDays)) * day).Sub(a.opts.Now())
	switch days = int((left + day - 1) / day); {
	case left <= 0:
		return passphraseOverdue, 0
	case days <= a.rules.Int(rules.PassphraseRemindDays):
		return passphraseSoon, days
	default:
		return passphraseOK, days
	}
}

func (a *App) idleMinutes(c vault.Contents) int {
	if c.IdleChosen {
		return c.IdleMinutes
	}
	return a.rules.Int(rules.IdleMinutes)
}

// Unlock opens the device with staff number and passphrase. Faults: vault.wrong {wait}, vault.wait {wait}, both in seconds,
// vault.none, and those of the start.
func (p *API) Unlock(in UnlockInput) (StateDTO, error) {
	err := p.a.unlock(func(v *vault.Vault) error {
		if err := v.Unlock(in.StaffNo, in.Passphrase); err != nil {
			return err
		}
		if err := v.Remember(in.Remember); err != nil { // a convenience; State tells that it is not there
			p.a.log.Warn("remember in the keychain", "err", err)
		}
		return nil
	})
	if err != nil {
		return StateDTO{}, err
	}
	return p.State()
}

// Lock closes the device until Unlock. It does nothing where there is no team.
func (p *API) Lock() error {
	<-p.a.started
	p.a.setupMu.Lock()
	defer p.a.setupMu.Unlock()
	return p.a.lock()
}

// CheckPassphrase judges a passphrase before it is set.
func (p *API) CheckPassphrase(in CheckPassphraseInput) PassphraseCheckDTO {
	of, now := vault.Person{StaffNo: in.StaffNo, Name: in.Name}, p.a.opts.Now()
	out := PassphraseCheckDTO{Problems: []string{}, Score: vault.Score(in.Passphrase, of, now)}
	for _, problem := range vault.Check(in.Passphrase, of, now) {
		out.Problems = append(out.Problems, string(problem))
	}
	return out
}

// strong refuses a weak passphrase. Fault: vault.weak {problems}.
func (a *App) strong(passphrase string, of vault.Person) error {
	problems := vault.Check(passphrase, of, a.opts.Now())
	if len(problems) == 0 {
		return nil
	}
	texts := make([]string, len(problems))
	for i, problem := range problems {
		texts[i] = string(problem)
	}
	return fault.New("vault.weak", "problems", strings.Join(texts, ","))
}

// ChangePassphrase replaces the passphrase. Faults: vault.wrong, vault.wait, vault.weak {problems}, locked, team.none.
func (p *API) ChangePassphrase(in ChangePassphraseInput) (StateDTO, error) {
	if err := p.a.changePassphrase(in); err != nil {
		return StateDTO{}, err
	}
	return p.State()
}

func (a *App) changePassphrase(in ChangePassphraseInput) error {
	<-a.started
	a.setupMu.Lock()
	defer a.setupMu.Unlock()
	t, err := a.ready()
	if err != nil {
		return err
	}
	account := a.account()
	if err := a.strong(in.Next, vault.Person{StaffNo: account.StaffNo, Name: account.Name}); err != nil {
		return err
	}
	v, _ := a.theVault()
	if v == nil {
		return a.takeOverRunning(t, account.StaffNo, in.Next)
	}
	if err := v.Verify(in.Old); err != nil {
		return vaultFault(err)
	}
	if in.Old == in.Next {
		return fault.New("vault.weak", "problems", string(vault.Simple))
	}
	if err := v.SetPassphrase(in.Next); err != nil {
		return storeFault(err)
	}
	t.turn()
	a.bus.Publish("state", nil)
	return nil
}

// takeOverRunning puts the team of a folder of an earlier version, which runs, under a passphrase.
func (a *App) takeOverRunning(t *team, staffNo, passphrase string) error {
	if err := errors.Join(a.closeTeam(), a.closeDB()); err != nil {
		a.log.Warn("close for taking over", "err", err)
	}
	v, err := a.takeOver(t.id, staffNo, passphrase)
	if err == nil {
		a.setVault(v, false)
		err = a.unlocked(context.Background(), v)
	} else if e := a.open(context.Background(), t.id); e != nil { // as before
		err = errors.Join(err, e)
	}
	err = storeFault(err)
	if a.database() == nil {
		a.setStartErr(err)
	}
	a.bus.Publish("state", nil)
	return err
}

// SetIdleLock sets after how many minutes without a person the device is to be locked; 0: never. Fault: settings.invalid.
func (p *API) SetIdleLock(minutes int) (StateDTO, error) {
	if minutes < 0 || minutes > maxIdleMinutes {
		return StateDTO{}, fault.New("settings.invalid", "setting", "idleMinutes")
	}
	_, v, err := p.a.withVault()
	if err != nil {
		return StateDTO{}, err
	}
	if err := v.Update(func(c *vault.Contents) { c.IdleMinutes, c.IdleChosen = minutes, true }); err != nil {
		return StateDTO{}, storeFault(err)
	}
	p.a.bus.Publish("state", nil)
	return p.State()
}

// withVault is for what needs the team and its vault. Faults: those of ready, vault.none.
func (a *App) withVault() (*team, *vault.Vault, error) {
	t, err := a.ready()
	if err != nil {
		return nil, nil, err
	}
	v, _ := a.theVault()
	if v == nil {
		return nil, nil, fault.New("vault.none")
	}
	return t, v, nil
}

// followStaffNo keeps what is asked for with the passphrase the same as in the directory.
func (a *App) followStaffNo() {
	a.mu.RLock()
	v, locked, t := a.vault, a.locked, a.team
	a.mu.RUnlock()
	if v == nil || locked || t == nil {
		return
	}
	now := a.directory.StaffNo(t.id.Root.ID)
	if now == "" || now == v.Contents().StaffNo {
		return
	}
	if err := v.Update(func(c *vault.Contents) { c.StaffNo = now }); err != nil {
		a.log.Warn("keep the staff number", "err", err)
	}
}

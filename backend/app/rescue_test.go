package app

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tongzhou/backend/fault"
	"tongzhou/backend/vault"
)

// codeFor is the code that p shows for another device of the same person, other than one it showed before.
func (p *person) codeFor(other, before string) (code string) {
	p.t.Helper()
	p.until("a code", func() bool {
		var err error
		code, err = p.api.RescueCode(RescueCodeInput{DeviceID: other, Passphrase: passphrase})
		if err != nil {
			wantFault(p.t, err, "rescue.none")
		}
		return err == nil && code != before
	})
	return code
}

func (p *person) resetByCode(code, next string) error {
	return mustFail(p.api.ResetPassphraseByCode(ResetByCodeInput{Code: code, Next: next}))
}

// R15: a forgotten passphrase is replaced with the code that another device of the person shows, once; everything is there, and
// a colleague's device shows nothing.
func TestAnotherDeviceReplacesAForgottenPassphrase(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	d := a.direct(b)
	a.send(d, "还在")
	code := func(p *person, device, with string) error {
		return mustFail(p.api.RescueCode(RescueCodeInput{DeviceID: device, Passphrase: with}))
	}
	wantFault(t, code(a, a.device(), passphrase), "device.unknown")
	wantFault(t, code(b, a.device(), passphrase), "device.unknown")
	a2 := newPerson(t, "手机")
	a.linked(a2)
	a2.reads(d, "还在")
	first, second := a.device(), a2.device()
	wantFault(t, code(a, second, "not this"), "vault.wrong")
	a.ahead.Add(int64(time.Minute))
	shown := a.codeFor(second, "")
	a2.codeFor(first, "") // the other way round as well
	if n := countRows(b, "app_rescue"); n != 0 {
		t.Errorf("a colleague's device holds %d secrets", n)
	}

	a2.lockNow()
	wantFault(t, a2.resetByCode(shown[:20], "vR7#pL2!"), "rescue.length")
	wantFault(t, a2.resetByCode("#"+shown, "vR7#pL2!"), "rescue.letter")
	wantFault(t, a2.resetByCode(swapped(shown), "vR7#pL2!"), "rescue.typo")
	wantFault(t, a2.resetByCode(shown, "short"), "vault.weak")
	wantFault(t, a2.resetByCode(shown, "x#1001abzq"), "vault.weak")
	wantFault(t, a2.resetByCode(rescueCode([vault.RescueSize]byte{1}), "vR7#pL2!"), "rescue.wrong")
	wantFault(t, a2.resetByCode(shown, "vR7#pL2!"), "vault.wait")
	if a2.phase() != "locked" {
		t.Fatal("open after codes that were refused")
	}
	a2.ahead.Add(int64(time.Minute))
	if err := a2.resetByCode(strings.ToLower(shown), "vR7#pL2!"); err != nil || a2.device() != second {
		t.Fatalf("reset: %v", err)
	}
	a2.reads(d, "还在")
	a.send(d, "接着写")
	a2.reads(d, "还在", "接着写")

	next := a.codeFor(second, shown)
	a2.lockNow()
	wantFault(t, a2.resetByCode(shown, "nQ4!zx9w"), "rescue.wrong")
	a2.ahead.Add(int64(time.Minute))
	a2.unlocks("1001", "vR7#pL2!", false)
	a2.lockNow()
	if err := a2.resetByCode(next, "nQ4!zx9w"); err != nil {
		t.Fatalf("reset with the next: %v", err)
	}
	a2.reads(d, "还在", "接着写")
	for _, p := range []*person{a, b} {
		p.verified()
	}
}

// R17: who was signed out shows no code and is not helped by one: it opens, and stays signed out.
func TestACodeDoesNotSignInAgain(t *testing.T) {
	t.Parallel()
	a := newPerson(t, "张三的电脑")
	a.found()
	a2 := newPerson(t, "手机")
	a.linked(a2)
	second := a2.device()
	shown, own := a.codeFor(second, ""), a2.codeFor(a.device(), "")
	if err := a.api.RevokeDevice(RevokeDeviceInput{DeviceID: second}); err != nil {
		t.Fatal(err)
	}
	wantFault(t, mustFail(a.api.RescueCode(RescueCodeInput{DeviceID: second, Passphrase: passphrase})), "device.gone")
	a2.until("signed out", func() bool { return a2.phase() == phaseSignedOut })
	wantFault(t, mustFail(a2.api.RescueCode(RescueCodeInput{DeviceID: a.device(), Passphrase: passphrase})), "account.signed_out")
	a2.stop()
	a2.startLocked()
	if s, err := a2.api.ResetPassphraseByCode(ResetByCodeInput{Code: shown, Next: "vR7#pL2!"}); err != nil || s.Phase != phaseSignedOut {
		t.Errorf("%s, %v", s.Phase, err)
	}
	// What it knew of the other opens nothing any more.
	a.until("no secret", func() bool { v, _ := a.theVault(); return v.Contents().Rescue == [vault.RescueSize]byte{} })
	a.lockNow()
	wantFault(t, a.resetByCode(own, "vR7#pL2!"), "rescue.wrong")
	a.unlocks("1001", passphrase, false)
}

// Every single wrong letter, and every two that changed places, are told before anything is tried.
func TestTypingErrorsInACodeAreTold(t *testing.T) {
	t.Parallel()
	for n := range 20 {
		secret := [vault.RescueSize]byte{byte(n), 15: byte(13 * n), 7: 0xff}
		code := rescueCode(secret)
		if len(code) != rescueLength+5 || strings.Count(code, "-") != 5 {
			t.Fatalf("code %s", code)
		}
		for _, same := range []string{code, strings.ToLower(code), strings.ReplaceAll(code, "-", " "), strings.ReplaceAll(code, "0", "o"), strings.ReplaceAll(code, "1", "l"), "０" + code[1:]} {
			if strings.HasPrefix(same, "０") && code[0] != '0' {
				continue
			}
			if got, err := parseRescueCode(same); err != nil || got != secret {
				t.Errorf("%s: %x, %v", same, got, err)
			}
		}
		for i := range code {
			letter := strings.IndexByte(rescueLetters, code[i])
			if letter < 0 {
				continue
			}
			other := code[:i] + rescueLetters[(letter+1)%32:][:1] + code[i+1:]
			_, err := parseRescueCode(other)
			wantFault(t, err, "rescue.typo")
		}
	}
	_, err := parseRescueCode("ABC#")
	if got := fault.Params(err)["letter"]; got != "#" {
		t.Errorf("letter %q", got)
	}
	_, err = parseRescueCode("")
	if p := fault.Params(err); p["have"] != "0" || p["want"] != "30" {
		t.Errorf("params %v", p)
	}
}

// swapped is a code with two neighbours that differ in each other's place.
func swapped(code string) string {
	b := []byte(code)
	i := slices.IndexFunc(b[:4], func(c byte) bool { return c != b[0] })
	b[0], b[i] = b[i], b[0]
	return string(b)
}

func countRows(p *person, table string) (n int) {
	p.t.Helper()
	if err := p.database().Read().QueryRow(`SELECT count(*) FROM ` + table).Scan(&n); err != nil {
		p.t.Fatal(err)
	}
	return n
}

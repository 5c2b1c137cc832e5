package vault

import (
	"slices"
	"testing"
	"time"
)

var today = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// R10, R11: what is refused, and why.
func TestPassphrasesThatAreRefused(t *testing.T) {
	of := Person{StaffNo: "A1001", Name: "张三丰"}
	for passphrase, want := range map[string][]Problem{
		"":                  {Short, NoLetter, NoDigit, NoSpecial},
		"abc":               {Short, NoDigit, NoSpecial},
		"k9#":               {Short},
		"49270381":          {NoLetter, NoSpecial},
		"#+?-*/<>":          {NoLetter, NoDigit},
		"grünWald7":         {NoSpecial},
		"123456":            {Short, NoLetter, NoSpecial, Simple},
		"123456a!":          {Simple},
		"Passw0rd!":         {Simple},
		"qwer1234!":         {Simple},
		"Aaaaaa1!":          {Simple},
		"abcd1234#":         {Simple},
		"woaini520!":        {Simple},
		"li19850312#":       {Birthday},
		"Mai#1985-3-12":     {Birthday},
		"850312Kz#q":        {Birthday},
		"12.03.1985x":       {Birthday},
		"kR#a1001vt":        {HasStaff},
		"wo张三丰7#mnbk":       {HasName},
		"zhangsanfeng#81kq": {HasName},
	} {
		if got := Check(passphrase, of, today); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", passphrase, got, want)
		}
		if Score(passphrase, of, today) != 0 {
			t.Errorf("%q has a score", passphrase)
		}
	}
}

func TestPassphrasesThatAreGood(t *testing.T) {
	of := Person{StaffNo: "12", Name: "李"}
	last := 0
	for _, passphrase := range []string{"kT7#mwzq", "春眠不觉晓，处处#7", "correct-horse-7-battery", "vR7#pL2!xQ9%mK4&"} {
		if got := Check(passphrase, of, today); len(got) > 0 {
			t.Errorf("%q: %v", passphrase, got)
		}
		score := Score(passphrase, of, today)
		if score < 1 || score < last {
			t.Errorf("%q: score %d after %d", passphrase, score, last)
		}
		last = score
	}
	if last != 4 {
		t.Errorf("the strongest has score %d", last)
	}
	if got := Check("kT7#mwzq", Person{}, today); len(got) > 0 {
		t.Errorf("of nobody: %v", got)
	}
}

// R144 leaves mixed case to advice: it is not demanded.
func TestMixedCaseIsNotDemanded(t *testing.T) {
	if got := Check("kt7#mwzq", Person{}, today); len(got) > 0 {
		t.Errorf("%v", got)
	}
}

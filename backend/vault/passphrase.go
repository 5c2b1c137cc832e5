package vault

import (
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/mozillazg/go-pinyin"
	"golang.org/x/text/unicode/norm"
)

// Problem is a reason to refuse a passphrase.
type Problem string

// Problems. The first four are the rule (R10), the others what makes one easy to guess (R11).
const (
	Short     Problem = "short"
	NoLetter  Problem = "no_letter"
	NoDigit   Problem = "no_digit"
	NoSpecial Problem = "no_special"
	Simple    Problem = "simple"
	Birthday  Problem = "birthday"
	HasStaff  Problem = "staff_no"
	HasName   Problem = "name"
)

const (
	minLength = 8   // characters
	maxLength = 256 // characters that are looked at; nobody types more
)

// Person is whose passphrase it is to be. Fields may be empty.
type Person struct {
	StaffNo string
	Name    string
}

// Check lists what is wrong with a passphrase, empty if nothing is; in the order of the constants.
func Check(passphrase string, of Person, now time.Time) []Problem {
	passphrase = looked(passphrase)
	n := utf8.RuneCountInString(passphrase)
	letters, digits, specials := classes(passphrase)
	lower := strings.ToLower(passphrase)
	out := []Problem{}
	for _, rule := range []struct {
		problem Problem
		broken  bool
	}{
		{Short, n < minLength},
		{NoLetter, letters == 0},
		{NoDigit, digits == 0},
		{NoSpecial, specials == 0},
		{Simple, n > 0 && 2*guessable(lower) > n},
		{Birthday, hasBirthday(lower, now)},
		{HasStaff, hasPart(lower, plainStaffNo(of.StaffNo), 3)},
		{HasName, hasNameOf(lower, of.Name)},
	} {
		if rule.broken {
			out = append(out, rule.problem)
		}
	}
	return out
}

// Score rates a passphrase from 0 (refused) to 4, by what is left to guess.
func Score(passphrase string, of Person, now time.Time) int {
	if len(Check(passphrase, of, now)) > 0 {
		return 0
	}
	passphrase = looked(passphrase)
	alphabet := 0.0
	for _, has := range []struct {
		size float64
		in   func(rune) bool
	}{
		{26, unicode.IsLower},
		{26, unicode.IsUpper},
		{10, unicode.IsDigit},
		{500, func(r rune) bool { return unicode.Is(unicode.Han, r) }},
		{30, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }},
	} {
		if strings.ContainsFunc(passphrase, has.in) {
			alphabet += has.size
		}
	}
	free := utf8.RuneCountInString(passphrase) - guessable(strings.ToLower(passphrase))
	bits := float64(free) * math.Log2(max(alphabet, 2))
	switch {
	case bits < 50:
		return 1
	case bits < 65:
		return 2
	case bits < 85:
		return 3
	default:
		return 4
	}
}

// looked is the part of a passphrase that is judged, in the form in which it counts.
func looked(passphrase string) string {
	runes := []rune(norm.NFKC.String(passphrase))
	return string(runes[:min(len(runes), maxLength)])
}

func classes(s string) (letters, digits, specials int) {
	for _, r := range s {
		switch {
		case unicode.IsLetter(r):
			letters++
		case unicode.IsDigit(r):
			digits++
		default:
			specials++
		}
	}
	return letters, digits, specials
}

// usual are beginnings of what people choose; with digits for letters they are as usual.
func usual() []string {
	return []string{
		"password", "passwort", "passphrase", "welcome", "letmein", "iloveyou", "monkey", "dragon", "master", "admin", "login", "secret",
		"test", "user", "root", "guest", "hello", "tongzhou", "woaini", "mima", "kouling", "gongsi", "huanying", "nihao", "zhongguo",
		"asdf", "qwer", "zxcv", "1qaz", "2wsx", "qazwsx", "a1b2c3", "abc123", "5201314", "520", "1314", "888", "666",
	}
}

// guessable counts the characters that belong to usual words, repetitions and sequences of four and more.
func guessable(lower string) int {
	runes := []rune(lower)
	weak := make([]bool, len(runes))
	plain := []rune(strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i").Replace(lower))
	for _, word := range usual() {
		mark(weak, runes, []rune(word))
		if len(plain) == len(runes) {
			mark(weak, plain, []rune(word))
		}
	}
	for from := 0; from < len(runes); {
		to := run(runes, from)
		if to-from >= 4 || to-from >= 3 && unicode.IsDigit(runes[from]) {
			for i := from; i < to; i++ {
				weak[i] = true
			}
		}
		from = max(to-1, from+1)
	}
	n := 0
	for _, is := range weak {
		if is {
			n++
		}
	}
	return n
}

func mark(weak []bool, in, word []rune) {
	for at := 0; at+len(word) <= len(in); at++ {
		if string(in[at:at+len(word)]) == string(word) {
			for i := range word {
				weak[at+i] = true
			}
		}
	}
}

// run finds the end of the repetition or sequence that begins at from: aaaa, 1234, 9876, abcd, qwerty.
func run(runes []rune, from int) int {
	best := from + 1
	for _, next := range []func(a, b rune) bool{
		func(a, b rune) bool { return b == a },
		func(a, b rune) bool { return b == a+1 },
		func(a, b rune) bool { return b == a-1 },
		besideOnKeyboard,
	} {
		to := from + 1
		for to < len(runes) && next(runes[to-1], runes[to]) {
			to++
		}
		best = max(best, to)
	}
	return best
}

func besideOnKeyboard(a, b rune) bool {
	for _, row := range []string{"1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"} {
		i := strings.IndexRune(row, a)
		if i >= 0 && i+1 < len(row) && rune(row[i+1]) == b {
			return true
		}
	}
	return false
}

// hasBirthday finds a date that can be somebody's, with or without separators: 19850312, 1985-3-12, 850312, 12031985.
func hasBirthday(lower string, now time.Time) bool {
	var groups []string
	for _, part := range strings.FieldsFunc(lower, func(r rune) bool { return !unicode.IsDigit(r) && !strings.ContainsRune("-/.年月 _", r) }) {
		numbers := strings.FieldsFunc(part, func(r rune) bool { return !unicode.IsDigit(r) })
		for i, n := range numbers {
			groups = append(groups, n)
			if i+2 < len(numbers) {
				groups = append(groups, n+twoDigits(numbers[i+1])+twoDigits(numbers[i+2]), twoDigits(n)+twoDigits(numbers[i+1])+numbers[i+2])
			}
		}
	}
	for _, digits := range groups {
		for at := 0; at+8 <= len(digits); at++ {
			if d := digits[at : at+8]; isDate("20060102", d, now) || isDate("02012006", d, now) || isDate("01022006", d, now) {
				return true
			}
		}
		if len(digits) == 6 && (isDate("060102", digits, now) || isDate("020106", digits, now)) {
			return true
		}
	}
	return false
}

func twoDigits(s string) string {
	if len(s) == 1 {
		return "0" + s
	}
	return s
}

func isDate(layout, digits string, now time.Time) bool {
	day, err := time.Parse(layout, digits)
	if err != nil {
		return false
	}
	if day.After(now) && len(layout) == 6 {
		day = day.AddDate(-100, 0, 0)
	}
	return day.Year() >= 1930 && !day.After(now)
}

func hasPart(lower, part string, least int) bool {
	return utf8.RuneCountInString(part) >= least && strings.Contains(lower, part)
}

// hasNameOf finds the name as it is written, and a Chinese one in pinyin.
func hasNameOf(lower, name string) bool {
	name = strings.ToLower(strings.TrimSpace(norm.NFKC.String(name)))
	if name == "" {
		return false
	}
	for _, part := range strings.Fields(name) {
		least := 3
		if strings.ContainsFunc(part, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			least = 2
		}
		if hasPart(lower, part, least) {
			return true
		}
	}
	return hasPart(lower, strings.Join(pinyin.LazyConvert(name, nil), ""), 4)
}

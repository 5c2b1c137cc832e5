package chat

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folded is a text as search sees it: NFKC, lower case, without characters that only steer display. Offsets lead back to the
// original, in UTF-16 code units, which is how the interface counts.
type folded struct {
	runes []rune
	start []int // where the original of runes[i] begins
	end   []int // and ends
}

func fold(text string) folded {
	f := folded{runes: make([]rune, 0, len(text)/2), start: make([]int, 0, len(text)/2), end: make([]int, 0, len(text)/2)}
	units := 0
	for len(text) > 0 {
		if r, n := simple(text); n > 0 {
			f.add(r, units, units+1)
			units++
			text = text[n:]
			continue
		}
		n := norm.NFKC.NextBoundaryInString(text, true)
		begin := units
		for _, r := range text[:n] {
			units += width(r)
		}
		for _, r := range norm.NFKC.String(text[:n]) {
			f.add(unicode.ToLower(r), begin, units)
		}
		text = text[n:]
	}
	return f
}

func (f *folded) add(r rune, start, end int) {
	if ignorable(r) {
		return
	}
	f.runes = append(f.runes, r)
	f.start = append(f.start, start)
	f.end = append(f.end, end)
}

// simple folds the first character, which takes one unit, if what follows cannot combine with it: nearly all text is ASCII,
// ideographs and full-width punctuation. It returns 0 bytes for any other.
func simple(text string) (r rune, n int) {
	if r = rune(text[0]); r < utf8.RuneSelf {
		n = 1
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
	} else {
		r, n = utf8.DecodeRuneInString(text)
		switch {
		case ideograph(r):
		case r >= 0xff01 && r <= 0xff20 || r >= 0xff3b && r <= 0xff5e: // full-width ASCII but capitals
			r -= 0xfee0
		default:
			return 0, 0
		}
	}
	if len(text) > n && text[n] >= utf8.RuneSelf {
		if next, _ := utf8.DecodeRuneInString(text[n:]); !apart(next) {
			return 0, 0
		}
	}
	return r, n
}

func ideograph(r rune) bool { return r >= 0x4e00 && r <= 0x9fff }

// apart holds for common characters that never combine with the one before.
func apart(r rune) bool {
	return ideograph(r) || r >= 0xff01 && r <= 0xff5e || r >= 0x3000 && r <= 0x3011 || r >= 0x2010 && r <= 0x2027
}

// width is how many UTF-16 code units a character takes.
func width(r rune) int {
	if r > 0xffff {
		return 2
	}
	return 1
}

// ignorable characters choose a form of the one before (an emoji instead of a sign), join emoji or break lines.
func ignorable(r rune) bool {
	switch r {
	case 0xad, 0x200b, 0x200c, 0x200d, 0x2060, 0xfe0e, 0xfe0f, 0xfeff:
		return true
	}
	return false
}

// class says how a folded character takes part in search.
type class uint8

const (
	separator class = iota // space and punctuation: between tokens
	script                 // of a script without spaces between words: cut into pairs
	letter                 // letter, digit or mark: part of a word
	symbol                 // emoji and other pictures: a token by itself
)

func classify(r rune) class {
	if r < utf8.RuneSelf {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return letter
		}
		return separator
	}
	switch {
	case ideograph(r), r >= 0x3005 && r <= 0x3007, r == 0x30fc,
		unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul):
		return script
	case unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsMark(r):
		return letter
	case unicode.Is(unicode.So, r), r >= 0x1f3fb && r <= 0x1f3ff: // the latter are skin tones
		return symbol
	}
	return separator
}

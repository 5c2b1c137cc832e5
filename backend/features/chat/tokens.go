package chat

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Tokens of a text, in order: the pairs of neighbouring characters of each run of Chinese (or Japanese, Korean) and its last
// character alone; each word; each emoji. "用 Go 写的" gives 用 · go · 写的 · 的. So every character begins exactly one token:
// a search for one character is a prefix search, and one for several is a phrase of pairs.
//
// Characters that FTS5's tokenizer might not take for letters are written as x and their hexadecimal number, within the token.

// body returns the tokens of a text, separated by spaces, for the index.
func body(text string) string {
	f := fold(text)
	var b strings.Builder
	b.Grow(3 * len(text))
	for _, r := range runs(f.runes) {
		appendTokens(&b, f.runes[r.from:r.to], r.class, true)
	}
	return b.String()
}

// run is a stretch of characters of one class; every symbol is a run of its own.
type run struct {
	from, to int
	class    class
}

func runs(text []rune) []run {
	var out []run
	for i := 0; i < len(text); {
		c := classify(text[i])
		j := i + 1
		for c != symbol && j < len(text) && classify(text[j]) == c {
			j++
		}
		if c != separator {
			out = append(out, run{i, j, c})
		}
		i = j
	}
	return out
}

// appendTokens writes the tokens of one run. last: with the token of the last character of a script run.
func appendTokens(b *strings.Builder, text []rune, c class, last bool) {
	if c != script {
		b.WriteByte(' ')
		for _, r := range text {
			appendRune(b, r)
		}
		return
	}
	for i, r := range text {
		if i+1 == len(text) && !last {
			return
		}
		b.WriteByte(' ')
		appendRune(b, r)
		if i+1 < len(text) {
			appendRune(b, text[i+1])
		}
	}
}

func appendRune(b *strings.Builder, r rune) {
	switch {
	case r < utf8.RuneSelf, r >= 0x4e00 && r <= 0x9fcc, r >= 0x3041 && r <= 0x3096, r >= 0x30a1 && r <= 0x30fa,
		r >= 0xac00 && r <= 0xd7a3, r >= 0xc0 && r <= 0x24f && unicode.IsLetter(r), r >= 0x370 && r <= 0x52f && unicode.IsLetter(r):
		b.WriteRune(r)
	default:
		b.WriteByte('x')
		b.WriteString(strconv.FormatInt(int64(r), 16))
	}
}

// term is one word of a search, between spaces. All terms must occur in a message.
type term struct {
	runes  []rune
	prefix bool // the text may go on with letters
}

// terms splits what somebody searches for. Terms without any token, such as punctuation alone, are left out.
func terms(query string) []term {
	var out []term
	for _, field := range splitSpace(fold(query).runes) {
		if len(runs(field)) > 0 {
			out = append(out, term{runes: field})
		}
	}
	if len(out) > 0 {
		out[len(out)-1].prefix = true // still being typed
	}
	return out
}

func splitSpace(text []rune) [][]rune {
	var out [][]rune
	from := -1
	for i, r := range text {
		switch {
		case unicode.IsSpace(r) && from >= 0:
			out = append(out, text[from:i])
			from = -1
		case !unicode.IsSpace(r) && from < 0:
			from = i
		}
	}
	if from >= 0 {
		out = append(out, text[from:])
	}
	return out
}

// phrase is the FTS5 expression that finds every text in which the term occurs, and few others.
func (t term) phrase() string {
	var b strings.Builder
	b.WriteByte('"')
	all := runs(t.runes)
	open := false // the last token is only the beginning of one
	for i, r := range all {
		final := i == len(all)-1 && r.to == len(t.runes)
		// The last character of the term may be followed by more of its run, so its own token need not be in the text.
		single := r.to-r.from == 1
		appendTokens(&b, t.runes[r.from:r.to], r.class, !final || single)
		open = final && (r.class == script && single || r.class == letter && t.prefix)
	}
	b.WriteByte('"')
	if open {
		b.WriteString(" *")
	}
	return b.String()
}

// find returns where the term occurs in a text, as half-open ranges of runes that do not overlap. Words are found from their
// beginning, and to their end unless prefix says otherwise.
func (t term) find(text []rune) [][2]int {
	var out [][2]int
	n := len(t.runes)
	for i := 0; i+n <= len(text); i++ {
		if !slices.Equal(text[i:i+n], t.runes) {
			continue
		}
		if i > 0 && classify(t.runes[0]) == letter && classify(text[i-1]) == letter {
			continue
		}
		if !t.prefix && i+n < len(text) && classify(t.runes[n-1]) == letter && classify(text[i+n]) == letter {
			continue
		}
		out = append(out, [2]int{i, i + n})
		i += n - 1
	}
	return out
}

// match returns where the terms occur in a text, in UTF-16 code units, sorted and merged; nil when one of them does not.
func match(text string, terms []term) [][2]int {
	f := fold(text)
	var out [][2]int
	for _, t := range terms {
		found := t.find(f.runes)
		if len(found) == 0 {
			return nil
		}
		for _, r := range found {
			out = append(out, [2]int{f.start[r[0]], f.end[r[1]-1]})
		}
	}
	slices.SortFunc(out, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	merged := out[:0]
	for _, r := range out {
		if k := len(merged); k > 0 && r[0] <= merged[k-1][1] {
			merged[k-1][1] = max(merged[k-1][1], r[1])
			continue
		}
		merged = append(merged, r)
	}
	return merged
}

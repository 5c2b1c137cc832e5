package org

import (
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
)

// spelling is how a name can be typed with a Latin keyboard. Characters with several readings (曾, 单) match by each.
type spelling struct {
	full     string     // "zhangsan": the first reading of each character
	readings [][]string // per character or Latin word, lower case
}

func spell(name string) spelling {
	var s spelling
	args := pinyin.NewArgs()
	args.Heteronym = true
	word := ""
	flush := func() {
		if word != "" {
			s.readings = append(s.readings, []string{strings.ToLower(word)})
			word = ""
		}
	}
	for _, r := range name {
		if !unicode.Is(unicode.Han, r) {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				word += string(r)
			} else {
				flush()
			}
			continue
		}
		flush()
		if all := pinyin.SinglePinyin(r, args); len(all) > 0 {
			s.readings = append(s.readings, unique(all))
		}
	}
	flush()
	for _, r := range s.readings {
		s.full += r[0]
	}
	return s
}

func unique(in []string) []string {
	var out []string
	for _, x := range in {
		if x = strings.ReplaceAll(x, "ü", "v"); !contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

func contains(list []string, x string) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}

// matches tells whether typed, lower-case Latin without spaces, spells some run of the name: whole syllables, initials, or a
// mixture, the last syllable possibly unfinished ("zhs", "zhangs", "sf").
func (s spelling) matches(typed string) bool {
	if typed == "" {
		return true
	}
	for i := range s.readings {
		if s.from(i, typed) {
			return true
		}
	}
	return false
}

func (s spelling) from(i int, typed string) bool {
	if typed == "" {
		return true
	}
	if i >= len(s.readings) {
		return false
	}
	for _, r := range s.readings[i] {
		for n := min(len(r), len(typed)); n >= 1; n-- {
			if r[:n] == typed[:n] && s.from(i+1, typed[n:]) {
				return true
			}
			if r[:n] == typed[:n] && n == len(typed) {
				return true
			}
		}
	}
	return false
}

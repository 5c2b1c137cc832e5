package org

import (
	"slices"
	"strings"

	"github.com/mozillazg/go-pinyin"
	"golang.org/x/text/unicode/norm"
)

// spelling is how a name can be typed with a Latin keyboard. Characters with several readings (曾, 单) match by each.
type spelling struct {
	full     string     // "zhangsan": the usual reading of each character
	readings [][]string // per character or Latin word, in lower case, the usual one first
}

// surnames read otherwise than the character mostly is.
func surnameReading(name []rune) []string {
	if len(name) >= 3 {
		switch string(name[:2]) {
		case "尉迟":
			return []string{"yu", "chi"}
		case "万俟":
			return []string{"mo", "qi"}
		case "澹台":
			return []string{"tan", "tai"}
		case "长孙":
			return []string{"zhang", "sun"}
		}
	}
	single := map[rune]string{
		'卜': "bu", '区': "ou", '仇': "qiu", '任': "ren", '佴': "nai", '冼': "xian", '单': "shan", '召': "shao", '员': "yun", '曾': "zeng",
		'朴': "piao", '查': "zha", '洗': "xian", '牟': "mou", '盖': "ge", '祭': "zhai", '种': "chong", '秘': "bi", '繁': "po", '缪': "miao",
		'翟': "zhai", '能': "nai", '薄': "bo", '覃': "qin", '解': "xie", '谌': "chen", '郇': "huan", '都': "du", '阚': "kan", '隗': "wei",
		'黑': "he", '乐': "yue", '折': "she", '乜': "nie",
	}
	if len(name) > 0 && single[name[0]] != "" {
		return []string{single[name[0]]}
	}
	return nil
}

func spell(name string) spelling {
	var s spelling
	args := pinyin.NewArgs()
	args.Heteronym = true
	text := []rune(name)
	usual := surnameReading(text)
	word := ""
	flush := func() {
		if word != "" {
			s.readings = append(s.readings, []string{strings.ToLower(word)})
			word = ""
		}
	}
	for i, r := range text {
		switch {
		case isHan(r):
			flush()
			var all []string
			if i < len(usual) {
				all = append(all, usual[i])
			}
			if all = append(all, pinyin.SinglePinyin(r, args)...); len(all) > 0 {
				s.readings = append(s.readings, typed(all))
			}
		case isLatin(r):
			word += unaccented(r)
		default:
			flush()
		}
	}
	flush()
	for _, r := range s.readings {
		s.full += r[0]
	}
	return s
}

// unaccented is the letter without its accent: ü is searched as u in Latin names.
func unaccented(r rune) string {
	for _, base := range norm.NFD.String(string(r)) {
		return string(base)
	}
	return ""
}

// typed turns readings into what is typed for them: lü as lv, as in input methods, or as lyu, as in passports.
func typed(readings []string) []string {
	var out []string
	for _, x := range readings {
		forms := []string{strings.ReplaceAll(x, "ü", "v")}
		if strings.ContainsAny(x, "üv") {
			forms = append(forms, strings.NewReplacer("ü", "yu", "v", "yu").Replace(x))
		}
		for _, f := range forms {
			if !slices.Contains(out, f) {
				out = append(out, f)
			}
		}
	}
	return out
}

// String is the form in which readings are stored: "zeng/ceng xiao/jian".
func (s spelling) String() string {
	var out []string
	for _, r := range s.readings {
		out = append(out, strings.Join(r, "/"))
	}
	return strings.Join(out, " ")
}

func parseReadings(text string) [][]string {
	var out [][]string
	for _, r := range strings.Fields(text) {
		out = append(out, strings.Split(r, "/"))
	}
	return out
}

// matches tells whether what was typed, in lower-case Latin without spaces, spells some run of the name: whole syllables,
// initials, or a mixture, the last syllable possibly unfinished ("zhangs", "zs", "zhs").
func (s spelling) matches(typed string) bool {
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
		}
	}
	return false
}

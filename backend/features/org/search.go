package org

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"tongzhou/sync/crdt"
	"tongzhou/sync/op"
)

// phoneTail is how many digits of a phone number must be typed for it to be searched by its end.
const phoneTail = 4

// Ranks of a match: what was typed in full or from the beginning stands before what merely holds it.
const (
	rankStart = iota // the name begins so
	rankStaffNo
	rankInside // it stands within the name
	rankPinyin
	rankPhone
	rankDuty // what they are to be asked about (R29)
	rankNone
)

// found is a member who matches.
type found struct {
	user  op.UserID
	rank  int
	entry entry
}

// search lists the people that match the text by name, pinyin, initials, staff number, the end of the phone number (R28) or
// stated duty (R29); the best matches first, then by pinyin. No text matches everybody. among says who is looked at.
func (b *book) search(text string, among []op.UserID) []op.UserID {
	q := newQuery(text)
	var list []found
	asked := b.askedAbout(q)
	for _, u := range among {
		e := b.profiles[u]
		rank := q.rank(e)
		if rank == rankNone && asked[u] {
			rank = rankDuty
		}
		if rank < rankNone {
			list = append(list, found{u, rank, e})
		}
	}
	slices.SortFunc(list, func(a, b found) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.entry.pinyin.full, b.entry.pinyin.full),
			cmp.Compare(a.entry.Name, b.entry.Name), slices.Compare(a.user[:], b.user[:]))
	})
	out := make([]op.UserID, 0, len(list))
	for _, f := range list {
		out = append(out, f.user)
	}
	return out
}

// askedAbout are those whose own duty matches, and the heads and admins of departments whose duty does.
func (b *book) askedAbout(q query) map[op.UserID]bool {
	out := map[op.UserID]bool{}
	if q.text == "" {
		return out
	}
	for entity, text := range b.duties {
		if !strings.Contains(fold(text), q.text) || len(entity) < 1 {
			continue
		}
		if entity[0] == 'u' && len(entity) == 1+len(op.UserID{}) {
			out[op.UserID([]byte(entity[1:]))] = true
			continue
		}
		for _, o := range b.officers[crdt.NodeID(entity[1:])] {
			out[o.user] = true
		}
	}
	return out
}

// query is what was typed, in the forms it is compared in.
type query struct {
	text  string // lower case, half width
	latin string // the letters alone; "" if there is anything else
}

func newQuery(typed string) query {
	q := query{text: fold(typed)}
	q.latin = strings.NewReplacer(" ", "", "'", "", "ü", "v").Replace(q.text)
	if strings.Trim(q.latin, "abcdefghijklmnopqrstuvwxyz") != "" {
		q.latin = ""
	}
	return q
}

func fold(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(norm.NFKC.String(s)), " "))
}

func (q query) rank(e entry) int {
	name, staffNo := fold(e.Name), fold(e.StaffNo)
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, e.Phone)
	switch {
	case q.text == "", strings.HasPrefix(name, q.text):
		return rankStart
	case strings.HasPrefix(staffNo, q.text):
		return rankStaffNo
	case strings.Contains(name, q.text):
		return rankInside
	case q.latin != "" && e.pinyin.matches(q.latin):
		return rankPinyin
	case len(q.text) >= phoneTail && strings.HasSuffix(digits, q.text):
		return rankPhone
	}
	return rankNone
}

// within tells whether a department is top or below it.
func within(v *crdt.View, n, top crdt.NodeID) bool {
	return slices.Contains(v.Path(n), top)
}

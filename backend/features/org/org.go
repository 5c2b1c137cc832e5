package org

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"tongzhou/backend/fault"
)

// Limits in characters.
const (
	minName    = 2
	maxName    = 30
	maxStaffNo = 20
	maxText    = 60
	maxTeam    = 40
	maxDept    = 30
	maxDuty    = 500
	maxNote    = 500
)

// User kinds (R7).
const (
	KindRegular   = "regular"   // 正式员工
	KindProbation = "probation" // 试用期员工
	KindExternal  = "external"  // 外部合作人员
)

// Profile is what a person says of themselves. Only the name is required: R5 and R6 want all of it, but an empty field must
// not keep somebody from joining.
type Profile struct {
	Name           string
	StaffNo        string
	Department     []byte // node of the tree; empty for none
	Position       string
	Phone          string
	Email          string
	Kind           string
	DepartmentName string // what the person wrote where the tree has no such department; shown until somebody puts it right
}

var staffNo = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]*$`)

// Tidy brings what was typed into its usual form: composed characters, no stray white space, the middle dot of names however
// it was typed, half-width staff numbers and contact details, a kind.
func (p Profile) Tidy() Profile {
	for _, f := range []*string{&p.StaffNo, &p.Phone, &p.Email} {
		*f = norm.NFKC.String(*f)
	}
	for _, f := range []*string{&p.Name, &p.StaffNo, &p.Position, &p.Phone, &p.Email, &p.Kind, &p.DepartmentName} {
		*f = strings.Join(strings.Fields(norm.NFC.String(*f)), " ")
	}
	p.Name = strings.NewReplacer("•", "·", "・", "·", "‧", "·", "．", "·", "’", "'").Replace(p.Name)
	if strings.ContainsFunc(p.Name, isHan) {
		p.Name = strings.ReplaceAll(p.Name, " ", "")
	}
	if p.Kind == "" {
		p.Kind = KindRegular
	}
	return p
}

// Validate checks a profile (R3: a real name; R6, R7). It runs on every replica, so it must give the same answer in every
// version of this program: no tables of the Unicode version, no parser of a library. Errors: fault "org.name_empty",
// "org.name_length" {min,max}, "org.name_characters", "org.staff_no" {max}, "org.field_too_long" {field,max}, "org.email",
// "org.phone", "org.kind", "org.department_unknown", "org.department_too_long" {max}.
func (p Profile) Validate() error {
	switch n := utf8.RuneCountInString(p.Name); {
	case n == 0:
		return fault.New("org.name_empty")
	case n < minName || n > maxName:
		return fault.New("org.name_length", "min", minName, "max", maxName)
	case !realName(p.Name):
		return fault.New("org.name_characters")
	}
	if p.StaffNo != "" && (len(p.StaffNo) > maxStaffNo || !staffNo.MatchString(p.StaffNo)) {
		return fault.New("org.staff_no", "max", maxStaffNo)
	}
	for _, f := range []struct{ name, value string }{{"position", p.Position}, {"phone", p.Phone}, {"email", p.Email}} {
		if !utf8.ValidString(f.value) || utf8.RuneCountInString(f.value) > maxText || strings.ContainsFunc(f.value, unicode.IsControl) {
			return fault.New("org.field_too_long", "field", f.name, "max", maxText)
		}
	}
	switch {
	case p.Email != "" && !isEmail(p.Email):
		return fault.New("org.email")
	case strings.ContainsFunc(p.Phone, func(r rune) bool { return !strings.ContainsRune("0123456789+-() ext.转", r) }):
		return fault.New("org.phone")
	case p.Kind != KindRegular && p.Kind != KindProbation && p.Kind != KindExternal:
		return fault.New("org.kind")
	case len(p.Department) != 0 && len(p.Department) != nodeSize:
		return fault.New("org.department_unknown")
	}
	if p.DepartmentName != "" {
		_, err := checkTitle(p.DepartmentName, "org.department", maxDept)
		return err
	}
	return nil
}

// Complete refuses a profile that does not say where somebody works and as what (R5). It binds the program of the one who
// writes and not the log: somebody without a position can be found and written to, somebody without a profile cannot.
// Errors: fault "org.department_required", "org.position_required".
func (p Profile) Complete() error {
	switch {
	case len(p.Department) == 0 && p.DepartmentName == "":
		return fault.New("org.department_required")
	case p.Position == "":
		return fault.New("org.position_required")
	}
	return nil
}

// realName accepts names in Chinese characters (张三, 阿依古丽·买买提) and names in Latin letters (Anne-Marie O'Neill,
// J. Müller), each with the marks that stand inside names, and no mixture: "张三(小张)" and "zhang三" are nicknames.
func realName(s string) bool {
	han, latin := 0, 0
	open := true // at the beginning or after a mark, where a letter must follow
	for _, r := range s {
		switch {
		case isHan(r):
			han++
			open = false
		case isLatin(r):
			latin++
			open = false
		case open:
			return false
		case strings.ContainsRune("· -'", r):
			open = true
		case r != '.': // may stand before a space and at the end: "J. Smith Jr."
			return false
		}
	}
	if open || strings.Contains(s, "..") {
		return false
	}
	if han > 0 {
		return latin == 0 && han >= minName && !strings.ContainsAny(s, " -'.")
	}
	return latin >= minName && !strings.Contains(s, "·")
}

// isHan holds for Chinese characters, by the blocks of Unicode that are theirs for good.
func isHan(r rune) bool {
	return r == 0x3007 || r >= 0x3400 && r <= 0x4dbf || r >= 0x4e00 && r <= 0x9fff || r >= 0xf900 && r <= 0xfaff || r >= 0x20000 && r <= 0x323af
}

// isLatin holds for Latin letters with and without accents.
func isLatin(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 0xc0 && r <= 0x24f && r != 0xd7 && r != 0xf7 || r >= 0x1e00 && r <= 0x1eff
}

// isEmail accepts name@domain in the characters that addresses in use are made of.
func isEmail(s string) bool {
	name, domain, ok := strings.Cut(s, "@")
	if !ok || name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`@,;:<>()[]"\`, r) }) {
		return false
	}
	for _, label := range strings.Split(domain, ".") {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
			return false
		}
	}
	return true
}

// checkTitle checks the name of a team or department.
func checkTitle(s, code string, limit int) (string, error) {
	s = strings.Join(strings.Fields(s), " ")
	switch {
	case s == "":
		return "", fault.New(code + "_empty")
	case !utf8.ValidString(s) || utf8.RuneCountInString(s) > limit || strings.ContainsFunc(s, unicode.IsControl):
		return "", fault.New(code+"_too_long", "max", limit)
	}
	return s, nil
}

// checkNote checks a text that people may leave out. Errors: fault "org.note_too_long" {max}.
func checkNote(s string, limit int) error {
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > limit || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) {
		return fault.New("org.note_too_long", "max", limit)
	}
	return nil
}

// nodeSize is the length of a department's id.
const nodeSize = 16

// avatarColours is how many colours a drawn picture can have.
const avatarColours = 8

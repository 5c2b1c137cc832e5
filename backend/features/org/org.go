package org

import (
	"net/mail"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

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
)

// User kinds (R7).
const (
	KindRegular   = "regular"   // 正式员工
	KindProbation = "probation" // 试用期员工
	KindExternal  = "external"  // 外部合作人员
)

// Profile is what a person says of themselves.
type Profile struct {
	Name       string
	StaffNo    string
	Department []byte // entity id; empty for none
	Position   string
	Phone      string
	Email      string
	Kind       string
}

var staffNo = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]*$`)

// Tidy removes white space around the fields and gives the kind its default.
func (p Profile) Tidy() Profile {
	for _, f := range []*string{&p.Name, &p.StaffNo, &p.Position, &p.Phone, &p.Email, &p.Kind} {
		*f = strings.TrimSpace(*f)
	}
	p.Name = strings.Join(strings.Fields(p.Name), " ")
	if p.Kind == "" {
		p.Kind = KindRegular
	}
	return p
}

// Validate checks a profile (R3: a real name; R5, R6). Errors: fault "org.name_empty", "org.name_length" {min,max},
// "org.name_characters", "org.staff_no" {max}, "org.field_too_long" {field,max}, "org.email", "org.phone", "org.kind".
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
	for field, v := range map[string]string{"position": p.Position, "phone": p.Phone, "email": p.Email} {
		if !utf8.ValidString(v) || utf8.RuneCountInString(v) > maxText || strings.ContainsFunc(v, unicode.IsControl) {
			return fault.New("org.field_too_long", "field", field, "max", maxText)
		}
	}
	if p.Email != "" {
		if a, err := mail.ParseAddress(p.Email); err != nil || a.Address != p.Email {
			return fault.New("org.email")
		}
	}
	if strings.Trim(p.Phone, "0123456789+-() ext.转") != "" {
		return fault.New("org.phone")
	}
	if p.Kind != KindRegular && p.Kind != KindProbation && p.Kind != KindExternal {
		return fault.New("org.kind")
	}
	if len(p.Department) > 64 {
		return fault.New("org.department_unknown")
	}
	return nil
}

// realName accepts letters of any script with the marks that stand inside names (李·约翰, O'Neill, Anne-Marie, J. Smith).
func realName(s string) bool {
	letters := 0
	for _, r := range s {
		switch {
		case unicode.IsLetter(r):
			letters++
		case unicode.IsMark(r) || strings.ContainsRune(" ·•'’-.", r):
		default:
			return false
		}
	}
	return letters >= minName
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

// avatarColours is how many colours a drawn picture can have.
const avatarColours = 8

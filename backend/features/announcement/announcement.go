package announcement

import (
	"strings"
	"time"
	"unicode/utf8"

	"tongzhou/backend/fault"
	"tongzhou/sync/op"
)

// Limits, in characters.
const (
	maxTitle = 100
	maxText  = 10_000
)

// ID names an announcement: the coordinates of the op that published it.
type ID struct{ op.Ref }

// ParseID reads the text form. Errors: fault "announcement.unknown".
func ParseID(text string) (ID, error) {
	ref, err := op.ParseRef(text)
	if err != nil {
		return ID{}, fault.Wrap("announcement.unknown", err)
	}
	return ID{ref}, nil
}

// Announcement is one announcement as this device's user sees it.
type Announcement struct {
	ID           ID
	Title        string
	Text         string
	Author       op.UserID
	At           time.Time
	NeedAck      bool // the publisher asks for a confirmation
	Acknowledged bool // by this user; true for the author
	Read         int  // how many of Total acknowledged
	Total        int  // present members except the author
}

// Draft is what somebody wants to publish.
type Draft struct {
	Title   string
	Text    string
	NeedAck bool
}

// Tidy removes white space around title and text.
func (d Draft) Tidy() Draft {
	d.Title, d.Text = strings.TrimSpace(d.Title), strings.TrimSpace(d.Text)
	return d
}

// Validate checks a draft. Errors: fault "announcement.title_empty", "announcement.title_too_long" {max},
// "announcement.text_empty", "announcement.text_too_long" {max}, "announcement.malformed".
func (d Draft) Validate() error {
	switch {
	case !utf8.ValidString(d.Title) || !utf8.ValidString(d.Text) || strings.ContainsAny(d.Title, "\r\n"):
		return fault.New("announcement.malformed")
	case strings.TrimSpace(d.Title) == "":
		return fault.New("announcement.title_empty")
	case utf8.RuneCountInString(d.Title) > maxTitle:
		return fault.New("announcement.title_too_long", "max", maxTitle)
	case strings.TrimSpace(d.Text) == "":
		return fault.New("announcement.text_empty")
	case utf8.RuneCountInString(d.Text) > maxText:
		return fault.New("announcement.text_too_long", "max", maxText)
	}
	return nil
}

package chat

import (
	"strings"
	"time"
	"unicode/utf8"

	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/sync/crdt"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// Limits, in characters unless they say otherwise.
const (
	maxText     = 10_000
	maxName     = 60
	maxPurpose  = 200
	maxClientID = 64  // bytes
	maxUnread   = 100 // what is counted; the interface writes 99+
)

// lateAfter is how long after it was written a message may arrive without being marked as late.
const lateAfter = 5 * time.Minute

// Kind says what sort of chat a scope is.
type Kind string

// The kinds of chat (R37).
const (
	Direct Kind = "direct" // two people
	Group  Kind = "group"
)

// position is a place in the order of a chat's messages. The zero position is before all of them.
type position struct {
	hlc hlc.Time
	ref op.Ref
}

func (p position) compare(q position) int {
	return crdt.Compare(crdt.Stamp{HLC: p.hlc, Ref: p.ref}, crdt.Stamp{HLC: q.hlc, Ref: q.ref})
}

func (p position) isZero() bool { return p == position{} }

// MessageID names a message: its chat, and the coordinates of its op in there.
type MessageID struct {
	Chat op.ScopeID
	Ref  op.Ref
}

// String is the text form: both parts, joined by a hyphen.
func (m MessageID) String() string { return m.Chat.String() + "-" + m.Ref.String() }

// ParseMessageID reads the text form. Errors: fault "chat.unknown_message".
func ParseMessageID(text string) (MessageID, error) {
	chat, ref, _ := strings.Cut(text, "-")
	var m MessageID
	var err error
	if m.Chat, err = op.ParseScopeID(chat); err != nil {
		return m, fault.Wrap("chat.unknown_message", err)
	}
	if m.Ref, err = op.ParseRef(ref); err != nil {
		return m, fault.Wrap("chat.unknown_message", err)
	}
	return m, nil
}

// stored is a message as its row has it.
type stored struct {
	position
	userNo int64
	key    int64 // local row of the op
	text   string
}

// validateText checks a message. Errors: fault "chat.empty", "chat.too_long" {max}, "chat.malformed".
func validateText(text string) error {
	switch {
	case len(text) > maxText*utf8.UTFMax || utf8.RuneCountInString(text) > maxText:
		return fault.New("chat.too_long", "max", maxText)
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return fault.New("chat.malformed")
	case strings.TrimSpace(text) == "":
		return fault.New("chat.empty")
	}
	return nil
}

// validateName checks the name of a group. Errors: fault "chat.name_empty", "chat.name_too_long" {max}, "chat.malformed".
func validateName(name string) error {
	switch {
	case !oneLine(name):
		return fault.New("chat.malformed")
	case strings.TrimSpace(name) == "":
		return fault.New("chat.name_empty")
	case utf8.RuneCountInString(name) > maxName:
		return fault.New("chat.name_too_long", "max", maxName)
	}
	return nil
}

// validatePurpose checks what a group is for. Errors: fault "chat.purpose_too_long" {max}, "chat.malformed".
func validatePurpose(purpose string) error {
	switch {
	case !utf8.ValidString(purpose):
		return fault.New("chat.malformed")
	case utf8.RuneCountInString(purpose) > maxPurpose:
		return fault.New("chat.purpose_too_long", "max", maxPurpose)
	}
	return nil
}

func oneLine(s string) bool { return utf8.ValidString(s) && !strings.ContainsAny(s, "\r\n\x00") }

func kindOf(k module.ScopeKind) Kind {
	if k == module.ScopeDirect {
		return Direct
	}
	return Group
}

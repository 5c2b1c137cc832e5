package chat

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"tongzhou/backend/access"
	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/backend/rules"
	"tongzhou/sync/op"
)

// People names members. The app adapts the directory to it.
type People interface {
	// Names returns a lookup over one moment of the directory, for one answer.
	Names() func(user op.UserID) string
	// Avatar is the colour of somebody's picture, 1 to 8.
	Avatar(user op.UserID) int
}

type service struct {
	log    module.Log
	team   module.Team
	rules  rules.Rules
	db     module.DB
	people People
	sent   *sent
}

// scope returns a chat of this user. Errors: those of Ready, fault "chat.unknown".
func (s *service) scope(id op.ScopeID) (module.ScopeInfo, error) {
	if err := s.log.Ready(); err != nil {
		return module.ScopeInfo{}, err
	}
	info, ok := s.log.Scope(id)
	if !ok || info.Kind != module.ScopeGroup && info.Kind != module.ScopeDirect {
		return info, fault.New("chat.unknown")
	}
	return info, nil
}

// list returns every chat that the list shows.
func (s *service) list(ctx context.Context) ([]Chat, error) {
	all, err := s.chats(ctx, s.log.Scopes(module.ScopeGroup, module.ScopeDirect))
	return slices.DeleteFunc(all, func(c Chat) bool { return !c.listed() }), err
}

// one returns a chat, listed or not. Errors: fault "chat.unknown".
func (s *service) one(ctx context.Context, id op.ScopeID) (Chat, error) {
	info, err := s.scope(id)
	if err != nil {
		return Chat{}, err
	}
	list, err := s.chats(ctx, []module.ScopeInfo{info})
	if err != nil {
		return Chat{}, err
	}
	return list[0], nil
}

// openDirect returns the chat with one other person, made if need be (R37). Errors: fault "chat.self", "chat.unknown_user".
func (s *service) openDirect(ctx context.Context, user op.UserID) (Chat, error) {
	if err := s.log.Ready(); err != nil {
		return Chat{}, err
	}
	if user == s.log.Self().User {
		return Chat{}, fault.New("chat.self")
	}
	if s.log.View().Role(user) == access.None {
		return Chat{}, fault.New("chat.unknown_user")
	}
	id, err := s.log.EnsureDirect(ctx, user)
	if err != nil {
		return Chat{}, err
	}
	c, err := s.one(ctx, id)
	if err != nil || c.listed() {
		return c, err
	}
	if err := s.set(ctx, id, `INSERT INTO chat_setting (chat, opened) VALUES (?1, ?2) ON CONFLICT (chat) DO UPDATE SET opened = ?2`, true); err != nil {
		return Chat{}, err
	}
	return c, nil
}

// createGroup makes a group of this user and others (R37). Errors: those of the name and purpose, fault "denied",
// "chat.no_members", "chat.unknown_user".
func (s *service) createGroup(ctx context.Context, name, purpose string, members []op.UserID) (Chat, error) {
	name, purpose = strings.TrimSpace(name), strings.TrimSpace(purpose)
	if err := validateName(name); err != nil {
		return Chat{}, err
	}
	if err := validatePurpose(purpose); err != nil {
		return Chat{}, err
	}
	if err := s.log.Ready(); err != nil {
		return Chat{}, err
	}
	self := s.log.Self().User
	if !CanCreateGroup(s.log.View().Role(self)) {
		return Chat{}, fault.New("denied")
	}
	others, err := s.others(members)
	if err != nil {
		return Chat{}, err
	}
	if len(others) == 0 {
		return Chat{}, fault.New("chat.no_members")
	}
	id, err := s.log.CreateGroup(ctx, others, module.Submission{Type: typeGroup, Entity: []byte(groupEntity), Payload: group{Name: &name, Purpose: &purpose}})
	if err != nil {
		return Chat{}, err
	}
	return s.one(ctx, id)
}

// others returns the distinct users except this one. Errors: fault "chat.unknown_user" if one is not in the team.
func (s *service) others(users []op.UserID) ([]op.UserID, error) {
	var out []op.UserID
	for _, u := range users {
		if s.log.View().Role(u) == access.None {
			return nil, fault.New("chat.unknown_user")
		}
		if u != s.log.Self().User && !slices.Contains(out, u) {
			out = append(out, u)
		}
	}
	return out, nil
}

// managed returns a group that this user may manage. Errors: fault "chat.unknown", "denied".
func (s *service) managed(id op.ScopeID) (module.ScopeInfo, error) {
	info, err := s.scope(id)
	if err != nil {
		return info, err
	}
	if info.Kind != module.ScopeGroup || !CanManage(s.log.View().ScopeRole(id, s.log.Self().User)) {
		return info, fault.New("denied")
	}
	return info, nil
}

// addMembers adds people to a group; who is in it already stays as they are. Errors: fault "chat.unknown", "denied",
// "chat.unknown_user".
func (s *service) addMembers(ctx context.Context, id op.ScopeID, users []op.UserID) error {
	info, err := s.managed(id)
	if err != nil {
		return err
	}
	others, err := s.others(users)
	if err != nil {
		return err
	}
	others = slices.DeleteFunc(others, func(u op.UserID) bool { _, member := info.Members[u]; return member })
	if len(others) == 0 {
		return nil
	}
	return s.log.AddMembers(ctx, id, others)
}

// rename gives a group another name. Errors: those of the name, fault "chat.unknown", "denied".
func (s *service) rename(ctx context.Context, id op.ScopeID, name string) error {
	name = strings.TrimSpace(name)
	if err := validateName(name); err != nil {
		return err
	}
	if _, err := s.managed(id); err != nil {
		return err
	}
	_, err := s.log.Submit(ctx, []module.Submission{{Scope: id, Type: typeGroup, Entity: []byte(groupEntity), Payload: group{Name: &name}}}, nil)
	return err
}

// markRead moves this device's read mark up to a message, never back, and forgets that the chat was marked as unread.
// Errors: fault "chat.unknown", "chat.unknown_message".
func (s *service) markRead(ctx context.Context, id MessageID) error {
	info, err := s.scope(id.Chat)
	if err != nil {
		return err
	}
	p, err := s.locate(ctx, info.No, id.Ref)
	if err != nil {
		return err
	}
	var marked bool
	if err := s.db.Read().QueryRowContext(ctx, queryMarkedUnread, info.No).Scan(&marked); err != nil {
		return fmt.Errorf("read setting of a chat: %w", err)
	}
	if marked {
		if err := s.set(ctx, id.Chat, `UPDATE chat_setting SET unread = ?2 WHERE chat = ?1`, false); err != nil {
			return err
		}
	}
	mark, err := s.ownMark(ctx, info.No)
	if err != nil || mark.compare(p) >= 0 {
		return err
	}
	return s.log.SetRegister(ctx, id.Chat, keyRead, readMark{HLC: p.hlc, Ref: p.ref})
}

// markUnread shows a chat as unread on this device until it is read again.
func (s *service) markUnread(ctx context.Context, id op.ScopeID) error {
	return s.set(ctx, id, `INSERT INTO chat_setting (chat, unread) VALUES (?1, ?2) ON CONFLICT (chat) DO UPDATE SET unread = ?2`, true)
}

// setMuted turns notifications of a chat off or on, on this device.
func (s *service) setMuted(ctx context.Context, id op.ScopeID, muted bool) error {
	return s.set(ctx, id, `INSERT INTO chat_setting (chat, muted) VALUES (?1, ?2) ON CONFLICT (chat) DO UPDATE SET muted = ?2`, muted)
}

// setPinned keeps a chat at the top of the list, on this device.
func (s *service) setPinned(ctx context.Context, id op.ScopeID, pinned bool) error {
	return s.set(ctx, id, `INSERT INTO chat_setting (chat, pinned) VALUES (?1, ?2) ON CONFLICT (chat) DO UPDATE SET pinned = ?2`, pinned)
}

// saveDraft keeps what was typed; "" removes it. Errors: fault "chat.unknown", "chat.too_long" {max}.
func (s *service) saveDraft(ctx context.Context, id op.ScopeID, text string) error {
	if text == "" {
		return s.set(ctx, id, `DELETE FROM chat_draft WHERE chat = ?1`)
	}
	if utf8.RuneCountInString(text) > maxText {
		return fault.New("chat.too_long", "max", maxText)
	}
	return s.set(ctx, id, `INSERT INTO chat_draft (chat, text) VALUES (?1, ?2) ON CONFLICT (chat) DO UPDATE SET text = ?2`, text)
}

// set changes a local row of a chat. The query is a constant; ?1 is the chat's local number.
func (s *service) set(ctx context.Context, id op.ScopeID, query string, args ...any) error {
	info, err := s.scope(id)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx module.Tx) error {
		if _, err := tx.Exec(query, append([]any{info.No}, args...)...); err != nil {
			return fmt.Errorf("change setting of a chat: %w", err)
		}
		tx.Changed(topic, changed{id})
		return nil
	})
}

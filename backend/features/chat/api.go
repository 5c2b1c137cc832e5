package chat

import (
	"cmp"
	"context"
	"slices"

	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/sync/op"
)

// API is what the interface calls. Every error is a fault; see the service's functions for their codes. Ids are texts.
type API struct{ s *service }

// GroupInput is a group to create.
type GroupInput struct {
	Name    string   `json:"name"`
	Purpose string   `json:"purpose"`
	Members []string `json:"members"` // user ids; oneself may be left out
}

// HistoryQuery asks for a stretch of a chat: before, after or around a message, by id. With none of them it is what is around
// the first unread message, or the end if everything is read.
type HistoryQuery struct {
	ChatID string `json:"chatId"`
	Before string `json:"before"`
	After  string `json:"after"`
	Around string `json:"around"`
	Limit  int    `json:"limit"` // 0: 50; at most 200
}

// SendInput is a message to send. The client id is chosen by the interface; sending again with the same one gives the same
// message.
type SendInput struct {
	ChatID   string `json:"chatId"`
	Text     string `json:"text"`
	ClientID string `json:"clientId"`
}

// SearchQuery asks for messages that hold every word of the text. Words may be parts of Chinese text; the last Latin word may
// be a beginning.
type SearchQuery struct {
	Text     string `json:"text"`
	ChatID   string `json:"chatId"`   // "" for all chats
	SenderID string `json:"senderId"` // "" for all people
	Before   string `json:"before"`   // id of the last hit of the page before, "" for the first page
	Limit    int    `json:"limit"`    // 0: 50; at most 200
}

// Chats returns the list of chats: pinned ones first, then newest first.
func (a *API) Chats() ([]ChatDTO, error) {
	list, err := a.s.list(context.Background())
	if err != nil {
		return nil, err
	}
	name := a.s.people.Names()
	out := make([]ChatDTO, 0, len(list))
	for _, c := range list {
		out = append(out, a.s.chatDTO(c, name))
	}
	return out, nil
}

// OpenDirect returns the chat with one other person.
func (a *API) OpenDirect(userID string) (ChatDTO, error) {
	user, err := parseUser(userID)
	if err != nil {
		return ChatDTO{}, err
	}
	return a.chat(a.s.openDirect(context.Background(), user))
}

// CreateGroup makes a group with this user as owner.
func (a *API) CreateGroup(in GroupInput) (ChatDTO, error) {
	users, err := parseUsers(in.Members)
	if err != nil {
		return ChatDTO{}, err
	}
	return a.chat(a.s.createGroup(context.Background(), in.Name, in.Purpose, users))
}

func (a *API) chat(c Chat, err error) (ChatDTO, error) {
	if err != nil {
		return ChatDTO{}, err
	}
	return a.s.chatDTO(c, a.s.people.Names()), nil
}

// AddMembers adds people to a group.
func (a *API) AddMembers(chatID string, userIDs []string) error {
	chat, err := parseChat(chatID)
	if err != nil {
		return err
	}
	users, err := parseUsers(userIDs)
	if err != nil {
		return err
	}
	return a.s.addMembers(context.Background(), chat, users)
}

// RenameGroup gives a group another name.
func (a *API) RenameGroup(chatID, name string) error {
	chat, err := parseChat(chatID)
	if err != nil {
		return err
	}
	return a.s.rename(context.Background(), chat, name)
}

// Members returns the people of a chat, owner and admins first, then by name.
func (a *API) Members(chatID string) ([]ChatMemberDTO, error) {
	chat, err := parseChat(chatID)
	if err != nil {
		return nil, err
	}
	info, err := a.s.scope(chat)
	if err != nil {
		return nil, err
	}
	name := a.s.people.Names()
	users := make([]op.UserID, 0, len(info.Members))
	for u := range info.Members {
		users = append(users, u)
	}
	slices.SortFunc(users, func(x, y op.UserID) int {
		return cmp.Or(cmp.Compare(info.Members[x], info.Members[y]), cmp.Compare(name(x), name(y)), slices.Compare(x[:], y[:]))
	})
	out := make([]ChatMemberDTO, 0, len(users))
	for _, u := range users {
		out = append(out, memberDTO(u, info.Members[u], a.s.log.Online(u), name))
	}
	return out, nil
}

// History returns a stretch of a chat.
func (a *API) History(q HistoryQuery) (HistoryDTO, error) {
	chat, err := parseChat(q.ChatID)
	if err != nil {
		return HistoryDTO{}, err
	}
	w := window{limit: q.Limit}
	for _, part := range []struct {
		text string
		to   **MessageID
	}{{q.Before, &w.before}, {q.After, &w.after}, {q.Around, &w.around}} {
		if *part.to, err = parseOptional(part.text); err != nil {
			return HistoryDTO{}, err
		}
	}
	page, err := a.s.history(context.Background(), chat, w)
	if err != nil {
		return HistoryDTO{}, err
	}
	name := a.s.people.Names()
	out := HistoryDTO{Messages: make([]MessageDTO, 0, len(page.Messages)), HasOlder: page.HasOlder, HasNewer: page.HasNewer, Filling: a.s.log.Filling(chat)}
	for _, m := range page.Messages {
		out.Messages = append(out.Messages, messageDTO(m, name))
	}
	if !page.KeptFrom.IsZero() {
		out.KeptFrom = module.Timestamp(page.KeptFrom)
	}
	if page.FirstUnread != nil {
		out.FirstUnread = page.FirstUnread.String()
	}
	return out, nil
}

// Send writes a message. It is durable when Send returns.
func (a *API) Send(in SendInput) (MessageDTO, error) {
	chat, err := parseChat(in.ChatID)
	if err != nil {
		return MessageDTO{}, err
	}
	m, err := a.s.send(context.Background(), chat, in.Text, in.ClientID)
	if err != nil {
		return MessageDTO{}, err
	}
	return messageDTO(m, a.s.people.Names()), nil
}

// Delivery says who holds a message, and who has read it.
func (a *API) Delivery(messageID string) (DeliveryDTO, error) {
	id, err := ParseMessageID(messageID)
	if err != nil {
		return DeliveryDTO{}, err
	}
	d, err := a.s.deliveryOf(context.Background(), id)
	if err != nil {
		return DeliveryDTO{}, err
	}
	return deliveryDTO(d, a.s.people.Names()), nil
}

// MarkRead says that this user has read a chat up to a message.
func (a *API) MarkRead(chatID, messageID string) error {
	id, err := ParseMessageID(messageID)
	if err != nil {
		return err
	}
	if id.Chat.String() != chatID {
		return fault.New("chat.unknown_message")
	}
	return a.s.markRead(context.Background(), id)
}

// MarkUnread shows a chat as unread until it is read again.
func (a *API) MarkUnread(chatID string) error {
	return a.onChat(chatID, func(chat op.ScopeID) error { return a.s.markUnread(context.Background(), chat) })
}

// SaveDraft keeps what was typed and not sent; "" removes it.
func (a *API) SaveDraft(chatID, text string) error {
	return a.onChat(chatID, func(chat op.ScopeID) error { return a.s.saveDraft(context.Background(), chat, text) })
}

// SetMuted turns notifications of a chat off or on.
func (a *API) SetMuted(chatID string, muted bool) error {
	return a.onChat(chatID, func(chat op.ScopeID) error { return a.s.setMuted(context.Background(), chat, muted) })
}

// SetPinned keeps a chat at the top of the list.
func (a *API) SetPinned(chatID string, pinned bool) error {
	return a.onChat(chatID, func(chat op.ScopeID) error { return a.s.setPinned(context.Background(), chat, pinned) })
}

func (a *API) onChat(chatID string, do func(op.ScopeID) error) error {
	chat, err := parseChat(chatID)
	if err != nil {
		return err
	}
	return do(chat)
}

// Search finds messages, newest first.
func (a *API) Search(q SearchQuery) (SearchDTO, error) {
	in := search{text: q.Text, limit: q.Limit}
	if q.ChatID != "" {
		chat, err := parseChat(q.ChatID)
		if err != nil {
			return SearchDTO{}, err
		}
		in.chat = &chat
	}
	if q.SenderID != "" {
		user, err := parseUser(q.SenderID)
		if err != nil {
			return SearchDTO{}, err
		}
		in.sender = &user
	}
	var err error
	if in.before, err = parseOptional(q.Before); err != nil {
		return SearchDTO{}, err
	}
	r, err := a.s.search(context.Background(), in)
	if err != nil {
		return SearchDTO{}, err
	}
	name := a.s.people.Names()
	out := SearchDTO{Hits: make([]HitDTO, 0, len(r.Hits)), Indexing: r.Indexing, More: r.More}
	for _, h := range r.Hits {
		out.Hits = append(out.Hits, HitDTO{Message: messageDTO(h.Message, name), ChatName: h.ChatName, ChatKind: string(h.ChatKind), Ranges: h.Ranges})
	}
	return out, nil
}

package chat

import (
	"tongzhou/backend/access"
	"tongzhou/backend/module"
	"tongzhou/sync/op"
)

// ChatDTO is one chat of the list.
type ChatDTO struct {
	ID         string   `json:"id"`
	Kind       string   `json:"kind"` // "direct" or "group"
	Name       string   `json:"name"`
	Purpose    string   `json:"purpose"`    // of a group
	PeerUserID string   `json:"peerUserId"` // "" for groups
	Members    int      `json:"members"`
	Avatar     int      `json:"avatar"` // colour, 1 to 8
	Last       *LastDTO `json:"last"`   // null: nobody has written yet
	Unread     int      `json:"unread"` // 100 means 100 or more
	Mentioned  bool     `json:"mentioned"`
	Draft      string   `json:"draft"`
	Muted      bool     `json:"muted"`
	Pinned     bool     `json:"pinned"`
	CanSend    bool     `json:"canSend"`
	CanManage  bool     `json:"canManage"` // rename the group, add members
}

// LastDTO is the last message of a chat, shortened.
type LastDTO struct {
	ID         string `json:"id"`
	Text       string `json:"text"`
	SenderID   string `json:"senderId"`
	SenderName string `json:"senderName"`
	At         string `json:"at"`
	Own        bool   `json:"own"`
}

// ChatMemberDTO is one person in a chat.
type ChatMemberDTO struct {
	UserID string `json:"userId"`
	Name   string `json:"name"`
	Role   string `json:"role"` // "owner", "admin", "member"
	Online bool   `json:"online"`
}

// MessageDTO is one message. State, received, read and total tell how far an own message has got: "saved" on this device,
// "relay" on the team's relay and nobody has said to have it yet, "received" by some. For others' messages the counts are 0.
type MessageDTO struct {
	ID         string `json:"id"`
	ChatID     string `json:"chatId"`
	SenderID   string `json:"senderId"`
	SenderName string `json:"senderName"`
	Text       string `json:"text"`
	At         string `json:"at"`
	Own        bool   `json:"own"`
	Late       bool   `json:"late"` // it arrived more than five minutes after it was written
	State      string `json:"state"`
	Received   int    `json:"received"`
	Total      int    `json:"total"`
	Read       int    `json:"read"`
}

// HistoryDTO is a stretch of a chat, oldest first.
type HistoryDTO struct {
	Messages    []MessageDTO `json:"messages"`
	HasOlder    bool         `json:"hasOlder"`
	HasNewer    bool         `json:"hasNewer"`
	Filling     bool         `json:"filling"`     // older messages are on their way to this device
	FirstUnread string       `json:"firstUnread"` // "" when everything is read
	KeptFrom    string       `json:"keptFrom"`    // what is older was let go by the house rule; "" while nothing was
}

// ReceiverDTO is somebody who holds a message.
type ReceiverDTO struct {
	UserID string `json:"userId"`
	Name   string `json:"name"`
	Read   bool   `json:"read"`
}

// PersonDTO is somebody who does not hold it yet.
type PersonDTO struct {
	UserID string `json:"userId"`
	Name   string `json:"name"`
}

// DeliveryDTO says who holds a message.
type DeliveryDTO struct {
	SavedAt  string        `json:"savedAt"` // when this device stored it
	Total    int           `json:"total"`
	Received []ReceiverDTO `json:"received"` // those who have read it first
	Waiting  []PersonDTO   `json:"waiting"`
	OnRelay  bool          `json:"onRelay"` // a relay said that it durably stores it
}

// HitDTO is a message that was found.
type HitDTO struct {
	Message  MessageDTO `json:"message"`
	ChatName string     `json:"chatName"`
	ChatKind string     `json:"chatKind"`
	Ranges   [][2]int   `json:"ranges"` // half open, in UTF-16 code units of the text, as JavaScript counts
}

// SearchDTO is a page of hits, newest first. Indexing is how many messages cannot be found yet.
type SearchDTO struct {
	Hits     []HitDTO `json:"hits"`
	Indexing int      `json:"indexing"`
	More     bool     `json:"more"`
}

func (s *service) chatDTO(c Chat, name func(op.UserID) string) ChatDTO {
	d := ChatDTO{
		ID: c.ID.String(), Kind: string(c.Kind), Name: c.Name, Purpose: c.Purpose, Members: c.Members, Avatar: int(c.ID[0]%8) + 1, Unread: c.Unread,
		Mentioned: c.Mentioned, Draft: c.Draft, Muted: c.Muted, Pinned: c.Pinned, CanSend: c.CanSend, CanManage: c.CanManage,
	}
	if c.Kind == Direct {
		d.PeerUserID, d.Avatar = c.Peer.String(), s.people.Avatar(c.Peer)
	}
	if l := c.Last; l != nil {
		d.Last = &LastDTO{ID: l.Message.String(), Text: l.Text, SenderID: l.Sender.String(), SenderName: name(l.Sender), At: module.Timestamp(l.At), Own: l.Own}
	}
	return d
}

func messageDTO(m Message, name func(op.UserID) string) MessageDTO {
	d := MessageDTO{
		ID: m.ID.String(), ChatID: m.ID.Chat.String(), SenderID: m.Sender.String(), SenderName: name(m.Sender), Text: m.Text,
		At: module.Timestamp(m.At), Own: m.Own, Late: m.Late, State: "received", Received: m.Received, Total: m.Total, Read: m.Read,
	}
	if m.Own && m.Received == 0 {
		d.State = "saved"
		if m.OnRelay {
			d.State = "relay"
		}
	}
	return d
}

func deliveryDTO(d Delivery, name func(op.UserID) string) DeliveryDTO {
	out := DeliveryDTO{SavedAt: module.Timestamp(d.SavedAt), Total: len(d.Received) + len(d.Waiting), Received: []ReceiverDTO{}, Waiting: []PersonDTO{}, OnRelay: d.OnRelay}
	for _, r := range d.Received {
		out.Received = append(out.Received, ReceiverDTO{UserID: r.User.String(), Name: name(r.User), Read: r.Read})
	}
	for _, u := range d.Waiting {
		out.Waiting = append(out.Waiting, PersonDTO{UserID: u.String(), Name: name(u)})
	}
	return out
}

func memberDTO(u op.UserID, role access.Role, online bool, name func(op.UserID) string) ChatMemberDTO {
	return ChatMemberDTO{UserID: u.String(), Name: name(u), Role: role.String(), Online: online}
}

package chat

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"tongzhou/backend/module"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// previewLength is how much of the last message the list of chats shows, in characters.
const previewLength = 120

// queryChats describes the given chats. Arguments: 1 JSON array of local numbers, 2 own local number, 3 own name or NULL,
// 4 unreadWindow, 5 maxUnread, 6 previewLength. Everything is an index seek per chat.
const queryChats = `
SELECT c.value, m.hlc, m.ref, m.user, substr(m.text, 1, ?6), coalesce(g.name, ''), coalesce(g.purpose, ''), coalesce(d.text, ''),
  coalesce(s.opened, 0), coalesce(s.muted, 0), coalesce(s.pinned, 0), coalesce(s.unread, 0),
  (SELECT count(*) FROM (SELECT 1 FROM (
    SELECT u.user FROM chat_message u WHERE u.chat = c.value AND (u.hlc, u.ref) > (coalesce(r.hlc, 0), coalesce(r.ref, x'')) ORDER BY u.hlc DESC, u.ref DESC LIMIT ?4
  ) WHERE user <> ?2 LIMIT ?5)),
  ?3 IS NOT NULL AND EXISTS (SELECT 1 FROM (
    SELECT u.user, u.text FROM chat_message u WHERE u.chat = c.value AND (u.hlc, u.ref) > (coalesce(r.hlc, 0), coalesce(r.ref, x'')) ORDER BY u.hlc DESC, u.ref DESC LIMIT ?5
  ) WHERE user <> ?2 AND instr(text, '@' || ?3))
FROM json_each(?1) c
LEFT JOIN chat_message m ON m.chat = c.value AND (m.hlc, m.ref) = (SELECT hlc, ref FROM chat_message WHERE chat = c.value ORDER BY hlc DESC, ref DESC LIMIT 1)
LEFT JOIN chat_read r ON r.chat = c.value AND r.user = ?2 AND r.device = (SELECT device FROM chat_read WHERE chat = c.value AND user = ?2 ORDER BY hlc DESC, ref DESC LIMIT 1)
LEFT JOIN chat_group g ON g.chat = c.value
LEFT JOIN chat_draft d ON d.chat = c.value
LEFT JOIN chat_setting s ON s.chat = c.value`

// Chat is one chat as the list shows it.
type Chat struct {
	ID        op.ScopeID
	Kind      Kind
	Name      string    // of a group as its admins wrote it, of the other person in a direct chat
	Purpose   string    // of a group
	Peer      op.UserID // the other person in a direct chat
	Members   int
	Last      *Last // nil: nobody has written yet
	Unread    int   // at most maxUnread; at least 1 when marked as unread by hand
	Mentioned bool  // an unread message names this user
	Draft     string
	Muted     bool
	Pinned    bool
	CanSend   bool
	CanManage bool

	opened  bool
	created hlc.Time
}

// Last is the last message of a chat.
type Last struct {
	Message MessageID
	Text    string // shortened
	Sender  op.UserID
	At      time.Time
	Own     bool

	place position
}

// chats describes the given scopes, pinned ones first, then newest first by last message.
func (s *service) chats(ctx context.Context, scopes []module.ScopeInfo) ([]Chat, error) {
	self, name := s.log.Self(), s.people.Names()
	byNo := make(map[int64]module.ScopeInfo, len(scopes))
	numbers := make([]int64, 0, len(scopes))
	for _, info := range scopes {
		byNo[info.No] = info
		numbers = append(numbers, info.No)
	}
	list, err := json.Marshal(numbers)
	if err != nil {
		return nil, fmt.Errorf("list chats: %w", err)
	}
	own := sql.NullString{String: name(self.User)}
	own.Valid = own.String != ""
	rows, err := s.db.Read().QueryContext(ctx, queryChats, string(list), self.UserNo, own, unreadWindow, maxUnread, previewLength)
	if err != nil {
		return nil, fmt.Errorf("read chats: %w", err)
	}
	defer rows.Close()
	out := make([]Chat, 0, len(scopes))
	for rows.Next() {
		var no int64
		var row chatRow
		if err := rows.Scan(append([]any{&no}, row.columns()...)...); err != nil {
			return nil, fmt.Errorf("read chat: %w", err)
		}
		c, err := s.describe(byNo[no], row, name)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read chats: %w", err)
	}
	slices.SortFunc(out, newestFirst)
	return out, nil
}

// chatRow is one row of queryChats after the chat's number.
type chatRow struct {
	at, user               sql.NullInt64
	ref                    []byte
	text                   sql.NullString
	name, purpose, draft   string
	opened, muted, pinned  bool
	markedUnread, mentions bool
	unread                 int
}

func (r *chatRow) columns() []any {
	return []any{&r.at, &r.ref, &r.user, &r.text, &r.name, &r.purpose, &r.draft, &r.opened, &r.muted, &r.pinned, &r.markedUnread, &r.unread, &r.mentions}
}

func (s *service) describe(info module.ScopeInfo, r chatRow, name func(op.UserID) string) (Chat, error) {
	self := s.log.Self()
	view := s.log.View()
	c := Chat{
		ID: info.ID, Kind: kindOf(info.Kind), Name: r.name, Purpose: r.purpose, Members: len(info.Members), Unread: r.unread, Mentioned: r.mentions, Draft: r.draft,
		Muted: r.muted, Pinned: r.pinned, CanSend: CanSend(view.Role(self.User)), opened: r.opened, created: info.Created,
		CanManage: info.Kind == module.ScopeGroup && CanManage(view.ScopeRole(info.ID, self.User)),
	}
	if r.markedUnread {
		c.Unread = max(c.Unread, 1)
	}
	if c.Kind == Direct {
		c.Peer = s.peer(info)
		c.Name = name(c.Peer)
	}
	if r.at.Valid {
		place, err := toPosition(r.at.Int64, r.ref)
		if err != nil {
			return c, err
		}
		sender, _ := s.log.UserByNo(r.user.Int64)
		c.Last = &Last{
			Message: MessageID{info.ID, place.ref}, Text: r.text.String, Sender: sender, At: place.hlc.Wall(), Own: sender == self.User, place: place,
		}
	}
	return c, nil
}

// listed holds for chats that the list shows: a direct chat nobody has written in is only shown to the one who opened it.
func (c *Chat) listed() bool {
	return c.Kind == Group || c.Last != nil || c.opened || c.Draft != ""
}

func newestFirst(a, b Chat) int {
	if a.Pinned != b.Pinned {
		if a.Pinned {
			return -1
		}
		return 1
	}
	return cmp.Or(b.recent().compare(a.recent()), bytes.Compare(a.ID[:], b.ID[:]))
}

// recent is where the chat stands in the list.
func (c *Chat) recent() position {
	if c.Last != nil {
		return c.Last.place
	}
	return position{hlc: c.created}
}

// peer is the other person of a direct chat.
func (s *service) peer(info module.ScopeInfo) op.UserID {
	for u := range info.Members {
		if u != s.log.Self().User {
			return u
		}
	}
	return op.UserID{}
}

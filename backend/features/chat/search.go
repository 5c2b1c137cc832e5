package chat

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// Limits of one page of hits.
const (
	defaultHits = 50
	maxHits     = 200
	maxQuery    = 200 // characters
	maxTerms    = 16
)

const (
	// Candidates, newest first. The index gives them in this order: nothing is sorted and nothing beyond the limit is read.
	querySearch = `SELECT s.rowid, d.chat, d.hlc, d.ref, m.user, m.op, m.text
		FROM chat_search s
		CROSS JOIN chat_search_doc d ON d.id = s.rowid
		CROSS JOIN chat_message m ON m.chat = d.chat AND m.hlc = d.hlc AND m.ref = d.ref
		WHERE chat_search MATCH ? AND s.rowid < ? ORDER BY s.rowid DESC LIMIT ?`

	queryGroupName = `SELECT name FROM chat_group WHERE chat = ?`

	queryDoc      = `SELECT chat, hlc, ref FROM chat_search_doc WHERE id = ?`
	queryIndexing = `SELECT coalesce((SELECT max(id) FROM chat_index_queue) - (SELECT min(id) FROM chat_index_queue) + 1, 0)`
)

// search says what to find.
type search struct {
	text   string
	chat   *op.ScopeID // only in this chat
	sender *op.UserID  // only by this person
	before *MessageID  // only what stands after it in the list of hits: older messages
	limit  int
}

// Hit is a message that was found.
type Hit struct {
	Message  Message
	ChatName string
	ChatKind Kind
	// Ranges are the places to highlight in the text, half open, in UTF-16 code units: what JavaScript counts in.
	Ranges [][2]int
}

// found is a candidate that holds what is searched for.
type found struct {
	stored
	chat   int64
	ranges [][2]int
}

// Result is a page of hits, newest first.
type Result struct {
	Hits     []Hit
	More     bool
	Indexing int // messages that are not searchable yet
}

// search finds messages that hold every word of the text. Errors: fault "chat.query_too_long" {max}, "chat.unknown",
// "chat.unknown_message".
func (s *service) search(ctx context.Context, q search) (Result, error) {
	var r Result
	if utf8.RuneCountInString(q.text) > maxQuery {
		return r, fault.New("chat.query_too_long", "max", maxQuery)
	}
	if err := s.db.Read().QueryRowContext(ctx, queryIndexing).Scan(&r.Indexing); err != nil {
		return r, fmt.Errorf("count what is to index: %w", err)
	}
	words := terms(q.text)
	if len(words) == 0 || len(words) > maxTerms {
		return r, nil
	}
	expression, ok, err := s.expression(q, words)
	if err != nil || !ok {
		return r, err
	}
	below, err := s.below(ctx, q.before)
	if err != nil {
		return r, err
	}
	limit := q.limit
	if limit <= 0 {
		limit = defaultHits
	}
	limit = min(limit, maxHits)
	list, err := s.candidates(ctx, expression, below, words, limit+1)
	if err != nil {
		return r, err
	}
	if r.More = len(list) > limit; r.More {
		list = list[:limit]
	}
	r.Hits, err = s.hits(ctx, list)
	return r, err
}

// expression is the query in FTS5's language. It is false when nothing can match.
func (s *service) expression(q search, words []term) (string, bool, error) {
	var phrases, tags []string
	for _, w := range words {
		phrases = append(phrases, w.phrase())
	}
	if q.chat != nil {
		info, err := s.scope(*q.chat)
		if err != nil {
			return "", false, err
		}
		tags = append(tags, chatTag(info.No))
	}
	if q.sender != nil {
		no := s.log.UserNo(*q.sender)
		if no == 0 {
			return "", false, nil
		}
		tags = append(tags, senderTag(no))
	}
	e := "body : (" + strings.Join(phrases, " AND ") + ")"
	if len(tags) > 0 {
		e += " AND tags : (" + strings.Join(tags, " AND ") + ")"
	}
	return e, true, nil
}

func chatTag(no int64) string   { return fmt.Sprintf("c%d", no) }
func senderTag(no int64) string { return fmt.Sprintf("u%d", no) }

// below is the row of the index from which on (downwards) to search.
func (s *service) below(ctx context.Context, before *MessageID) (int64, error) {
	if before == nil {
		return docBase(hlc.Max) + 1<<40, nil
	}
	info, err := s.scope(before.Chat)
	if err != nil {
		return 0, err
	}
	p, err := s.locate(ctx, info.No, before.Ref)
	if err != nil {
		return 0, err
	}
	id, indexed, err := docOf(func(query string, args ...any) rowScanner {
		return s.db.Read().QueryRowContext(ctx, query, args...)
	}, info.No, p)
	if err != nil {
		return 0, err
	}
	if !indexed {
		return docBase(p.hlc), nil
	}
	return id, nil
}

// candidates reads the index in portions until it has enough texts that really hold the words.
func (s *service) candidates(ctx context.Context, expression string, below int64, words []term, enough int) ([]found, error) {
	var out []found
	for {
		n := 0
		rows, err := s.db.Read().QueryContext(ctx, querySearch, expression, below, enough)
		if err != nil {
			return nil, fmt.Errorf("search: %w", err)
		}
		for rows.Next() {
			n++
			var f found
			var at int64
			var ref []byte
			if err := rows.Scan(&below, &f.chat, &at, &ref, &f.userNo, &f.key, &f.text); err != nil {
				_ = rows.Close()
				return nil, fmt.Errorf("read hit: %w", err)
			}
			if f.ranges = match(f.text, words); f.ranges == nil || len(out) == enough {
				continue
			}
			if f.position, err = toPosition(at, ref); err != nil {
				_ = rows.Close()
				return nil, err
			}
			out = append(out, f)
		}
		if err := rows.Err(); err != nil {
			_ = rows.Close()
			return nil, fmt.Errorf("search: %w", err)
		}
		if err := rows.Close(); err != nil {
			return nil, fmt.Errorf("search: %w", err)
		}
		if n < enough || len(out) == enough {
			return out, nil
		}
	}
}

// hits turns what was found into what people see. Messages of chats this user has left since are not shown.
func (s *service) hits(ctx context.Context, list []found) ([]Hit, error) {
	byChat := map[int64][]int{} // indexes into list
	for i, f := range list {
		byChat[f.chat] = append(byChat[f.chat], i)
	}
	name := s.people.Names()
	shown := make([]*Hit, len(list))
	for no, at := range byChat {
		info, ok := s.log.ScopeByNo(no)
		if !ok {
			continue
		}
		title, err := s.title(ctx, info, name)
		if err != nil {
			return nil, err
		}
		rows := make([]stored, 0, len(at))
		for _, i := range at {
			rows = append(rows, list[i].stored)
		}
		messages, err := s.present(ctx, info, rows)
		if err != nil {
			return nil, err
		}
		for k, i := range at {
			shown[i] = &Hit{Message: messages[k], ChatName: title, ChatKind: kindOf(info.Kind), Ranges: list[i].ranges}
		}
	}
	out := make([]Hit, 0, len(list))
	for _, h := range shown {
		if h != nil {
			out = append(out, *h)
		}
	}
	return out, nil
}

// title is what a chat is called: the group's name, or the other person's.
func (s *service) title(ctx context.Context, info module.ScopeInfo, name func(op.UserID) string) (string, error) {
	if info.Kind == module.ScopeDirect {
		return name(s.peer(info)), nil
	}
	var title string
	err := s.db.Read().QueryRowContext(ctx, queryGroupName, info.No).Scan(&title)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read name of a group: %w", err)
	}
	return title, nil
}

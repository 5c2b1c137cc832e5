package chat

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"

	"tongzhou/backend/fault"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// unreadWindow bounds what is looked at to count unread messages: own messages after the mark are passed over, and there may
// be any number of them.
const unreadWindow = 1000

const (
	messageColumns = `hlc, ref, user, op, text`

	queryOlder    = `SELECT ` + messageColumns + ` FROM chat_message WHERE chat = ? AND (hlc, ref) < (?, ?) ORDER BY hlc DESC, ref DESC LIMIT ?`
	queryNewer    = `SELECT ` + messageColumns + ` FROM chat_message WHERE chat = ? AND (hlc, ref) > (?, ?) ORDER BY hlc, ref LIMIT ?`
	queryAt       = `SELECT ` + messageColumns + ` FROM chat_message WHERE chat = ? AND hlc = ? AND ref = ?`
	queryPosition = `SELECT hlc FROM chat_message WHERE ref = ? AND chat = ?`

	// The first message after a mark that somebody else wrote, if it is among the next ones.
	queryFirstUnread = `SELECT hlc, ref FROM (
		SELECT hlc, ref, user FROM chat_message WHERE chat = ? AND (hlc, ref) > (?, ?) ORDER BY hlc, ref LIMIT ?
	) WHERE user <> ? LIMIT 1`

	queryOwnMark      = `SELECT hlc, ref FROM chat_read WHERE chat = ? AND user = ? ORDER BY hlc DESC, ref DESC LIMIT 1`
	queryMarks        = `SELECT user, hlc, ref FROM chat_read WHERE chat = ? ORDER BY user, hlc, ref`
	queryMarkedUnread = `SELECT EXISTS (SELECT 1 FROM chat_setting WHERE chat = ? AND unread)`

	queryOwnRecent = `SELECT ` + messageColumns + `, client FROM (
		SELECT ` + messageColumns + `, client FROM chat_message WHERE chat = ? ORDER BY hlc DESC, ref DESC LIMIT ?
	) WHERE user = ? LIMIT ?`
)

// older returns up to limit messages before p, oldest first.
func (s *service) older(ctx context.Context, chat int64, p position, limit int) ([]stored, error) {
	list, err := s.messages(ctx, queryOlder, chat, int64(p.hlc), p.ref.Bytes(), limit)
	slices.Reverse(list)
	return list, err
}

// newer returns up to limit messages after p, oldest first.
func (s *service) newer(ctx context.Context, chat int64, p position, limit int) ([]stored, error) {
	return s.messages(ctx, queryNewer, chat, int64(p.hlc), p.ref.Bytes(), limit)
}

// end is a position after every message.
func end() position {
	p := position{hlc: hlc.Max, ref: op.Ref{Incarnation: math.MaxUint32, Seq: math.MaxUint64}}
	for i := range p.ref.Device {
		p.ref.Device[i] = 0xff
	}
	return p
}

func (s *service) messages(ctx context.Context, query string, args ...any) ([]stored, error) {
	rows, err := s.db.Read().QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	defer rows.Close()
	var out []stored
	for rows.Next() {
		m, err := scanMessage(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, rows.Err()
}

func scanMessage(scan func(...any) error, more ...any) (m stored, err error) {
	var at int64
	var ref []byte
	if err := scan(append([]any{&at, &ref, &m.userNo, &m.key, &m.text}, more...)...); err != nil {
		return m, fmt.Errorf("read message: %w", err)
	}
	m.position, err = toPosition(at, ref)
	return m, err
}

func toPosition(at int64, ref []byte) (p position, err error) {
	p.hlc = hlc.Time(at)
	if p.ref, err = op.RefFromBytes(ref); err != nil {
		return p, fmt.Errorf("read position: %w", err)
	}
	return p, nil
}

// locate returns where a message stands. Errors: fault "chat.unknown_message".
func (s *service) locate(ctx context.Context, chat int64, ref op.Ref) (position, error) {
	var at int64
	err := s.db.Read().QueryRowContext(ctx, queryPosition, ref.Bytes(), chat).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return position{}, fault.Wrap("chat.unknown_message", err)
	}
	if err != nil {
		return position{}, fmt.Errorf("find message: %w", err)
	}
	return position{hlc.Time(at), ref}, nil
}

// ownMark is how far this user has read on any of their devices; zero if nowhere.
func (s *service) ownMark(ctx context.Context, chat int64) (position, error) {
	return s.position(ctx, queryOwnMark, chat, s.log.Self().UserNo)
}

// firstUnread is the first message of somebody else after the mark; zero if there is none.
func (s *service) firstUnread(ctx context.Context, chat int64, mark position) (position, error) {
	return s.position(ctx, queryFirstUnread, chat, int64(mark.hlc), mark.ref.Bytes(), unreadWindow, s.log.Self().UserNo)
}

func (s *service) position(ctx context.Context, query string, args ...any) (position, error) {
	var at int64
	var ref []byte
	err := s.db.Read().QueryRowContext(ctx, query, args...).Scan(&at, &ref)
	if errors.Is(err, sql.ErrNoRows) {
		return position{}, nil
	}
	if err != nil {
		return position{}, fmt.Errorf("read position: %w", err)
	}
	return toPosition(at, ref)
}

// marks is how far each user of a chat has read, by local number.
func (s *service) marks(ctx context.Context, chat int64) (map[int64]position, error) {
	rows, err := s.db.Read().QueryContext(ctx, queryMarks, chat)
	if err != nil {
		return nil, fmt.Errorf("read marks: %w", err)
	}
	defer rows.Close()
	out := map[int64]position{}
	for rows.Next() {
		var user, at int64
		var ref []byte
		if err := rows.Scan(&user, &at, &ref); err != nil {
			return nil, fmt.Errorf("read mark: %w", err)
		}
		if out[user], err = toPosition(at, ref); err != nil { // the last of a user is the furthest
			return nil, err
		}
	}
	return out, rows.Err()
}

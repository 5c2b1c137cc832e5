package announcement

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"tongzhou/backend/fault"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

const (
	columns = `id, hlc, author, title, text, need_ack`

	queryNewest  = `SELECT ` + columns + ` FROM announcement_item WHERE hlc <= ? ORDER BY hlc DESC, id DESC LIMIT ?`
	queryOne     = `SELECT ` + columns + ` FROM announcement_item WHERE id = ?`
	queryReaders = `SELECT user FROM announcement_reader WHERE item = ?`
)

// newest returns the announcements from the newest on.
func (s *service) newest(ctx context.Context, limit int) ([]Announcement, error) {
	rows, err := s.db.Read().QueryContext(ctx, queryNewest, int64(hlc.Max), limit)
	if err != nil {
		return nil, fmt.Errorf("read announcements: %w", err)
	}
	defer rows.Close()
	var out []Announcement
	for rows.Next() {
		a, err := s.scan(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read announcements: %w", err)
	}
	audience := s.audience()
	for i := range out {
		if err := s.count(ctx, &out[i], audience); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// one returns an announcement. Errors: fault "announcement.unknown".
func (s *service) one(ctx context.Context, id ID) (Announcement, error) {
	a, err := s.scan(s.db.Read().QueryRowContext(ctx, queryOne, id.Bytes()).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return a, fault.Wrap("announcement.unknown", err)
	}
	if err != nil {
		return a, err
	}
	return a, s.count(ctx, &a, s.audience())
}

func (s *service) scan(scan func(...any) error) (a Announcement, err error) {
	var id []byte
	var at, author int64
	if err := scan(&id, &at, &author, &a.Title, &a.Text, &a.NeedAck); err != nil {
		return a, fmt.Errorf("read announcement: %w", err)
	}
	if a.ID.Ref, err = op.RefFromBytes(id); err != nil {
		return a, fmt.Errorf("read announcement: %w", err)
	}
	a.At = hlc.Time(at).Wall()
	a.Author, _ = s.log.UserByNo(author)
	return a, nil
}

// audience is the present members of the team.
func (s *service) audience() map[op.UserID]bool {
	members := map[op.UserID]bool{}
	for _, u := range s.log.Members() {
		members[u] = true
	}
	return members
}

// count fills in how many of the audience have read a.
func (s *service) count(ctx context.Context, a *Announcement, audience map[op.UserID]bool) error {
	read, err := s.readers(ctx, a.ID)
	if err != nil {
		return err
	}
	self := s.log.Self().User
	a.Acknowledged = self == a.Author
	for _, u := range read {
		if u == self {
			a.Acknowledged = true
		}
		if audience[u] && u != a.Author {
			a.Read++
		}
	}
	a.Total = len(audience)
	if audience[a.Author] {
		a.Total--
	}
	return nil
}

// readers returns everybody who acknowledged, also those who left since.
func (s *service) readers(ctx context.Context, id ID) ([]op.UserID, error) {
	rows, err := s.db.Read().QueryContext(ctx, queryReaders, id.Bytes())
	if err != nil {
		return nil, fmt.Errorf("read readers: %w", err)
	}
	defer rows.Close()
	var out []op.UserID
	for rows.Next() {
		var no int64
		if err := rows.Scan(&no); err != nil {
			return nil, fmt.Errorf("read reader: %w", err)
		}
		if u, ok := s.log.UserByNo(no); ok {
			out = append(out, u)
		}
	}
	return out, rows.Err()
}

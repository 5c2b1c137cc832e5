package chat

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/sync/op"
)

// Limits of one page of history.
const (
	defaultPage = 50
	maxPage     = 200
)

// Message is a message as this device's user sees it.
type Message struct {
	ID     MessageID
	Sender op.UserID
	Text   string
	At     time.Time // when it was written, by the writer's clock
	Own    bool
	Late   bool // it arrived more than lateAfter after it was written

	// For own messages only: how far they have got. Received counts people with a device that proved to hold the message.
	Received, Read, Total int
	OnRelay               bool // a relay said that it stores the message
}

// Page is a stretch of history, oldest first.
type Page struct {
	Messages    []Message
	HasOlder    bool
	HasNewer    bool
	FirstUnread *MessageID // nil when everything is read
	KeptFrom    time.Time  // what is older was let go by the house rule; zero while nothing was
}

// window says which part of a history is wanted: what is before, after or around a message. With none of them it is what is
// around the first unread message, or the end if there is none.
type window struct {
	before, after, around *MessageID
	limit                 int
}

// history returns a page. Errors: fault "chat.unknown", "chat.unknown_message".
func (s *service) history(ctx context.Context, chat op.ScopeID, w window) (Page, error) {
	info, err := s.scope(chat)
	if err != nil {
		return Page{}, err
	}
	mark, err := s.ownMark(ctx, info.No)
	if err != nil {
		return Page{}, err
	}
	unread, err := s.firstUnread(ctx, info.No, mark)
	if err != nil {
		return Page{}, err
	}
	list, page, err := s.page(ctx, info, w, mark, unread)
	if err != nil {
		return Page{}, err
	}
	if !unread.isZero() {
		page.FirstUnread = &MessageID{chat, unread.ref}
	}
	page.KeptFrom = info.KeptFrom
	page.Messages, err = s.present(ctx, info, list)
	return page, err
}

func (s *service) page(ctx context.Context, info module.ScopeInfo, w window, mark, unread position) ([]stored, Page, error) {
	limit := w.limit
	if limit <= 0 {
		limit = defaultPage
	}
	limit = min(limit, maxPage)
	switch {
	case w.before != nil:
		p, err := s.locate(ctx, info.No, w.before.Ref)
		if err != nil {
			return nil, Page{}, err
		}
		return s.pageBefore(ctx, info.No, p, limit, true)
	case w.after != nil:
		p, err := s.locate(ctx, info.No, w.after.Ref)
		if err != nil {
			return nil, Page{}, err
		}
		list, err := s.newer(ctx, info.No, p, limit+1)
		more := len(list) > limit
		return list[:min(limit, len(list))], Page{HasOlder: true, HasNewer: more}, err
	case w.around != nil:
		p, err := s.locate(ctx, info.No, w.around.Ref)
		if err != nil {
			return nil, Page{}, err
		}
		return s.pageAround(ctx, info.No, p, limit)
	case mark.isZero() || unread.isZero():
		return s.pageBefore(ctx, info.No, end(), limit, false) // never opened, or all read: the end
	default:
		return s.pageAround(ctx, info.No, unread, limit)
	}
}

func (s *service) pageBefore(ctx context.Context, chat int64, p position, limit int, newer bool) ([]stored, Page, error) {
	list, err := s.older(ctx, chat, p, limit+1)
	more := len(list) > limit
	if more {
		list = list[1:]
	}
	return list, Page{HasOlder: more, HasNewer: newer}, err
}

// pageAround returns p with what is before and after it, half of the page each, more on one side where the other ends.
func (s *service) pageAround(ctx context.Context, chat int64, p position, limit int) ([]stored, Page, error) {
	older, err := s.older(ctx, chat, p, limit+1)
	if err != nil {
		return nil, Page{}, err
	}
	newer, err := s.messages(ctx, queryAt, chat, int64(p.hlc), p.ref.Bytes())
	if err != nil {
		return nil, Page{}, err
	}
	rest, err := s.newer(ctx, chat, p, limit)
	if err != nil {
		return nil, Page{}, err
	}
	newer = append(newer, rest...)
	take := min(len(older), max(limit/2, limit-len(newer)))
	page := Page{HasOlder: len(older) > take, HasNewer: len(newer) > limit-take}
	list := append(older[len(older)-take:], newer[:min(len(newer), limit-take)]...)
	return list, page, nil
}

// present turns rows into messages. How far own messages have got is read here and not stored with them.
func (s *service) present(ctx context.Context, info module.ScopeInfo, list []stored) ([]Message, error) {
	self := s.log.Self()
	out := make([]Message, 0, len(list))
	var marks map[int64]position
	for _, m := range list {
		x := Message{ID: MessageID{info.ID, m.ref}, Text: m.text, At: m.hlc.Wall(), Own: m.userNo == self.UserNo}
		x.Sender, _ = s.log.UserByNo(m.userNo)
		if !x.Own {
			arrived, ok := s.log.Arrived(m.key)
			x.Late = ok && arrived.Sub(x.At) > lateAfter
		} else {
			if marks == nil {
				var err error
				if marks, err = s.marks(ctx, info.No); err != nil {
					return nil, err
				}
			}
			d := s.delivery(info.ID, m.position, marks)
			x.Received, x.Read, x.Total, x.OnRelay = len(d.Received), d.read(), len(d.Received)+len(d.Waiting), d.OnRelay
		}
		out = append(out, x)
	}
	return out, nil
}

// Delivery says who holds a message.
type Delivery struct {
	SavedAt  time.Time // when this device stored it
	Received []Receiver
	Waiting  []op.UserID
	OnRelay  bool // a relay of the team said that it stores the message
}

// Receiver is somebody who holds a message.
type Receiver struct {
	User op.UserID
	Read bool
}

func (d Delivery) read() int {
	n := 0
	for _, r := range d.Received {
		if r.Read {
			n++
		}
	}
	return n
}

// delivery merges what devices acknowledged with how far people have read: who has read a message holds it.
func (s *service) delivery(chat op.ScopeID, p position, marks map[int64]position) Delivery {
	proven := s.log.Delivery(chat, p.ref)
	d := Delivery{OnRelay: proven.OnRelay}
	for _, u := range proven.Total {
		mark, ok := marks[s.log.UserNo(u)]
		read := ok && mark.compare(p) >= 0
		if read || proven.Received[u] {
			d.Received = append(d.Received, Receiver{u, read})
		} else {
			d.Waiting = append(d.Waiting, u)
		}
	}
	return d
}

// deliveryOf is the delivery of one message. Errors: fault "chat.unknown", "chat.unknown_message".
func (s *service) deliveryOf(ctx context.Context, id MessageID) (Delivery, error) {
	info, err := s.scope(id.Chat)
	if err != nil {
		return Delivery{}, err
	}
	p, err := s.locate(ctx, info.No, id.Ref)
	if err != nil {
		return Delivery{}, err
	}
	list, err := s.messages(ctx, queryAt, info.No, int64(p.hlc), p.ref.Bytes())
	if err != nil {
		return Delivery{}, err
	}
	if len(list) == 0 {
		return Delivery{}, fault.New("chat.unknown_message")
	}
	marks, err := s.marks(ctx, info.No)
	if err != nil {
		return Delivery{}, fmt.Errorf("delivery: %w", err)
	}
	d := s.delivery(id.Chat, p, marks)
	d.SavedAt, _ = s.log.Arrived(list[0].key)
	slices.SortStableFunc(d.Received, func(a, b Receiver) int {
		switch {
		case a.Read == b.Read:
			return 0
		case a.Read:
			return -1
		}
		return 1
	})
	return d, nil
}

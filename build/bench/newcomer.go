package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"tongzhou/backend/features/chat"
)

// newcomer: an empty device joins a team with r.big messages in 20 groups and is let into all of them.
func (r *run) newcomer() error {
	const chats = 20
	t, err := r.withMate("newcomer", r.big)
	if err != nil {
		return err
	}
	defer t.close()
	var ids []string
	for i := range chats {
		g, err := t.a.do(request{Cmd: "group", N: i, IDs: []string{t.bUser}})
		if err != nil {
			return err
		}
		ids = append(ids, g.Text)
		if _, err := t.a.do(request{Cmd: "fill", Chat: g.Text, N: r.big / chats, From: i * (r.big / chats)}); err != nil {
			return err
		}
	}
	if _, err := t.a.do(request{Cmd: "searchable"}); err != nil { // its own indexing must not disturb
		return err
	}
	t.bDir = filepath.Join(r.tmp, "newcomer-c")
	begin, err := t.joinB(0)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := t.a.do(request{Cmd: "add", Chat: id, IDs: []string{t.bUser}}); err != nil {
			return err
		}
	}
	usable, err := t.b.do(request{Cmd: "usable", IDs: ids, N: r.big / chats})
	if err != nil {
		return err
	}
	since := func(p reply) float64 { return float64(p.At-begin.UnixNano()) / 1e9 }
	r.add(Figure{Name: "first_usable_s", Value: since(usable), Unit: "s", N: 1, Note: fmt.Sprintf(
		"reach: ≤ 5; %d messages in %d groups; from the link to the newest page of every group, with names, and a message of one's own", r.big, chats)})
	var complete reply
	for _, id := range ids {
		if complete, err = t.b.do(request{Cmd: "await", Chat: id, N: r.big / chats}); err != nil {
			return err
		}
	}
	r.add(Figure{Name: "complete_s", Value: since(complete), Unit: "s", N: 1, Note: "reported; from the link to every message projected"})
	return nil
}

// usable waits until the newest page of every chat is here whole, the last of its q.N messages among it, and writes into one.
func (m *member) usable(q request) error {
	err := until(5*time.Minute, func() (bool, error) {
		for i, id := range q.IDs {
			h, err := m.chat.History(chat.HistoryQuery{ChatID: id, Limit: 50})
			if err != nil || len(h.Messages) < 50 { // the chat is not known yet, or empty
				return false, nil
			}
			for j, x := range h.Messages {
				if x.SenderName == "" || x.Text != message((i+1)*q.N-50+j) {
					return false, nil
				}
			}
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	if _, err := m.chat.Send(chat.SendInput{ChatID: q.IDs[0], Text: "我来了", ClientID: "first"}); err != nil {
		return err
	}
	h, err := m.chat.History(chat.HistoryQuery{ChatID: q.IDs[0], Limit: 1})
	if err == nil && (len(h.Messages) != 1 || !h.Messages[0].Own) {
		err = errors.New("what was written is not the last of the chat")
	}
	return err
}

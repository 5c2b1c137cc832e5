package main

import (
	"errors"
	"fmt"
	"time"

	"tongzhou/backend/features/chat"
)

func (m *member) searchable() error {
	return until(10*time.Minute, func() (bool, error) {
		s, err := m.chat.Search(chat.SearchQuery{Text: "会议", Limit: 1})
		return s.Indexing == 0, err
	})
}

func (m *member) page() error {
	list, err := m.chat.Chats()
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return errors.New("no chats")
	}
	h, err := m.chat.History(chat.HistoryQuery{ChatID: list[0].ID, Limit: 50})
	if err == nil && len(h.Messages) == 0 {
		err = errors.New("empty page")
	}
	return err
}

func (m *member) histories(q request) (reply, error) {
	var out reply
	for i := range q.N {
		t := time.Now()
		h, err := m.chat.History(chat.HistoryQuery{ChatID: q.IDs[i%len(q.IDs)], Limit: 50})
		if err != nil {
			return out, err
		}
		out.Values = append(out.Values, float64(time.Since(t).Nanoseconds())/1e6)
		if len(h.Messages) != 50 {
			return out, fmt.Errorf("%d messages", len(h.Messages))
		}
	}
	return out, nil
}

func (m *member) searches(q request) (reply, error) {
	var out reply
	for i := range q.N {
		in := chat.SearchQuery{Text: words[i%len(words)], Limit: 50}
		if i%2 == 1 {
			in.ChatID = q.IDs[i%len(q.IDs)]
		}
		t := time.Now()
		s, err := m.chat.Search(in)
		if err != nil {
			return out, err
		}
		out.Values = append(out.Values, float64(time.Since(t).Nanoseconds())/1e6)
		if len(s.Hits) != 50 {
			return out, fmt.Errorf("%d hits for %s", len(s.Hits), in.Text)
		}
	}
	return out, nil
}

package main

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"tongzhou/sync/op"
	"tongzhou/sync/replica"
)

// watch collects when messages became visible.
type watch struct {
	scope op.ScopeID
	want  int
	lags  []float64
	last  int64
	done  chan struct{}
	seen  int64 // greatest clock looked at
}

// watch begins to note when messages of a chat become visible, until q.N were.
func (m *member) watch(q request) error {
	scope, err := op.ParseScopeID(q.Chat)
	if err != nil {
		return err
	}
	r := m.a.Replica()
	info, ok := r.Scope(scope)
	if !ok {
		return errors.New("unknown chat")
	}
	w := &watch{scope: scope, want: q.N, done: make(chan struct{})}
	if err := r.Reader().QueryRow(`SELECT coalesce(max(hlc), 0) FROM chat_message WHERE chat = ?`, info.No).Scan(&w.seen); err != nil {
		return err
	}
	m.mu.Lock()
	m.watched = w
	m.mu.Unlock()
	tag := r.Self().ScopeTag(scope)
	r.Subscribe(func(e *replica.Event) {
		for i := range e.Feeds {
			if e.Feeds[i].Feed.Tag == tag {
				m.look(r, info.No)
				return
			}
		}
	})
	return nil
}

// look reads the rows that a commit added: only what a query shows counts as visible.
func (m *member) look(r *replica.Replica, chatNo int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := m.watched
	rows, err := r.Reader().Query(`SELECT hlc, text FROM chat_message WHERE chat = ? AND hlc > ? ORDER BY hlc`, chatNo, w.seen)
	if err != nil {
		return
	}
	defer rows.Close()
	now := time.Now().UnixNano()
	for rows.Next() {
		var text string
		if rows.Scan(&w.seen, &text) != nil {
			return
		}
		word, _, _ := strings.Cut(text, " ")
		if sent, err := strconv.ParseInt(word, 10, 64); err == nil && sent > 1e18 {
			w.lags = append(w.lags, float64(now-sent)/1e6)
		}
		w.last = now
		if w.want--; w.want == 0 {
			close(w.done)
		}
	}
}

// seen waits for the watched messages, and returns their lags in ms and when the last became visible.
func (m *member) seen() (reply, error) {
	m.mu.Lock()
	w := m.watched
	m.mu.Unlock()
	select {
	case <-w.done:
	case <-time.After(2 * time.Minute):
		return reply{}, errors.New("messages did not arrive")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return reply{Values: w.lags, N: w.last}, nil
}

func (m *member) count(chatID string) (int64, error) {
	scope, err := op.ParseScopeID(chatID)
	if err != nil {
		return 0, err
	}
	r := m.a.Replica()
	info, ok := r.Scope(scope)
	if !ok {
		return 0, nil
	}
	var n int64
	err = r.Reader().QueryRow(`SELECT count(*) FROM chat_message WHERE chat = ?`, info.No).Scan(&n)
	return n, err
}

// await waits until a chat holds q.N messages, looking at the lengths of feeds first: counting rows would slow the work down.
func (m *member) await(q request) error {
	scope, err := op.ParseScopeID(q.Chat)
	if err != nil {
		return err
	}
	r := m.a.Replica()
	tag := r.Self().ScopeTag(scope)
	return until(5*time.Minute, func() (bool, error) {
		var ops uint64
		for _, f := range r.Feeds().Scope(tag) {
			ops += f.Len
		}
		if ops < uint64(q.N) {
			return false, nil
		}
		n, err := m.count(q.Chat)
		return n >= int64(q.N), err
	})
}

package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/backend/rules"
	"tongzhou/sync/op"
)

// How much is remembered to recognise a message that is sent again.
const (
	sentRemembered = 256 // messages, since the start
	sentWarmed     = 20  // own messages of a chat, from before the start
	sentLookback   = 500 // messages of a chat that are searched for them
)

// send writes a message; it is durable when send returns. A client id that was used in this chat gives the message that was
// sent with it. The draft goes in the same transaction. Errors: those of the text, fault "chat.unknown", "denied",
// "chat.malformed" (client id), "chat.burst" {max}.
func (s *service) send(ctx context.Context, chat op.ScopeID, text, clientID string) (Message, error) {
	info, err := s.scope(chat)
	if err != nil {
		return Message{}, err
	}
	if err := validateText(text); err != nil {
		return Message{}, err
	}
	if len(clientID) > maxClientID {
		return Message{}, fault.New("chat.malformed")
	}
	if !CanSend(s.log.View().Role(s.log.Self().User)) {
		return Message{}, fault.New("denied")
	}
	client, fresh := clientHash(clientID), false
	submit := func() (stored, error) {
		if err := s.notFlooding(ctx, info.No, text); err != nil {
			return stored{}, err
		}
		fresh = true
		return s.submit(ctx, info, text, client)
	}
	var m stored
	if client == 0 {
		m, err = submit()
	} else {
		if err := s.sent.warm(chat, func() (map[uint64]stored, error) { return s.recentOwn(ctx, info.No) }); err != nil {
			return Message{}, err
		}
		m, err = s.sent.once(sentKey{chat, client}, submit)
	}
	if err != nil {
		return Message{}, err
	}
	if fresh { // nobody else can hold it yet, so there is nothing to look up
		return Message{ID: MessageID{chat, m.ref}, Sender: s.log.Self().User, Text: text, At: m.hlc.Wall(), Own: true, Total: len(info.Members) - 1}, nil
	}
	list, err := s.present(ctx, info, []stored{m})
	if err != nil {
		return Message{}, err
	}
	return list[0], nil
}

func (s *service) submit(ctx context.Context, info module.ScopeInfo, text string, client uint64) (stored, error) {
	ops, err := s.log.Submit(ctx, []module.Submission{{Scope: info.ID, Type: typeMessage, Payload: message{Text: text, Client: client}}},
		func(tx module.Tx, _ []module.Op) error {
			if _, err := tx.Exec(`DELETE FROM chat_draft WHERE chat = ?`, info.No); err != nil {
				return fmt.Errorf("clear draft: %w", err)
			}
			return nil
		})
	if err != nil {
		return stored{}, err
	}
	o := ops[0]
	m := stored{position: position{o.HLC, o.Ref}, userNo: o.UserNo, key: o.Key, text: text}
	s.sent.note(info.No, m)
	return m, nil
}

// notFlooding refuses one more equal message in a row than the house rule lets pass (R45). It binds the writer's own program:
// what counts of others' messages must not depend on rows. Errors: fault "chat.burst" {max}.
func (s *service) notFlooding(ctx context.Context, chat int64, text string) error {
	limit := s.rules.Int(rules.BurstSame)
	if limit == 0 {
		return nil
	}
	self := s.log.Self().UserNo
	other := func(m stored) bool { return m.userNo != self || strings.TrimSpace(m.text) != strings.TrimSpace(text) }
	if m, ok := s.sent.newest(chat); ok && other(m) { // spares a look into the database, which has just changed, for each message
		return nil
	}
	last, err := s.older(ctx, chat, end(), limit)
	if err != nil {
		return err
	}
	if len(last) < limit || slices.ContainsFunc(last, other) {
		return nil
	}
	return fault.New("chat.burst", "max", limit)
}

// recentOwn returns the newest own messages of a chat by the hash of their client id.
func (s *service) recentOwn(ctx context.Context, chat int64) (map[uint64]stored, error) {
	rows, err := s.db.Read().QueryContext(ctx, queryOwnRecent, chat, sentLookback, s.log.Self().UserNo, sentWarmed)
	if err != nil {
		return nil, fmt.Errorf("read own messages: %w", err)
	}
	defer rows.Close()
	out := map[uint64]stored{}
	for rows.Next() {
		var client int64
		m, err := scanMessage(rows.Scan, &client)
		if err != nil {
			return nil, err
		}
		if client != 0 {
			out[uint64(client)] = m
		}
	}
	return out, rows.Err()
}

// sent remembers which client ids were used, so that a message that is sent again, by an impatient click or after a lost
// answer, is the same message.
type sent struct {
	mu     sync.Mutex
	warmed map[op.ScopeID]bool
	byKey  map[sentKey]*attempt
	order  []sentKey        // finished attempts, oldest first
	last   map[int64]stored // the newest from here, by number of the chat
}

type sentKey struct {
	chat   op.ScopeID
	client uint64
}

// attempt is one sending. m and err are set when done is closed.
type attempt struct {
	done chan struct{}
	m    stored
	err  error
}

func newSent() *sent {
	return &sent{warmed: map[op.ScopeID]bool{}, byKey: map[sentKey]*attempt{}, last: map[int64]stored{}}
}

// note remembers what was just sent to a chat.
func (s *sent) note(chat int64, m stored) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.last) >= sentRemembered {
		clear(s.last) // costs a look into the database each
	}
	s.last[chat] = m
}

// newest is what was sent last to a chat from here, if that is remembered.
func (s *sent) newest(chat int64) (stored, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.last[chat]
	return m, ok
}

// warm fills in what was sent before the start, once per chat.
func (s *sent) warm(chat op.ScopeID, load func() (map[uint64]stored, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.warmed[chat] {
		return nil
	}
	before, err := load()
	if err != nil {
		return err
	}
	for client, m := range before {
		done := make(chan struct{})
		close(done)
		s.keep(sentKey{chat, client}, &attempt{done: done, m: m})
	}
	s.warmed[chat] = true
	return nil
}

// once runs send unless a sending with the same key succeeded or is under way, whose message it returns then. A failed
// sending is forgotten.
func (s *sent) once(key sentKey, send func() (stored, error)) (stored, error) {
	s.mu.Lock()
	if a := s.byKey[key]; a != nil {
		s.mu.Unlock()
		<-a.done
		return a.m, a.err
	}
	a := &attempt{done: make(chan struct{}), err: errors.New("sending did not return")}
	s.byKey[key] = a
	s.mu.Unlock()
	defer func() { // also when send panics, so that nobody waits for ever
		s.mu.Lock()
		defer s.mu.Unlock()
		if delete(s.byKey, key); a.err == nil {
			s.keep(key, a)
		}
		close(a.done)
	}()
	a.m, a.err = send()
	return a.m, a.err
}

// keep remembers a finished attempt and forgets the oldest. The caller holds mu.
func (s *sent) keep(key sentKey, a *attempt) {
	s.byKey[key] = a
	s.order = append(s.order, key)
	if len(s.order) > sentRemembered {
		delete(s.byKey, s.order[0])
		s.order = s.order[1:]
	}
}

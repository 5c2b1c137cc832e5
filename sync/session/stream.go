package session

import (
	"context"
	"fmt"
	"time"

	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
	"tongzhou/sync/stream"
	"tongzhou/sync/wire"
)

const writeLimit = 60 * time.Second

// writeLoop writes what next hands out.
func (s *Session) writeLoop(ctx context.Context, st stream.Stream) error {
	w := stream.NewWriter(st)
	for {
		if s.cfg.Turn != nil {
			s.cfg.Turn(true)
		}
		m, done, err := s.next()
		if err != nil {
			return err
		}
		if m == nil {
			if done {
				return nil
			}
			w.Rest()
			select {
			case <-s.wake:
			case <-ctx.Done():
				s.finish(st)
			}
			continue
		}
		if err := s.setWriteLimit(st); err != nil {
			return fmt.Errorf("session: %w", err)
		}
		if err := w.Write(m); err != nil {
			return fmt.Errorf("session: %w", err)
		}
	}
}

// setWriteLimit runs under mu so that a write begun before finish does not get more time than finish leaves.
func (s *Session) setWriteLimit(st stream.Stream) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	limit := writeLimit
	if s.closing {
		limit = lastWords
	}
	return st.SetWriteDeadline(time.Now().Add(limit))
}

// finish lets the writing goroutine end, after the messages that are queued, if they go out quickly.
func (s *Session) finish(st stream.Stream) {
	s.mu.Lock()
	s.closing = true
	_ = st.SetWriteDeadline(time.Now().Add(lastWords))
	s.mu.Unlock()
	s.poke()
}

// next takes the next message to write: messages, then what is asked for, then live frames, then live registers, then frames
// that the peer asked for, as the window allows. It is nil when there is none now; done says that there will be none.
func (s *Session) next() (m wire.Message, done bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if len(s.out) > 0 {
			m = s.out[0]
			s.out[0] = nil
			s.out = s.out[1:]
			switch m := m.(type) {
			case *wire.Delta:
				s.answering = s.answering && m.More
			case *wire.Frame: // of a branch
				s.window -= len(m.Raw)
			}
			return m, false, nil
		}
		if s.closing {
			return nil, true, nil
		}
		if len(s.asks) > 0 {
			w := s.asks[0]
			s.asks[0] = nil
			s.asks = s.asks[1:]
			delete(s.asking, w.Key())
			return w, false, nil
		}
		if m := s.nextLive(); m != nil {
			return m, false, nil
		}
		if m := s.nextRegisters(); m != nil {
			return m, false, nil
		}
		t := s.nextTask()
		if t == nil {
			return nil, false, nil
		}
		if f, err := s.produce(t); err != nil || f != nil {
			return f, false, err
		}
	}
}

// nextTask is what to serve next; nil if there is nothing, or no room in the window.
func (s *Session) nextTask() *task {
	for _, q := range []*[]*task{&s.urgent, &s.ahead, &s.tasks} {
		for len(*q) > 0 {
			t := (*q)[0]
			if t.next <= t.to {
				if s.window <= 0 {
					return nil
				}
				return t
			}
			(*q)[0] = nil
			*q = (*q)[1:]
			if s.byFeed[t.key] == t {
				delete(s.byFeed, t.key)
			}
		}
	}
	return nil
}

// produce reads the next frame of a task, nil if there is none after all. The caller holds mu, which is released while the
// database is read: whoever commits meanwhile must not wait for it.
func (s *Session) produce(t *task) (wire.Message, error) {
	if t.end {
		t.next++
		return &wire.Newest{Tag: t.key.Tag, Done: true}, nil
	}
	from, to := t.next, t.to
	s.mu.Unlock()
	var raw []byte
	var n int
	var err error
	if to = min(to, s.readable(t.key)); from <= to { // asked again, because the peer may have lost the right meanwhile
		raw, n, err = oplog.ReadFrame(s.r.Reader(), t.no, from, to, wire.MaxFrameBytes, wire.MaxFrameOps)
	}
	s.mu.Lock()
	if err != nil {
		return nil, err
	}
	if n == 0 {
		t.next = t.to + 1 // cut off by a fork meanwhile, or no longer for the peer
		return nil, nil
	}
	last := from + uint64(n) - 1
	if t.next == from { // else the peer asked again from an earlier one
		t.next = last + 1
	}
	s.window -= len(raw)
	if t.ahead {
		return &wire.Frame{Raw: raw, Kind: wire.Ahead}, nil
	}
	s.sent[t.key] = max(s.sent[t.key], last)
	return &wire.Frame{Raw: raw}, nil
}

// nextLive makes a message of ops that were just committed here.
func (s *Session) nextLive() wire.Message {
	for len(s.live) > 0 || len(s.lagging) > 0 {
		if s.window <= 0 {
			return nil
		}
		a := s.takeLive()
		k := a.Feed.FeedKey
		if t := s.byFeed[k]; t != nil { // already being served: that will include these
			t.to = max(t.to, a.Feed.Len)
			if s.previews[k.Tag] && a.Raw != nil && a.From > t.next+muchBehind { // but not soon
				s.window -= len(a.Raw)
				return &wire.Frame{Raw: a.Raw, Kind: wire.Ahead}
			}
			continue
		}
		sent, known := s.sent[k]
		if !known {
			sent = s.r.Received(a.Feed.No, s.cfg.Peer)
			s.sent[k] = sent
		}
		switch {
		case sent >= a.Feed.Len:
		case sent == a.From-1 && a.Raw != nil:
			return s.push(&a)
		case sent > 0 || a.From == 1: // the peer has everything before: serve the rest
			t := &task{key: k, no: a.Feed.No, next: sent + 1, to: a.Feed.Len}
			s.byFeed[k] = t
			s.urgent = append(s.urgent, t)
		default: // it is not known what the peer has: it asks for what it lacks
			return &wire.Have{Feeds: []wire.FeedState{wire.State(&a.Feed)}}
		}
	}
	return nil
}

func (s *Session) takeLive() replica.Advance {
	if len(s.live) > 0 {
		a := s.live[0]
		s.live[0] = replica.Advance{}
		s.live = s.live[1:]
		s.liveSize -= len(a.Raw)
		return a
	}
	for k, a := range s.lagging {
		delete(s.lagging, k)
		return a
	}
	return replica.Advance{}
}

// push makes one frame of a and what follows it in the same feed: a burst travels together.
func (s *Session) push(a *replica.Advance) wire.Message {
	raw, owned, last := a.Raw, false, a.Feed.Len
	for len(s.live) > 0 {
		b := &s.live[0]
		if b.Feed.FeedKey != a.Feed.FeedKey || b.From != last+1 || b.Raw == nil || len(raw)+len(b.Raw) > wire.MaxFrameBytes || b.Feed.Len-a.From >= wire.MaxFrameOps {
			break
		}
		if !owned { // others send the same bytes: grow a copy
			raw, owned = append(make([]byte, 0, 8*(len(raw)+len(b.Raw))), raw...), true
		}
		raw = append(raw, b.Raw...)
		last = b.Feed.Len
		s.takeLive()
	}
	s.sent[a.Feed.FeedKey] = last
	s.window -= len(raw)
	return &wire.Frame{Raw: raw, Kind: wire.Live}
}

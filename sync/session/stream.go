package session

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
	"tongzhou/sync/wire"
)

// errEnd is the clean end of the stream.
var errEnd = errors.New("session: stream ended")

const writeLimit = 60 * time.Second

// readLoop turns the stream into mail. It stops reading while the state machine is busy, which is the back-pressure.
func (s *Session) readLoop(ctx context.Context, st Stream) error {
	r := wire.NewReader(bufio.NewReaderSize(st, 64<<10))
	for {
		if err := st.SetReadDeadline(time.Now().Add(silentLimit)); err != nil {
			return fmt.Errorf("session: %w", err)
		}
		m, n, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return errEnd
		case errors.Is(err, wire.ErrMalformed), errors.Is(err, wire.ErrTooLarge):
			return fmt.Errorf("%w: %w", ErrPeer, err)
		case err != nil:
			return fmt.Errorf("session: read: %w", err)
		case m == nil:
			continue // a message of a newer program
		}
		select {
		case s.mail <- packet{m, n}:
		case <-ctx.Done():
			return nil
		}
	}
}

// writeLoop writes messages first, then live frames, then frames that were asked for, as the window allows.
func (s *Session) writeLoop(ctx context.Context, st Stream) error {
	var buf []byte
	for {
		m, done, err := s.next()
		if err != nil {
			return err
		}
		if m == nil {
			if done {
				return nil
			}
			select {
			case <-s.wake:
			case <-ctx.Done():
				s.finish()
			}
			continue
		}
		buf, err = wire.Encode(buf[:0], m)
		if err != nil {
			return fmt.Errorf("session: %w", err)
		}
		limit := writeLimit
		if ctx.Err() != nil {
			limit = time.Second // the last words
		}
		if err := st.SetWriteDeadline(time.Now().Add(limit)); err != nil {
			return fmt.Errorf("session: %w", err)
		}
		if _, err := st.Write(buf); err != nil {
			return fmt.Errorf("session: write: %w", err)
		}
		if cap(buf) > 1<<20 {
			buf = nil
		}
	}
}

// next takes the next message to write; done says that there will be none.
func (s *Session) next() (m wire.Message, done bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.out) > 0 {
		m = s.out[0]
		s.out[0] = nil
		s.out = s.out[1:]
		return m, false, nil
	}
	if s.closing {
		return nil, true, nil
	}
	if m := s.nextLive(); m != nil {
		return m, false, nil
	}
	for _, q := range []*[]*task{&s.urgent, &s.tasks} {
		for len(*q) > 0 {
			if s.window <= 0 {
				return nil, false, nil
			}
			t := (*q)[0]
			if t.next > t.to {
				*q = (*q)[1:]
				delete(s.byFeed, t.key)
				continue
			}
			return s.produce(t)
		}
	}
	return nil, false, nil
}

// produce reads the next frame of a task. The caller holds mu; reading a quarter megabyte is quick, and only mail waits.
func (s *Session) produce(t *task) (wire.Message, bool, error) {
	raw, n, err := oplog.ReadFrame(s.r.Reader(), t.no, t.next, t.to, wire.MaxFrameBytes, wire.MaxFrameOps)
	if err != nil {
		return nil, false, err
	}
	if n == 0 {
		t.next = t.to + 1 // truncated by a fork meanwhile
		return s.skip()
	}
	t.next += uint64(n)
	s.sent[t.key] = max(s.sent[t.key], t.next-1)
	s.window -= len(raw)
	return &wire.Frame{Raw: raw}, false, nil
}

func (s *Session) skip() (wire.Message, bool, error) {
	s.poke()
	return nil, false, nil
}

// nextLive makes a frame of ops that were just committed here.
func (s *Session) nextLive() wire.Message {
	for len(s.live) > 0 {
		a := s.live[0]
		if t := s.byFeed[a.Feed.FeedKey]; t != nil { // already being served: that will include these
			t.to = max(t.to, a.Feed.Len)
			s.live = s.live[1:]
			continue
		}
		if _, known := s.sent[a.Feed.FeedKey]; !known {
			s.sent[a.Feed.FeedKey] = s.r.Received(a.Feed.No, s.cfg.Peer)
		}
		if s.sent[a.Feed.FeedKey] >= a.Feed.Len {
			s.live = s.live[1:]
			continue
		}
		if s.window <= 0 {
			return nil
		}
		s.live = s.live[1:]
		if s.sent[a.Feed.FeedKey] != a.From-1 || a.Raw == nil || len(a.Raw) > wire.MaxFrameBytes {
			return s.announceOrServe(a)
		}
		raw, owned := a.Raw, false
		last := a.Feed.Len
		for len(s.live) > 0 && len(raw) < wire.MaxFrameBytes/2 && last-a.From < wire.MaxFrameOps/2 { // a burst of one feed travels together
			b := s.live[0]
			if b.Feed.FeedKey != a.Feed.FeedKey || b.From != last+1 || b.Raw == nil {
				break
			}
			if !owned { // others send the same bytes: grow a copy
				raw, owned = append(make([]byte, 0, 8*len(raw)), raw...), true
			}
			raw = append(raw, b.Raw...)
			last = b.Feed.Len
			s.live = s.live[1:]
		}
		s.sent[a.Feed.FeedKey] = last
		s.window -= len(raw)
		return &wire.Frame{Raw: raw, Live: true}
	}
	return nil
}

// announceOrServe handles growth that cannot be pushed as it is: the peer is known to have everything before (serve the
// rest), or it is not (announce; the peer asks for what it lacks).
func (s *Session) announceOrServe(a replica.Advance) wire.Message {
	k := a.Feed.FeedKey
	if n := s.sent[k]; n > 0 && n < a.Feed.Len || a.From == 1 && n == 0 {
		t := &task{key: k, no: a.Feed.No, next: n + 1, to: a.Feed.Len}
		s.byFeed[k] = t
		s.urgent = append(s.urgent, t)
		s.poke()
		if len(s.out) > 0 {
			return nil
		}
		m, _, err := s.produce(t)
		if err != nil {
			return nil
		}
		return m
	}
	f := a.Feed
	return &wire.Have{Feed: wire.State(&f)}
}

package session

import (
	"context"
	"fmt"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
	"tongzhou/sync/wire"
)

// onWant queues ops for the peer, if it reads the scope. What it may not read does not exist for it.
func (s *Session) onWant(m *wire.Want) error {
	k := m.Key()
	f := s.r.Feeds().Feed(k)
	if f.Len < m.From || !s.r.Reads(s.cfg.Peer, k.Tag) {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.byFeed[k]; t != nil && t.next <= m.From {
		t.to = max(t.to, min(m.To, f.Len))
		s.poke()
		return nil
	}
	if len(s.byFeed) >= maxTasks {
		return fmt.Errorf("%w: too many requests", ErrPeer)
	}
	t := &task{key: k, no: f.No, next: m.From, to: min(m.To, f.Len)}
	s.byFeed[k] = t
	if m.Urgent {
		s.urgent = append(s.urgent, t)
	} else {
		s.tasks = append(s.tasks, t)
	}
	s.poke()
	return nil
}

func (s *Session) onCredit(m *wire.Credit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.window += int(m.Bytes)
	if s.window > 2*wire.Window {
		return fmt.Errorf("%w: credit for more than was sent", ErrPeer)
	}
	s.poke()
	return nil
}

// onAck collects the peer's own word on what it has stored.
func (s *Session) onAck(m *wire.Ack) error {
	for i := range m.Feeds {
		f := &m.Feeds[i]
		k := f.Key()
		mine := s.r.Feeds().Feed(k)
		if mine.Len == 0 || !s.r.Reads(s.cfg.Peer, k.Tag) {
			continue
		}
		if s.peerAcks[k] < f.Len {
			s.peerAcks[k] = f.Len
			s.ackDue = true
		}
		s.mu.Lock()
		s.sent[k] = max(s.sent[k], min(f.Len, mine.Len))
		s.mu.Unlock()
	}
	return nil
}

// flushAcks tells the peer what is stored here, and stores what the peer told.
func (s *Session) flushAcks(ctx context.Context) error {
	s.ackDue = false
	if len(s.acks) > 0 && s.peer != nil {
		m := &wire.Ack{}
		for k, f := range s.acks {
			m.Feeds = append(m.Feeds, f)
			delete(s.acks, k)
			if len(m.Feeds) == wire.MaxAcks {
				s.ackDue = len(s.acks) > 0
				break
			}
		}
		if err := s.send(m); err != nil {
			return err
		}
	}
	if len(s.peerAcks) > 0 {
		acks := make([]replica.Ack, 0, len(s.peerAcks))
		for k, n := range s.peerAcks {
			acks = append(acks, replica.Ack{Feed: k, Len: n})
		}
		clear(s.peerAcks)
		return s.r.Acknowledge(ctx, s.cfg.Peer, acks)
	}
	return nil
}

func (s *Session) tick(ctx context.Context) error {
	now := s.cfg.Now()
	if s.peer == nil {
		if now.Sub(s.lastProgress) > stallLimit {
			return fmt.Errorf("%w: no hello", ErrPeer)
		}
		return nil
	}
	if (len(s.want) > 0 || s.askedSince && !s.deltaDone) && now.Sub(s.lastProgress) > stallLimit {
		return fmt.Errorf("%w: asked-for ops do not come", ErrPeer)
	}
	if len(s.later) > 0 && s.controlDone {
		if _, err := s.retryLater(false); err != nil {
			return err
		}
	}
	if s.skipped && !s.askedSince && s.controlDone && len(s.want) == 0 && len(s.later) == 0 {
		return s.ask()
	}
	if now.Sub(s.lastCompare) >= compareGap && len(s.want) == 0 && !s.askedSince {
		return s.compare()
	}
	return nil
}

// seekFork asks for the stored ops of a feed whose head differs, to find the first seq with two signed ops. It looks back in
// doubling steps.
func (s *Session) seekFork(mine oplog.Feed) error {
	from := uint64(1)
	if mine.Len > wire.MaxFrameOps/2 {
		from = mine.Len - wire.MaxFrameOps/2
	}
	s.log.Warn("two versions of one feed", "device", mine.Device.String(), "len", mine.Len)
	return s.send(&wire.Want{Tag: mine.Tag, Device: mine.Device, Incarnation: mine.Incarnation, From: from, To: mine.Len + 1, Urgent: true})
}

// onFork checks a proof of a fork and freezes the feed.
func (s *Session) onFork(ctx context.Context, m *wire.Fork) error {
	a, restA, err := op.Parse(m.A)
	if err != nil || len(restA) > 0 {
		return fmt.Errorf("%w: malformed fork proof", ErrPeer)
	}
	b, restB, err := op.Parse(m.B)
	if err != nil || len(restB) > 0 {
		return fmt.Errorf("%w: malformed fork proof", ErrPeer)
	}
	if err := s.r.ProveFork(ctx, a, b, m.A, m.B); err != nil {
		return fmt.Errorf("%w: %w", ErrPeer, err)
	}
	return nil
}

package session

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
	"tongzhou/sync/wire"
)

// This file answers what the peer asks, and takes its word on what it has.

// onSince answers with what changed since the peer's cursor, of the scopes that it reads: keys, proofs of forks and registers
// first, because the peer moves its cursor after the list of feeds that ends the answer.
func (s *Session) onSince(m *wire.Since) error {
	s.mu.Lock()
	again := s.answering
	s.answering, s.dropped = true, false
	s.mu.Unlock()
	if again { // nobody asks twice before the answer is there; each answer costs memory
		return fmt.Errorf("%w: asks again before the answer", ErrPeer)
	}
	upTo := s.r.Feeds().LSeq() // before reading: what comes later is pushed, or listed again
	if !m.Control {
		if err := s.show(m.LSeq, s.r.ReadBy(s.cfg.Peer), upTo); err != nil {
			return err
		}
		if err := s.sendForks(); err != nil {
			return err
		}
		regs, err := s.r.RegistersFor(s.cfg.Peer, m.LSeq)
		if err != nil {
			return err
		}
		if err := s.sendRegisters(regs); err != nil {
			return err
		}
	}
	feeds, err := s.r.ChangedSince(s.cfg.Peer, m.LSeq, m.Control)
	if err != nil {
		return err
	}
	for {
		n := min(len(feeds), wire.MaxDeltaFeeds)
		d := &wire.Delta{Control: m.Control, More: n < len(feeds)}
		if !d.More && !m.Control {
			d.UpTo = upTo
		}
		for i := range feeds[:n] {
			d.Feeds = append(d.Feeds, wire.State(&feeds[i]))
		}
		if err := s.send(d); err != nil || !d.More {
			return err
		}
		feeds = feeds[n:]
	}
}

func (s *Session) sendRegisters(regs [][]byte) error {
	for _, m := range appendRegisters(nil, regs) {
		if err := s.send(m); err != nil {
			return err
		}
	}
	return nil
}

// show notes which scopes the peer reads, after handing over the keys of those that it has become a reader of since. What is
// committed in them from then on is pushed; what is there already the caller announces.
func (s *Session) show(since int64, readable map[op.ScopeTag]bool, at int64) error {
	err := s.sendKeys(since)
	s.mu.Lock()
	s.shown = readable
	s.mu.Unlock()
	s.shownAt = at
	return err
}

// sendKeys hands over the keys of scopes that the peer has become a reader of, ahead of their feeds.
func (s *Session) sendKeys(since int64) error {
	keys, err := s.r.KeysFor(s.cfg.Peer, since)
	if err != nil {
		return err
	}
	for len(keys) > 0 {
		n := batch(keys, wire.MaxKeys)
		if err := s.send(&wire.Keys{Raw: keys[:n:n]}); err != nil {
			return err
		}
		keys = keys[n:]
	}
	return nil
}

func (s *Session) sendForks() error {
	forks, err := s.r.Forks(s.cfg.Peer)
	if err != nil {
		return err
	}
	for _, proof := range forks {
		if err := s.send(&wire.Fork{Proof: proof}); err != nil {
			return err
		}
	}
	branches, err := s.r.Branches(s.cfg.Peer)
	if err != nil {
		return err
	}
	for _, raw := range branches {
		if err := s.send(&wire.Frame{Raw: raw}); err != nil {
			return err
		}
	}
	return nil
}

// sendHaves announces feeds.
func (s *Session) sendHaves(feeds []wire.FeedState) error {
	for len(feeds) > 0 {
		n := min(len(feeds), wire.MaxDeltaFeeds)
		if err := s.send(&wire.Have{Feeds: feeds[:n:n]}); err != nil {
			return err
		}
		feeds = feeds[n:]
	}
	return nil
}

// showScopes announces the feeds, forks and registers of scopes that the peer has become a reader of.
func (s *Session) showScopes() error {
	s.mu.Lock()
	before := s.shown
	s.mu.Unlock()
	if before == nil { // the answer to its question shows them
		return nil
	}
	upTo := s.r.Feeds().LSeq() // before reading: the keys of what is shared later go with the next change
	readable := s.r.ReadBy(s.cfg.Peer)
	if err := s.show(s.shownAt, readable, upTo); err != nil {
		return err
	}
	if err := s.showPartings(); err != nil {
		return err
	}
	added := slices.SortedFunc(maps.Keys(readable), op.ScopeTag.Compare)
	added = slices.DeleteFunc(added, func(tag op.ScopeTag) bool { return before[tag] })
	if len(added) == 0 {
		return nil
	}
	if err := s.sendForks(); err != nil {
		return err
	}
	for _, tag := range added {
		if err := s.showScope(tag); err != nil {
			return err
		}
	}
	return nil
}

// showPartings announces, once, what tells the peer that it lost a scope.
func (s *Session) showPartings() error {
	parting, err := s.r.Parting(s.cfg.Peer)
	if err != nil {
		return err
	}
	var feeds []wire.FeedState
	for i := range parting {
		if f := &parting[i]; s.parted[f.FeedKey] < f.Len {
			s.parted[f.FeedKey] = f.Len
			feeds = append(feeds, wire.State(f))
		}
	}
	return s.sendHaves(feeds)
}

func (s *Session) showScope(tag op.ScopeTag) error {
	var feeds []wire.FeedState
	for _, f := range s.r.Feeds().Scope(tag) {
		if f.Len > 0 {
			feeds = append(feeds, wire.State(&f))
		}
	}
	if err := s.sendHaves(feeds); err != nil {
		return err
	}
	regs, err := s.r.RegistersOf(tag)
	if err != nil {
		return err
	}
	return s.sendRegisters(regs)
}

// onWant queues ops for the peer, if it reads the scope. What it may not read does not exist for it. There is one task a feed,
// however often the peer asks.
func (s *Session) onWant(m *wire.Want) {
	k := m.Key()
	f, most := s.r.Feeds().Feed(k), s.readable(k)
	if most < m.From {
		return
	}
	to := min(m.To, most)
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.poke()
	if t := s.byFeed[k]; t != nil {
		if t.next > t.to {
			t.next, t.to = m.From, to
		} else {
			t.next, t.to = min(t.next, m.From), max(t.to, to)
		}
		return
	}
	t := &task{key: k, no: f.No, next: m.From, to: to}
	s.byFeed[k] = t
	if m.Urgent {
		s.urgent = append(s.urgent, t)
	} else {
		s.tasks = append(s.tasks, t)
	}
}

// onNewest queues what a reader of a scope needs first, once a conversation, or hears that it has come.
func (s *Session) onNewest(m *wire.Newest) error {
	if m.Done {
		if _, asked := s.newest[m.Tag]; asked {
			s.newest[m.Tag] = true
			s.noteUsable()
		}
		return nil
	}
	s.mu.Lock()
	again := s.previews[m.Tag]
	s.mu.Unlock()
	if again || !s.r.Reads(s.cfg.Peer, m.Tag) {
		return nil
	}
	runs, err := s.r.Newest(m.Tag, wire.NewestOps)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.previews[m.Tag] = true
	for i := range runs {
		s.ahead = append(s.ahead, &task{key: runs[i].Feed.FeedKey, no: runs[i].Feed.No, next: runs[i].From, to: runs[i].To, ahead: true})
	}
	s.ahead = append(s.ahead, &task{key: oplog.FeedKey{Tag: m.Tag}, next: 1, to: 1, end: true})
	s.poke()
	return nil
}

func (s *Session) onCredit(m *wire.Credit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.window += int(m.Bytes)
	if s.window > wire.Window {
		return fmt.Errorf("%w: credit for more than was sent", ErrPeer)
	}
	s.poke()
	return nil
}

// onAck collects the peer's own word on what it has stored.
func (s *Session) onAck(m *wire.Ack) {
	for i := range m.Feeds {
		f := &m.Feeds[i]
		k := f.Key()
		mine := s.r.Feeds().Feed(k)
		if mine.Len == 0 || !s.r.Reads(s.cfg.Peer, k.Tag) {
			continue
		}
		if s.peerAcks[k].Len < f.Len {
			s.peerAcks[k] = *f
			s.ackDue = true
		}
		s.mu.Lock()
		s.sent[k] = max(s.sent[k], min(f.Len, mine.Len))
		s.mu.Unlock()
	}
}

// flushAcks tells the peer what is stored here, and stores what the peer told.
func (s *Session) flushAcks(ctx context.Context) error {
	s.ackDue = false
	m := &wire.Ack{}
	for _, k := range slices.SortedFunc(maps.Keys(s.acks), oplog.FeedKey.Compare) {
		f := s.acks[k]
		if s.peer == nil || !s.r.Reads(s.cfg.Peer, k.Tag) {
			continue // not for the peer to know, as far as is known here yet
		}
		if len(m.Feeds) == wire.MaxAcks {
			s.ackDue = true
			break
		}
		m.Feeds = append(m.Feeds, f)
		delete(s.acks, k)
	}
	if len(m.Feeds) > 0 {
		if err := s.send(m); err != nil {
			return err
		}
	}
	if len(s.peerAcks) == 0 {
		return nil
	}
	acks := make([]replica.Ack, 0, len(s.peerAcks))
	for _, k := range slices.SortedFunc(maps.Keys(s.peerAcks), oplog.FeedKey.Compare) {
		f := s.peerAcks[k]
		acks = append(acks, replica.Ack{Feed: k, Len: f.Len, Head: f.Head})
	}
	clear(s.peerAcks)
	return s.r.Acknowledge(ctx, s.cfg.Peer, acks)
}

func (s *Session) onFork(ctx context.Context, m *wire.Fork) error {
	if err := s.r.ProveFork(ctx, m.Proof); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w: %w", ErrPeer, err)
	}
	return nil
}

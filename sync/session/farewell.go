package session

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"tongzhou/sync/oplog"
	"tongzhou/sync/wire"
)

// This file speaks with a device that lost its access (SPEC S19): it may learn that, from the control log up to its removal,
// and nothing else; nothing is taken from it.

// ErrFormer is the end of a conversation with such a device, ErrGone on that device itself.
var (
	ErrFormer = errors.New("session: the peer lost its access")
	ErrGone   = errors.New("session: this device lost its access")
)

// farewellLimit is how long such a conversation lasts at most.
const farewellLimit = 20 * time.Second

// takeLeave begins to serve the peer as a former device.
func (s *Session) takeLeave() error {
	feeds, err := s.r.Farewell(s.cfg.Peer)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.farewell, s.leaveBy = map[oplog.FeedKey]oplog.Feed{}, s.cfg.Now().Add(farewellLimit)
	for _, f := range feeds {
		s.farewell[f.FeedKey] = f
	}
	// What was under way does not concern it any more.
	s.asks, s.live, s.liveSize, s.urgent, s.tasks = nil, nil, 0, nil, nil
	clear(s.asking)
	clear(s.lagging)
	clear(s.byFeed)
	return nil
}

// leaving tells whether the peer is served as a former device.
func (s *Session) leaving() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.farewell != nil
}

// farewellFeeds lists what the peer may still have.
func (s *Session) farewellFeeds() (feeds []wire.FeedState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range slices.SortedFunc(maps.Keys(s.farewell), oplog.FeedKey.Compare) {
		f := s.farewell[k]
		feeds = append(feeds, wire.State(&f))
	}
	return feeds
}

// offerFarewell tells a peer that was connected when it lost its access where it can read so.
func (s *Session) offerFarewell() error {
	feeds := s.farewellFeeds()
	if len(feeds) == 0 { // it was never a member by what is known now: there is nothing to show
		return ErrFormer
	}
	return s.sendHaves(feeds)
}

// receiveFormer answers a former device. Whatever it sends is left lying.
func (s *Session) receiveFormer(m wire.Message) error {
	switch m := m.(type) {
	case *wire.Since:
		if !m.Control { // it has what it may have
			return ErrFormer
		}
		return s.sendFarewell(&wire.Delta{Control: true, Feeds: s.farewellFeeds()})
	case *wire.Want:
		s.onWant(m)
	case *wire.Credit:
		return s.onCredit(m)
	case *wire.Bye:
		return fmt.Errorf("%w: %q", ErrBye, m.Reason)
	}
	return nil
}

// sendFarewell sends the list in messages of ordinary size.
func (s *Session) sendFarewell(d *wire.Delta) error {
	for {
		n := min(len(d.Feeds), wire.MaxDeltaFeeds)
		part := &wire.Delta{Control: true, Feeds: d.Feeds[:n:n], More: n < len(d.Feeds)}
		if err := s.send(part); err != nil || !part.More {
			return err
		}
		d.Feeds = d.Feeds[n:]
	}
}

// readable is how much of a feed the peer may have.
func (s *Session) readable(k oplog.FeedKey) uint64 {
	s.mu.Lock()
	f, leaving := s.farewell[k], s.farewell != nil
	s.mu.Unlock()
	if leaving {
		return f.Len
	}
	return s.r.ReadsUpTo(s.cfg.Peer, k)
}

// partingLimit is how long a device that lost its access goes on serving: if it gave it up itself, the peer has to hear that
// from it.
const partingLimit = 900 * time.Millisecond

// gone tells whether this device has lost its access and has heard all there is to hear about that. It asks for nothing then,
// and the conversation ends after a moment. What it cannot read may say that it was let in again, so then it asks for the keys.
func (s *Session) gone() bool {
	if !s.controlDone || !s.r.Gone() || s.r.ControlUnread() {
		return false
	}
	if s.goneBy.IsZero() {
		s.goneBy = s.cfg.Now().Add(partingLimit)
	}
	return true
}

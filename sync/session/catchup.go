package session

import (
	"context"
	"fmt"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/wire"
)

// This file finds out what is missing here, asks for it, and moves the cursor.

// ask sends Since for the phase that is due.
func (s *Session) ask() error {
	if s.gone() {
		return nil
	}
	cursor, err := s.r.Cursor(s.peer.Store)
	if err != nil {
		return err
	}
	if !s.controlDone || s.asked == 0 && cursor > s.peer.LSeq { // more than there is: the peer's database was put back
		cursor = 0
	}
	s.asked++
	s.askedSince, s.deltaDone, s.skipped, s.upTo = true, false, false, 0
	s.lastProgress = s.cfg.Now()
	return s.send(&wire.Since{LSeq: cursor, Control: !s.controlDone})
}

func (s *Session) onDelta(ctx context.Context, m *wire.Delta) error {
	if !s.askedSince || s.deltaDone || m.Control == s.controlDone {
		return fmt.Errorf("%w: unasked delta", ErrPeer)
	}
	s.lastProgress = s.cfg.Now()
	for i := range m.Feeds {
		if err := s.consider(&m.Feeds[i], m.Control); err != nil {
			return err
		}
	}
	if m.More {
		return nil
	}
	s.upTo, s.deltaDone = m.UpTo, true
	return s.maybeDone(ctx)
}

// consider asks for a feed that is longer at the peer.
func (s *Session) consider(f *wire.FeedState, urgent bool) error {
	if f.Len == 0 || f.Len >= 1<<40 {
		return fmt.Errorf("%w: feed length %d", ErrPeer, f.Len)
	}
	k := f.Key()
	if s.refused[k] {
		return nil
	}
	mine := s.r.Feeds().Feed(k)
	held := mine.Len
	if !s.r.Reads(s.cfg.Peer, k.Tag) {
		mine = oplog.Feed{FeedKey: k} // what is here is not for the peer to learn: ask as if nothing were
	}
	to := f.Len
	if !mine.Takes(to) {
		if err := s.showFork(k); err != nil {
			return err
		}
		to = mine.Fork - 1
	}
	if mine.Len >= to {
		if mine.Len == f.Len && mine.Head != [32]byte{} {
			if [8]byte(mine.Head[:8]) != f.Head {
				s.seekFork(&mine)
			} else {
				s.noteAck(&mine)
			}
		}
		return nil
	}
	w := s.want[k]
	if w != nil && w.to >= to {
		return nil
	}
	if !s.verifiable(k) {
		s.postpone(*f)
		return nil
	}
	if w == nil {
		if len(s.want) >= maxWanted {
			s.skipped = true // the next question brings it up again
			return nil
		}
		now := s.cfg.Now()
		if held < to && !s.cfg.Claims.Take(k, s, now) { // what is here is asked for in vain: two that did could hold each other up for ever
			s.postpone(*f)
			return nil
		}
		if len(s.want) == 0 {
			s.lastProgress = now
		}
		w = &wanted{stored: mine.Len, to: mine.Len}
		s.want[k] = w
	}
	from, n := w.to+1, to-w.to
	w.to = to
	s.setStatus(func(st *Status) { st.Wanted += n; st.Behind += n; st.State = Syncing })
	basic := s.r.Basic(k.Tag)
	if n > muchBehind && !basic {
		if err := s.askNewest(k.Tag); err != nil {
			return err
		}
	}
	s.askFor(k, from, to, urgent || basic)
	return nil
}

// muchBehind is how many ops of a feed may be missing before what people look at first is fetched ahead of them (S22).
const muchBehind = 256

// askNewest asks for the newest of a scope, once, of one peer at a time.
func (s *Session) askNewest(tag op.ScopeTag) error {
	if _, asked := s.newest[tag]; asked || !s.cfg.Claims.Take(oplog.FeedKey{Tag: tag}, s, s.cfg.Now()) {
		return nil
	}
	s.newest[tag] = false
	return s.send(&wire.Newest{Tag: tag})
}

// noteUsable says so once what people look at first is here.
func (s *Session) noteUsable() {
	if s.status.Usable || !s.controlDone || s.askedSince && !s.deltaDone || s.storing > 0 {
		return
	}
	for _, here := range s.newest {
		if !here {
			return
		}
	}
	for k := range s.want {
		if s.r.Basic(k.Tag) {
			return
		}
	}
	for k := range s.later { // another conversation fetches them
		if s.r.Basic(k.Tag) {
			return
		}
	}
	s.setStatus(func(st *Status) { st.Usable = true })
}

// verifiable tells whether it is worth asking for a feed: its device is known, or the feed may make it known. One that did not
// is asked for again when authority has changed, or after a while: not at once, or the two would hand it to and fro for as long
// as the keys to read it are not here.
func (s *Session) verifiable(k oplog.FeedKey) bool {
	if s.r.KnownDevice(k.Device) {
		return true
	}
	at, tried := s.strange[k]
	return s.r.MayCertify(k) && (!tried || s.cfg.Now().Sub(at) >= strangeGap)
}

// askFor queues a question, one a feed.
func (s *Session) askFor(k oplog.FeedKey, from, to uint64, urgent bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.asking[k]; w != nil {
		w.From, w.To, w.Urgent = min(w.From, from), max(w.To, to), w.Urgent || urgent
		return
	}
	w := &wire.Want{Tag: k.Tag, Device: k.Device, Incarnation: k.Incarnation, From: from, To: to, Urgent: urgent}
	s.asking[k] = w
	s.asks = append(s.asks, w)
	s.poke()
}

// postpone keeps what cannot be asked for yet. The cursor does not move before it was.
func (s *Session) postpone(f wire.FeedState) {
	s.skipped = true
	if _, ok := s.later[f.Key()]; ok || len(s.later) < maxWanted {
		s.later[f.Key()] = f
	}
}

// seekFork asks for the peer's version of a feed that differs from the stored one, to find the first op that does: the last
// few hundred ops first, then, each time the difference begins earlier, those before.
func (s *Session) seekFork(mine *oplog.Feed) {
	if mine.Len == 0 {
		return
	}
	from := uint64(1)
	if mine.Len > wire.MaxFrameOps/2 {
		from = mine.Len - wire.MaxFrameOps/2
	}
	if before, ok := s.sought[mine.FeedKey]; ok && before <= from || len(s.sought) >= maxWanted {
		return
	}
	s.sought[mine.FeedKey] = from
	s.log.Warn("two versions of one feed", "device", mine.Device.String(), "len", mine.Len)
	s.askFor(mine.FeedKey, from, mine.Len, true)
}

// maybeDone ends a phase of catching up: the cursor moves, then the replicas compare.
func (s *Session) maybeDone(ctx context.Context) error {
	s.noteUsable()
	if len(s.want) > 0 || s.registers > 0 {
		return nil
	}
	if !s.askedSince && s.controlDone && s.status.State == Syncing {
		s.compareSoon() // what was announced is here: prove it
	}
	if !s.askedSince || !s.deltaDone {
		return nil
	}
	if !s.controlDone {
		if progress, err := s.retryLater(true); err != nil || progress { // of devices that the control ops just stored have made known
			return err
		}
		if s.elsewhere() {
			return nil
		}
		s.controlDone = true
		clear(s.later)
		return s.ask()
	}
	s.askedSince = false
	if !s.skipped && s.upTo > 0 {
		if err := s.r.SaveCursor(ctx, s.peer.Store, s.cfg.Peer, s.upTo); err != nil {
			return err
		}
		s.followed = s.upTo
	}
	s.setStatus(func(st *Status) { st.Wanted, st.Stored, st.Behind = 0, 0, 0 })
	return s.compare(ctx)
}

// elsewhere tells whether another conversation fetches something that was listed here. The control log is waited for: what follows
// is judged by it, and a peer that takes leave tells of it and of nothing else.
func (s *Session) elsewhere() bool {
	for k := range s.later {
		if s.verifiable(k) {
			return true
		}
	}
	return false
}

func (s *Session) tick(ctx context.Context) error {
	now := s.cfg.Now()
	waited := now.Sub(s.lastProgress)
	if s.peer == nil {
		if waited > stallLimit {
			return fmt.Errorf("%w: no hello", ErrPeer)
		}
		return nil
	}
	if s.leaving() {
		if now.After(s.leaveBy) {
			return ErrFormer
		}
		return nil
	}
	if s.gone() {
		if now.After(s.goneBy) {
			return ErrGone
		}
		return nil
	}
	// While received frames wait for the writer here, the delay is not the peer's.
	if (len(s.want) > 0 || s.askedSince && !s.deltaDone) && s.intake.Idle() && waited > stallLimit {
		return fmt.Errorf("%w: asked-for ops do not come", ErrPeer)
	}
	if len(s.later) > 0 && s.controlDone {
		if _, err := s.retryLater(false); err != nil {
			return err
		}
	}
	if !s.controlDone {
		return s.maybeDone(ctx) // what another conversation was fetching may be here
	}
	if s.askedSince || !s.controlDone || len(s.want) > 0 {
		return nil
	}
	if s.skipped && len(s.later) == 0 {
		return s.ask()
	}
	if now.Sub(s.lastCompare) >= compareGap {
		return s.compare(ctx)
	}
	return nil
}

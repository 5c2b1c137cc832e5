package session

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
	"tongzhou/sync/wire"
)

// This file takes what the peer sends.

func (s *Session) receive(ctx context.Context, m wire.Message) error {
	if s.peer == nil {
		h, ok := m.(*wire.Hello)
		if !ok {
			return fmt.Errorf("%w: %T before hello", ErrPeer, m)
		}
		return s.onHello(h)
	}
	if s.leaving() {
		return s.receiveFormer(m)
	}
	switch m := m.(type) {
	case *wire.Since:
		return s.onSince(m)
	case *wire.Delta:
		return s.onDelta(ctx, m)
	case *wire.Want:
		s.onWant(m)
		return nil
	case *wire.Newest:
		return s.onNewest(m)
	case *wire.Frame:
		return s.onFrame(ctx, m)
	case *wire.Credit:
		return s.onCredit(m)
	case *wire.Ack:
		s.onAck(m)
		return nil
	case *wire.Registers:
		return s.onRegisters(ctx, m)
	case *wire.Fingerprint:
		return s.onFingerprint(ctx, m)
	case *wire.Ranges:
		return s.onRanges(m)
	case *wire.Have:
		return s.onHave(m)
	case *wire.Fork:
		return s.onFork(ctx, m)
	case *wire.Keys:
		return s.onKeys(ctx, m)
	case *wire.Bye:
		return fmt.Errorf("%w: %q", ErrBye, m.Reason)
	default:
		return fmt.Errorf("%w: unexpected %T", ErrPeer, m)
	}
}

func (s *Session) onHello(h *wire.Hello) error {
	if h.Team != s.team() {
		return fmt.Errorf("%w: another team", ErrPeer)
	}
	if h.Store == s.r.Feeds().StoreID() {
		return fmt.Errorf("%w: same database on two machines", ErrPeer)
	}
	s.peer = h
	if s.r.Former(s.cfg.Peer) {
		return s.takeLeave()
	}
	off := time.Duration(h.ClockMS-s.cfg.Now().UnixMilli()) * time.Millisecond
	s.setStatus(func(st *Status) { st.App, st.ClockOff, st.State = h.App, off, Syncing })
	// The control log first, unless both see the same one.
	s.controlDone = h.AuthDigest == s.r.AuthDigest()
	return s.ask()
}

// onFrame verifies ops and hands them to the writer. What is stored already is not looked at again, except where a fork is
// sought.
func (s *Session) onFrame(ctx context.Context, m *wire.Frame) error {
	size := len(m.Raw)
	if !s.intake.Take(size) {
		return fmt.Errorf("%w: more than the window", ErrPeer)
	}
	head, last := &m.Ops[0], m.Ops[len(m.Ops)-1].Seq
	k := oplog.FeedKey{Tag: head.Scope, Device: head.Device, Incarnation: head.Incarnation}
	if _, seeking := s.sought[k]; s.refused[k] || !seeking && last <= s.r.Feeds().Feed(k).Len {
		if w := s.want[k]; w != nil && last >= w.to { // asked for although it was here, see consider
			s.dropWant(k)
			if err := s.giveCredit(size); err != nil {
				return err
			}
			return s.maybeDone(ctx)
		}
		return s.giveCredit(size)
	}
	ahead := m.Kind == wire.Ahead
	v, err := s.r.Verify(m.Ops, m.Raw)
	if errors.Is(err, replica.ErrStranger) && ahead {
		return s.giveCredit(size)
	}
	if errors.Is(err, replica.ErrStranger) { // a device this replica has not heard of: sent too early
		s.dropWant(k)
		if len(s.strange) < maxWanted {
			s.strange[k] = s.cfg.Now()
		}
		s.postpone(wire.FeedState{Tag: k.Tag, Device: k.Device, Incarnation: k.Incarnation, Len: last})
		if err := s.giveCredit(size); err != nil {
			return err
		}
		return s.maybeDone(ctx)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPeer, err)
	}
	v.Ahead = ahead || m.Kind == wire.Live && head.Seq > s.r.Feeds().Feed(k).Len+muchBehind
	if ahead {
		s.storing++
	}
	note := stored{key: k, first: head.Seq, prev: head.Prev, last: last, size: size, ahead: ahead}
	s.r.Ingest(ctx, v, func(err error) {
		note.err = err
		s.notes.Put(func(n *notes) { n.stored = append(n.stored, note) })
	})
	return nil
}

// onStored follows a commit: progress, acknowledgement, credit.
func (s *Session) onStored(ctx context.Context, m *stored) error {
	if s.leaving() {
		return nil
	}
	if m.registers {
		s.registers--
		if m.err != nil {
			return fmt.Errorf("session: store registers: %w", m.err)
		}
		return s.maybeDone(ctx)
	}
	if err := s.giveCredit(m.size); err != nil {
		return err
	}
	if m.ahead {
		s.storing--
		s.noteUsable()
	}
	f := s.r.Feeds().Feed(m.key)
	switch {
	case m.err == nil:
	case errors.Is(m.err, oplog.ErrGap) && m.ahead: // what is before was asked for, too
		return nil
	case errors.Is(m.err, oplog.ErrGap):
		return s.onGap(m, &f)
	case errors.Is(m.err, replica.ErrForked):
		s.dropWant(m.key)
		if m.first == f.Len+1 && m.prev != f.Head { // the difference begins before what was sent
			s.seekFork(&f)
		}
		if err := s.showFork(m.key); err != nil {
			return err
		}
		return s.maybeDone(ctx)
	case errors.Is(m.err, replica.ErrStranger), errors.Is(m.err, replica.ErrStub): // a horizon may be on its way, or others have it whole
		s.dropWant(m.key)
		s.skipped = true
		return s.maybeDone(ctx)
	case errors.Is(m.err, oplog.ErrFull):
		s.log.Warn("no room for a feed", "device", m.key.Device.String(), "err", m.err)
		s.dropWant(m.key)
		if len(s.refused) >= maxWanted {
			return fmt.Errorf("%w: too many feeds", ErrPeer)
		}
		s.refused[m.key] = true
		return s.maybeDone(ctx)
	default:
		return fmt.Errorf("session: store: %w", m.err)
	}
	s.noteAck(&f)
	w := s.want[m.key]
	if w == nil {
		return nil
	}
	if f.Len > w.stored {
		n := f.Len - w.stored
		w.stored = f.Len
		s.lastProgress = s.cfg.Now()
		s.cfg.Claims.Take(m.key, s, s.lastProgress)
		s.setStatus(func(st *Status) { st.Stored += n; st.Behind -= min(n, st.Behind) })
	}
	if f.Len >= w.to {
		s.dropWant(m.key)
		return s.maybeDone(ctx)
	}
	return nil
}

// showFork shows the proof of a fork to a peer that has ops from behind it, once (SPEC S21).
func (s *Session) showFork(k oplog.FeedKey) error {
	proof, err := s.r.ForkOf(k)
	if err != nil || proof == nil || s.proven[k] || len(s.proven) >= maxWanted {
		return err
	}
	s.proven[k] = true
	return s.send(&wire.Fork{Proof: proof})
}

// onGap asks for what is missing before ops that came too early.
func (s *Session) onGap(m *stored, f *oplog.Feed) error {
	w := s.want[m.key]
	if w == nil || m.last > w.to { // pushed
		return s.consider(&wire.FeedState{Tag: m.key.Tag, Device: m.key.Device, Incarnation: m.key.Incarnation, Len: m.last}, false)
	}
	if w.retries++; w.retries > maxRetries {
		return fmt.Errorf("%w: ops out of order", ErrPeer)
	}
	s.askFor(m.key, f.Len+1, w.to, false)
	return nil
}

// trim gives up what was asked for of a feed from its fork on.
func (s *Session) trim(ctx context.Context, k oplog.FeedKey) error {
	f, w := s.r.Feeds().Feed(k), s.want[k]
	if w == nil || f.Takes(w.to) {
		return nil
	}
	if w.to = f.Fork - 1; f.Len < w.to {
		return nil
	}
	s.dropWant(k)
	return s.maybeDone(ctx)
}

func (s *Session) dropWant(k oplog.FeedKey) {
	delete(s.want, k)
	s.cfg.Claims.Drop(k, s)
}

// noteAck remembers to tell the peer what is stored here.
func (s *Session) noteAck(f *oplog.Feed) {
	if f.Len == 0 {
		return
	}
	s.acks[f.FeedKey] = wire.State(f)
	s.ackDue = true
}

// giveCredit returns bytes of the window.
func (s *Session) giveCredit(n int) error {
	if m := s.intake.Give(n); m != nil {
		return s.send(m)
	}
	return nil
}

func (s *Session) onRegisters(ctx context.Context, m *wire.Registers) error {
	s.noteHas(m.Raw)
	regs := make([]op.Register, 0, len(m.Raw))
	raws := make([][]byte, 0, len(m.Raw))
	for _, raw := range m.Raw {
		g, err := s.r.VerifyRegister(raw)
		if errors.Is(err, replica.ErrStranger) {
			s.skipped = true
			continue
		}
		if errors.Is(err, replica.ErrStored) {
			continue
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrPeer, err)
		}
		regs, raws = append(regs, g), append(raws, raw)
	}
	if len(regs) == 0 {
		return nil
	}
	s.registers++
	s.r.IngestRegisters(ctx, regs, raws, func(err error) {
		s.notes.Put(func(n *notes) { n.stored = append(n.stored, stored{registers: true, err: err}) })
	})
	return nil
}

// onKeys takes keys that come ahead of their feeds, so that these are read when they arrive.
func (s *Session) onKeys(ctx context.Context, m *wire.Keys) error {
	err := s.r.LearnKeys(ctx, m.Raw)
	switch {
	case errors.Is(err, replica.ErrInvalid):
		return fmt.Errorf("%w: %w", ErrPeer, err)
	case errors.Is(err, replica.ErrStranger):
		return nil // the keys come again with their feeds
	}
	return err
}

func (s *Session) onHave(m *wire.Have) error {
	for i := range m.Feeds {
		if err := s.consider(&m.Feeds[i], false); err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) onAuthority(ctx context.Context) error {
	if s.peer == nil {
		return nil
	}
	if s.leaving() || s.gone() {
		return nil
	}
	if s.r.Former(s.cfg.Peer) {
		if err := s.takeLeave(); err != nil {
			return err
		}
		return s.offerFarewell()
	}
	if err := s.showScopes(); err != nil {
		return err
	}
	s.ackDue = s.ackDue || len(s.acks) > 0
	if !s.goneBy.IsZero() { // let in again, as another conversation has told: what was not asked for then is now
		s.goneBy = time.Time{}
		return s.ask()
	}
	if _, err := s.retryLater(false); err != nil {
		return err
	}
	if !s.controlDone {
		return s.maybeDone(ctx)
	}
	if !s.askedSince && s.skipped && len(s.later) == 0 { // what could not be asked for before may be possible now
		return s.ask()
	}
	return nil
}

// retryLater asks for feeds that could not be asked for before.
func (s *Session) retryLater(urgent bool) (progress bool, err error) {
	for _, k := range slices.SortedFunc(maps.Keys(s.later), oplog.FeedKey.Compare) {
		f := s.later[k]
		if !s.verifiable(k) {
			continue
		}
		delete(s.later, k)
		_, had := s.want[k]
		if err := s.consider(&f, urgent); err != nil {
			return progress, err
		}
		_, has := s.want[k]
		progress = progress || has && !had
	}
	return progress, nil
}

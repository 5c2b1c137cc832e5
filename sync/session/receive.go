package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
	"tongzhou/sync/wire"
)

// authorityChanged is mail: members, roles or devices are different now.
type authorityChanged struct{}

// onEvent turns a commit of the replica into live frames and mail. It runs on the committing goroutine.
func (s *Session) onEvent(ctx context.Context, e *replica.Event) {
	s.mu.Lock()
	if s.serving {
		for i := range e.Feeds {
			a := e.Feeds[i]
			if a.Feed.Device != s.cfg.Peer && s.r.Reads(s.cfg.Peer, a.Feed.Tag) && len(s.live) < maxOutgoing {
				s.live = append(s.live, a)
			}
		}
		var regs [][]byte
		for _, g := range e.Registers {
			if s.r.Reads(s.cfg.Peer, g.Tag) {
				regs = append(regs, g.Raw)
			}
		}
		for len(regs) > 0 && len(s.out) < maxOutgoing {
			n := min(len(regs), wire.MaxRegisters)
			s.out = append(s.out, &wire.Registers{Raw: regs[:n]})
			regs = regs[n:]
		}
	}
	s.mu.Unlock()
	s.poke()
	if e.Authority {
		select {
		case s.mail <- authorityChanged{}:
		case <-ctx.Done():
		default: // mail is full of the peer's packets: the next tick looks at authority too
		}
	}
}

func (s *Session) receive(ctx context.Context, p packet) error {
	if s.peer == nil {
		h, ok := p.m.(*wire.Hello)
		if !ok {
			return fmt.Errorf("%w: %T before hello", ErrPeer, p.m)
		}
		return s.onHello(h)
	}
	switch m := p.m.(type) {
	case *wire.Since:
		return s.onSince(m)
	case *wire.Delta:
		return s.onDelta(m)
	case *wire.Want:
		return s.onWant(m)
	case *wire.Frame:
		return s.onFrame(ctx, m, p.size)
	case *wire.Credit:
		return s.onCredit(m)
	case *wire.Ack:
		return s.onAck(m)
	case *wire.Registers:
		return s.onRegisters(ctx, m)
	case *wire.Fingerprint:
		return s.onFingerprint(m)
	case *wire.Ranges:
		return s.onRanges(m)
	case *wire.Have:
		return s.onHave(m)
	case *wire.Fork:
		return s.onFork(ctx, m)
	case *wire.Bye:
		return fmt.Errorf("session: peer says: %q: %w", m.Reason, errEnd)
	default:
		return fmt.Errorf("%w: unexpected %T", ErrPeer, p.m)
	}
}

func (s *Session) onHello(h *wire.Hello) error {
	var team [8]byte
	tag := s.r.Self().TeamSecret.ScopeTag(op.ScopeID(s.r.Self().Team))
	copy(team[:], tag[:])
	if h.Team != team {
		return fmt.Errorf("%w: another team", ErrPeer)
	}
	if h.Store == s.r.Feeds().StoreID() {
		return fmt.Errorf("%w: same database on two machines", ErrPeer)
	}
	s.peer = h
	off := time.Duration(h.ClockMS-s.cfg.Now().UnixMilli()) * time.Millisecond
	s.setStatus(func(st *Status) { st.App, st.ClockOff, st.State = h.App, off, Syncing })
	// The control log first, unless both see the same one.
	s.controlDone = h.AuthDigest == s.r.AuthDigest()
	return s.ask()
}

// ask sends Since for the phase that is due.
func (s *Session) ask() error {
	cursor, err := s.r.Cursor(s.peer.Store)
	if err != nil {
		return err
	}
	if !s.controlDone {
		cursor = 0
	}
	s.askedSince, s.deltaDone, s.skipped, s.upTo = true, false, false, 0
	return s.send(&wire.Since{LSeq: cursor, Control: !s.controlDone})
}

// onSince lists what changed since the peer's cursor, of the scopes that it reads.
func (s *Session) onSince(m *wire.Since) error {
	s.mu.Lock()
	s.serving = true
	s.mu.Unlock()
	upTo := s.r.Feeds().LSeq() // before reading: what comes later is pushed, or listed again
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
		if err := s.send(d); err != nil {
			return err
		}
		if !d.More {
			break
		}
		feeds = feeds[n:]
	}
	if m.Control {
		return nil
	}
	if err := s.sendForks(); err != nil {
		return err
	}
	return s.sendRegisters(m.LSeq)
}

func (s *Session) sendRegisters(since int64) error {
	regs, err := s.r.RegistersFor(s.cfg.Peer, since)
	if err != nil {
		return err
	}
	var batch [][]byte
	size := 0
	for _, raw := range regs {
		if len(batch) == wire.MaxRegisters || size+len(raw) > wire.MaxFrameBytes {
			if err := s.send(&wire.Registers{Raw: batch}); err != nil {
				return err
			}
			batch, size = nil, 0
		}
		batch = append(batch, raw)
		size += len(raw)
	}
	if len(batch) > 0 {
		return s.send(&wire.Registers{Raw: batch})
	}
	return nil
}

func (s *Session) sendForks() error {
	forks, err := s.r.Forks(s.cfg.Peer)
	if err != nil {
		return err
	}
	for _, f := range forks {
		if err := s.send(&wire.Fork{A: f[0], B: f[1]}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) onDelta(m *wire.Delta) error {
	if !s.askedSince || m.Control == s.controlDone {
		return fmt.Errorf("%w: unasked delta", ErrPeer)
	}
	for _, f := range m.Feeds {
		if err := s.consider(f, m.Control); err != nil {
			return err
		}
	}
	if m.More {
		return nil
	}
	s.upTo, s.deltaDone = m.UpTo, true
	return s.maybeDone()
}

// consider asks for a feed that is longer at the peer.
func (s *Session) consider(f wire.FeedState, urgent bool) error {
	k := f.Key()
	mine := s.r.Feeds().Feed(k)
	if f.Len == 0 || f.Len >= 1<<40 {
		return fmt.Errorf("%w: feed length %d", ErrPeer, f.Len)
	}
	if s.r.OwnAhead(k, f.Len) { // a peer holds ops of mine that this database has lost
		if err := s.r.StartIncarnation(); err != nil {
			return err
		}
	}
	if mine.Frozen || mine.Len > f.Len {
		return nil
	}
	if mine.Len == f.Len {
		if [8]byte(mine.Head[:8]) != f.Head {
			return s.seekFork(mine)
		}
		s.noteAck(mine)
		return nil
	}
	if w := s.want[k]; w != nil {
		if w.to >= f.Len {
			return nil
		}
	}
	if len(s.want) >= maxTasks || len(s.later) >= maxTasks {
		return fmt.Errorf("%w: too many feeds", ErrPeer)
	}
	if !s.r.KnownDevice(k.Device) && !s.r.MayCertify(k) {
		s.later[k], s.skipped = f, true
		return nil
	}
	from := mine.Len + 1
	w := s.want[k]
	if w != nil {
		from = w.to + 1
	} else {
		if !s.cfg.Claims.take(k, s) {
			s.later[k], s.skipped = f, true
			return nil
		}
		w = &wanted{stored: mine.Len}
		s.want[k] = w
	}
	w.to = f.Len
	s.lastProgress = s.cfg.Now()
	n := f.Len + 1 - from
	s.setStatus(func(st *Status) { st.Wanted += n; st.Behind += n; st.State = Syncing })
	return s.send(&wire.Want{Tag: f.Tag, Device: f.Device, Incarnation: f.Incarnation, From: from, To: f.Len, Urgent: urgent})
}

// maybeDone ends a phase of catching up: the cursor moves, then the replicas compare.
func (s *Session) maybeDone() error {
	if len(s.want) > 0 || !s.deltaDone {
		return nil
	}
	if !s.controlDone {
		if len(s.later) > 0 { // devices that the control ops just stored have made known
			progress, err := s.retryLater(true)
			if err != nil || progress {
				return err
			}
		}
		s.controlDone = true
		clear(s.later)
		return s.ask()
	}
	if !s.askedSince {
		return nil
	}
	s.askedSince = false
	if !s.skipped && s.upTo > 0 {
		if err := s.r.SaveCursor(s.peer.Store, s.cfg.Peer, s.upTo); err != nil {
			return err
		}
	}
	s.setStatus(func(st *Status) { st.Wanted, st.Stored, st.Behind = 0, 0, 0 })
	return s.compare()
}

// retryLater asks for feeds that could not be asked for before.
func (s *Session) retryLater(urgent bool) (progress bool, err error) {
	for k, f := range s.later {
		if !s.r.KnownDevice(k.Device) && !s.r.MayCertify(k) {
			continue
		}
		delete(s.later, k)
		before := len(s.want)
		if err := s.consider(f, urgent); err != nil {
			return progress, err
		}
		progress = progress || len(s.want) > before
	}
	return progress, nil
}

func (s *Session) onFrame(ctx context.Context, m *wire.Frame, size int) error {
	s.received += len(m.Raw)
	if s.received+s.credit > 2*wire.Window {
		return fmt.Errorf("%w: more than the window", ErrPeer)
	}
	head := &m.Ops[0]
	k := oplog.FeedKey{Tag: head.Scope, Device: head.Device, Incarnation: head.Incarnation}
	s.lastProgress = s.cfg.Now()
	v, err := s.r.Verify(m.Ops, m.Raw)
	if errors.Is(err, replica.ErrStranger) { // a device this replica has not heard of: pushed too early
		s.later[k] = wire.FeedState{Tag: k.Tag, Device: k.Device, Incarnation: k.Incarnation, Len: m.Ops[len(m.Ops)-1].Seq}
		s.skipped = true
		return s.giveCredit(len(m.Raw))
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPeer, err)
	}
	last, n := v.Last(), len(m.Raw)
	s.r.Ingest(ctx, v, func(err error) { s.commits.put(stored{k, last, n, err}) })
	return nil
}

// onStored follows a commit: progress, acknowledgement, credit.
func (s *Session) onStored(m stored) error {
	if err := s.giveCredit(m.size); err != nil {
		return err
	}
	f := s.r.Feeds().Feed(m.key)
	switch {
	case m.err == nil:
	case errors.Is(m.err, oplog.ErrGap):
		if w := s.want[m.key]; w == nil || m.last > w.to { // pushed, but something before it is missing here
			return s.consider(wire.FeedState{Tag: m.key.Tag, Device: m.key.Device, Incarnation: m.key.Incarnation, Len: m.last}, false)
		}
		return nil
	case errors.Is(m.err, replica.ErrForked):
		s.dropWant(m.key)
		if !f.Frozen {
			return s.seekFork(f)
		}
		return s.maybeDone()
	case errors.Is(m.err, oplog.ErrFull):
		return fmt.Errorf("%w: %w", ErrPeer, m.err)
	default:
		return fmt.Errorf("session: store: %w", m.err)
	}
	s.noteAck(f)
	if w := s.want[m.key]; w != nil {
		if f.Len > w.stored {
			n := f.Len - w.stored
			w.stored = f.Len
			s.setStatus(func(st *Status) { st.Stored += n; st.Behind -= min(n, st.Behind) })
		}
		if f.Len >= w.to {
			s.dropWant(m.key)
			return s.maybeDone()
		}
	}
	return nil
}

func (s *Session) dropWant(k oplog.FeedKey) {
	delete(s.want, k)
	s.cfg.Claims.drop(k, s)
}

// noteAck remembers to tell the peer what is stored here.
func (s *Session) noteAck(f oplog.Feed) {
	if f.Len == 0 {
		return
	}
	s.acks[f.FeedKey] = wire.State(&f)
	s.ackDue = true
}

func (s *Session) giveCredit(n int) error {
	s.received -= n
	s.credit += n
	if s.credit < wire.Window/8 && s.received > 0 {
		return nil
	}
	c := s.credit
	s.credit = 0
	return s.send(&wire.Credit{Bytes: uint32(c)})
}

func (s *Session) onRegisters(ctx context.Context, m *wire.Registers) error {
	regs := make([]op.Register, 0, len(m.Raw))
	raws := make([][]byte, 0, len(m.Raw))
	for _, raw := range m.Raw {
		g, err := s.r.VerifyRegister(raw)
		if errors.Is(err, replica.ErrStranger) {
			s.skipped = true
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
	s.r.IngestRegisters(ctx, regs, raws, func(err error) {
		if err != nil && ctx.Err() == nil {
			s.log.Error("store registers", "err", err)
		}
	})
	return nil
}

func (s *Session) onHave(m *wire.Have) error {
	return s.consider(m.Feed, false)
}

func (s *Session) onAuthority() error {
	if s.peer == nil {
		return nil
	}
	if !s.r.IsMember(s.cfg.Peer) && s.r.HasAuthority() {
		return fmt.Errorf("%w: no longer of the team", ErrPeer)
	}
	if len(s.later) > 0 {
		if _, err := s.retryLater(false); err != nil {
			return err
		}
	}
	if s.controlDone && !s.askedSince && s.skipped { // what could not be asked for before may be possible now
		return s.ask()
	}
	return nil
}

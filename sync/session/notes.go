package session

import (
	"context"
	"hash/maphash"
	"maps"
	"slices"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
	"tongzhou/sync/wire"
)

// notes is what commits tell the state machine. There are never more than jobs handed to the writer, and one of each other kind.
type notes struct {
	stored    []stored
	forks     map[oplog.FeedKey]bool
	authority bool
	keys      bool // some were learned
}

// stored says that verified ops of a frame, or registers, were committed, or why not.
type stored struct {
	registers bool
	key       oplog.FeedKey
	first     uint64
	prev      op.ID // of the first op
	last      uint64
	size      int
	ahead     bool
	err       error
}

// handleNotes works off what has come in.
func (s *Session) handleNotes(ctx context.Context) error {
	if s.cfg.Turn != nil {
		s.cfg.Turn(false)
	}
	n := s.notes.Take()
	if n.authority || n.keys {
		clear(s.strange) // perhaps they can be verified now
	}
	for i := range n.stored {
		if err := s.onStored(ctx, &n.stored[i]); err != nil {
			return err
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(n.forks), oplog.FeedKey.Compare) {
		if err := s.trim(ctx, k); err != nil {
			return err
		}
	}
	if n.authority {
		return s.onAuthority(ctx)
	}
	if n.keys && s.peer != nil && !s.leaving() && !s.gone() {
		if err := s.showScopes(); err != nil {
			return err
		}
		_, err := s.retryLater(false)
		return err
	}
	return nil
}

// onEvent turns a commit of the replica into live messages and notes. It runs on the committing goroutine.
func (s *Session) onEvent(e *replica.Event) {
	s.mu.Lock()
	if s.shown != nil && !s.closing {
		s.queueLive(e)
	}
	s.mu.Unlock()
	s.poke()
	if !e.Authority && !e.Keys && len(e.Forks) == 0 {
		return
	}
	s.notes.Put(func(n *notes) {
		n.authority, n.keys = n.authority || e.Authority, n.keys || e.Keys
		for i := range e.Forks {
			if n.forks == nil {
				n.forks = map[oplog.FeedKey]bool{}
			}
			n.forks[e.Forks[i].Feed.FeedKey] = true
		}
	})
}

// tells says whether what happens in a scope is for the peer now: in one that it has just become a reader of, its keys and
// what is there go first. The caller holds mu.
func (s *Session) tells(tag op.ScopeTag) bool { return s.shown[tag] && s.r.Reads(s.cfg.Peer, tag) }

// queueLive queues what the peer may read of a commit. The caller holds mu.
func (s *Session) queueLive(e *replica.Event) {
	for i := range e.Forks {
		if f := &e.Forks[i]; s.tells(f.Feed.Tag) && len(s.out) < maxUpdates {
			s.out = append(s.out, &wire.Fork{Proof: f.Proof})
		}
	}
	for i := range e.Branches {
		if b := &e.Branches[i]; s.tells(b.Tag) && len(s.out) < maxUpdates {
			s.out = append(s.out, &wire.Frame{Raw: b.Raw})
		}
	}
	for i := range e.Feeds {
		a := e.Feeds[i]
		if a.From > a.Feed.Len || a.Feed.Device == s.cfg.Peer {
			continue
		}
		if whole := a.From == 1 && s.r.Reads(s.cfg.Peer, a.Feed.Tag); !whole && !s.tells(a.Feed.Tag) { // a new feed needs nothing before it
			continue
		}
		k := a.Feed.FeedKey
		if l, lags := s.lagging[k]; lags || len(s.live) >= maxLive || s.liveSize+len(a.Raw) > maxLiveSize {
			if lags {
				a.From = l.From
			}
			a.Raw = nil
			s.lagging[k] = a
			continue
		}
		s.live = append(s.live, a)
		s.liveSize += len(a.Raw)
	}
	for _, g := range e.Registers {
		switch {
		case !s.tells(g.Tag) || s.has[s.hash(g.Raw)]:
		case len(s.regs) < maxRegisters:
			s.regs = append(s.regs, g.Raw)
		default:
			s.dropped = true
		}
	}
}

// noteHas remembers registers that came from the peer, so that they are not sent back.
func (s *Session) noteHas(regs [][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, raw := range regs {
		if len(s.has) >= maxHas {
			clear(s.has) // costs a few sent back
		}
		s.has[s.hash(raw)] = true
	}
}

func (s *Session) hash(raw []byte) uint64 { return maphash.Bytes(s.seed, raw) }

// nextRegisters makes a message of registers that were just stored here. The caller holds mu.
func (s *Session) nextRegisters() wire.Message {
	if len(s.regs) == 0 {
		return nil
	}
	n := batch(s.regs, wire.MaxRegisters)
	m := &wire.Registers{Raw: s.regs[:n:n]}
	s.regs = s.regs[n:]
	return m
}

// appendRegisters adds messages that hold the registers.
func appendRegisters(out []wire.Message, regs [][]byte) []wire.Message {
	for len(regs) > 0 {
		n := batch(regs, wire.MaxRegisters)
		out = append(out, &wire.Registers{Raw: regs[:n:n]})
		regs = regs[n:]
	}
	return out
}

// batch is how many of the values, at least one, make a message of ordinary size.
func batch(raws [][]byte, most int) int {
	n, size := 1, len(raws[0])
	for n < len(raws) && n < most && size+len(raws[n]) <= wire.MaxFrameBytes {
		size += len(raws[n])
		n++
	}
	return n
}

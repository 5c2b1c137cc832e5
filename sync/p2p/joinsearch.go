package p2p

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	ma "github.com/multiformats/go-multiaddr"
)

// candidate is one device that may be able to admit this one.
type candidate struct {
	id     peer.ID
	addrs  []ma.Multiaddr
	relays map[peer.ID][]ma.Multiaddr // that some of addrs lead through, and where they answer
	source string
}

type joinResult struct {
	candidate
	stream network.Stream // nil with err; its device is allowed as long as it lasts
	err    error
}

// joinSearch is one DialJoin under way. It is over when ctx ends; attempts that
// succeed later let go of what they have got.
type joinSearch struct {
	h       *Host
	ctx     context.Context
	invited map[peer.ID]candidate
	only    peer.ID         // "": anybody may announce himself
	results chan joinResult // unbuffered: a result is received or let go

	reporting sync.Mutex // held while report runs, and nothing else is
	report    func(JoinEvent)

	mu      sync.Mutex
	tried   map[string]bool // by id and source
	running int             // attempts without a result so far
	named   int             // of them, those at addresses of the invitation
	failed  chan struct{}   // closed when named has fallen to 0
}

// newJoinSearch begins a search that is over with ctx, with the host, or when
// end is called.
func newJoinSearch(ctx context.Context, h *Host, invited map[peer.ID]candidate, report func(JoinEvent)) (s *joinSearch, end func()) {
	ctx, cancel := context.WithCancel(ctx)
	unbind := context.AfterFunc(h.ctx, cancel)
	s = &joinSearch{
		h: h, ctx: ctx, report: report, invited: invited,
		results: make(chan joinResult), failed: make(chan struct{}),
		named: len(invited), tried: map[string]bool{},
	}
	return s, func() { unbind(); cancel() }
}

// found takes in an announcement on the local network.
func (s *joinSearch) found(info peer.AddrInfo) {
	addrs := slices.DeleteFunc(slices.Clone(info.Addrs), func(a ma.Multiaddr) bool { return !dialable(a) })
	if len(addrs) > 0 && pubOf(info.ID) != nil && (s.only == "" || s.only == info.ID) {
		s.try(candidate{id: info.ID, addrs: addrs[:min(len(addrs), maxAddrs)], source: SourceMDNS})
	}
}

// try starts an attempt at c, once per source.
func (s *joinSearch) try(c candidate) {
	key := c.source + string(c.id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil || s.tried[key] || len(s.tried) >= 2*maxCandidates {
		return
	}
	s.tried[key] = true
	s.running++
	s.h.spawn(func() {
		r := s.attempt(c)
		s.ended(c)
		select {
		case s.results <- r:
		case <-s.ctx.Done():
			if r.err == nil {
				r.stream.Reset()
				s.h.letGo(c)
			}
		}
	})
}

// ended tells the candidates that wait for the invited ones.
func (s *joinSearch) ended(c candidate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.source == SourceInvite {
		if s.named--; s.named == 0 {
			close(s.failed)
		}
	}
}

// attempt opens a join stream to c.
func (s *joinSearch) attempt(c candidate) joinResult {
	s.tell(JoinFound, c)
	if err := s.holdBack(c); err != nil {
		return joinResult{candidate: c, err: err}
	}
	s.tell(JoinConnecting, c)
	h := s.h
	h.allow(c)
	ctx, cancel := context.WithTimeout(s.ctx, h.tune.reach)
	defer cancel()
	h.node.Peerstore().AddAddrs(c.id, c.addrs, peerstore.TempAddrTTL)
	for id, addrs := range c.relays { // at once, for the case that nothing direct answers
		h.spawn(func() {
			if _, err := h.dialRelay(ctx, id, addrs); err != nil {
				h.log.Debug("relay of an invitation", "relay", id, "err", err)
			}
		})
	}
	h.swarm.Backoff().Clear(c.id)
	conn, err := h.swarm.DialPeer(ctx, c.id)
	var stream network.Stream
	if err == nil {
		stream, err = openStream(ctx, conn, joinProtocol)
	}
	if err != nil {
		h.letGo(c)
		return joinResult{candidate: c, err: fmt.Errorf("try %s: %w", c.id, err)}
	}
	return joinResult{candidate: c, stream: stream}
}

// holdBack gives the devices that the invitation names a head start, because
// anybody on the local network can announce himself under its name; and those
// that were asked before and could not admit come after the new ones.
func (s *joinSearch) holdBack(c candidate) error {
	if _, ok := s.invited[c.id]; ok {
		return nil
	}
	if len(s.invited) > 0 {
		timer := time.NewTimer(s.h.tune.joinGrace)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-s.failed:
		case <-s.ctx.Done():
		}
	}
	s.h.mu.Lock()
	again := s.h.handed[c.id]
	s.h.mu.Unlock()
	if again {
		pause(s.ctx, s.h.tune.joinGrace)
	}
	return s.ctx.Err()
}

func (s *joinSearch) tell(kind string, c candidate) {
	s.reporting.Lock()
	defer s.reporting.Unlock()
	if s.report != nil && s.ctx.Err() == nil {
		s.report(JoinEvent{Kind: kind, PeerPub: pubOf(c.id), Addr: c.addrs[0].String(), Source: c.source})
	}
}

// wait returns the first success. With listening it goes on looking around for
// a while after the last failure.
func (s *joinSearch) wait(listening bool) (joinResult, error) {
	timer := time.NewTimer(s.h.tune.joinSearch)
	defer timer.Stop()
	var errs []error
	for {
		s.mu.Lock()
		idle := s.running == 0
		s.mu.Unlock()
		if idle && !listening {
			return joinResult{}, nobody(errs)
		}
		select {
		case r := <-s.results:
			s.mu.Lock()
			s.running--
			s.mu.Unlock()
			if r.err == nil {
				return r, nil
			}
			errs = append(errs, r.err)
			timer.Reset(s.h.tune.joinSearch)
		case <-timer.C:
			if idle {
				return joinResult{}, nobody(errs)
			}
			timer.Reset(s.h.tune.joinSearch)
		case <-s.ctx.Done():
			if s.h.ctx.Err() != nil {
				return joinResult{}, ErrClosed
			}
			return joinResult{}, s.ctx.Err()
		}
	}
}

// nobody says that no attempt succeeded, and whether that was for want of an
// answer.
func nobody(errs []error) error {
	all := errors.Join(errs...)
	for _, err := range errs {
		if reasonOf(err) == ReasonRejected {
			return fmt.Errorf("%w: %w: %w", ErrUnreachable, ErrRejected, all)
		}
	}
	return fmt.Errorf("%w: %w", ErrUnreachable, all)
}

package p2p

import (
	"context"
	"fmt"
	"sync"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

// Kinds of JoinEvent.
const (
	JoinFound      = "found"      // somebody to try
	JoinConnecting = "connecting" // being dialled
)

// JoinEvent tells how DialJoin gets on.
type JoinEvent struct {
	Kind    string // JoinFound or JoinConnecting
	PeerPub []byte // raw ed25519
	Addr    string // the first of its addresses, a multiaddr without /p2p/
	Source  string // SourceInvite or SourceMDNS
}

// maxCandidates bounds the devices that one DialJoin tries: anybody on the
// local network can announce any number.
const maxCandidates = 16

// JoinTarget is where DialJoin looks.
type JoinTarget struct {
	Addrs []string // of an invitation: multiaddrs with /p2p/, also through relays
	MDNS  string   // and whatever announces itself by that name, unless empty
	Only  []byte   // raw ed25519: no other device than that; nil: any
}

// DialJoin finds a member to ask for admission: it tries all of the target and
// returns the first join stream with the transport key at its other end.
// report, which may be nil, is called from one
// goroutine at a time. Whether that device may admit, only the conversation
// shows; when it may not, call again: a device that was returned before and is
// not named in addrs is tried last.
//
// The error wraps ErrBadAddress (nothing to try), ErrUnreachable (nobody
// answered; with an MDNS name, after listening some seconds more; ErrRejected
// as well if somebody did answer, and did not let this device in) or
// ErrClosed, or is the context's.
func (h *Host) DialJoin(ctx context.Context, target JoinTarget, report func(JoinEvent)) (Stream, []byte, error) {
	if !h.enter() {
		return nil, nil, ErrClosed
	}
	defer h.tasks.Done()
	var only peer.ID
	if target.Only != nil {
		var err error
		if only, err = peerIDOf(target.Only); err != nil {
			return nil, nil, fmt.Errorf("%w: %w", ErrBadAddress, err)
		}
	}
	mdnsName := target.MDNS
	invited := h.candidates(target.Addrs, only)
	if len(invited) == 0 && mdnsName == "" {
		return nil, nil, fmt.Errorf("%w: the invitation has none", ErrBadAddress)
	}
	s, end := newJoinSearch(ctx, h, invited, report)
	s.only = only
	defer end()
	for _, c := range invited {
		s.try(c)
	}
	if mdnsName != "" {
		service, err := startMDNS(h.node, mdnsName, s.found)
		if err != nil {
			h.log.Info("no discovery on the local network", "err", err)
		} else {
			defer service.Close()
		}
	}
	best, err := s.wait(mdnsName != "")
	if err != nil {
		return nil, nil, err
	}
	if _, ok := invited[best.id]; !ok {
		h.handOut(best.id)
	}
	if via := best.stream.Conn().RemoteMultiaddr(); dialable(via) {
		h.book.worked(pubOf(best.id), via, best.source)
	}
	return &joinStream{
		countedStream: countedStream{Stream: best.stream, traffic: &traffic{}, now: h.now},
		over:          sync.OnceFunc(func() { h.partFrom(best.candidate) }),
	}, pubOf(best.id), nil
}

// joinStream is the joiner's end. The member is a stranger to this device, so
// the connection lasts no longer than the stream.
type joinStream struct {
	countedStream
	over func()
}

func (s *joinStream) Close() error {
	defer s.over()
	return s.countedStream.Close()
}

func (s *joinStream) Reset() error {
	defer s.over()
	return s.countedStream.Reset()
}

// candidates reads the addresses of an invitation: the devices that they name,
// which may be reached directly or through a relay.
func (h *Host) candidates(addrs []string, only peer.ID) map[peer.ID]candidate {
	found := map[peer.ID]candidate{}
	for _, text := range addrs {
		var id peer.ID
		var list []ma.Multiaddr
		way, through := parseCircuit(text)
		if through {
			id, list = way.to, []ma.Multiaddr{way.addr}
		} else if e, err := parseMultiaddr(text); err == nil {
			id, list = e.id, e.addrs
		}
		c, known := found[id]
		if id == "" || id == h.self || only != "" && id != only || !known && len(found) == maxCandidates || len(c.addrs) >= maxAddrs {
			continue
		}
		c.id, c.source, c.addrs = id, SourceInvite, append(c.addrs, list...)
		if through {
			if c.relays == nil {
				c.relays = map[peer.ID][]ma.Multiaddr{}
			}
			c.relays[way.relay] = append(c.relays[way.relay], way.place)
		}
		found[id] = c
	}
	return found
}

// partFrom lets go of the member once what was written last has arrived.
func (h *Host) partFrom(c candidate) {
	h.spawn(func() {
		pause(h.ctx, h.tune.joinLinger)
		h.letGo(c)
	})
}

// allow lets the gate pass a stranger outwards, and the relays on the way, until letGo.
func (h *Host) allow(c candidate) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.allowed[c.id]++
	for id := range c.relays {
		h.allowed[id]++
	}
}

// letGo takes one allow back, and with the last one the connection.
func (h *Host) letGo(c candidate) {
	h.letGoOf(c.id)
	for id := range c.relays {
		h.letGoOf(id)
	}
}

func (h *Host) letGoOf(id peer.ID) {
	h.mu.Lock()
	h.allowed[id]--
	last := h.allowed[id] <= 0
	if last {
		delete(h.allowed, id)
	}
	h.mu.Unlock()
	if !last || h.rostered(id) || h.isRelay(id) {
		return
	}
	if err := h.swarm.ClosePeer(id); err != nil {
		h.log.Debug("part from stranger", "err", err)
	}
}

func (h *Host) invited(id peer.ID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.allowed[id] > 0
}

// maxHanded bounds the memory of handOut.
const maxHanded = 64

// handOut remembers a device from the local network that DialJoin returned.
func (h *Host) handOut(id peer.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.handed) >= maxHanded {
		clear(h.handed)
	}
	h.handed[id] = true
}

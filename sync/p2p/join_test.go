package p2p

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

// admitting is a member that admits whoever asks, and says so in one byte.
func admitting(roster *testRoster, joiner testDevice) func(*Config) {
	return func(c *Config) {
		c.StrangersWelcome = func([]byte) bool { return true }
		c.OnJoin = func(_ context.Context, s Stream, pub []byte, _ func()) {
			if string(pub) == string(joiner.pub()) {
				roster.set(joiner)
			}
			s.Write([]byte{1})
			s.Read(make([]byte, 1)) // until the joiner is done
		}
	}
}

// events collects what DialJoin reports.
type events struct {
	mu  sync.Mutex
	all []JoinEvent
}

func (e *events) add(ev JoinEvent) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, ev)
}

func (e *events) has(kind, source string, d testDevice) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.ContainsFunc(e.all, func(ev JoinEvent) bool {
		return ev.Kind == kind && ev.Source == source && string(ev.PeerPub) == string(d.pub())
	})
}

func TestJoinThenSyncWithoutARestart(t *testing.T) {
	member, gone, joiner := newDevice(t), newDevice(t), newDevice(t)
	rm := rosterOf(member)
	nm := start(t, member, rm, admitting(rm, joiner))
	book := &memoryBook{}
	nj := start(t, joiner, nil, func(c *Config) { c.Book = book })

	var seen events
	addrs := append([]string{"/ip4/127.0.0.1/tcp/1/p2p/" + gone.peerID(t).String(), "nonsense", "/ip4/127.0.0.1/tcp/2"}, nm.Addrs()...)
	s, pub, err := nj.DialJoin(t.Context(), JoinTarget{Addrs: addrs}, seen.add)
	if err != nil {
		t.Fatal(err)
	}
	if string(pub) != string(member.pub()) {
		t.Error("joined at somebody else")
	}
	if _, err := s.Read(make([]byte, 1)); err != nil {
		t.Fatalf("the member's answer: %v", err)
	}
	s.Close()
	if !seen.has(JoinFound, SourceInvite, member) || !seen.has(JoinConnecting, SourceInvite, member) {
		t.Errorf("reported %+v", seen.all)
	}
	if k := book.only(t); string(k.PeerPub) != string(member.pub()) || k.Source != SourceInvite {
		t.Errorf("remembered %+v", k)
	}

	nj.UseTeam(rosterOf(member, joiner), "", joiner.id)
	if dev := next(t, nj.begun, "the joiner's first conversation"); dev != member.id {
		t.Errorf("with %v", dev)
	}
	next(t, nm.begun, "the member's conversation with the joiner")
}

func TestDialJoinErrors(t *testing.T) {
	nj := start(t, newDevice(t), nil, func(c *Config) { c.tune = tuning{joinSearch: 200 * time.Millisecond} })
	member := newDevice(t)
	closedDoor := start(t, member, rosterOf(member)) // no invitation is open
	dead := "/ip4/127.0.0.1/tcp/1/p2p/" + newDevice(t).peerID(t).String()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		ctx   context.Context
		addrs []string
		mdns  string
		want  error
	}{
		"nothing to try":    {t.Context(), []string{"x", "/ip4/127.0.0.1/tcp/1"}, "", ErrBadAddress},
		"nobody answers":    {t.Context(), []string{dead}, "", ErrUnreachable},
		"nobody on the LAN": {t.Context(), []string{dead}, "tongzhou-test-nobody", ErrUnreachable},
		"not welcome":       {t.Context(), closedDoor.Addrs(), "", ErrUnreachable},
		"cancelled":         {cancelled, []string{dead}, "tongzhou-test-nobody", context.Canceled},
	} {
		if _, _, err := nj.DialJoin(test.ctx, JoinTarget{Addrs: test.addrs, MDNS: test.mdns}, nil); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	if n := len(nj.swarm.Conns()); n != 0 {
		t.Errorf("%d connections left over", n)
	}
	nj.mu.Lock()
	defer nj.mu.Unlock()
	if len(nj.allowed) != 0 {
		t.Errorf("still allowed: %v", nj.allowed)
	}
}

// The joiner lets nobody in, before and while it asks.
func TestAJoinerIsNotReachable(t *testing.T) {
	nj := start(t, newDevice(t), nil)
	s := newStranger(t)
	c, err := s.dial(t, nj)
	if err == nil {
		if _, err = s.open(t, c, joinProtocol); err == nil {
			t.Error("a stranger was answered")
		}
	}
}

// An impostor who announces himself under the invitation's name must not win
// against the devices that the invitation names, nor a second time.
func TestAnnouncedStrangersComeAfterTheInvited(t *testing.T) {
	member, joiner, impostor := newDevice(t), newDevice(t), newDevice(t)
	rm := rosterOf(member)
	nm := start(t, member, rm, admitting(rm, joiner))
	ni := start(t, impostor, rosterOf(), admitting(rosterOf(), joiner))
	search := func(nj *testNode, invited map[peer.ID]candidate) *joinSearch {
		s, end := newJoinSearch(t.Context(), nj.Host, invited, nil)
		t.Cleanup(end)
		return s
	}
	t.Run("invited first", func(t *testing.T) {
		nj := start(t, joiner, nil, func(c *Config) { c.tune = tuning{joinGrace: time.Hour} })
		s := search(nj, map[peer.ID]candidate{nm.self: {id: nm.self, addrs: nm.node.Addrs()}})
		s.found(peer.AddrInfo{ID: ni.self, Addrs: ni.node.Addrs()})
		s.found(peer.AddrInfo{ID: nm.self, Addrs: nm.node.Addrs()}) // at a new address, say
		best, err := s.wait(true)
		if err != nil || best.id != nm.self {
			t.Fatalf("won by %v, %v", best.id, err)
		}
		best.stream.Reset()
	})
	t.Run("no waiting when the invited are gone", func(t *testing.T) {
		nj := start(t, joiner, nil, func(c *Config) { c.tune = tuning{joinGrace: time.Hour} })
		gone := newDevice(t).peerID(t)
		s := search(nj, map[peer.ID]candidate{gone: {id: gone, addrs: []ma.Multiaddr{ma.StringCast("/ip4/127.0.0.1/tcp/1")}, source: SourceInvite}})
		s.found(peer.AddrInfo{ID: ni.self, Addrs: ni.node.Addrs()})
		s.try(s.invited[gone])
		best, err := s.wait(true)
		if err != nil || best.id != ni.self {
			t.Fatalf("won by %v, %v", best.id, err)
		}
		best.stream.Reset()
	})
	t.Run("those returned before come last", func(t *testing.T) {
		nj := start(t, joiner, nil, func(c *Config) { c.tune = tuning{joinGrace: time.Hour} })
		nj.handOut(ni.self)
		s := search(nj, nil)
		s.found(peer.AddrInfo{ID: ni.self, Addrs: ni.node.Addrs()})
		s.found(peer.AddrInfo{ID: nm.self, Addrs: nm.node.Addrs()})
		best, err := s.wait(true)
		if err != nil || best.id != nm.self {
			t.Fatalf("won by %v, %v", best.id, err)
		}
		best.stream.Reset()
	})
}

// The answer written last must arrive although the connection ends with it.
func TestTheLastWordOfAJoinArrives(t *testing.T) {
	member, joiner := newDevice(t), newDevice(t)
	answer := make([]byte, 64<<10)
	nm := start(t, member, rosterOf(member), func(c *Config) {
		c.StrangersWelcome = func([]byte) bool { return true }
		c.OnJoin = func(_ context.Context, s Stream, _ []byte, _ func()) { s.Write(answer) }
	})
	nj := start(t, joiner, nil)
	s, _, err := nj.DialJoin(t.Context(), JoinTarget{Addrs: nm.Addrs()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got := 0
	for buf := make([]byte, 8<<10); got < len(answer); {
		n, err := s.Read(buf)
		if got += n; err != nil && got < len(answer) {
			t.Fatalf("after %d bytes: %v", got, err)
		}
	}
	if nj.swarm.Connectedness(nm.self) != network.Connected {
		t.Error("the connection is gone while the stream is open")
	}
}

// The same the other way round; afterwards the joiner parts from the stranger.
func TestTheJoinersLastWordArrivesAndTheConnectionEnds(t *testing.T) {
	word := make([]byte, 64<<10)
	arrived := make(chan int, 1)
	member, closed := newDevice(t), make(chan struct{})
	nm := start(t, member, rosterOf(member), func(c *Config) {
		c.StrangersWelcome = func([]byte) bool { return true }
		c.tune = tuning{joinLinger: time.Hour}
		c.OnJoin = func(_ context.Context, s Stream, _ []byte, _ func()) {
			<-closed
			n, _ := io.Copy(io.Discard, s)
			arrived <- int(n)
		}
	})
	nj := start(t, newDevice(t), nil, func(c *Config) { c.tune = tuning{joinLinger: 300 * time.Millisecond} })
	for _, form := range []string{"full", "full quic"} {
		closed = make(chan struct{})
		s, _, err := nj.DialJoin(t.Context(), JoinTarget{Addrs: []string{addressOf(t, nm, form)}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		conn := nj.swarm.ConnsToPeer(nm.self)[0]
		s.Write(word)
		s.Close()
		close(closed)
		if n := next(t, arrived, form); n != len(word) {
			t.Errorf("%s: %d bytes arrived", form, n)
		}
		waitClosed(t, conn)
		if nj.invited(nm.self) {
			t.Error("the gate is still open")
		}
	}
}

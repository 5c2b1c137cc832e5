package p2p

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/protocol/identify"

	"tongzhou/sync/op"
)

// telling tells devices that lost access so, in one byte.
func telling(told chan<- op.DeviceID) func(*Config) {
	return func(c *Config) {
		c.OnFormer = func(_ context.Context, dev op.DeviceID, s Stream) {
			s.Write([]byte{9})
			told <- dev
		}
	}
}

// J9, R16, R20: a device that lost access is let in to be told so, on the protocol that it speaks anyway; it gets nothing else, is
// not dialled, and its visits are counted.
func TestADeviceThatLostAccessIsTold(t *testing.T) {
	member, lost := newDevice(t), newDevice(t)
	rm := rosterOf(member)
	rm.lose(lost)
	told := make(chan op.DeviceID, 16)
	nm := start(t, member, rm, telling(told), func(c *Config) { c.tune = tuning{joinLinger: time.Millisecond} })

	rl := rosterOf(lost) // still believes in the team
	rl.set(member, nm.Addrs()...)
	heard := make(chan byte, 16)
	nl := start(t, lost, rl, func(c *Config) {
		c.OnSync = func(_ context.Context, _ op.DeviceID, s Stream, _ bool) {
			b := make([]byte, 1)
			if _, err := io.ReadFull(s, b); err == nil {
				heard <- b[0]
			}
		}
	})
	if dev := next(t, told, "telling"); dev != lost.id {
		t.Fatalf("told %s", dev)
	}
	if b := next(t, heard, "the word"); b != 9 {
		t.Fatalf("heard %d", b)
	}
	if len(nm.begun) > 0 || len(nm.Peers()) > 0 {
		t.Errorf("taken for a mate: %d conversations, peers %+v", len(nm.begun), nm.Peers())
	}
	if protocols, _ := nm.node.Peerstore().GetProtocols(nl.self); len(protocols) > 0 {
		t.Errorf("identify ran with it: %v", protocols)
	}
	for _, id := range []protocol.ID{joinProtocol, identify.ID, "/tongzhou/other/1"} {
		conn, err := nl.swarm.DialPeer(t.Context(), nm.self)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := openStream(t.Context(), conn, id); err == nil {
			s.SetReadDeadline(time.Now().Add(soon))
			if _, err := io.ReadFull(s, make([]byte, 1)); err == nil {
				t.Errorf("answered on %s", id)
			}
		}
	}
}

// A conversation that runs while its device loses access is not cut off before the device could hear why, and is a short time
// later.
func TestTheConversationOfADeviceThatLosesAccess(t *testing.T) {
	for name, tell := range map[string]time.Duration{"hears it": time.Hour, "says nothing": 50 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			member, lost := newDevice(t), newDevice(t)
			rm, rl := rosterOf(member), rosterOf(lost)
			release, over := make(chan struct{}), make(chan error, 1)
			begun := make(chan struct{}, 1)
			nm := start(t, member, rm, telling(make(chan op.DeviceID, 16)), func(c *Config) {
				c.tune = tuning{tellTime: tell, joinLinger: time.Millisecond}
				c.OnSync = func(ctx context.Context, _ op.DeviceID, s Stream, _ bool) {
					begun <- struct{}{}
					select {
					case <-release:
						_, err := s.Write([]byte{9})
						over <- errors.Join(ctx.Err(), err)
					case <-ctx.Done():
						over <- ctx.Err()
					}
				}
			})
			rl.set(member, nm.Addrs()...)
			rm.set(lost)
			nm.Refresh()
			start(t, lost, rl, func(c *Config) {
				c.OnSync = func(ctx context.Context, _ op.DeviceID, s Stream, _ bool) { io.Copy(io.Discard, s) }
			})
			next(t, begun, "conversation")
			rm.lose(lost)
			nm.reconcile()
			if tell < time.Second {
				if err := next(t, over, "end"); !errors.Is(err, context.Canceled) {
					t.Errorf("ended with %v", err)
				}
				return
			}
			if len(over) > 0 {
				t.Fatal("cut off at once")
			}
			close(release)
			if err := next(t, over, "end"); err != nil {
				t.Errorf("could not tell: %v", err)
			}
		})
	}
}

// Once it has proven its right, a newcomer has the time that a person needs.
func TestAProvenStrangerMayTakeTime(t *testing.T) {
	for name, proves := range map[string]bool{"proven": true, "not proven": false} {
		t.Run(name, func(t *testing.T) {
			release, over := make(chan struct{}), make(chan error, 1)
			nm := start(t, newDevice(t), rosterOf(), func(c *Config) {
				c.tune = tuning{joinTime: 300 * time.Millisecond, joinPatience: time.Hour}
				c.StrangersWelcome = func([]byte) bool { return true }
				c.OnJoin = func(ctx context.Context, _ Stream, _ []byte, proven func()) {
					if proves {
						proven()
						<-release
					} else {
						<-ctx.Done()
					}
					over <- ctx.Err()
				}
			})
			nj := start(t, newDevice(t), nil)
			s, _, err := nj.DialJoin(t.Context(), JoinTarget{Addrs: nm.Addrs()}, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Reset()
			if proves {
				<-time.After(600 * time.Millisecond)
				close(release)
			}
			if err := next(t, over, "end of OnJoin"); (err == nil) != proves {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

// A link names the only device that may answer it.
func TestDialJoinOnlyThatDevice(t *testing.T) {
	wanted, other := newDevice(t), newDevice(t)
	asked := make(chan struct{}, 8)
	open := func(c *Config) {
		c.StrangersWelcome = func([]byte) bool { return true }
		c.OnJoin = func(_ context.Context, s Stream, _ []byte, _ func()) { asked <- struct{}{}; s.Write([]byte{1}) }
	}
	no := start(t, other, rosterOf(), open)
	nj := start(t, newDevice(t), nil)
	_, _, err := nj.DialJoin(t.Context(), JoinTarget{Addrs: no.Addrs(), Only: wanted.pub()}, nil)
	if !errors.Is(err, ErrBadAddress) || len(asked) > 0 {
		t.Fatalf("another device: %v", err)
	}
	nw := start(t, wanted, rosterOf(), open)
	s, pub, err := nj.DialJoin(t.Context(), JoinTarget{Addrs: append(no.Addrs(), nw.Addrs()...), Only: wanted.pub()}, nil)
	if err != nil || string(pub) != string(wanted.pub()) {
		t.Fatalf("%x, %v", pub, err)
	}
	s.Reset()
}

// Who is not let in hears that somebody was there.
func TestNotLetInIsNotNobody(t *testing.T) {
	closed := start(t, newDevice(t), rosterOf())
	nj := start(t, newDevice(t), nil)
	for _, addr := range closed.Addrs() {
		_, _, err := nj.DialJoin(t.Context(), JoinTarget{Addrs: []string{addr}}, nil)
		if !errors.Is(err, ErrUnreachable) || !errors.Is(err, ErrRejected) {
			t.Errorf("%s: %v", addr, err)
		}
	}
	gone := "/ip4/127.0.0.1/tcp/1/p2p/" + newDevice(t).peerID(t).String()
	if _, _, err := nj.DialJoin(t.Context(), JoinTarget{Addrs: []string{gone}}, nil); errors.Is(err, ErrRejected) || !errors.Is(err, ErrUnreachable) {
		t.Errorf("nobody: %v", err)
	}
}

// A member who returns is known by the key: no invitation need be open.
func TestWelcomeByKey(t *testing.T) {
	known, other := newDevice(t), newDevice(t)
	nm := start(t, newDevice(t), rosterOf(), func(c *Config) {
		c.StrangersWelcome = func(pub []byte) bool { return string(pub) == string(known.pub()) }
		c.OnJoin = func(_ context.Context, s Stream, _ []byte, _ func()) { s.Write([]byte{1}) }
	})
	s, _, err := start(t, known, nil).DialJoin(t.Context(), JoinTarget{Addrs: nm.Addrs()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Reset()
	if _, _, err := start(t, other, nil).DialJoin(t.Context(), JoinTarget{Addrs: nm.Addrs()}, nil); !errors.Is(err, ErrRejected) {
		t.Errorf("another key: %v", err)
	}
}

// A device that lost access has one stream at a time, and comes no more often than a stranger.
func TestADeviceThatLostAccessIsAStranger(t *testing.T) {
	member, lost := newDevice(t), newDevice(t)
	rm := rosterOf(member)
	rm.lose(lost)
	told := make(chan op.DeviceID, 16)
	nm := start(t, member, rm, func(c *Config) {
		c.tune = tuning{knocksByIP: rate{burst: 8, interval: time.Hour}, joinLinger: time.Millisecond}
		c.OnFormer = func(ctx context.Context, dev op.DeviceID, s Stream) {
			told <- dev
			<-ctx.Done()
		}
	})
	key, err := crypto.UnmarshalEd25519PrivateKey(lost.key)
	if err != nil {
		t.Fatal(err)
	}
	s := newStranger(t, libp2p.Identity(key)) // it opens nothing by itself
	dial := func() (network.Conn, error) { return s.dial(t, nm) }
	conn, err := dial()
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := exchange(t.Context(), conn, mark{1, 1}); err != nil {
		t.Fatal(err)
	}
	next(t, told, "telling")
	if _, _, err := exchange(t.Context(), conn, mark{1, 2}); err == nil {
		t.Error("two at a time")
	}
	for visit := 2; ; visit++ {
		if err := s.Network().ClosePeer(nm.self); err != nil {
			t.Fatal(err)
		}
		conn, err := dial()
		if err == nil {
			_, _, err = exchange(t.Context(), conn, mark{1, uint64(visit + 1)})
		}
		if err != nil {
			if visit < 4 { // each dials over TCP and QUIC at once
				t.Errorf("visit %d: %v", visit, err)
			}
			return
		}
		if visit > 8 {
			t.Fatal("comes as often as it likes")
		}
	}
}

package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
	"time"

	"tongzhou/sync/op"
	"tongzhou/sync/p2p"
)

// echoHost is a bare libp2p stream between two processes: the floor of live messages.
type echoHost struct {
	pub, peer []byte
	addrs     []string
	h         *p2p.Host
	stream    chan p2p.Stream
	done      chan struct{}
}

func (e *echoHost) DeviceByPeer(pub []byte) (op.DeviceID, bool) {
	return op.DeviceIDOf(pub), string(pub) == string(e.peer)
}

func (e *echoHost) Devices() []p2p.RosterDevice {
	if e.peer == nil {
		return nil
	}
	return []p2p.RosterDevice{{ID: op.DeviceIDOf(e.peer), PeerPub: e.peer, Addrs: e.addrs}}
}

// FormerByPeer implements p2p.Roster: nobody left.
func (e *echoHost) FormerByPeer([]byte) (op.DeviceID, bool) { return op.DeviceID{}, false }

// serveEcho opens a host. Without q.Link it only tells its key and addresses; with it (the other's) it knows its peer.
func (m *member) serveEcho(q request) (reply, error) {
	if m.echo == nil {
		pub, priv, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return reply{}, err
		}
		e := &echoHost{pub: pub, stream: make(chan p2p.Stream, 1), done: make(chan struct{})}
		e.h, err = p2p.New(context.Background(), p2p.Config{
			Key: priv, Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Roster: e, Self: op.DeviceIDOf(pub),
			OnSync: func(_ context.Context, _ op.DeviceID, s p2p.Stream, initiator bool) {
				if q.Name == "server" {
					_, _ = io.Copy(s, s)
					return
				}
				e.stream <- s
				<-e.done
			},
		})
		if err != nil {
			return reply{}, err
		}
		m.echo = e
	}
	if q.Link != "" {
		pub, err := base64.StdEncoding.DecodeString(q.Link)
		if err != nil {
			return reply{}, err
		}
		m.echo.peer, m.echo.addrs = pub, q.IDs
		m.echo.h.UseTeam(m.echo, "", op.DeviceIDOf(m.echo.pub))
	}
	return reply{Text: base64.StdEncoding.EncodeToString(m.echo.pub) + " " + m.echo.h.Addrs()[0]}, nil
}

// ping measures q.N round trips of 200 bytes, in ms.
func (m *member) ping(q request) (reply, error) {
	var s p2p.Stream
	select {
	case s = <-m.echo.stream:
	case <-time.After(20 * time.Second):
		return reply{}, errors.New("no connection")
	}
	defer close(m.echo.done)
	var out reply
	buf := make([]byte, 200)
	for range q.N {
		t := time.Now()
		if _, err := s.Write(buf); err != nil {
			return out, err
		}
		if _, err := io.ReadFull(s, buf); err != nil {
			return out, err
		}
		out.Values = append(out.Values, float64(time.Since(t).Nanoseconds())/1e6)
	}
	return out, nil
}

package apptest

import (
	"context"
	"net"
	"sync"
	"time"

	"tongzhou/sync/op"
	"tongzhou/sync/session"
	"tongzhou/sync/stream"
)

// Link is a running conversation.
type Link struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
	a, b   net.Conn
}

// Connect starts a conversation between two members.
func Connect(a, b *Member) *Link {
	ca, cb := net.Pipe()
	return ConnectOver(a, b, ca, cb)
}

// ConnectOver starts a conversation over a given pair of streams.
func ConnectOver(a, b *Member, ca, cb net.Conn) *Link {
	l := &Link{a: ca, b: cb}
	ctx, cancel := context.WithCancel(context.Background())
	l.cancel = cancel
	l.done.Go(func() { a.Converse(ctx, l.a, b.Device()) })
	l.done.Go(func() { b.Converse(ctx, l.b, a.Device()) })
	return l
}

// Stop ends the conversation, as a cut cable would.
func (l *Link) Stop() {
	_ = l.a.Close()
	_ = l.b.Close()
	l.cancel()
	l.done.Wait()
}

// Converse speaks with the device at the other end of c until the conversation ends, and returns why.
func (m *Member) Converse(ctx context.Context, c stream.Stream, peer op.DeviceID) error {
	s := session.New(session.Config{
		Replica: m.R, Peer: peer, App: "test", Now: m.Now, Log: m.Log, Claims: m.Claims, Turn: turnOf(c),
		OnStatus: func(st session.Status) {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.status[peer] = st
		},
	})
	m.R.SetOnline(peer, 1)
	err := s.Run(ctx, c)
	m.R.SetOnline(peer, -1)
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.status, peer)
	m.ends = append(m.ends, err)
	return err
}

// turnOf is how a simulated stream lets those wait who use it; nil for others.
func turnOf(c stream.Stream) func(writing bool) {
	if e, ok := c.(interface{ Turn(writing bool) }); ok {
		return e.Turn
	}
	return nil
}

// Status is the state of the conversation with another member.
func (m *Member) Status(o *Member) session.Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.status[o.Device()]
}

// InSync tells whether both ends of a conversation say so.
func InSync(a, b *Member) bool {
	return a.Status(b).State == session.InSync && b.Status(a).State == session.InSync
}

// Ends are the reasons why conversations ended.
func (m *Member) Ends() []error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]error(nil), m.ends...)
}

// Eventually waits for a condition that other goroutines bring about.
func Eventually(t TB, what string, cond func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
		<-tick.C
	}
}

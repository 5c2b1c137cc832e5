package p2p

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/multiformats/go-multistream"
)

// The protocols of this package. A change that old versions cannot follow gets
// a new number.
const (
	syncProtocol protocol.ID = "/tongzhou/sync/1"
	joinProtocol protocol.ID = "/tongzhou/join/1"
	// relayProtocol is spoken with a relay of the team.
	relayProtocol protocol.ID = "/tongzhou/relay/1"
	// aliveProtocol is spoken by nobody: its refusal shows that somebody is there.
	aliveProtocol protocol.ID = "/tongzhou/alive/1"
)

// traffic counts what went between this device and one other in this run.
type traffic struct {
	in, out atomic.Uint64
	seen    atomic.Int64 // Unix nanoseconds of the last byte received; 0: never
}

func (t *traffic) lastSeen() time.Time {
	if ns := t.seen.Load(); ns != 0 {
		return time.Unix(0, ns)
	}
	return time.Time{}
}

// countedStream is the Stream that callers get.
type countedStream struct {
	network.Stream
	traffic *traffic
	now     func() time.Time
}

var _ Stream = (*countedStream)(nil)

func (s *countedStream) Read(p []byte) (int, error) {
	n, err := s.Stream.Read(p)
	if n > 0 {
		s.traffic.in.Add(uint64(n))
		s.traffic.seen.Store(s.now().UnixNano())
	}
	return n, err
}

func (s *countedStream) Write(p []byte) (int, error) {
	n, err := s.Stream.Write(p)
	s.traffic.out.Add(uint64(n))
	return n, err
}

// openStream opens a stream on an existing connection and agrees on the
// protocol, within ctx. It does without libp2p's identify, which strangers
// refuse each other.
func openStream(ctx context.Context, c network.Conn, id protocol.ID) (network.Stream, error) {
	s, err := c.NewStream(network.WithAllowLimitedConn(ctx, "conversation"))
	if err != nil {
		return nil, fmt.Errorf("open stream: %w", err)
	}
	if err := s.SetProtocol(id); err != nil {
		s.Reset()
		return nil, fmt.Errorf("open stream: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { s.Reset() })
	err = multistream.SelectProtoOrFail(id, s)
	if !stop() {
		return nil, fmt.Errorf("agree on %s: %w", id, context.Cause(ctx))
	}
	if err != nil {
		s.Reset()
		return nil, fmt.Errorf("agree on %s: %w", id, err)
	}
	return s, nil
}

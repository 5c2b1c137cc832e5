package apptest

import (
	"encoding/binary"
	"fmt"
	"net"
	"runtime"
	"sync"

	"tongzhou/sync/wire"
)

// Tap is one end of a stream whose outgoing messages a test sees, may drop, and may cut off.
type Tap struct {
	net.Conn
	// Keep, if not nil, says whether a message is passed on. It may close the stream.
	Keep func(m wire.Message) bool

	mu   sync.Mutex
	sent []wire.Message
	raw  []byte // everything passed on
}

// Write passes whole packets on; a session writes one a call.
func (t *Tap) Write(p []byte) (int, error) {
	m, err := wire.Decode(wire.Type(p[4]), p[5:])
	if err != nil || int(binary.BigEndian.Uint32(p)) != len(p)-4 {
		return 0, err
	}
	if t.Keep != nil && !t.Keep(m) {
		return len(p), nil
	}
	t.mu.Lock()
	t.sent = append(t.sent, m)
	t.raw = append(t.raw, p...)
	t.mu.Unlock()
	return t.Conn.Write(p)
}

// Raw is every byte that went out.
func (t *Tap) Raw() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]byte(nil), t.raw...)
}

// Sizes are the bytes that went out, by type of message.
func (t *Tap) Sizes() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := map[string]int{}
	for _, m := range t.sent {
		if b, err := wire.Encode(nil, m); err == nil {
			out[fmt.Sprintf("%T", m)] += len(b)
		}
	}
	return out
}

// Sent are the messages of one type that went out.
func Sent[M wire.Message](t *Tap) (out []M) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, m := range t.sent {
		if x, ok := m.(M); ok {
			out = append(out, x)
		}
	}
	return out
}

// Tapped starts a conversation between two members whose words are recorded.
func Tapped(a, b *Member) (l *Link, fromA, fromB *Tap) {
	ca, cb := net.Pipe()
	fromA, fromB = &Tap{Conn: ca}, &Tap{Conn: cb}
	return ConnectOver(a, b, fromA, fromB), fromA, fromB
}

// heap is how many bytes are in use, after what is not needed any more was let go.
func heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

package apptest

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"tongzhou/sync/join"
)

// door lets newcomers in to a member's team, as the app does.
type door struct {
	m    *Member
	once sync.Once
	door *join.Door
}

// answer serves one stream and returns what became of it.
func (d *door) answer(c net.Conn, newcomer []byte) <-chan error {
	out := make(chan error, 1)
	go func() {
		d.once.Do(func() { d.door = &join.Door{Host: d.m.R, Now: d.m.Now} })
		_, err := d.door.Answer(context.Background(), c, newcomer, nil)
		_ = c.Close()
		out <- err
	}()
	return out
}

// entrant is somebody outside of a team with a right to get in.
type entrant interface {
	// transport is the key that the member sees at the other end of the stream.
	transport() []byte
	// ask goes through the conversation over c. A database that an earlier attempt left is used again.
	ask(c io.ReadWriter, member []byte) error
}

// receiver is the part of joining that all ways into a team share.
func (m *Member) receiver(ctx context.Context) join.Receiver {
	return join.Receiver{
		Identity: m.ID,
		Begin: func() error {
			if m.R != nil {
				return nil
			}
			return m.TryOpen()
		},
		Take:   func(raw []byte) error { return m.R.TakeOps(ctx, raw) },
		OnStep: func(join.Step, uint64, uint64) {},
	}
}

// visit is a whole attempt.
func visit(d *door, e entrant) (mine, theirs error) {
	a, b := net.Pipe()
	return attempt(d, e, a, b)
}

// attempt is one over the given ends of a stream.
func attempt(d *door, e entrant, a, b net.Conn) (mine, theirs error) {
	answered := d.answer(b, e.transport())
	mine = e.ask(a, d.m.peerPub())
	_ = a.Close()
	return mine, <-answered
}

// cutOffAnywhere cuts an attempt off at every message of either side, and looks at what a second one comes to, which must
// succeed. Each time it is another door and another entrant.
func cutOffAnywhere(t *testing.T, scene func() (*door, entrant), check func(*door, entrant)) {
	t.Helper()
	for side := range 2 {
		for cut := 0; ; cut++ {
			d, e := scene()
			x, y := net.Pipe()
			ends := []net.Conn{x, y}
			ends[side] = &rewriterConn{Conn: ends[side], rewriter: rewriter{ReadWriter: ends[side], change: func(n int, b []byte) []byte {
				if n == cut {
					_ = x.Close()
					_ = y.Close()
				}
				return b
			}}}
			first, _ := attempt(d, e, ends[0], ends[1])
			if first == nil && cut < 3 {
				t.Fatalf("side %d was not cut off at %d", side, cut)
			}
			if mine, theirs := visit(d, e); mine != nil || theirs != nil {
				t.Fatalf("side %d, cut off at %d, came again: %v, %v", side, cut, mine, theirs)
			}
			t.Logf("side %d, cut off at %d", side, cut)
			check(d, e)
			if first == nil {
				break
			}
		}
	}
}

// overhear returns what an entrant said, whom it cut off before the proof arrived.
func overhear(t *testing.T, d *door, e entrant) (said [][]byte) {
	t.Helper()
	x, y := net.Pipe()
	tap := &rewriterConn{Conn: x, rewriter: rewriter{ReadWriter: x, change: func(n int, b []byte) []byte {
		said = append(said, b)
		if n == 1 {
			_ = x.Close()
		}
		return b
	}}}
	if mine, _ := attempt(d, e, tap, y); mine == nil {
		t.Fatal("not cut off")
	}
	return said
}

// replay says to the door what was said before, and returns what became of it.
func replay(t *testing.T, d *door, transport []byte, said [][]byte) error {
	t.Helper()
	x, y := net.Pipe()
	defer x.Close()
	answered := d.answer(y, transport)
	for _, b := range said {
		if _, err := x.Write(b); err != nil {
			t.Fatal(err)
		}
		if _, err := readMessage(x); err != nil {
			t.Fatal(err)
		}
	}
	return <-answered
}

func refusedWith(err error, code string) bool {
	var no *join.Refused
	return errors.As(err, &no) && no.Code == code
}

// rewriter changes the messages that one side writes; a side writes one a call.
type rewriter struct {
	io.ReadWriter
	change func(n int, b []byte) []byte
	n      int
}

func (r *rewriter) Write(b []byte) (int, error) {
	out := r.change(r.n, append([]byte(nil), b...))
	r.n++
	if _, err := r.ReadWriter.Write(out); err != nil {
		return 0, err
	}
	return len(b), nil
}

type rewriterConn struct {
	net.Conn
	rewriter
}

func (r *rewriterConn) Read(b []byte) (int, error)  { return r.Conn.Read(b) }
func (r *rewriterConn) Write(b []byte) (int, error) { return r.rewriter.Write(b) }

func replace(t *testing.T, b, from, to []byte) []byte {
	t.Helper()
	if strings.Count(string(b), string(from)) != 1 {
		t.Fatal("nothing to replace")
	}
	return []byte(strings.Replace(string(b), string(from), string(to), 1))
}

func readMessage(r io.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	b := make([]byte, binary.BigEndian.Uint32(head[:]))
	_, err := io.ReadFull(r, b)
	return b, err
}

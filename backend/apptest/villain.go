package apptest

import (
	"bufio"
	"context"
	"net"
	"sync"
	"time"

	"tongzhou/sync/oplog"
	"tongzhou/sync/wire"
)

// Villain is a member's device that speaks the protocol by hand. Its replica writes honest ops to begin with; what goes over
// the wire is up to the test.
type Villain struct {
	*Member
	Victim *Member
	Heard  chan wire.Message // everything the victim says, in order; closed at the end
	c      net.Conn
	end    chan error    // why the victim's conversation ended
	read   chan struct{} // closed when everything it said was read

	mu     sync.Mutex // guards what follows
	all    []wire.Message
	forget bool          // what the victim says is read and not kept
	deaf   chan struct{} // not nil: nothing is read until it is closed
}

// Forget stops keeping what the victim says, for tests that measure memory.
func (v *Villain) Forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.forget = true
}

// Deaf stops reading what the victim says.
func (v *Villain) Deaf() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.deaf = make(chan struct{})
}

// NewVillain makes somebody join through victim and opens a stream to it, without saying anything.
func NewVillain(t TB, victim *Member) *Villain {
	t.Helper()
	m := victim.Join("villain")
	victim.Heal() // so that later it has nothing to write by itself
	victim.Copy(m)
	return m.AgainstFrom(t, victim)
}

// AgainstFrom opens a stream from m to victim, on which m speaks by hand.
func (m *Member) AgainstFrom(t TB, victim *Member) *Villain {
	v := &Villain{Member: m, Victim: victim, Heard: make(chan wire.Message, 1<<16), end: make(chan error, 1), read: make(chan struct{})}
	var theirs net.Conn
	v.c, theirs = net.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { v.end <- victim.Converse(ctx, theirs, m.Device()) })
	done.Go(v.listen)
	t.Cleanup(func() {
		_ = v.c.Close()
		v.mu.Lock()
		if v.deaf != nil {
			close(v.deaf)
		}
		v.mu.Unlock()
		cancel()
		done.Wait()
	})
	return v
}

// listen reads what the victim says for as long as it speaks.
func (v *Villain) listen() {
	defer close(v.read)
	defer close(v.Heard)
	r := wire.NewReader(bufio.NewReader(v.c))
	for {
		m, _, err := r.Next()
		if err != nil {
			return
		}
		v.mu.Lock()
		forget, deaf := v.forget, v.deaf
		if !forget {
			v.all = append(v.all, m)
		}
		v.mu.Unlock()
		if deaf != nil {
			<-deaf
			return
		}
		if !forget {
			v.Heard <- m
		}
	}
}

// Said counts the messages of one type that the victim has sent.
func Said[M wire.Message](v *Villain) (out []M) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, m := range v.all {
		if x, ok := m.(M); ok {
			out = append(out, x)
		}
	}
	return out
}

// Next waits for a message of one type.
func Next[M wire.Message](v *Villain) M {
	v.T.Helper()
	limit := time.After(20 * time.Second)
	for {
		select {
		case m, ok := <-v.Heard:
			if !ok {
				v.T.Fatalf("the victim ended: %v", v.End())
			}
			if x, ok := m.(M); ok {
				return x
			}
		case <-limit:
			var none M
			v.T.Fatalf("no %T came", none)
		}
	}
}

// Say sends messages. An error is the victim's closing the stream.
func (v *Villain) Say(ms ...wire.Message) error {
	for _, m := range ms {
		b, err := wire.Encode(nil, m)
		if err != nil {
			v.T.Fatal(err)
		}
		if err := v.Bytes(b); err != nil {
			return err
		}
	}
	return nil
}

// Bytes sends anything.
func (v *Villain) Bytes(b []byte) error {
	_, err := v.c.Write(b)
	return err
}

// Greeting is an honest Hello.
func (v *Villain) Greeting() *wire.Hello {
	tag := v.ID.TeamSecret.ScopeTag([16]byte(v.ID.Team))
	return &wire.Hello{
		Version: wire.Version, Team: [8]byte(tag[:8]), Store: v.R.Feeds().StoreID(), LSeq: v.R.Feeds().LSeq(),
		AuthDigest: v.R.AuthDigest(), ClockMS: v.Now().UnixMilli(), App: "villain",
	}
}

// Hello greets honestly and answers the victim's question with "nothing new", so that both are at rest. The villain must hold
// the victim's control log.
func (v *Villain) Hello() {
	v.T.Helper()
	if err := v.Say(v.Greeting()); err != nil {
		v.T.Fatal(err)
	}
	for {
		s := Next[*wire.Since](v)
		if err := v.Say(&wire.Delta{Control: s.Control, UpTo: 1}); err != nil {
			v.T.Fatal(err)
		}
		if !s.Control {
			return
		}
	}
}

// Barrier returns when the victim has handled everything that was said before: it answers a question.
func (v *Villain) Barrier() {
	v.T.Helper()
	if err := v.Say(&wire.Since{LSeq: 1 << 60}); err != nil {
		v.T.Fatalf("the victim ended: %v", v.End())
	}
	Next[*wire.Delta](v)
}

// State describes a feed.
func (v *Villain) State(f *oplog.Feed) wire.FeedState { return wire.State(f) }

// Have announces feeds.
func (v *Villain) Have(feeds ...wire.FeedState) {
	v.T.Helper()
	if err := v.Say(&wire.Have{Feeds: feeds}); err != nil {
		v.T.Fatalf("the victim ended: %v", v.End())
	}
}

// Frame makes a frame of ops.
func Frame(t TB, raw []byte) *wire.Frame {
	t.Helper()
	return &wire.Frame{Ops: Parse(t, raw), Raw: raw}
}

// End waits until the victim's conversation has ended and its last words are read, unless the villain is deaf. It says why.
func (v *Villain) End() error {
	v.T.Helper()
	select {
	case err := <-v.end:
		v.end <- err
		v.mu.Lock()
		deaf := v.deaf != nil
		v.mu.Unlock()
		if !deaf {
			<-v.read
		}
		return err
	case <-time.After(10 * time.Minute): // of a made-up clock
		v.T.Fatalf("the conversation goes on")
		return nil
	}
}

// Close ends the conversation from the villain's side.
func (v *Villain) Close() {
	_ = v.c.Close()
	_ = v.End()
}

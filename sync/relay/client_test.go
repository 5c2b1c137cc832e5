package relay

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net"
	"testing"
	"time"

	"tongzhou/sync/op"
	"tongzhou/sync/wire"
)

// client is the device's end of a conversation.
type client struct {
	t       testing.TB
	m       machine
	conn    net.Conn
	in      chan wire.Message
	end     chan error // what Serve returned
	welcome *wire.RelayWelcome
	inbox   []wire.Message
}

// dial connects without saying anything.
func (w *world) dial(m machine) *client {
	w.t.Helper()
	mine, theirs := net.Pipe()
	c := &client{t: w.t, m: m, conn: mine, in: make(chan wire.Message, 1<<14), end: make(chan error, 1)}
	go func() { c.end <- w.relay.Serve(context.Background(), theirs, m.peer) }()
	go func() {
		defer close(c.in)
		r := wire.NewReader(mine)
		for {
			msg, _, err := r.Next()
			if err != nil {
				return
			}
			c.in <- msg
		}
	}()
	w.t.Cleanup(c.close)
	return c
}

// connect dials and exchanges the greetings.
func (w *world) connect(m machine) *client {
	w.t.Helper()
	c := w.dial(m)
	c.hello(w.team, w.token[:])
	return c
}

func (c *client) hello(team wire.TeamTag, token []byte) {
	c.t.Helper()
	c.send(&wire.RelayHello{Version: wire.RelayVersion, Team: team, Device: c.m.id, Token: token, App: "test"})
	c.welcome = expect[*wire.RelayWelcome](c)
}

func (c *client) close() { _ = c.conn.Close() }

// leave ends the conversation as a device does that goes off.
func (c *client) leave() {
	c.t.Helper()
	c.send(&wire.Bye{Reason: "off"})
	if err := c.ended(); err != nil {
		c.t.Errorf("a clean end: %v", err)
	}
}

func (c *client) send(m wire.Message) {
	c.t.Helper()
	b, err := wire.Encode(nil, m)
	if err != nil {
		c.t.Fatal(err)
	}
	c.raw(b)
}

func (c *client) raw(b []byte) {
	c.t.Helper()
	if err := c.conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.conn.Write(b); err != nil {
		c.t.Fatalf("write: %v", err)
	}
}

// expect waits for the next message of a type; others are kept for later.
func expect[M wire.Message](c *client) M {
	c.t.Helper()
	for i, m := range c.inbox {
		if want, ok := m.(M); ok {
			c.inbox = append(c.inbox[:i:i], c.inbox[i+1:]...)
			return want
		}
	}
	deadline := time.After(patience)
	for {
		select {
		case m, ok := <-c.in:
			if !ok {
				var want M
				c.t.Fatalf("the conversation ended before %T; before that came %s", want, kinds(c.inbox))
			}
			if want, ok := m.(M); ok {
				return want
			}
			c.inbox = append(c.inbox, m)
		case <-deadline:
			var want M
			c.t.Fatalf("%T does not come; what came: %s", want, kinds(c.inbox))
		}
	}
}

func kinds(ms []wire.Message) (out []string) {
	for _, m := range ms {
		out = append(out, fmt.Sprintf("%+v", m))
	}
	return out
}

// ended waits for the end of the conversation and returns why.
func (c *client) ended() error {
	c.t.Helper()
	select {
	case err := <-c.end:
		return err
	case <-time.After(patience):
		c.t.Fatal("the conversation does not end")
		return nil
	}
}

// expectRefusal waits for a refusal with a code.
func (c *client) expectRefusal(what wire.Message, code wire.RelayCode) {
	c.t.Helper()
	if r := expect[*wire.RelayRefused](c); r.What != wire.TypeOf(what) || r.Code != code || r.Text == "" {
		c.t.Errorf("refused: %+v, want %T with code %d", r, what, code)
	}
}

// capKey is a scope's cap of an epoch.
func capKey(tag op.ScopeTag, epoch byte) ed25519.PrivateKey {
	seed := sha256.Sum256(append(tag[:], epoch))
	return ed25519.NewKeyFromSeed(seed[:])
}

// prove makes the proof of a cap on this connection, signed by caps of earlier epochs.
func (c *client) prove(tag op.ScopeTag, epoch byte, parents ...byte) wire.RelayCap {
	priv := capKey(tag, epoch)
	pub := [32]byte(priv.Public().(ed25519.PublicKey))
	p := wire.RelayCap{Tag: tag, Ref: op.EpochRef{epoch}, Pub: pub}
	for _, n := range parents {
		parent := capKey(tag, n)
		p.Parents = append(p.Parents, wire.RelayParent{
			Pub: [32]byte(parent.Public().(ed25519.PublicKey)),
			Sig: [64]byte(ed25519.Sign(parent, wire.CapFollows(tag, pub))),
		})
	}
	p.Proof = [64]byte(ed25519.Sign(priv, wire.CapProof(c.welcome.Store, c.welcome.Nonce, c.m.id, tag, pub)))
	return p
}

// open proves caps and returns the state of each.
func (c *client) open(caps ...wire.RelayCap) (out []wire.ScopeState) {
	c.t.Helper()
	c.send(&wire.RelayCaps{Caps: caps})
	for _, s := range expect[*wire.RelayScopes](c).Scopes {
		out = append(out, s.State)
	}
	return out
}

// mustOpen proves caps that open their scopes fully.
func (c *client) mustOpen(caps ...wire.RelayCap) {
	c.t.Helper()
	for i, s := range c.open(caps...) {
		if s != wire.ScopeFull {
			c.t.Fatalf("cap %d: state %d", i, s)
		}
	}
}

// feed writes ops of a machine.
type feed struct {
	m    machine
	head op.Header
}

func newFeed(m machine, tag op.ScopeTag) *feed {
	return &feed{m: m, head: op.Header{Version: op.Version, Kind: op.Content, Scope: tag, Device: m.id, Incarnation: 1, Epoch: op.EpochRef{1}}}
}

// next makes the next n ops; text tells them apart from other versions of them.
func (f *feed) next(n int, text string) []op.Sealed {
	var out []op.Sealed
	for range n {
		f.head.Seq++
		s := op.Sign(f.head, binary.BigEndian.AppendUint64([]byte(text), f.head.Seq), f.m.sign)
		f.head.Prev = s.ID()
		out = append(out, s)
	}
	return out
}

func frame(ops ...op.Sealed) *wire.Frame {
	f := &wire.Frame{}
	for i := range ops {
		f.Raw = ops[i].AppendTo(f.Raw)
	}
	return f
}

// put stores ops and waits for the acknowledgement.
func (c *client) put(ops ...op.Sealed) {
	c.t.Helper()
	c.send(frame(ops...))
	last := &ops[len(ops)-1]
	for {
		for _, f := range expect[*wire.Ack](c).Feeds {
			if f.Key() == wire.KeyOf(&last.Header) && f.Len >= last.Seq {
				return
			}
		}
	}
}

// since asks what there is and returns the list and the cursor.
func (c *client) since(lseq int64) (feeds []wire.FeedState, upTo int64) {
	c.t.Helper()
	c.send(&wire.Since{LSeq: lseq})
	for {
		d := expect[*wire.Delta](c)
		feeds = append(feeds, d.Feeds...)
		if !d.More {
			return feeds, d.UpTo
		}
	}
}

// fetch gets ops of a feed.
func (c *client) fetch(f wire.FeedState, from uint64) (raw []byte) {
	c.t.Helper()
	c.send(&wire.Want{Tag: f.Tag, Device: f.Device, Incarnation: f.Incarnation, From: from, To: f.Len})
	for next := from; next <= f.Len; {
		got := expect[*wire.Frame](c)
		if got.Ops[0].Seq != next {
			c.t.Fatalf("op %d comes, want %d", got.Ops[0].Seq, next)
		}
		next += uint64(len(got.Ops))
		raw = append(raw, got.Raw...)
		c.send(&wire.Credit{Bytes: uint32(len(got.Raw))})
	}
	return raw
}

// found sets up a team of machines: the first is admin and sends the roster.
func (w *world) found(ms ...machine) (roster []byte, admin *client) {
	w.t.Helper()
	admin = w.connect(ms[0])
	if admin.welcome.State != wire.RelayNeedsRoster {
		w.t.Fatalf("state %d before the first roster", admin.welcome.State)
	}
	roster = w.roster(1, nil, ms[0], ms...)
	admin.send(&wire.RelayRoster{Raw: roster})
	if is := expect[*wire.RelayRosterIs](admin); is.Gen != 1 || is.Hash != wire.HashRoster(roster) || is.State != wire.RelayOK {
		w.t.Fatalf("after the first roster: %+v", is)
	}
	return roster, admin
}

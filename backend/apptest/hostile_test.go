package apptest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
	"tongzhou/sync/session"
	"tongzhou/sync/wire"
)

// assault lets a villain loose on a, while b talks to a honestly. The conversation with the villain has to end with a reason that
// contains want, told to the villain where it still listens; nothing may be stored; b must not notice.
type assault struct {
	a, b *Member
	v    *Villain
	rows string
}

func newAssault(t *testing.T) *assault {
	t.Helper()
	a := Found(t, "a")
	x := &assault{a: a, b: a.Join("b")}
	x.v = NewVillain(t, a)
	Exchange(a, x.b)
	x.v.CopyControl(x.b)
	l := Connect(a, x.b)
	t.Cleanup(l.Stop)
	Eventually(t, "a and b are in sync", func() bool { return InSync(a, x.b) })
	<-time.After(3 * time.Second) // of the bubble: receipts are told
	synctest.Wait()
	x.rows = x.stored()
	return x
}

// stored counts what the victim has stored.
func (x *assault) stored() string {
	out := ""
	for _, t := range []string{"op", "feed", "register", "fork", "scope", "epoch", "entity_op", "note", "title", "mark"} {
		out += fmt.Sprintf("%s %d, ", t, x.a.Rows(t))
	}
	return out
}

// unharmed checks that nothing was stored and that others go on.
func (x *assault) unharmed(t *testing.T) {
	t.Helper()
	synctest.Wait()
	if after := x.stored(); after != x.rows {
		t.Errorf("stored: before %s\nafter %s", x.rows, after)
	}
	x.othersGoOn(t)
}

func (x *assault) othersGoOn(t *testing.T) {
	t.Helper()
	company := x.a.R.CompanyScope()
	x.b.Note(company, "all is well")
	x.a.Note(company, "indeed")
	Eventually(t, "a and b go on", func() bool {
		return x.a.Company() == x.b.Company() && x.a.Count(`SELECT count(*) FROM note WHERE text = 'all is well'`) == 1
	})
	if n := len(x.b.Ends()); n > 0 {
		t.Errorf("the honest conversation ended: %v", x.b.Ends())
	}
}

// repelled checks that the conversation ended with a reason.
func (x *assault) repelled(t *testing.T, want string) {
	t.Helper()
	err := x.v.End()
	if !errors.Is(err, session.ErrPeer) || !strings.Contains(err.Error(), want) {
		t.Errorf("ended with %v, want %q", err, want)
	}
}

// forgedOp is an honest note of the villain that nobody has yet.
func (x *assault) forgedOp(inc uint32) op.Sealed {
	return x.v.Forge(x.a.R.CompanyScope(), inc).Note(x.v.R.Clock().Now(), "evil")
}

// S16, S17: each of these ends the conversation with a reason, told to the peer; nothing is stored; others go on.
func TestAttacksThatEndTheConversation(t *testing.T) {
	type attack struct {
		name, want string
		run        func(t *testing.T, x *assault)
	}
	say := func(ms ...wire.Message) func(*testing.T, *assault) {
		return func(t *testing.T, x *assault) {
			x.v.Hello()
			_ = x.v.Say(ms...)
		}
	}
	frame := func(change func(x *assault, s *op.Sealed)) func(*testing.T, *assault) {
		return func(t *testing.T, x *assault) {
			x.v.Hello()
			s := x.forgedOp(7)
			change(x, &s)
			_ = x.v.Say(&wire.Frame{Raw: Raw(s), Kind: wire.Live})
		}
	}
	raw := func(b []byte) func(*testing.T, *assault) {
		return func(t *testing.T, x *assault) {
			x.v.Hello()
			_ = x.v.Bytes(b)
		}
	}
	packet := func(typ wire.Type, body []byte) []byte {
		b := binary.BigEndian.AppendUint32(nil, uint32(len(body)+1))
		return append(append(b, byte(typ)), body...)
	}
	for _, k := range []attack{
		{"message before hello", "before hello", func(_ *testing.T, x *assault) { _ = x.v.Say(&wire.Since{}) }},
		{"hello of another team", "another team", func(_ *testing.T, x *assault) {
			h := x.v.Greeting()
			h.Team[0] ^= 1
			_ = x.v.Say(h)
		}},
		{"hello of the same database", "same database", func(_ *testing.T, x *assault) {
			h := x.v.Greeting()
			h.Store = x.a.R.Feeds().StoreID()
			_ = x.v.Say(h)
		}},
		{"hello twice", "unexpected", func(t *testing.T, x *assault) { x.v.Hello(); _ = x.v.Say(x.v.Greeting()) }},
		{"nonsense for a message", "malformed", raw(packet(wire.TDelta, []byte("nonsense")))},
		{"message with a tail", "malformed", raw(packet(wire.TCredit, []byte{0x81, 1, 1}))},
		{"nested beyond measure", "malformed", raw(packet(wire.TBye, []byte(strings.Repeat("\x81", 100))))},
		{"oversized packet", "too large", raw([]byte{0xff, 0xff, 0xff, 0xff, byte(wire.TFrame)})},
		{"empty packet", "too large", raw([]byte{0, 0, 0, 0, 0})},
		{"oversized frame", "too large", raw(packet(wire.TFrame, make([]byte, wire.MaxFrameBytes+2)))},
		{"frame of nothing", "malformed", raw(packet(wire.TFrame, []byte{0}))},
		{"op cut short in a frame", "malformed", func(_ *testing.T, x *assault) {
			x.v.Hello()
			b := Raw(x.forgedOp(7))
			_ = x.v.Bytes(packet(wire.TFrame, append([]byte{1}, b[:len(b)-1]...)))
		}},
		{"lie about the length of an op", "malformed", func(_ *testing.T, x *assault) {
			x.v.Hello()
			b := Raw(x.forgedOp(7))
			binary.BigEndian.PutUint32(b[88:], op.MaxCiphertext)
			_ = x.v.Bytes(packet(wire.TFrame, append([]byte{1}, b...)))
		}},
		{"wrong signature", "signature", frame(func(_ *assault, s *op.Sealed) { s.Sig[3] ^= 1 })},
		{"changed header", "signature", frame(func(_ *assault, s *op.Sealed) { s.Flags ^= 1 })},
		{"changed ciphertext", "ciphertext", frame(func(_ *assault, s *op.Sealed) { s.Ciphertext[3] ^= 1 })},
		{"forged author", "signature", frame(func(x *assault, s *op.Sealed) {
			s.Device = x.b.Device()
			*s = op.Sign(s.Header, s.Ciphertext, x.v.ID.Device.Sign)
		})},
		{"broken chain in a frame", "chain", func(_ *testing.T, x *assault) {
			x.v.Hello()
			g := x.v.Forge(x.a.R.CompanyScope(), 7)
			at := x.v.R.Clock().Now()
			one, _, three := g.Note(at, "1"), g.Note(at+1, "2"), g.Note(at+2, "3")
			_ = x.v.Say(&wire.Frame{Raw: Raw(one, three)})
		}},
		{"two feeds in a frame", "chain", func(_ *testing.T, x *assault) {
			x.v.Hello()
			_ = x.v.Say(&wire.Frame{Raw: Raw(x.forgedOp(7), x.forgedOp(8))})
		}},
		{"delta that nobody asked for", "unasked", say(&wire.Delta{})},
		{"delta after the last part", "unasked", func(_ *testing.T, x *assault) {
			if err := x.v.Say(x.v.Greeting()); err != nil {
				return
			}
			s := Next[*wire.Since](x.v)
			f := x.v.OwnFeed(x.a.R.CompanyScope())
			state := x.v.State(&f)
			state.Incarnation, state.Len = 77, 5
			_ = x.v.Say(&wire.Delta{Control: s.Control, Feeds: []wire.FeedState{state}}, &wire.Delta{Control: s.Control})
		}},
		{"feed of length zero", "feed length", say(&wire.Have{Feeds: []wire.FeedState{{}}})},
		{"feed of impossible length", "feed length", say(&wire.Have{Feeds: []wire.FeedState{{Len: 1 << 41}}})},
		{"credit for more than was sent", "credit", say(&wire.Credit{Bytes: 1})},
		{"credit beyond all numbers", "credit", say(&wire.Credit{Bytes: 1<<32 - 1})},
		{"ranges out of order", "out of order", say(&wire.Ranges{Ranges: []wire.Range{{Upper: [16]byte{5}, List: true}, {Upper: [16]byte{3}, List: true}}})},
		{"proof of no fork", "fork proof", func(_ *testing.T, x *assault) {
			x.v.Hello()
			s := x.forgedOp(7)
			p := op.ForkProof{A: s, B: s}
			_ = x.v.Say(&wire.Fork{Proof: p.AppendTo(nil)})
		}},
		{"register with a wrong signature", "signature", func(t *testing.T, x *assault) {
			x.v.Hello()
			b := x.v.register(t, "mark", 1)
			b[len(b)-1] ^= 1
			_ = x.v.Say(&wire.Registers{Raw: [][]byte{b}})
		}},
		{"register of somebody else", "signature", func(t *testing.T, x *assault) {
			x.v.Hello()
			b := x.v.register(t, "mark", 1)
			dev := x.b.Device()
			copy(b[17:], dev[:])
			_ = x.v.Say(&wire.Registers{Raw: [][]byte{b}})
		}},
		{"register with a tail", "tail", func(t *testing.T, x *assault) {
			x.v.Hello()
			_ = x.v.Say(&wire.Registers{Raw: [][]byte{append(x.v.register(t, "mark", 1), 0)}})
		}},
		{"keys that are no epoch op", "epoch op", func(_ *testing.T, x *assault) {
			x.v.Hello()
			_ = x.v.Say(&wire.Keys{Raw: [][]byte{Raw(x.forgedOp(7))}})
		}},
		{"no hello", "no hello", func(*testing.T, *assault) {}},
		{"stall after hello", "do not come", func(_ *testing.T, x *assault) { _ = x.v.Say(x.v.Greeting()) }},
		{"feeds that never come", "do not come", func(_ *testing.T, x *assault) {
			x.v.Hello()
			f := x.v.OwnFeed(x.a.R.CompanyScope())
			state := x.v.State(&f)
			state.Len += 1_000_000
			_ = x.v.Say(&wire.Have{Feeds: []wire.FeedState{state}})
		}},
		{"ops out of order", "out of order", func(_ *testing.T, x *assault) {
			x.v.Hello()
			g := x.v.Forge(x.a.R.CompanyScope(), 7)
			at := x.v.R.Clock().Now()
			one, two, three := g.Note(at, "1"), g.Note(at+1, "2"), g.Note(at+2, "3")
			_ = one
			f := oplog.Feed{FeedKey: oplog.FeedKey{Tag: g.tag, Device: x.v.Device(), Incarnation: 7}, Len: 3, Head: three.ID()}
			x.v.Have(x.v.State(&f))
			for range 10 {
				if x.v.Say(&wire.Frame{Raw: Raw(two)}, &wire.Frame{Raw: Raw(three)}) != nil {
					return
				}
			}
		}},
		{"questions without end", "asks again", func(_ *testing.T, x *assault) {
			x.v.Hello()
			x.v.Deaf()
			for range 10_000 {
				if x.v.Say(&wire.Since{}) != nil {
					return
				}
			}
		}},
	} {
		t.Run(k.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := newAssault(t)
				k.run(t, x)
				x.repelled(t, k.want)
				x.unharmed(t)
			})
		})
	}
}

// register is one of the villain's, for the company's scope.
func (v *Villain) register(t *testing.T, key string, version uint64) []byte {
	t.Helper()
	g := v.Forge(v.Victim.R.CompanyScope(), 1)
	return v.registerIn(t, g.tag, g, key, version)
}

func (v *Villain) registerIn(t *testing.T, tag op.ScopeTag, g *Forger, key string, version uint64) []byte {
	t.Helper()
	reg := op.Register{Scope: tag, Device: v.Device(), Key: key, Version: version, Epoch: g.epoch}
	plain, err := op.Marshal(int64(version))
	if err == nil {
		err = reg.Seal(zeros{}, g.key, plain)
	}
	if err == nil {
		err = reg.Sign(v.ID.Device.Sign)
	}
	if err != nil {
		t.Fatal(err)
	}
	return reg.AppendTo(nil)
}

// zeros is no randomness, which is enough for a villain.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// S14: a stream that stops in the middle of a packet, or drips, is given up.
func TestStreamThatStallsMidFrame(t *testing.T) {
	for _, drip := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			x := newAssault(t)
			x.v.Hello()
			b, err := wire.Encode(nil, &wire.Frame{Raw: Raw(x.forgedOp(7)), Kind: wire.Live})
			if err != nil {
				t.Fatal(err)
			}
			_ = x.v.Bytes(b[:50])
			start := time.Now()
			for i := 50; drip && i < len(b) && x.v.Bytes(b[i:i+1]) == nil; i++ {
				time.Sleep(5 * time.Second)
			}
			if err := x.v.End(); err == nil {
				t.Error("a clean end")
			}
			if d := time.Since(start); d > 2*time.Minute {
				t.Errorf("given up after %s", d)
			}
			x.unharmed(t)
		})
	}
}

// S14: a peer that does not read is given up when a write takes too long; what is queued for it is bounded.
func TestPeerThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newAssault(t)
		x.v.Hello()
		x.v.Deaf()
		if err := x.v.Say(&wire.Since{}); err != nil {
			t.Fatal(err)
		}
		company := x.a.R.CompanyScope()
		before := heap()
		for i := range 3000 {
			x.a.Note(company, fmt.Sprintf("%x", randomBytes(4000, i)))
		}
		if grew := heap() - before; grew > 48<<20 {
			t.Errorf("%d bytes for a peer that does not read", grew)
		}
		if err := x.v.End(); err == nil {
			t.Error("a clean end")
		}
		x.othersGoOn(t)
	})
}

// S16: what a newer program may say is skipped, and the conversation goes on.
func TestUnknownMessagesAreSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newAssault(t)
		x.v.Hello()
		_ = x.v.Bytes([]byte{0, 0, 0, 4, 200, 1, 2, 3})
		x.v.Barrier()
		x.unharmed(t)
	})
}

// S16: the reason that a peer gives for closing is kept.
func TestByeGivesTheReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newAssault(t)
		x.v.Hello()
		_ = x.v.Say(&wire.Bye{Reason: "tired"})
		if err := x.v.End(); !errors.Is(err, session.ErrBye) || !strings.Contains(err.Error(), "tired") {
			t.Fatal(err)
		}
		y := x.v.AgainstFrom(t, x.a)
		y.Hello()
		_ = y.Say(&wire.Credit{Bytes: 1})
		_ = y.End()
		if said := Said[*wire.Bye](y); len(said) != 1 || !strings.Contains(said[0].Reason, "credit") {
			t.Fatalf("the victim says %v", said)
		}
		x.unharmed(t)
	})
}

// S16: replayed frames are not stored again, and cost no memory; neither do frames of unknown devices, nor gaps.
func TestReplayedAndStrangeFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newAssault(t)
		stranger := newMember(t, "stranger", NewIdentity(t, "stranger", x.a.ID.Team, x.a.ID.TeamSecret), op.ID{})
		x.v.Hello()
		x.v.Forget()
		g := x.v.Forge(x.a.R.CompanyScope(), 7)
		s := *g
		s.m = stranger
		at := x.v.R.Clock().Now()
		one, _, three := g.Note(at, "1"), g.Note(at+1, "2"), g.Note(at+2, "3")
		before := heap()
		for i := range 3000 {
			s.inc++
			for _, f := range []*wire.Frame{{Raw: Raw(one)}, {Raw: Raw(one), Kind: wire.Live}, {Raw: Raw(s.At(1, op.ID{}).Note(at, fmt.Sprint(i)))}} {
				if err := x.v.Say(f); err != nil {
					t.Fatal(x.v.End())
				}
			}
		}
		synctest.Wait()
		if grew := heap() - before; grew > 24<<20 {
			t.Errorf("%d bytes", grew)
		}
		if x.a.Count(`SELECT count(*) FROM note WHERE text = '1'`) != 1 || x.a.Rows("note") != 1 {
			t.Errorf("%d notes", x.a.Rows("note"))
		}
		_ = x.v.Say(&wire.Frame{Raw: Raw(three)})
		synctest.Wait()
		if x.a.Rows("note") != 1 {
			t.Error("an op after a gap is stored")
		}
		x.othersGoOn(t)
	})
}

// S15, L8: registers that nobody needs do not fill the database: a device has room for a few keys in a scope, and none in
// scopes that are not known here.
func TestFloodOfRegisters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newAssault(t)
		x.v.Hello()
		x.v.Forget()
		g := x.v.Forge(x.a.R.CompanyScope(), 1)
		for i := range 40 {
			var raws [][]byte
			for j := range 50 {
				key := fmt.Sprintf("%d.%d", i, j)
				raws = append(raws, x.v.registerIn(t, g.tag, g, key, 1), x.v.registerIn(t, op.ScopeTag(randomBytes(16, i*50+j)), g, key, 1))
			}
			if err := x.v.Say(&wire.Registers{Raw: raws}); err != nil {
				t.Fatal(x.v.End())
			}
		}
		synctest.Wait()
		if n := x.a.Count(`SELECT count(*) FROM register WHERE device = ?`, x.v.ID.Device.ID[:]); n > oplog.MaxRegisterKeys {
			t.Errorf("%d registers", n)
		}
		if n := x.a.Count(`SELECT count(DISTINCT tag) FROM register`); n > 2 {
			t.Errorf("registers in %d scopes", n)
		}
		x.othersGoOn(t)
	})
}

// S15: announcements, questions and answers without end cost a bounded amount of memory.
func TestFloods(t *testing.T) {
	floods := map[string]func(x *assault, i int) wire.Message{
		"announcements of invented feeds": func(x *assault, i int) wire.Message {
			m := &wire.Have{}
			for j := range 1000 {
				m.Feeds = append(m.Feeds, wire.FeedState{Tag: x.a.Tag(x.a.R.CompanyScope()), Device: x.v.Device(), Incarnation: uint32(i*1000 + j), Len: 5})
			}
			return m
		},
		"announcements of invented devices": func(x *assault, i int) wire.Message {
			m := &wire.Have{}
			for j := range 1000 {
				m.Feeds = append(m.Feeds, wire.FeedState{Tag: x.a.Tag(x.a.R.CompanyScope()), Device: op.DeviceID(randomBytes(16, i*1000+j)), Len: 5})
			}
			return m
		},
		"announcements of one feed, longer each time": func(x *assault, i int) wire.Message {
			m := &wire.Have{}
			for j := range 1000 {
				m.Feeds = append(m.Feeds, wire.FeedState{Tag: x.a.Tag(x.a.R.CompanyScope()), Device: x.v.Device(), Incarnation: 9, Len: uint64(i*1000 + j + 1)})
			}
			return m
		},
		"the same question for ops": func(x *assault, i int) wire.Message {
			f := x.a.OwnFeed(x.a.R.CompanyScope())
			return &wire.Want{Tag: f.Tag, Device: f.Device, Incarnation: f.Incarnation, From: f.Len - uint64(i)%f.Len, To: f.Len}
		},
		"acknowledgements": func(x *assault, i int) wire.Message {
			m := &wire.Ack{}
			for j := range 1000 {
				m.Feeds = append(m.Feeds, wire.FeedState{Tag: op.ScopeTag(randomBytes(16, i)), Device: x.a.Device(), Incarnation: uint32(j), Len: 5})
			}
			return m
		},
		"ranges": func(x *assault, i int) wire.Message {
			m := &wire.Ranges{}
			for j := range 200 {
				m.Ranges = append(m.Ranges, wire.Range{Upper: [16]byte{byte(j), 1}, Sum: [16]byte{byte(i)}, Count: 3})
			}
			return m
		},
		"fingerprints": func(_ *assault, i int) wire.Message { return &wire.Fingerprint{Sum: [16]byte{byte(i)}, Count: 3} },
		"proofs about unknown feeds": func(x *assault, i int) wire.Message {
			g := x.v.Forge(x.a.R.CompanyScope(), uint32(1000+i))
			g.tag = op.ScopeTag(randomBytes(16, i))
			h := *g
			p := op.ForkProof{A: g.Note(1, "a"), B: h.Note(2, "b")}
			return &wire.Fork{Proof: p.AppendTo(nil)}
		},
	}
	for name, flood := range floods {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := newAssault(t)
				company := x.a.R.CompanyScope()
				for range 20 {
					x.a.Note(company, "note")
				}
				synctest.Wait()
				x.rows = x.stored()
				x.v.Hello()
				x.v.Forget()
				before := heap()
				for i := range 70 {
					if x.v.Say(flood(x, i)) != nil {
						break // the victim had enough
					}
				}
				if grew := heap() - before; grew > 40<<20 {
					t.Errorf("%d bytes", grew)
				}
				_ = x.v.c.Close()
				_ = x.v.End()
				time.Sleep(3 * time.Second)
				if after := x.stored(); after != x.rows {
					t.Errorf("stored: before %s\nafter %s", x.rows, after)
				}
				x.othersGoOn(t)
			})
		})
	}
}

// S8: a peer that sends more than the window while the writer here is busy is closed; what it sent is bounded by the window.
func TestCreditOverrun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newAssault(t)
		x.v.Hello()
		x.v.Barrier() // nothing is left for the victim to write by itself, which would wait for the test
		x.v.Forget()
		synctest.Wait()
		hold, held := make(chan struct{}), make(chan struct{})
		go func() {
			_ = x.a.DB.Write(context.Background(), func(replica.Tx) error { close(held); <-hold; return nil })
		}()
		<-held
		g := x.v.Forge(x.a.R.CompanyScope(), 7)
		at := x.v.R.Clock().Now()
		sent := 0
		for i := 0; i < 60; i++ {
			var ops []op.Sealed
			for j := range 4 {
				ops = append(ops, g.Note(at, fmt.Sprintf("%x", randomBytes(29_000, i*4+j))))
				at++
			}
			f := &wire.Frame{Raw: Raw(ops...)}
			if x.v.Say(f) != nil {
				break
			}
			sent += len(f.Raw)
		}
		close(hold)
		x.repelled(t, "more than the window")
		if sent > wire.Window+12*wire.MaxFrameBytes {
			t.Errorf("%d bytes were taken", sent)
		}
		x.othersGoOn(t)
	})
}

// S13: a peer that promises feeds and does not deliver does not keep others from delivering them, and cannot keep the
// conversation alive by promising ever more.
func TestPromisesKeepNobodyFromDelivering(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b := a.Join("b")
		v := NewVillain(t, a)
		Exchange(a, b)
		v.CopyControl(b)
		company := a.R.CompanyScope()
		for i := range 10 {
			b.Note(company, fmt.Sprint(i))
		}
		v.Hello()
		stop := make(chan struct{})
		go func() {
			f := b.OwnFeed(company)
			for n := uint64(1); ; n++ { // always something new, so that there is always something outstanding
				state := wire.State(&f)
				state.Len += n
				if v.Say(&wire.Have{Feeds: []wire.FeedState{state}}) != nil {
					close(stop)
					return
				}
				time.Sleep(5 * time.Second)
			}
		}()
		time.Sleep(time.Second)
		start := time.Now()
		l := Connect(a, b)
		defer l.Stop()
		Eventually(t, "b delivers", func() bool { return a.Rows("note") == 10 })
		if d := time.Since(start); d > 15*time.Second {
			t.Errorf("only after %s", d)
		}
		<-stop
		if err := v.End(); !errors.Is(err, session.ErrPeer) {
			t.Errorf("ended with %v", err)
		}
	})
}

// S5: of a private scope a member of the team who is not in it gets not one byte, whatever it asks: neither ops, nor names of
// feeds, nor registers, nor how long they are.
func TestPrivateScopesStayPrivate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b := a.Join("b")
		v := NewVillain(t, a)
		Exchange(a, b)
		v.CopyControl(b)
		secret, err := a.R.EnsureDirect(context.Background(), b.ID.Root.ID)
		if err != nil {
			t.Fatal(err)
		}
		l := Connect(a, b)
		defer l.Stop()
		for i := range 7 {
			a.Note(secret, fmt.Sprint("private ", i))
		}
		Eventually(t, "b has it", func() bool { return b.Dump(secret) == a.Dump(secret) })
		b.SetMark(secret, 3)
		tag := a.Tag(secret) // computable by every member, as is the incarnation from other feeds
		f := a.OwnFeed(secret)
		state := func(n uint64, head [8]byte) wire.FeedState {
			return wire.FeedState{Tag: tag, Device: a.Device(), Incarnation: f.Incarnation, Len: n, Head: head}
		}
		v.Hello()
		for _, m := range []wire.Message{
			&wire.Want{Tag: tag, Device: a.Device(), Incarnation: f.Incarnation, From: 1, To: 100, Urgent: true},
			&wire.Ranges{Ranges: []wire.Range{{Upper: [16]byte{128}, Count: 5}, {Upper: allOnes(), List: true}}},
			&wire.Fingerprint{Count: 99}, &wire.Fingerprint{Count: 99},
			&wire.Ack{Feeds: []wire.FeedState{state(f.Len, [8]byte(f.Head[:8]))}},
		} {
			if err := v.Say(m); err != nil {
				t.Fatal(v.End())
			}
		}
		v.Barrier()
		a.Note(secret, "live")
		a.SetMark(secret, 9)
		time.Sleep(5 * time.Second)
		v.Barrier()
		if n := v.mentions(t, tag); n > 0 {
			t.Fatalf("the scope is mentioned in %d messages", n)
		}
		if a.R.Delivery(secret, op.Ref{Device: a.Device(), Incarnation: f.Incarnation, Seq: f.Len}).Received[v.ID.Root.ID] {
			t.Fatal("an outsider's receipt is believed")
		}
		// Announcing feeds of it tells as little: the victim asks from the first op on, as if it had never heard of them.
		other := v.ID.TeamSecret.ScopeTag(op.ScopeID{7})
		v.Have(state(f.Len, [8]byte(f.Head[:8])), state(f.Len, [8]byte{1}), state(f.Len+50, [8]byte{2}),
			wire.FeedState{Tag: other, Device: a.Device(), Incarnation: 5, Len: f.Len + 50})
		v.Barrier()
		time.Sleep(5 * time.Second)
		for _, w := range Said[*wire.Want](v) {
			if w.From != 1 || w.To != f.Len+50 && w.To != f.Len {
				t.Errorf("asks for %d..%d, which tells how much is there", w.From, w.To)
			}
		}
		for _, ack := range Said[*wire.Ack](v) {
			for _, x := range ack.Feeds {
				if x.Tag == tag {
					t.Error("tells how much is there")
				}
			}
		}
	})
}

func allOnes() (x [16]byte) {
	for i := range x {
		x[i] = 255
	}
	return x
}

// mentions counts what the victim has said that holds the tag anywhere.
func (v *Villain) mentions(t *testing.T, tag op.ScopeTag) int {
	t.Helper()
	n := 0
	for _, m := range Said[wire.Message](v) {
		b, err := wire.Encode(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), string(tag[:])) {
			n++
		}
	}
	return n
}

// L2, L8: anybody can make up devices. Control feeds of devices that only name themselves are not taken: without an invitation
// that is known here, and without being the team's genesis.
func TestInventedDevices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newAssault(t)
		x.v.Hello()
		x.v.Forget()
		control := keys.ControlScope(x.a.ID.Team)
		for i := range 20 {
			other := Found(t, fmt.Sprint("impostor ", i)) // its own team, with its own genesis
			f := other.OwnFeed(controlOf(other))
			ops := Parse(t, other.Frame(&f, 1, 1))
			ops[0].Scope = x.a.Tag(control)
			forged := op.Sign(ops[0].Header, ops[0].Ciphertext, other.ID.Device.Sign)
			if err := x.v.Say(&wire.Frame{Raw: Raw(forged), Kind: wire.Live}); err != nil {
				t.Fatal(x.v.End())
			}
			other.Close()
		}
		x.unharmed(t)
	})
}

// S19: a conversation with somebody who has dropped out of the team is closed.
func TestConversationWithAFormerMember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		invite, key := a.Invite()
		b, c := a.Newcomer("b"), a.Newcomer("c")
		a.Welcome(b)
		a.Welcome(c)
		b.Admit(invite, key)
		c.Admit(invite, key)
		first := map[*Member]*Member{b: c, c: b}
		for loser, winner := range first {
			trial := a.Join("judge")
			b.giveOwn(trial, controlOf(b))
			c.giveOwn(trial, controlOf(c))
			if trial.R.Authority().Role(winner.ID.Root.ID) == 0 || trial.R.Authority().Role(loser.ID.Root.ID) != 255 {
				continue
			}
			loser.giveOwn(a, controlOf(a))
			l := Connect(a, loser)
			Eventually(t, "in conversation", func() bool { return a.Status(loser).State == session.InSync })
			winner.giveOwn(a, controlOf(a))
			Eventually(t, "closed", func() bool { return len(a.Ends()) == 1 })
			if err := a.Ends()[0]; !errors.Is(err, session.ErrFormer) {
				t.Fatal(err)
			}
			l.Stop()
			return
		}
		t.Fatal("nobody lost")
	})
}

package apptest

import (
	"bufio"
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"tongzhou/sync/blob"
	"tongzhou/sync/courier"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/wire"
)

// liar is a relay that says by hand what a test wants.
type liar struct {
	t    *testing.T
	conn net.Conn
	said chan wire.Message // what the device says
	kept []wire.Message    // of that, what nobody has waited for yet
}

// hear collects what a device says over a stream.
func hear(t *testing.T, conn net.Conn) *liar {
	l := &liar{t: t, conn: conn, said: make(chan wire.Message, 1<<12)}
	in := wire.NewReader(bufio.NewReader(conn))
	go func() {
		defer close(l.said)
		for {
			msg, _, err := in.Next()
			if err != nil {
				return
			}
			l.said <- msg
		}
	}()
	return l
}

// lie lets a member speak with a liar, who greets as a relay that lists it, and returns how the conversation ended.
func lie(t *testing.T, m *Member, state wire.RelayState, tell func(l *liar)) error {
	t.Helper()
	return lieIn(t, m, wire.RelayVersion, state, tell)
}

// lieIn is lie in a version of the conversation.
func lieIn(t *testing.T, m *Member, version uint8, state wire.RelayState, tell func(l *liar)) error {
	t.Helper()
	mine, theirs := net.Pipe()
	l := hear(t, theirs)
	r := &Relay{T: t, Key: [32]byte{7}, Token: [16]byte{1}}
	v := m.VisitOver(r, mine, func(context.Context) {})
	hello := await[*wire.RelayHello](l)
	if hello.Device != m.Device() {
		t.Fatal("another device says hello")
	}
	l.say(&wire.RelayWelcome{Version: version, Store: [16]byte{3}, Nonce: [32]byte{4}, State: state, Gen: 1, RosterHash: [32]byte{5}, LSeq: 9})
	tell(l)
	Eventually(t, "the conversation ends", func() bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		return v.end != nil
	})
	_ = theirs.Close()
	return v.Stop()
}

func (l *liar) say(m wire.Message) {
	b, err := wire.Encode(nil, m)
	if err != nil {
		l.t.Fatal(err)
	}
	_ = l.conn.SetWriteDeadline(time.Now().Add(10 * time.Second))
	_, _ = l.conn.Write(b) // a device that has had enough does not read
}

// await waits for what the device says of a kind.
func await[M wire.Message](l *liar) M {
	l.t.Helper()
	for i, m := range l.kept {
		if want, is := m.(M); is {
			l.kept = append(l.kept[:i:i], l.kept[i+1:]...)
			return want
		}
	}
	late := time.After(20 * time.Second)
	for {
		select {
		case m, ok := <-l.said:
			if want, is := m.(M); is {
				return want
			}
			if !ok {
				var want M
				l.t.Fatalf("the device ended before it said %T", want)
			}
			l.kept = append(l.kept, m)
		case <-late:
			l.t.Fatal("the device says nothing")
		}
	}
}

// open opens every scope that the device claims and returns its first question.
func (l *liar) open() {
	caps := await[*wire.RelayCaps](l)
	m := &wire.RelayScopes{}
	for _, c := range caps.Caps {
		m.Scopes = append(m.Scopes, wire.RelayScope{Tag: c.Tag, State: wire.ScopeFull})
	}
	l.say(m)
}

// B2, from the other side: a relay's lie ends the conversation with a reason, nothing of it is stored, and nothing is called on
// the relay that it did not say rightly.
func TestB2RelayThatLies(t *testing.T) {
	ann := Found(t, "ann")
	bob := ann.Join("bob")
	Exchange(ann, bob)
	company := ann.R.CompanyScope()
	ann.Note(company, "true")
	f := ann.OwnFeed(company)
	raw := ann.Frame(&f, 1, f.Len)
	state := wire.State(&f)
	change := func(raw []byte, at int) []byte {
		b := append([]byte(nil), raw...)
		b[at] ^= 1
		return b
	}
	roster := func(team wire.TeamTag) []byte {
		r := wire.Roster{Team: team, Gen: 1, Devices: []wire.RosterDevice{{
			Device: bob.Device(), SignPub: [32]byte(bob.ID.Device.Public("x").SignPub), PeerPub: bob.TransportKey(),
		}}, Admins: []op.DeviceID{bob.Device()}}
		b, err := r.Sign(bob.ID.Device.Sign)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	listed := func(l *liar, states ...wire.FeedState) {
		await[*wire.Since](l)
		l.say(&wire.Delta{Feeds: states, UpTo: 9})
	}
	for name, tell := range map[string]func(l *liar){
		"a scope that nobody asked about": func(l *liar) {
			l.say(&wire.RelayScopes{Scopes: []wire.RelayScope{{Tag: op.ScopeTag{1}, State: wire.ScopeFull}}})
		},
		"a delta twice": func(l *liar) {
			listed(l)
			l.say(&wire.Delta{UpTo: 9})
			l.say(&wire.Delta{UpTo: 9})
			l.say(&wire.Delta{UpTo: 9})
		},
		"a list of the control log": func(l *liar) { l.say(&wire.Delta{Control: true}) },
		"a feed of no length":       func(l *liar) { listed(l, wire.FeedState{Tag: f.Tag, Device: f.Device}) },
		"credit for nothing":        func(l *liar) { l.say(&wire.Credit{Bytes: 1}) },
		"a roster of another team":  func(l *liar) { l.say(&wire.RelayRoster{Raw: roster(wire.TeamTag{9})}) },
		"a roster that its signer did not sign": func(l *liar) {
			raw := roster(wire.TeamTag(ann.ID.TeamSecret.RelayTeam()))
			l.say(&wire.RelayRoster{Raw: change(raw, len(raw)-1)})
		},
		"a roster that is none": func(l *liar) {
			l.say(&wire.RelayRoster{Raw: []byte("no roster at all, but long enough to be parsed as one")})
		},
		"somebody else's mail":      func(l *liar) { l.say(&wire.RelayMail{Box: wire.MailBox(ann.Device())}) },
		"an answer to no mail":      func(l *liar) { l.say(&wire.RelayMailStored{Box: wire.MailBox(ann.Device())}) },
		"an answer to no registers": func(l *liar) { l.say(&wire.RelayRegistersStored{Stored: 1}) },
		"a session's fingerprint":   func(l *liar) { l.say(&wire.Fingerprint{}) },
		"keys that are none":        func(l *liar) { l.say(&wire.Keys{Raw: [][]byte{[]byte("nonsense")}}) },
		"an op with another content": func(l *liar) {
			l.open()
			listed(l, state)
			await[*wire.Want](l)
			l.say(&wire.Frame{Raw: change(raw, len(raw)-1)})
		},
		"an op with another signature": func(l *liar) {
			l.open()
			listed(l, state)
			await[*wire.Want](l)
			l.say(&wire.Frame{Raw: change(raw, op.HeaderSize+3)})
		},
		"a chunk that nobody asked for":   func(l *liar) { l.say(&wire.RelayBlobPart{Copy: wire.RelayCopy{Size: 1}, Part: []byte{1}}) },
		"an answer about no chunk":        func(l *liar) { l.say(&wire.RelayBlobHeld{}) },
		"a chunk stored that nobody left": func(l *liar) { l.say(&wire.RelayBlobStored{Copy: wire.RelayCopy{Size: 1}}) },
		"a register that is none":         func(l *liar) { l.say(&wire.Registers{Raw: [][]byte{[]byte("nonsense")}}) },
	} {
		t.Run(name, func(t *testing.T) {
			before := bob.Rows("note")
			err := lie(t, bob, wire.RelayOK, func(l *liar) { l.t = t; tell(l) })
			if !errors.Is(err, courier.ErrRelay) {
				t.Errorf("ended with %v", err)
			}
			if bob.Rows("note") != before {
				t.Error("something of it was stored")
			}
		})
	}
	t.Run("before the welcome", func(t *testing.T) {
		mine, theirs := net.Pipe()
		l := &liar{t: t, conn: theirs}
		v := bob.VisitOver(&Relay{T: t}, mine, func(context.Context) {})
		if _, _, err := wire.NewReader(theirs).Next(); err != nil {
			t.Fatal(err)
		}
		l.say(&wire.Delta{})
		go func() { _, _ = theirs.Read(make([]byte, 1<<10)) }()
		Eventually(t, "the conversation ends", func() bool { v.mu.Lock(); defer v.mu.Unlock(); return v.end != nil })
		if err := v.Stop(); !errors.Is(err, courier.ErrRelay) {
			t.Errorf("ended with %v", err)
		}
	})
}

// B21: a relay that lists a feed and sends nothing of it does not move the cursor, and keeps nobody else from sending it.
func TestB21RelayThatPromises(t *testing.T) {
	ann := Found(t, "ann")
	bob := ann.Join("bob")
	Exchange(ann, bob)
	company := ann.R.CompanyScope()
	ann.Note(company, "promised")
	f := ann.OwnFeed(company)
	mine, theirs := net.Pipe()
	l := hear(t, theirs)
	v := bob.VisitOver(&Relay{T: t, Key: [32]byte{7}}, mine, func(context.Context) {})
	await[*wire.RelayHello](l)
	l.say(&wire.RelayWelcome{Version: 1, Store: [16]byte{3}, State: wire.RelayOK, Gen: 1, LSeq: 9})
	l.open()
	await[*wire.Since](l)
	l.say(&wire.Delta{Feeds: []wire.FeedState{wire.State(&f)}, UpTo: 9})
	await[*wire.Want](l)
	ann.Copy(bob) // somebody else keeps the promise
	Eventually(t, "bob has it", func() bool { return bob.Rows("note") == 1 })
	_ = theirs.Close()
	v.Stop()
	mark, err := bob.R.OpenRelay(t.Context(), [32]byte{7}, [16]byte{3}, 9)
	if err != nil || mark.Cursor != 0 {
		t.Fatalf("the cursor moved to %d: %v", mark.Cursor, err)
	}
}

// B22: a key in an epoch op that nobody known has signed opens the scope at the relay, and is not kept: it counts for nothing.
func TestB22KeysOfStrangersAreNotKept(t *testing.T) {
	ann := Found(t, "ann")
	bob := ann.Join("bob")
	Exchange(ann, bob)
	carl := ann.Join("carl") // bob has not heard of him
	ctx := t.Context()
	if err := carl.R.Rotate(ctx, keys.ControlScope(ann.ID.Team)); err != nil {
		t.Fatal(err)
	}
	feed := carl.OwnFeed(keys.ControlScope(ann.ID.Team))
	var epochs [][]byte
	err := oplog.Read(carl.R.Reader(), feed.No, 1, feed.Len, func(s oplog.Stored) (bool, error) {
		if o, _, err := op.Parse(s.Raw); err == nil && o.Kind == op.Epoch {
			epochs = append(epochs, append([]byte(nil), s.Raw...))
		}
		return true, nil
	})
	if err != nil || len(epochs) == 0 {
		t.Fatal(len(epochs), err)
	}
	before := bob.Count(`SELECT count(*) FROM epoch`)
	claims := bob.R.RelayPeek(epochs)
	if len(claims) == 0 {
		t.Fatal("the box for bob opens nothing")
	}
	for _, c := range bob.R.RelayClaims() {
		for _, peeked := range claims {
			if c.Cap.Pub() == peeked.Cap.Pub() {
				t.Fatal("a stranger's key counts")
			}
		}
	}
	if n := bob.Count(`SELECT count(*) FROM epoch`); n != before {
		t.Fatalf("%d keys more were kept", n-before)
	}
	for i := range epochs {
		epochs[i][len(epochs[i])-1] ^= 1
	}
	if got := bob.R.RelayPeek(append(epochs, []byte("x"), nil)); len(got) != 0 {
		t.Fatal("nonsense opens something")
	}
}

// B21: a scope that the relay did not open is not covered by the cursor: when it opens, it is listed whole.
func TestB21CursorCoversOpenScopes(t *testing.T) {
	ann := Found(t, "ann")
	mine, theirs := net.Pipe()
	l := hear(t, theirs)
	v := ann.VisitOver(&Relay{T: t, Key: [32]byte{7}}, mine, func(context.Context) {})
	await[*wire.RelayHello](l)
	l.say(&wire.RelayWelcome{Version: 1, Store: [16]byte{3}, State: wire.RelayOK, Gen: 1, LSeq: 9})
	caps := await[*wire.RelayCaps](l)
	open, m := caps.Caps[0].Tag, &wire.RelayScopes{}
	for _, c := range caps.Caps {
		state := wire.ScopeRefused
		if c.Tag == open {
			state = wire.ScopeFull
		}
		m.Scopes = append(m.Scopes, wire.RelayScope{Tag: c.Tag, State: state})
	}
	l.say(m)
	for range 2 { // the second question is about what was opened after the first
		await[*wire.Since](l)
		l.say(&wire.Delta{UpTo: 9})
	}
	if c := await[*wire.RelayCursor](l); c.LSeq != 9 {
		t.Fatalf("told the relay of %d", c.LSeq)
	}
	await[*wire.RelayCursor](l)
	_ = theirs.Close()
	v.Stop()
	mark, err := ann.R.OpenRelay(t.Context(), [32]byte{7}, [16]byte{3}, 9)
	if err != nil || mark.Cursor != 9 || len(mark.Scopes) != 1 {
		t.Fatalf("%+v %v", mark, err)
	}
	if _, ok := mark.Scopes[open]; !ok {
		t.Fatal("the open one is not covered")
	}
}

// B22: every claim of a line is signed by all before it, so that a relay that missed some in between takes the newest; that of the
// control log goes back to the key that every member derives.
func TestB22LinesReachBack(t *testing.T) {
	ann := Found(t, "ann")
	control := keys.ControlScope(ann.ID.Team)
	for range 3 {
		if err := ann.R.Rotate(t.Context(), control); err != nil {
			t.Fatal(err)
		}
	}
	line := ann.R.RelayLine(ann.Tag(control))
	if len(line) != 5 || line[0].Cap.Pub() != ann.ID.TeamSecret.RelayCap(ann.Tag(control)).Pub() {
		t.Fatalf("%d claims", len(line))
	}
	for i, x := range line {
		earlier := map[[32]byte]bool{}
		for _, c := range x.Earlier {
			earlier[c.Pub()] = true
		}
		for _, before := range line[:i] {
			if !earlier[before.Cap.Pub()] {
				t.Errorf("claim %d is not signed by an earlier one", i)
			}
		}
	}
	newest := ann.R.RelayClaims()
	for _, x := range newest {
		if x.Tag == ann.Tag(control) && x.Cap.Pub() != line[4].Cap.Pub() {
			t.Error("what is claimed first is not the newest")
		}
	}
}

// asker asks a depot for one copy as often as it is told to, and says what came.
type asker struct {
	tag  op.ScopeTag
	want blob.Copy
	told chan error
}

func (a *asker) Tend(ctx context.Context, d blob.Depot) error {
	for {
		_, err := d.Get(ctx, a.tag, a.want)
		if errors.Is(err, blob.ErrClosed) {
			select {
			case <-d.News():
				continue
			case <-ctx.Done():
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		a.told <- err
	}
}

// C3, B17: a chunk that a relay damaged, or has not, is no lie, and is asked of others; parts out of order are one, whatever was
// asked before.
func TestC3RelayWithADamagedChunk(t *testing.T) {
	ann := Found(t, "ann")
	bob := ann.Join("bob")
	Exchange(ann, bob)
	x := wire.RelayCopy{ID: [32]byte{1}, Sum: [32]byte{2}, Size: wire.MaxChunkPart + 1}
	a := &asker{tag: bob.Tag(bob.R.CompanyScope()), want: blob.Copy{ID: x.ID, Sum: x.Sum, Size: x.Size}, told: make(chan error)}
	bob.Chunks = a
	err := lie(t, bob, wire.RelayOK, func(l *liar) {
		l.open()
		part := func(from uint32, n int) {
			l.say(&wire.RelayBlobPart{Tag: a.tag, Copy: x, From: from, Part: make([]byte, n)})
		}
		answer := func() {
			t.Helper()
			if err := <-a.told; !errors.Is(err, blob.ErrMissing) {
				t.Errorf("told %v", err)
			}
		}
		await[*wire.RelayBlobGet](l)
		part(0, 0)
		answer()
		await[*wire.RelayBlobGet](l)
		part(0, wire.MaxChunkPart)
		part(wire.MaxChunkPart, 1)
		if c := await[*wire.Credit](l); c.Bytes != wire.MaxChunkPart {
			t.Errorf("credit for %d bytes", c.Bytes)
		}
		answer()
		await[*wire.RelayBlobGet](l)
		part(wire.MaxChunkPart, 1)
	})
	if !errors.Is(err, courier.ErrRelay) {
		t.Errorf("ended with %v", err)
	}
}

// B19: a relay of an older program, which would not answer, is not asked about chunks, and everything else goes on with it.
func TestB19RelayThatKnowsNoChunks(t *testing.T) {
	ann := Found(t, "ann")
	bob := ann.Join("bob")
	Exchange(ann, bob)
	asked := &tenderCalls{}
	bob.Chunks = asked
	err := lieIn(t, bob, wire.RelayKnowsBlobs-1, wire.RelayOK, func(l *liar) {
		l.open()
		await[*wire.Since](l)
		l.say(&wire.Delta{UpTo: 9})
		await[*wire.RelayCursor](l)
		l.say(&wire.RelayBlobHeld{}) // and what it should not know of is a lie
	})
	if !errors.Is(err, courier.ErrRelay) {
		t.Errorf("ended with %v", err)
	}
	if asked.Load() != 0 {
		t.Error("asked about chunks")
	}
}

// tenderCalls counts how often somebody is to tend a depot.
type tenderCalls struct{ atomic.Int32 }

func (c *tenderCalls) Tend(context.Context, blob.Depot) error {
	c.Add(1)
	return nil
}

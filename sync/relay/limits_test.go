package relay

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"tongzhou/sync/op"
	"tongzhou/sync/relay/store"
	"tongzhou/sync/wire"
)

// B2: a device that sends more than the window allows is cut off.
func TestWindow(t *testing.T) {
	w := newWorld(t, Limits{OpsPerSecond: 1, OpsBurst: 1}) // no credit comes back
	a := newMachine(1)
	_, ca := w.found(a)
	ca.mustOpen(ca.prove(companyTag(), 1))
	f := newFeed(a, companyTag())
	big := string(make([]byte, 60_000))
	sent := 0
	for sent < wire.Window {
		m := frame(f.next(4, big)...)
		sent += len(m.Raw)
		ca.send(m)
	}
	ca.send(frame(f.next(1, big)...))
	expect[*wire.Bye](ca)
	if err := ca.ended(); !errors.Is(err, ErrPeer) {
		t.Errorf("%v", err)
	}
}

// B9: who puts faster than the rate gets the window back later; nothing is refused.
func TestPace(t *testing.T) {
	w := newWorld(t, Limits{OpsPerSecond: 100, OpsBurst: 1000})
	a := newMachine(1)
	_, ca := w.found(a)
	ca.mustOpen(ca.prove(companyTag(), 1))
	f := newFeed(a, companyTag())
	ca.put(f.next(1000, "in the burst")...)
	expect[*wire.Credit](ca)
	ca.put(f.next(500, "above it")...)
	ca.since(0) // everything that was on the way has come
	for _, m := range ca.inbox {
		if _, ok := m.(*wire.Credit); ok {
			t.Fatal("the window comes back at once")
		}
	}
	w.clock.add(4 * 1e9)
	ca.since(0)
	w.clock.add(2 * 1e9)
	expect[*wire.Credit](ca)
}

// B10: a team that is full is told so; what is there can be read, and putting works again when there is room.
func TestTeamIsFull(t *testing.T) {
	w, a, b, ca, cb := two(t, Limits{TeamBytes: 100_000})
	cb.since(0)
	f := newFeed(a, companyTag())
	text := string(make([]byte, 1000))
	ca.put(f.next(60, text)...)
	keep := *f
	ca.send(frame(f.next(60, text)...))
	ca.expectRefused(wire.RelayQuota, 0)
	have := expect[*wire.Have](cb)
	cb.fetch(have.Feeds[0], 1)
	ca.put(keep.next(20, text)...)
	ca.send(&wire.RelayMailPut{Box: wire.MailBox(b.id), Body: make([]byte, 60_000), TTL: 60})
	ca.expectRefusal(&wire.RelayMailPut{}, wire.RelayQuota)
	ca.close()

	w.restart(Limits{TeamBytes: 1000})
	again := w.connect(a)
	if again.welcome.State != wire.RelayFull {
		t.Errorf("state %d of a team that is full", again.welcome.State)
	}
	again.mustOpen(again.prove(companyTag(), 1))
	if feeds, _ := again.since(0); len(feeds) != 1 || feeds[0].Len != 80 {
		t.Errorf("what can be read: %+v", feeds)
	}
}

// diskless is a store whose disk may be full.
type diskless struct {
	store.Store
	full atomic.Bool
}

func (d *diskless) Update(ctx context.Context, fn func(store.Tx) error) error {
	if d.full.Load() {
		return fmt.Errorf("write: %w", store.ErrFull)
	}
	return d.Store.Update(ctx, fn)
}

// B10: while the disk is full, what cannot be stored is refused with a code, what is there is served, also to who connects
// only then, and everything works again when there is room.
func TestDiskIsFull(t *testing.T) {
	w := newWorld(t, Limits{})
	a, b, newcomer := newMachine(1), newMachine(2), newMachine(3)
	first, ca := w.found(a, b)
	disk := &diskless{Store: w.store}
	w.store = disk
	w.restart(Limits{})
	expect[*wire.Bye](ca)
	ca = w.connect(a)
	ca.mustOpen(ca.prove(companyTag(), 1))
	f := newFeed(a, companyTag())
	ca.put(f.next(5, "before")...)
	keep := *f

	disk.full.Store(true)
	ca.send(frame(f.next(1, "meanwhile")...))
	ca.expectRefused(wire.RelayQuota, 0)
	r := op.Register{Scope: companyTag(), Device: a.id, Key: "x", Version: 1}
	if err := r.Sign(a.sign); err != nil {
		t.Fatal(err)
	}
	ca.send(&wire.Registers{Raw: [][]byte{r.AppendTo(nil)}})
	if s := expect[*wire.RelayRegistersStored](ca); s.Stored != 0 || s.Refused != 1 {
		t.Errorf("%+v", s)
	}
	vouch := &wire.RelayVouch{Team: w.team, Gen: 1, Device: newcomer.entry()}
	vouch.Sign(a.sign)
	_, box := ca.openBox(1)
	for _, x := range []struct {
		m    wire.Message
		code wire.RelayCode
	}{
		{&wire.RelayRoster{Raw: w.roster(2, first, a, a)}, wire.RelayTryLater},
		{vouch, wire.RelayTryLater},
		{&wire.RelayMailPut{Box: wire.MailBox(b.id), Body: []byte("x"), TTL: 60}, wire.RelayQuota},
		{box, wire.RelayQuota},
	} {
		ca.send(x.m)
		ca.expectRefusal(x.m, x.code)
	}
	ca.send(&wire.RelayCursor{LSeq: 1})
	ca.send(&wire.RelayMailDrop{Box: wire.MailBox(a.id), Nos: []uint64{1}})
	if feeds, _ := ca.since(0); len(feeds) != 1 || len(ca.fetch(feeds[0], 1)) == 0 {
		t.Errorf("what is there: %+v", feeds)
	}
	ca = w.connect(a)
	if ca.welcome.State != wire.RelayOK {
		t.Errorf("state %d of who connects meanwhile", ca.welcome.State)
	}
	for want, one := range map[wire.ScopeState]wire.RelayCap{
		wire.ScopeFull: ca.prove(companyTag(), 1), wire.ScopeUnknown: ca.prove(op.ScopeTag{20}, 1),
	} {
		ca.expectStates("on a full disk", want, one)
	}
	if feeds, _ := ca.since(0); len(feeds) != 1 {
		t.Errorf("what is there, for who connects meanwhile: %+v", feeds)
	}

	disk.full.Store(false)
	ca.mustOpen(ca.prove(companyTag(), 1))
	ca.put(keep.next(3, "after")...)
}

// B8: what could not be noted on a full disk is not passed by the cursor.
func TestCursorOnAFullDisk(t *testing.T) {
	w := newWorld(t, Limits{})
	a := newMachine(1)
	_, ca := w.found(a)
	disk := &diskless{Store: w.store}
	w.store = disk
	w.restart(Limits{})
	expect[*wire.Bye](ca)
	ca = w.connect(a)
	ca.mustOpen(ca.prove(companyTag(), 1))
	ca.put(newFeed(a, companyTag()).next(1, "x")...)
	_, upTo := ca.since(0)
	ca = w.connect(a) // without the scope
	disk.full.Store(true)
	if _, now := ca.since(upTo - 1); now != upTo-1 {
		t.Errorf("the cursor goes on to %d", now)
	}
}

// B8: changes that come faster than a conversation takes them are announced all the same.
func TestChangesTooFast(t *testing.T) {
	w, a, _, ca, _ := two(t, Limits{})
	ca.put(newFeed(a, companyTag()).next(3, "x")...)
	team, _, err := w.store.Team(t.Context(), w.team)
	if err != nil {
		t.Fatal(err)
	}
	c := newConn(w.relay, nil, [32]byte{}, func(error) {})
	c.no, c.state, c.serving = team.No, wire.RelayOK, true
	c.scopes[companyTag()] = &scope{state: wire.ScopeFull}
	for range maxNotes {
		c.tell(note{lseq: 1})
	}
	c.tell(note{lseq: team.LSeq, mail: true})
	if len(c.notes) != maxNotes || !c.notes[maxNotes-1].mail {
		t.Errorf("%d notes are kept", len(c.notes))
	}
	if err := c.handleReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(c.out) != 1 || c.told != team.LSeq {
		t.Fatalf("said: %v, told up to %d", kinds(c.out), c.told)
	}
	if have, ok := c.out[0].(*wire.Have); !ok || len(have.Feeds) != 1 || have.Feeds[0].Len != 3 {
		t.Errorf("%+v", c.out[0])
	}
}

// B9: what is remembered of devices that put nothing any more is bounded.
func TestPaceForgets(t *testing.T) {
	p := newPace(Limits{OpsPerSecond: 10, OpsBurst: 100})
	now := time.UnixMilli(0)
	for n := range maxBuckets {
		p.spend(deviceKey{team: store.TeamNo(n)}, 50, now)
	}
	busy := deviceKey{team: 1}
	now = now.Add(6 * time.Second)
	if until := p.spend(busy, 200, now); !until.After(now) {
		t.Error("who is above its rate may go on")
	}
	p.spend(deviceKey{team: -1}, 1, now)
	if len(p.by) != 2 {
		t.Errorf("%d devices are remembered", len(p.by))
	}
	if until := p.spend(busy, 0, now); !until.After(now) {
		t.Error("who is above its rate is forgotten")
	}
}

// A relay that has ended takes nothing more, and says so.
func TestJobsAfterTheEnd(t *testing.T) {
	w := newWorld(t, Limits{})
	if err := w.relay.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.relay.update(t.Context(), 1, func(store.Tx) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("%v", err)
	}
	c := w.dial(newMachine(1))
	expect[*wire.Bye](c)
	if err := c.ended(); !errors.Is(err, ErrClosed) {
		t.Errorf("%v", err)
	}
}

// One bad job does not spoil those committed with it.
func TestJobsTogether(t *testing.T) {
	w := newWorld(t, Limits{})
	bad := errors.New("bad")
	answers := map[int]error{}
	batch := make([]job, 3)
	for n := range batch {
		batch[n] = job{run: func(store.Tx) error {
			if n == 1 {
				return bad
			}
			return nil
		}, done: func(err error) { answers[n] = err }}
	}
	w.relay.writer.commit(t.Context(), batch)
	if answers[0] != nil || !errors.Is(answers[1], bad) || answers[2] != nil || len(answers) != 3 {
		t.Errorf("%v", answers)
	}
}

// B8: a scope that is opened for the first time on a full disk is listed whole, whatever the cursor says.
func TestFirstSightOnAFullDisk(t *testing.T) {
	w := newWorld(t, Limits{})
	a, b := newMachine(1), newMachine(2)
	_, ca := w.found(a, b)
	disk := &diskless{Store: w.store}
	w.store = disk
	w.restart(Limits{})
	expect[*wire.Bye](ca)
	ca = w.connect(a)
	ca.mustOpen(ca.prove(companyTag(), 1))
	ca.put(newFeed(a, companyTag()).next(2, "x")...)
	_, upTo := ca.since(0)
	disk.full.Store(true)
	cb := w.connect(b)
	cb.mustOpen(cb.prove(companyTag(), 1))
	for range 2 {
		if feeds, _ := cb.since(upTo); len(feeds) != 1 || feeds[0].Len != 2 {
			t.Errorf("listed: %+v", feeds)
		}
	}
}

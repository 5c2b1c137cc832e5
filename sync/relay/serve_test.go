package relay

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"tongzhou/sync/op"
	"tongzhou/sync/wire"
)

// B8: the cursor leads to what changed since, once; a scope that is opened later is listed whole, whatever the cursor says.
func TestCursors(t *testing.T) {
	w, a, b, ca, cb := two(t, Limits{})
	group := op.ScopeTag{20}
	ca.mustOpen(ca.prove(group, 1))
	ca.put(newFeed(a, companyTag()).next(2, "company")...)
	ca.put(newFeed(a, group).next(3, "group")...)
	feeds, upTo := cb.since(0)
	if len(feeds) != 1 || feeds[0].Tag != companyTag() {
		t.Fatalf("%+v", feeds)
	}
	if feeds, _ := cb.since(upTo); len(feeds) != 0 {
		t.Errorf("listed again: %+v", feeds)
	}
	cb = w.connect(b)
	cb.mustOpen(cb.prove(companyTag(), 1), cb.prove(group, 1))
	feeds, upTo = cb.since(upTo)
	if len(feeds) != 1 || feeds[0].Tag != group || feeds[0].Len != 3 {
		t.Errorf("the scope that is new: %+v", feeds)
	}
	if feeds, _ := cb.since(upTo); len(feeds) != 0 {
		t.Errorf("listed again: %+v", feeds)
	}

	// Once without the group, while the cursor goes on: what is put there meanwhile must not be lost.
	cb = w.connect(b)
	cb.mustOpen(cb.prove(companyTag(), 1))
	f := newFeed(a, group)
	f.next(3, "group")
	ca.put(f.next(1, "meanwhile")...)
	_, upTo = cb.since(upTo)
	cb = w.connect(b)
	cb.mustOpen(cb.prove(companyTag(), 1), cb.prove(group, 1))
	feeds, _ = cb.since(upTo)
	if len(feeds) != 1 || feeds[0].Len != 4 {
		t.Errorf("the scope that was left out once: %+v", feeds)
	}
}

// B8: registers come before the list, the newest version of each, and live to others; a store acknowledges them.
func TestRegisters(t *testing.T) {
	w, a, b, ca, cb := two(t, Limits{})
	register := func(m machine, tag op.ScopeTag, key string, version uint64) []byte {
		r := op.Register{Scope: tag, Device: m.id, Key: key, Version: version, Ciphertext: []byte(fmt.Sprint(key, version))}
		if err := r.Sign(m.sign); err != nil {
			t.Fatal(err)
		}
		return r.AppendTo(nil)
	}
	put := func(stored, refused uint32, raw ...[]byte) {
		t.Helper()
		ca.send(&wire.Registers{Raw: raw})
		if r := expect[*wire.RelayRegistersStored](ca); r.Stored != stored || r.Refused != refused {
			t.Errorf("%+v, want %d and %d", r, stored, refused)
		}
	}
	cb.since(0)
	put(2, 2, register(a, companyTag(), "x", 2), register(a, companyTag(), "y", 1), register(a, op.ScopeTag{77}, "x", 1), register(newMachine(9), companyTag(), "x", 1))
	live := 0
	for live < 2 {
		live += len(expect[*wire.Registers](cb).Raw)
	}
	put(1, 0, register(a, companyTag(), "x", 1)) // older: it is stored already
	for n := range maxRegisterKeys - 2 {
		put(1, 0, register(a, companyTag(), fmt.Sprint("k", n), 1))
	}
	put(0, 1, register(a, companyTag(), "toomany", 1))
	put(1, 0, register(a, companyTag(), "x", 3))
	cb = w.connect(b)
	cb.mustOpen(cb.prove(companyTag(), 1))
	cb.send(&wire.Since{})
	got := expect[*wire.Registers](cb)
	if len(got.Raw) != maxRegisterKeys || !bytes.Equal(got.Raw[len(got.Raw)-1], register(a, companyTag(), "x", 3)) {
		t.Errorf("%d registers", len(got.Raw))
	}
	broken := register(a, companyTag(), "z", 1)
	broken[len(broken)-1] ^= 1
	ca.send(&wire.Registers{Raw: [][]byte{broken}})
	expect[*wire.Bye](ca)
}

// B10: what was acknowledged is there after a restart, under the same name; devices go on from their cursor.
func TestRestart(t *testing.T) {
	w, a, b, ca, cb := two(t, Limits{})
	f := newFeed(a, companyTag())
	ca.put(f.next(5, "before")...)
	_, upTo := cb.since(0)
	was := ca.welcome.Store
	w.restart(Limits{})
	expect[*wire.Bye](ca)
	ca, cb = w.connect(a), w.connect(b)
	if ca.welcome.Store != was || ca.welcome.State != wire.RelayOK || ca.welcome.Nonce == cb.welcome.Nonce {
		t.Errorf("%+v", ca.welcome)
	}
	ca.mustOpen(ca.prove(companyTag(), 1))
	cb.mustOpen(cb.prove(companyTag(), 1))
	if feeds, _ := cb.since(upTo); len(feeds) != 0 {
		t.Errorf("listed again: %+v", feeds)
	}
	ca.put(f.next(5, "after")...)
	if have := expect[*wire.Have](cb); len(have.Feeds) != 1 || have.Feeds[0].Len != 10 {
		t.Errorf("%+v", have)
	}
}

// B10: a relay that lost its disk has another name and knows no team; with a new token it is filled again.
func TestDiskIsLost(t *testing.T) {
	w, a, b, ca, _ := two(t, Limits{})
	f := newFeed(a, companyTag())
	ops := f.next(5, "x")
	ca.put(ops...)
	was := ca.welcome.Store
	w.loseDisk()
	if again := w.connect(a); again.welcome.State != wire.RelayNotAllowed || again.welcome.Store == was {
		t.Errorf("%+v", again.welcome)
	}
	if err := Allow(t.Context(), w.store, w.token, w.clock.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	_, ca = w.found(a, b)
	ca.mustOpen(ca.prove(companyTag(), 1))
	ca.put(ops...)
}

// B11: content that is old and that every live device has stored goes; control and epoch ops stay, and so do length and head:
// the feed grows on, and who asks for what is gone is told where to begin.
func TestCollect(t *testing.T) {
	w, a, _, ca, cb := two(t, Limits{})
	f := newFeed(a, companyTag())
	f.head.Kind = op.Epoch
	epoch := f.next(1, "keys")
	f.head.Kind = op.Content
	ops := append(epoch, f.next(9, "old")...)
	ca.put(ops...)
	control := newFeed(a, companyTag())
	control.head.Incarnation, control.head.Kind = 2, op.Control
	rules := control.next(3, "rules")
	ca.put(rules...)
	_, upTo := ca.since(0)
	collect := func() {
		t.Helper()
		if err := w.relay.Collect(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	stored := func(c *client, lseq int64) {
		c.send(&wire.RelayCursor{LSeq: lseq})
		c.since(0)
	}
	first := func(m machine, inc uint32) wire.FeedState {
		t.Helper()
		feeds, _ := ca.since(0)
		for _, s := range feeds {
			if s.Device == m.id && s.Incarnation == inc {
				return s
			}
		}
		t.Fatal("the feed is not listed")
		return wire.FeedState{}
	}
	w.clock.add(keepFor + time.Hour)
	stored(ca, upTo)
	collect() // the other device has not stored it
	if got := ca.fetch(first(a, 1), 1); len(got) == 0 {
		t.Error("what not everybody has is gone")
	}
	stored(cb, upTo)
	ca.put(f.next(1, "new")...)
	collect()
	s := first(a, 1)
	if s.Len != 11 {
		t.Errorf("the length changed: %+v", s)
	}
	ca.send(&wire.Want{Tag: s.Tag, Device: s.Device, Incarnation: 1, From: 1, To: 11})
	if gone := expect[*wire.RelayGone](ca); gone.From != 11 || gone.Device != a.id {
		t.Errorf("%+v", gone)
	}
	if got := ca.fetch(s, 11); len(got) == 0 {
		t.Error("what is new is gone")
	}
	ca.put(f.next(1, "goes on")...)
	ca.put(ops...) // old news
	if got := ca.fetch(first(a, 2), 1); !bytes.Equal(got, frame(rules...).Raw) {
		t.Error("control ops are gone")
	}
	ca.send(&wire.RelayAskEpochs{Tag: companyTag()})
	if keys := expect[*wire.Keys](ca); len(keys.Raw) != 1 || !bytes.Equal(keys.Raw[0], epoch[0].AppendTo(nil)) {
		t.Error("epoch ops are gone")
	}
}

// B11: a device that was not seen for ninety days is not waited for.
func TestCollectWithoutTheLost(t *testing.T) {
	w, a, _, ca, cb := two(t, Limits{})
	cb.leave()
	ca.put(newFeed(a, companyTag()).next(5, "x")...)
	w.clock.add(liveFor + time.Hour)
	_, upTo := ca.since(0)
	ca.send(&wire.RelayCursor{LSeq: upTo})
	feeds, _ := ca.since(0)
	if err := w.relay.Collect(context.Background()); err != nil {
		t.Fatal(err)
	}
	ca.send(&wire.Want{Tag: feeds[0].Tag, Device: a.id, Incarnation: 1, From: 1, To: 5})
	if gone := expect[*wire.RelayGone](ca); gone.From != 6 {
		t.Errorf("%+v", gone)
	}
}

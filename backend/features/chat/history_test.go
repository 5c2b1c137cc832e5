package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tongzhou/backend/access"
	"tongzhou/backend/module/moduletest"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// R57: the same messages in the same order on every device, whatever way they came.
func TestAnyOrderGivesEqualTables(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := moduletest.NewWorld(t)
		users := []op.UserID{w.User("boss", access.Owner), w.User("ann", access.Member), w.User("guest", access.Guest), w.User("gone", access.None)}
		chats := []op.ScopeID{w.Group(users[0], users...), w.Direct(users[0], users[1]), w.Company()}
		for range rapid.IntRange(3, 25).Draw(t, "ops") {
			at := hlc.FromWall(w.Now()) + hlc.Time(rapid.IntRange(0, 9).Draw(t, "clock"))
			device := byte(rapid.IntRange(1, 2).Draw(t, "device"))
			author, chat := rapid.SampledFrom(users).Draw(t, "author"), rapid.SampledFrom(chats).Draw(t, "chat")
			if rapid.Bool().Draw(t, "message") {
				w.Write(author, device, chat, at, typeMessage, nil, message{Text: rapid.SampledFrom([]string{"你好", "hi", ""}).Draw(t, "text"), Client: rapid.Uint64().Draw(t, "client")})
				continue
			}
			name := rapid.SampledFrom([]*string{nil, new("甲"), new("乙"), new("")})
			entity := rapid.SampledFrom([][]byte{[]byte(groupEntity), []byte("x"), nil}).Draw(t, "entity")
			w.Write(author, device, chat, at, typeGroup, entity, group{Name: name.Draw(t, "name"), Purpose: name.Draw(t, "purpose")})
		}
		moduletest.CheckOrder(t, w, users[0], build, w.Ops())
	})
}

func TestHistoryPagesCoverEverythingOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := moduletest.NewWorld(t)
		boss, ann := w.User("boss", access.Owner), w.User("ann", access.Member)
		chat := w.Direct(boss, ann)
		p := w.Peer(boss, 1, build)
		n := rapid.IntRange(0, 30).Draw(t, "messages")
		for i := range n { // equal clocks, two devices
			w.Write([]op.UserID{boss, ann}[i%2], byte(i%3), chat, hlc.FromWall(w.Now())+hlc.Time(i/4), typeMessage, nil, message{Text: fmt.Sprint(i)})
		}
		p.Receive(w.Ops()...)
		var all []string
		page := func(q HistoryQuery) HistoryDTO {
			q.ChatID, q.Limit = chat.String(), rapid.IntRange(1, 7).Draw(t, "limit")
			h, err := api(p).History(q)
			if err != nil || len(h.Messages) > q.Limit {
				t.Fatalf("%d messages of %d, %v", len(h.Messages), q.Limit, err)
			}
			return h
		}
		ids := func(h HistoryDTO) (out []string) {
			for _, m := range h.Messages {
				out = append(out, m.ID)
			}
			return out
		}
		h := page(HistoryQuery{})
		if h.HasNewer {
			t.Fatal("a chat that was never opened does not show its end")
		}
		for all = ids(h); h.HasOlder; all = append(ids(h), all...) {
			h = page(HistoryQuery{Before: all[0]})
			if !h.HasNewer {
				t.Fatal("an older page without newer messages")
			}
		}
		if len(all) != n || len(slices.Compact(slices.Clone(all))) != n {
			t.Fatalf("%d of %d messages backwards", len(all), n)
		}
		if n == 0 {
			return
		}
		// Forwards again, from around any message.
		at := rapid.IntRange(0, n-1).Draw(t, "around")
		h = page(HistoryQuery{Around: all[at]})
		from := slices.Index(all, ids(h)[0])
		if !slices.Contains(ids(h), all[at]) || h.HasOlder != (from > 0) || h.HasNewer != (from+len(h.Messages) < n) {
			t.Fatalf("around %d: %d from %d, %+v", at, len(h.Messages), from, h)
		}
		got := ids(h)
		for h.HasNewer {
			h = page(HistoryQuery{After: got[len(got)-1]})
			if !h.HasOlder {
				t.Fatal("a newer page without older messages")
			}
			got = append(got, ids(h)...)
		}
		if !slices.Equal(got, all[from:]) {
			t.Fatalf("forwards %v, want %v", got, all[from:])
		}
	})
}

func TestHistoryOpensAtTheFirstUnread(t *testing.T) {
	m := newTeam(t)
	var sent []MessageDTO
	for i := range 20 {
		sent = append(sent, send(t, m.annPeer, m.group, fmt.Sprint(i)))
	}
	m.bobPeer.ReceiveAll()
	open := func(limit int) HistoryDTO {
		return history(t, m.bobPeer, HistoryQuery{ChatID: m.group.String(), Limit: limit})
	}
	if h := open(4); texts(h) != "16 17 18 19" || h.HasNewer || !h.HasOlder || h.FirstUnread != sent[0].ID {
		t.Fatalf("never opened: %s %+v", texts(h), h)
	}
	read := func(i int) {
		if err := api(m.bobPeer).MarkRead(m.group.String(), sent[i].ID); err != nil {
			t.Fatal(err)
		}
	}
	read(9)
	if h := open(4); texts(h) != "8 9 10 11" || !h.HasNewer || !h.HasOlder || h.FirstUnread != sent[10].ID {
		t.Fatalf("half read: %s %+v", texts(h), h)
	}
	read(17)
	if h := open(6); texts(h) != "14 15 16 17 18 19" || h.HasNewer || h.FirstUnread != sent[18].ID {
		t.Fatalf("nearly read: %s %+v", texts(h), h)
	}
	read(19)
	send(t, m.bobPeer, m.group, "own")
	if h := open(3); texts(h) != "18 19 own" || h.FirstUnread != "" || h.HasNewer {
		t.Fatalf("all read: %s %+v", texts(h), h)
	}
	if h := open(0); len(h.Messages) != 21 {
		t.Fatalf("default page of %d", len(h.Messages))
	}
}

func unread(t *testing.T, p *moduletest.Peer, chat op.ScopeID) int {
	t.Helper()
	for _, c := range must(api(p).Chats())(t) {
		if c.ID == chat.String() {
			return c.Unread
		}
	}
	t.Fatal("the chat is not listed")
	return 0
}

func TestUnreadCounts(t *testing.T) {
	m := newTeam(t)
	second := m.Peer(m.bob, 2, build) // bob's other device
	id := m.group.String()
	var sent []MessageDTO
	for i := range 5 {
		sent = append(sent, send(t, m.annPeer, m.group, fmt.Sprint(i)))
	}
	m.bobPeer.ReceiveAll()
	second.ReceiveAll()
	if got := unread(t, m.annPeer, m.group); got != 0 {
		t.Errorf("%d own messages are unread", got)
	}
	if got := unread(t, m.bobPeer, m.group); got != 5 {
		t.Errorf("%d unread, want 5", got)
	}
	if err := api(m.bobPeer).MarkRead(id, sent[3].ID); err != nil {
		t.Fatal(err)
	}
	if err := api(m.bobPeer).MarkRead(id, sent[1].ID); err != nil { // scrolled back
		t.Fatal(err)
	}
	if err := api(second).MarkRead(id, sent[0].ID); err != nil {
		t.Fatal(err)
	}
	if n := m.bobPeer.Count(`SELECT count(*) FROM chat_read WHERE hlc = ?`, int64(m.Ops()[3].HLC)); n != 1 {
		t.Error("the mark went back")
	}
	if got := unread(t, m.bobPeer, m.group); got != 1 {
		t.Errorf("%d unread after a mark and one behind it, want 1", got)
	}
	second.ReceiveAll()
	if got := unread(t, second, m.group); got != 1 {
		t.Errorf("%d unread on the other device, want 1", got)
	}
	send(t, second, m.group, "my answer")
	m.bobPeer.ReceiveAll()
	if got := unread(t, m.bobPeer, m.group); got != 1 {
		t.Errorf("%d unread after an own message on the other device, want 1", got)
	}
	if err := api(m.bobPeer).MarkRead(id, sent[4].ID); err != nil {
		t.Fatal(err)
	}
	if got := unread(t, m.bobPeer, m.group); got != 0 {
		t.Errorf("%d unread, want 0", got)
	}
	if err := api(m.bobPeer).MarkUnread(id); err != nil {
		t.Fatal(err)
	}
	if got := unread(t, m.bobPeer, m.group); got != 1 {
		t.Errorf("%d unread after marking it so by hand, want 1", got)
	}
	if err := api(m.bobPeer).MarkRead(id, sent[4].ID); err != nil {
		t.Fatal(err)
	}
	if got := unread(t, m.bobPeer, m.group); got != 0 {
		t.Errorf("%d unread after reading again, want 0", got)
	}
	for i := range 120 {
		send(t, m.annPeer, m.group, fmt.Sprintf("more %d", i))
	}
	m.bobPeer.ReceiveAll()
	if got := unread(t, m.bobPeer, m.group); got != 100 {
		t.Errorf("%d unread, want the cap of 100", got)
	}
}

func TestChatListIsNewestFirst(t *testing.T) {
	m := newTeam(t)
	direct := m.Direct(m.ann, m.bob)
	second := m.Group(m.boss, m.bob)
	order := func() (out []op.ScopeID) {
		for _, c := range must(api(m.bobPeer).Chats())(t) {
			id, _ := op.ParseScopeID(c.ID)
			out = append(out, id)
		}
		return out
	}
	expect := func(what string, want ...op.ScopeID) {
		t.Helper()
		if got := order(); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	m.Advance(time.Second)
	send(t, m.annPeer, m.group, "one")
	m.bobPeer.ReceiveAll()
	expect("a message moves its chat up; an empty direct chat is not listed", m.group, second)
	m.Advance(time.Second)
	send(t, m.annPeer, direct, "two")
	m.bobPeer.ReceiveAll()
	expect("two messages", direct, m.group, second)
	if err := api(m.bobPeer).SetPinned(second.String(), true); err != nil {
		t.Fatal(err)
	}
	expect("pinned", second, direct, m.group)
	if err := api(m.bobPeer).SetPinned(second.String(), false); err != nil {
		t.Fatal(err)
	}
	m.Advance(-time.Hour) // a clock that goes back does not reorder what others see
	send(t, m.annPeer, m.group, "@"+m.bob.String()[:4]+" 三")
	m.bobPeer.ReceiveAll()
	expect("newest by the hybrid clock", m.group, direct, second)

	list := must(api(m.bobPeer).Chats())(t)
	if last := list[0].Last; last == nil || last.SenderID != m.ann.String() || last.Own || !list[0].Mentioned || list[0].Unread != 2 {
		t.Errorf("last %+v of %+v", last, list[0])
	}
	if list[1].Mentioned {
		t.Error("mentioned where nobody wrote the name")
	}
	if err := api(m.bobPeer).SetMuted(list[0].ID, true); err != nil {
		t.Fatal(err)
	}
	if !must(api(m.bobPeer).Chats())(t)[0].Muted {
		t.Error("not muted")
	}
}

func TestDraftsAreKeptAndGoWhenSent(t *testing.T) {
	m := newTeam(t)
	id := m.group.String()
	if err := api(m.bobPeer).SaveDraft(id, "明天"); err != nil {
		t.Fatal(err)
	}
	if got := must(api(m.bobPeer).Chats())(t)[0].Draft; got != "明天" {
		t.Fatalf("draft %q", got)
	}
	send(t, m.bobPeer, m.group, "明天见")
	if got := must(api(m.bobPeer).Chats())(t)[0].Draft; got != "" {
		t.Fatalf("draft %q after sending", got)
	}
	if err := api(m.bobPeer).SaveDraft(id, "x"); err != nil {
		t.Fatal(err)
	}
	if err := api(m.bobPeer).SaveDraft(id, ""); err != nil {
		t.Fatal(err)
	}
	if n := m.bobPeer.Count(`SELECT count(*) FROM chat_draft`); n != 0 {
		t.Fatalf("%d drafts", n)
	}
}

func TestDeliveryNamesWhoHoldsIt(t *testing.T) {
	m := newTeam(t)
	sent := send(t, m.annPeer, m.group, "hello")
	check := func(what string, received, read int, state string) {
		t.Helper()
		got := history(t, m.annPeer, HistoryQuery{ChatID: m.group.String()}).Messages[0]
		if got.Received != received || got.Read != read || got.Total != 2 || got.State != state {
			t.Errorf("%s: %+v", what, got)
		}
	}
	check("saved here", 0, 0, "saved")
	m.annPeer.Relayed = true
	check("on the relay", 0, 0, "relay")
	if d := must(api(m.annPeer).Delivery(sent.ID))(t); !d.OnRelay || len(d.Received) != 0 {
		t.Errorf("on the relay: %+v", d)
	}
	m.bobPeer.ReceiveAll()
	check("received by bob", 1, 0, "received")
	d := must(api(m.annPeer).Delivery(sent.ID))(t)
	if len(d.Received) != 1 || d.Received[0] != (ReceiverDTO{m.bob.String(), m.bob.String()[:4], false}) || len(d.Waiting) != 1 || d.Waiting[0].UserID != m.boss.String() ||
		d.SavedAt != "2026-11-10T10:00:00.000Z" || d.Total != 2 {
		t.Errorf("delivery %+v", d)
	}
	m.bossPeer.ReceiveAll()
	if err := api(m.bobPeer).MarkRead(m.group.String(), sent.ID); err != nil {
		t.Fatal(err)
	}
	m.annPeer.ReceiveAll()
	check("read by bob", 2, 1, "received")
	if d := must(api(m.annPeer).Delivery(sent.ID))(t); len(d.Received) != 2 || !d.Received[0].Read || d.Received[0].UserID != m.bob.String() || d.Received[1].Read {
		t.Errorf("delivery %+v", d)
	}
}

func TestWhoHasReadItHoldsIt(t *testing.T) {
	m := newTeam(t)
	sent := send(t, m.annPeer, m.group, "hello")
	id, _ := ParseMessageID(sent.ID)
	// The mark arrives although nothing proves that the message did.
	if err := m.bobPeer.SetRegister(context.Background(), m.group, keyRead, readMark{HLC: m.Ops()[0].HLC, Ref: id.Ref}); err != nil {
		t.Fatal(err)
	}
	m.annPeer.ReceiveRegisters(m.bobPeer)
	if d := must(api(m.annPeer).Delivery(sent.ID))(t); len(d.Received) != 1 || !d.Received[0].Read {
		t.Fatalf("delivery %+v", d)
	}
}

func TestLateArrivals(t *testing.T) {
	m := newTeam(t)
	send(t, m.annPeer, m.group, "on time")
	m.Advance(4 * time.Minute)
	send(t, m.annPeer, m.group, "late")
	m.Advance(4 * time.Minute)
	m.bobPeer.Receive(m.Ops()[0])
	m.Advance(2 * time.Minute)
	m.bobPeer.ReceiveAll()
	got := history(t, m.bobPeer, HistoryQuery{ChatID: m.group.String()})
	if !got.Messages[0].Late || !got.Messages[1].Late {
		t.Errorf("eight and six minutes are late: %+v", got)
	}
	soon := send(t, m.annPeer, m.group, "now")
	m.Advance(5 * time.Minute)
	m.bobPeer.ReceiveAll()
	if got := history(t, m.bobPeer, HistoryQuery{ChatID: m.group.String(), Around: soon.ID, Limit: 1}); got.Messages[0].Late {
		t.Error("five minutes are not late")
	}
	m.Advance(time.Hour)
	second := m.Peer(m.ann, 2, build)
	second.ReceiveAll()
	if own := history(t, second, HistoryQuery{ChatID: m.group.String()}); own.Messages[0].Late {
		t.Error("an own message is late on the other device")
	}
}

func TestSendingTwiceSendsOnce(t *testing.T) {
	m := newTeam(t)
	in := SendInput{ChatID: m.group.String(), Text: "hello", ClientID: "c1"}
	sent := must(api(m.annPeer).Send(in))(t)
	if again := must(api(m.annPeer).Send(in))(t); again != sent {
		t.Fatalf("again %+v, first %+v", again, sent)
	}
	// After a restart the memory comes from the chat itself.
	for i := range 15 {
		must(api(m.annPeer).Send(SendInput{ChatID: in.ChatID, Text: fmt.Sprint(i), ClientID: fmt.Sprint(i)}))(t)
	}
	restarted := New(m.annPeer.Deps(), people{}).API.(*API)
	if again := must(restarted.Send(in))(t); again.ID != sent.ID || again.Text != sent.Text {
		t.Fatalf("after a restart %+v, first %+v", again, sent)
	}
	if n := len(m.Ops()); n != 16 {
		t.Fatalf("%d ops, want 16", n)
	}
	// The same client id in another chat or by another person is another message.
	must(api(m.annPeer).Send(SendInput{ChatID: m.Direct(m.ann, m.bob).String(), Text: "hello", ClientID: "c1"}))(t)
	must(api(m.bobPeer).Send(in))(t)
	if n := len(m.Ops()); n != 18 {
		t.Fatalf("%d ops, want 18", n)
	}
	// A failed sending may be tried again.
	m.SetRole(m.ann, access.Guest)
	in.ClientID = "c2"
	if _, err := api(m.annPeer).Send(in); err == nil {
		t.Fatal("a guest wrote")
	}
	m.SetRole(m.ann, access.Member)
	must(api(m.annPeer).Send(in))(t)
}

func TestSendingAtOnceSendsOnce(t *testing.T) {
	s := newSent()
	release, entered := make(chan struct{}), make(chan struct{}, 2)
	sends := 0
	results := make(chan stored, 2)
	for range 2 {
		go func() {
			entered <- struct{}{}
			m, _ := s.once(sentKey{client: 1}, func() (stored, error) { <-release; sends++; return stored{text: "x", key: int64(sends)}, nil })
			results <- m
		}()
	}
	<-entered
	<-entered
	close(release)
	if a, b := <-results, <-results; a != b || sends != 1 {
		t.Fatalf("%+v and %+v of %d sendings", a, b, sends)
	}
	failed := func() (stored, error) { return stored{}, errors.New("disk full") }
	if _, err := s.once(sentKey{client: 2}, failed); err == nil {
		t.Fatal("a failure went unnoticed")
	}
	if m, err := s.once(sentKey{client: 2}, func() (stored, error) { return stored{text: "y"}, nil }); err != nil || m.text != "y" {
		t.Fatalf("after a failure %+v, %v", m, err)
	}
	for i := range uint64(2 * sentRemembered) { // memory is bounded
		_, _ = s.once(sentKey{client: i + 2}, func() (stored, error) { return stored{}, nil })
	}
	if len(s.byKey) != sentRemembered || len(s.order) != sentRemembered {
		t.Fatalf("%d and %d are remembered", len(s.byKey), len(s.order))
	}
}

func TestMalformedReadMarkCountsAsNothing(t *testing.T) {
	m := newTeam(t)
	send(t, m.annPeer, m.group, "x")
	m.bobPeer.ReceiveAll()
	for _, value := range []any{"nonsense", readMark{HLC: hlc.Max + 1}} {
		if err := m.bobPeer.SetRegister(context.Background(), m.group, keyRead, value); err != nil {
			t.Fatal(err)
		}
		if got := unread(t, m.bobPeer, m.group); got != 1 {
			t.Errorf("%v: %d unread", value, got)
		}
	}
	m.annPeer.ReceiveRegisters(m.bobPeer)
	if got := history(t, m.annPeer, HistoryQuery{ChatID: m.group.String()}).Messages[0]; got.Read != 0 {
		t.Errorf("a mark beyond time counts as read: %+v", got)
	}
	if got, want := m.bobPeer.Dump(), m.bobPeer.Replayed(); got != want {
		t.Errorf("a rebuild differs:\n%s\n%s", got, want)
	}
}

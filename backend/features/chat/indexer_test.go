package chat

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"tongzhou/backend/access"
	"tongzhou/backend/module/moduletest"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

func TestIndexerSurvivesARestart(t *testing.T) {
	m := newTeam(t)
	for i := range 5 {
		send(t, m.annPeer, m.group, fmt.Sprintf("会议 %d", i))
	}
	x := newIndexer(m.annPeer.Deps())
	if n, err := x.batch(context.Background(), 2); n != 2 || err != nil {
		t.Fatalf("indexed %d, %v", n, err)
	}
	if r := must(api(m.annPeer).Search(SearchQuery{Text: "会议"}))(t); len(r.Hits) != 2 || r.Indexing != 3 {
		t.Fatalf("%d hits, %d left", len(r.Hits), r.Indexing)
	}
	// The next run of the program goes on where this one stopped.
	indexAll(t, m.annPeer)
	if r := must(api(m.annPeer).Search(SearchQuery{Text: "会议"}))(t); len(r.Hits) != 5 || r.Indexing != 0 {
		t.Fatalf("%d hits, %d left", len(r.Hits), r.Indexing)
	}
	if n := m.annPeer.Count(`SELECT count(*) FROM chat_search_doc`); n != 5 {
		t.Fatalf("%d rows in the index", n)
	}
}

func TestIndexFollowsWhatCountsAndWhatDoesNot(t *testing.T) {
	m := newTeam(t)
	send(t, m.annPeer, m.group, "会议")
	m.bobPeer.ReceiveAll()
	indexAll(t, m.bobPeer)
	rows := func() int {
		return m.bobPeer.Count(`SELECT count(*) FROM chat_search WHERE chat_search MATCH '"会议"'`)
	}
	for round := range 3 {
		if got := find(t, m.bobPeer, SearchQuery{Text: "会议"}); got != "会议" || rows() != 1 {
			t.Fatalf("round %d: found %q, %d rows", round, got, rows())
		}
		m.SetRole(m.ann, access.Guest)
		if got := find(t, m.bobPeer, SearchQuery{Text: "会议"}); got != "" {
			t.Fatalf("round %d: found %q before the index knows", round, got)
		}
		indexAll(t, m.bobPeer)
		if rows() != 0 {
			t.Fatalf("round %d: still in the index", round)
		}
		m.SetRole(m.ann, access.Member)
		indexAll(t, m.bobPeer)
	}
	// Gone and back before the indexer looks: nothing to do, and not twice in the index.
	m.SetRole(m.ann, access.Guest)
	m.SetRole(m.ann, access.Member)
	indexAll(t, m.bobPeer)
	if rows() != 1 {
		t.Fatalf("%d rows", rows())
	}
}

func TestMessagesOfOneMomentFindAPlaceEach(t *testing.T) {
	w := moduletest.NewWorld(t)
	boss, ann := w.User("boss", access.Owner), w.User("ann", access.Member)
	p, chat := w.Peer(boss, 1, build), w.Direct(boss, ann)
	const n = 3000
	for i := range n { // all in one millisecond, most beyond the sixteen places of the counter
		w.Write(ann, byte(i%3), chat, hlc.FromWall(w.Now())+hlc.Time(i/3), typeMessage, nil, message{Text: "会议"})
	}
	p.Receive(w.Ops()...)
	indexAll(t, p)
	if got := p.Count(`SELECT count(*) FROM chat_search WHERE chat_search MATCH '"会议"'`); got != n {
		t.Fatalf("%d in the index, want %d", got, n)
	}
	probes := 0
	for _, o := range w.Ops() {
		_, indexed, err := docOf(func(query string, args ...any) rowScanner { probes++; return p.Read().QueryRow(query, args...) }, o.ScopeNo, position{o.HLC, o.Ref})
		if err != nil || !indexed {
			t.Fatalf("%s is not found: %v", o.Ref, err)
		}
	}
	if probes > 12*n {
		t.Fatalf("%d probes for %d messages", probes, n)
	}
	if spread := p.Count(`SELECT max(id) - min(id) FROM chat_search_doc`); spread > 16*60_000 {
		t.Fatalf("moved up to %d places, a minute and more", spread)
	}
}

func TestARowThatIsGoneKeepsItsPlace(t *testing.T) {
	m := newTeam(t)
	authors := []op.UserID{m.ann, m.boss, m.bob}
	for _, u := range authors { // one moment, so the later ones make way for the first
		m.Write(u, 1, m.group, hlc.FromWall(m.Now()), typeMessage, nil, message{Text: "会议"})
	}
	carl := m.User("carl", access.Member)
	m.SetScopeRole(m.group, carl, access.Member)
	p := m.Peer(carl, 1, build)
	p.Receive(m.Ops()...)
	indexAll(t, p)
	for _, gone := range authors {
		m.SetRole(gone, access.Guest)
		indexAll(t, p)
		for _, other := range authors { // queued again, and found where they are
			if other != gone {
				m.SetRole(other, access.Guest)
				m.SetRole(other, access.Member)
			}
		}
		indexAll(t, p)
		if got := p.Count(`SELECT count(*) FROM chat_search WHERE chat_search MATCH '"会议"'`); got != 2 {
			t.Fatalf("%d in the index, want 2", got)
		}
		m.SetRole(gone, access.Member)
		indexAll(t, p)
	}
	if got := find(t, p, SearchQuery{Text: "会议"}); got != "会议|会议|会议" {
		t.Fatalf("found %s", got)
	}
}

func TestIndexerWaitsForAQuietMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := &indexer{logger: slog.New(slog.DiscardHandler), wake: make(chan struct{}, 1)}
		start := time.Now()
		// Changes every 100 ms for a second: it waits until 200 ms after the last.
		go func() {
			for range 10 {
				time.Sleep(100 * time.Millisecond)
				x.notify()
			}
		}()
		if !x.settle(t.Context()) || time.Since(start) != 1200*time.Millisecond {
			t.Errorf("settled after %v", time.Since(start))
		}
		// Changes that never stop: it waits ten seconds.
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			for ctx.Err() == nil {
				time.Sleep(90 * time.Millisecond)
				x.notify()
			}
		}()
		start = time.Now()
		if x.settle(ctx) || time.Since(start) != indexPatient {
			t.Errorf("busy after %v", time.Since(start))
		}
		cancel()
		start = time.Now()
		if x.settle(ctx) || time.Since(start) != 0 {
			t.Errorf("stopped after %v", time.Since(start))
		}
		<-done
	})
}

func TestIndexerRunsUntilStopped(t *testing.T) {
	m := newTeam(t)
	mod := m.bobPeer.Modules[0]
	if err := mod.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	send(t, m.bobPeer, m.group, "会议")
	deadline := time.Now().Add(30 * time.Second)
	for m.bobPeer.Count(`SELECT count(*) FROM chat_index_queue`) > 0 {
		if time.Now().After(deadline) {
			t.Fatal("not indexed")
		}
		runtime.Gosched()
	}
	if err := mod.Stop(); err != nil {
		t.Fatal(err)
	}
	send(t, m.bobPeer, m.group, "会议")
	if n := m.bobPeer.Count(`SELECT count(*) FROM chat_index_queue`); n != 1 {
		t.Fatalf("%d in the queue after stopping", n)
	}
}

package apptest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tongzhou/backend/store"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
)

// errNoCommit is a commit that fails after everything was staged, as on a full disk.
var errNoCommit = errors.New("commit fails")

// unreliableDB fails commits when told to.
type unreliableDB struct {
	replica.DB
	fails atomic.Bool
}

func (d *unreliableDB) Read() *sql.DB { return d.DB.Read() }

func (d *unreliableDB) Write(ctx context.Context, fn func(tx replica.Tx) error) error {
	return d.DB.Write(ctx, func(tx replica.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		if d.fails.Load() {
			return errNoCommit
		}
		return nil
	})
}

// unreliable makes the member's commits fail while the result is true.
func (m *Member) unreliable() *atomic.Bool {
	m.T.Helper()
	u := &unreliableDB{}
	m.Wrap = func(db replica.DB) replica.DB { u.DB = db; return u }
	m.Reopen()
	return &u.fails
}

// knowledge is what the replica answers from memory.
func (m *Member) knowledge() string {
	var out []string
	for _, f := range m.R.Feeds().Feeds() {
		out = append(out, fmt.Sprintf("feed %d %s/%d len %d fork %d", f.No, f.Device, f.Incarnation, f.Len, f.Fork))
	}
	for _, u := range m.R.Members() {
		out = append(out, fmt.Sprintf("user %s no %d role %s", u, m.R.UserNo(u), m.R.Authority().Role(u)))
	}
	for _, s := range m.R.Scopes(replica.ScopeGroup, replica.ScopeDirect) {
		out = append(out, fmt.Sprintf("scope %s no %d members %d", s.ID, s.No, len(s.Members)))
	}
	out = append(out, fmt.Sprintf("store %x inc %d lseq %d", m.R.Feeds().StoreID(), m.R.Feeds().Incarnation(), m.R.Feeds().LSeq()))
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// L4: when a commit fails, memory is what the database is: whatever the transaction was about, everything can be done again,
// and a restart changes nothing.
func TestFailedCommitLeavesNothing(t *testing.T) {
	ctx := context.Background()
	a := Found(t, "a")
	b := a.Join("b")
	Exchange(a, b)
	company := a.R.CompanyScope()
	group := b.Group(a)
	b.giveOwn(a, group)
	b.Note(company, "by b")
	n := a.Newcomer("n")
	invite, key := a.Invite()
	a.Welcome(n)
	n.Admit(invite, key)
	nFeed := n.OwnFeed(controlOf(n))
	bFeed := b.OwnFeed(company)
	fails := a.unreliable()
	g := b.Forge(company, 9)
	at := b.R.Clock().Now()
	one := g.Note(at, "1")
	two, other := g.Note(at+1, "2"), g.At(2, one.ID()).Note(at+2, "other 2")
	if err := a.Take(Raw(one, two)); err != nil {
		t.Fatal(err)
	}
	twin := a.Clone("twin")
	twin.Note(company, "by the twin")
	a.Note(company, "by a")
	twinFeed := twin.OwnFeed(company)
	acts := map[string]func() error{
		"note":     func() error { _, err := a.TryNote(company, "x"); return err },
		"group":    func() error { _, err := a.R.CreateGroup(ctx, []op.UserID{b.ID.Root.ID}, nil); return err },
		"direct":   func() error { _, err := a.R.EnsureDirect(ctx, b.ID.Root.ID); return err },
		"invite":   func() error { _, _, err := a.R.Invite(ctx, 4, a.Now().Add(1e12)); return err },
		"newcomer": func() error { return a.Take(n.Frame(&nFeed, 1, nFeed.Len)) },
		"ops":      func() error { return a.Take(b.Frame(&bFeed, 1, bFeed.Len)) },
		"fork":     func() error { return ignoreForked(a.Take(Raw(one, other))) },
		"own fork": func() error { return ignoreForked(a.Take(twin.Frame(&twinFeed, 1, twinFeed.Len))) },
		"register": func() error { return a.R.SetRegister(ctx, company, "mark", 3) },
		"ack":      func() error { return a.R.Acknowledge(ctx, b.Device(), a.ackAll()) },
	}
	for name, act := range acts {
		before, dump, rows := a.knowledge(), a.Company(), a.Statuses()
		own := a.R.Unsent()
		fails.Store(true)
		if err := act(); !errors.Is(err, errNoCommit) {
			t.Fatalf("%s: %v", name, err)
		}
		fails.Store(false)
		if after := a.knowledge(); after != before {
			t.Fatalf("%s: memory is\n%s\ninstead of\n%s", name, after, before)
		}
		if a.Company() != dump || a.Statuses() != rows || a.R.Unsent() != own {
			t.Fatalf("%s: rows changed", name)
		}
		a.Reopen()
		if after := a.knowledge(); after != before {
			t.Fatalf("%s: after a restart\n%s\ninstead of\n%s", name, after, before)
		}
		if err := act(); err != nil {
			t.Fatalf("%s, again: %v", name, err)
		}
		if err := a.Take(b.Frame(&bFeed, 1, bFeed.Len)); err != nil {
			t.Fatal(err)
		}
	}
	a.Rebuild()
	if _, err := a.R.CheckChains(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func (m *Member) ackAll() (acks []replica.Ack) {
	for _, f := range m.R.Feeds().Feeds() {
		if f.Len > 0 {
			acks = append(acks, replica.Ack{Feed: f.FeedKey, Len: f.Len, Head: [8]byte(f.Head[:8])})
		}
	}
	return acks
}

// L4: a full disk fails the write visibly; everything saved before is there, is shown, and can be read after a restart. When
// there is room again, writing goes on.
func TestFullDisk(t *testing.T) {
	a := Found(t, "a")
	company := a.R.CompanyScope()
	a.Options = store.Options{MaxPages: a.Count(`PRAGMA page_count`) + 200}
	a.Reopen()
	written := 0
	var err error
	for range 5000 {
		if _, err = a.TryNote(company, strings.Repeat("填满", 200)+fmt.Sprint(written)); err != nil {
			break
		}
		written++
	}
	if !errors.Is(err, store.ErrFull) || written == 0 {
		t.Fatalf("after %d notes: %v", written, err)
	}
	before := a.knowledge()
	if a.Rows("note") != written {
		t.Fatalf("%d of %d notes", a.Rows("note"), written)
	}
	a.Options = store.Options{}
	a.Reopen()
	if after := a.knowledge(); after != before || a.Rows("note") != written {
		t.Fatalf("%d of %d notes; memory was\n%s\nand is\n%s", a.Rows("note"), written, before, after)
	}
	a.Note(company, "room again")
	if _, err := a.R.CheckChains(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// L4, L5: transactions follow each other strictly, so that writers side by side never take one place in a feed or one arrival
// number twice, and events come in the order of commits.
func TestWritersSideBySide(t *testing.T) {
	a := Found(t, "a")
	b := a.Join("b")
	Exchange(a, b)
	company := a.R.CompanyScope()
	var mu sync.Mutex
	last := map[oplog.FeedKey]uint64{}
	var lseq int64
	defer a.R.Subscribe(func(e *replica.Event) {
		mu.Lock()
		defer mu.Unlock()
		for _, f := range e.Feeds {
			if want, ok := last[f.Feed.FeedKey]; ok && f.From != want+1 {
				t.Errorf("event of seq %d after %d", f.From, want)
			}
			last[f.Feed.FeedKey] = f.Feed.Len
			if f.Feed.LSeq <= lseq {
				t.Errorf("arrival number %d after %d", f.Feed.LSeq, lseq)
			}
			lseq = f.Feed.LSeq
		}
	})()
	var g sync.WaitGroup
	for w := range 4 {
		g.Go(func() {
			for i := range 50 {
				if _, err := a.TryNote(company, fmt.Sprintf("%d/%d", w, i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	forged := b.Forge(company, 9)
	at := b.R.Clock().Now()
	for i := range 100 {
		if err := a.Take(Raw(forged.Note(at, fmt.Sprint(i)))); err != nil {
			t.Fatal(err)
		}
		at++
	}
	g.Wait()
	if n := a.Rows("note"); n != 300 {
		t.Fatalf("%d notes", n)
	}
	if dup := a.Count(`SELECT count(*) - count(DISTINCT lseq) FROM feed WHERE len > 0`); dup != 0 {
		t.Fatalf("%d arrival numbers twice", dup)
	}
}

// L4: work handed over to a replica that closes ends with an error and is never left hanging.
func TestCloseAnswersEverybody(t *testing.T) {
	a := Found(t, "a")
	b := a.Join("b")
	Exchange(a, b)
	g := b.Forge(a.R.CompanyScope(), 9)
	at := b.R.Clock().Now()
	var jobs []*replica.Verified
	for i := range 200 {
		raw := Raw(g.Note(at+1, fmt.Sprint(i)))
		at++
		v, err := a.R.Verify(Parse(t, raw), raw)
		if err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs, v)
	}
	var answered atomic.Int32
	var w sync.WaitGroup
	for _, v := range jobs {
		w.Go(func() { a.R.Ingest(context.Background(), v, func(error) { answered.Add(1) }) })
	}
	a.R.Close()
	w.Wait()
	if n := answered.Load(); n != 200 {
		t.Fatalf("%d of 200 were answered", n)
	}
}

// P3, L4: what was held for its clock is judged when it is due, also when the commit that first judged it fails.
func TestHeldOpsOutliveAFailedCommit(t *testing.T) {
	ctx := context.Background()
	var ahead atomic.Int64
	a := FoundAt(t, "a", func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
	b := a.Join("b")
	Exchange(a, b)
	fails := a.unreliable()
	g := b.Forge(b.R.CompanyScope(), 7)
	if err := a.Take(Raw(g.Note(hlc.FromWall(time.Now().Add(10*time.Minute)), "early"))); err != nil {
		t.Fatal(err)
	}
	ahead.Store(int64(10 * time.Minute))
	fails.Store(true)
	if err := a.R.JudgeHeld(ctx); !errors.Is(err, errNoCommit) || a.Rows("note") != 0 {
		t.Fatal(err)
	}
	fails.Store(false)
	if err := a.R.JudgeHeld(ctx); err != nil || a.Rows("note") != 1 {
		t.Fatalf("%d notes, %v", a.Rows("note"), err)
	}
}

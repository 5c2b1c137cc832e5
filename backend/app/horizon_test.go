package app

import (
	"context"
	"testing"

	"tongzhou/backend/features/chat"
	"tongzhou/backend/rules"
	"tongzhou/sync/op"
	"tongzhou/sync/replica"
)

// R57, H5 to H8: what is past keeping is gone from chats and search; the tables are what the ops say at every step; a backup holds
// stubs as such, and a device that is made of it is as the one before.
func TestH5HistoryGoesForGood(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	if string(rules.HistoryDays) != replica.KeepRule {
		t.Fatalf("the rule is called %q and %q", rules.HistoryDays, replica.KeepRule)
	}
	a, b := pair(t)
	d := a.direct(b)
	a.send(d, "去年的报价")
	b.reads(d, "去年的报价")
	b.send(d, "收到报价")
	a.reads(d, "去年的报价", "收到报价")
	b.stop()
	for key, days := range map[rules.Key]int{rules.HistoryDays: op.MinKeepDays, rules.PassphraseDays: 365} {
		if err := a.teamNow().replica.SetRule(ctx, string(key), days); err != nil {
			t.Fatal(err)
		}
	}
	a.ahead.Add(int64(100 * day))
	a.send(d, "今年的报价")
	finds := func(p *person, want int) {
		t.Helper()
		p.until("what search finds", func() bool {
			found, err := p.chat().Search(chat.SearchQuery{Text: "报价", Limit: 10})
			return err == nil && found.Indexing == 0 && len(found.Hits) == want
		})
	}
	finds(a, 3)
	if err := a.teamNow().replica.WriteHorizons(ctx); err != nil {
		t.Fatal(err)
	}
	a.verified() // whatever was done of it so far
	a.start()
	if err := a.teamNow().replica.Expire(ctx); err != nil {
		t.Fatal(err)
	}
	a.reads(d, "今年的报价")
	finds(a, 1)
	if h, err := a.chat().History(chat.HistoryQuery{ChatID: d}); err != nil || h.KeptFrom == "" {
		t.Errorf("kept from %q, %v", h.KeptFrom, err)
	}
	a.ahead.Add(int64(15 * day))
	if err := a.teamNow().replica.Expire(ctx); err != nil {
		t.Fatal(err)
	}
	stubs := func(p *person) (n int) {
		if err := p.database().Read().QueryRow(`SELECT count(*) FROM op WHERE length(data) = ?`, op.HeaderSize+op.SigSize).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := stubs(a); n != 2 {
		t.Fatalf("%d stubs", n)
	}
	a.verified()
	a.start()

	stick := t.TempDir()
	a.backsUp(stick)
	a.stop()
	c := a.restored(stick)
	c.reads(d, "今年的报价")
	finds(c, 1)
	if n := stubs(c); n != 2 {
		t.Errorf("%d stubs are restored", n)
	}
	b.ahead.Store(a.ahead.Load())
	b.start()
	b.reads(d, "今年的报价")
	c.synced(1)
	b.verified()
	c.verified()
}

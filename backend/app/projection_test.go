package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"tongzhou/backend/features/announcement"
	"tongzhou/backend/features/chat"
	"tongzhou/backend/store"
)

// dump digests every row of the tables that are folds of ops, per table.
func (p *person) dump() map[string]string {
	p.t.Helper()
	db, err := store.OpenReadOnly(p.dbFile(), p.key())
	if err != nil {
		p.t.Fatal(err)
	}
	defer db.Close()
	p.make()
	tables := append(p.projectionTables(), "entity_op", "chat_search_doc")
	p.App = nil
	out := map[string]string{}
	for _, table := range tables {
		rows, err := db.Query(`SELECT * FROM ` + table)
		if err != nil {
			p.t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			p.t.Fatal(err)
		}
		var lines []string
		for rows.Next() {
			row, to := make([]any, len(columns)), make([]any, len(columns))
			for i := range row {
				to[i] = &row[i]
			}
			if err := rows.Scan(to...); err != nil {
				p.t.Fatal(err)
			}
			lines = append(lines, fmt.Sprint(row))
		}
		if err := rows.Err(); err != nil {
			p.t.Fatal(err)
		}
		sort.Strings(lines)
		sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
		out[table] = fmt.Sprint(len(lines), " rows ", hex.EncodeToString(sum[:8]))
	}
	return out
}

func (p *person) finds(text string, n int) {
	p.t.Helper()
	p.until("searchable", func() bool {
		r, err := p.chat().Search(chat.SearchQuery{Text: text, Limit: 50})
		return err == nil && r.Indexing == 0 && len(r.Hits) == n
	})
}

func TestANewProjectionVersionRebuildsTheSameTables(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	g := a.group("销售群", b)
	for i := range 20 {
		a.send(g, fmt.Sprint("大家好 ", i))
	}
	if _, err := a.news().Publish(announcement.PublishInput{Title: "公告", Text: "内容"}); err != nil {
		t.Fatal(err)
	}
	b.until("the group", func() bool { return len(b.texts(g)) == 20 })
	if err := b.chat().SaveDraft(g, "草稿"); err != nil {
		t.Fatal(err)
	}
	a.synced(1)
	a.stop()
	b.finds("大家", 20)
	b.stop()
	before := b.dump()
	if before["chat_message"] == before["chat_group"] {
		t.Fatal("nothing to compare")
	}
	for i, name := range []string{"org", "chat", "announcement"} {
		b.adapt = append(b.adapt, func(a *App) {
			if a.modules[i].Name != name {
				t.Errorf("module %d is %s", i, a.modules[i].Name)
			}
			a.modules[i].ProjectionVersion += 7
		})
		b.start()
		b.finds("大家", 20)
		if d := b.draft(g); d != "草稿" {
			t.Errorf("draft %q after %s", d, name)
		}
		b.stop()
		for table, rows := range b.dump() {
			if rows != before[table] {
				t.Errorf("%s has another version: %s has %s, not %s", name, table, rows, before[table])
			}
		}
	}
	a.start()
	b.start()
	b.send(g, "还在")
	a.until("the message", func() bool { texts := a.texts(g); return len(texts) > 0 && texts[len(texts)-1] == "还在" })
	a.verified()
}

// A crash between emptying the tables and filling them again.
func TestARebuildThatWasCutOff(t *testing.T) {
	t.Parallel()
	p, b := pair(t)
	g := p.group("销售群", b)
	p.send(g, "记一下")
	p.stop()
	before := p.dump()
	p.make()
	p.App.key = p.key()
	p.modules[1].ProjectionVersion++
	if err := p.openDB(); err != nil {
		t.Fatal(err)
	}
	if err := p.closeDB(); err != nil {
		t.Fatal(err)
	}
	p.App = nil
	if p.dump()["chat_message"] == before["chat_message"] {
		t.Fatal("not emptied")
	}
	p.start()
	p.reads(g, "记一下")
	p.stop()
	if after := p.dump()["chat_message"]; after != before["chat_message"] {
		t.Errorf("%s, not %s", after, before["chat_message"])
	}
}

// Verify notices what it is there for.
func TestVerifyFindsDifferences(t *testing.T) {
	t.Parallel()
	p, b := pair(t)
	g := p.group("销售群", b)
	p.send(g, "记一下")
	p.send(g, "再记一下")
	p.verified()
	for query, want := range map[string]string{
		`UPDATE chat_message SET text = '别的' WHERE text = '记一下'`: "chat_message",
		`DELETE FROM org_profile`: "org_profile",
		`INSERT INTO app_peer_address (device, user, addrs) VALUES (x'00', 1, '[]')`: "app_peer_address",
		`UPDATE op SET status = 3 WHERE id = (SELECT max(id) FROM op)`:               "",
		`UPDATE app_projection SET version = version - 1`:                            "",
		`UPDATE op SET data = zeroblob(300) WHERE id = (SELECT min(id) FROM op)`:     "",
	} {
		dir := t.TempDir()
		copyFolder(t, p.dir, dir)
		q := &person{t: t, name: p.name, dir: dir, log: p.log, staff: p.staff, chain: p.chain}
		q.exec(query)
		var out strings.Builder
		err := Verify(context.Background(), dir, p.unlock(), &out)
		if err == nil || !strings.Contains(out.String(), want) {
			t.Errorf("after %s: %v\n%s", query, err, &out)
		}
	}
	if err := Verify(context.Background(), filepath.Join(p.dir, "none"), p.unlock(), &strings.Builder{}); err == nil {
		t.Error("verified nothing")
	}
	odd := filepath.Join(t.TempDir(), "数据 50%#?&x=1")
	if err := os.Mkdir(odd, 0o700); err != nil {
		t.Fatal(err)
	}
	copyFolder(t, p.dir, odd)
	if err := Verify(context.Background(), odd, p.unlock(), &strings.Builder{}); err != nil {
		t.Errorf("in %s: %v", odd, err)
	}
}

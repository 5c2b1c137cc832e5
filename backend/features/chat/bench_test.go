package chat

import (
	"context"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"tongzhou/backend/access"
	"tongzhou/backend/module"
	"tongzhou/backend/module/moduletest"
	"tongzhou/sync/op"
)

const (
	benchMessages = 1_000_000
	benchChats    = 1000
	benchUsers    = 50
)

// words makes texts of about 200 bytes, half of them Chinese, whose words are as unevenly frequent as in real text.
type words struct {
	rand   *rand.Rand
	zh, en []string
	pick   *rand.Zipf
}

func newWords() *words {
	r := rand.New(rand.NewSource(1))
	w := &words{rand: r, pick: rand.NewZipf(r, 1.05, 20, 7999)}
	for range 8000 {
		w.zh = append(w.zh, string([]rune{rune(0x4e00 + r.Intn(2500)), rune(0x4e00 + r.Intn(2500))}))
		var b strings.Builder
		for range 3 + r.Intn(6) {
			b.WriteByte(byte('a' + r.Intn(26)))
		}
		w.en = append(w.en, b.String())
	}
	return w
}

func (w *words) text() string {
	var b strings.Builder
	if w.rand.Intn(2) == 0 {
		for b.Len() < 190 {
			for range 3 + w.rand.Intn(5) {
				b.WriteString(w.zh[w.pick.Uint64()])
			}
			b.WriteString("，")
		}
		return b.String()
	}
	for b.Len() < 190 {
		b.WriteString(w.en[w.pick.Uint64()])
		b.WriteByte(' ')
	}
	return b.String()
}

// million is a device with a million messages in a thousand chats, a fifth of them in the first one.
type million struct {
	*moduletest.Peer
	words *words
	chats []op.ScopeID
	users []op.UserID
}

func newMillion(b *testing.B) *million {
	w := moduletest.NewWorld(b)
	m := &million{words: newWords()}
	for i := range benchUsers {
		m.users = append(m.users, w.User(fmt.Sprint(i), access.Member))
	}
	for range benchChats {
		m.chats = append(m.chats, w.Group(m.users[0], m.users[1:]...))
	}
	m.Peer = w.Peer(m.users[0], 1, build)
	start := time.Now()
	at := w.Now().Add(-365 * 24 * time.Hour).UnixMilli()
	for i := 0; i < benchMessages; {
		if err := m.Write(context.Background(), func(tx module.Tx) error {
			for range 20_000 {
				n := m.words.rand.Intn(benchChats)
				if i%5 == 0 {
					n = 0
				}
				chat, _ := m.Scope(m.chats[n])
				user := 1 + m.words.rand.Intn(benchUsers)
				ref := op.Ref{Device: op.DeviceID{byte(user)}, Incarnation: 1, Seq: uint64(i)}.Bytes()
				at += int64(m.words.rand.Intn(60_000))
				if _, err := tx.Exec(`INSERT INTO chat_message (chat, hlc, ref, user, op, client, text) VALUES (?, ?, ?, ?, ?, 0, ?)`,
					chat.No, at<<16, ref, user, i, m.words.text()); err != nil {
					return err
				}
				if _, err := tx.Exec(`INSERT INTO chat_index_queue (chat, hlc, ref) VALUES (?, ?, ?)`, chat.No, at<<16, ref); err != nil {
					return err
				}
				i++
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	b.Logf("inserted %d messages in %v", benchMessages, time.Since(start).Round(time.Millisecond))
	start = time.Now()
	x := newIndexer(m.Deps())
	for {
		n, err := x.batch(context.Background(), indexBatch)
		if err != nil {
			b.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	pages := m.Count(`SELECT count(*) FROM chat_search_data`)
	b.Logf("indexed them in %v, %d blocks", time.Since(start).Round(time.Millisecond), pages)
	return m
}

// measure runs do and reports its 50th and 95th percentile.
func measure(b *testing.B, name string, do func(i int) error) {
	b.Run(name, func(b *testing.B) {
		var took []time.Duration
		for i := 0; b.Loop(); i++ {
			start := time.Now()
			if err := do(i); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(start))
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
	})
}

func BenchmarkMillion(b *testing.B) {
	m := newMillion(b)
	api := api(m.Peer)
	find := func(q SearchQuery) error {
		_, err := api.Search(q)
		return err
	}
	measure(b, "OpenLargestChat", func(int) error {
		_, err := api.History(HistoryQuery{ChatID: m.chats[0].String()})
		return err
	})
	measure(b, "OpenAnyChat", func(i int) error {
		_, err := api.History(HistoryQuery{ChatID: m.chats[i%benchChats].String()})
		return err
	})
	measure(b, "ListThousandChats", func(int) error {
		_, err := api.Chats()
		return err
	})
	measure(b, "SearchCommonWord", func(i int) error { return find(SearchQuery{Text: m.words.zh[i%50]}) })
	measure(b, "SearchAnyWord", func(i int) error { return find(SearchQuery{Text: m.words.zh[i*7%8000]}) })
	measure(b, "SearchWordInLargestChat", func(i int) error {
		return find(SearchQuery{Text: m.words.zh[i*7%8000], ChatID: m.chats[0].String()})
	})
	measure(b, "SearchWordInAnyChat", func(i int) error {
		return find(SearchQuery{Text: m.words.zh[i*7%8000], ChatID: m.chats[i%benchChats].String()})
	})
	measure(b, "SearchWordBySender", func(i int) error {
		return find(SearchQuery{Text: m.words.zh[i*7%8000], SenderID: m.users[i%benchUsers].String()})
	})
	measure(b, "SearchLatinPrefix", func(i int) error { return find(SearchQuery{Text: m.words.en[i*7%8000]}) })
	measure(b, "SearchOneCharacter", func(i int) error { return find(SearchQuery{Text: string([]rune(m.words.zh[i%8000])[:1])}) })
	measure(b, "Send", func(i int) error {
		_, err := api.Send(SendInput{ChatID: m.chats[i%benchChats].String(), Text: "下午三点开会", ClientID: fmt.Sprint(i)})
		return err
	})
}

func BenchmarkBody(b *testing.B) {
	w := newWords()
	list := make([]string, 1000)
	for i := range list {
		list[i] = w.text()
	}
	for i := 0; b.Loop(); i++ {
		body(list[i%len(list)])
	}
}

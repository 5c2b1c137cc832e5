package chat

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"pgregory.net/rapid"

	"tongzhou/backend/access"
	"tongzhou/backend/fault"
	"tongzhou/backend/module/moduletest"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

func TestTokens(t *testing.T) {
	for text, want := range map[string]string{
		"":                    "",
		"开会":                  "开会 会",
		"好":                   "好",
		"用 Go 写的v2.0":         "用 go 写的 的 v2 0",
		"ＡＢＣ，１２３":             "abc 123",
		"Café CAFE\u0301 ﬁn":  "café café fin",
		"👍🏽👍 ok❤️":            "x1f44d x1f3fd x1f44d ok x2764",
		"𠮷野家":                 "x20bb7野 野家 家",
		"カタカナ한국어":             "カタ タカ カナ ナ한 한국 국어 어",
		"人々":                  "人x3005 x3005",
		"foo_bar@example.com": "foo bar example com",
		"สวัสดี":              "xe2axe27xe31xe2axe14xe35",
	} {
		if got := strings.TrimSpace(body(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestPhrases(t *testing.T) {
	for query, want := range map[string]string{
		"开会":        `" 开会"`,
		"三点开会":      `" 三点 点开 开会"`,
		"会":         `" 会" *`,
		"go语言":      `" go 语言"`,
		"语言go":      `" 语言 言 go" *`,
		"hello wor": `" hello"|" wor" *`,
		"会 开会":      `" 会" *|" 开会"`,
		"开会。":       `" 开会 会"`,
		"a\"b* c":   `" a b"|" c" *`,
		"，。 !":      ``,
		"👍":         `" x1f44d"`,
	} {
		var got []string
		for _, w := range terms(query) {
			got = append(got, w.phrase())
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q: %s, want %s", query, strings.Join(got, "|"), want)
		}
	}
}

func TestRangesCountUTF16(t *testing.T) {
	for _, c := range []struct {
		text, query string
		want        []string // nil: no match
	}{
		{"下午三点开会", "三点", []string{"三点"}},
		{"👩🏽‍💻 Go 👍Go", "go", []string{"Go", "Go"}},
		{"１２Ｇｏ", "12go", []string{"１２Ｇｏ"}},
		{"开会开会", "开会", []string{"开会开会"}},
		{"会议 meeting", "meet 会议", nil},
		{"会议 meeting", "会议 meet", []string{"会议", "meet"}},
		{"goal ago go-kart", "go", []string{"go", "go"}},
		{"ago", "go", nil},
		{"cafe\u0301", "café", []string{"cafe\u0301"}},
		{"cafe", "café", nil},
		{"❤️x", "❤", []string{"❤"}},
		{"foo-bar", "foo bar", []string{"foo", "bar"}},
		{"foo bar", "foo-bar", nil},
		{"中文abc", "文a", []string{"文a"}},
		{"中文 abc", "文a", nil},
	} {
		units := utf16.Encode([]rune(c.text))
		var got []string
		for _, r := range match(c.text, terms(c.query)) {
			got = append(got, string(utf16.Decode(units[r[0]:r[1]])))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q in %q: %q, want %q", c.query, c.text, got, c.want)
		}
	}
}

// indexAll makes everything searchable now.
func indexAll(t moduletest.TB, p *moduletest.Peer) {
	t.Helper()
	x := newIndexer(p.Deps())
	if err := x.drain(context.Background()); err != nil {
		t.Fatalf("index: %v", err)
	}
	if err := x.drain(context.Background()); err != nil { // a wake-up may have come in between
		t.Fatalf("index: %v", err)
	}
}

func find(t *testing.T, p *moduletest.Peer, q SearchQuery) string {
	t.Helper()
	var out []string
	for _, h := range must(api(p).Search(q))(t).Hits {
		out = append(out, h.Message.Text)
	}
	return strings.Join(out, "|")
}

func TestSearch(t *testing.T) {
	m := newTeam(t)
	direct := m.Direct(m.ann, m.bob)
	for _, x := range []struct {
		by   *moduletest.Peer
		chat op.ScopeID
		text string
	}{
		{m.annPeer, m.group, "下午三点开会"},
		{m.bossPeer, m.group, "会议改到明天，请准时参加"},
		{m.annPeer, direct, "明天开会吗"},
		{m.bobPeer, direct, "Meeting tomorrow at 9"},
		{m.annPeer, direct, "the MEETINGS of 市场部 are long"},
		{m.bobPeer, m.group, "收到 👍"},
		{m.annPeer, m.group, "开，会"},
	} {
		m.Advance(time.Minute)
		send(t, x.by, x.chat, x.text)
	}
	m.bobPeer.ReceiveAll()
	if got := must(api(m.bobPeer).Search(SearchQuery{Text: "开会"}))(t); got.Indexing != 7 || len(got.Hits) != 0 {
		t.Errorf("before indexing: %+v", got)
	}
	indexAll(t, m.bobPeer)
	for _, c := range []struct {
		q    SearchQuery
		want string
	}{
		{SearchQuery{Text: "开会"}, "明天开会吗|下午三点开会"},
		{SearchQuery{Text: "明天"}, "明天开会吗|会议改到明天，请准时参加"},
		{SearchQuery{Text: "明天 开会"}, "明天开会吗"},
		{SearchQuery{Text: "准时参加"}, "会议改到明天，请准时参加"},
		{SearchQuery{Text: "会"}, "开，会|明天开会吗|会议改到明天，请准时参加|下午三点开会"},
		{SearchQuery{Text: "meeting"}, "the MEETINGS of 市场部 are long|Meeting tomorrow at 9"},
		{SearchQuery{Text: "meet"}, "the MEETINGS of 市场部 are long|Meeting tomorrow at 9"},
		{SearchQuery{Text: "meeting to"}, "Meeting tomorrow at 9"},
		{SearchQuery{Text: "meet tomorrow"}, ""},
		{SearchQuery{Text: "市场部 are"}, "the MEETINGS of 市场部 are long"},
		{SearchQuery{Text: "👍"}, "收到 👍"},
		{SearchQuery{Text: "收到👍"}, ""},
		{SearchQuery{Text: "９"}, "Meeting tomorrow at 9"},
		{SearchQuery{Text: "开会", ChatID: m.group.String()}, "下午三点开会"},
		{SearchQuery{Text: "开会", ChatID: direct.String()}, "明天开会吗"},
		{SearchQuery{Text: "明天", SenderID: m.boss.String()}, "会议改到明天，请准时参加"},
		{SearchQuery{Text: "明天", SenderID: m.boss.String(), ChatID: direct.String()}, ""},
		{SearchQuery{Text: "明天", SenderID: op.UserID{9}.String()}, ""},
		{SearchQuery{Text: "c1 OR u1"}, ""},
		{SearchQuery{Text: `"NEAR(* body:`}, ""},
		{SearchQuery{Text: " ，"}, ""},
		{SearchQuery{Text: "没有"}, ""},
	} {
		if got := find(t, m.bobPeer, c.q); got != c.want {
			t.Errorf("%+v:\n got %s\nwant %s", c.q, got, c.want)
		}
	}
	hit := must(api(m.bobPeer).Search(SearchQuery{Text: "开会", ChatID: direct.String()}))(t).Hits[0]
	if hit.ChatKind != "direct" || hit.ChatName != m.ann.String()[:4] || !slices.Equal(hit.Ranges, [][2]int{{2, 4}}) || hit.Message.SenderID != m.ann.String() {
		t.Errorf("hit %+v", hit)
	}
	if _, err := api(m.bobPeer).Search(SearchQuery{Text: strings.Repeat("x", 201)}); fault.Code(err) != "chat.query_too_long" {
		t.Errorf("a query of any length: %v", err)
	}
	if _, err := api(m.bossPeer).Search(SearchQuery{Text: "x", ChatID: direct.String()}); fault.Code(err) != "chat.unknown" {
		t.Errorf("a search in somebody else's chat: %v", err)
	}
	// A chat one is no longer a member of is not searched.
	m.SetScopeRole(m.group, m.bob, access.None)
	if got := find(t, m.bobPeer, SearchQuery{Text: "开会"}); got != "明天开会吗" {
		t.Errorf("after leaving the group: %s", got)
	}
}

func TestSearchPages(t *testing.T) {
	m := newTeam(t)
	var want []string
	for i := range 25 {
		want = slices.Insert(want, 0, strings.Repeat("foo-bar ", i+1))
		m.Write(m.ann, 1, m.group, hlc.FromWall(m.Now())+hlc.Time(i/10), typeMessage, nil, message{Text: want[0]}) // ten at once
		m.Write(m.ann, 2, m.group, hlc.FromWall(m.Now())+hlc.Time(i), typeMessage, nil, message{Text: "foo bar"})  // only a candidate
	}
	m.bobPeer.Receive(m.Ops()...)
	indexAll(t, m.bobPeer)
	var got []string
	q := SearchQuery{Text: "foo-bar", Limit: 4}
	for {
		r := must(api(m.bobPeer).Search(q))(t)
		for _, h := range r.Hits {
			got = append(got, h.Message.Text)
			q.Before = h.Message.ID
		}
		if !r.More {
			break
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%d hits, want %d, each once", len(got), len(want))
	}
}

// What the index finds is what a reader would find by looking at every message.
func TestSearchFindsExactlyWhatMatches(t *testing.T) {
	alphabet := []string{"开", "会", "开会", "go", "Go", "a", "1", " ", "，", "-", "👍", "🏽", "é", "e\u0301", "Ｇ", "𠮷", "ー", "カ", "한", "\u200d", "z", "x1f44d", "\u0e31"}
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(alphabet), 1, 8).Draw(t, "text"), "")
	})
	rapid.Check(t, func(t *rapid.T) {
		w := moduletest.NewWorld(t)
		boss, ann := w.User("boss", access.Owner), w.User("ann", access.Member)
		p, chat := w.Peer(boss, 1, build), w.Direct(boss, ann)
		all := rapid.SliceOfN(text, 1, 12).Draw(t, "texts")
		for i, x := range all {
			w.Write(ann, 1, chat, hlc.FromWall(w.Now())+hlc.Time(i), typeMessage, nil, message{Text: x})
		}
		p.Receive(w.Ops()...)
		indexAll(t, p)
		for range 5 {
			query := text.Draw(t, "query")
			r, err := api(p).Search(SearchQuery{Text: query})
			if err != nil {
				t.Fatalf("%q: %v", query, err)
			}
			var got, want []string
			for _, h := range r.Hits {
				got = append(got, h.Message.Text)
			}
			for _, x := range slices.Backward(all) {
				if words := terms(query); strings.TrimSpace(x) != "" && len(words) > 0 && match(x, words) != nil {
					want = append(want, x)
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%q in %q: got %q, want %q", query, all, got, want)
			}
		}
	})
}

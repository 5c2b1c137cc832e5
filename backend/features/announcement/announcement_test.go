package announcement

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tongzhou/backend/access"
	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/backend/module/moduletest"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// people calls everybody by the first letters of their id.
type people struct{}

func (people) Names() func(op.UserID) string {
	return func(u op.UserID) string { return u.String()[:4] }
}

func build(deps module.Deps) []module.Module { return []module.Module{New(deps, people{})} }

func api(p *moduletest.Peer) *API { return p.Modules[0].API.(*API) }

func first(t *testing.T, p *moduletest.Peer) AnnouncementDTO {
	t.Helper()
	list, err := api(p).List()
	if err != nil || len(list) == 0 {
		t.Fatalf("list: %d, %v", len(list), err)
	}
	return list[0]
}

func TestR85OnlyOwnersAndAdminsPublish(t *testing.T) {
	for role, want := range map[access.Role]bool{
		access.Owner: true, access.Admin: true, access.Head: false, access.DeptAdmin: false, access.Member: false, access.Guest: false, access.None: false,
	} {
		if CanPublish(role) != want {
			t.Errorf("%s may publish: %v", role, !want)
		}
	}
	w := moduletest.NewWorld(t)
	boss, clerk := w.User("boss", access.Owner), w.User("clerk", access.Member)
	b, c := w.Peer(boss, 1, build), w.Peer(clerk, 1, build)
	if _, err := api(c).Publish(PublishInput{Title: "放假", Text: "明天不上班"}); fault.Code(err) != "denied" {
		t.Fatalf("a member published: %v", err)
	}
	if api(c).CanPublish() || !api(b).CanPublish() {
		t.Fatal("the interface is told something else")
	}

	// A modified program writes the op all the same. It stays without effect until its author may publish.
	forged := w.Write(clerk, 1, w.Company(), hlc.FromWall(w.Now()), typePublish, nil, publish{Title: "放假", Text: "明天不上班"})
	b.Receive(forged)
	if n := b.Count(`SELECT count(*) FROM announcement_item`); n != 0 {
		t.Fatalf("%d forged announcements are shown", n)
	}
	w.SetRole(clerk, access.Admin)
	if n := b.Count(`SELECT count(*) FROM announcement_item`); n != 1 {
		t.Fatalf("%d announcements of the new admin are shown", n)
	}
	w.SetRole(clerk, access.Member)
	if got := b.Dump(); strings.Contains(got, "title=") {
		t.Fatalf("still shown after the role was taken:\n%s", got)
	}
}

func TestR88ReadersAreShown(t *testing.T) {
	w := moduletest.NewWorld(t)
	boss, ann, bob := w.User("boss", access.Owner), w.User("ann", access.Member), w.User("bob", access.Member)
	b, a := w.Peer(boss, 1, build), w.Peer(ann, 1, build)
	sent, err := api(b).Publish(PublishInput{Title: " 端午节放假通知 ", Text: "六月十九日放假一天。\n", NeedAck: true})
	if err != nil {
		t.Fatal(err)
	}
	want := AnnouncementDTO{
		ID: sent.ID, Title: "端午节放假通知", Text: "六月十九日放假一天。", AuthorID: boss.String(), AuthorName: boss.String()[:4],
		At: "2026-11-10T10:00:00.000Z", Total: 2, Acknowledged: true, NeedAck: true,
	}
	if sent != want {
		t.Fatalf("got  %+v\nwant %+v", sent, want)
	}
	if c := b.Changes(); len(c) != 1 || c[0].Topic != "announcement.changed" {
		t.Fatalf("the interface hears %v", c)
	}

	a.ReceiveAll()
	if got := first(t, a); got.Acknowledged || got.ID != sent.ID {
		t.Fatalf("before reading: %+v", got)
	}
	w.Advance(time.Minute)
	for range 2 { // the second time changes nothing
		if err := api(a).Acknowledge(sent.ID); err != nil {
			t.Fatal(err)
		}
	}
	if err := api(b).Acknowledge(sent.ID); err != nil || len(w.Ops()) != 2 {
		t.Fatalf("%d ops, %v: the author acknowledged", len(w.Ops()), err)
	}
	if got := first(t, a); !got.Acknowledged || got.Read != 1 {
		t.Fatalf("after reading: %+v", got)
	}

	b.ReceiveAll()
	got, err := api(b).Readers(sent.ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Read) != 1 || got.Read[0].UserID != ann.String() || len(got.Unread) != 1 || got.Unread[0] != (PersonDTO{bob.String(), bob.String()[:4]}) {
		t.Fatalf("readers: %+v", got)
	}
	// Neither a second device nor an author who acknowledges their own adds a reader.
	second := w.Write(ann, 2, w.Company(), hlc.FromWall(w.Now().Add(time.Minute)), typeAcknowledge, w.Ops()[0].Entity, acknowledge{})
	own := w.Write(boss, 2, w.Company(), hlc.FromWall(w.Now()), typeAcknowledge, w.Ops()[0].Entity, acknowledge{})
	b.Receive(second, own)
	if got := first(t, b); got.Read != 1 || got.Total != 2 {
		t.Fatalf("counted twice: %+v", got)
	}
	if n := b.Count(`SELECT count(*) FROM announcement_reader WHERE hlc = ?`, int64(second.HLC)); n != 0 {
		t.Fatal("the first acknowledgement is not the one that counts")
	}
	w.SetRole(ann, access.None)
	if got := first(t, b); got.Read != 0 || got.Total != 1 {
		t.Fatalf("after a reader left: %+v", got)
	}
}

func TestNewestFirst(t *testing.T) {
	w := moduletest.NewWorld(t)
	p := w.Peer(w.User("boss", access.Owner), 1, build)
	var want []string
	for _, title := range []string{"one", "two", "three"} {
		if _, err := api(p).Publish(PublishInput{Title: title, Text: "text"}); err != nil {
			t.Fatal(err)
		}
		want = slices.Insert(want, 0, title)
	}
	list, err := api(p).List()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range list {
		got = append(got, a.Title)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		draft Draft
		code  string
	}{
		{Draft{Title: " ", Text: "x"}, "announcement.title_empty"},
		{Draft{Title: strings.Repeat("题", 101), Text: "x"}, "announcement.title_too_long"},
		{Draft{Title: "x", Text: "\n"}, "announcement.text_empty"},
		{Draft{Title: "x", Text: strings.Repeat("文", 10_001)}, "announcement.text_too_long"},
		{Draft{Title: "a\nb", Text: "x"}, "announcement.malformed"},
		{Draft{Title: "a", Text: "\xff"}, "announcement.malformed"},
		{Draft{Title: strings.Repeat("题", 100), Text: strings.Repeat("文", 10_000)}, ""},
	} {
		if got := fault.Code(c.draft.Validate()); got != c.code {
			t.Errorf("%.20q %.20q: got %q, want %q", c.draft.Title, c.draft.Text, got, c.code)
		}
	}
	w := moduletest.NewWorld(t)
	p := w.Peer(w.User("boss", access.Owner), 1, build)
	if err := api(p).Acknowledge("nonsense"); fault.Code(err) != "announcement.unknown" {
		t.Errorf("acknowledged nonsense: %v", err)
	}
	if _, err := api(p).Readers(op.Ref{Seq: 9}.String()); fault.Code(err) != "announcement.unknown" {
		t.Errorf("readers of nothing: %v", err)
	}
}

func TestAnyOrderGivesEqualTables(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := moduletest.NewWorld(t)
		users := []op.UserID{w.User("boss", access.Owner), w.User("admin", access.Admin), w.User("ann", access.Member), w.User("gone", access.None)}
		author := rapid.SampledFrom(users)
		entities := [][]byte{op.Ref{Seq: 1}.Bytes(), {1, 2, 3}}
		for range rapid.IntRange(3, 25).Draw(t, "ops") {
			at := hlc.FromWall(w.Now()) + hlc.Time(rapid.IntRange(0, 9).Draw(t, "clock"))
			device := byte(rapid.IntRange(1, 2).Draw(t, "device"))
			if rapid.Bool().Draw(t, "publish") {
				o := w.Write(author.Draw(t, "author"), device, w.Company(), at, typePublish, nil, publish{Title: rapid.SampledFrom([]string{"a", "b", ""}).Draw(t, "title"), Text: "text"})
				entities = append(entities, o.Entity)
			} else {
				w.Write(author.Draw(t, "reader"), device, w.Company(), at, typeAcknowledge, rapid.SampledFrom(entities).Draw(t, "entity"), acknowledge{})
			}
		}
		moduletest.CheckOrder(t, w, users[0], build, w.Ops())
	})
}

func TestGolden(t *testing.T) {
	w := moduletest.NewWorld(t)
	moduletest.Golden(t, w.Peer(w.User("boss", access.Owner), 1, build).Modules[0], map[string]any{
		typePublish:     publish{Title: "端午节放假通知", Text: "六月十九日放假一天。", NeedAck: true},
		typeAcknowledge: acknowledge{},
	})
}

func TestQueriesUseIndexes(t *testing.T) {
	w := moduletest.NewWorld(t)
	p := w.Peer(w.User("boss", access.Owner), 1, build)
	p.Plan(t, queryNewest, 1, 1)
	p.Plan(t, queryOne, []byte{1})
	p.Plan(t, queryReaders, []byte{1})
}

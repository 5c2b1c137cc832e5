package chat

import (
	"fmt"
	"strings"
	"testing"

	"tongzhou/backend/access"
	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/backend/module/moduletest"
	"tongzhou/sync/op"
)

// people calls everybody by the first letters of their id.
type people struct{}

func (people) Names() func(op.UserID) string {
	return func(u op.UserID) string { return u.String()[:4] }
}

func (people) Avatar(op.UserID) int { return 3 }

func build(deps module.Deps) []module.Module { return []module.Module{New(deps, people{})} }

func api(p *moduletest.Peer) *API { return p.Modules[0].API.(*API) }

// team is a boss, two members and a group of the three, each with a device.
type team struct {
	*moduletest.World
	boss, ann, bob             op.UserID
	group                      op.ScopeID
	bossPeer, annPeer, bobPeer *moduletest.Peer
}

func newTeam(t moduletest.TB) *team {
	w := moduletest.NewWorld(t)
	m := &team{World: w, boss: w.User("boss", access.Owner), ann: w.User("ann", access.Member), bob: w.User("bob", access.Member)}
	m.group = w.Group(m.boss, m.ann, m.bob)
	m.bossPeer, m.annPeer, m.bobPeer = w.Peer(m.boss, 1, build), w.Peer(m.ann, 1, build), w.Peer(m.bob, 1, build)
	return m
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func send(t *testing.T, p *moduletest.Peer, chat op.ScopeID, text string) MessageDTO {
	t.Helper()
	return must(api(p).Send(SendInput{ChatID: chat.String(), Text: text}))(t)
}

func history(t *testing.T, p *moduletest.Peer, q HistoryQuery) HistoryDTO {
	t.Helper()
	return must(api(p).History(q))(t)
}

func texts(h HistoryDTO) string {
	var out []string
	for _, m := range h.Messages {
		out = append(out, m.Text)
	}
	return strings.Join(out, " ")
}

func TestR32TextAndEmojiArriveAsWritten(t *testing.T) {
	m := newTeam(t)
	text := "下午三点开会 👩🏽‍💻👍\n  地点:B3 \"会议室\" <b>"
	sent := send(t, m.annPeer, m.group, text)
	if sent.Text != text || !sent.Own || sent.State != "saved" || sent.Total != 2 || sent.ChatID != m.group.String() {
		t.Fatalf("sent %+v", sent)
	}
	m.bobPeer.ReceiveAll()
	got := history(t, m.bobPeer, HistoryQuery{ChatID: m.group.String()})
	if len(got.Messages) != 1 || got.Messages[0].Text != text || got.Messages[0].ID != sent.ID || got.Messages[0].Own || got.Messages[0].SenderID != m.ann.String() {
		t.Fatalf("received %+v", got)
	}
	if c := m.bobPeer.Changes(); len(c) != 1 || c[0].Topic != "chat.changed" || c[0].Payload != (changed{m.group}) {
		t.Fatalf("the interface hears %v", c)
	}
}

func TestTextsThatAreRefused(t *testing.T) {
	m := newTeam(t)
	for text, code := range map[string]string{
		"":                          "chat.empty",
		" \n\t　":                    "chat.empty",
		strings.Repeat("字", 10_001): "chat.too_long",
		strings.Repeat("a", 40_001): "chat.too_long",
		"a\x00b":                    "chat.malformed",
		"\xff":                      "chat.malformed",
		strings.Repeat("🙂", 10_000): "",
		"x":                         "",
	} {
		_, err := api(m.annPeer).Send(SendInput{ChatID: m.group.String(), Text: text})
		if got := fault.Code(err); got != code {
			t.Errorf("%.10q of %d bytes: %q, want %q", text, len(text), got, code)
		}
	}
	if _, err := api(m.annPeer).Send(SendInput{ChatID: m.group.String(), Text: "x", ClientID: strings.Repeat("c", 65)}); fault.Code(err) != "chat.malformed" {
		t.Error("a client id of any length")
	}
	if _, err := api(m.annPeer).Send(SendInput{ChatID: m.Company().String(), Text: "x"}); fault.Code(err) != "chat.unknown" {
		t.Errorf("the company is no chat: %v", err)
	}
	if n := len(m.Ops()); n != 2 {
		t.Errorf("%d ops", n)
	}
}

func TestR37OneToOneAndGroups(t *testing.T) {
	m := newTeam(t)
	direct := must(api(m.annPeer).OpenDirect(m.bob.String()))(t)
	if direct.Kind != "direct" || direct.PeerUserID != m.bob.String() || direct.Name != m.bob.String()[:4] || direct.Avatar != 3 || direct.Members != 2 {
		t.Fatalf("direct %+v", direct)
	}
	if again := must(api(m.annPeer).OpenDirect(m.bob.String()))(t); again.ID != direct.ID {
		t.Fatal("a second chat with the same person")
	}
	if list := must(api(m.bobPeer).Chats())(t); len(list) != 1 || list[0].Kind != "group" {
		t.Fatalf("bob sees an empty chat that ann opened: %+v", list)
	}
	for user, code := range map[string]string{m.ann.String(): "chat.self", op.UserID{9}.String(): "chat.unknown_user", "x": "chat.unknown_user"} {
		if _, err := api(m.annPeer).OpenDirect(user); fault.Code(err) != code {
			t.Errorf("open %s: %v, want %s", user, err, code)
		}
	}

	group := must(api(m.annPeer).CreateGroup(GroupInput{Name: " 新品推广 ", Purpose: "策划", Members: []string{m.bob.String(), m.bob.String(), m.ann.String()}}))(t)
	if group.Name != "新品推广" || group.Members != 2 || !group.CanManage || !group.CanSend || group.Last != nil {
		t.Fatalf("group %+v", group)
	}
	m.bobPeer.ReceiveAll()
	list := must(api(m.bobPeer).Chats())(t)
	if len(list) != 2 || list[0].ID != group.ID && list[1].ID != group.ID {
		t.Fatalf("bob sees %+v", list)
	}
	members := must(api(m.bobPeer).Members(group.ID))(t)
	if len(members) != 2 || members[0] != (ChatMemberDTO{m.ann.String(), m.ann.String()[:4], "owner", false}) || members[1].Role != "member" {
		t.Fatalf("members %+v", members)
	}
	for _, c := range []struct {
		in   GroupInput
		code string
	}{
		{GroupInput{Name: " ", Members: []string{m.bob.String()}}, "chat.name_empty"},
		{GroupInput{Name: strings.Repeat("名", 61), Members: []string{m.bob.String()}}, "chat.name_too_long"},
		{GroupInput{Name: "a\nb", Members: []string{m.bob.String()}}, "chat.malformed"},
		{GroupInput{Name: "a", Purpose: strings.Repeat("途", 201), Members: []string{m.bob.String()}}, "chat.purpose_too_long"},
		{GroupInput{Name: "a", Members: []string{m.ann.String()}}, "chat.no_members"},
		{GroupInput{Name: "a", Members: []string{op.UserID{9}.String()}}, "chat.unknown_user"},
	} {
		if _, err := api(m.annPeer).CreateGroup(c.in); fault.Code(err) != c.code {
			t.Errorf("%+v: %v, want %s", c.in, err, c.code)
		}
	}
}

func TestR74R75OnlyOwnerAndAdminsManageAGroup(t *testing.T) {
	m := newTeam(t)
	carl := m.User("carl", access.Member)
	id := m.group.String()
	if err := api(m.annPeer).RenameGroup(id, "mine"); fault.Code(err) != "denied" {
		t.Errorf("a member renamed the group: %v", err)
	}
	if err := api(m.annPeer).AddMembers(id, []string{carl.String()}); fault.Code(err) != "denied" {
		t.Errorf("a member added somebody: %v", err)
	}
	if err := api(m.bossPeer).RenameGroup(m.Direct(m.boss, m.ann).String(), "x"); fault.Code(err) != "denied" {
		t.Errorf("a direct chat was renamed: %v", err)
	}
	purpose := "策划新品"
	m.bossPeer.Receive(m.Write(m.boss, 2, m.group, 1, typeGroup, []byte(groupEntity), group{Purpose: &purpose}))
	if err := api(m.bossPeer).RenameGroup(id, "市场部-新品推广-策划组"); err != nil {
		t.Fatal(err)
	}
	if err := api(m.bossPeer).AddMembers(id, []string{carl.String(), m.ann.String()}); err != nil {
		t.Fatal(err)
	}
	if got := must(api(m.bossPeer).Chats())(t)[0]; got.Name != "市场部-新品推广-策划组" || got.Purpose != purpose || got.Members != 4 {
		t.Fatalf("group %+v", got)
	}

	// Modified programs write the ops all the same: by a member, and about another entity.
	name := "stolen"
	forged := m.Write(m.ann, 1, m.group, 1<<60, typeGroup, []byte(groupEntity), group{Name: &name})
	other := m.Write(m.boss, 2, m.group, 1<<60, typeGroup, []byte("else"), group{Name: &name})
	m.bossPeer.Receive(forged, other)
	if got := must(api(m.bossPeer).Chats())(t)[0]; got.Name == name {
		t.Fatal("the forged name counts")
	}
	m.SetScopeRole(m.group, m.ann, access.Admin)
	if got := must(api(m.bossPeer).Chats())(t)[0]; got.Name != name {
		t.Fatal("the name does not count although its author is an admin now")
	}
	m.SetScopeRole(m.group, m.ann, access.Member)
	if got := must(api(m.bossPeer).Chats())(t)[0]; got.Name != "市场部-新品推广-策划组" || got.Purpose != purpose {
		t.Fatalf("still counts after the role was taken: %+v", got)
	}

	bare := m.Group(m.boss, m.ann)
	m.SetScopeRole(bare, m.ann, access.Admin)
	m.bossPeer.Receive(m.Write(m.ann, 1, bare, 1<<60, typeGroup, []byte(groupEntity), group{Name: &name}))
	m.SetScopeRole(bare, m.ann, access.Member)
	if n := m.bossPeer.Count(`SELECT count(*) FROM chat_group WHERE name = ?`, name); n != 0 {
		t.Fatal("the only name of a group is left although it does not count")
	}
}

func TestR76GuestsOnlyLook(t *testing.T) {
	m := newTeam(t)
	m.SetRole(m.ann, access.Guest)
	if _, err := api(m.annPeer).Send(SendInput{ChatID: m.group.String(), Text: "hi"}); fault.Code(err) != "denied" {
		t.Errorf("a guest wrote: %v", err)
	}
	if _, err := api(m.annPeer).CreateGroup(GroupInput{Name: "x", Members: []string{m.bob.String()}}); fault.Code(err) != "denied" {
		t.Errorf("a guest made a group: %v", err)
	}
	forged := m.Write(m.ann, 1, m.group, 1<<60, typeMessage, nil, message{Text: "hi"})
	m.bobPeer.Receive(forged)
	if got := history(t, m.bobPeer, HistoryQuery{ChatID: m.group.String()}); len(got.Messages) != 0 {
		t.Fatalf("the message of a guest is shown: %+v", got)
	}
	m.SetRole(m.ann, access.Member)
	if got := history(t, m.bobPeer, HistoryQuery{ChatID: m.group.String()}); len(got.Messages) != 1 {
		t.Fatal("the message of a member is not shown")
	}
	m.SetRole(m.ann, access.Guest)
	if got := history(t, m.bobPeer, HistoryQuery{ChatID: m.group.String()}); len(got.Messages) != 0 {
		t.Fatal("the message is still shown")
	}
	if got := must(api(m.annPeer).Chats())(t)[0]; got.CanSend || got.CanManage {
		t.Fatalf("the interface is told %+v", got)
	}
}

func TestRolesThatMay(t *testing.T) {
	for role, want := range map[access.Role][3]bool{
		access.Owner: {true, true, true}, access.Admin: {true, true, true}, access.Head: {true, true, false}, access.DeptAdmin: {true, true, false},
		access.Member: {true, true, false}, access.Guest: {}, access.None: {},
	} {
		if got := [3]bool{CanSend(role), CanCreateGroup(role), CanManage(role)}; got != want {
			t.Errorf("%s: %v, want %v", role, got, want)
		}
	}
}

func TestGolden(t *testing.T) {
	name, purpose := "新品推广", "策划"
	moduletest.Golden(t, newTeam(t).bobPeer.Modules[0], map[string]any{
		typeMessage: message{Text: "下午三点开会 👍", Client: clientHash("4b7e0d5c-5a3e-4a55-9f0e-0d1f1c3c9b11")},
		typeGroup:   group{Name: &name, Purpose: &purpose},
		keyRead:     readMark{HLC: 0x018f_0a1b_2c3d_0004, Ref: op.Ref{Device: op.DeviceID{1, 2, 3}, Incarnation: 4, Seq: 5}},
	})
}

func TestQueriesUseIndexes(t *testing.T) {
	p := newTeam(t).bobPeer
	for query, args := range map[string][]any{
		queryOlder: {1, 1, []byte{}, 1}, queryNewer: {1, 1, []byte{}, 1}, queryAt: {1, 1, []byte{}}, queryPosition: {[]byte{}, 1},
		queryFirstUnread: {1, 1, []byte{}, 1, 1}, queryOwnMark: {1, 1}, queryMarks: {1}, queryOwnRecent: {1, 1, 1, 1}, queryMarkedUnread: {1},
		queryChats: {"[1]", 1, "x", 1, 1, 1}, querySearch: {"a", 1, 1}, queryGroupName: {1}, queryDoc: {1}, queryQueue: {1},
	} {
		p.Plan(t, query, args...)
	}
	p.Plan(t, `DELETE FROM chat_message WHERE ref = ? AND chat = ?`, []byte{}, 1)
}

func ExampleMessageID() {
	id := MessageID{Chat: op.ScopeID{1}, Ref: op.Ref{Seq: 1}}
	again, err := ParseMessageID(id.String())
	fmt.Println(again == id, err)
	_, err = ParseMessageID("nonsense")
	fmt.Println(fault.Code(err))
	// Output:
	// true <nil>
	// chat.unknown_message
}

package chat

import (
	"strings"
	"testing"

	"tongzhou/backend/access"
	"tongzhou/backend/fault"
	"tongzhou/backend/rules"
	"tongzhou/sync/op"
)

func TestR45MoreEqualMessagesInARowAreRefused(t *testing.T) {
	m := newTeam(t)
	for range 5 {
		send(t, m.annPeer, m.group, "收到")
	}
	for _, again := range []string{"收到", " 收到 "} {
		if _, err := api(m.annPeer).Send(SendInput{ChatID: m.group.String(), Text: again}); fault.Code(err) != "chat.burst" || fault.Params(err)["max"] != "5" {
			t.Fatalf("the sixth: %v", err)
		}
	}
	send(t, m.annPeer, m.group, "收到，谢谢") // something else
	for range 4 {
		send(t, m.annPeer, m.group, "好")
	}
	m.bobPeer.ReceiveAll()
	send(t, m.bobPeer, m.group, "好") // somebody else in between
	m.annPeer.ReceiveAll()
	send(t, m.annPeer, m.group, "好")

	// A message that is sent again is the same message, and no flood.
	in := SendInput{ChatID: m.group.String(), Text: "重发", ClientID: "c1"}
	first := must(api(m.annPeer).Send(in))(t)
	for range 10 {
		if got := must(api(m.annPeer).Send(in))(t); got.ID != first.ID {
			t.Fatalf("sent again as %+v", got)
		}
	}

	// The house rule changes the number, and switches it off.
	rule := func(v any) {
		enc, err := op.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		m.SetRuleAs(m.boss, access.Owner, string(rules.BurstSame), enc)
	}
	rule(2)
	send(t, m.bossPeer, m.group, "开会")
	send(t, m.bossPeer, m.group, "开会")
	if _, err := api(m.bossPeer).Send(SendInput{ChatID: m.group.String(), Text: "开会"}); fault.Code(err) != "chat.burst" || fault.Params(err)["max"] != "2" {
		t.Errorf("the third: %v", err)
	}
	rule(0)
	for range 6 {
		send(t, m.bossPeer, m.group, "开会")
	}
}

func TestR20GroupsGoToTheHeir(t *testing.T) {
	m := newTeam(t)
	mine := must(api(m.annPeer).CreateGroup(GroupInput{Name: "新品推广群", Members: []string{m.bob.String(), m.boss.String()}}))(t)
	m.bobPeer.ReceiveAll()
	m.bossPeer.ReceiveAll()
	h := m.bossPeer.Modules[0].Handover
	items := must(h.Items(t.Context(), m.ann))(t)
	if len(items) != 1 || items[0].ID != mine.ID || items[0].Kind != "group" || items[0].Title != "新品推广群" {
		t.Fatalf("ann owns %+v", items)
	}
	if err := h.To(t.Context(), m.ann, mine.ID, m.bob); fault.Code(err) != "denied" {
		t.Errorf("the boss, who does not own it: %v", err)
	}
	if err := h.To(t.Context(), m.ann, "x", m.bob); fault.Code(err) != "chat.unknown" {
		t.Errorf("no group: %v", err)
	}
	own := m.annPeer.Modules[0].Handover
	for range 2 { // twice is once
		if err := own.To(t.Context(), m.ann, mine.ID, m.bob); err != nil {
			t.Fatal(err)
		}
	}
	id, err := op.ParseScopeID(mine.ID)
	if err != nil || m.ScopeRole(id, m.bob) != access.Owner {
		t.Errorf("bob is %s", m.ScopeRole(id, m.bob))
	}
	if name := m.bossPeer.Modules[0].ScopeName; name(id) != "新品推广群" || name(op.ScopeID{7}) != "" || strings.Contains(name(m.group), "新品") {
		t.Error("groups are called something else")
	}
	// The group of somebody who left before it was handed over is still found.
	m.SetScopeRole(id, m.bob, access.Member)
	m.SetScopeRole(id, m.ann, access.None)
	if items := must(h.Items(t.Context(), m.ann))(t); len(items) != 1 {
		t.Errorf("afterwards %+v", items)
	}
}

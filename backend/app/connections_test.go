package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tongzhou/backend/features/announcement"
)

func TestConnectionsTellWhatIsProven(t *testing.T) {
	t.Parallel()
	a := newPerson(t, "张三")
	a.found()
	a.until("the network", func() bool { return a.address() != "" })
	c := a.connections()
	if c.State != "waiting" || c.Online != 0 || c.Upload != 0 || c.Download != 0 || c.SyncedAt != "" || len(c.Peers) != 0 ||
		c.Self.PeerID == "" || c.Self.DeviceName != "张三的电脑" || !strings.HasSuffix(c.Self.Code, c.Self.PeerID) {
		t.Fatalf("alone: %+v", c)
	}
	b := newPerson(t, "李四")
	b.joined(a.invite(), "1002")
	a.synced(1)
	b.synced(1)
	c = a.connections()
	if len(c.Peers) != 1 || c.SyncedAt == "" {
		t.Fatalf("together: %+v", c)
	}
	p := c.Peers[0]
	if p.UserName != "李四" || p.UserID != b.user() || p.DeviceName != "李四的电脑" || p.State != "synced" || p.Path != "lan" || p.Address == "" ||
		p.BytesIn == 0 || p.BytesOut == 0 || p.Since == "" || p.SyncedAt != c.SyncedAt || p.LastSeen == "" || p.Behind != 0 {
		t.Fatalf("together: %+v", p)
	}
	g := a.group("销售群", b)
	for i := range 10 { // it never says so before it is so
		text := fmt.Sprint("第 ", i)
		a.send(g, text)
		a.until("in sync", func() bool { return a.connections().State == "synced" })
		if !slices.Contains(b.texts(g), text) {
			t.Fatalf("in sync without %q", text)
		}
	}
	before := a.connections().SyncedAt
	b.stop()
	a.until("nobody", func() bool { return a.connections().State == "waiting" })
	a.send(g, "你在吗")
	a.send(g, "在吗")
	c = a.connections()
	if c.Online != 0 || c.Upload != 2 || c.SyncedAt < before || c.Peers[0].State == "synced" || c.Peers[0].Path != "" || c.Peers[0].LastSeen == "" {
		t.Fatalf("apart: %+v", c)
	}
	if list, err := a.chat().Chats(); err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	b.start()
	if err := b.api.SyncNow(); err != nil {
		t.Fatal(err)
	}
	a.synced(1)
	if c = a.connections(); c.Upload != 0 || c.SyncedAt <= before {
		t.Fatalf("together again: %+v", c)
	}
	if got := b.texts(g); got[len(got)-1] != "在吗" {
		t.Fatalf("in sync with %q", got)
	}
}

func TestAddressesThatPeopleType(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	stranger := newPerson(t, "王五")
	stranger.found()
	stranger.until("the network", func() bool { return stranger.address() != "" })
	gone := strings.Replace(b.address(), "/tcp/", "/tcp/1", 1)
	gone = gone[:strings.Index(gone, "/tcp/")] + "/tcp/1/p2p/" + gone[strings.LastIndex(gone, "/")+1:]
	for name, c := range map[string]struct{ address, code string }{
		"empty":    {"", "network.bad_address"},
		"words":    {"在三楼", "network.bad_address"},
		"no port":  {"/ip4/127.0.0.1", "network.bad_address"},
		"stranger": {stranger.address(), "network.stranger"},
	} {
		err := a.api.AddAddress(c.address)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		wantFault(t, err, c.code)
	}
	if err := a.api.AddAddress("  " + b.address() + "\n"); err != nil {
		t.Errorf("a colleague's address: %v", err)
	}
	b.stop()
	a.until("nobody", func() bool { return a.connections().Online == 0 })
	wantFault(t, a.api.AddAddress(gone), "network.unreachable")
}

// A network that cannot open is an error and not the absence of colleagues; all else works.
func TestTheNetworkCannotOpen(t *testing.T) {
	t.Parallel()
	p := prepared(t, "张三")
	p.listen = "/ip4/203.0.113.1/tcp/9"
	p.start()
	p.found()
	p.until("the error", func() bool { return p.connections().State == "error" })
	if _, err := p.news().Publish(announcement.PublishInput{Title: "公告", Text: "内容"}); err != nil {
		t.Fatal(err)
	}
	wantFault(t, p.api.AddAddress("/ip4/127.0.0.1/tcp/1"), "network.starting")
	p.verified()
}

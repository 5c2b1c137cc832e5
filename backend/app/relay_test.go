package app

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tongzhou/backend/fault"
	"tongzhou/backend/features/chat"
	"tongzhou/sync/relay"
	"tongzhou/sync/relay/host"
	"tongzhou/sync/relay/link"
	"tongzhou/sync/relay/store"
)

// spare is a spare machine that runs a relay.
type spare struct {
	t     *testing.T
	dir   string
	key   ed25519.PrivateKey
	token [16]byte
	addrs []string
	store store.Store
	relay *relay.Relay
	room  int64 // bytes of a team; 0: as usual
	host  *host.Host
}

func newSpare(t *testing.T) *spare {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &spare{t: t, dir: t.TempDir(), key: key, token: [16]byte{4, 7, 1, 1}, addrs: []string{"/ip4/127.0.0.1/tcp/0"}}
	s.start()
	if err := relay.Allow(t.Context(), s.store, s.token, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.relay != nil {
			s.stop()
		}
	})
	return s
}

func (s *spare) start() {
	s.t.Helper()
	st, err := store.OpenSQLite(context.Background(), filepath.Join(s.dir, "relay.db"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.store, s.relay = st, relay.New(relay.Config{Store: st, Limits: relay.Limits{TeamBytes: s.room}})
	if s.host, err = host.New(host.Config{Relay: s.relay, Key: s.key, Listen: s.addrs}); err != nil {
		s.t.Fatal(err)
	}
	s.addrs = nil
	for _, a := range s.host.Addrs() {
		a, _, _ = strings.Cut(a, "/p2p/")
		s.addrs = append(s.addrs, a)
	}
}

func (s *spare) stop() {
	s.t.Helper()
	for _, end := range []func() error{s.host.Close, s.relay.Close, s.store.Close} {
		if err := end(); err != nil {
			s.t.Error(err)
		}
	}
	s.relay = nil
}

func (s *spare) link() string {
	return link.Link{Key: [32]byte(s.key.Public().(ed25519.PublicKey)), Addrs: s.addrs, Token: s.token[:]}.String()
}

// relayIs waits for a state of the only relay.
func (p *person) relayIs(states ...string) RelayDTO {
	p.t.Helper()
	var d RelayDTO
	defer func() {
		if p.t.Failed() {
			p.t.Logf("%s: %+v", p.name, d)
		}
	}()
	p.until("relay "+strings.Join(states, " or "), func() bool {
		list, err := p.api.Relays()
		if err != nil {
			p.t.Fatal(err)
		}
		if len(list.Relays) != 1 {
			return false
		}
		d = list.Relays[0]
		return slices.Contains(states, d.State)
	})
	return d
}

func (p *person) lastText(chatID string) (string, chat.MessageDTO) {
	p.t.Helper()
	h, err := p.chat().History(chat.HistoryQuery{ChatID: chatID})
	if err != nil || len(h.Messages) == 0 {
		return "", chat.MessageDTO{}
	}
	m := h.Messages[len(h.Messages)-1]
	return m.Text, m
}

// The story of B20 to B27: two people set up a relay by its link; one writes while the other is off and goes off herself; the
// other comes on and has everything, from the relay alone, also a group that was made meanwhile. On the relay's disk there is
// nothing to read. Who was removed gets nothing more.
func TestB20StoryOfARelay(t *testing.T) {
	t.Parallel()
	lin, li := newPerson(t, "林晓雯"), newPerson(t, "李承泽")
	lin.found()
	li.joined(lin.invite(), "1002")
	s := newSpare(t)

	if _, err := li.api.AddRelay(s.link(), ""); fault.Code(err) != "relay.denied" {
		t.Fatalf("a member added a relay: %v", err)
	}
	preview, err := lin.api.PreviewRelay("这是我们的中继：" + s.link() + " 。")
	if err != nil || preview.Known || !preview.Allows || len(preview.Addresses) == 0 {
		t.Fatal(preview, err)
	}
	if _, err := lin.api.AddRelay(s.link(), "机房的旧电脑"); err != nil {
		t.Fatal(err)
	}
	if d := lin.relayIs("synced"); d.Name != "机房的旧电脑" || d.Path == "" {
		t.Fatalf("%+v", d)
	}
	if d := li.relayIs("synced"); d.Devices != 2 {
		t.Fatalf("li learns of it from the team: %+v", d)
	}

	liID := li.user()
	li.stop()
	direct, err := lin.chat().OpenDirect(liID)
	if err != nil {
		t.Fatal(err)
	}
	sent, err := lin.chat().Send(chat.SendInput{ChatID: direct.ID, Text: "中继上的秘密文字", ClientID: "c1"})
	if err != nil {
		t.Fatal(err)
	}
	lin.until("the message is on the relay", func() bool {
		_, m := lin.lastText(direct.ID)
		return m.ID == sent.ID && m.State == "relay"
	})
	lin.until("everything is on the relay", func() bool { return lin.relayIs("synced").Waiting == 0 })
	lin.stop()

	li.start()
	li.until("li has it from the relay alone", func() bool {
		text, _ := li.lastText(direct.ID)
		return text == "中继上的秘密文字"
	})
	if li.connections().Online != 0 {
		t.Fatal("the other one was there")
	}
	lin.start()
	lin.until("lin learns that it arrived", func() bool {
		_, m := lin.lastText(direct.ID)
		return m.State == "received"
	})
	s.readNothing([]byte("中继上的秘密文字"), []byte("林晓雯"), []byte("星海科技"), lin.teamNow().id.TeamSecret[:], lin.teamNow().id.Team[:])
}

// readNothing searches the relay's disk.
func (s *spare) readNothing(needles ...[]byte) {
	s.t.Helper()
	for _, n := range needles {
		if s.holds(n) {
			s.t.Errorf("the relay's disk holds %q", n)
		}
	}
}

// B19: a relay without room for pictures says so and goes on with what people write; nothing is lost, and when there is room the
// picture goes there.
func TestB19ARelayWithoutRoomForPictures(t *testing.T) {
	t.Parallel()
	lin := newPerson(t, "林晓雯")
	lin.found()
	s := newSpare(t)
	if _, err := lin.api.AddRelay(s.link(), ""); err != nil {
		t.Fatal(err)
	}
	lin.relayIs("synced")
	st, err := s.relay.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.stop()
	s.room = st.Teams[0].Bytes/3*4 + 1000
	s.start()
	lin.relayIs("synced")
	if err := lin.org().SetPicture(photograph(t, 512)); err != nil {
		t.Fatal(err)
	}
	if d := lin.relayIs("content_full"); d.Waiting != 1 || d.Refused != "quota" {
		t.Errorf("%+v", d)
	}
	if lin.picture(lin.user()) == "" {
		t.Error("the picture is lost")
	}
	s.stop()
	s.room = 0
	s.start()
	if d := lin.relayIs("synced"); d.Waiting != 0 {
		t.Errorf("%+v", d)
	}
	if st, err = s.relay.Status(t.Context()); err != nil || st.Teams[0].Chunks != 1 {
		t.Errorf("%+v, %v", st, err)
	}
}

// holds tells whether bytes lie on the relay's disk.
func (s *spare) holds(needle []byte) (found bool) {
	s.t.Helper()
	entries, err := os.ReadDir(s.dir)
	if err != nil || len(entries) == 0 {
		s.t.Fatal(entries, err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(s.dir, e.Name()))
		if err != nil {
			s.t.Fatal(err)
		}
		found = found || bytes.Contains(b, needle)
	}
	return found
}

// A relay's link that is damaged, of something else or used up says so; a relay that is given up holds nothing any more.
func TestRelaySetUpFaults(t *testing.T) {
	t.Parallel()
	lin := newPerson(t, "林晓雯")
	lin.found()
	s := newSpare(t)
	good := s.link()
	for text, want := range map[string]string{
		"hello": "relay.other", good[:len(good)-5]: "relay.damaged", link.Link{Key: [32]byte{1}}.String(): "relay.damaged",
	} {
		if _, err := lin.api.PreviewRelay(text); fault.Code(err) != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
		if _, err := lin.api.AddRelay(text, ""); fault.Code(err) != want {
			t.Errorf("add %q: %v, want %s", text, err, want)
		}
	}
	s.token[0]++ // one that the relay's owner never made
	if _, err := lin.api.AddRelay(s.link(), ""); err != nil {
		t.Fatal(err)
	}
	lin.relayIs("not_allowed")
	s.token[0]--
	list, err := lin.api.AddRelay(s.link(), "")
	if err != nil || len(list.Relays) != 1 {
		t.Fatal(list, err)
	}
	lin.relayIs("synced")
	if lin.setting(tokenKey([32]byte(s.key.Public().(ed25519.PublicKey)))) != "" {
		t.Error("a token that was used is kept")
	}
	s.stop()
	if d := lin.relayIs("offline"); d.Key != list.Relays[0].Key {
		t.Errorf("%+v", d)
	}
	if _, err := lin.api.RemoveRelay("zz"); fault.Code(err) != "relay.unknown" {
		t.Error(err)
	}
	if left, err := lin.api.RemoveRelay(list.Relays[0].Key); err != nil || len(left.Relays) != 0 || !left.MayChange {
		t.Errorf("%+v %v", left, err)
	}
	if _, err := lin.api.RemoveRelay(list.Relays[0].Key); fault.Code(err) != "relay.unknown" {
		t.Error(err)
	}
	if len(lin.teamNow().net.host.Relays()) != 0 {
		t.Error("the network still keeps up with it")
	}
}

// The list in the house rule is bounded, whoever wrote it.
func TestRelayListIsBounded(t *testing.T) {
	long := strings.Repeat("x", maxRelayAddr+1)
	for _, e := range []relayEntry{
		{Key: make([]byte, 31)},
		{Key: make([]byte, 32), Name: strings.Repeat("n", maxRelayName+1)},
		{Key: make([]byte, 32), Addrs: []string{long}},
		{Key: make([]byte, 32), Addrs: []string{""}},
		{Key: make([]byte, 32), Addrs: slices.Repeat([]string{"/ip4/1.2.3.4/tcp/1"}, maxRelayAddrs+1)},
	} {
		if e.check() {
			t.Errorf("taken: %+v", e)
		}
	}
	good := relayEntry{Key: make([]byte, 32), Name: "a", Addrs: []string{"/ip4/1.2.3.4/tcp/1"}}
	if !good.check() {
		t.Fatal("refused")
	}
	again := withRelay([]relayEntry{good}, relayEntry{Key: good.Key, Addrs: []string{"/ip4/1.2.3.5/tcp/1"}})
	if len(again) != 1 || again[0].Name != "a" || again[0].Addrs[0] != "/ip4/1.2.3.5/tcp/1" {
		t.Errorf("%+v", again)
	}
	if got := relayAddrs(again); len(got) != 1 || got[0].Addrs[0] != "/ip4/1.2.3.5/tcp/1" {
		t.Errorf("%+v", got)
	}
}

// The story of B16 to B19, C4: one sets a picture while the other is off, and goes off herself; the other comes on and has it,
// from the relay alone, whose disk holds nothing of it in clear.
func TestB19APictureComesFromTheRelayAlone(t *testing.T) {
	t.Parallel()
	lin, li := newPerson(t, "林晓雯"), newPerson(t, "李承泽")
	lin.found()
	li.joined(lin.invite(), "1002")
	s := newSpare(t)
	if _, err := lin.api.AddRelay(s.link(), ""); err != nil {
		t.Fatal(err)
	}
	lin.relayIs("synced")
	li.relayIs("synced")
	li.stop()
	if err := lin.org().SetPicture(photograph(t, 256)); err != nil {
		t.Fatal(err)
	}
	own := lin.picture(lin.user())
	_, encoded, _ := strings.Cut(own, ",")
	clear, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(clear) < 100 {
		t.Fatalf("%d bytes, %v", len(clear), err)
	}
	lin.until("the picture is on the relay", func() bool {
		st, err := s.relay.Status(t.Context())
		return err == nil && st.StoredChunks == 1
	})
	user := lin.user()
	lin.stop()

	li.start()
	li.until("li has the picture from the relay alone", func() bool { return li.picture(user) == own })
	if li.connections().Online != 0 {
		t.Fatal("the other one was there")
	}
	chunk, err := os.ReadFile(li.chunks()[0])
	if err != nil {
		t.Fatal(err)
	}
	s.readNothing(clear[:64], clear[len(clear)-64:], []byte{0xff, 0xd8, 0xff, 0xdb})
	if !s.holds(chunk[:64]) {
		t.Error("searched in the wrong place: the ciphertext is not there")
	}
}

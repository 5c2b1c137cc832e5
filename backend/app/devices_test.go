package app

import (
	"crypto/rand"
	"slices"
	"strings"
	"testing"

	"tongzhou/backend/features/chat"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

func (p *person) device() string { return p.state().Me.DeviceID }

func (p *person) devices() []DeviceDTO {
	p.t.Helper()
	l, err := p.api.Devices()
	if err != nil {
		p.t.Fatal(err)
	}
	return l
}

func (p *person) unread(chatID string) int {
	p.t.Helper()
	l, err := p.chat().Chats()
	if err != nil {
		p.t.Fatal(err)
	}
	for _, c := range l {
		if c.ID == chatID {
			return c.Unread
		}
	}
	return -1
}

// readAll marks the last message of a chat as read.
func (p *person) readAll(chatID string) {
	p.t.Helper()
	h, err := p.chat().History(chat.HistoryQuery{ChatID: chatID, Limit: 100})
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.chat().MarkRead(chatID, h.Messages[len(h.Messages)-1].ID); err != nil {
		p.t.Fatal(err)
	}
}

// R2: a second device sees everything that the first sees, private chats from before included; both write, both stay in step,
// and what was read on one is read on the other.
func TestASecondDevice(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	direct := a.direct(b)
	a.send(direct, "很早以前")
	b.reads(direct, "很早以前")
	group := a.group("项目", b)
	a.send(group, "群里说过")

	a2 := newPerson(t, "张三的手机")
	a.linked(a2)
	if a2.user() != a.user() || a2.device() == a.device() || a2.state().Role != "owner" || a2.state().Me.Name != "张三" {
		t.Fatalf("the new device is %+v", a2.state())
	}
	a2.reads(direct, "很早以前")
	a2.reads(group, "群里说过")

	a2.send(direct, "从手机")
	a.send(direct, "从电脑")
	for _, p := range []*person{a, a2, b} {
		p.until("three messages", func() bool { return len(p.texts(direct)) == 3 })
	}
	b.send(direct, "给两台")
	for _, p := range []*person{a, a2} {
		p.until("unread", func() bool { return p.unread(direct) == 1 })
	}
	a2.readAll(direct)
	for _, p := range []*person{a2, a} {
		p.until("read on both", func() bool { return p.unread(direct) == 0 })
	}
	// What one writes, the other has not to read.
	a2.send(direct, "知道了")
	a.until("the answer", func() bool { return len(a.texts(direct)) == 5 })
	if n := a.unread(direct); n != 0 {
		t.Errorf("%d unread after this person's own answer from the other device", n)
	}

	list := a.devices()
	if len(list) != 2 || !list[0].Current || list[0].AddedBy != "" || list[1].Name != "张三的手机" || list[1].AddedBy != "张三的电脑" ||
		!list[1].Online || !list[1].CanRevoke || list[1].NeedsWords || list[1].LastSeen == "" || list[1].AddedAt == "" {
		t.Errorf("devices on the first: %+v", list)
	}
	list = a2.devices()
	if len(list) != 2 || !list[0].Current || list[0].NeedsWords || !list[1].NeedsWords || !list[1].CanRevoke {
		t.Errorf("devices on the second: %+v", list)
	}
	for _, p := range []*person{a, a2, b} {
		p.verified()
	}
}

// What reaches a second device while the first is off, from others, and the other way round.
func TestDevicesThatAreNeverOnTogether(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	a2 := newPerson(t, "手机")
	a.linked(a2)
	d := a.direct(b)
	a.send(d, "一")
	b.reads(d, "一")
	a.stop()
	a2.reads(d, "一")
	a2.send(d, "二")
	b.reads(d, "一", "二")
	a2.stop()
	b.send(d, "三")
	a.start()
	a.reads(d, "一", "二", "三")
}

// R17, R18: a device that is signed out refuses all operation once it hears of it, stays out over a restart, and cannot read
// what is written from then on; with what it wrote before it is as before.
func TestSigningOutADevice(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	a2 := newPerson(t, "手机")
	a.linked(a2)
	d := a2.direct(b)
	a2.send(d, "还在")
	a.reads(d, "还在") // so that the removal says that it counts; otherwise b does, some seconds later
	b.reads(d, "还在")
	gone := a2.device()
	if err := a.api.RevokeDevice(RevokeDeviceInput{DeviceID: gone}); err != nil {
		t.Fatal(err)
	}
	a2.until("signed out", func() bool { return a2.phase() == phaseSignedOut })
	if _, err := a2.chat().Send(chat.SendInput{ChatID: d, Text: "不算"}); err == nil {
		t.Fatal("it still writes")
	}
	_, err := a2.api.StartLink()
	wantFault(t, err, "account.signed_out")
	root := a.Replica().Self().Root.SignPub()
	if !a.teamNow().net.welcoming(root) || a2.teamNow().net.welcoming(root) {
		t.Error("who lets people in")
	}
	a.send(d, "下一条")
	b.reads(d, "还在", "下一条")
	a2.stop()
	a2.start()
	a2.until("signed out after a restart", func() bool { return a2.phase() == phaseSignedOut })
	if n := countOps(t, a2, "下一条"); n != 0 {
		t.Errorf("the device has %d ops of the message after it was signed out", n)
	}
	list := a.devices()
	if len(list) != 2 || list[1].State != "revoked" || list[1].CanRevoke || list[1].ID != gone {
		t.Errorf("%+v", list)
	}
	wantFault(t, a.api.RevokeDevice(RevokeDeviceInput{DeviceID: gone}), "device.gone")
	wantFault(t, a.api.RevokeDevice(RevokeDeviceInput{DeviceID: "nonsense"}), "device.unknown")
	wantFault(t, a.api.RevokeDevice(RevokeDeviceInput{DeviceID: op.DeviceID{9}.String()}), "device.unknown")
	for _, p := range []*person{a, b} {
		p.verified()
	}
}

// countOps counts the ops beyond those that b's other devices could have given away before: of the content scopes, by arrival.
func countOps(t *testing.T, p *person, text string) int {
	t.Helper()
	n := 0
	rows, err := p.database().Read().Query(`SELECT text FROM chat_message`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(s, text) {
			n++
		}
	}
	return n
}

// R17: the device itself signs out.
func TestSigningOutThisDevice(t *testing.T) {
	t.Parallel()
	a := newPerson(t, "张三")
	a.found()
	a2 := newPerson(t, "手机")
	a.linked(a2)
	if err := a2.api.RevokeDevice(RevokeDeviceInput{DeviceID: a2.device()}); err != nil {
		t.Fatal(err)
	}
	a2.until("signed out", func() bool { return a2.phase() == phaseSignedOut })
	a.until("the list", func() bool {
		return slices.ContainsFunc(a.devices(), func(d DeviceDTO) bool { return d.State == "revoked" })
	})
}

// A junior device signs the one out that linked it, with the recovery words and not without (R18).
func TestSigningOutASeniorDevice(t *testing.T) {
	t.Parallel()
	a := newPerson(t, "张三")
	a.found()
	words, err := a.api.RecoveryWords(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	a2 := newPerson(t, "手机")
	a.linked(a2)
	in := RevokeDeviceInput{DeviceID: a.device(), Lost: true}
	wantFault(t, a2.api.RevokeDevice(in), "device.needs_words")
	in.Words = words[:23]
	wantFault(t, a2.api.RevokeDevice(in), "vault.words")
	var other [32]byte
	_, _ = rand.Read(other[:])
	in.Words = keys.Words(other)
	wantFault(t, a2.api.RevokeDevice(in), "device.words")
	in.Words = words
	if err := a2.api.RevokeDevice(in); err != nil {
		t.Fatal(err)
	}
	a.until("signed out", func() bool { return a.phase() == phaseSignedOut })
	if s := a2.state(); s.Phase != "ready" || s.Role != "owner" {
		t.Fatalf("%+v", s)
	}
}

// R16: an admin signs a lost device of somebody else out; a member does not.
func TestAnAdminSignsALostDeviceOut(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	b2 := newPerson(t, "李四的手机")
	b.linked(b2)
	a.until("both devices", func() bool { l, err := a.api.DevicesOf(b.user()); return err == nil && len(l) == 2 })
	_, err := b.api.DevicesOf(a.user())
	wantFault(t, err, "denied")
	wantFault(t, b.api.RevokeDevice(RevokeDeviceInput{DeviceID: a.device()}), "denied")
	if err := a.api.RevokeDevice(RevokeDeviceInput{DeviceID: b2.device(), Lost: true}); err != nil {
		t.Fatal(err)
	}
	b2.until("signed out", func() bool { return b2.phase() == phaseSignedOut })
	b.until("the list", func() bool {
		return slices.ContainsFunc(b.devices(), func(d DeviceDTO) bool { return d.State == "revoked" })
	})
	d := b.direct(a)
	b.send(d, "我还在")
	a.reads(d, "我还在")
}

// R2, R18: a device that was linked links another one; who linked it signs it out, and not the other way round.
func TestAChainOfDevices(t *testing.T) {
	t.Parallel()
	a, c := pair(t)
	d := a.direct(c)
	a.send(d, "从头")
	a2, a3 := newPerson(t, "第二台"), newPerson(t, "第三台")
	a.linked(a2)
	a2.reads(d, "从头")
	a2.linked(a3)
	a3.reads(d, "从头")
	a3.send(d, "从第三台")
	c.reads(d, "从头", "从第三台")
	list := a3.devices()
	if len(list) != 3 || list[0].AddedBy != "第二台" || !list[1].NeedsWords || !list[2].NeedsWords {
		t.Fatalf("%+v", list)
	}
	a.until("the third", func() bool { return len(a.devices()) == 3 })
	wantFault(t, a3.api.RevokeDevice(RevokeDeviceInput{DeviceID: a2.device()}), "device.needs_words")
	if err := a.api.RevokeDevice(RevokeDeviceInput{DeviceID: a3.device()}); err != nil {
		t.Fatal(err)
	}
	a3.until("signed out", func() bool { return a3.phase() == phaseSignedOut })
	a2.until("the list", func() bool {
		return slices.ContainsFunc(a2.devices(), func(x DeviceDTO) bool { return x.Name == "第三台" && x.State == "revoked" })
	})
	a2.send(d, "还有两台")
	a.reads(d, "从头", "从第三台", "还有两台")
	c.reads(d, "从头", "从第三台", "还有两台")
	for _, p := range []*person{a, a2, c} {
		p.verified()
	}
}

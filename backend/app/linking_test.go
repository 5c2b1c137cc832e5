package app

import (
	"context"
	"crypto/rand"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"tongzhou/backend/fault"
	"tongzhou/backend/features/chat"
	"tongzhou/backend/vault"
	"tongzhou/sync/join"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// linkStep waits until the device that shows a link is at a step.
func (p *person) linkStep(step string) LinkStateDTO {
	p.t.Helper()
	var st LinkStateDTO
	defer func() {
		if p.t.Failed() {
			p.t.Logf("%s: link %+v", p.name, st)
		}
	}()
	p.until("link "+step, func() bool {
		var err error
		if st, err = p.api.LinkState(); err != nil {
			p.t.Fatal(err)
		}
		return st.Step == step
	})
	return st
}

func (p *person) startLink() string {
	p.t.Helper()
	l, err := p.api.StartLink()
	if err != nil {
		p.t.Fatal(err)
	}
	if l.Link == "" || l.ExpiresAt == "" {
		p.t.Fatalf("%+v", l)
	}
	return l.Link
}

func (p *person) linkDevice(link string) error {
	return p.api.LinkDevice(LinkDeviceInput{Link: link, DeviceName: p.name, Passphrase: passphrase})
}

// compare waits for the code on the new device's screen.
func (p *person) compare() string {
	p.t.Helper()
	p.until("a code to compare", func() bool { return p.api.JoinProgress().Step == "compare" })
	return p.api.JoinProgress().Code
}

// linked makes b a further device of p.
func (p *person) linked(b *person) {
	p.t.Helper()
	if err := b.linkDevice(p.startLink()); err != nil {
		p.t.Fatal(err)
	}
	code, st := b.compare(), p.linkStep("compare")
	if st.Code != code || len(code) != 6 || st.DeviceName != b.name {
		p.t.Fatalf("%s shows %+v, %s shows %q", p.name, st, b.name, code)
	}
	if err := p.api.ConfirmLink(true); err != nil {
		p.t.Fatal(err)
	}
	b.joinEnds("done", "")
	p.linkStep("done")
}

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

// J7: nothing is added when the person says that the codes differ, or cancels on either side; the link is used up.
func TestLinkingThatIsNotConfirmed(t *testing.T) {
	t.Parallel()
	a := newPerson(t, "张三")
	a.found()
	wantFault(t, a.api.ConfirmLink(true), "link.none")
	if st := a.linkStep("idle"); st.Code != "" {
		t.Fatalf("%+v", st)
	}
	link := a.startLink()
	b := newPerson(t, "手机")
	begin := func(link string) {
		t.Helper()
		if err := b.linkDevice(link); err != nil {
			t.Fatal(err)
		}
		b.compare()
		a.linkStep("compare")
	}
	begin(link)
	if err := a.api.ConfirmLink(false); err != nil {
		t.Fatal(err)
	}
	b.joinEnds("failed", join.CodeLinkDiffers)
	b.outside()
	if st := a.linkStep("failed"); st.Fault != join.CodeLinkDiffers {
		t.Fatalf("%+v", st)
	}
	if err := b.linkDevice(link); err != nil {
		t.Fatal(err)
	}
	b.joinEnds("failed", join.CodeLinkUsed)
	b.outside()

	begin(a.startLink())
	if err := a.api.CancelLink(); err != nil {
		t.Fatal(err)
	}
	b.joinEnds("failed", join.CodeLinkCancelled)
	b.outside()
	a.linkStep("idle")

	begin(a.startLink())
	b.api.CancelJoin()
	b.joinEnds("idle", "")
	b.outside(joiningFile)
	if st := a.linkStep("failed"); st.Fault != join.CodeLinkBroken {
		t.Fatalf("%+v", st)
	}
	if l := a.devices(); len(l) != 1 {
		t.Fatalf("%+v", l)
	}
	a.linked(b) // a new link works, for the same folder
	if l := a.devices(); len(l) != 2 {
		t.Fatalf("%+v", l)
	}
}

// J7: links that are too old, replaced by another one, of something else, or damaged.
func TestLinksForDevicesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	a := newPerson(t, "张三")
	a.found()
	b := newPerson(t, "手机")
	invitation := a.invite()
	link := a.startLink()
	wantFault(t, b.linkDevice(invitation), "link.other")
	wantFault(t, b.linkDevice(link[:len(link)-5]), "link.damaged")
	wantFault(t, b.join(link, "1002"), "join.other")
	_, err := b.api.PreviewInvitation(link)
	wantFault(t, err, "join.other")
	wantFault(t, b.api.LinkDevice(LinkDeviceInput{Link: link, DeviceName: "x", Passphrase: "12345678"}), "vault.weak")
	b.outside()

	a.startLink() // replaces it
	if err := b.linkDevice(link); err != nil {
		t.Fatal(err)
	}
	b.joinEnds("failed", join.CodeLinkUnknown)
	b.outside()

	link = a.startLink()
	a.ahead.Store(int64(join.LinkLife + time.Second))
	if st := a.linkStep("failed"); st.Fault != join.CodeLinkExpired {
		t.Fatalf("%+v", st)
	}
	if err := b.linkDevice(link); err != nil {
		t.Fatal(err)
	}
	b.joinEnds("failed", join.CodeLinkExpired)
	b.outside()
	b.ahead.Store(int64(join.LinkLife + offerEcho + time.Second))
	wantFault(t, b.linkDevice(link), "link.expired")
	if l := a.devices(); len(l) != 1 {
		t.Fatalf("%+v", l)
	}
}

// J6: the worst moment: the device was added and does not know it. With a new link the same device comes again, and is one.
func TestCrashAfterBeingLinked(t *testing.T) {
	t.Parallel()
	a, c := pair(t)
	b := newPerson(t, "手机")
	a.linked(b)
	device := b.device()
	b.kill()
	b.asIfNotSaved("1001")
	b.start()
	b.outside(joiningFile)
	a.linked(b)
	if b.device() != device || len(a.devices()) != 2 {
		t.Fatalf("%s came again as %s; %+v", device, b.device(), a.devices())
	}
	d := a.direct(c)
	a.send(d, "好了")
	b.reads(d, "好了")
	b.send(d, "都好了")
	a.reads(d, "好了", "都好了")
	a.verified()
	b.verified()
}

// asIfNotSaved makes the folder what it was before the identity was saved.
func (p *person) asIfNotSaved(staffNo string) {
	p.t.Helper()
	if err := os.Rename(p.file(identityFile), p.file(joiningFile)); err != nil {
		p.t.Fatal(err)
	}
	v, err := vault.Load(vault.Options{Dir: p.dir})
	if err == nil {
		err = v.Unlock(staffNo, passphrase)
	}
	if err == nil { // it came with the directory
		err = v.Update(func(c *vault.Contents) { c.StaffNo = "" })
	}
	if err != nil {
		p.t.Fatal(err)
	}
	p.unsettle(vaultJoining)
}

// The device that shows the link goes down while it is compared, and comes back: the link is gone with it.
func TestTheShowingDeviceRestarts(t *testing.T) {
	t.Parallel()
	a := newPerson(t, "张三")
	a.found()
	a.invite() // strangers are answered after the restart as well
	b := newPerson(t, "手机")
	if err := b.linkDevice(a.startLink()); err != nil {
		t.Fatal(err)
	}
	b.compare()
	a.stop()
	b.until("searching again", func() bool { return b.api.JoinProgress().Step == "searching" })
	a.start()
	b.joinEnds("failed", join.CodeLinkUnknown)
	b.outside()
}

// J8, R15: whoever has lost every device comes back with the 24 words and an old link, sees the whole history, and signs the
// lost device out.
func TestRecoveringWithWords(t *testing.T) {
	t.Parallel()
	a, b := newPerson(t, "张三"), newPerson(t, "李四")
	a.found()
	old := a.invite()
	b.joined(old, "1002")
	a.until("both", func() bool { return strings.Count(a.names(), "销售部") == 2 })
	words, err := b.api.RecoveryWords(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	d := b.direct(a)
	b.send(d, "丢失之前")
	a.reads(d, "丢失之前")
	b.synced(1)
	user, lost := b.user(), b.device()
	b.stop()

	c := newPerson(t, "新电脑")
	if err := c.recover(old, words); err != nil { // the invitation is used, and nobody else is invited
		t.Fatal(err)
	}
	c.joinEnds("done", "")
	if s := c.state(); s.Me.UserID != user || s.Me.DeviceID == lost || s.Me.Name != "李四" || s.Role != "member" {
		t.Fatalf("%+v", s)
	}
	c.reads(d, "丢失之前")
	c.send(d, "我回来了")
	a.reads(d, "丢失之前", "我回来了")
	in := RevokeDeviceInput{DeviceID: lost, Lost: true}
	if may := slices.ContainsFunc(c.devices(), func(x DeviceDTO) bool { return x.ID == lost && x.NeedsWords }); may {
		in.Words = words
	}
	if err := c.api.RevokeDevice(in); err != nil {
		t.Fatal(err)
	}
	b.start()
	b.until("signed out", func() bool { return b.phase() == phaseSignedOut })
	a.stop() // what comes now came back to a device that nobody else helps
	c.stop()
	c.start()
	c.reads(d, "丢失之前", "我回来了")
	c.verified()
	a.start()
	a.verified()
}

func (p *person) recover(link string, words []string) error {
	return p.api.Recover(RecoverInput{Link: link, Words: words, DeviceName: p.name, Passphrase: passphrase})
}

// J8: wrong words are refused at once if they are no words, and by the team if they are somebody else's; who was removed does
// not come back with them.
func TestWordsThatDoNotCount(t *testing.T) {
	t.Parallel()
	a, b := newPerson(t, "张三"), newPerson(t, "李四")
	a.found()
	link := a.invite()
	b.joined(link, "1002")
	words, err := b.api.RecoveryWords(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	c := newPerson(t, "新电脑")
	wrong := slices.Clone(words)
	wrong[3] = "tongzhou"
	err = c.recover(link, wrong)
	wantFault(t, err, "vault.words")
	if f := fault.Params(err)["word"]; f != "4" {
		t.Errorf("names the word %q", f)
	}
	wantFault(t, c.recover("nonsense", words), "join.damaged")
	var other [32]byte
	_, _ = rand.Read(other[:])
	if err := c.recover(link, keys.Words(other)); err != nil {
		t.Fatal(err)
	}
	c.until("the reason", func() bool { return c.api.JoinProgress().Code == join.CodeRecoverUnknown })
	c.api.CancelJoin()
	c.joinEnds("idle", "")
	c.outside()
	user, err := op.ParseUserID(b.user())
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Replica().Remove(context.Background(), user, 1); err != nil {
		t.Fatal(err)
	}
	if err := c.recover(link, words); err != nil {
		t.Fatal(err)
	}
	c.joinEnds("failed", join.CodeRecoverFormer)
	c.outside()
}

// J6: cut off after the new device certified itself; it comes again as the same device.
func TestCrashAfterRecovering(t *testing.T) {
	t.Parallel()
	a, b := newPerson(t, "张三"), newPerson(t, "李四")
	a.found()
	link := a.invite()
	b.joined(link, "1002")
	words, err := b.api.RecoveryWords(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	b.synced(1)
	b.stop()
	c := newPerson(t, "新电脑")
	if err := c.recover(link, words); err != nil {
		t.Fatal(err)
	}
	c.joinEnds("done", "")
	device := c.device()
	c.kill()
	c.asIfNotSaved("1002")
	c.start()
	c.outside(joiningFile)
	if err := c.recover(link, words); err != nil {
		t.Fatal(err)
	}
	c.joinEnds("done", "")
	if c.device() != device {
		t.Fatal("another device")
	}
	d := c.direct(a)
	c.send(d, "回来了")
	a.reads(d, "回来了")
}

// Cancelled or failing at any moment, linking leaves either no team or a whole one.
func TestCancelLinkingAtAnyMoment(t *testing.T) {
	t.Parallel()
	a := newPerson(t, "张三")
	a.found()
	b := newPerson(t, "手机")
	for _, ms := range []int{0, 5, 15, 30, 60} {
		if err := b.linkDevice(a.startLink()); err != nil {
			t.Fatal(err)
		}
		b.compare()
		a.linkStep("compare")
		if err := a.api.ConfirmLink(true); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Duration(ms) * time.Millisecond)
		b.api.CancelJoin()
		if b.phase() == "ready" {
			break
		}
		b.joinEnds("idle", "")
		b.outside(joiningFile)
	}
	if b.phase() == "none" {
		a.linked(b)
	}
	if l := a.devices(); len(l) != 2 || !slices.ContainsFunc(l, func(d DeviceDTO) bool { return d.ID == b.device() }) {
		t.Fatalf("%+v", l)
	}
	b.until("the directory", func() bool { return b.names() == a.names() })
	a.synced(1)
	b.synced(1)
}

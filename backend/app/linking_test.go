package app

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"tongzhou/backend/vault"
	"tongzhou/sync/join"
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

// J6: the device was added, and its folder cannot take the identity.
func TestSavingTheIdentityFailsAfterLinking(t *testing.T) {
	t.Parallel()
	a := newPerson(t, "张三")
	a.found()
	b := newPerson(t, "手机")
	if err := os.MkdirAll(filepath.Join(b.file(identityFile), "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := b.linkDevice(a.startLink()); err != nil {
		t.Fatal(err)
	}
	b.compare()
	a.linkStep("compare")
	if err := a.api.ConfirmLink(true); err != nil {
		t.Fatal(err)
	}
	b.joinEnds("failed", "join.failed")
	b.outside(joiningFile, identityFile)
	if err := os.RemoveAll(b.file(identityFile)); err != nil {
		t.Fatal(err)
	}
	a.linked(b)
	if l := a.devices(); len(l) != 2 || l[1].ID != b.device() {
		t.Fatalf("not the same device: %+v", l)
	}
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

package app

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"testing"

	"tongzhou/backend/fault"
	"tongzhou/sync/join"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// withWords makes a team of two, of whom the second has noted the recovery words. The link is the invitation, which is used.
func withWords(t *testing.T) (a, b *person, link string, words []string) {
	t.Helper()
	a, b = newPerson(t, "张三"), newPerson(t, "李四")
	a.found()
	link = a.invite()
	b.joined(link, "1002")
	words, err := b.api.RecoveryWords(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	return a, b, link, words
}

// J8, R15: whoever has lost every device comes back with the 24 words and an old link, sees the whole history, and signs the
// lost device out.
func TestRecoveringWithWords(t *testing.T) {
	t.Parallel()
	a, b, old, words := withWords(t)
	a.until("both", func() bool { return strings.Count(a.names(), "销售部") == 2 })
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
	a, b, link, words := withWords(t)
	c := newPerson(t, "新电脑")
	wrong := slices.Clone(words)
	wrong[3] = "tongzhou"
	err := c.recover(link, wrong)
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
	a, b, link, words := withWords(t)
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

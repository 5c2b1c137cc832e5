package app

import (
	"strings"
	"testing"
	"time"

	"tongzhou/backend/fault"
	"tongzhou/sync/join"
	"tongzhou/sync/keys"
	"tongzhou/sync/wire"
)

// letters counts what lies in the box of an invitation; -1 when there is no box.
func (s *spare) letters(link string) int {
	s.t.Helper()
	inv, err := join.Parse(link)
	if err != nil {
		s.t.Fatal(err)
	}
	box := wire.BoxOf([32]byte(keys.InviteFromSecret(inv.Secret).Pub()))
	ctx := s.t.Context()
	teams, err := s.store.Teams(ctx)
	if err != nil || len(teams) != 1 {
		s.t.Fatal(teams, err)
	}
	if _, there, err := s.store.Box(ctx, teams[0].No, box); err != nil || !there {
		return -1
	}
	mails, _, err := s.store.Mail(ctx, teams[0].No, box, 0, 1<<20, 1000)
	if err != nil {
		s.t.Fatal(err)
	}
	return len(mails)
}

// relayed is a founder whose team has a relay, with an invitation whose box is there, and who is off.
func relayed(t *testing.T) (lin *person, s *spare, link string) {
	t.Helper()
	lin = newPerson(t, "林晓雯")
	lin.found()
	s = newSpare(t)
	if _, err := lin.api.AddRelay(s.link(), ""); err != nil {
		t.Fatal(err)
	}
	lin.relayIs("synced")
	link = lin.invite()
	lin.until("the box is there", func() bool { return s.letters(link) == 0 })
	lin.relayIs("synced")
	lin.keepPort()
	lin.stop()
	return lin, s, link
}

// The story of J11 to J14: who invites and who joins are never on at the same time, and the newcomer's program is closed while the
// request waits.
func TestJ11StoryOfJoiningByLetter(t *testing.T) {
	t.Parallel()
	lin, s, link := relayed(t)
	li := newPerson(t, "李承泽")
	if err := li.join(link, "1002"); err != nil {
		t.Fatal(err)
	}
	li.until("the request lies at the relay", func() bool { return li.api.JoinProgress().Relay == "left" })
	if j := li.api.JoinProgress(); j.Step != "searching" {
		t.Fatalf("%+v", j)
	}
	li.stop()

	lin.start()
	lin.until("lin answers", func() bool { return s.letters(link) == 2 })
	lin.until("the keys are there", func() bool { return lin.relayIs("synced").Waiting == 0 })
	lin.stop()

	li.start()
	if j := li.api.JoinProgress(); li.phase() != "none" || j.Step != "paused" || j.Relay != "left" {
		t.Fatalf("%s %+v", li.phase(), j)
	}
	wantFault(t, li.api.ResumeJoin(ResumeJoinInput{StaffNo: "1002", Passphrase: "wrong#1x"}), "vault.wrong")
	wantFault(t, li.api.ResumeJoin(ResumeJoinInput{StaffNo: "1002", Passphrase: passphrase}), "vault.wait")
	li.ahead.Store(int64(time.Minute))
	if err := li.api.ResumeJoin(ResumeJoinInput{StaffNo: "1002", Passphrase: passphrase}); err != nil {
		t.Fatal(err)
	}
	li.joinEnds("done", "")
	if li.phase() != "ready" || li.connections().Online != 0 {
		t.Fatalf("%s, %d online", li.phase(), li.connections().Online)
	}
	li.until("li's own profile is at the relay", func() bool { return strings.Contains(li.names(), "李承泽") && li.relayIs("synced").Waiting == 0 })
	li.stop()

	lin.start()
	lin.until("lin sees who came", func() bool { return strings.Contains(lin.names(), "李承泽") })
	if lin.connections().Online != 0 {
		t.Fatal("the other one was there")
	}
	list, err := lin.api.Invitations()
	if err != nil || list[0].State != "used" || list[0].UsedBy != "李承泽" {
		t.Fatal(list, err)
	}
	s.readNothing([]byte("李承泽"), lin.teamNow().id.TeamSecret[:], lin.teamNow().id.Team[:])
}

// Who gives up takes the request back, and nothing is left; a second start asks nobody to go on.
func TestGivingUpTakesTheRequestBack(t *testing.T) {
	t.Parallel()
	_, s, link := relayed(t)
	li := newPerson(t, "李承泽")
	leave := func() {
		t.Helper()
		if err := li.join(link, "1002"); err != nil {
			t.Fatal(err)
		}
		li.until("the request lies at the relay", func() bool { return li.api.JoinProgress().Relay == "left" })
	}
	leave()
	li.api.CancelJoin()
	li.joinEnds("idle", "")
	if n := s.letters(link); n != 0 {
		t.Errorf("%d letters are left", n)
	}
	li.outside(joiningFile)

	leave()
	li.stop()
	li.start()
	if j := li.api.JoinProgress(); j.Step != "paused" {
		t.Fatalf("%+v", j)
	}
	li.api.CancelJoin()
	li.joinEnds("idle", "")
	wantFault(t, li.api.ResumeJoin(ResumeJoinInput{StaffNo: "1002", Passphrase: passphrase}), "join.none")
	li.outside(joiningFile)
	li.stop()
	li.start()
	if j := li.api.JoinProgress(); j.Step != "idle" {
		t.Fatalf("%+v", j)
	}
}

// A member who is there wins over the letter; and the refusal of a used link comes by letter.
func TestDirectJoiningWinsOverLetters(t *testing.T) {
	t.Parallel()
	lin, s, link := relayed(t)
	li, wang := newPerson(t, "李承泽"), newPerson(t, "王五")
	lin.start()
	li.joined(link, "1002")
	li.relayIs("synced")
	if exists(li.file(requestFile)) {
		t.Error("a request is kept by who is a member")
	}
	lin.relayIs("synced")
	li.stop()
	lin.stop()
	if err := wang.join(link, "1003"); err != nil {
		t.Fatal(err)
	}
	wang.until("the request lies at the relay", func() bool { return wang.api.JoinProgress().Relay == "left" })
	lin.listen = "/ip4/127.0.0.1/tcp/0" // not where the link says
	lin.start()
	wang.joinEnds("failed", join.CodeUsed)
	wang.outside()
	if s.letters(link) < 1 {
		t.Error("no letters")
	}
	if code := fault.Code(wang.api.ResumeJoin(ResumeJoinInput{})); code != "join.none" {
		t.Error(code)
	}
}

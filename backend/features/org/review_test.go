package org

import (
	"strings"
	"testing"
	"time"

	"tongzhou/backend/access"
	"tongzhou/backend/fault"
	"tongzhou/backend/module/moduletest"
	"tongzhou/backend/rules"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// office is a strict staff with a market department that head heads, and ann in it.
type office struct {
	*staff
	market   DepartmentDTO
	head     op.UserID
	headPeer *moduletest.Peer
}

func newOffice(t *testing.T) *office {
	o := &office{staff: newStrictStaff(t)}
	o.market = must(api(o.bossPeer).CreateDepartment("", "市场部"))(t)
	o.head = o.User("head", access.Member)
	o.headPeer = o.Peer(o.head, 1, o.build)
	dept := must(nodeID(o.market.ID))(t)
	o.SetOffice(o.head, access.Head, dept)
	o.SetPlace(o.ann, dept)
	o.sync()
	save(t, o.annPeer, ProfileInput{Name: "李娜", StaffNo: "XH002", DepartmentID: o.market.ID, Position: "专员"})
	o.sync()
	return o
}

func (o *office) sync() {
	o.staff.sync()
	o.headPeer.ReceiveAll()
}

func (o *office) requests(t *testing.T, p *moduletest.Peer, box string) []RequestDTO {
	t.Helper()
	return must(api(p).Requests(RequestQuery{Box: box}))(t)
}

func steps(r RequestDTO) string {
	var out []string
	for _, s := range r.Steps {
		out = append(out, s.Role+":"+s.State)
	}
	return strings.Join(out, " ")
}

func TestR5ProfilesAreComplete(t *testing.T) {
	s := newStrictStaff(t)
	for _, c := range []struct {
		in   ProfileInput
		code string
	}{
		{ProfileInput{Name: "李娜", Position: "专员"}, "org.department_required"},
		{ProfileInput{Name: "李娜", DepartmentName: "市场部"}, "org.position_required"},
		{ProfileInput{Name: "李娜", DepartmentName: "市场部", Position: "专员"}, ""},
	} {
		if _, err := api(s.annPeer).SaveProfile(c.in); fault.Code(err) != c.code {
			t.Errorf("%+v: %v, want %q", c.in, err, c.code)
		}
	}
	// Joining must not fail for it.
	if err := directory(s.bobPeer).SaveOwnProfile(t.Context(), ProfileInput{Name: "王五"}); err != nil {
		t.Error(err)
	}
}

func TestR3NamesakesAreFlagged(t *testing.T) {
	s := newStaff(t)
	save(t, s.annPeer, ProfileInput{Name: "李娜"})
	save(t, s.bobPeer, ProfileInput{Name: "李娜"})
	if s.sync(); !must(api(s.bossPeer).Member(s.ann.String()))(t).Namesake || must(api(s.bossPeer).Me())(t).Namesake {
		t.Error("who shares a name is not told apart")
	}
}

func TestR19AProfileChangesThroughDepartmentAndManagement(t *testing.T) {
	o := newOffice(t)
	want := ProfileInput{Name: "李娜", StaffNo: "XH002", DepartmentID: o.market.ID, Position: "经理", Phone: "13800001234"}
	if _, err := api(o.annPeer).SaveProfile(want); fault.Code(err) != "org.profile_review" {
		t.Fatalf("a new position without a review: %v", err)
	}
	reach := want
	reach.Position = "专员"
	if m := save(t, o.annPeer, reach); m.Phone != want.Phone { // how to reach somebody is theirs to say
		t.Errorf("phone %+v", m)
	}
	r := must(api(o.annPeer).RequestProfile(want))(t)
	if r.Kind != "profile" || r.State != "open" || len(r.Fields) != 1 || r.Fields[0] != (FieldDTO{"position", "专员", "经理"}) || steps(r) != "dept_admin:open admin:open" || r.CanReview || !r.CanWithdraw {
		t.Fatalf("filed %+v", r)
	}
	if _, err := api(o.annPeer).RequestProfile(want); fault.Code(err) != "org.request_open" {
		t.Errorf("twice: %v", err)
	}
	o.sync()
	if len(o.requests(t, o.bossPeer, "to_review")) != 0 || len(o.requests(t, o.headPeer, "to_review")) != 1 || len(o.requests(t, o.bobPeer, "all")) != 0 {
		t.Error("it is the head's turn, and bob's business not at all")
	}
	for name, p := range map[string]*moduletest.Peer{"the boss, out of turn": o.bossPeer, "ann herself": o.annPeer} {
		if _, err := api(p).ReviewRequest(ReviewInput{ID: r.ID, Approve: true}); fault.Code(err) != "denied" {
			t.Errorf("%s reviews: %v", name, err)
		}
	}
	if _, err := api(o.bobPeer).ReviewRequest(ReviewInput{ID: r.ID, Approve: true}); fault.Code(err) != "org.request_unknown" {
		t.Errorf("bob reviews: %v", err)
	}
	if _, err := api(o.headPeer).ReviewRequest(ReviewInput{ID: r.ID}); fault.Code(err) != "org.comment_required" {
		t.Errorf("refused without a word: %v", err)
	}
	must(api(o.headPeer).ReviewRequest(ReviewInput{ID: r.ID, Approve: true, Comment: "属实"}))(t)
	o.sync()
	if m := must(api(o.bobPeer).Member(o.ann.String()))(t); m.Position != "专员" {
		t.Errorf("the head's word changed the profile: %+v", m)
	}
	done := must(api(o.bossPeer).ReviewRequest(ReviewInput{ID: r.ID, Approve: true}))(t)
	if done.Request.State != "approved" || done.Invitation != "" || steps(done.Request) != "dept_admin:approved admin:approved" || done.Request.Steps[0].Comment != "属实" {
		t.Errorf("approved %+v", done)
	}
	o.sync()
	if m := must(api(o.bobPeer).Member(o.ann.String()))(t); m.Position != "经理" || m.Phone != want.Phone {
		t.Errorf("after the approval %+v", m)
	}
	if _, err := api(o.bossPeer).ReviewRequest(ReviewInput{ID: r.ID, Approve: true}); fault.Code(err) != "org.request_closed" {
		t.Errorf("again: %v", err)
	}
	if _, err := api(o.annPeer).RequestProfile(want); fault.Code(err) != "org.no_change" {
		t.Errorf("nothing to change: %v", err)
	}
}

func TestR19ADepartmentChangeMovesThePlacement(t *testing.T) {
	o := newOffice(t)
	tech := must(api(o.bossPeer).CreateDepartment("", "技术部"))(t)
	o.sync()
	in := ProfileInput{Name: "李娜", StaffNo: "XH002", DepartmentID: tech.ID, Position: "专员"}
	r := must(api(o.annPeer).RequestProfile(in))(t)
	if r.Kind != "department" || r.Fields[0].From != "市场部" || r.Fields[0].To != "技术部" {
		t.Errorf("filed %+v", r)
	}
	o.sync()
	must(api(o.headPeer).ReviewRequest(ReviewInput{ID: r.ID, Approve: true}))(t)
	o.sync()
	must(api(o.bossPeer).ReviewRequest(ReviewInput{ID: r.ID, Approve: true}))(t)
	o.sync()
	if m := must(api(o.bobPeer).Member(o.ann.String()))(t); m.DepartmentID != tech.ID || !m.Placed {
		t.Errorf("ann is in %+v", m)
	}
	// Without a review, too, nobody moves themselves out of where they were placed.
	o.rule(t, rules.ProfileReview, false)
	in.DepartmentID = o.market.ID
	if _, err := api(o.annPeer).SaveProfile(in); fault.Code(err) != "org.profile_review" {
		t.Errorf("ann moves herself: %v", err)
	}
}

func TestRequestsAreRefusedAndWithdrawn(t *testing.T) {
	o := newOffice(t)
	in := ProfileInput{Name: "李丽娜", StaffNo: "XH002", DepartmentID: o.market.ID, Position: "专员"}
	r := must(api(o.annPeer).RequestProfile(in))(t)
	if got := must(api(o.annPeer).WithdrawRequest(r.ID))(t); got.State != "withdrawn" {
		t.Errorf("withdrawn %+v", got)
	}
	r = must(api(o.annPeer).RequestProfile(in))(t)
	o.sync()
	if _, err := api(o.bossPeer).WithdrawRequest(r.ID); fault.Code(err) != "denied" {
		t.Errorf("the boss withdraws: %v", err)
	}
	must(api(o.headPeer).ReviewRequest(ReviewInput{ID: r.ID, Comment: "与证件不符"}))(t)
	o.sync()
	got := must(api(o.annPeer).Requests(RequestQuery{Box: "mine", State: "refused"}))(t)
	if len(got) != 1 || steps(got[0]) != "dept_admin:refused admin:skipped" || got[0].Steps[0].Comment != "与证件不符" {
		t.Errorf("refused %+v", got)
	}
	if _, err := api(o.annPeer).Requests(RequestQuery{Box: "theirs"}); fault.Code(err) != "org.box" {
		t.Errorf("a box that does not exist: %v", err)
	}
	if _, err := api(o.annPeer).WithdrawRequest("zz"); fault.Code(err) != "org.request_unknown" {
		t.Errorf("a request that does not exist: %v", err)
	}
}

func TestR8AnAccountIsAskedForAndReviewed(t *testing.T) {
	o := newOffice(t)
	in := AccountRequestInput{Name: "赵六", StaffNo: "XH009", DepartmentID: o.market.ID, Position: "设计师", Kind: KindExternal, Note: "三月入职"}
	r := must(api(o.annPeer).RequestAccount(in))(t)
	if r.Kind != "account" || r.Subject != "赵六" || r.SubjectID != "" || r.Note != "三月入职" || steps(r) != "admin:open" {
		t.Errorf("filed %+v", r)
	}
	if _, err := api(o.annPeer).RequestAccount(AccountRequestInput{Name: "钱七", DepartmentID: o.market.ID}); fault.Code(err) != "org.position_required" {
		t.Errorf("incomplete: %v", err)
	}
	o.sync()
	if len(o.requests(t, o.headPeer, "to_review")) != 0 {
		t.Error("accounts are the managing department's to open")
	}
	done := must(api(o.bossPeer).ReviewRequest(ReviewInput{ID: r.ID, Approve: true}))(t)
	if done.Request.State != "approved" || done.Invitation != "tongzhou://join/x" {
		t.Errorf("approved %+v", done)
	}
	if n := len(*o.invites); n != 1 {
		t.Fatalf("%d invitations", n)
	}
	if i := (*o.invites)[0]; i.role != access.Guest || i.note != "赵六" || string(i.dept) != string(must(nodeID(o.market.ID))(t)) { // partners look only
		t.Errorf("invited %+v", i)
	}
	// Who asks does not approve, unless the rule is switched off.
	r = must(api(o.bossPeer).RequestAccount(AccountRequestInput{Name: "孙八", DepartmentID: o.market.ID, Position: "专员"}))(t)
	if _, err := api(o.bossPeer).ReviewRequest(ReviewInput{ID: r.ID, Approve: true}); fault.Code(err) != "denied" {
		t.Errorf("the boss approves his own: %v", err)
	}
	o.rule(t, rules.AccountReview, false)
	if done := must(api(o.bossPeer).ReviewRequest(ReviewInput{ID: r.ID, Approve: true}))(t); done.Request.State != "approved" {
		t.Errorf("rule off: %+v", done)
	}
}

// TestHostileReviewsHaveNoEffect: modified programs write what the checks of the interface would have refused.
func TestHostileReviewsHaveNoEffect(t *testing.T) {
	o := newOffice(t)
	in := ProfileInput{Name: "李娜", StaffNo: "XH002", DepartmentID: o.market.ID, Position: "经理"}
	r := must(api(o.annPeer).RequestProfile(in))(t)
	id, now := must(requestID(r.ID))(t), profile{Name: "李娜", Kind: KindRegular}
	// ann gives herself the position, and approves her own request in every way that she could think of.
	self := profile{Name: "李娜", StaffNo: "XH002", Department: must(nodeID(o.market.ID))(t), Position: "总裁", Kind: KindRegular, Phone: "110"}
	o.Write(o.ann, 1, o.Company(), 1<<60, typeProfile, o.ann[:], self)
	for i, v := range []review{
		{Step: stepManagement, Approve: true, Subject: o.ann[:]},
		{Step: stepDepartment, Approve: true, Subject: o.ann[:]},
		{Step: stepManagement, Approve: true},
		{Step: stepDepartment, Approve: true},
		{Step: stepManagement, Approve: true, Subject: o.bob[:]},
	} {
		o.Write(o.ann, 1, o.Company(), 1<<60+1<<20+opTime(i), typeReview, id, v)
	}
	// bob, whom nothing of it concerns, and the head about somebody else's department.
	o.Write(o.bob, 1, o.Company(), 1<<60+1<<30, typeReview, id, review{Step: stepManagement, Approve: true, Subject: o.ann[:]})
	o.Write(o.bob, 1, o.Company(), 1<<60+1<<30+1, typeReview, id, review{Step: stepDepartment, Approve: true, Subject: o.ann[:]})
	o.Write(o.bob, 1, o.Company(), 1<<60+1<<30+2, typeWithdraw, id, withdraw{})
	o.Write(o.head, 1, o.Company(), 1<<60+1<<30, typeReview, id, review{Step: stepManagement, Approve: true, Subject: o.ann[:]})
	o.Write(o.head, 1, o.Company(), 1<<60+1<<30+1, typeReview, id, review{Step: stepDepartment, Approve: true, Subject: o.bob[:]})
	// Somebody files a request in ann's name.
	o.Write(o.bob, 1, o.Company(), 1<<60+1<<30+3, typeRequest, nil, request{Kind: requestProfile, Subject: o.ann[:], From: now, To: now})
	o.sync()
	m := must(api(o.bobPeer).Member(o.ann.String()))(t)
	if m.Position != "专员" || m.Phone != "110" {
		t.Errorf("ann made herself %+v", m)
	}
	got := o.requests(t, o.bossPeer, "all")
	if len(got) != 1 || got[0].State != "open" || steps(got[0]) != "dept_admin:open admin:open" {
		t.Errorf("the request is %+v", got)
	}
	// When changes are not reviewed, her own word counts; when they are again, it does not, unless it was confirmed.
	o.rule(t, rules.ProfileReview, false)
	if m := must(api(o.bobPeer).Member(o.ann.String()))(t); m.Position != "总裁" {
		t.Errorf("without a review %+v", m)
	}
	o.rule(t, rules.ProfileReview, true)
	if m := must(api(o.bobPeer).Member(o.ann.String()))(t); m.Position != "专员" {
		t.Errorf("reviewed again %+v", m)
	}
}

// TestHostileReviewsBorrowNoRight: the right to review follows from whom the op names, so that must be whom the request names.
func TestHostileReviewsBorrowNoRight(t *testing.T) {
	o := newOffice(t)
	tech := must(api(o.bossPeer).CreateDepartment("", "技术部"))(t)
	o.sync()
	save(t, o.bobPeer, ProfileInput{Name: "王五", DepartmentID: tech.ID, Position: "专员"})
	r := must(api(o.bobPeer).RequestProfile(ProfileInput{Name: "王五", DepartmentID: tech.ID, Position: "经理"}))(t)
	id := must(requestID(r.ID))(t)
	// The head of another department refuses bob's request as if it were ann's, of whom he is the head.
	o.Write(o.head, 1, o.Company(), 1<<60, typeReview, id, review{Step: stepDepartment, Subject: o.ann[:], Comment: "不同意"})
	o.sync()
	if got := o.requests(t, o.bossPeer, "all"); len(got) != 1 || got[0].State != "open" {
		t.Errorf("bob's request is %+v", got)
	}
	// The head speaks about himself.
	o.SetPlace(o.head, must(nodeID(o.market.ID))(t))
	before := o.bossPeer.Dump()
	o.bossPeer.Receive(o.Write(o.head, 1, o.Company(), 1<<60+1, typeReview, id, review{Step: stepDepartment, Subject: o.head[:], Approve: true}))
	if o.bossPeer.Dump() != before {
		t.Error("the head reviews himself")
	}
}

func opTime(i int) hlc.Time { return hlc.Time(i) }

func TestProfilesAreConfirmedBeforeTheyAreReviewed(t *testing.T) {
	s := newStaff(t)
	save(t, s.annPeer, ProfileInput{Name: "李娜", Position: "专员"})
	save(t, s.annPeer, ProfileInput{Name: "李娜", Position: "经理"})
	s.sync()
	if err := directory(s.annPeer).ConfirmProfiles(t.Context()); fault.Code(err) != "denied" {
		t.Errorf("ann confirms: %v", err)
	}
	if err := directory(s.bossPeer).ConfirmProfiles(t.Context()); err != nil {
		t.Fatal(err)
	}
	written := len(s.Ops())
	if err := directory(s.bossPeer).ConfirmProfiles(t.Context()); err != nil || len(s.Ops()) != written {
		t.Errorf("%v: confirmed again what was confirmed", err)
	}
	s.sync()
	s.rule(t, rules.ProfileReview, true)
	if m := must(api(s.bobPeer).Member(s.ann.String()))(t); m.Position != "经理" {
		t.Errorf("after the rule: %+v", m)
	}
}

func TestR140RequestsLeaveATrail(t *testing.T) {
	o := newOffice(t)
	r := must(api(o.annPeer).RequestAccount(AccountRequestInput{Name: "赵六", DepartmentID: o.market.ID, Position: "设计师"}))(t)
	o.Advance(time.Minute)
	o.sync()
	must(api(o.bossPeer).ReviewRequest(ReviewInput{ID: r.ID, Comment: "没有编制"}))(t)
	o.sync()
	actions := func(p *moduletest.Peer) string {
		var out []string
		for _, x := range must(p.Modules[0].Trail(t.Context()))(t) {
			out = append(out, x.Action)
		}
		return strings.Join(out, " ")
	}
	if got := actions(o.bossPeer); got != "request review_refuse" {
		t.Errorf("the boss sees %s", got)
	}
	if got := actions(o.bobPeer); got != "" {
		t.Errorf("bob sees %s", got)
	}
}

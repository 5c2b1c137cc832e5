package org

import (
	"strings"
	"testing"
	"time"

	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/sync/op"
)

func TestR25RolesAreGivenAndLowered(t *testing.T) {
	o := newOffice(t)
	a := api(o.bossPeer)
	m := must(a.SetRole(RoleInput{UserID: o.bob.String(), Role: "dept_admin", DepartmentID: o.market.ID}))(t)
	if m.Role != "dept_admin" || len(m.Roles) != 2 || m.Roles[0] != (RoleDTO{"dept_admin", o.market.ID}) {
		t.Errorf("bob %+v", m)
	}
	departments := must(a.Departments())(t)
	if d := departments[0]; len(d.Heads) != 1 || d.Heads[0].UserID != o.head.String() || len(d.Admins) != 1 || d.Admins[0].UserID != o.bob.String() {
		t.Errorf("officers %+v", d)
	}
	if m := must(a.SetRole(RoleInput{UserID: o.bob.String(), Role: "admin"}))(t); m.Role != "admin" {
		t.Errorf("raised %+v", m)
	}
	if m := must(a.SetRole(RoleInput{UserID: o.bob.String(), Role: "member"}))(t); m.Role != "member" || len(m.Roles) != 1 {
		t.Errorf("lowered %+v", m)
	}
	for what, c := range map[string]struct {
		in   RoleInput
		code string
	}{
		"a head of nothing":  {RoleInput{UserID: o.bob.String(), Role: "head"}, "org.role_department"},
		"a head of nowhere":  {RoleInput{UserID: o.bob.String(), Role: "head", DepartmentID: strings.Repeat("0", 32)}, "org.department_unknown"},
		"a king":             {RoleInput{UserID: o.bob.String(), Role: "king"}, "org.role_unknown"},
		"a stranger":         {RoleInput{UserID: op.UserID{7}.String(), Role: "admin"}, "org.user_unknown"},
		"the founder's role": {RoleInput{UserID: o.boss.String(), Role: "member"}, "denied"},
	} {
		if _, err := a.SetRole(c.in); fault.Code(err) != c.code {
			t.Errorf("%s: %v, want %s", what, err, c.code)
		}
	}
	if _, err := api(o.annPeer).SetRole(RoleInput{UserID: o.ann.String(), Role: "owner"}); fault.Code(err) != "denied" {
		t.Errorf("ann promotes herself: %v", err)
	}
	if _, err := api(o.annPeer).Place(PlaceInput{UserID: o.ann.String()}); fault.Code(err) != "denied" {
		t.Errorf("ann places herself: %v", err)
	}
	if m := must(a.Place(PlaceInput{UserID: o.bob.String(), DepartmentID: o.market.ID}))(t); m.DepartmentID != o.market.ID || !m.Placed {
		t.Errorf("placed %+v", m)
	}
	if got := names(t, o.bossPeer, MemberQuery{Role: "head"}); got != "#"+strings.ToUpper(o.head.String()[:4]) {
		t.Errorf("heads %s", got)
	}
}

func TestR20DepartmentsMerge(t *testing.T) {
	o := newOffice(t)
	a := api(o.bossPeer)
	tech := must(a.CreateDepartment("", "技术部"))(t)
	brand := must(a.CreateDepartment(o.market.ID, "品牌组"))(t)
	if _, err := a.MergeDepartment(MergeInput{ID: o.market.ID, Into: brand.ID}); fault.Code(err) != "org.department_cycle" {
		t.Errorf("into itself: %v", err)
	}
	if _, err := api(o.headPeer).MergeDepartment(MergeInput{ID: o.market.ID, Into: tech.ID}); fault.Code(err) != "denied" {
		t.Errorf("by its head: %v", err)
	}
	got := must(a.MergeDepartment(MergeInput{ID: o.market.ID, Into: tech.ID}))(t)
	if got.Members != 1 || len(got.Heads) != 1 || got.Heads[0].UserID != o.head.String() {
		t.Errorf("technology is now %+v", got)
	}
	list := must(a.Departments())(t)
	if len(list) != 2 || list[0].Name != "技术部" || list[1].Name != "品牌组" || list[1].ParentID != tech.ID {
		t.Errorf("departments %+v", list)
	}
}

func TestR29WhoToAsk(t *testing.T) {
	o := newOffice(t)
	a := api(o.bossPeer)
	if err := a.SetDuty(DutyInput{UserID: o.ann.String(), Text: "发票和报销"}); err != nil {
		t.Fatal(err)
	}
	if err := api(o.headPeer).SetDuty(DutyInput{DepartmentID: o.market.ID, Text: "新品推广"}); err != nil {
		t.Fatal(err)
	}
	o.sync()
	if got := names(t, o.bobPeer, MemberQuery{Text: "报销"}); got != "李娜" {
		t.Errorf("who pays: %q", got)
	}
	if got := names(t, o.bobPeer, MemberQuery{Text: "新品"}); got != "#"+strings.ToUpper(o.head.String()[:4]) {
		t.Errorf("who markets: %q", got)
	}
	if d := must(api(o.bobPeer).Departments())(t)[0]; d.Duty != "新品推广" || d.CanState {
		t.Errorf("department %+v", d)
	}
	for what, c := range map[string]struct {
		by   *API
		in   DutyInput
		code string
	}{
		"oneself":          {api(o.bobPeer), DutyInput{UserID: o.bob.String(), Text: "一切"}, "denied"},
		"outside, by head": {api(o.headPeer), DutyInput{UserID: o.bob.String(), Text: "一切"}, "denied"},
		"too long":         {a, DutyInput{UserID: o.bob.String(), Text: strings.Repeat("长", 501)}, "org.note_too_long"},
		"nobody":           {a, DutyInput{UserID: op.UserID{7}.String(), Text: "x"}, "org.user_unknown"},
		"nowhere":          {a, DutyInput{DepartmentID: strings.Repeat("0", 32), Text: "x"}, "org.department_unknown"},
	} {
		if err := c.by.SetDuty(c.in); fault.Code(err) != c.code {
			t.Errorf("%s: %v, want %s", what, err, c.code)
		}
	}
	before := o.bossPeer.Dump()
	o.bossPeer.Receive(
		o.Write(o.bob, 1, o.Company(), 1<<60, typeDuty, dutyOf('u', o.bob[:]), duty{Text: "一切"}),
		o.Write(o.ann, 1, o.Company(), 1<<60, typeDuty, dutyOf('d', must(nodeID(o.market.ID))(t)), duty{Text: "一切"}),
		o.Write(o.boss, 1, o.Company(), 1<<60, typeDuty, dutyOf('x', o.bob[:]), duty{Text: "一切"}),
	)
	if got := o.bossPeer.Dump(); got != before {
		t.Errorf("forged duties count:\n%s", got)
	}
}

func TestR22MyPermissions(t *testing.T) {
	o := newOffice(t)
	group := o.Group(o.head, o.ann)
	o.Group(o.ann, o.head)
	p := must(api(o.headPeer).MyPermissions())(t)
	if p.Role != "head" || len(p.Items) != 3 || p.Items[0].Kind != "department" || p.Items[0].Name != "市场部" || p.Items[1].Kind != "team" || p.Items[2].ScopeID != group.String() || p.Items[2].Name != "新品推广群" || p.Items[2].Role != "owner" {
		t.Errorf("permissions %+v", p)
	}
	if p.ReviewedAt != "" || p.DueAt != "2027-02-08T10:00:00.000Z" {
		t.Errorf("due %+v", p)
	}
	o.Advance(24 * time.Hour)
	if p = must(api(o.headPeer).ConfirmPermissions())(t); p.ReviewedAt != "2026-11-11T10:00:00.000Z" || p.DueAt != "2027-02-09T10:00:00.000Z" {
		t.Errorf("confirmed %+v", p)
	}
	before := o.headPeer.Dump()
	o.headPeer.Receive(o.Write(o.bob, 1, o.Company(), 1<<60, typeSeen, o.head[:], seen{}))
	if o.headPeer.Dump() != before {
		t.Error("bob looked through the head's permissions")
	}
}

func TestR16AFrozenAccount(t *testing.T) {
	o := newOffice(t)
	if _, err := api(o.annPeer).Freeze(FreezeInput{UserID: o.bob.String()}); fault.Code(err) != "denied" {
		t.Errorf("ann freezes: %v", err)
	}
	if _, err := api(o.bossPeer).Freeze(FreezeInput{UserID: o.boss.String()}); fault.Code(err) != "denied" {
		t.Errorf("the boss freezes himself: %v", err)
	}
	must(api(o.bossPeer).Place(PlaceInput{UserID: o.ann.String(), DepartmentID: o.market.ID}))(t)
	before := must(api(o.bossPeer).Departments())(t)[0]
	m := must(api(o.bossPeer).Freeze(FreezeInput{UserID: o.ann.String(), Reason: "手机丢失"}))(t)
	if m.Standing != "frozen" || m.Role != "none" || m.Since == "" || m.Name != "李娜" || m.CanPlace || !m.CanFreeze || must(api(o.bobPeer).Member(o.ann.String()))(t).CanFreeze {
		t.Errorf("frozen %+v", m)
	}
	for standing, listed := range map[string]bool{"": true, "frozen": true, "all": true, "active": false, "removed": false} {
		if strings.Contains(names(t, o.bossPeer, MemberQuery{Standing: standing}), "李娜") != listed {
			t.Errorf("who is frozen is listed among %q: %v, want %v", standing, !listed, listed)
		}
	}
	if got := names(t, o.bossPeer, MemberQuery{DepartmentID: o.market.ID, Text: "李娜"}); got != "李娜" || m.DepartmentID != o.market.ID {
		t.Errorf("who is frozen lost their place: %q, %+v", got, m)
	}
	if after := must(api(o.bossPeer).Departments())(t)[0]; after.Members != before.Members {
		t.Errorf("the department counted %d people, and now %d", before.Members, after.Members)
	}
	if _, err := api(o.bossPeer).Members(MemberQuery{Standing: "asleep"}); fault.Code(err) != "org.standing" {
		t.Errorf("a standing that does not exist: %v", err)
	}
	if _, err := api(o.annPeer).SaveProfile(ProfileInput{Name: "李娜", DepartmentID: o.market.ID, Position: "专员"}); err == nil {
		t.Error("who is frozen writes")
	}
	if _, err := api(o.headPeer).Unfreeze(o.ann.String()); fault.Code(err) != "denied" {
		t.Errorf("the head unfreezes: %v", err)
	}
	if m = must(api(o.bossPeer).Unfreeze(o.ann.String()))(t); m.Standing != "active" || m.Role != "member" {
		t.Errorf("unfrozen %+v", m)
	}
	if _, err := api(o.bossPeer).Unfreeze(o.ann.String()); fault.Code(err) != "org.not_frozen" {
		t.Errorf("again: %v", err)
	}
	var reasons []string
	for _, x := range must(o.bossPeer.Modules[0].Trail(t.Context()))(t) {
		reasons = append(reasons, x.Action+":"+x.Params["reason"])
	}
	if got := strings.Join(reasons, " "); got != "unfreeze_note: freeze_note:手机丢失" {
		t.Errorf("trail %s", got)
	}
	if len(must(o.bobPeer.Modules[0].Trail(t.Context()))(t)) != 0 {
		t.Error("bob sees why")
	}
}

func stepsOf(x OffboardingDTO) string {
	var out []string
	for _, s := range x.Steps {
		out = append(out, s.Key+":"+s.State)
	}
	return strings.Join(out, " ")
}

func TestR20R21LeavingIsOneAction(t *testing.T) {
	o := newOffice(t)
	o.items[o.head] = []module.HandoverItem{{ID: "g1", Kind: "group", Title: "新品推广群"}, {ID: "g2", Kind: "group", Title: "品牌群"}}
	must(api(o.headPeer).RequestAccount(AccountRequestInput{Name: "赵六", DepartmentID: o.market.ID, Position: "设计师"}))(t)
	o.sync()
	plan := must(api(o.bossPeer).OffboardPlan(o.head.String()))(t)
	if plan.Devices != 1 || len(plan.Items) != 3 || plan.Items[0].ID != "chat:g1" || plan.Items[2].Kind != "head" || plan.Items[2].Title != "市场部" || plan.Items[2].HeirID != "" {
		t.Fatalf("plan %+v", plan)
	}
	in := OffboardInput{UserID: o.head.String(), Mode: "removed", Note: "离职", Heirs: []HeirInput{{"chat:g1", o.bob.String()}, {plan.Items[2].ID, o.ann.String()}}}
	for what, c := range map[string]struct {
		by     *API
		change func(*OffboardInput)
		code   string
	}{
		"by a member":     {api(o.annPeer), func(*OffboardInput) {}, "denied"},
		"of the founder":  {api(o.headPeer), func(i *OffboardInput) { i.UserID = o.boss.String() }, "denied"},
		"in no known way": {api(o.bossPeer), func(i *OffboardInput) { i.Mode = "fired" }, "org.mode"},
		"to a stranger":   {api(o.bossPeer), func(i *OffboardInput) { i.Heirs = []HeirInput{{"chat:g1", op.UserID{7}.String()}} }, "org.heir"},
		"to themselves":   {api(o.bossPeer), func(i *OffboardInput) { i.Heirs = []HeirInput{{"chat:g1", o.head.String()}} }, "org.heir"},
		"of nobody":       {api(o.bossPeer), func(i *OffboardInput) { i.UserID = op.UserID{7}.String() }, "org.user_unknown"},
	} {
		bad := in
		c.change(&bad)
		if _, err := c.by.Offboard(bad); fault.Code(err) != c.code {
			t.Errorf("%s: %v, want %s", what, err, c.code)
		}
	}
	x := must(api(o.bossPeer).Offboard(in))(t)
	if got := stepsOf(x); got != "access:done devices:done data:done chat:g1:done chat:g2:open org:head "+o.market.ID+":done requests:open" || x.Open != 2 || x.Mode != "removed" || x.Note != "离职" {
		t.Fatalf("left with %s, %+v", got, x)
	}
	if o.given["g1"] != o.bob || must(api(o.bossPeer).Member(o.ann.String()))(t).Role != "head" || must(api(o.bossPeer).Member(o.head.String()))(t).Standing != "removed" {
		t.Error("not everything was handed over")
	}
	// What remains open is done later.
	o.Advance(time.Hour)
	again := must(api(o.bossPeer).Offboard(OffboardInput{UserID: o.head.String(), Mode: "removed", Heirs: []HeirInput{{"chat:g2", o.bob.String()}}}))(t)
	if again.ID != x.ID || again.Open != 1 || len(must(api(o.bossPeer).Offboardings())(t)) != 1 {
		t.Errorf("again %+v", again)
	}
	o.sync()
	if len(must(api(o.bobPeer).Offboardings())(t)) != 0 {
		t.Error("bob reads who left and why")
	}
}

func TestR20LeavingOfOnesOwnAccord(t *testing.T) {
	o := newOffice(t)
	o.items[o.ann] = []module.HandoverItem{{ID: "g1", Kind: "group", Title: "新品推广群"}}
	x := must(api(o.annPeer).Offboard(OffboardInput{UserID: o.ann.String(), Mode: "left", Heirs: []HeirInput{{"chat:g1", o.bob.String()}}}))(t)
	if x.Mode != "left" || x.Open != 0 || o.given["g1"] != o.bob {
		t.Errorf("left with %+v", x)
	}
	o.sync()
	if m := must(api(o.bossPeer).Member(o.ann.String()))(t); m.Standing != "left" {
		t.Errorf("ann is %+v", m)
	}
	if all := must(api(o.bossPeer).Offboardings())(t); len(all) != 1 || all[0].Name != "李娜" || all[0].ByName != "李娜" {
		t.Errorf("the boss sees %+v", all)
	}
}

func TestTheLastOwnerStays(t *testing.T) {
	o := newOffice(t)
	in := OffboardInput{UserID: o.boss.String(), Mode: "left"}
	if _, err := api(o.bossPeer).Offboard(in); fault.Code(err) != "org.last_owner" {
		t.Fatalf("the last owner leaves: %v", err)
	}
	must(api(o.bossPeer).SetRole(RoleInput{UserID: o.bob.String(), Role: "owner"}))(t)
	if x := must(api(o.bossPeer).Offboard(in))(t); x.Mode != "left" {
		t.Errorf("left with %+v", x)
	}
}

// TestHostileCasesHaveNoEffect: words about an account by those who have no say.
func TestHostileCasesHaveNoEffect(t *testing.T) {
	o := newOffice(t)
	must(api(o.bossPeer).Offboard(OffboardInput{UserID: o.bob.String(), Mode: "removed"}))(t)
	var id []byte
	for _, x := range o.Ops() {
		if x.Type == typeCase {
			id = x.Entity
		}
	}
	o.sync()
	before := o.bossPeer.Dump()
	o.bossPeer.Receive(
		o.Write(o.ann, 1, o.Company(), 1<<60, typeCase, nil, record{Act: caseLeaving, Subject: o.boss, Mode: module.ModeRemoved}),
		o.Write(o.ann, 1, o.Company(), 1<<60+1, typeCase, nil, record{Act: caseFreeze, Subject: o.boss, Note: "x"}),
		o.Write(o.ann, 1, o.Company(), 1<<60+2, typeStep, id, step{Key: stepData, Subject: o.bob}), // not hers
		o.Write(o.ann, 1, o.Company(), 1<<60+3, typeStep, id, step{Key: stepData, Subject: o.ann}), // of another leaving
		o.Write(o.boss, 1, o.Company(), 1<<60+4, typeStep, id, step{Key: strings.Repeat("k", 121), Subject: o.bob}),
		o.Write(o.boss, 1, o.Company(), 1<<60+5, typeCase, nil, record{Act: 9, Subject: o.bob}),
	)
	if got := o.bossPeer.Dump(); got != before {
		t.Errorf("forged words count:\n%s", got)
	}
}

package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tongzhou/backend/fault"
	"tongzhou/backend/features/audit"
	"tongzhou/backend/features/chat"
	"tongzhou/backend/features/org"
	"tongzhou/backend/features/rules"
	house "tongzhou/backend/rules"
	"tongzhou/sync/evidence"
)

// need returns the answer of an API.
func need[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (p *person) member(user string) org.MemberDTO {
	p.t.Helper()
	return need(p.org().Member(user))(p.t)
}

// R16, R19, R20, R25, R29, R45, R139, R140, R144: an organisation is run, over the whole program.
func TestAnOrganisationIsRun(t *testing.T) {
	a, b := pair(t)
	boss, ann := a.user(), b.user()

	// Departments, placement and roles.
	market := need(a.org().CreateDepartment("", "市场部"))(t)
	brand := need(a.org().CreateDepartment("", "品牌部"))(t)
	if m := need(a.org().Place(org.PlaceInput{UserID: ann, DepartmentID: market.ID}))(t); m.DepartmentID != market.ID || !m.Placed {
		t.Fatalf("placed %+v", m)
	}
	if m := need(a.org().SetRole(org.RoleInput{UserID: ann, Role: "head", DepartmentID: market.ID}))(t); m.Role != "head" {
		t.Fatalf("role %+v", m)
	}
	b.until("her department", func() bool { m := b.member(ann); return m.Role == "head" && m.DepartmentID == market.ID })
	wantFault(t, func() error { _, err := b.org().CreateDepartment("", "自建部门"); return err }(), "denied")
	if merged := need(a.org().MergeDepartment(org.MergeInput{ID: market.ID, Into: brand.ID}))(t); merged.Members != 1 {
		t.Fatalf("merged %+v", merged)
	}
	b.until("the merger", func() bool { return b.member(ann).DepartmentID == brand.ID })
	if m := need(a.org().SetRole(org.RoleInput{UserID: ann, Role: "member"}))(t); m.Role != "member" {
		t.Fatalf("lowered %+v", m)
	}
	b.until("her role", func() bool { return b.member(ann).Role == "member" })

	// A change of her profile is asked for, and approved.
	wish := org.ProfileInput{Name: "李四", StaffNo: "1002", DepartmentID: brand.ID, Position: "总监", Kind: "regular"}
	wantFault(t, func() error { _, err := b.org().SaveProfile(wish); return err }(), "org.profile_review")
	request := need(b.org().RequestProfile(wish))(t)
	a.until("the request", func() bool {
		list, err := a.org().Requests(org.RequestQuery{Box: "to_review"})
		return err == nil && len(list) == 1 && list[0].ID == request.ID
	})
	need(a.org().ReviewRequest(org.ReviewInput{ID: request.ID, Approve: true}))(t)
	b.until("her position", func() bool { return b.member(ann).Position == "总监" })

	// A house rule acts on her device.
	need(bound[*rules.API](a).Set(rules.SetInput{Key: string(house.BurstSame), Value: float64(2)}))(t)
	b.until("the rule", func() bool { return b.App.rules.Int(house.BurstSame) == 2 })
	d := b.direct(a)
	b.send(d, "在吗")
	b.send(d, "在吗")
	_, err := b.chat().Send(chat.SendInput{ChatID: d, Text: "在吗"})
	if wantFault(t, err, "chat.burst"); fault.Params(err)["max"] != "2" {
		t.Fatalf("refused with %v", err)
	}
	wantFault(t, func() error {
		_, err := bound[*rules.API](b).Set(rules.SetInput{Key: string(house.BurstSame), Value: float64(9)})
		return err
	}(), "denied")
	if i := need(a.api.CreateInvitation(InvitationInput{}))(t); i.Link == "" {
		t.Fatal("no invitation")
	}

	// The audit shows it, and the export proves it.
	page := need(bound[*audit.API](a).List(audit.Query{Limit: 500}))(t)
	var actions []string
	for _, e := range page.Entries {
		if e.State != "valid" {
			t.Errorf("entry %+v", e)
		}
		actions = append(actions, e.Action)
	}
	for _, want := range strings.Fields("found join invite dept_set place grant dept_end rule_set request review_approve") {
		if !strings.Contains(" "+strings.Join(actions, " ")+" ", " "+want+" ") {
			t.Errorf("%s is not in the audit: %v", want, actions)
		}
	}
	a.App.opts.Exports = t.TempDir()
	x := need(bound[*audit.API](a).Export())(t)
	file, err := os.Open(x.Path)
	if err != nil || filepath.Dir(x.Path) != a.App.opts.Exports {
		t.Fatalf("%v: exported to %s", err, x.Path)
	}
	defer file.Close()
	report, err := evidence.Verify(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Entries) != x.Entries || report.By.String() != boss {
		t.Errorf("%d entries by %s, want %+v", len(report.Entries), report.By, x)
	}
	if n, ok := report.Name(report.By[:]); !ok || n.Name != "张三" || n.StaffNo != "1001" {
		t.Errorf("the exporter is called %+v", n)
	}

	// Leaving: access ends, her group remains open for want of an owner, the words say so.
	g := b.group("品牌群", a)
	a.until("the group", func() bool {
		plan, err := a.org().OffboardPlan(ann)
		return err == nil && len(plan.Items) == 1 && plan.Items[0].Title == "品牌群"
	})
	left := need(a.org().Offboard(org.OffboardInput{UserID: ann, Mode: "removed", Note: "离职", Heirs: []org.HeirInput{{ItemID: "chat:" + g, UserID: boss}}}))(t)
	if left.Steps[0].State != "done" || a.member(ann).Standing != "removed" || a.member(ann).Name != "李四" {
		t.Errorf("left with %+v; she is %+v", left, a.member(ann))
	}
	for _, s := range left.Steps {
		if s.Key == "chat:"+g && (s.State != "open" || s.Detail != "品牌群") {
			t.Errorf("her group: %+v", s)
		}
	}
	a.verified()
}

// R16: a frozen account writes nothing, and goes on after.
func TestAnAccountIsFrozenAndUnfrozen(t *testing.T) {
	a, b := pair(t)
	ann := b.user()
	if m := need(a.org().Freeze(org.FreezeInput{UserID: ann, Reason: "手机丢失"}))(t); m.Standing != "frozen" || !m.CanFreeze {
		t.Fatalf("frozen %+v", m)
	}
	b.until("the freeze", func() bool {
		_, err := b.org().RequestAccount(org.AccountRequestInput{Name: "赵六", DepartmentID: "", Position: "x"})
		return err != nil && fault.Code(err) != "org.department_required"
	})
	if m := need(a.org().Unfreeze(ann))(t); m.Standing != "active" || m.Role != "member" {
		t.Fatalf("unfrozen %+v", m)
	}
}

// R7, R8, R76: an account is asked for by one, approved by another, and opens in its department; a partner only looks.
func TestAnAccountIsOpenedByRequest(t *testing.T) {
	a, b := pair(t)
	market := need(a.org().CreateDepartment("", "市场部"))(t)
	b.until("the department", func() bool { l, err := b.org().Departments(); return err == nil && len(l) == 2 })
	request := need(b.org().RequestAccount(org.AccountRequestInput{
		Name: "王五", StaffNo: "1003", DepartmentID: market.ID, Position: "顾问", Kind: "external", Note: "三月入职",
	}))(t)
	a.until("the request", func() bool {
		list, err := a.org().Requests(org.RequestQuery{Box: "to_review"})
		return err == nil && len(list) == 1 && list[0].ID == request.ID
	})
	wantFault(t, func() error {
		_, err := b.org().ReviewRequest(org.ReviewInput{ID: request.ID, Approve: true})
		return err
	}(), "denied")
	done := need(a.org().ReviewRequest(org.ReviewInput{ID: request.ID, Approve: true}))(t)
	if done.Invitation == "" || done.Request.State != "approved" {
		t.Fatalf("approved %+v", done)
	}
	c := newPerson(t, "王五")
	c.joined(done.Invitation, "1003")
	b.until("the newcomer in the department", func() bool {
		m, err := b.org().Member(c.user())
		return err == nil && m.Role == "guest" && m.DepartmentID == market.ID && m.Placed
	})
	d := c.direct(a)
	_, err := c.chat().Send(chat.SendInput{ChatID: d, Text: "你好"})
	wantFault(t, err, "denied")
	b.until("the approval", func() bool {
		list, err := b.org().Requests(org.RequestQuery{Box: "mine"})
		return err == nil && len(list) == 1 && list[0].State == "approved"
	})
}

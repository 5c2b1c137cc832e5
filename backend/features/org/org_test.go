package org

import (
	"bytes"
	"context"
	"database/sql"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tongzhou/backend/access"
	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/backend/module/moduletest"
	"tongzhou/backend/rules"
	"tongzhou/sync/blob"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// elsewhere is the rest of the program: it invites, names groups, and has things to hand over.
type elsewhere struct {
	modules  *[]module.Module
	invites  *[]invitation
	items    map[op.UserID][]module.HandoverItem
	given    map[string]op.UserID
	withhold bool // things cannot be handed over from here
}

type invitation struct {
	role access.Role
	dept []byte
	note string
}

func (e *elsewhere) Handovers() map[string]module.Handover {
	out := map[string]module.Handover{"chat": {
		Items: func(_ context.Context, u op.UserID) ([]module.HandoverItem, error) { return e.items[u], nil },
		To: func(_ context.Context, _ op.UserID, item string, heir op.UserID) error {
			if e.withhold {
				return fault.New("denied")
			}
			e.given[item] = heir
			return nil
		},
	}}
	for _, m := range *e.modules {
		out[m.Name] = m.Handover
	}
	return out
}

func (*elsewhere) ScopeName(op.ScopeID) string { return "新品推广群" }

func (e *elsewhere) Invite(_ context.Context, role access.Role, dept []byte, note string) (op.ID, string, error) {
	*e.invites = append(*e.invites, invitation{role, dept, note})
	return op.ID{9}, "tongzhou://join/x", nil
}

func newElsewhere() *elsewhere {
	return &elsewhere{modules: &[]module.Module{}, invites: &[]invitation{}, items: map[op.UserID][]module.HandoverItem{}, given: map[string]op.UserID{}}
}

func (e *elsewhere) build(deps module.Deps) []module.Module {
	c := *e
	c.modules = &[]module.Module{}
	m, _ := New(deps, &c)
	*c.modules = []module.Module{m}
	return *c.modules
}

func build(deps module.Deps) []module.Module { return newElsewhere().build(deps) }

func api(p *moduletest.Peer) *API { return p.Modules[0].API.(*API) }

func directory(p *moduletest.Peer) *Directory { return &Directory{s: api(p).s} }

// staff is a boss and two members, each with a device.
type staff struct {
	*moduletest.World
	*elsewhere
	boss, ann, bob             op.UserID
	bossPeer, annPeer, bobPeer *moduletest.Peer
}

// newStaff is a team that lets people write their own profiles as they like.
func newStaff(t moduletest.TB) *staff {
	s := newStrictStaff(t)
	for _, key := range []rules.Key{rules.ProfileReview, rules.ProfileComplete} {
		s.rule(t, key, false)
	}
	return s
}

// rule sets a house rule as an owner.
func (s *staff) rule(t moduletest.TB, key rules.Key, value any) {
	t.Helper()
	enc, err := op.Marshal(value)
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	s.SetRuleAs(s.boss, access.Owner, string(key), enc)
}

// newStrictStaff is a team under the house rules as they are by default.
func newStrictStaff(t moduletest.TB) *staff {
	w := moduletest.NewWorld(t)
	e := newElsewhere()
	build := e.build
	s := &staff{World: w, elsewhere: e, boss: w.User("boss", access.Owner), ann: w.User("ann", access.Member), bob: w.User("bob", access.Member)}
	s.bossPeer, s.annPeer, s.bobPeer = w.Peer(s.boss, 1, build), w.Peer(s.ann, 1, build), w.Peer(s.bob, 1, build)
	return s
}

func (s *staff) sync() {
	for _, p := range []*moduletest.Peer{s.bossPeer, s.annPeer, s.bobPeer} {
		p.ReceiveAll()
	}
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func save(t *testing.T, p *moduletest.Peer, in ProfileInput) MemberDTO {
	t.Helper()
	return must(api(p).SaveProfile(in))(t)
}

func names(t *testing.T, p *moduletest.Peer, q MemberQuery) string {
	t.Helper()
	var out []string
	for _, m := range must(api(p).Members(q))(t).Members {
		out = append(out, m.Name)
	}
	return strings.Join(out, " ")
}

func TestR3RealNames(t *testing.T) {
	for name, code := range map[string]string{
		"张三": "", "欧阳娜娜": "", "阿依古丽·买买提": "", "𠮷田": "", "〇〇": "", "Anne-Marie O'Neill": "", "J. Smith Jr.": "", "Müller": "", "Nguyễn": "",
		strings.Repeat("张", 30): "",
		"":                      "org.name_empty",
		"张":                     "org.name_length",
		strings.Repeat("张", 31): "org.name_length",
		"小张123":                 "org.name_characters",
		"张三(小张)":                "org.name_characters",
		"zhang三":                "org.name_characters",
		"摸鱼小王👍":                 "org.name_characters",
		"·张三":                   "org.name_characters",
		"张三·":                   "org.name_characters",
		"张··三":                  "org.name_characters",
		"-Ann":                  "org.name_characters",
		"Ann  Lee":              "org.name_characters",
		"A..B":                  "org.name_characters",
		"Иван Петров":           "org.name_characters",
		"張\u200b三":              "org.name_characters",
		"\xff\xfe":              "org.name_characters",
	} {
		if got := fault.Code(Profile{Name: name, Kind: KindRegular}.Validate()); got != code {
			t.Errorf("%q: %q, want %q", name, got, code)
		}
	}
	for typed, want := range map[string]string{
		" 张 三 ": "张三", "阿依古丽•买买提": "阿依古丽·买买提", " Ann   Lee": "Ann Lee", "Mu\u0308ller": "Müller", "O’Neill": "O'Neill",
	} {
		if got := (Profile{Name: typed}).Tidy().Name; got != want {
			t.Errorf("%q is tidied to %q, want %q", typed, got, want)
		}
	}
}

func TestR5R6R7Profiles(t *testing.T) {
	for _, c := range []struct {
		change func(p *Profile)
		code   string
	}{
		{func(p *Profile) {}, ""},
		{func(p *Profile) { p.StaffNo = "XH-001/a.b_c" }, ""},
		{func(p *Profile) { p.StaffNo = "工号1" }, "org.staff_no"},
		{func(p *Profile) { p.StaffNo = "-1" }, "org.staff_no"},
		{func(p *Profile) { p.StaffNo = strings.Repeat("1", 21) }, "org.staff_no"},
		{func(p *Profile) { p.Position = strings.Repeat("职", 61) }, "org.field_too_long"},
		{func(p *Profile) { p.Position = "a\nb" }, "org.field_too_long"},
		{func(p *Profile) { p.Position = "\xff" }, "org.field_too_long"},
		{func(p *Profile) { p.Email = "ann.lee+x@example.com.cn" }, ""},
		{func(p *Profile) { p.Email = "ann@localhost" }, ""},
		{func(p *Profile) { p.Email = "ann" }, "org.email"},
		{func(p *Profile) { p.Email = "ann@" }, "org.email"},
		{func(p *Profile) { p.Email = "@x.cn" }, "org.email"},
		{func(p *Profile) { p.Email = "a b@x.cn" }, "org.email"},
		{func(p *Profile) { p.Email = "a@x..cn" }, "org.email"},
		{func(p *Profile) { p.Email = "a@b@x.cn" }, "org.email"},
		{func(p *Profile) { p.Phone = "+86 (10) 1234-5678 转 8888" }, ""},
		{func(p *Profile) { p.Phone = "12<3" }, "org.phone"},
		{func(p *Profile) { p.Kind = KindProbation }, ""},
		{func(p *Profile) { p.Kind = KindExternal }, ""},
		{func(p *Profile) { p.Kind = "boss" }, "org.kind"},
		{func(p *Profile) { p.Department = []byte{1} }, "org.department_unknown"},
		{func(p *Profile) { p.DepartmentName = strings.Repeat("部", 31) }, "org.department_too_long"},
	} {
		p := Profile{Name: "张三", Kind: KindRegular}
		c.change(&p)
		if got := fault.Code(p.Validate()); got != c.code {
			t.Errorf("%+v: %q, want %q", p, got, c.code)
		}
	}

	s := newStaff(t)
	s.Advance(time.Hour)
	s.SetOnline(s.ann, true)
	got := save(t, s.annPeer, ProfileInput{Name: "李　娜", StaffNo: "ＸＨ００２", Position: "产品经理", Phone: "138 0000 1234", Email: "li@example.com", DepartmentName: "产品部"})
	want := MemberDTO{
		UserID: s.ann.String(), Name: "李娜", Pinyin: "lina", StaffNo: "XH002", DepartmentPath: []string{"产品部"}, Position: "产品经理", Phone: "138 0000 1234",
		Email: "li@example.com", Kind: "regular", Role: "member", Online: true, JoinedAt: "2026-11-10T10:00:00.000Z", Self: true, Avatar: got.Avatar, Standing: "active",
	}
	if !equal(got, want) || got.Avatar < 1 || got.Avatar > 8 {
		t.Fatalf("got  %+v\nwant %+v", got, want)
	}
	s.sync()
	if m := must(api(s.bobPeer).Member(s.ann.String()))(t); m.Name != "李娜" || m.Self {
		t.Fatalf("bob sees %+v", m)
	}
	if _, err := api(s.bobPeer).SaveProfile(ProfileInput{Name: "王五", StaffNo: "xh002"}); fault.Code(err) != "org.staff_no_taken" || fault.Params(err)["name"] != "李娜" {
		t.Errorf("the same staff number: %v", err)
	}
	save(t, s.annPeer, ProfileInput{Name: "李娜", StaffNo: "XH002"}) // one's own stays one's own

	// Without a profile somebody is still there.
	if m := must(api(s.bobPeer).Me())(t); m.Name != "#"+strings.ToUpper(s.bob.String()[:4]) || m.Kind != "regular" {
		t.Errorf("without a profile: %+v", m)
	}
	for _, id := range []string{"x", op.UserID{7}.String()} {
		if _, err := api(s.bobPeer).Member(id); fault.Code(err) != "org.user_unknown" {
			t.Errorf("member %s: %v", id, err)
		}
	}
}

func equal(a, b MemberDTO) bool {
	pathA, pathB := a.DepartmentPath, b.DepartmentPath
	a.DepartmentPath, b.DepartmentPath = nil, nil
	return slices.Equal(pathA, pathB) && a.UserID == b.UserID && a.Name == b.Name && a.Pinyin == b.Pinyin && a.StaffNo == b.StaffNo &&
		a.DepartmentID == b.DepartmentID && a.Standing == b.Standing && a.Position == b.Position && a.Phone == b.Phone && a.Email == b.Email && a.Kind == b.Kind && a.Role == b.Role &&
		a.Online == b.Online && a.JoinedAt == b.JoinedAt && a.Self == b.Self && a.Avatar == b.Avatar
}

func TestR25WhoMayChangeWhat(t *testing.T) {
	s := newStaff(t)
	if CanManage(access.Head) || !CanManage(access.Admin) || !CanManage(access.Owner) {
		t.Error("owners and admins manage the organisation, heads do not")
	}
	if CanEditProfile(access.Member, s.ann, s.bob) || !CanEditProfile(access.Guest, s.ann, s.ann) || !CanEditProfile(access.Admin, s.ann, s.bob) {
		t.Error("everybody writes their own profile, owners and admins anybody's")
	}
	if api(s.annPeer).CanManage() || !api(s.bossPeer).CanManage() {
		t.Error("the interface is told something else")
	}
	dept := must(api(s.bossPeer).CreateDepartment("", "市场部"))(t)
	s.sync()
	for what, err := range map[string]error{
		"create": func() error { _, err := api(s.annPeer).CreateDepartment("", "x"); return err }(),
		"rename": api(s.annPeer).RenameDepartment(dept.ID, "x"),
		"move":   api(s.annPeer).MoveDepartment(dept.ID, ""),
		"remove": api(s.annPeer).RemoveDepartment(dept.ID),
		"team":   api(s.annPeer).RenameTeam("x"),
	} {
		if fault.Code(err) != "denied" {
			t.Errorf("%s by a member: %v", what, err)
		}
	}
	// Modified programs write the ops all the same: without right, and about other entities.
	before := s.bobPeer.Dump()
	s.bobPeer.Receive(
		s.Write(s.ann, 1, s.Company(), 1<<60, typeProfile, s.bob[:], profile{Name: "王八", Kind: KindRegular}),
		s.Write(s.ann, 1, s.Company(), 1<<60+1, typeDepartment, nodeOf(9), department{Name: "x"}),
		s.Write(s.ann, 1, s.Company(), 1<<60+2, typeTeam, []byte(teamEntity), team{Name: "x"}),
		s.Write(s.boss, 1, s.Company(), 1<<60+3, typeDepartment, []byte("else"), department{Name: "x"}),
		s.Write(s.boss, 1, s.Company(), 1<<60+4, typeTeam, []byte("else"), team{Name: "x"}),
		s.Write(s.boss, 1, s.Company(), 1<<60+5, typeProfile, []byte("short"), profile{Name: "张三", Kind: KindRegular}),
		s.Write(s.boss, 1, s.Company(), 1<<60+6, typeProfile, s.bob[:], profile{Name: "zhang三", Kind: KindRegular}),
	)
	if got := s.bobPeer.Dump(); got != before {
		t.Fatalf("forged ops count:\n%s", got)
	}
	s.SetRole(s.ann, access.Admin)
	if got := must(api(s.bobPeer).Me())(t).Name; got != "王八" {
		t.Errorf("the admin's change of bob's profile does not count: %s", got)
	}
	s.SetRole(s.ann, access.Member)
	if got := s.bobPeer.Dump(); got != before {
		t.Errorf("the only profile and team name are left although they do not count:\n%s", got)
	}
}

func nodeOf(n byte) []byte {
	node := make([]byte, nodeSize)
	node[0] = n
	return node
}

func TestTeamName(t *testing.T) {
	s := newStaff(t)
	if err := api(s.bossPeer).RenameTeam(" 同舟  科技 "); err != nil {
		t.Fatal(err)
	}
	s.sync()
	if got := directory(s.bobPeer).TeamName(); got != "同舟 科技" {
		t.Errorf("team %q", got)
	}
	for name, code := range map[string]string{"": "org.team_empty", " ": "org.team_empty", strings.Repeat("名", 41): "org.team_too_long"} {
		if err := api(s.bossPeer).RenameTeam(name); fault.Code(err) != code {
			t.Errorf("%q: %v, want %s", name, err, code)
		}
	}
}

func TestDepartments(t *testing.T) {
	s := newStaff(t)
	a := api(s.bossPeer)
	market := must(a.CreateDepartment("", "市场部"))(t)
	brand := must(a.CreateDepartment(market.ID, "品牌组"))(t)
	tech := must(a.CreateDepartment("", "技术部"))(t)
	save(t, s.bossPeer, ProfileInput{Name: "老板", DepartmentID: market.ID})
	s.sync()
	save(t, s.annPeer, ProfileInput{Name: "安安", DepartmentID: brand.ID})
	if m := save(t, s.bobPeer, ProfileInput{Name: "鲍勃", DepartmentName: "技术部"}); m.DepartmentID != tech.ID { // found by name
		t.Errorf("bob is in %+v", m)
	}
	if n := s.bobPeer.Count(`SELECT count(*) FROM org_profile WHERE department_name <> ''`); n != 0 {
		t.Error("the name of a department that exists is kept beside it")
	}
	s.sync()
	tree := func() string {
		var out []string
		for _, d := range must(a.Departments())(t) {
			out = append(out, strings.Join([]string{d.Name, string(rune('0' + d.Members)), string(rune('0' + d.Total))}, ":"))
		}
		return strings.Join(out, " ")
	}
	if got := tree(); got != "市场部:1:2 品牌组:1:1 技术部:1:1" {
		t.Errorf("tree %s", got)
	}
	if got := must(a.Member(s.ann.String()))(t).DepartmentPath; !slices.Equal(got, []string{"市场部", "品牌组"}) {
		t.Errorf("path %v", got)
	}
	for what, c := range map[string]struct {
		err  error
		code string
	}{
		"below itself":      {a.MoveDepartment(market.ID, brand.ID), "org.department_cycle"},
		"onto itself":       {a.MoveDepartment(market.ID, market.ID), "org.department_cycle"},
		"the root":          {a.MoveDepartment("", market.ID), "org.department_unknown"},
		"to nowhere":        {a.MoveDepartment(brand.ID, strings.Repeat("0", 32)), "org.department_unknown"},
		"nonsense":          {a.MoveDepartment("zz", ""), "org.department_unknown"},
		"rename the root":   {a.RenameDepartment("", "x"), "org.department_unknown"},
		"a sibling's name":  {a.RenameDepartment(tech.ID, "市场部"), "org.department_exists"},
		"no name":           {a.RenameDepartment(tech.ID, " "), "org.department_empty"},
		"long name":         {a.RenameDepartment(tech.ID, strings.Repeat("部", 31)), "org.department_too_long"},
		"remove the root":   {a.RemoveDepartment(""), "org.department_unknown"},
		"remove with below": {a.RemoveDepartment(market.ID), "org.department_not_empty"},
		"remove with staff": {a.RemoveDepartment(tech.ID), "org.department_not_empty"},
		"twice":             {func() error { _, err := a.CreateDepartment("", "技术部"); return err }(), "org.department_exists"},
	} {
		if fault.Code(c.err) != c.code {
			t.Errorf("%s: %v, want %s", what, c.err, c.code)
		}
	}
	for _, err := range []error{a.RenameDepartment(tech.ID, "研发部"), a.MoveDepartment(brand.ID, tech.ID)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := tree(); got != "市场部:1:1 研发部:1:2 品牌组:1:1" {
		t.Errorf("tree %s", got)
	}
	s.sync()
	save(t, s.annPeer, ProfileInput{Name: "安安", DepartmentID: tech.ID})
	s.sync()
	if err := a.RemoveDepartment(brand.ID); err != nil {
		t.Fatal(err)
	}
	if got := tree(); got != "市场部:1:1 研发部:2:2" {
		t.Errorf("tree %s", got)
	}
	if _, err := a.SaveProfile(ProfileInput{Name: "老板", DepartmentID: brand.ID}); fault.Code(err) != "org.department_unknown" {
		t.Errorf("into a removed department: %v", err)
	}
	// Who manages gets the department they name; the next one finds it.
	if m := save(t, s.bossPeer, ProfileInput{Name: "老板", DepartmentName: " 总经办 "}); m.DepartmentID == "" || !slices.Equal(m.DepartmentPath, []string{"总经办"}) {
		t.Errorf("boss %+v", m)
	}
	n := len(must(a.Departments())(t))
	save(t, s.bossPeer, ProfileInput{Name: "老板", DepartmentName: "总经办"})
	if got := len(must(a.Departments())(t)); got != n {
		t.Errorf("%d departments, want %d", got, n)
	}
}

func TestR28Search(t *testing.T) {
	s := newStaff(t)
	a := api(s.bossPeer)
	market := must(a.CreateDepartment("", "市场部"))(t)
	brand := must(a.CreateDepartment(market.ID, "品牌组"))(t)
	tech := must(a.CreateDepartment("", "技术部"))(t)
	for i, p := range []profile{
		{Name: "张三", StaffNo: "XH001", Phone: "138-0000-1234"},
		{Name: "章珊珊", StaffNo: "XH002"},
		{Name: "单雄信", StaffNo: "A1"},
		{Name: "吕小女", StaffNo: "A2"},
		{Name: "Anne-Marie Müller", StaffNo: "B1"},
		{Name: "欧阳娜娜", StaffNo: "B2"},
		{Name: "尉迟恭", StaffNo: "B3"},
		{Name: "小三子", StaffNo: "B4"},
	} {
		u := s.User(p.Name, access.Member)
		p.Kind = KindRegular
		p.Department = []byte(must(nodeID([]string{brand.ID, tech.ID}[i%2]))(t))
		s.bossPeer.Receive(s.Write(u, 1, s.Company(), hlc.FromWall(s.Now())+hlc.Time(i), typeProfile, u[:], p))
	}
	for _, c := range []struct {
		q    MemberQuery
		want string
	}{
		{MemberQuery{Text: "张三"}, "张三"},
		{MemberQuery{Text: "三"}, "小三子 张三"},
		{MemberQuery{Text: "珊珊"}, "章珊珊"},
		{MemberQuery{Text: "zhangsan"}, "张三"},
		{MemberQuery{Text: "zhangs"}, "张三 章珊珊"},
		{MemberQuery{Text: "zhang san"}, "张三"},
		{MemberQuery{Text: "ZS"}, "张三 章珊珊"},
		{MemberQuery{Text: "ｚｓ"}, "张三 章珊珊"},
		{MemberQuery{Text: "zss"}, "章珊珊"},
		{MemberQuery{Text: "zhss"}, "章珊珊"},
		{MemberQuery{Text: "san"}, "小三子 张三"},
		{MemberQuery{Text: "shan"}, "单雄信 章珊珊"},
		{MemberQuery{Text: "danxiong"}, "单雄信"},
		{MemberQuery{Text: "shanxiongxin"}, "单雄信"},
		{MemberQuery{Text: "lvxiao"}, "吕小女"},
		{MemberQuery{Text: "lyuxiao"}, "吕小女"},
		{MemberQuery{Text: "xiaonü"}, "吕小女"},
		{MemberQuery{Text: "ouyang"}, "欧阳娜娜"},
		{MemberQuery{Text: "oynn"}, "欧阳娜娜"},
		{MemberQuery{Text: "yuchi"}, "尉迟恭"},
		{MemberQuery{Text: "müller"}, "Anne-Marie Müller"},
		{MemberQuery{Text: "muller"}, "Anne-Marie Müller"},
		{MemberQuery{Text: "anne mar"}, "Anne-Marie Müller"},
		{MemberQuery{Text: "marie"}, "Anne-Marie Müller"},
		{MemberQuery{Text: "xh00"}, "张三 章珊珊"},
		{MemberQuery{Text: "XH002"}, "章珊珊"},
		{MemberQuery{Text: "x"}, "张三 章珊珊 吕小女 单雄信 小三子"}, // staff numbers that begin so before pinyin
		{MemberQuery{Text: "001"}, ""},
		{MemberQuery{Text: "1234"}, "张三"},
		{MemberQuery{Text: "234"}, ""},
		{MemberQuery{Text: "hangsan"}, ""},
		{MemberQuery{Text: "zhang", DepartmentID: market.ID}, "张三"},
		{MemberQuery{Text: "zhang", DepartmentID: tech.ID}, "章珊珊"},
		{MemberQuery{DepartmentID: brand.ID}, "Anne-Marie Müller 单雄信 尉迟恭 张三"},
		{MemberQuery{Text: "没有"}, ""},
	} {
		if got := names(t, s.bossPeer, c.q); got != c.want {
			t.Errorf("%+v: %q, want %q", c.q, got, c.want)
		}
	}
	all := must(a.Members(MemberQuery{}))(t)
	if all.Total != 11 || len(all.Members) != 11 {
		t.Errorf("%d of %d members", len(all.Members), all.Total)
	}
	if page := must(a.Members(MemberQuery{Limit: 4, Offset: 9}))(t); page.Total != 11 || len(page.Members) != 2 || page.Members[1].UserID != all.Members[10].UserID {
		t.Errorf("page %+v", page)
	}
	if page := must(a.Members(MemberQuery{Limit: 4, Offset: 99}))(t); page.Total != 11 || len(page.Members) != 0 || page.Members == nil {
		t.Errorf("page beyond the end %+v", page)
	}
	gone := all.Members[len(all.Members)-1]
	id, _ := op.ParseUserID(gone.UserID)
	s.SetRole(id, access.None)
	if got := names(t, s.bossPeer, MemberQuery{}); strings.Contains(got, gone.Name) {
		t.Errorf("%s has left and is listed", gone.Name)
	}
}

func TestSpelling(t *testing.T) {
	for name, want := range map[string]string{
		"张三": "zhang san", "曾小贤": "zeng/ceng xiao xian", "Anne-Marie Müller": "anne marie muller", "𠮷田": "tian", "长孙无忌": "zhang/chang sun wu/mo ji",
	} {
		s := spell(name)
		if s.String() != want || !slices.EqualFunc(parseReadings(s.String()), s.readings, slices.Equal) {
			t.Errorf("%s is read %q, want %q", name, s, want)
		}
	}
	if got := spell("单于").full; got != "shanyu" {
		t.Errorf("full %q", got)
	}
}

func TestAnyOrderGivesEqualTables(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := moduletest.NewWorld(t)
		users := []op.UserID{w.User("boss", access.Owner), w.User("admin", access.Admin), w.User("ann", access.Member), w.User("gone", access.None)}
		user, title := rapid.SampledFrom(users), rapid.SampledFrom([]string{"甲部", "乙部", "丙组", ""})
		node := func(label string) byte { return byte(rapid.IntRange(0, 4).Draw(t, label)) }
		for range rapid.IntRange(3, 30).Draw(t, "ops") {
			at := hlc.FromWall(w.Now()) + hlc.Time(rapid.IntRange(0, 9).Draw(t, "clock"))
			author, device := user.Draw(t, "author"), byte(rapid.IntRange(1, 2).Draw(t, "device"))
			switch rapid.IntRange(0, 9).Draw(t, "type") {
			case 0:
				subject := user.Draw(t, "subject")
				w.Write(author, device, w.Company(), at, typeProfile, subject[:], profile{Name: rapid.SampledFrom([]string{"张三", "李四", "x"}).Draw(t, "name"), Kind: KindRegular})
			case 1:
				w.Write(author, device, w.Company(), at, typeTeam, []byte(teamEntity), team{Name: title.Draw(t, "team")})
			case 2:
				w.Write(author, device, w.Company(), at, typeDepartment, nodeOf(node("node")), department{Name: title.Draw(t, "title")})
			case 3:
				subject := user.Draw(t, "subject")
				w.Write(author, device, w.Company(), at, typeDuty, dutyOf(rapid.SampledFrom([]byte("udx")).Draw(t, "kind"), subject[:]), duty{Text: title.Draw(t, "duty")})
			case 4:
				w.Write(author, device, w.Company(), at, typeSeen, author[:], seen{})
			case 5:
				subject := user.Draw(t, "subject")
				p := picture{Content: &module.Manifest{Chunks: []blob.Chunk{{ID: blob.ID{node("picture")}, Len: 1}}, Size: 1}}
				if rapid.Bool().Draw(t, "away") {
					p = picture{}
				}
				w.Write(author, device, w.Company(), at, typePicture, subject[:], p)
			default:
				writeAboutCases(t, w, author, device, at, user)
			}
		}
		moduletest.CheckOrder(t, w, users[0], build, w.Ops())
	})
}

// writeAboutCases writes one op about a request or a leaving that may exist.
func writeAboutCases(t *rapid.T, w *moduletest.World, author op.UserID, device byte, at hlc.Time, user *rapid.Generator[op.UserID]) {
	about := func(typ string) []byte {
		var ids [][]byte
		for _, o := range w.Ops() {
			if o.Type == typ {
				ids = append(ids, o.Entity)
			}
		}
		if len(ids) == 0 {
			return op.Ref{Seq: 1}.Bytes()
		}
		return rapid.SampledFrom(ids).Draw(t, "about")
	}
	subject := user.Draw(t, "subject")
	p := profile{Name: "张三", Kind: KindRegular}
	switch rapid.IntRange(0, 4).Draw(t, "case") {
	case 0:
		w.Write(author, device, w.Company(), at, typeRequest, nil, request{Kind: requestProfile, Subject: subject[:], From: p, To: p})
	case 1:
		w.Write(author, device, w.Company(), at, typeReview, about(typeRequest), review{Step: uint8(rapid.IntRange(1, 2).Draw(t, "step")), Subject: subject[:], Approve: true})
	case 2:
		w.Write(author, device, w.Company(), at, typeWithdraw, about(typeRequest), withdraw{})
	case 3:
		w.Write(author, device, w.Company(), at, typeCase, nil, record{Act: caseLeaving, Subject: subject, Mode: module.ModeRemoved})
	default:
		w.Write(author, device, w.Company(), at, typeStep, about(typeCase), step{Key: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "key"), Subject: subject})
	}
}

func TestDirectoryForOtherRooms(t *testing.T) {
	s := newStaff(t)
	_, d := New(s.annPeer.Deps(), s.elsewhere)
	if err := d.CheckProfile(ProfileInput{Name: "x1"}); fault.Code(err) != "org.name_characters" {
		t.Errorf("checked: %v", err)
	}
	if err := d.CheckProfile(ProfileInput{Name: "张三", DepartmentID: "zz"}); fault.Code(err) != "org.department_unknown" {
		t.Errorf("checked: %v", err)
	}
	if name, err := d.CheckTeamName(" 同舟 "); name != "同舟" || err != nil {
		t.Errorf("team %q, %v", name, err)
	}
	save(t, s.annPeer, ProfileInput{Name: "李娜"})
	names := directory(s.annPeer).Names()
	if got := names(s.ann); got != "李娜" {
		t.Errorf("name %q", got)
	}
	// The cache hears of a change before the interface does.
	s.annPeer.Receive(s.Write(s.boss, 1, s.Company(), 1<<60, typeProfile, s.ann[:], profile{Name: "李丽娜", Kind: KindRegular}))
	if got := directory(s.annPeer).Names()(s.ann); got != "李丽娜" || names(s.ann) != "李娜" {
		t.Errorf("name %q; a lookup changed to %q", got, names(s.ann))
	}
	if a := directory(s.annPeer).Avatar(s.ann); a < 1 || a > 8 || a != must(api(s.annPeer).Me())(t).Avatar {
		t.Errorf("avatar %d", a)
	}
}

// restless tells the shelf of a change while it reads.
type restless struct {
	module.DB
	during func()
}

func (r restless) Read() *sql.DB {
	r.during()
	return r.DB.Read()
}

func TestAChangeDuringReadingIsReadAgain(t *testing.T) {
	s := newStaff(t)
	shelf := &shelf{log: s.annPeer, team: s.annPeer, reviewed: func() bool { return false }, avatars: func() string { return rules.Off }}
	changes := 0
	shelf.db = restless{s.annPeer, func() {
		if changes++; changes == 1 {
			shelf.stale()
		}
	}}
	first := must(shelf.book(t.Context()))(t)
	second := must(shelf.book(t.Context()))(t)
	if first == second {
		t.Error("what was read during the change is held")
	}
	if third := must(shelf.book(t.Context()))(t); third != second {
		t.Error("read again although nothing changed")
	}
}

func TestGolden(t *testing.T) {
	ann := op.UserID(bytes.Repeat([]byte{1}, 16))
	p := profile{
		Name: "李娜", StaffNo: "XH002", Department: nodeOf(7), Position: "产品经理", Phone: "13800001234", Email: "li@example.com", Kind: KindProbation, DepartmentName: "产品部",
	}
	moduletest.Golden(t, newStaff(t).annPeer.Modules[0], map[string]any{
		typeProfile:    p,
		typeDepartment: department{Name: "市场部"},
		typeTeam:       team{Name: "同舟科技"},
		typeDuty:       duty{Text: "发票和报销"},
		typeSeen:       seen{},
		typePicture: picture{Content: &module.Manifest{
			Epoch: op.EpochRef{1, 2, 3}, Chunks: []blob.Chunk{{ID: blob.ID{4, 5}, Len: 70}}, Size: 70, Hash: [32]byte{6},
		}},
		typeRequest:  request{Kind: requestProfile, Subject: ann[:], From: profile{Name: "李娜", Kind: KindRegular}, To: p, Note: "转岗"},
		typeReview:   review{Step: stepManagement, Approve: true, Comment: "同意", Subject: ann[:], Invite: bytes.Repeat([]byte{2}, 32)},
		typeWithdraw: withdraw{},
		typeCase:     record{Act: caseLeaving, Subject: ann, Mode: module.ModeCompromised, Left: true, Note: "离职"},
		typeStep:     step{Key: "chat:x", Done: true, Detail: "新品推广群", Subject: ann},
	})
}

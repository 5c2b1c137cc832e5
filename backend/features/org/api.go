package org

import (
	"context"
	"encoding/hex"
	"slices"

	"tongzhou/backend/access"
	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/sync/crdt"
	"tongzhou/sync/op"
)

// API is what the interface calls. Every error is a fault; see the service's functions for their codes.
type API struct{ s *service }

// MemberDTO is one person of the directory.
type MemberDTO struct {
	UserID         string   `json:"userId"`
	Name           string   `json:"name"`
	Pinyin         string   `json:"pinyin"`
	StaffNo        string   `json:"staffNo"`
	DepartmentID   string   `json:"departmentId"`
	DepartmentPath []string `json:"departmentPath"` // from the top to the person's own; without an id, what the person wrote
	Position       string   `json:"position"`
	Phone          string   `json:"phone"`
	Email          string   `json:"email"`
	Kind           string   `json:"kind"` // regular, probation, external
	Role           string   `json:"role"`
	Online         bool     `json:"online"` // connected to this device now
	JoinedAt       string   `json:"joinedAt"`
	Self           bool     `json:"self"`
	Avatar         int      `json:"avatar"` // colour, 1 to 8
	// Picture names the photograph, "" for none: another one has another name. PictureHere says that it is on this device.
	Picture          string `json:"picture"`
	PictureHere      bool   `json:"pictureHere"`
	CanRemovePicture bool   `json:"canRemovePicture"`
	Avatars          string `json:"avatars"` // the team's rule about pictures: photo, uniform, off
	Duty             string `json:"duty"`    // what to ask them about
	// Standing is active, frozen, removed or left; Since is when it came to that, "" for active.
	Standing  string    `json:"standing"`
	Since     string    `json:"since"`
	Roles     []RoleDTO `json:"roles"`     // strongest first
	Placed    bool      `json:"placed"`    // the department was assigned, and not only stated by the person
	Namesake  bool      `json:"namesake"`  // another member has the same name
	CanManage bool      `json:"canManage"` // this user may change their role
	CanPlace  bool      `json:"canPlace"`  // or department
	CanFreeze bool      `json:"canFreeze"` // freeze or unfreeze them
	CanState  bool      `json:"canState"`  // or say what to ask them about
}

// RoleDTO is one role of somebody.
type RoleDTO struct {
	Role         string `json:"role"`
	DepartmentID string `json:"departmentId"` // of head and dept_admin
}

// PersonRef names somebody.
type PersonRef struct {
	UserID string `json:"userId"`
	Name   string `json:"name"`
}

// MemberQuery asks for a page of members.
type MemberQuery struct {
	Text         string `json:"text"`
	DepartmentID string `json:"departmentId"`
	Standing     string `json:"standing"` // "" for active and frozen; active, frozen, removed, left, all
	Kind         string `json:"kind"`     // "" for every kind
	Role         string `json:"role"`     // "" for every role
	Limit        int    `json:"limit"`    // 0: all
	Offset       int    `json:"offset"`
}

// MemberPageDTO is a page of members.
type MemberPageDTO struct {
	Members []MemberDTO `json:"members"`
	Total   int         `json:"total"`
}

// DepartmentDTO is one department; the list is depth first.
type DepartmentDTO struct {
	ID       string      `json:"id"`
	ParentID string      `json:"parentId"`
	Name     string      `json:"name"`
	Members  int         `json:"members"` // people directly in it, who is frozen among them
	Total    int         `json:"total"`   // and below
	Heads    []PersonRef `json:"heads"`
	Admins   []PersonRef `json:"admins"`
	Duty     string      `json:"duty"`
	CanState bool        `json:"canState"` // this user may say what to ask it about
}

// ProfileInput is what a person says of themselves.
type ProfileInput struct {
	Name           string `json:"name"`
	StaffNo        string `json:"staffNo"`
	DepartmentID   string `json:"departmentId"`
	DepartmentName string `json:"departmentName"`
	Position       string `json:"position"`
	Phone          string `json:"phone"`
	Email          string `json:"email"`
	Kind           string `json:"kind"`
}

// Profile converts the input, whose department id may be malformed.
func (in ProfileInput) Profile() (Profile, error) {
	dept, err := nodeID(in.DepartmentID)
	return Profile{
		Name: in.Name, StaffNo: in.StaffNo, Department: dept, Position: in.Position, Phone: in.Phone, Email: in.Email, Kind: in.Kind,
		DepartmentName: in.DepartmentName,
	}, err
}

func nodeID(text string) ([]byte, error) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != 0 && len(b) != nodeSize {
		return nil, fault.New("org.department_unknown")
	}
	return b, nil
}

// Me is this user.
func (a *API) Me() (MemberDTO, error) { return a.member(a.s.log.Self().User) }

// Member is one person. Fault: org.user_unknown.
func (a *API) Member(userID string) (MemberDTO, error) {
	u, err := op.ParseUserID(userID)
	if err != nil {
		return MemberDTO{}, fault.Wrap("org.user_unknown", err)
	}
	return a.member(u)
}

func (a *API) member(u op.UserID) (MemberDTO, error) {
	b, err := a.s.shelf.book(context.Background())
	if err != nil {
		return MemberDTO{}, err
	}
	if _, known := b.profiles[u]; !known && a.s.team.Standing(u) == module.StandingUnknown {
		return MemberDTO{}, fault.New("org.user_unknown")
	}
	return a.dto(b, u), nil
}

// Members lists people by name, pinyin, initials, staff number or duty, in a department and below it (R28, R29). Faults:
// org.department_unknown, org.standing.
func (a *API) Members(q MemberQuery) (MemberPageDTO, error) {
	b, err := a.s.shelf.book(context.Background())
	if err != nil {
		return MemberPageDTO{}, err
	}
	dept, err := nodeID(q.DepartmentID)
	if err != nil {
		return MemberPageDTO{}, err
	}
	among, err := a.s.people(q.Standing)
	if err != nil {
		return MemberPageDTO{}, err
	}
	among = slices.DeleteFunc(among, func(u op.UserID) bool {
		return len(dept) > 0 && !within(b.tree, b.dept[u], crdt.NodeID(dept)) || q.Kind != "" && kindOf(b, u) != q.Kind ||
			q.Role != "" && a.s.log.View().Role(u).String() != q.Role
	})
	found := b.search(q.Text, among)
	page := MemberPageDTO{Members: []MemberDTO{}, Total: len(found)}
	from := min(max(q.Offset, 0), len(found))
	to := len(found)
	if q.Limit > 0 {
		to = min(from+q.Limit, to)
	}
	for _, u := range found[from:to] {
		page.Members = append(page.Members, a.dto(b, u))
	}
	return page, nil
}

// CanManage says whether this user may change departments and the team's name, for the interface to offer it.
func (a *API) CanManage() bool { return a.s.manage() == nil }

// RenameTeam changes the team's name.
func (a *API) RenameTeam(name string) error { return a.s.renameTeam(context.Background(), name) }

// SaveProfile writes this user's own profile. Fault "org.profile_review" says that the change must be asked for.
func (a *API) SaveProfile(in ProfileInput) (MemberDTO, error) {
	p, err := in.Profile()
	if err != nil {
		return MemberDTO{}, err
	}
	if err := a.s.saveComplete(context.Background(), p); err != nil {
		return MemberDTO{}, err
	}
	return a.Me()
}

func kindOf(b *book, u op.UserID) string {
	if k := b.profiles[u].Kind; k != "" {
		return k
	}
	return KindRegular
}

func (a *API) dto(b *book, u op.UserID) MemberDTO {
	e, view, self := b.profiles[u], a.s.log.View(), a.s.self()
	m := MemberDTO{
		UserID: u.String(), Name: nameOf(b, u), Pinyin: e.pinyin.full, StaffNo: e.StaffNo, DepartmentPath: []string{}, Position: e.Position,
		Phone: e.Phone, Email: e.Email, Kind: kindOf(b, u), Role: view.Role(u).String(), Online: a.s.log.Online(u),
		JoinedAt: module.Timestamp(a.s.log.Joined(u)), Self: u == self, Avatar: b.colour(u), Avatars: b.avatars, Duty: b.duties[string(dutyOf('u', u[:]))],
		Standing: a.s.team.Standing(u).String(), Roles: []RoleDTO{}, Placed: b.dept[u] != "" && len(a.s.team.DeptOf(u)) > 0,
		Namesake: view.Role(u) != access.None && e.Name != "" && b.named[e.Name] > 1, CanState: CanState(view, self, a.s.team.DeptOf(u)),
	}
	m.Picture, m.PictureHere = a.pictureOf(b, u)
	m.CanRemovePicture = a.canRemovePicture(b, u)
	if u != self {
		m.CanManage = a.s.team.MayRemove(u)
		m.CanFreeze = m.CanManage
	}
	if r, gone := a.s.team.Removal(u); gone {
		m.Since = module.Timestamp(r.At.Wall())
		m.CanFreeze = a.s.team.Standing(u) == module.StandingFrozen && a.s.team.MayGrant(r.FormerRole, r.FormerDept)
	}
	m.CanPlace = view.Role(u) != access.None && CanManage(view.Role(self))
	for _, h := range a.s.team.Grants(u) {
		r := RoleDTO{Role: h.Role.String()}
		if h.Role == access.Head || h.Role == access.DeptAdmin {
			r.DepartmentID = hex.EncodeToString(h.Dept)
		}
		m.Roles = append(m.Roles, r)
	}
	dept := b.dept[u]
	for _, n := range b.tree.Path(dept) {
		m.DepartmentPath = append(m.DepartmentPath, b.tree.Name(n))
	}
	switch {
	case len(m.DepartmentPath) > 0:
		m.DepartmentID = hex.EncodeToString([]byte(dept))
	case e.DepartmentName != "":
		m.DepartmentPath = append(m.DepartmentPath, e.DepartmentName)
	}
	return m
}

package org

import (
	"context"
	"encoding/hex"

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
}

// MemberQuery asks for a page of members.
type MemberQuery struct {
	Text         string `json:"text"`
	DepartmentID string `json:"departmentId"`
	Limit        int    `json:"limit"` // 0: all
	Offset       int    `json:"offset"`
}

// MemberPageDTO is a page of members.
type MemberPageDTO struct {
	Members []MemberDTO `json:"members"`
	Total   int         `json:"total"`
}

// DepartmentDTO is one department; the list is depth first.
type DepartmentDTO struct {
	ID       string `json:"id"`
	ParentID string `json:"parentId"`
	Name     string `json:"name"`
	Members  int    `json:"members"` // people directly in it
	Total    int    `json:"total"`   // and below
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
	if _, known := b.profiles[u]; !known && a.s.log.View().Role(u) == access.None {
		return MemberDTO{}, fault.New("org.user_unknown")
	}
	return a.dto(b, u), nil
}

// Members lists members by name, pinyin, initials or staff number, in a department and below it (R28).
func (a *API) Members(q MemberQuery) (MemberPageDTO, error) {
	b, err := a.s.shelf.book(context.Background())
	if err != nil {
		return MemberPageDTO{}, err
	}
	dept, err := nodeID(q.DepartmentID)
	if err != nil {
		return MemberPageDTO{}, err
	}
	found := a.s.search(b, q.Text, crdt.NodeID(dept))
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

// Departments lists the tree depth first.
func (a *API) Departments() ([]DepartmentDTO, error) {
	b, err := a.s.shelf.book(context.Background())
	if err != nil {
		return nil, err
	}
	direct, total := map[crdt.NodeID]int{}, map[crdt.NodeID]int{}
	for _, u := range a.s.log.Members() {
		dept := crdt.NodeID(b.profiles[u].Department)
		direct[dept]++
		for _, n := range b.tree.Path(dept) {
			total[n]++
		}
	}
	out := []DepartmentDTO{}
	b.tree.Walk(func(n crdt.NodeID, _ int) {
		parent, _ := b.tree.Parent(n)
		out = append(out, DepartmentDTO{ID: hex.EncodeToString([]byte(n)), ParentID: hex.EncodeToString([]byte(parent)), Name: b.tree.Name(n), Members: direct[n], Total: total[n]})
	})
	return out, nil
}

// CreateDepartment makes a department below another, or at the top.
func (a *API) CreateDepartment(parentID, name string) (DepartmentDTO, error) {
	parent, err := nodeID(parentID)
	if err != nil {
		return DepartmentDTO{}, err
	}
	node, err := a.s.createDepartment(context.Background(), parent, name)
	if err != nil {
		return DepartmentDTO{}, err
	}
	all, err := a.Departments()
	if err != nil {
		return DepartmentDTO{}, err
	}
	for _, d := range all {
		if d.ID == hex.EncodeToString(node) {
			return d, nil
		}
	}
	return DepartmentDTO{}, fault.New("org.department_unknown")
}

// RenameDepartment changes a department's name.
func (a *API) RenameDepartment(id, name string) error {
	node, err := nodeID(id)
	if err != nil {
		return err
	}
	return a.s.renameDepartment(context.Background(), node, name)
}

// MoveDepartment puts a department below another, or at the top.
func (a *API) MoveDepartment(id, parentID string) error {
	node, err := nodeID(id)
	if err != nil {
		return err
	}
	parent, err := nodeID(parentID)
	if err != nil {
		return err
	}
	return a.s.moveDepartment(context.Background(), node, parent)
}

// RemoveDepartment removes a department that has neither members nor departments below it.
func (a *API) RemoveDepartment(id string) error {
	node, err := nodeID(id)
	if err != nil {
		return err
	}
	return a.s.removeDepartment(context.Background(), node)
}

// CanManage says whether this user may change departments and the team's name, for the interface to offer it.
func (a *API) CanManage() bool { return a.s.manage() == nil }

// RenameTeam changes the team's name.
func (a *API) RenameTeam(name string) error { return a.s.renameTeam(context.Background(), name) }

// SaveProfile writes this user's own profile.
func (a *API) SaveProfile(in ProfileInput) (MemberDTO, error) {
	p, err := in.Profile()
	if err != nil {
		return MemberDTO{}, err
	}
	if err := a.s.saveOwn(context.Background(), p); err != nil {
		return MemberDTO{}, err
	}
	return a.Me()
}

// GrantRole gives a person a role in the team.
func (a *API) GrantRole(userID, role string) (MemberDTO, error) {
	u, err := op.ParseUserID(userID)
	if err != nil {
		return MemberDTO{}, fault.Wrap("org.user_unknown", err)
	}
	if err := a.s.grantRole(context.Background(), u, role); err != nil {
		return MemberDTO{}, err
	}
	return a.member(u)
}

func (a *API) dto(b *book, u op.UserID) MemberDTO {
	e := b.profiles[u]
	m := MemberDTO{
		UserID: u.String(), Name: nameOf(b, u), Pinyin: e.pinyin.full, StaffNo: e.StaffNo, DepartmentPath: []string{}, Position: e.Position,
		Phone: e.Phone, Email: e.Email, Kind: e.Kind, Role: a.s.log.View().Role(u).String(), Online: a.s.log.Online(u),
		JoinedAt: module.Timestamp(a.s.log.Joined(u)), Self: u == a.s.log.Self().User, Avatar: avatarOf(u),
	}
	if m.Kind == "" {
		m.Kind = KindRegular
	}
	for _, n := range b.tree.Path(crdt.NodeID(e.Department)) {
		m.DepartmentPath = append(m.DepartmentPath, b.tree.Name(n))
	}
	switch {
	case len(m.DepartmentPath) > 0:
		m.DepartmentID = hex.EncodeToString(e.Department)
	case e.DepartmentName != "":
		m.DepartmentPath = append(m.DepartmentPath, e.DepartmentName)
	}
	return m
}

package org

import (
	"context"
	"encoding/hex"
	"strings"

	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/sync/crdt"
	"tongzhou/sync/op"
)

// RequestQuery asks for requests.
type RequestQuery struct {
	Box   string `json:"box"`   // mine, to_review, all (as far as this user may see them)
	State string `json:"state"` // "" for every state
}

// FieldDTO is one field that a request changes. Name is that of a profile's field; a department is shown by its name.
type FieldDTO struct {
	Name string `json:"name"`
	From string `json:"from"`
	To   string `json:"to"`
}

// ReviewStepDTO is one step of a review.
type ReviewStepDTO struct {
	Role    string `json:"role"`  // dept_admin, admin
	State   string `json:"state"` // open, approved, refused, skipped
	ByName  string `json:"byName"`
	At      string `json:"at"`
	Comment string `json:"comment"`
}

// RequestDTO is a request and what became of it.
type RequestDTO struct {
	ID          string          `json:"id"`
	Kind        string          `json:"kind"`  // account, profile, department
	State       string          `json:"state"` // open, approved, refused, withdrawn
	ByID        string          `json:"byId"`
	ByName      string          `json:"byName"`
	At          string          `json:"at"`
	SubjectID   string          `json:"subjectId"` // "" for an account
	Subject     string          `json:"subject"`
	Note        string          `json:"note"`
	Fields      []FieldDTO      `json:"fields"`
	Steps       []ReviewStepDTO `json:"steps"`
	CanReview   bool            `json:"canReview"`
	CanWithdraw bool            `json:"canWithdraw"`
}

// AccountRequestInput asks for an account for somebody.
type AccountRequestInput struct {
	Name         string `json:"name"`
	StaffNo      string `json:"staffNo"`
	DepartmentID string `json:"departmentId"`
	Position     string `json:"position"`
	Kind         string `json:"kind"`
	Note         string `json:"note"`
}

// ReviewInput decides about a request.
type ReviewInput struct {
	ID      string `json:"id"`
	Approve bool   `json:"approve"`
	Comment string `json:"comment"` // required for a refusal
}

// ReviewedDTO is a request after a review. Invitation is the link of an approved account, "" otherwise.
type ReviewedDTO struct {
	Request    RequestDTO `json:"request"`
	Invitation string     `json:"invitation"`
}

// Requests lists requests, newest first. Fault: org.box.
func (a *API) Requests(q RequestQuery) ([]RequestDTO, error) {
	all, err := a.s.requests(context.Background())
	if err != nil {
		return nil, err
	}
	b, err := a.s.shelf.book(context.Background())
	if err != nil {
		return nil, err
	}
	out, self := []RequestDTO{}, a.s.self()
	for _, f := range all {
		p := f.settle(a.s.separate())
		var in bool
		switch q.Box {
		case "mine":
			in = f.by == self
		case "to_review":
			in = a.s.mayReview(f, p)
		case "all", "":
			in = a.s.maySee(f, p)
		default:
			return nil, fault.New("org.box")
		}
		if in && (q.State == "" || q.State == p.state) {
			out = append(out, a.request(b, f, p))
		}
	}
	return out, nil
}

// RequestAccount asks for an account for somebody who is not in the team (R8).
func (a *API) RequestAccount(in AccountRequestInput) (RequestDTO, error) {
	dept, err := nodeID(in.DepartmentID)
	if err != nil {
		return RequestDTO{}, err
	}
	p := Profile{Name: in.Name, StaffNo: in.StaffNo, Department: dept, Position: in.Position, Kind: in.Kind}
	return a.filed(a.s.requestAccount(context.Background(), p, in.Note))
}

// RequestProfile asks for a change of one's own profile (R19).
func (a *API) RequestProfile(in ProfileInput) (RequestDTO, error) {
	p, err := in.Profile()
	if err != nil {
		return RequestDTO{}, err
	}
	return a.filed(a.s.requestProfile(context.Background(), p, ""))
}

// ReviewRequest takes the next step of a request.
func (a *API) ReviewRequest(in ReviewInput) (ReviewedDTO, error) {
	id, err := requestID(in.ID)
	if err != nil {
		return ReviewedDTO{}, err
	}
	link, err := a.s.review(context.Background(), id, in.Approve, in.Comment)
	if err != nil {
		return ReviewedDTO{}, err
	}
	r, err := a.filed(id, nil)
	return ReviewedDTO{Request: r, Invitation: link}, err
}

// WithdrawRequest takes back an own request.
func (a *API) WithdrawRequest(id string) (RequestDTO, error) {
	parsed, err := requestID(id)
	if err != nil {
		return RequestDTO{}, err
	}
	return a.filed(parsed, a.s.withdraw(context.Background(), parsed))
}

func requestID(text string) ([]byte, error) {
	id, err := hex.DecodeString(text)
	if err == nil {
		_, err = op.RefFromBytes(id)
	}
	return id, fault.Wrap("org.request_unknown", err)
}

// filed is the request with an id, after what was to be done with it.
func (a *API) filed(id []byte, err error) (RequestDTO, error) {
	if err != nil {
		return RequestDTO{}, err
	}
	f, err := a.s.request(context.Background(), id)
	if fault.Code(err) == "org.request_unknown" { // reviewed, and no longer this user's to see
		return RequestDTO{ID: hex.EncodeToString(id), Fields: []FieldDTO{}, Steps: []ReviewStepDTO{}}, nil
	}
	if err != nil {
		return RequestDTO{}, err
	}
	b, err := a.s.shelf.book(context.Background())
	if err != nil {
		return RequestDTO{}, err
	}
	return a.request(b, f, f.settle(a.s.separate())), nil
}

func (a *API) request(b *book, f *filed, p progress) RequestDTO {
	r := RequestDTO{
		ID: hex.EncodeToString(f.id), State: p.state, ByID: f.by.String(), ByName: nameOf(b, f.by), At: module.Timestamp(f.at),
		Subject: f.request.To.Name, Note: f.request.Note, Fields: []FieldDTO{}, CanReview: a.s.mayReview(f, p),
		CanWithdraw: p.state == stateOpen && f.by == a.s.self(),
	}
	from := Profile(f.request.From)
	if len(f.request.Subject) > 0 {
		subject := op.UserID(f.request.Subject)
		r.SubjectID, r.Subject = subject.String(), nameOf(b, subject)
	}
	for _, d := range changes(from, Profile(f.request.To)) {
		if d.name == "department" {
			d.from, d.to = b.departmentName(f.request.From), b.departmentName(f.request.To)
		}
		r.Fields = append(r.Fields, FieldDTO{Name: d.name, From: d.from, To: d.to})
	}
	switch {
	case f.request.Kind == requestAccount:
		r.Kind = "account"
	case len(r.Fields) == 1 && r.Fields[0].Name == "department":
		r.Kind = "department"
	default:
		r.Kind = "profile"
	}
	r.Steps = a.steps(b, f, p)
	return r
}

func (b *book) departmentName(p profile) string {
	var names []string
	for _, n := range b.tree.Path(crdt.NodeID(p.Department)) {
		names = append(names, b.tree.Name(n))
	}
	if len(names) == 0 {
		return p.DepartmentName
	}
	return strings.Join(names, " / ")
}

func (a *API) steps(b *book, f *filed, p progress) []ReviewStepDTO {
	show := func(role string, o *opinion, without string) ReviewStepDTO {
		if o == nil {
			return ReviewStepDTO{Role: role, State: without}
		}
		s := ReviewStepDTO{Role: role, State: stateRefused, ByName: nameOf(b, o.by), At: module.Timestamp(o.at), Comment: o.Comment}
		if o.Approve {
			s.State = stateApproved
		}
		return s
	}
	management := stateOpen
	if p.state != stateOpen {
		management = stateSkipped
	}
	out := []ReviewStepDTO{}
	if f.request.Kind == requestProfile {
		department := stateSkipped
		if a.s.due(f, p) == stepDepartment {
			department = stateOpen
		}
		out = append(out, show("dept_admin", p.department, department))
	}
	return append(out, show("admin", p.management, management))
}

// PermissionDTO is one thing that this user may do more than others.
type PermissionDTO struct {
	Kind    string `json:"kind"` // team, department, group
	ScopeID string `json:"scopeId"`
	Name    string `json:"name"`
	Role    string `json:"role"`
	Since   string `json:"since"`
}

// PermissionsDTO is what this user holds, for them to look through (R22).
type PermissionsDTO struct {
	Role           string          `json:"role"`
	DepartmentName string          `json:"departmentName"`
	Items          []PermissionDTO `json:"items"`
	ReviewedAt     string          `json:"reviewedAt"` // "" for never
	DueAt          string          `json:"dueAt"`      // "" where the house rule asks for no review
}

// MyPermissions lists what this user holds.
func (a *API) MyPermissions() (PermissionsDTO, error) {
	me, err := a.Me()
	if err != nil {
		return PermissionsDTO{}, err
	}
	list, err := a.s.permissions(context.Background())
	if err != nil {
		return PermissionsDTO{}, err
	}
	at, due, err := a.s.reviewed(context.Background())
	if err != nil {
		return PermissionsDTO{}, err
	}
	p := PermissionsDTO{
		Role: me.Role, DepartmentName: strings.Join(me.DepartmentPath, " / "), Items: []PermissionDTO{}, ReviewedAt: module.Timestamp(at), DueAt: module.Timestamp(due),
	}
	for _, x := range list {
		p.Items = append(p.Items, PermissionDTO{Kind: x.kind, ScopeID: x.scope, Name: x.name, Role: x.role.String(), Since: module.Timestamp(x.since)})
	}
	return p, nil
}

// ConfirmPermissions says that this user has looked through their permissions.
func (a *API) ConfirmPermissions() (PermissionsDTO, error) {
	if err := a.s.confirmPermissions(context.Background()); err != nil {
		return PermissionsDTO{}, err
	}
	return a.MyPermissions()
}

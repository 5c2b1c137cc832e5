package org

import (
	"bytes"
	"context"
	"slices"
	"time"

	"tongzhou/backend/access"
	"tongzhou/backend/module"
	"tongzhou/sync/crdt"
	"tongzhou/sync/op"
)

// States of a request and of its steps.
const (
	stateOpen      = "open"
	stateApproved  = "approved"
	stateRefused   = "refused"
	stateWithdrawn = "withdrawn"
	stateSkipped   = "skipped" // nobody heads or administers the department
)

// opinion is what one reviewer said.
type opinion struct {
	review
	by     op.UserID
	device op.DeviceID
	at     time.Time
}

// filed is a request with everything that was said about it, in the order that counts.
type filed struct {
	id        []byte
	by        op.UserID
	device    op.DeviceID
	at        time.Time
	request   request
	opinions  []opinion
	withdrawn time.Time
}

// difference is one field that a request changes.
type difference struct{ name, from, to string }

// changes lists what differs between two profiles, in a fixed order. A department is its id, or the name that was written.
func changes(a, b Profile) []difference {
	var out []difference
	for _, f := range []difference{
		{"name", a.Name, b.Name},
		{"staffNo", a.StaffNo, b.StaffNo},
		{"department", string(a.Department) + a.DepartmentName, string(b.Department) + b.DepartmentName},
		{"position", a.Position, b.Position},
		{"kind", a.Kind, b.Kind},
		{"phone", a.Phone, b.Phone},
		{"email", a.Email, b.Email},
	} {
		if f.from != f.to {
			out = append(out, f)
		}
	}
	return out
}

// applied is a profile with what the request changes.
func (r request) applied(now Profile) Profile {
	for _, d := range changes(Profile(r.From), Profile(r.To)) {
		switch d.name {
		case "name":
			now.Name = r.To.Name
		case "staffNo":
			now.StaffNo = r.To.StaffNo
		case "department":
			now.Department, now.DepartmentName = r.To.Department, r.To.DepartmentName
		case "position":
			now.Position = r.To.Position
		case "kind":
			now.Kind = r.To.Kind
		case "phone":
			now.Phone = r.To.Phone
		case "email":
			now.Email = r.To.Email
		}
	}
	return now
}

// progress is how far a request has come.
type progress struct {
	state      string
	department *opinion // of the first step; nil if there is none
	management *opinion
	invite     []byte
}

// settle decides what became of a request: the first word of the managing department counts; before it the department may
// refuse. Words about another person than the request's do not count, nor, where the house rule says so, an author's own about
// the account that they asked for (R8).
func (f *filed) settle(separate bool) progress {
	p := progress{state: stateOpen}
	for i := range f.opinions {
		o := &f.opinions[i]
		if !bytes.Equal(o.Subject, f.request.Subject) || o.by == f.by && (separate || f.request.Kind == requestProfile) {
			continue
		}
		switch {
		case p.management != nil || p.department != nil && !p.department.Approve:
		case o.Step == stepManagement:
			p.management = o
		case p.department == nil:
			p.department = o
		}
	}
	switch {
	case p.management != nil && p.management.Approve:
		p.state, p.invite = stateApproved, p.management.Invite
	case p.management != nil || p.department != nil && !p.department.Approve:
		p.state = stateRefused
	case !f.withdrawn.IsZero():
		p.state = stateWithdrawn
	}
	return p
}

// due says which step comes next: 0 when the request is closed. Step 1 is there only where somebody else than the author heads
// or administers the department.
func (s *service) due(f *filed, p progress) uint8 {
	switch {
	case p.state != stateOpen:
		return 0
	case f.request.Kind == requestProfile && p.department == nil && s.overseen(op.UserID(f.request.Subject)):
		return stepDepartment
	}
	return stepManagement
}

// overseen tells whether somebody else heads or administers the user's department or one above it.
func (s *service) overseen(user op.UserID) bool {
	b, err := s.shelf.book(context.Background())
	if err != nil {
		return false
	}
	return slices.ContainsFunc(b.tree.Path(crdt.NodeID(s.team.DeptOf(user))), func(n crdt.NodeID) bool {
		return slices.ContainsFunc(b.officers[n], func(o officer) bool { return o.user != user })
	})
}

// mayReview tells whether this user may take the step that comes next.
func (s *service) mayReview(f *filed, p progress) bool {
	view, self := s.log.View(), s.self()
	if bytes.Equal(f.request.Subject, self[:]) || f.by == self && s.separate() {
		return false
	}
	switch s.due(f, p) {
	case stepDepartment:
		return view.Oversees(self, s.team.DeptOf(op.UserID(f.request.Subject)))
	case stepManagement:
		return CanManage(view.Role(self))
	}
	return false
}

// maySee tells whether the request is shown to this user: their own, those they are asked about, and to the managing
// department all.
func (s *service) maySee(f *filed, p progress) bool {
	self := s.self()
	return f.by == self || bytes.Equal(f.request.Subject, self[:]) || CanManage(s.log.View().Role(self)) || s.mayReview(f, p)
}

// roleFor is the role that an account of a kind begins with: partners from outside only look (R7, R76).
func roleFor(kind string) access.Role {
	if kind == KindExternal {
		return access.Guest
	}
	return access.Member
}

// trail is what people did with requests, as the audit shows it.
func (f *filed) trail(id string, subject string) []module.Trace {
	users := map[string]op.UserID{}
	if len(f.request.Subject) > 0 {
		users["subject"] = op.UserID(f.request.Subject)
	}
	out := []module.Trace{{
		ID: "request " + id, At: f.at, User: f.by, Device: f.device, Kind: "request", Action: "request", Params: map[string]string{"name": subject}, Users: users,
	}}
	for i := range f.opinions {
		o := &f.opinions[i]
		action := "review_refuse"
		if o.Approve {
			action = "review_approve"
		}
		out = append(out, module.Trace{
			ID: "review " + id + " " + o.at.String() + " " + o.device.String(), At: o.at, User: o.by, Device: o.device, Kind: "request", Action: action,
			Params: map[string]string{"name": subject, "comment": o.Comment}, Users: users,
		})
	}
	if !f.withdrawn.IsZero() {
		out = append(out, module.Trace{ID: "withdraw " + id, At: f.withdrawn, User: f.by, Device: f.device, Kind: "request", Action: "withdraw", Params: map[string]string{"name": subject}, Users: users})
	}
	return out
}

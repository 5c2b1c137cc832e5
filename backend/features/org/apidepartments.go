package org

import (
	"context"
	"encoding/hex"

	"tongzhou/backend/access"
	"tongzhou/backend/fault"
	"tongzhou/sync/crdt"
	"tongzhou/sync/op"
)

// Departments lists the tree depth first.
func (a *API) Departments() ([]DepartmentDTO, error) {
	b, err := a.s.shelf.book(context.Background())
	if err != nil {
		return nil, err
	}
	direct, total := map[crdt.NodeID]int{}, map[crdt.NodeID]int{}
	for _, dept := range b.dept {
		direct[dept]++
		for _, n := range b.tree.Path(dept) {
			total[n]++
		}
	}
	out := []DepartmentDTO{}
	view, self := a.s.log.View(), a.s.self()
	b.tree.Walk(func(n crdt.NodeID, _ int) {
		parent, _ := b.tree.Parent(n)
		d := DepartmentDTO{
			ID: hex.EncodeToString([]byte(n)), ParentID: hex.EncodeToString([]byte(parent)), Name: b.tree.Name(n), Members: direct[n], Total: total[n],
			Heads: []PersonRef{}, Admins: []PersonRef{}, Duty: b.duties[string(dutyOf('d', []byte(n)))], CanState: CanState(view, self, []byte(n)),
		}
		for _, o := range b.officers[n] {
			ref := PersonRef{UserID: o.user.String(), Name: nameOf(b, o.user)}
			if o.role == access.Head {
				d.Heads = append(d.Heads, ref)
			} else {
				d.Admins = append(d.Admins, ref)
			}
		}
		out = append(out, d)
	})
	return out, nil
}

func (a *API) department(node []byte) (DepartmentDTO, error) {
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
	return a.department(node)
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

// MergeInput says which department ends, and which takes over.
type MergeInput struct {
	ID   string `json:"id"`
	Into string `json:"into"`
}

// MergeDepartment ends a department; its people, heads, admins and what is below it go into another.
func (a *API) MergeDepartment(in MergeInput) (DepartmentDTO, error) {
	node, err := nodeID(in.ID)
	if err != nil {
		return DepartmentDTO{}, err
	}
	into, err := nodeID(in.Into)
	if err != nil {
		return DepartmentDTO{}, err
	}
	if err := a.s.mergeDepartment(context.Background(), node, into); err != nil {
		return DepartmentDTO{}, err
	}
	return a.department(into)
}

// RemoveDepartment removes a department that has neither members nor departments below it.
func (a *API) RemoveDepartment(id string) error {
	node, err := nodeID(id)
	if err != nil {
		return err
	}
	return a.s.removeDepartment(context.Background(), node)
}

// DutyInput says what to ask a person, or a department, about.
type DutyInput struct {
	UserID       string `json:"userId"` // either
	DepartmentID string `json:"departmentId"`
	Text         string `json:"text"` // "" for nothing in particular
}

// SetDuty says what to ask a person or department about (R29).
func (a *API) SetDuty(in DutyInput) error {
	dept, err := nodeID(in.DepartmentID)
	if err != nil {
		return err
	}
	var user op.UserID
	if len(dept) == 0 {
		if user, err = userID(in.UserID); err != nil {
			return err
		}
	}
	return a.s.stateDuty(context.Background(), user, dept, in.Text)
}

package org

import (
	"context"
	"encoding/hex"
	"strings"

	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/sync/op"
)

func userID(text string) (op.UserID, error) {
	u, err := op.ParseUserID(text)
	return u, fault.Wrap("org.user_unknown", err)
}

// RoleInput gives somebody a role.
type RoleInput struct {
	UserID       string `json:"userId"`
	Role         string `json:"role"`
	DepartmentID string `json:"departmentId"` // of head and dept_admin
}

// SetRole makes a role the one that somebody holds, stronger or weaker than before (R25).
func (a *API) SetRole(in RoleInput) (MemberDTO, error) {
	u, err := userID(in.UserID)
	if err != nil {
		return MemberDTO{}, err
	}
	dept, err := nodeID(in.DepartmentID)
	if err != nil {
		return MemberDTO{}, err
	}
	if err := a.s.setRole(context.Background(), u, in.Role, dept); err != nil {
		return MemberDTO{}, err
	}
	return a.member(u)
}

// PlaceInput puts somebody into a department.
type PlaceInput struct {
	UserID       string `json:"userId"`
	DepartmentID string `json:"departmentId"` // "": none
}

// Place puts somebody into a department.
func (a *API) Place(in PlaceInput) (MemberDTO, error) {
	u, err := userID(in.UserID)
	if err != nil {
		return MemberDTO{}, err
	}
	dept, err := nodeID(in.DepartmentID)
	if err != nil {
		return MemberDTO{}, err
	}
	if err := a.s.place(context.Background(), u, dept); err != nil {
		return MemberDTO{}, err
	}
	return a.member(u)
}

// FreezeInput says whom to freeze, and why.
type FreezeInput struct {
	UserID string `json:"userId"`
	Reason string `json:"reason"`
}

// Freeze stops every device of somebody at its next contact (R16).
func (a *API) Freeze(in FreezeInput) (MemberDTO, error) {
	u, err := userID(in.UserID)
	if err != nil {
		return MemberDTO{}, err
	}
	if err := a.s.freeze(context.Background(), u, in.Reason); err != nil {
		return MemberDTO{}, err
	}
	return a.member(u)
}

// Unfreeze gives somebody back what the freeze took.
func (a *API) Unfreeze(id string) (MemberDTO, error) {
	u, err := userID(id)
	if err != nil {
		return MemberDTO{}, err
	}
	if err := a.s.unfreeze(context.Background(), u); err != nil {
		return MemberDTO{}, err
	}
	return a.member(u)
}

// BelongingDTO is something of somebody's that is handed over when they leave.
type BelongingDTO struct {
	ID      string `json:"id"`
	Feature string `json:"feature"`
	Kind    string `json:"kind"` // group, head, dept_admin, …
	Title   string `json:"title"`
	HeirID  string `json:"heirId"` // a proposal: the head of their department, "" if there is none
}

// PlanDTO is what somebody's leaving means.
type PlanDTO struct {
	Member  MemberDTO      `json:"member"`
	Items   []BelongingDTO `json:"items"`
	Devices int            `json:"devices"`
}

// OffboardPlan says what somebody has that is handed over, as far as this device knows.
func (a *API) OffboardPlan(id string) (PlanDTO, error) {
	u, err := userID(id)
	if err != nil {
		return PlanDTO{}, err
	}
	m, err := a.member(u)
	if err != nil {
		return PlanDTO{}, err
	}
	things, err := a.s.belongings(context.Background(), u)
	if err != nil {
		return PlanDTO{}, err
	}
	p := PlanDTO{Member: m, Items: []BelongingDTO{}, Devices: len(activeDevices(a.s.team.UserDevices(u)))}
	b, err := a.s.shelf.book(context.Background())
	if err != nil {
		return PlanDTO{}, err
	}
	heir := b.successor(u)
	for _, t := range things {
		p.Items = append(p.Items, BelongingDTO{ID: t.key, Feature: t.feature, Kind: t.Kind, Title: t.Title, HeirID: heir})
	}
	return p, nil
}

// HeirInput says who gets one thing.
type HeirInput struct {
	ItemID string `json:"itemId"`
	UserID string `json:"userId"`
}

// OffboardInput lets somebody leave.
type OffboardInput struct {
	UserID string      `json:"userId"`
	Mode   string      `json:"mode"` // left, removed, compromised
	Heirs  []HeirInput `json:"heirs"`
	Note   string      `json:"note"`
}

// StepDTO is one step of a leaving. Key is access, devices, data, requests, or the id of a thing that was to be handed over.
type StepDTO struct {
	Key    string `json:"key"`
	State  string `json:"state"` // done, open
	Detail string `json:"detail"`
}

// OffboardingDTO is somebody's leaving.
type OffboardingDTO struct {
	ID     string    `json:"id"`
	UserID string    `json:"userId"`
	Name   string    `json:"name"`
	At     string    `json:"at"`
	ByName string    `json:"byName"`
	Mode   string    `json:"mode"` // left, removed, compromised
	Note   string    `json:"note"`
	Steps  []StepDTO `json:"steps"`
	Open   int       `json:"open"` // steps
}

// Offboard ends somebody's access at once, hands over what is theirs and says what remains open (R20). Calling it again for
// somebody who has left goes on with what is open.
func (a *API) Offboard(in OffboardInput) (OffboardingDTO, error) {
	u, err := userID(in.UserID)
	if err != nil {
		return OffboardingDTO{}, err
	}
	o := offboarding{user: u, mode: in.Mode, note: in.Note, heirs: map[string]op.UserID{}}
	for _, h := range in.Heirs {
		heir, err := op.ParseUserID(h.UserID)
		if err != nil {
			return OffboardingDTO{}, fault.Wrap("org.heir", err)
		}
		o.heirs[h.ItemID] = heir
	}
	id, err := a.s.offboard(context.Background(), o)
	if err != nil {
		return OffboardingDTO{}, err
	}
	all, err := a.leavings()
	if err != nil {
		return OffboardingDTO{}, err
	}
	for _, x := range all {
		if x.ID == hex.EncodeToString(id) {
			return x, nil
		}
	}
	return OffboardingDTO{}, fault.New("org.user_unknown")
}

// Offboardings lists who has left, newest first, for the managing department.
func (a *API) Offboardings() ([]OffboardingDTO, error) {
	if a.s.manage() != nil {
		return []OffboardingDTO{}, nil
	}
	return a.leavings()
}

func (a *API) leavings() ([]OffboardingDTO, error) {
	cases, err := a.s.cases(context.Background())
	if err != nil {
		return nil, err
	}
	b, err := a.s.shelf.book(context.Background())
	if err != nil {
		return nil, err
	}
	out := []OffboardingDTO{}
	for _, c := range cases {
		if c.record.Act != caseLeaving {
			continue
		}
		x := OffboardingDTO{
			ID: hex.EncodeToString(c.id), UserID: c.record.Subject.String(), Name: nameOf(b, c.record.Subject), At: module.Timestamp(c.at),
			ByName: nameOf(b, c.by), Mode: "removed", Note: c.record.Note, Steps: []StepDTO{},
		}
		switch {
		case c.record.Left:
			x.Mode = "left"
		case c.record.Mode == module.ModeCompromised:
			x.Mode = "compromised"
		}
		for _, s := range c.steps {
			state := "done"
			if !s.Done {
				state = "open"
				x.Open++
			}
			x.Steps = append(x.Steps, StepDTO{Key: s.Key, State: state, Detail: strings.TrimSpace(s.Detail)})
		}
		out = append(out, x)
	}
	return out, nil
}

// successor proposes who takes over from somebody: the head of their department.
func (b *book) successor(user op.UserID) string {
	for _, o := range b.officers[b.dept[user]] {
		if o.user != user {
			return o.user.String()
		}
	}
	return ""
}

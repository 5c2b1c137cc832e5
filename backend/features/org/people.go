package org

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"tongzhou/backend/access"
	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/sync/crdt"
	"tongzhou/sync/op"
)

// setRole makes a role the one that somebody holds, stronger or weaker than before; heads and department admins hold it for a
// department. Errors: "denied", "org.role_unknown", "org.user_unknown", "org.role_department", "org.department_unknown".
func (s *service) setRole(ctx context.Context, user op.UserID, word string, dept []byte) error {
	role, ok := access.ParseRole(word)
	if !ok {
		return fault.New("org.role_unknown")
	}
	b, err := s.shelf.book(ctx)
	if err != nil {
		return err
	}
	office := role == access.Head || role == access.DeptAdmin
	switch {
	case s.log.View().Role(user) == access.None:
		return fault.New("org.user_unknown")
	case office && len(dept) == 0:
		return fault.New("org.role_department")
	case office && !b.tree.Has(crdt.NodeID(dept)):
		return fault.New("org.department_unknown")
	case !office:
		dept = nil
	}
	grants := s.team.Grants(user)
	if len(grants) > 0 && grants[0].Role == role && slices.ContainsFunc(grants, func(h module.Held) bool {
		return h.Role == role && (!office || bytes.Equal(h.Dept, dept))
	}) {
		return nil
	}
	if !s.team.MayGrant(role, dept) {
		return fault.New("denied")
	}
	err = s.team.SetRole(ctx, user, role, dept)
	s.shelf.stale()
	return err
}

// place puts somebody into a department, or into none. Errors: "denied", "org.user_unknown", "org.department_unknown".
func (s *service) place(ctx context.Context, user op.UserID, dept []byte) error {
	if _, err := s.editable(ctx, dept); err != nil {
		return err
	}
	if s.log.View().Role(user) == access.None {
		return fault.New("org.user_unknown")
	}
	if bytes.Equal(s.team.DeptOf(user), dept) {
		return nil
	}
	err := s.team.Place(ctx, user, dept)
	s.shelf.stale()
	return err
}

// freeze stops every device of somebody at its next contact (R16). Errors: "denied", "org.user_unknown", "org.note_too_long".
func (s *service) freeze(ctx context.Context, user op.UserID, reason string) error {
	reason = strings.TrimSpace(reason)
	if err := checkNote(reason, maxNote); err != nil {
		return err
	}
	if err := s.log.Ready(); err != nil {
		return err
	}
	if s.log.View().Role(user) == access.None {
		return fault.New("org.user_unknown")
	}
	if user == s.self() || !s.team.MayRemove(user) {
		return fault.New("denied")
	}
	if err := s.team.Remove(ctx, user, module.ModeFrozen); err != nil {
		return err
	}
	_, err := s.submit(ctx, s.in(typeCase, nil, record{Act: caseFreeze, Subject: user, Note: reason}))
	return err
}

// unfreeze gives somebody back what the freeze took. Errors: "denied", "org.not_frozen".
func (s *service) unfreeze(ctx context.Context, user op.UserID) error {
	if err := s.log.Ready(); err != nil {
		return err
	}
	r, ok := s.team.Removal(user)
	if !ok || s.team.Standing(user) != module.StandingFrozen {
		return fault.New("org.not_frozen")
	}
	if !s.team.MayGrant(r.FormerRole, r.FormerDept) {
		return fault.New("denied")
	}
	if err := s.team.Unfreeze(ctx, user); err != nil {
		return err
	}
	_, err := s.submit(ctx, s.in(typeCase, nil, record{Act: caseUnfreeze, Subject: user}))
	return err
}

// people are those of a standing: "active", "frozen", "removed", "left", "all", or "" for members and who is frozen, who keep
// their place until it is decided what becomes of them. Errors: "org.standing".
func (s *service) people(standing string) ([]op.UserID, error) {
	switch standing {
	case "":
		return append(s.log.Members(), frozen(s.team)...), nil
	case module.StandingActive.String():
		return s.log.Members(), nil
	case "all":
		return append(s.log.Members(), former(s.team, "")...), nil
	case module.StandingFrozen.String(), module.StandingRemoved.String(), module.StandingLeft.String():
		return former(s.team, standing), nil
	}
	return nil, fault.New("org.standing")
}

// former are those who were members and are of a standing, or of any.
func former(team module.Team, standing string) []op.UserID {
	return slices.DeleteFunc(team.Former(), func(u op.UserID) bool {
		now := team.Standing(u)
		return now == module.StandingUnknown || standing != "" && now.String() != standing
	})
}

func frozen(team module.Team) []op.UserID { return former(team, module.StandingFrozen.String()) }

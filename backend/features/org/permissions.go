package org

import (
	"context"
	"encoding/hex"
	"time"

	"tongzhou/backend/access"
	"tongzhou/backend/module"
	"tongzhou/backend/rules"
	"tongzhou/sync/crdt"
)

// permission is one thing that this user may do more than others.
type permission struct {
	kind  string // team, department, group
	scope string
	name  string
	role  access.Role
	since time.Time
}

// permissions lists what this user holds (R22): every role in the team and in departments, and the groups that they manage.
func (s *service) permissions(ctx context.Context) ([]permission, error) {
	b, err := s.shelf.book(ctx)
	if err != nil {
		return nil, err
	}
	self := s.self()
	var out []permission
	for _, h := range s.team.Grants(self) {
		p := permission{kind: "team", name: b.team, role: h.Role, since: s.log.Joined(self)}
		if h.Role == access.Head || h.Role == access.DeptAdmin {
			p.kind, p.scope, p.name = "department", hex.EncodeToString(h.Dept), b.tree.Name(crdt.NodeID(h.Dept))
		}
		out = append(out, p)
	}
	for _, info := range s.log.Scopes(module.ScopeGroup) {
		if role := s.log.View().ScopeRole(info.ID, self); access.AtLeast(role, access.Admin) {
			out = append(out, permission{"group", info.ID.String(), s.outside.ScopeName(info.ID), role, info.Created.Wall()})
		}
	}
	return out, nil
}

// reviewed says when this user looked through their permissions last, and by when they should again; zero times for never.
func (s *service) reviewed(ctx context.Context) (at, due time.Time, err error) {
	b, err := s.shelf.book(ctx)
	if err != nil {
		return at, due, err
	}
	from := s.log.Joined(s.self())
	if seen, ok := b.seen[s.self()]; ok {
		at = seen.Wall()
		from = at
	}
	if days := s.rules.Int(rules.ReviewDays); days > 0 && !from.IsZero() {
		due = from.AddDate(0, 0, days)
	}
	return at, due, nil
}

// confirmPermissions says that this user has looked through their permissions.
func (s *service) confirmPermissions(ctx context.Context) error {
	self := s.self()
	_, err := s.submit(ctx, s.in(typeSeen, self[:], seen{}))
	return err
}

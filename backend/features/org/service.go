package org

import (
	"bytes"
	"context"
	"crypto/rand"
	"strings"

	"tongzhou/backend/access"
	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/sync/crdt"
	"tongzhou/sync/op"
)

type service struct {
	log   module.Log
	shelf *shelf
}

// write submits one op about a single entity and forgets the cached directory.
func (s *service) write(ctx context.Context, typ string, entity []byte, payload any) error {
	_, err := s.log.Submit(ctx, []module.Submission{{Scope: s.log.CompanyScope(), Type: typ, Entity: entity, Payload: payload}}, nil)
	s.shelf.stale()
	return err
}

func (s *service) manage() error {
	if !CanManage(s.log.View().Role(s.log.Self().User)) {
		return fault.New("denied")
	}
	return nil
}

// saveOwn writes this user's profile. A department that is only named is looked for in the tree and, where permitted, made at
// the top; otherwise the name is kept as it was written. Errors: those of Validate, "org.department_unknown",
// "org.staff_no_taken" {name}.
func (s *service) saveOwn(ctx context.Context, p Profile) error {
	p = p.Tidy()
	if err := p.Validate(); err != nil {
		return err
	}
	b, err := s.shelf.book(ctx)
	if err != nil {
		return err
	}
	if len(p.Department) > 0 && !b.tree.Has(crdt.NodeID(p.Department)) {
		return fault.New("org.department_unknown")
	}
	self := s.log.Self().User
	if err := s.staffNoFree(b, p.StaffNo, self); err != nil {
		return err
	}
	if len(p.Department) == 0 && p.DepartmentName != "" {
		if p.Department, err = s.departmentNamed(ctx, b, p.DepartmentName); err != nil {
			return err
		}
	}
	if len(p.Department) > 0 {
		p.DepartmentName = ""
	}
	return s.write(ctx, typeProfile, self[:], profile(p))
}

// staffNoFree refuses a staff number that another member is known to have. Two people who choose one while they are apart both
// keep it: nobody can tell who came first.
func (s *service) staffNoFree(b *book, staffNo string, except op.UserID) error {
	if staffNo == "" {
		return nil
	}
	for _, u := range s.log.Members() {
		if u != except && strings.EqualFold(b.profiles[u].StaffNo, staffNo) {
			return fault.New("org.staff_no_taken", "name", nameOf(b, u))
		}
	}
	return nil
}

// departmentNamed finds a department by name, the one nearest to the top. Who may manage departments gets a new one where
// there is none; others get none.
func (s *service) departmentNamed(ctx context.Context, b *book, name string) ([]byte, error) {
	var found []byte
	best := crdt.MaxDepth + 1
	b.tree.Walk(func(n crdt.NodeID, depth int) {
		if depth < best && strings.EqualFold(b.tree.Name(n), name) {
			found, best = []byte(n), depth
		}
	})
	if found != nil {
		return found, nil
	}
	if s.manage() != nil {
		return nil, nil
	}
	return s.createDepartment(ctx, nil, name)
}

// createDepartment makes a department. Errors: "denied", "org.department_empty", "org.department_too_long",
// "org.department_exists", "org.department_unknown".
func (s *service) createDepartment(ctx context.Context, parent []byte, name string) ([]byte, error) {
	name, err := checkTitle(name, "org.department", maxDept)
	if err != nil {
		return nil, err
	}
	b, err := s.editable(ctx, parent)
	if err != nil {
		return nil, err
	}
	if sibling(b.tree, crdt.NodeID(parent), name, "") {
		return nil, fault.New("org.department_exists", "name", name)
	}
	node := make([]byte, nodeSize)
	_, _ = rand.Read(node)
	return node, s.write(ctx, typeDepartment, []byte(treeEntity), department{Act: uint8(crdt.Create), Node: node, Parent: parent, Name: name})
}

// renameDepartment changes a name. Errors as for createDepartment.
func (s *service) renameDepartment(ctx context.Context, node []byte, name string) error {
	if len(node) == 0 {
		return fault.New("org.department_unknown")
	}
	name, err := checkTitle(name, "org.department", maxDept)
	if err != nil {
		return err
	}
	b, err := s.editable(ctx, node)
	if err != nil {
		return err
	}
	parent, _ := b.tree.Parent(crdt.NodeID(node))
	if sibling(b.tree, parent, name, crdt.NodeID(node)) {
		return fault.New("org.department_exists", "name", name)
	}
	return s.write(ctx, typeDepartment, []byte(treeEntity), department{Act: uint8(crdt.Rename), Node: node, Name: name})
}

// moveDepartment puts a department below another, or at the top. Errors: as above, "org.department_cycle".
func (s *service) moveDepartment(ctx context.Context, node, parent []byte) error {
	if len(node) == 0 {
		return fault.New("org.department_unknown")
	}
	b, err := s.editable(ctx, node)
	if err != nil {
		return err
	}
	if len(parent) > 0 && !b.tree.Has(crdt.NodeID(parent)) {
		return fault.New("org.department_unknown")
	}
	for _, above := range b.tree.Path(crdt.NodeID(parent)) {
		if bytes.Equal([]byte(above), node) {
			return fault.New("org.department_cycle")
		}
	}
	if sibling(b.tree, crdt.NodeID(parent), b.tree.Name(crdt.NodeID(node)), crdt.NodeID(node)) {
		return fault.New("org.department_exists", "name", b.tree.Name(crdt.NodeID(node)))
	}
	return s.write(ctx, typeDepartment, []byte(treeEntity), department{Act: uint8(crdt.Move), Node: node, Parent: parent})
}

// removeDepartment removes an empty department. Errors: "denied", "org.department_unknown", "org.department_not_empty".
func (s *service) removeDepartment(ctx context.Context, node []byte) error {
	if len(node) == 0 {
		return fault.New("org.department_unknown")
	}
	b, err := s.editable(ctx, node)
	if err != nil {
		return err
	}
	if len(b.tree.Children(crdt.NodeID(node))) > 0 {
		return fault.New("org.department_not_empty")
	}
	for _, u := range s.log.Members() {
		if bytes.Equal(b.profiles[u].Department, node) {
			return fault.New("org.department_not_empty")
		}
	}
	return s.write(ctx, typeDepartment, []byte(treeEntity), department{Act: uint8(crdt.Remove), Node: node})
}

// editable returns the directory if this user may change the tree at node, which must exist unless it is the top.
func (s *service) editable(ctx context.Context, node []byte) (*book, error) {
	if err := s.manage(); err != nil {
		return nil, err
	}
	b, err := s.shelf.book(ctx)
	if err != nil {
		return nil, err
	}
	if len(node) > 0 && !b.tree.Has(crdt.NodeID(node)) {
		return nil, fault.New("org.department_unknown")
	}
	return b, nil
}

func sibling(v *crdt.View, parent crdt.NodeID, name string, except crdt.NodeID) bool {
	for _, n := range v.Children(parent) {
		if n != except && strings.EqualFold(v.Name(n), name) {
			return true
		}
	}
	return false
}

// renameTeam changes the team's name. Errors: "denied", "org.team_empty", "org.team_too_long".
func (s *service) renameTeam(ctx context.Context, name string) error {
	name, err := checkTitle(name, "org.team", maxTeam)
	if err != nil {
		return err
	}
	if err := s.manage(); err != nil {
		return err
	}
	return s.write(ctx, typeTeam, []byte(teamEntity), team{Name: name})
}

// grantRole gives a user a role in the team. A person's strongest grant counts, so a weaker one would change nothing and is
// refused: roles are taken by revoking them. Errors: "denied", "org.role_unknown", "org.role_weaker" {role}, "org.user_unknown".
func (s *service) grantRole(ctx context.Context, user op.UserID, word string) error {
	role, ok := access.ParseRole(word)
	if !ok {
		return fault.New("org.role_unknown")
	}
	switch now := s.log.View().Role(user); {
	case now == access.None:
		return fault.New("org.user_unknown")
	case now == role:
		return nil
	case access.AtLeast(now, role):
		return fault.New("org.role_weaker", "role", now)
	}
	if err := s.log.GrantRole(ctx, user, role); err != nil {
		return err
	}
	s.shelf.stale()
	return nil
}

package org

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"

	"tongzhou/backend/access"
	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/sync/crdt"
	"tongzhou/sync/op"
)

// officer is somebody with a role in a department.
type officer struct {
	user op.UserID
	role access.Role
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

// change writes a change of the tree and forgets the cached directory.
func (s *service) change(ctx context.Context, c module.DeptChange, also ...module.Submission) error {
	err := s.team.SetDept(ctx, c, also...)
	s.shelf.stale()
	return err
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
	return node, s.change(ctx, module.DeptChange{Dept: node, Parent: parent}, s.in(typeDepartment, node, department{Name: name}))
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
	_, err = s.submit(ctx, s.in(typeDepartment, node, department{Name: name}))
	return err
}

// moveDepartment puts a department below another, or at the top. Errors: as above, "org.department_cycle".
func (s *service) moveDepartment(ctx context.Context, node, parent []byte) error {
	b, err := s.apart(ctx, node, parent)
	if err != nil {
		return err
	}
	if sibling(b.tree, crdt.NodeID(parent), b.tree.Name(crdt.NodeID(node)), crdt.NodeID(node)) {
		return fault.New("org.department_exists", "name", b.tree.Name(crdt.NodeID(node)))
	}
	return s.change(ctx, module.DeptChange{Dept: node, Parent: parent})
}

// mergeDepartment ends a department; its people and what is below it go into another, where they are placed. Errors as for
// moveDepartment.
func (s *service) mergeDepartment(ctx context.Context, node, into []byte) error {
	if len(into) == 0 {
		return fault.New("org.department_unknown")
	}
	b, err := s.apart(ctx, node, into)
	if err != nil {
		return err
	}
	for _, below := range b.tree.Children(crdt.NodeID(node)) {
		if err := s.change(ctx, module.DeptChange{Dept: []byte(below), Parent: into}); err != nil {
			return err
		}
	}
	for _, u := range s.log.Members() {
		if b.dept[u] == crdt.NodeID(node) {
			if err := s.team.Place(ctx, u, into); err != nil {
				return err
			}
		}
	}
	for _, o := range b.officers[crdt.NodeID(node)] { // their office ends with the department
		if err := s.team.SetRole(ctx, o.user, o.role, into); err != nil {
			return err
		}
	}
	return s.change(ctx, module.DeptChange{Dept: node, Gone: true, Into: into})
}

// apart returns the directory if this user may put node below parent.
func (s *service) apart(ctx context.Context, node, parent []byte) (*book, error) {
	if len(node) == 0 {
		return nil, fault.New("org.department_unknown")
	}
	b, err := s.editable(ctx, node)
	if err != nil {
		return nil, err
	}
	if len(parent) > 0 && !b.tree.Has(crdt.NodeID(parent)) {
		return nil, fault.New("org.department_unknown")
	}
	if slices.Contains(b.tree.Path(crdt.NodeID(parent)), crdt.NodeID(node)) {
		return nil, fault.New("org.department_cycle")
	}
	return b, nil
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
	for _, dept := range b.dept {
		if dept == crdt.NodeID(node) {
			return fault.New("org.department_not_empty")
		}
	}
	parent, _ := b.tree.Parent(crdt.NodeID(node))
	return s.change(ctx, module.DeptChange{Dept: node, Parent: []byte(parent), Gone: true})
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

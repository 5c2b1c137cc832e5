package org

import (
	"context"
	"fmt"
	"sync"

	"tongzhou/backend/module"
	"tongzhou/sync/crdt"
	"tongzhou/sync/op"
)

const (
	queryProfiles    = `SELECT user, name, pinyin, readings, staff_no, department, department_name, position, phone, email, kind FROM org_profile`
	queryDepartments = `SELECT act, node, parent, name FROM org_department_op ORDER BY pos`
	queryTeam        = `SELECT coalesce(max(name), '') FROM org_team`
)

// entry is a profile as it is searched.
type entry struct {
	Profile
	pinyin spelling
}

// book is the whole directory at one moment: a small company fits in memory many times over.
type book struct {
	team     string
	profiles map[op.UserID]entry
	tree     *crdt.View
}

// shelf keeps the last book until the directory changes.
type shelf struct {
	db module.DB

	mu    sync.Mutex // guards what follows
	age   uint64     // counts changes
	read  uint64     // age of the book
	held  *book
	reads sync.Mutex // one reader at a time
}

// stale says that the rows changed.
func (s *shelf) stale() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.age++
}

// book returns the directory as it is now.
func (s *shelf) book(ctx context.Context) (*book, error) {
	s.reads.Lock()
	defer s.reads.Unlock()
	s.mu.Lock()
	age, read, held := s.age, s.read, s.held
	s.mu.Unlock()
	if held != nil && age == read {
		return held, nil
	}
	b, err := s.load(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held, s.read = b, age // a change during the reading leaves age ahead, and the next caller reads again
	return b, nil
}

func (s *shelf) load(ctx context.Context) (*book, error) {
	b := &book{profiles: map[op.UserID]entry{}}
	if err := s.db.Read().QueryRowContext(ctx, queryTeam).Scan(&b.team); err != nil {
		return nil, fmt.Errorf("read team: %w", err)
	}
	rows, err := s.db.Read().QueryContext(ctx, queryProfiles)
	if err != nil {
		return nil, fmt.Errorf("read profiles: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var user []byte
		var e entry
		var readings string
		if err := rows.Scan(&user, &e.Name, &e.pinyin.full, &readings, &e.StaffNo, &e.Department, &e.DepartmentName, &e.Position, &e.Phone, &e.Email, &e.Kind); err != nil {
			return nil, fmt.Errorf("read profile: %w", err)
		}
		e.pinyin.readings = parseReadings(readings)
		b.profiles[op.UserID(user)] = e
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read profiles: %w", err)
	}
	b.tree, err = s.loadTree(ctx)
	return b, err
}

func (s *shelf) loadTree(ctx context.Context) (*crdt.View, error) {
	rows, err := s.db.Read().QueryContext(ctx, queryDepartments)
	if err != nil {
		return nil, fmt.Errorf("read departments: %w", err)
	}
	defer rows.Close()
	var tree crdt.Tree
	for rows.Next() {
		var o crdt.Op
		var act uint8
		var node, parent []byte
		if err := rows.Scan(&act, &node, &parent, &o.Name); err != nil {
			return nil, fmt.Errorf("read department: %w", err)
		}
		o.Kind, o.Node, o.Parent = crdt.Kind(act), crdt.NodeID(node), crdt.NodeID(parent)
		tree.Apply(o)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read departments: %w", err)
	}
	return tree.View(), nil
}

package org

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"tongzhou/backend/access"
	"tongzhou/backend/module"
	"tongzhou/sync/crdt"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

const (
	queryProfiles = `SELECT user, own, name, pinyin, readings, staff_no, department, department_name, position, phone, email, kind
		FROM org_profile ORDER BY user, pos`
	queryDepartments = `SELECT id, since, name FROM org_department`
	queryTeam        = `SELECT coalesce(max(name), '') FROM org_team`
	queryDuties      = `SELECT entity, text FROM org_duty`
	querySeen        = `SELECT user, hlc FROM org_seen`
	queryPictures    = `SELECT user, content FROM org_picture`
)

// entry is a profile as it is searched.
type entry struct {
	Profile
	pinyin spelling
}

// take puts a later version of a profile over what counted so far. Where changes are reviewed (R19), the person's own version
// says where to reach them and no more, unless it is the first or they belong to the managing department themselves.
func (e entry) take(next entry, reviewed bool) entry {
	if reviewed && e.Name != "" {
		e.Phone, e.Email = next.Phone, next.Email
		return e
	}
	return next
}

// book is the whole directory at one moment: a small company fits in memory many times over.
type book struct {
	team     string
	profiles map[op.UserID]entry
	unheld   map[op.UserID]entry // what people changed themselves and nobody reviewed
	tree     *crdt.View
	dept     map[op.UserID]crdt.NodeID // of members and of who is frozen: where they were placed, else what their profile says
	officers map[crdt.NodeID][]officer // heads and admins of a department itself, heads first
	named    map[string]int            // how many members bear a name
	duties   map[string]string         // by dutyOf
	seen     map[op.UserID]hlc.Time
	pictures map[op.UserID]module.Manifest // all that there are, shown or not
	avatars  string                        // the team's rule about them (R4)
}

// shelf keeps the last book until the directory changes.
type shelf struct {
	db       module.DB
	log      module.Log
	team     module.Team
	reviewed func() bool   // whether changes of one's own profile are (R19)
	avatars  func() string // the rule about pictures (R4)

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
	b := &book{
		profiles: map[op.UserID]entry{}, unheld: map[op.UserID]entry{}, dept: map[op.UserID]crdt.NodeID{}, duties: map[string]string{},
		seen: map[op.UserID]hlc.Time{}, pictures: map[op.UserID]module.Manifest{}, avatars: s.avatars(), officers: map[crdt.NodeID][]officer{}, named: map[string]int{},
	}
	if err := s.db.Read().QueryRowContext(ctx, queryTeam).Scan(&b.team); err != nil {
		return nil, fmt.Errorf("read team: %w", err)
	}
	if err := s.loadProfiles(ctx, b); err != nil {
		return nil, err
	}
	if err := s.loadTree(ctx, b); err != nil {
		return nil, err
	}
	s.loadMembers(b)
	err := s.each(ctx, queryDuties, func(scan func(...any) error) error {
		var entity []byte
		var text string
		err := scan(&entity, &text)
		b.duties[string(entity)] = text
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := s.loadPictures(ctx, b); err != nil {
		return nil, err
	}
	return b, s.each(ctx, querySeen, func(scan func(...any) error) error {
		var user []byte
		var at int64
		err := scan(&user, &at)
		if err == nil {
			b.seen[op.UserID(user)] = hlc.Time(at)
		}
		return err
	})
}

// loadMembers finds out who is where, and what they are there.
func (s *shelf) loadMembers(b *book) {
	for _, u := range frozen(s.team) {
		s.loadPlace(b, u)
	}
	for _, u := range s.log.Members() {
		b.named[b.profiles[u].Name]++
		s.loadPlace(b, u)
		for _, h := range s.team.Grants(u) {
			o, of := officer{u, h.Role}, crdt.NodeID(h.Dept)
			if (h.Role == access.Head || h.Role == access.DeptAdmin) && !slices.Contains(b.officers[of], o) {
				b.officers[of] = append(b.officers[of], o)
			}
		}
	}
	for _, list := range b.officers {
		slices.SortStableFunc(list, func(x, y officer) int { return int(x.role) - int(y.role) })
	}
}

func (s *shelf) loadPlace(b *book, u op.UserID) {
	dept := crdt.NodeID(s.team.DeptOf(u))
	if dept == crdt.Root || !b.tree.Has(dept) {
		dept = crdt.NodeID(b.profiles[u].Department)
	}
	if b.tree.Has(dept) {
		b.dept[u] = dept
	}
}

func (s *shelf) each(ctx context.Context, query string, row func(scan func(...any) error) error) error {
	rows, err := s.db.Read().QueryContext(ctx, query)
	if err != nil {
		return fmt.Errorf("read directory: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return fmt.Errorf("read directory: %w", err)
		}
	}
	return rows.Err()
}

func (s *shelf) loadProfiles(ctx context.Context, b *book) error {
	reviewed, view := s.reviewed(), s.log.View()
	return s.each(ctx, queryProfiles, func(scan func(...any) error) error {
		var user []byte
		var own bool
		var e entry
		var readings string
		if err := scan(&user, &own, &e.Name, &e.pinyin.full, &readings, &e.StaffNo, &e.Department, &e.DepartmentName, &e.Position, &e.Phone, &e.Email, &e.Kind); err != nil {
			return err
		}
		e.pinyin.readings = parseReadings(readings)
		u := op.UserID(user)
		held := own && !CanManage(view.Role(u))
		if _, again := b.profiles[u]; again && held {
			b.unheld[u] = e
		} else {
			delete(b.unheld, u)
		}
		b.profiles[u] = b.profiles[u].take(e, reviewed && held)
		return nil
	})
}

// loadTree puts the departments of the control log together with their names. One whose name has not arrived is shown by a
// short code.
func (s *shelf) loadTree(ctx context.Context, b *book) error {
	type named struct {
		since int64
		name  string
	}
	names := map[string]named{}
	if err := s.each(ctx, queryDepartments, func(scan func(...any) error) error {
		var id []byte
		var n named
		err := scan(&id, &n.since, &n.name)
		names[string(id)] = n
		return err
	}); err != nil {
		return err
	}
	below := map[string][]module.Dept{}
	for _, d := range s.team.Depts() {
		below[string(d.Parent)] = append(below[string(d.Parent)], d)
	}
	var tree crdt.Tree
	for todo := []string{""}; len(todo) > 0; todo = todo[1:] {
		family := below[todo[0]]
		slices.SortFunc(family, func(x, y module.Dept) int {
			return cmp.Or(cmp.Compare(names[string(x.ID)].since, names[string(y.ID)].since), bytes.Compare(x.ID, y.ID))
		})
		for _, d := range family {
			name := names[string(d.ID)].name
			if name == "" {
				name = "#" + code(d.ID)
			}
			tree.Apply(crdt.Op{Kind: crdt.Create, Node: crdt.NodeID(d.ID), Parent: crdt.NodeID(d.Parent), Name: name})
			todo = append(todo, string(d.ID))
		}
	}
	b.tree = tree.View()
	return nil
}

package replica

import (
	"fmt"

	"tongzhou/sync/authority"
	"tongzhou/sync/hlc"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// world is an immutable picture of who is who and who reads what. A commit that changes authority replaces it.
type world struct {
	auth   *authority.State
	scopes map[op.ScopeTag]*scope
	byID   map[op.ScopeID]*scope
	byNo   map[int64]*scope
	depts  map[op.ScopeTag][]byte // the departments that exist
	placed func() map[op.UserID][]string
}

type scope struct {
	no      int64
	tag     op.ScopeTag
	id      op.ScopeID // zero while unknown
	kind    ScopeKind
	creator op.UserID
	created hlc.Time
	ops     []authority.Op        // of a private scope: those that log was evaluated from
	log     *authority.ScopeState // of a private scope
	members map[op.UserID]authority.Role
	readers map[op.DeviceID]bool
	history keys.History                 // what of it newcomers read
	ever    map[op.UserID]authority.Role // of a private scope: the strongest role that everybody ever had there
	removed []scopeRemoval               // of a private scope
}

// Role implements View.
func (w *world) Role(u op.UserID) authority.Role { return w.auth.Role(u) }

// ScopeRole implements View.
func (w *world) ScopeRole(id op.ScopeID, u op.UserID) authority.Role {
	s := w.byID[id]
	if s == nil {
		return authority.None
	}
	if role, ok := s.members[u]; ok {
		return role
	}
	return authority.None
}

// DeptOf implements View.
func (w *world) DeptOf(u op.UserID) []byte { return w.auth.DeptOf(u) }

// Oversees implements View.
func (w *world) Oversees(u op.UserID, dept []byte) bool {
	if len(dept) == 0 {
		return false
	}
	for _, g := range w.auth.Grants(u) {
		if overseer(g.Role) && w.auth.InSubtree(dept, g.Dept) {
			return true
		}
	}
	return false
}

// overseer tells whether a role is one over the people of a department.
func overseer(r authority.Role) bool { return r == authority.Head || r == authority.DeptAdmin }

// rebuildWorld evaluates authority and scopes, tells new readers apart, and publishes the new world. It runs in the write
// transaction of the ops that caused it.
func (r *Replica) rebuildWorld(p *projector) error {
	w := &world{scopes: map[op.ScopeTag]*scope{}, byID: map[op.ScopeID]*scope{}, byNo: map[int64]*scope{}}
	w.auth = r.control.State()
	if err := r.deriveDepartments(p, w); err != nil {
		return err
	}
	all := map[op.UserID]authority.Role{}
	devices := map[op.UserID][]op.DeviceID{}
	for _, u := range w.auth.Users() {
		all[u.ID] = u.Role
		for _, d := range u.Devices {
			if !d.Revoked {
				devices[u.ID] = append(devices[u.ID], d.ID)
			}
		}
		if err := r.ensureUser(p.tx, u.ID); err != nil {
			return err
		}
	}
	for _, u := range w.auth.Former() { // what they wrote stays
		if err := r.ensureUser(p.tx, u.ID); err != nil {
			return err
		}
	}
	rows, err := p.tx.Query(`SELECT no, tag, id FROM scope ORDER BY no`)
	if err != nil {
		return fmt.Errorf("read scopes: %w", err)
	}
	old := r.world.Load()
	for rows.Next() {
		var tag, id []byte
		s := &scope{}
		if err := rows.Scan(&s.no, &tag, &id); err != nil {
			_ = rows.Close()
			return fmt.Errorf("read scope: %w", err)
		}
		copy(s.tag[:], tag)
		copy(s.id[:], id)
		if old.still(w.auth, s.tag, s.id, r.scopeOps[s.tag]) {
			s = old.scopes[s.tag]
		}
		w.scopes[s.tag], w.byNo[s.no] = s, s
		if len(id) == 16 {
			w.byID[s.id] = s
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read scopes: %w", err)
	}
	_ = rows.Close()
	for _, s := range w.ordered() {
		if s.readers != nil {
			continue // as before
		}
		s.history = keys.FullHistory
		r.fillScope(w, s, all)
		s.readers = map[op.DeviceID]bool{}
		for u := range s.members {
			for _, d := range devices[u] {
				s.readers[d] = true
			}
		}
		if err := r.shareScope(p, s); err != nil {
			return err
		}
		if s.partedWithNewDevice(old, w) {
			r.healSoon(s.tag)
		}
	}
	p.tell(old, w)
	p.event.Authority, p.memory = true, true
	r.world.Store(w)
	if old == nil { // the start: what follows from it was noted before
		r.horizons.remember(w)
		return nil
	}
	return r.holdAll(p, w)
}

// still tells whether nothing that decides about a scope has changed: evaluating hundreds of chats for each new one would take
// longer with every chat. Slices of ops only grow, and are made anew when ops went away.
func (w *world) still(auth *authority.State, tag op.ScopeTag, id op.ScopeID, ops []authority.Op) bool {
	if w == nil || w.auth != auth {
		return false
	}
	s := w.scopes[tag]
	return s != nil && s.id == id && len(s.ops) == len(ops) && (len(ops) == 0 || &s.ops[0] == &ops[0])
}

func (r *Replica) fillScope(w *world, s *scope, all map[op.UserID]authority.Role) {
	switch s.tag {
	case r.teamTag.control:
		s.kind, s.members = ScopeControl, all
		return
	case r.teamTag.company:
		s.kind, s.members = ScopeCompany, all
		return
	case r.teamTag.self:
		s.kind, s.members = ScopeSelf, map[op.UserID]authority.Role{}
		if role := w.auth.Role(r.id.Root.ID); role != authority.None {
			s.members[r.id.Root.ID] = role
		}
		return
	}
	if dept, ok := w.depts[s.tag]; ok {
		s.kind, s.members = ScopeDepartment, map[op.UserID]authority.Role{}
		for _, u := range w.auth.DeptMembers(dept) {
			s.members[u] = all[u]
		}
		return
	}
	ops := r.scopeOps[s.tag]
	if s.id.IsZero() || len(ops) == 0 {
		return
	}
	s.ops, s.log = ops, authority.EvalScope(w.auth, s.id, s.tag, ops)
	s.members = s.log.Members()
	if s.log.History() == authority.FromJoining {
		s.history = keys.FromJoining
	}
	switch s.log.Kind() {
	case authority.Group:
		s.kind = ScopeGroup
	case authority.Direct:
		s.kind = ScopeDirect
	default:
		return
	}
	s.remember(w)
	for i := range ops {
		if ops[i].Type != authority.TypeScopeNew || s.log.Status(ops[i].ID).Verdict != authority.Valid {
			continue
		}
		if s.created == 0 || ops[i].HLC < s.created {
			s.created = ops[i].HLC
		}
		if d, ok := w.auth.Device(ops[i].Device); ok && s.kind == ScopeGroup {
			s.creator = d.User
		}
	}
}

// shareScope gives devices that have become readers an arrival number, so that a peer's next question lists the whole scope,
// and takes it from those that no longer are.
func (r *Replica) shareScope(p *projector, s *scope) error {
	var before map[op.DeviceID]bool
	if old := r.world.Load(); old != nil && old.scopes[s.tag] != nil {
		before = old.scopes[s.tag].readers
	} else {
		var err error
		if before, err = sharedWith(p.tx, s.tag); err != nil {
			return err
		}
	}
	same := true
	for d := range s.readers {
		if before[d] {
			continue
		}
		same = false
		if _, err := p.tx.Exec(`INSERT OR REPLACE INTO shared (tag, device, lseq) VALUES (?, ?, ?)`, s.tag[:], d[:], p.b.NextLSeq()); err != nil {
			return fmt.Errorf("store reader: %w", err)
		}
	}
	for d := range before {
		if s.readers[d] {
			continue
		}
		same = false
		if _, err := p.tx.Exec(`DELETE FROM shared WHERE tag = ? AND device = ?`, s.tag[:], d[:]); err != nil {
			return fmt.Errorf("drop reader: %w", err)
		}
	}
	if !same {
		p.regroup[s.tag] = true
		r.healSoon(s.tag)
		p.tx.Changed("scope.changed", s.id.String())
	}
	return nil
}

// sharedWith reads which devices were readers of a scope when that was last looked at.
func sharedWith(q oplog.Querier, tag op.ScopeTag) (map[op.DeviceID]bool, error) {
	rows, err := q.Query(`SELECT device FROM shared WHERE tag = ?`, tag[:])
	if err != nil {
		return nil, fmt.Errorf("read readers: %w", err)
	}
	defer rows.Close()
	out := map[op.DeviceID]bool{}
	for rows.Next() {
		var d []byte
		if err := rows.Scan(&d); err != nil {
			return nil, fmt.Errorf("read reader: %w", err)
		}
		out[op.DeviceID(d)] = true
	}
	return out, rows.Err()
}

// ensureScope gives a tag its local number.
func (r *Replica) ensureScope(tx Tx, tag op.ScopeTag) error {
	if w := r.world.Load(); w != nil && w.scopes[tag] != nil {
		return nil
	}
	if _, err := tx.Exec(`INSERT OR IGNORE INTO scope (tag) VALUES (?)`, tag[:]); err != nil {
		return fmt.Errorf("store scope: %w", err)
	}
	return nil
}

// nameScope records the id behind a tag, checked against it.
func (r *Replica) nameScope(tx Tx, tag op.ScopeTag, id op.ScopeID) error {
	if r.id.TeamSecret.ScopeTag(id) != tag {
		return fmt.Errorf("%w: scope id does not fit its tag", ErrInvalid)
	}
	if _, err := tx.Exec(`UPDATE scope SET id = ? WHERE tag = ? AND id IS NULL`, id[:], tag[:]); err != nil {
		return fmt.Errorf("name scope: %w", err)
	}
	return nil
}

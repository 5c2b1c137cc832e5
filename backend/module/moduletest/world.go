package moduletest

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"time"

	"tongzhou/backend/module"
	"tongzhou/sync/authority"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// TB is the part of testing.TB that *rapid.T has too.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// World is one team. It is not safe for concurrent use, except for Now.
type World struct {
	tb      TB
	now     time.Time
	users   []op.UserID // index is the local number less 1
	people  map[op.UserID]*person
	scopes  map[op.ScopeID]*module.ScopeInfo
	peers   []*Peer
	ops     []module.Op
	seqs    map[feed]uint64
	company op.ScopeID
	org     *organisation
}

type person struct {
	no     int64
	role   authority.Role
	joined time.Time
	online bool
}

type feed struct {
	scope  op.ScopeID
	device op.DeviceID
}

// NewWorld returns a team without people at ten o'clock on a Tuesday.
func NewWorld(tb TB) *World {
	w := &World{
		tb: tb, now: time.Date(2026, 11, 10, 10, 0, 0, 0, time.UTC), people: map[op.UserID]*person{},
		scopes: map[op.ScopeID]*module.ScopeInfo{}, seqs: map[feed]uint64{},
		org: newOrganisation(),
	}
	w.company = op.ScopeID(digest("company"))
	w.addScope(w.company, module.ScopeCompany, op.UserID{}, nil)
	return w
}

// Now is the wall clock of every peer.
func (w *World) Now() time.Time { return w.now }

// Advance lets time pass.
func (w *World) Advance(d time.Duration) { w.now = w.now.Add(d) }

// User adds a member to the team.
func (w *World) User(name string, role authority.Role) op.UserID {
	w.tb.Helper()
	id := op.UserID(digest("user " + name))
	if w.people[id] != nil {
		w.tb.Fatalf("user %s exists", name)
	}
	w.users = append(w.users, id)
	w.people[id] = &person{no: int64(len(w.users)), role: role, joined: w.now}
	return id
}

// SetRole changes a role everywhere at once; authority.None removes the member. Every op is judged again.
func (w *World) SetRole(user op.UserID, role authority.Role) {
	w.tb.Helper()
	w.people[user].role = role
	for _, p := range w.peers {
		p.rejudge()
	}
}

// SetOnline says whether a device of the user is connected to every other.
func (w *World) SetOnline(user op.UserID, online bool) { w.people[user].online = online }

// Company is the company's scope.
func (w *World) Company() op.ScopeID { return w.company }

// Ops returns every op written so far, in the order of writing.
func (w *World) Ops() []module.Op { return slices.Clone(w.ops) }

// Write makes an op of any content by a device of the user at the given time, as a modified program could, without giving
// it to anybody. entity nil: the op creates its own.
func (w *World) Write(user op.UserID, device byte, scope op.ScopeID, at hlc.Time, typ string, entity []byte, payload any) module.Op {
	w.tb.Helper()
	return w.stamp(user, w.device(user, device), scope, at, typ, entity, payload)
}

func (w *World) device(user op.UserID, n byte) op.DeviceID {
	return op.DeviceID(digest(fmt.Sprintf("device %d of %x", n, user)))
}

func (w *World) stamp(user op.UserID, device op.DeviceID, scope op.ScopeID, at hlc.Time, typ string, entity []byte, payload any) module.Op {
	w.tb.Helper()
	enc, err := op.Marshal(payload)
	if err != nil {
		w.tb.Fatalf("encode %s: %v", typ, err)
	}
	s := w.scopes[scope]
	if s == nil {
		w.tb.Fatalf("no scope %s", scope)
	}
	w.seqs[feed{scope, device}]++
	o := module.Op{
		Scope: scope, ScopeNo: s.No, ScopeKind: s.Kind, Ref: op.Ref{Device: device, Incarnation: 1, Seq: w.seqs[feed{scope, device}]},
		Key: int64(len(w.ops) + 1), User: user, UserNo: w.people[user].no, HLC: at, Type: typ, Entity: entity, Payload: enc,
	}
	if entity == nil {
		o.Entity = o.Ref.Bytes()
	}
	w.ops = append(w.ops, o)
	return o
}

// Direct returns the scope of a one-to-one chat, made if need be.
func (w *World) Direct(a, b op.UserID) op.ScopeID {
	id := direct(a, b)
	if w.scopes[id] == nil {
		w.addScope(id, module.ScopeDirect, op.UserID{}, map[op.UserID]authority.Role{a: authority.Member, b: authority.Member})
	}
	return id
}

// Group makes a group with an owner.
func (w *World) Group(owner op.UserID, members ...op.UserID) op.ScopeID {
	all := map[op.UserID]authority.Role{}
	for _, m := range members {
		all[m] = authority.Member
	}
	all[owner] = authority.Owner
	id := op.ScopeID(digest(fmt.Sprintf("group %d", len(w.scopes))))
	w.addScope(id, module.ScopeGroup, owner, all)
	return id
}

// SetScopeRole changes a role in a private scope everywhere at once; authority.None removes the member.
func (w *World) SetScopeRole(scope op.ScopeID, user op.UserID, role authority.Role) {
	if role == authority.None {
		delete(w.scopes[scope].Members, user)
	} else {
		w.scopes[scope].Members[user] = role
	}
	for _, p := range w.peers {
		p.rejudge()
	}
}

func (w *World) addScope(id op.ScopeID, kind module.ScopeKind, creator op.UserID, members map[op.UserID]authority.Role) {
	s := &module.ScopeInfo{ID: id, No: int64(len(w.scopes) + 1), Kind: kind, Creator: creator, Members: members}
	if kind == module.ScopeGroup || kind == module.ScopeDirect {
		s.Created = hlc.FromWall(w.now)
	}
	w.scopes[id] = s
}

// scope returns a copy of a scope that the user is a member of.
func (w *World) scope(id op.ScopeID, user op.UserID) (module.ScopeInfo, bool) {
	s := w.scopes[id]
	if s == nil || !w.reads(s, user) {
		return module.ScopeInfo{}, false
	}
	c := *s
	c.Members = map[op.UserID]authority.Role{}
	if s.Members == nil {
		for u, p := range w.people {
			if p.role != authority.None {
				c.Members[u] = w.Role(u)
			}
		}
	} else {
		maps.Copy(c.Members, s.Members)
	}
	return c, true
}

func (w *World) reads(s *module.ScopeInfo, user op.UserID) bool {
	if w.Role(user) == authority.None {
		return false
	}
	_, ok := s.Members[user]
	return ok || s.Members == nil
}

// Role implements module.View.
func (w *World) Role(user op.UserID) authority.Role {
	p := w.people[user]
	if p == nil || p.role == authority.None {
		return authority.None
	}
	role := p.role
	for _, o := range w.org.offices[user] {
		role = min(role, o.Role)
	}
	return role
}

// ScopeRole implements module.View.
func (w *World) ScopeRole(scope op.ScopeID, user op.UserID) authority.Role {
	s := w.scopes[scope]
	switch {
	case s == nil || !w.reads(s, user):
		return authority.None
	case s.Members == nil:
		return w.Role(user)
	default:
		return s.Members[user]
	}
}

func digest(label string) []byte {
	sum := sha256.Sum256([]byte(label))
	return sum[:16]
}

func direct(a, b op.UserID) op.ScopeID {
	if slices.Compare(a[:], b[:]) > 0 {
		a, b = b, a
	}
	return op.ScopeID(digest(fmt.Sprintf("direct %x %x", a, b)))
}

package authority

import (
	"crypto/ed25519"
	"slices"
	"sync"

	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// State says who may do what after a set of control ops. It is immutable and safe for concurrent use. Slices that its
// methods return are new unless they say otherwise; the byte slices in them are shared and must not change.
type State struct {
	team     op.TeamID
	genesis  op.ID
	view     view
	statuses trie[op.ID, Status]
	people   trie[op.UserID, *person] // everyone who was ever certified or named by something valid
	devices  trie[op.DeviceID, op.UserID]
	peers    trie[[32]byte, []op.DeviceID]
	keys     trie[op.DeviceID, ed25519.PublicKey]
	invites  trie[op.ID, *InviteState]
	rules    trie[[32]byte, *ruleLine]
	org      *org
	revoked  []int32
	council  Council
	heads    []int32
	missing  []op.ID
	pending  []*Op
	digest   [32]byte
	lazy     *lazy
}

// lazy is what a state works out when somebody asks.
type lazy struct {
	frontier, missing, entries, members, removals sync.Once

	front   []op.ID
	audit   []Entry
	inDepts map[string][]op.UserID
	taken   []Removal
}

// User is a person with a known root key.
type User struct {
	ID       op.UserID
	RootPub  []byte   // Ed25519
	RootBox  []byte   // HPKE
	Role     Role     // strongest live grant; None for a former member
	Devices  []Device // active ones; see AllDevices
	Admitted op.ID    // the first op that certified them
	At       hlc.Time // by the clock of the admitted device
}

// Device is a certified device.
type Device struct {
	ID       op.DeviceID
	User     op.UserID
	SignPub  []byte
	BoxPub   []byte
	PeerPub  []byte
	Name     string
	Depth    int         // 1: certified by the root; otherwise one more than that of the device that linked it
	LinkedBy op.DeviceID // zero: certified by the root
	Linked   op.ID       // the genesis, admit or device.link op
	At       hlc.Time    // by the clock of that op
	Revoked  bool        // signed out, by its person or by somebody who outranks them
}

// Revocation is a valid revocation. Whether it hits anything is another matter.
type Revocation struct {
	Op      op.ID
	By      op.UserID
	Subject op.UserID
	Mode    Mode
	Cuts    []Cut
}

func (s *State) person(u op.UserID) *person {
	p, _ := s.people.get(u)
	return p
}

// Team returns the team's id.
func (s *State) Team() op.TeamID { return s.team }

// Role returns the user's strongest role, None if not an active member.
func (s *State) Role(u op.UserID) Role { return s.person(u).role() }

// Roles returns the role of every active user.
func (s *State) Roles() map[op.UserID]Role {
	out := map[op.UserID]Role{}
	s.people.each(func(u op.UserID, p *person) {
		if p.active() {
			out[u] = p.role()
		}
	})
	return out
}

// Users returns the active users with a known root, by id. Seal keys to these and to nobody else.
func (s *State) Users() []User {
	return s.selectUsers((*person).active)
}

// Former returns the people who were certified once and have no role now, by id.
func (s *State) Former() []User {
	return s.selectUsers(func(p *person) bool { return !p.active() })
}

func (s *State) selectUsers(want func(*person) bool) []User {
	var out []User
	s.people.each(func(_ op.UserID, p *person) {
		if p.known() && want(p) {
			out = append(out, p.copy())
		}
	})
	return out
}

func (p *person) copy() User {
	u := p.user
	u.Devices = slices.Clone(u.Devices)
	return u
}

// User returns a person, active or not.
func (s *State) User(id op.UserID) (User, bool) {
	p := s.person(id)
	if p == nil || !p.known() {
		return User{}, false
	}
	return p.copy(), true
}

// Revocations returns the valid revocations in the order (lamport, opid).
func (s *State) Revocations() []Revocation {
	out := make([]Revocation, 0, len(s.revoked))
	for _, n := range s.revoked {
		v := &s.view.vertices[n]
		r := Revocation{Op: v.id, Subject: v.act.subject, Mode: v.act.mode, Cuts: v.act.cuts}
		for _, t := range s.person(r.Subject).takings {
			if t.vertex == n {
				r.By = t.by
			}
		}
		out = append(out, r)
	}
	return out
}

// Frontier returns at most MaxDeps ops to cite as the deps of the next control op, newest first. Where there are more,
// the rest comes with the op after that, whose frontier no longer holds these.
func (s *State) Frontier() []op.ID {
	s.lazy.frontier.Do(func() { s.lazy.front = frontier(&s.view, s.heads) })
	return slices.Clone(s.lazy.front)
}

func frontier(v *view, heads []int32) []op.ID {
	heads = slices.Clone(heads)
	slices.SortFunc(heads, func(a, b int32) int { return v.older(b, a) })
	out := make([]op.ID, 0, min(len(heads), MaxDeps))
	for _, n := range heads[:min(len(heads), MaxDeps)] {
		out = append(out, v.vertices[n].id)
	}
	return out
}

// Missing returns the ops that others cite and that are not there, by id: what pending ops wait for. After a fork this is
// how a replica learns of the branch that it does not hold. It must get those ops and add them, or whatever was written in
// knowledge of them never counts here; that they have no effect is decided in the evaluation.
func (s *State) Missing() []op.ID {
	s.lazy.missing.Do(func() { slices.SortFunc(s.missing, compareIDs) })
	return slices.Clone(s.missing)
}

// Status returns what became of an op.
func (s *State) Status(id op.ID) Status {
	st, _ := s.statuses.get(id)
	return st
}

// Digest is equal for states in which the same people have the same roles by the same grants, with the same devices,
// invitations, revocations, departments, places and house rules.
func (s *State) Digest() [32]byte { return s.digest }

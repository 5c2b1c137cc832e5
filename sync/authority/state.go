package authority

import (
	"bytes"
	"slices"

	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// State says who may do what after a set of control ops. It is immutable and safe for concurrent use. Slices that its
// methods return are new; the byte slices in them are shared and must not change.
type State struct {
	team     op.TeamID
	genesis  op.ID
	verdicts verdicts
	held     holdings
	users    map[op.UserID]*User // everyone who was ever certified, active or not
	devices  map[op.DeviceID]Device
	peers    map[string]op.DeviceID // of active users, by PeerPub
	invites  map[op.ID]*InviteState
	revoked  []Revocation
	frontier []op.ID
	missing  []op.ID
	digest   [32]byte
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

// Revocation is a valid revocation. Whether it hits anything is another matter; its cuts count in any case.
type Revocation struct {
	Op      op.ID
	By      op.UserID
	Subject op.UserID
	Mode    Mode
	Cuts    []Cut
}

func newState(team op.TeamID, genesis op.ID, e *engine) *State {
	s := &State{
		team: team, genesis: genesis,
		verdicts: verdictsOf(e),
		held:     holdingsOf(e),
		users:    map[op.UserID]*User{},
		devices:  map[op.DeviceID]Device{},
		peers:    map[string]op.DeviceID{},
		invites:  map[op.ID]*InviteState{},
		frontier: e.frontier(), missing: e.missing,
	}
	for n := range e.vertices { // in the order (lamport, opid)
		v, b := &e.vertices[n], &e.bound[n]
		if b.reason != "" {
			continue
		}
		switch v.act.kind {
		case actFound, actAdmit:
			s.certify(v)
			if v.act.kind == actAdmit && e.valid[n] {
				s.invites[e.vertices[b.proof].id].admit(v.act.identity.user)
			}
		case actRevoke:
			if e.valid[n] {
				s.revoked = append(s.revoked, Revocation{
					Op: v.id, By: e.grants[b.basis].subject,
					Subject: v.act.subject, Mode: v.act.revoke.Mode, Cuts: v.act.revoke.Cuts,
				})
			}
		case actInvite:
			s.invites[v.id] = e.inviteState(int32(n))
		}
	}
	s.digest = s.computeDigest()
	return s
}

// certify records person and device of a genesis or admission. The first certificate of a device, person or peer key
// stands; only their own holder could make a second one.
func (s *State) certify(v *vertex) {
	id := v.act.identity
	u := s.users[id.user]
	if u == nil {
		u = &User{ID: id.user, RootPub: id.rootPub, RootBox: id.rootBox, Role: s.Role(id.user), Admitted: v.id, At: v.clock}
		s.users[id.user] = u
	}
	d := Device{
		ID: id.cert.DeviceID(), User: id.user,
		SignPub: id.cert.SignPub, BoxPub: id.cert.BoxPub, PeerPub: id.cert.PeerPub, Name: id.cert.Name,
		Depth: 1, Linked: v.id, At: v.clock,
	}
	if _, known := s.devices[d.ID]; known {
		return
	}
	s.devices[d.ID] = d
	u.Devices = append(u.Devices, d)
	if _, taken := s.peers[string(d.PeerPub)]; u.Role != None && !taken {
		s.peers[string(d.PeerPub)] = d.ID
	}
}

// Team returns the team's id.
func (s *State) Team() op.TeamID { return s.team }

// Role returns the user's strongest role, None if not an active member.
func (s *State) Role(u op.UserID) Role { return s.held.role(u) }

// Roles returns the role of every active user.
func (s *State) Roles() map[op.UserID]Role { return s.held.roles() }

// Grants returns the user's live grants, strongest first.
func (s *State) Grants(u op.UserID) []Held { return s.held.of(u) }

// Users returns the active users with a known root, by id. Seal keys to these and to nobody else.
func (s *State) Users() []User {
	return s.selectUsers(func(u *User) bool { return u.Role != None })
}

// Former returns the people who were certified once and have no role now, by id.
func (s *State) Former() []User {
	return s.selectUsers(func(u *User) bool { return u.Role == None })
}

func (s *State) selectUsers(want func(*User) bool) []User {
	var out []User
	for _, u := range s.users {
		if want(u) {
			c := *u
			c.Devices = slices.Clone(u.Devices)
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b User) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return out
}

// User returns a person, active or not.
func (s *State) User(id op.UserID) (User, bool) {
	u, ok := s.users[id]
	if !ok {
		return User{}, false
	}
	c := *u
	c.Devices = slices.Clone(u.Devices)
	return c, true
}

// Device returns a certified device, also one of a former member, whose old ops still need its key. Ask Role(d.User)
// before doing anything for it.
func (s *State) Device(id op.DeviceID) (Device, bool) {
	d, ok := s.devices[id]
	return d, ok
}

// DeviceByPeer returns the device with the given network key, of active users only.
func (s *State) DeviceByPeer(peerPub []byte) (Device, bool) {
	id, ok := s.peers[string(peerPub)]
	return s.devices[id], ok
}

// Revocations returns the valid revocations in the order (lamport, opid).
func (s *State) Revocations() []Revocation { return slices.Clone(s.revoked) }

// Frontier returns at most MaxDeps ops to cite as the deps of the next control op, newest first. Where there are more,
// the rest comes with the op after that, whose frontier no longer holds these.
func (s *State) Frontier() []op.ID {
	return slices.Clone(s.frontier[:min(len(s.frontier), MaxDeps)])
}

// Missing returns the ops that others cite and that are not there, by id: what pending ops wait for. After a fork this is
// how a replica learns of the branch that it does not hold. It must get those ops and add them, or whatever was written in
// knowledge of them never counts here; that they have no effect is decided in the evaluation.
func (s *State) Missing() []op.ID { return slices.Clone(s.missing) }

// Status returns what became of an op.
func (s *State) Status(id op.ID) Status { return s.verdicts[id] }

// Digest is equal for states in which the same people have the same roles by the same grants, with the same devices,
// invitations and revocations.
func (s *State) Digest() [32]byte { return s.digest }

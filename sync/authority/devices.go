package authority

import (
	"crypto/ed25519"
	"slices"

	"tongzhou/sync/op"
)

// Device returns a certified device, also one that was signed out or of a former member: its old ops still need its key. Ask
// ActiveDevice before doing anything for it.
func (s *State) Device(id op.DeviceID) (Device, bool) {
	user, ok := s.devices.get(id)
	if !ok {
		return Device{}, false
	}
	for _, d := range s.person(user).devices {
		if d.ID == id {
			return d, true
		}
	}
	return Device{}, false
}

// ActiveDevice tells whether the device may act: its person has a role and it was not signed out.
func (s *State) ActiveDevice(id op.DeviceID) bool {
	d, ok := s.Device(id)
	return ok && !d.Revoked && s.Role(d.User) != None
}

// AllDevices returns every device that was ever certified for the person, also those that were signed out, in the order in
// which they were added.
func (s *State) AllDevices(u op.UserID) []Device {
	if p := s.person(u); p != nil {
		return slices.Clone(p.devices)
	}
	return nil
}

// DeviceByPeer returns the device with the given network key if it is active. Of two with one key the first counts.
func (s *State) DeviceByPeer(peerPub []byte) (Device, bool) {
	return s.byPeer(peerPub, true)
}

// FormerByPeer returns the device with the given network key if it lost its access: it was signed out, or its person has no
// role any more.
func (s *State) FormerByPeer(peerPub []byte) (Device, bool) {
	if _, ok := s.DeviceByPeer(peerPub); ok {
		return Device{}, false
	}
	return s.byPeer(peerPub, false)
}

func (s *State) byPeer(peerPub []byte, active bool) (Device, bool) {
	if len(peerPub) != ed25519.PublicKeySize {
		return Device{}, false
	}
	list, _ := s.peers.get([32]byte(peerPub))
	for _, id := range list {
		if s.ActiveDevice(id) == active {
			return s.Device(id)
		}
	}
	return Device{}, false
}

// MayRevokeDevice tells whether author may sign the device out, and by which proof: zero for a device of the same person.
// Where it says no, the recovery words of the person still can.
func (s *State) MayRevokeDevice(author, device op.DeviceID) (proof op.ID, ok bool) {
	a, known := s.Device(author)
	d, also := s.Device(device)
	switch {
	case !known || !also || a.Revoked || d.Revoked:
		return op.ID{}, false
	case author == device:
		return op.ID{}, true
	case a.User == d.User:
		return op.ID{}, s.senior(&a, &d)
	}
	return s.MayRevoke(a.User, d.User)
}

// senior is rule 7 between two devices of one person.
func (s *State) senior(a, b *Device) bool {
	if a.Depth != b.Depth || a.Depth <= 1 {
		return a.Depth < b.Depth
	}
	return s.view.older(s.vertexOf(a.Linked), s.vertexOf(b.Linked)) < 0
}

func (s *State) vertexOf(id op.ID) int32 {
	return int32(slices.IndexFunc(s.view.vertices, func(v vertex) bool { return v.id == id }))
}

// SigningKey returns the key of a device that any op names, in force or not, also one of a forked feed: what the device wrote
// while it counted can be verified for good, by everybody. It gives no right; see Device.
func (s *State) SigningKey(id op.DeviceID) (ed25519.PublicKey, bool) { return s.keys.get(id) }

// ClaimedKey returns the signing key that the first op of an unknown device claims, if the state vouches for the claim: the
// genesis of the team, an admission by an invitation that is known or was voided by a fork, or a device.link signed by the root of a known person.
// Anything else could be made up by anybody.
func (s *State) ClaimedKey(o Op) (ed25519.PublicKey, bool) {
	key, ok := AuthorKey(o)
	if !ok {
		return nil, false
	}
	switch o.Type {
	case TypeGenesis:
		return key, o.ID == s.genesis
	case TypeAdmit:
		a, err := decode[Admit](o.Payload)
		if err != nil {
			return nil, false
		}
		_, known := s.Invite(a.Invite)
		// One of a forked feed admits nobody, and yet whoever was admitted before the fork showed has written, and some hold
		// that: all must be able to, or they never hold the same.
		return key, known || s.Status(a.Invite).Reason == ReasonForked
	case TypeDeviceLink:
		l, err := decode[DeviceLink](o.Payload)
		if err != nil {
			return nil, false
		}
		u, known := s.User(l.User)
		return key, known && l.Device.Verify(u.RootPub) == nil
	}
	return nil, false
}

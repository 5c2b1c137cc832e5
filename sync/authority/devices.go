package authority

import (
	"crypto/ed25519"

	"tongzhou/sync/op"
)

// AllDevices returns every device that was ever certified for the person, also those that were signed out, in the order in
// which they were added.
func (s *State) AllDevices(u op.UserID) []Device {
	user, _ := s.User(u)
	return user.Devices
}

// FormerByPeer returns the device with the given network key if it lost its access: it was signed out, or its person has no
// role any more.
func (s *State) FormerByPeer(peerPub []byte) (Device, bool) {
	if _, ok := s.DeviceByPeer(peerPub); ok {
		return Device{}, false
	}
	for _, d := range s.devices {
		if string(d.PeerPub) == string(peerPub) {
			return d, true
		}
	}
	return Device{}, false
}

// ActiveDevice tells whether the device may act: its person has a role and it was not signed out.
func (s *State) ActiveDevice(id op.DeviceID) bool {
	d, ok := s.devices[id]
	return ok && !d.Revoked && s.Role(d.User) != None
}

// MayRevokeDevice tells whether author may sign the device out, and by which proof: zero for a device of the same person.
// Where it says no, the recovery words of the person still can.
func (s *State) MayRevokeDevice(author, device op.DeviceID) (proof op.ID, ok bool) {
	a, known := s.devices[author]
	d, also := s.devices[device]
	switch {
	case !known || !also:
		return op.ID{}, false
	case author == device:
		return op.ID{}, true
	case a.User == d.User:
		return op.ID{}, a.Depth < d.Depth
	}
	return s.MayRevoke(a.User, d.User)
}

// ClaimedKey returns the signing key that the first op of an unknown device claims, if the state vouches for the claim: the
// genesis of the team, an admission by an invitation that is known, or a device.link signed by the root of a known person.
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
		return key, known
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

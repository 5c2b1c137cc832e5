package join

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"tongzhou/sync/op"
)

// DeviceScheme begins every link for a further device.
const DeviceScheme = "tongzhou://link/"

// LinkLife is how long a link for a further device may be used.
const LinkLife = 10 * time.Minute

const deviceLinkVersion = 1

// DeviceLink is what a person carries from a device to a new one of their own: where the device answers, whose it is, and a
// secret that is good for one try. Whoever else gets hold of it cannot link without the person confirming a code that differs.
type DeviceLink struct {
	Version  uint8     `cbor:"1,keyasint"`
	Team     op.TeamID `cbor:"2,keyasint"`
	Genesis  op.ID     `cbor:"3,keyasint"`
	User     op.UserID `cbor:"4,keyasint"`
	Secret   [16]byte  `cbor:"5,keyasint"`
	Expires  int64     `cbor:"6,keyasint"` // ms since 1970
	TeamName string    `cbor:"7,keyasint"`
	Person   string    `cbor:"8,keyasint"`
	MDNS     string    `cbor:"9,keyasint"`
	Peer     []byte    `cbor:"10,keyasint"` // transport key of the only device that may answer
	Addrs    []string  `cbor:"11,keyasint"` // multiaddrs without /p2p/
}

// Link writes the link as text, as Invitation.Link does.
func (l DeviceLink) Link() (string, error) {
	l.Version = deviceLinkVersion
	return encodeLink(DeviceScheme, l)
}

// ParseDeviceLink reads a link for a further device as Parse reads an invitation. Errors: ErrDamaged, ErrNewer, ErrOther.
func ParseDeviceLink(text string) (DeviceLink, error) {
	var l DeviceLink
	if err := decodeLink(text, DeviceScheme, deviceLinkVersion, &l); err != nil {
		return DeviceLink{}, err
	}
	return l, l.check()
}

func (l *DeviceLink) check() error {
	switch {
	case l.Version < 1, l.Team.IsZero(), l.Genesis.IsZero(), l.User.IsZero(), l.Secret == [16]byte{}, l.Expires < 0, len(l.Peer) != ed25519.PublicKeySize:
		return fmt.Errorf("%w: fields", ErrDamaged)
	case len(l.Addrs) > maxAddrs, len(l.TeamName) > maxName, len(l.Person) > maxName, len(l.MDNS) > 64:
		return fmt.Errorf("%w: size of fields", ErrDamaged)
	}
	return nil
}

// Expired tells whether the link is too old to be used at the given time.
func (l *DeviceLink) Expired(now time.Time) bool { return now.UnixMilli() > l.Expires }

// TeamLink is what every link says of a team: what to believe, and where to ask.
type TeamLink struct {
	Team     op.TeamID
	Genesis  op.ID
	TeamName string
	MDNS     string
	Peers    []Peer // of invitations
	Peer     []byte // of links for a further device: the transport key behind Addrs
	Addrs    []string
}

// ParseTeamLink reads a link of any kind, however old or used. Errors: ErrDamaged, ErrNewer.
func ParseTeamLink(text string) (TeamLink, error) {
	l, err := ParseDeviceLink(text)
	if err == nil {
		return TeamLink{Team: l.Team, Genesis: l.Genesis, TeamName: l.TeamName, MDNS: l.MDNS, Peer: l.Peer, Addrs: l.Addrs}, nil
	}
	i, other := Parse(text)
	switch {
	case errors.Is(other, ErrOther):
		return TeamLink{}, err
	case other != nil:
		return TeamLink{}, other
	}
	return TeamLink{Team: i.Team, Genesis: i.Genesis, TeamName: i.TeamName, MDNS: i.MDNS, Peers: i.Peers}, nil
}
